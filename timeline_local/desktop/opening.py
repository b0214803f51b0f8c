"""Showing the timeline in the browser, signed in, or saying the address that does it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from timeline_local.core.browser import open_page
from timeline_local.core.local_client import (
    LocalClient,
    NoServer,
    ServerProblem,
    find_server,
    launch_page,
    remove_launch_file,
)
from timeline_local.core.private_files import write_private
from timeline_local.desktop.pages import starting_page, told_page
from timeline_local.desktop.supervisor import Server

LAUNCH_FILE_S = 60.0
TRIES = 5
READ_S = 10.0  # a browser that has to start reads the launch file within this


class Opener:
    """Opens pages of one library's server and clears the launch files away. Any thread may call it.

    While the server starts, a tab may wait at a page of ours; that is the one in which the next page is shown.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._files: dict[Path, float] = {}
        self._tab: Path | None = None
        self._lock = threading.Lock()

    def show(self, server: Server, target: str = "/") -> bool:
        """Open the browser at a path of ours; False if that was not possible, and then it says what to do."""
        try:
            url = _address(server, target)
        except (NoServer, ServerProblem) as error:
            told = f"The browser could not be signed in: {error}. Try `timeline-local open`."
            say(told)
            if self._tab is not None:
                self.tell(told_page("Timeline Local is running", told))
            return False
        if not self.tell(launch_page(url)):
            say(f"Open {url} within a minute; `timeline-local open` makes a fresh address.")
            return False
        return True

    def tell(self, page: str) -> bool:
        """Show a page of our own, in the tab that waits if one does; False if that was not possible."""
        with self._lock:
            launch_file, self._tab = self._tab, None
        if launch_file is None:
            launch_file = open_page(page)
        else:
            write_private(launch_file, page.encode())
        if launch_file is None:
            return False
        with self._lock:
            self._files[launch_file] = time.monotonic() + LAUNCH_FILE_S
        return True

    @property
    def has_tab(self) -> bool:
        """Whether a tab waits."""
        return self._tab is not None

    def let_wait(self) -> None:
        """Open a tab that says that the server is starting, and goes on to what is shown next."""
        self._tab = self._tab or open_page(starting_page(time.strftime("%H:%M")))

    def show_running(self, target: str = "/") -> bool:
        """As `show`, with the server found first."""
        found = find_server(self._data_dir)
        return found is not None and self.show(found, target)

    def wait(self) -> None:
        """Give the browser the time to read its launch file, if there is one; for a process that is about to end."""
        with suppress(KeyboardInterrupt):
            time.sleep(READ_S if self._files else 0)

    def forget_old(self) -> None:
        """Remove the launch files whose ticket is of no use any more."""
        self._remove(lambda until: until <= time.monotonic())

    def forget(self) -> None:
        """Remove every launch file."""
        self._remove(lambda _: True)
        if self._tab is not None:
            remove_launch_file(self._tab)

    def _remove(self, is_due: Callable[[float], bool]) -> None:
        with self._lock:
            due = [path for path, until in self._files.items() if is_due(until)]
            for path in due:
                del self._files[path]
        for path in due:
            remove_launch_file(path)


def _address(server: Server, target: str) -> str:
    """Of a busy server a proof may come late, so it is asked for more than once."""
    for _ in range(TRIES - 1):
        with suppress(NoServer):
            return str(LocalClient(*server).tray("open", target)["url"])
    return str(LocalClient(*server).tray("open", target)["url"])


def has_reader() -> bool:
    """Whether somebody reads what is said: who started this by an icon does not."""
    return sys.stdout.isatty()


def say(line: str) -> None:
    """A line for whoever started this from a terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
