"""Opening the person's browser, for the command line and the tray. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import webbrowser
from pathlib import Path

from timeline_local.core.local_client import launch_page, write_launch_file


def has_display() -> bool:
    """Whether a browser window could appear for the person who started this process."""
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_signed_in(ticket_url: str) -> Path | None:
    """Open the browser at an address that holds a ticket; the launch file to remove after a minute, or None if no

    browser could be started. The ticket stands in that private file alone, in no command line.
    """
    return open_page(launch_page(ticket_url))


def open_page(page: str) -> Path | None:
    """Open the browser at a page of ours; the private file that holds it, or None if no browser could be started."""
    launch = write_launch_file(page)
    if has_display() and _open(launch):
        return launch
    launch.unlink()
    launch.parent.rmdir()
    return None


def _open(page: Path) -> bool:
    if sys.platform.startswith("linux") and (opener := shutil.which("xdg-open")):
        return _start([opener, str(page)])
    return webbrowser.open(page.as_uri())


def _start(command: list[str]) -> bool:
    try:
        child = subprocess.Popen(  # noqa: S603 - the system's own opener, with a path that we made
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    threading.Thread(target=child.wait, daemon=True).start()  # else it would stay behind as a zombie
    return True
