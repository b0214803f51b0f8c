"""What the choices of the menu do. Each returns soon; what cannot be done is said in the log and changes nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from timeline_local.core.autostart import login_of
from timeline_local.core.diagnostics import as_text, diagnostics
from timeline_local.core.local_client import LocalClient, find_server
from timeline_local.desktop.clipboard import copy, keep
from timeline_local.desktop.menu import Action, Item
from timeline_local.desktop.opening import Opener


class Deeds:
    """The menu of one library, and how the tray app is told what only it can do.

    quit_  to end. again: to start the server again. later: to show a page once there is a server.
    """

    def __init__(
        self,
        data_dir: Path,
        opener: Opener,
        *,
        quit_: Callable[[], None],
        again: Callable[[], None],
        later: Callable[[str], None],
    ) -> None:
        self._data_dir = data_dir
        self._opener = opener
        self._quit = quit_
        self._again = again
        self._later = later

    def do(self, item: Item) -> None:
        """What this item stands for. Raises NoServer, ServerProblem, OSError."""
        if item.action is Action.SHOW:
            self._show(item.target)
        elif item.action is Action.PAUSE:
            LocalClient.find(self._data_dir).tray("resume" if item.checked else "pause")
        elif item.action is Action.LOGIN:
            login_of(self._data_dir).switch(on=not item.checked)
        elif item.action is Action.FOLDER:
            open_file(self._data_dir)
        elif item.action is Action.LOGS:
            open_file(self._data_dir / "logs")
        elif item.action is Action.DIAGNOSTICS:
            text = as_text(diagnostics(self._data_dir))
            if not copy(text):
                open_file(keep(text, self._data_dir / "logs"))
        elif item.action is Action.AGAIN:
            self._again()
        elif item.action is Action.QUIT:
            self._quit()

    def _show(self, target: str) -> None:
        found = find_server(self._data_dir)
        if found is None:
            self._later(target)
        else:
            self._opener.show(found, target)


def open_file(path: Path) -> None:
    """Show a folder or a file with the program the system has for it. Raises OSError where there is none."""
    opener = shutil.which({"win32": "explorer", "darwin": "open"}.get(sys.platform, "xdg-open"))
    if opener is None:
        raise FileNotFoundError(path)
    subprocess.Popen(  # noqa: S603 - the system's own opener, with a path of ours
        [opener, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
