"""The tray through pystray: the system's own on Windows and macOS, an icon without a menu in an X tray on Linux.

pystray's X backend shows no menu and never asks X for button presses, so its one click is dead until we ask for them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from timeline_local.desktop.facts import State
from timeline_local.desktop.icons import icon
from timeline_local.desktop.menu import SEPARATOR, Item, Menu
from timeline_local.desktop.tray import TITLE, Choose

NAME = "timeline-local"
SIDE = 64
X_NAME = "pystray-xorg"
PLAIN = str.maketrans({"—": "-", "–": "-", "…": ".", "\u202f": " "})


class IconTray:
    """A tray of pystray's. pystray: the module, whose backend has been chosen by then."""

    def __init__(self, pystray: Any, choose: Choose, name: str) -> None:  # noqa: ANN401 - untyped library
        self.name = name
        self._pystray = pystray
        self._choose = choose
        self._menu: Menu = ()
        self._icon = pystray.Icon(NAME, icon("starting", SIDE), TITLE, menu=pystray.Menu(self._items))
        self.has_menu = bool(self._icon.HAS_MENU)

    def run(self) -> None:
        self._icon.run()

    def show(self, state: State, menu: Menu, tip: str) -> None:
        """Draw what is new: pystray draws everything that it is given."""
        self._menu = menu
        picture = icon(state, SIDE)
        if self._icon.icon is not picture:
            self._icon.icon = picture
        title = _plain(tip) if self.name == X_NAME else tip
        if self._icon.title != title:
            self._icon.title = title
        self._icon.update_menu()

    def tell(self, text: str) -> None:
        if self._icon.HAS_NOTIFICATION:
            self._icon.notify(text, TITLE)

    def stop(self) -> None:
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


def x_tray(choose: Choose) -> IconTray:
    """An icon in the X tray. Raises where there is no X."""
    os.environ["PYSTRAY_BACKEND"] = "xorg"  # the others need libraries that are not ours to bring
    import pystray  # noqa: PLC0415 - see native_tray
    from Xlib import X  # noqa: PLC0415 - only on Linux

    tray = IconTray(pystray, choose, X_NAME)
    tray._icon._window.change_attributes(  # noqa: SLF001 - there is no other way to ask for clicks
        event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask
    )
    return tray


def _plain(text: str) -> str:
    """The name of an X window, which knows no letters beyond Latin-1."""
    return text.translate(PLAIN).encode("ascii", "replace").decode()
