"""A panel as desktops have one: it owns the watcher's name on the bus, takes items in and can ask and click them."""

from __future__ import annotations

import threading
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_call, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"


class Panel:
    """Lives in a thread of its own; what it is told of stands in `items` and `signals`."""

    def __init__(self, bus: str, *, has_host: bool = True) -> None:
        self._address = bus
        self._has_host = has_host
        self._connection = open_dbus_connection(bus)
        self.items: list[str] = []
        self.signals: list[str] = []
        for interface in (ITEM, MENU):
            match = new_method_call(message_bus, "AddMatch", "s", (f"type='signal',interface='{interface}'",))
            self._connection.send_and_get_reply(match)
        reply = self._connection.send_and_get_reply(message_bus.RequestName(WATCHER))  # last: from now on we are called
        assert reply.body == (1,)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Go away, as a panel that crashes does."""
        with open_dbus_connection(self._address) as other:
            other.send(new_method_call(DBusAddress("/", bus_name=WATCHER, interface=WATCHER), "End"))
            self._thread.join(10)

    def _serve(self) -> None:
        with self._connection:
            while True:
                message = self._connection.receive()
                name = message.header.fields.get(HeaderFields.member)
                if message.header.message_type is MessageType.signal:
                    self.signals.append(str(name))
                elif name == "End":
                    return
                elif message.header.message_type is MessageType.method_call:
                    self._connection.send(self._answer(message, str(name)))

    def _answer(self, call: Message, name: str) -> Message:
        if name == "Get":
            return new_method_return(call, "v", (("b", self._has_host),))
        if name == "RegisterStatusNotifierItem":
            self.items.append(call.body[0])
            return new_method_return(call)
        return new_error(call, "org.freedesktop.DBus.Error.UnknownMethod")


class Visitor:
    """What a panel asks of one item, over a connection of its own."""

    def __init__(self, bus: str, item: str) -> None:
        self._connection: DBusConnection = open_dbus_connection(bus)
        self._item = item

    def close(self) -> None:
        self._connection.close()

    def call(self, path: str, interface: str, name: str, signature: str = "", *body: Any) -> tuple[Any, ...]:  # noqa: ANN401
        address = DBusAddress(path, bus_name=self._item, interface=interface)
        reply = self._connection.send_and_get_reply(new_method_call(address, name, signature or None, body), timeout=20)
        assert reply.header.message_type is MessageType.method_return, reply.body
        found: tuple[Any, ...] = reply.body
        return found

    def properties(self) -> dict[str, Any]:
        found = self.call("/StatusNotifierItem", PROPERTIES, "GetAll", "s", ITEM)[0]
        return {name: value for name, (_, value) in found.items()}

    def menu(self) -> dict[str, int]:
        """The numbers of the items by their label, those below others too."""
        _, layout = self.call("/MenuBar", MENU, "GetLayout", "iias", 0, -1, [])
        return dict(_labels(layout))

    def click(self, label: str) -> None:
        self.call("/MenuBar", MENU, "Event", "isvu", self.menu()[label], "clicked", ("s", ""), 0)

    def activate(self) -> None:
        self.call("/StatusNotifierItem", ITEM, "Activate", "ii", 0, 0)


def _labels(node: Any) -> list[tuple[str, int]]:  # noqa: ANN401 - a node of the menu as it came
    number, properties, children = node
    own = [(properties["label"][1], number)] if "label" in properties else []
    return own + [pair for _, child in children for pair in _labels(child)]
