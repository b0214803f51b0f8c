"""The tray as a StatusNotifierItem with its menu, spoken over the session bus without any toolkit.

One thread does everything: it waits for messages and for a byte on a pipe, by which other threads say that there is
something new to show or that it is time to end. A host that comes, or comes back, is registered with again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import threading
from collections.abc import Callable
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageFlag,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from timeline_local.desktop import dbus_menu
from timeline_local.desktop.facts import State
from timeline_local.desktop.icons import argb
from timeline_local.desktop.introspection import INTROSPECTION
from timeline_local.desktop.menu import Menu, find
from timeline_local.desktop.tray import TITLE, Choose
from timeline_local.desktop.waking import Waker

ITEM = "org.kde.StatusNotifierItem"
ITEM_PATH = "/StatusNotifierItem"
WATCHER = "org.kde.StatusNotifierWatcher"
WATCHER_PATH = "/StatusNotifierWatcher"
PROPERTIES = "org.freedesktop.DBus.Properties"
NOTIFICATIONS = DBusAddress(
    "/org/freedesktop/Notifications",
    bus_name="org.freedesktop.Notifications",
    interface="org.freedesktop.Notifications",
)
NAME = "timeline-local"
SIDES = (16, 22, 32, 48)
STATUS = {"attention": "NeedsAttention"}
ANSWER_S = 2.0

log = logging.getLogger(__name__)

Variant = tuple[str, Any]


def connect(choose: Choose) -> StatusNotifier | None:
    """A tray on the session bus; None where no host shows such items. Raises where there is no bus."""
    bus = open_dbus_connection("SESSION")
    try:
        if _has_host(bus):
            return StatusNotifier(bus, choose)
    except BaseException:
        bus.close()
        raise
    bus.close()
    return None


def _has_host(bus: DBusConnection) -> bool:
    """Whether a watcher is there and some panel draws what it is told of."""
    owner = bus.send_and_get_reply(message_bus.NameHasOwner(WATCHER), timeout=ANSWER_S)
    if not owner.body[0]:
        return False
    watcher = DBusAddress(WATCHER_PATH, bus_name=WATCHER, interface=PROPERTIES)
    asked = new_method_call(watcher, "Get", "ss", (WATCHER, "IsStatusNotifierHostRegistered"))
    answer = bus.send_and_get_reply(asked, timeout=ANSWER_S)
    return answer.header.message_type is MessageType.method_return and bool(answer.body[0][1])


class StatusNotifier:
    """Our item on the bus. bus: an open connection, closed when `run` ends."""

    name = "status-notifier"
    has_menu = True

    def __init__(self, bus: DBusConnection, choose: Choose) -> None:
        self._bus = bus
        self._choose = choose
        self._own_name = f"{ITEM}-{os.getpid()}-1"
        self._state: State = "starting"
        self._menu: Menu = ()
        self._tip = TITLE
        self._revision = 1
        self._next: tuple[State, Menu, str] | None = None
        self._words: list[str] = []
        self._stopped = False
        self._lock = threading.Lock()
        self._waker = Waker()
        self._answers = {
            ITEM: self._item_call,
            dbus_menu.INTERFACE: self._menu_call,
            PROPERTIES: self._property_call,
            "org.freedesktop.DBus.Introspectable": lambda call: ("s", (INTROSPECTION[_path(call)],)),
            "org.freedesktop.DBus.Peer": lambda _: ("", ()),
        }

    # --- what other threads call ------------------------------------------------

    def show(self, state: State, menu: Menu, tip: str) -> None:
        with self._lock:
            self._next = (state, menu, tip)
        self._waker.wake()

    def tell(self, text: str) -> None:
        with self._lock:
            self._words.append(text)
        self._waker.wake()

    def stop(self) -> None:
        self._stopped = True
        self._waker.wake()

    # --- the thread that runs it ---------------------------------------------------

    def run(self) -> None:
        """Until `stop`, or until the bus goes away, as it does at the end of the login session."""
        self._register_name()
        self._register_item()
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._bus.sock, selectors.EVENT_READ)
                selector.register(self._waker, selectors.EVENT_READ)
                while not self._stopped:
                    self._take_news()
                    self._take_messages()
                    selector.select()
        except OSError as error:
            log.warning("the session bus is gone: %s", type(error).__name__)
        finally:
            self._bus.close()
            self._waker.close()

    def _register_name(self) -> None:
        changes = MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged")
        changes.add_arg_condition(0, WATCHER)
        self._bus.send(message_bus.AddMatch(changes))
        self._bus.send(message_bus.RequestName(self._own_name))

    def _register_item(self) -> None:
        watcher = DBusAddress(WATCHER_PATH, bus_name=WATCHER, interface=WATCHER)
        self._bus.send(new_method_call(watcher, "RegisterStatusNotifierItem", "s", (self._own_name,)))

    def _take_news(self) -> None:
        self._waker.take()
        with self._lock:
            news, self._next = self._next, None
            words, self._words = self._words, []
        for text in words:
            self._notify(text)
        if news is None:
            return
        before = (self._state, self._menu, self._tip)
        self._state, self._menu, self._tip = news
        if before[0] != self._state:
            self._tell(ITEM_PATH, ITEM, "NewIcon")
            self._tell(ITEM_PATH, ITEM, "NewAttentionIcon")
            self._tell(ITEM_PATH, ITEM, "NewStatus", "s", (self._status(),))
        if before[2] != self._tip:
            self._tell(ITEM_PATH, ITEM, "NewToolTip")
        if before[1] != self._menu:
            self._revision += 1
            self._tell(dbus_menu.PATH, dbus_menu.INTERFACE, "LayoutUpdated", "ui", (self._revision, dbus_menu.ROOT))

    def _notify(self, text: str) -> None:
        """No answer is waited for; a desktop without notifications answers with an error, which is logged."""
        actions: list[str] = []
        body = (TITLE, 0, NAME, TITLE, text, actions, {"desktop-entry": ("s", NAME)}, -1)
        self._bus.send(new_method_call(NOTIFICATIONS, "Notify", "susssasa{sv}i", body))

    def _tell(self, path: str, interface: str, name: str, signature: str = "", body: tuple[Any, ...] = ()) -> None:
        self._bus.send(new_signal(DBusAddress(path, interface=interface), name, signature or None, body))

    def _take_messages(self) -> None:
        with contextlib.suppress(TimeoutError):
            while True:
                self._take(self._bus.receive(timeout=0))

    def _take(self, message: Message) -> None:
        kind = message.header.message_type
        if kind is MessageType.method_call:
            answer = self._answer(message)
            if not message.header.flags & MessageFlag.no_reply_expected:
                self._bus.send(answer)
        elif kind is MessageType.signal and message.header.fields.get(HeaderFields.member) == "NameOwnerChanged":
            if message.body[0] == WATCHER and message.body[2]:
                self._register_item()
        elif kind is MessageType.error:
            log.warning("the bus refused: %s", message.header.fields.get(HeaderFields.error_name))

    def _answer(self, call: Message) -> Message:
        interface = str(call.header.fields.get(HeaderFields.interface, ""))
        try:
            signature, body = self._answers[interface](call)  # type: ignore[no-untyped-call]
        except (KeyError, IndexError, TypeError, ValueError):
            return new_error(call, "org.freedesktop.DBus.Error.InvalidArgs", "s", ("There is no such thing here",))
        return new_method_return(call, signature or None, body)

    # --- what hosts ask -----------------------------------------------------------------

    def _item_call(self, call: Message) -> tuple[str, tuple[Any, ...]]:
        if _member(call) in ("Activate", "SecondaryActivate"):
            self._choose(next(item for item in self._menu if item.is_default))
        elif _member(call) not in ("ContextMenu", "Scroll"):
            raise KeyError(_member(call))
        return "", ()

    def _menu_call(self, call: Message) -> tuple[str, tuple[Any, ...]]:
        return _MENU_ANSWERS[_member(call)](self, *call.body)

    def _layout(self, parent: int, depth: int, names: list[str]) -> tuple[str, tuple[Any, ...]]:
        found = dbus_menu.layout(self._menu, parent, depth, names)
        if found is None:
            raise KeyError(parent)
        return f"u{dbus_menu.LAYOUT}", (self._revision, found)

    def _group(self, wanted: list[int], names: list[str]) -> tuple[str, tuple[Any, ...]]:
        return "a(ia{sv})", (dbus_menu.group(self._menu, wanted, names),)

    def _menu_property(self, number: int, name: str) -> tuple[str, tuple[Any, ...]]:
        found = dict(dbus_menu.group(self._menu, [number]))
        return "v", (found[number][name],)

    def _event(self, number: int, kind: str, *_: object) -> tuple[str, tuple[Any, ...]]:
        item = find(self._menu, number)
        if kind == "clicked" and item is not None and item.action is not None:
            self._choose(item)
        return "", ()

    def _events(self, events: list[tuple[Any, ...]]) -> tuple[str, tuple[Any, ...]]:
        for event in events:
            self._event(*event)
        known = {number for number, _ in dbus_menu.group(self._menu, [])}
        return "ai", ([event[0] for event in events if event[0] not in known],)

    def _about_to_show(self, _: int) -> tuple[str, tuple[Any, ...]]:
        return "b", (False,)

    def _about_to_show_group(self, _: list[int]) -> tuple[str, tuple[Any, ...]]:
        return "aiai", ([], [])

    def _property_call(self, call: Message) -> tuple[str, tuple[Any, ...]]:
        interface = call.body[0]
        found = dbus_menu.PROPERTIES if interface == dbus_menu.INTERFACE else self._properties()
        if interface not in (ITEM, dbus_menu.INTERFACE):
            raise KeyError(interface)
        if _member(call) == "GetAll":
            return "a{sv}", (found,)
        if _member(call) == "Get":
            return "v", (found[call.body[1]],)
        raise KeyError(_member(call))

    def _status(self) -> str:
        return STATUS.get(self._state, "Active")

    def _properties(self) -> dict[str, Variant]:
        pictures = ("a(iiay)", [(side, side, argb(self._state, side)) for side in SIDES])
        nothing: Variant = ("a(iiay)", [])
        return {
            "Category": ("s", "ApplicationStatus"),
            "Id": ("s", NAME),
            "Title": ("s", TITLE),
            "Status": ("s", self._status()),
            "WindowId": ("i", 0),
            "IconThemePath": ("s", ""),
            "IconName": ("s", ""),
            "IconPixmap": pictures,
            "OverlayIconName": ("s", ""),
            "OverlayIconPixmap": nothing,
            "AttentionIconName": ("s", ""),
            "AttentionIconPixmap": pictures,
            "AttentionMovieName": ("s", ""),
            "ToolTip": ("(sa(iiay)ss)", ("", [], TITLE, self._tip)),
            "ItemIsMenu": ("b", False),
            "Menu": ("o", dbus_menu.PATH),
        }


_MENU_ANSWERS: dict[str, Callable[..., tuple[str, tuple[Any, ...]]]] = {
    "GetLayout": StatusNotifier._layout,  # noqa: SLF001 - the class's own table
    "GetGroupProperties": StatusNotifier._group,  # noqa: SLF001
    "GetProperty": StatusNotifier._menu_property,  # noqa: SLF001
    "Event": StatusNotifier._event,  # noqa: SLF001
    "EventGroup": StatusNotifier._events,  # noqa: SLF001
    "AboutToShow": StatusNotifier._about_to_show,  # noqa: SLF001
    "AboutToShowGroup": StatusNotifier._about_to_show_group,  # noqa: SLF001
}


def _member(call: Message) -> str:
    return str(call.header.fields.get(HeaderFields.member, ""))


def _path(call: Message) -> str:
    return str(call.header.fields.get(HeaderFields.path, ""))
