"""`timeline-local autostart` and `menu-entry`: what the desktop is told about us."""

from __future__ import annotations

from typing import Any

from timeline_local.cli.output import USAGE, complain, say
from timeline_local.config import load_settings
from timeline_local.core.autostart import Switch, login_of
from timeline_local.core.desktop_entry import menu_entry

WISHES = ("on", "off", "status")


def switch_login(given: dict[str, Any], wish: str) -> int:
    """Start at login or not; the exit status."""
    return _switch(login_of(load_settings(**given).data_dir), wish)


def switch_menu_entry(wish: str) -> int:
    """Stand in the desktop's menu or not; the exit status."""
    return _switch(menu_entry(), wish)


def _switch(found: Switch, wish: str) -> int:
    if wish not in WISHES:
        complain(f"Say one of {', '.join(WISHES)}.")
        return USAGE
    if wish != "status":
        try:
            found.switch(on=wish == "on")
        except OSError as error:
            complain(f"The desktop's own folder cannot be written ({error.strerror}). Nothing was changed.")
            return 1
    say("on" if found.is_on else "off")
    return 0
