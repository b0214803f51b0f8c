"""Which tray this computer has: found out, never assumed.

On Linux, in this order: a StatusNotifierItem on the session bus where a host shows such items (KDE, Xfce, Cinnamon,
GNOME with its extension), an icon in an X tray, none. Without one everything the menu does stands in the web interface.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from timeline_local.desktop.tray import Choose, NoTray, Tray

log = logging.getLogger(__name__)


def find_tray(choose: Choose) -> Tray:
    """The best tray that is really there. Whatever goes wrong with one leads to the next."""
    for make in _offers():
        try:
            tray = make(choose)
        except Exception as error:  # noqa: BLE001 - pystray raises an X error at import, a broken bus anything
            log.info("no %s: %s", make.__name__.strip("_"), type(error).__name__)
            continue
        if tray is not None:
            return tray
    return NoTray()


def _offers() -> tuple[Callable[[Choose], Tray | None], ...]:
    return (_status_notifier, _x_tray) if sys.platform.startswith("linux") else (_native_tray,)


def _status_notifier(choose: Choose) -> Tray | None:
    from timeline_local.desktop.status_notifier import connect  # noqa: PLC0415 - see find_tray

    return connect(choose)


def _x_tray(choose: Choose) -> Tray | None:
    from timeline_local.desktop.icon_tray import has_x_tray, x_tray  # noqa: PLC0415 - see find_tray

    return x_tray(choose) if has_x_tray() else None


def _native_tray(choose: Choose) -> Tray | None:
    from timeline_local.desktop.icon_tray import native_tray  # noqa: PLC0415 - see find_tray

    return native_tray(choose)
