"""The entry in a Linux desktop's menu: it opens the timeline, takes folders and exports to import, and can quit.

Written only when the owner asks for it; a package that brings its own is left alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from timeline_local.core.autostart import NAME, Entry, program, quoted

TYPES = ("inode/directory", "application/zip", "application/x-tar", "application/gzip", "application/gpx+xml")
ACTIONS = (("open", "Open", ""), ("new", "New memory", "--new"), ("quit", "Quit", "--quit"))


def menu_entry(command: Sequence[str] | None = None) -> Entry:
    """The entry of this user's menu."""
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return Entry(home / "applications" / f"{NAME}.desktop", desktop_entry(list(command or program())))


def desktop_entry(command: Sequence[str]) -> bytes:
    """The file: `%U` is where a desktop puts what was dropped on the icon or is opened with it."""
    line = " ".join(quoted(each) for each in command)
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        "Version=1.5",
        "Name=Timeline Local",
        "GenericName=Personal timeline",
        "Comment=Your private timeline, on this computer",
        f"Icon={NAME}",
        f"Exec={line} %U",
        "Terminal=false",
        "StartupNotify=false",
        "Categories=Utility;Office;",
        f"MimeType={''.join(f'{each};' for each in TYPES)}",
        f"Actions={''.join(f'{name};' for name, _, _ in ACTIONS)}",
    ]
    for name, title, flag in ACTIONS:
        lines += ["", f"[Desktop Action {name}]", f"Name={title}", f"Exec={f'{line} {flag}'.rstrip()}"]
    return ("\n".join(lines) + "\n").encode()
