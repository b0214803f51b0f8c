"""The tray through pystray: the system's own on Windows and macOS, an icon without a menu in an X tray on Linux.

pystray's X backend shows no menu and never asks X for button presses, so its one click is dead until we ask for them.
Its loop is ours, too: see XTray.
"""

from __future__ import annotations

import logging
import os
import selectors
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from timeline_local.desktop.facts import State
from timeline_local.desktop.icons import icon
from timeline_local.desktop.menu import SEPARATOR, Item, Menu
from timeline_local.desktop.tray import TITLE, Choose
from timeline_local.desktop.waking import Waker

NAME = "timeline-local"
SIDE = 64
PLAIN = str.maketrans({"—": "-", "–": "-", "…": ".", "\u202f": " "})

log = logging.getLogger(__name__)


class IconTray:
    """A tray of pystray's. pystray: the module, whose backend has been chosen by then."""

    def __init__(self, pystray: Any, choose: Choose, name: str) -> None:  # noqa: ANN401 - untyped library
        self.name = name
        self._pystray = pystray
        self._choose = choose
        self._menu: Menu = ()
        self._icon = pystray.Icon(NAME, icon("starting", SIDE), TITLE, menu=pystray.Menu(self._items))
        self.has_menu = bool(self._icon.HAS_MENU)
        self._is_over = False

    def run(self) -> None:
        self._icon.run(self._begin)

    def _begin(self, started: Any) -> None:  # noqa: ANN401 - untyped library
        """What pystray does once it runs; before that it does not hear that it is to end."""
        started.visible = True
        if self._is_over:
            started.stop()

    def show(self, state: State, menu: Menu, tip: str) -> None:
        """Draw what is new: pystray draws everything that it is given."""
        self._menu = menu
        picture = icon(state, SIDE)
        if self._icon.icon is not picture:
            self._icon.icon = picture
        if self._icon.title != tip:
            self._icon.title = tip
        self._icon.update_menu()

    def tell(self, text: str) -> None:
        if self._icon.HAS_NOTIFICATION:
            self._icon.notify(text, TITLE)

    def stop(self) -> None:
        self._is_over = True
        self._icon.stop()

    def _items(self) -> Iterator[Any]:
        yield from (self._item(item) for item in self._menu)

    def _item(self, item: Item) -> Any:  # noqa: ANN401 - untyped library
        if item == SEPARATOR:
            return self._pystray.Menu.SEPARATOR
        if item.children:
            return self._pystray.MenuItem(item.label, self._pystray.Menu(*(self._item(each) for each in item.children)))

        def chosen() -> None:
            self._choose(item)

        return self._pystray.MenuItem(
            item.label,
            chosen,
            checked=None if item.checked is None else lambda _: bool(item.checked),
            default=item.is_default,
            enabled=item.is_enabled,
        )


class XTray(IconTray):
    """An icon in an X tray, drawn and listened to by one thread; a pipe wakes it for what others want.

    pystray lets other threads speak over the connection at which its loop waits. What they read there for the loop
    wakes it no more: now and then a click, a new picture or the end went unheard.
    """

    def __init__(self, pystray: Any, choose: Choose) -> None:  # noqa: ANN401 - untyped library
        super().__init__(pystray, choose, "pystray-xorg")
        self._lock = threading.Lock()
        self._next: tuple[State, Menu, str] | None = None
        self._waker = Waker()

    def show(self, state: State, menu: Menu, tip: str) -> None:
        with self._lock:
            self._next = (state, menu, _plain(tip))
        self._waker.wake()

    def stop(self) -> None:
        self._is_over = True
        self._waker.wake()

    def run(self) -> None:
        """Until `stop`, or until the X server or the panel goes away."""
        try:
            self._icon._thread = threading.current_thread()  # noqa: SLF001 - else it would send to itself what it is to do
            self._icon.visible = True
            self._listen(self._icon._display)  # noqa: SLF001 - there is no other way to wait for more than X
        except Exception as error:  # noqa: BLE001 - python-xlib raises what it likes when the server is gone
            log.warning("the X tray is gone: %s", type(error).__name__)
        finally:
            self._close()

    def _listen(self, display: Any) -> None:  # noqa: ANN401 - untyped library
        with selectors.DefaultSelector() as selector:
            selector.register(display, selectors.EVENT_READ)
            selector.register(self._waker, selectors.EVENT_READ)
            while not self._is_over:
                self._take_news()
                while display.pending_events():
                    self._take(display.next_event())
                selector.select()

    def _take(self, event: Any) -> None:  # noqa: ANN401 - untyped library
        handler = self._icon._message_handlers.get(event.type)  # noqa: SLF001 - its loop is ours
        if handler is not None:
            handler(event)

    def _take_news(self) -> None:
        self._waker.take()
        with self._lock:
            news, self._next = self._next, None
        if news is not None:
            super().show(*news)

    def _close(self) -> None:
        with suppress(Exception):  # of a server that is gone
            self._icon._window.destroy()  # noqa: SLF001 - as pystray ends
            self._icon._display.flush()  # noqa: SLF001
        self._waker.close()


def native_tray(choose: Choose) -> IconTray:
    """The tray of Windows or macOS."""
    import pystray  # noqa: PLC0415 - chooses its backend at import, and fails where there is none

    return IconTray(pystray, choose, "pystray")


def has_x_tray() -> bool:
    """Whether some program shows the icons of an X tray just now. Raises where there is no X."""
    from Xlib.display import Display  # noqa: PLC0415 - only on Linux

    display = Display()
    try:
        selection = display.intern_atom(f"_NET_SYSTEM_TRAY_S{display.get_default_screen()}")
        return bool(display.get_selection_owner(selection))
    finally:
        display.close()


def x_tray(choose: Choose) -> XTray:
    """An icon in the X tray. Raises where there is no X."""
    os.environ["PYSTRAY_BACKEND"] = "xorg"  # the others need libraries that are not ours to bring
    import pystray  # noqa: PLC0415 - see native_tray
    from Xlib import X  # noqa: PLC0415 - only on Linux

    tray = XTray(pystray, choose)
    tray._icon._window.change_attributes(  # noqa: SLF001 - there is no other way to ask for clicks
        event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask
    )
    return tray


def _plain(text: str) -> str:
    """The name of an X window, which knows no letters beyond Latin-1."""
    return text.translate(PLAIN).encode("ascii", "replace").decode()
