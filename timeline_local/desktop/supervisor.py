"""The server as a child process: started, watched, started again when it crashes, ended gracefully."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from timeline_local.core.install_secrets import Secrets
from timeline_local.core.instance import RuntimeInfo
from timeline_local.core.local_client import LocalClient, NoServer, ServerProblem, find_server

IN_USE = 3  # the exit status of a server whose library another process holds
RESTARTS = 3
WINDOW_S = 600.0
LOOK_S = 0.05
END_S = 8.0  # the server itself ends within 5 s
ASK_S = 2.0
LAST_LINES = 200

Server = tuple[RuntimeInfo, Secrets]


class Budget:
    """At most so many restarts within the window; after that somebody has to look."""

    def __init__(
        self, *, most: int = RESTARTS, window_s: float = WINDOW_S, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._window_s = window_s
        self._monotonic = monotonic
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        """Whether one more restart is allowed; it counts from now on."""
        now = self._monotonic()
        while self._taken and self._taken[0] <= now - self._window_s:
            self._taken.popleft()
        if len(self._taken) >= self._most:
            return False
        self._taken.append(now)
        return True


def server_command(data_dir: Path) -> list[str]:
    """How this very program runs the server; a frozen one is its own interpreter."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "timeline_local"]
    return [*program, "serve", "--no-browser", "--for-tray", "--data", str(data_dir)]


class ServerProcess:
    """One server process of this library. What it says on stderr is passed on, and its end kept for a crash report."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._child = subprocess.Popen(  # noqa: S603 - our own program
            server_command(data_dir),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._child.stderr is not None  # noqa: S101 - asked for above
        with self._child.stderr as said:
            for line in said:
                text = line.decode("utf-8", "replace")
                self._last.append(text)
                sys.stderr.write(text)
                sys.stderr.flush()

    def last_words(self) -> str:
        """The end of what it said on stderr; complete once it has ended."""
        self._listener.join(ASK_S)
        return "".join(self._last)

    def ready(self, *, within_s: float = math.inf) -> Server | None:
        """Where the server listens, once it has proved itself; None if this process ended or took too long.

        How long it may take nobody knows: there may be a large library to check and to bring up to date.
        """
        give_up = time.monotonic() + within_s
        while time.monotonic() < give_up:
            found = find_server(self._data_dir)
            if found is not None:
                return found
            if self._child.poll() is not None:
                return None
            time.sleep(LOOK_S)
        return None

    def wait(self, timeout_s: float) -> int | None:
        """The exit status, or None while it still runs."""
        try:
            return self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def quit(self) -> None:
        """Ask for a graceful end, by the API: on Windows no signal does that. `end` waits for it."""
        try:
            LocalClient.find(self._data_dir, timeout_s=ASK_S).tray("quit")
        except (NoServer, ServerProblem):
            self._child.terminate()

    def end(self, *, ask: bool) -> int:
        """Wait for the end, asking for it unless the terminal's Ctrl+C has done so already; then insist."""
        if ask:
            self._child.terminate()
        status = self.wait(END_S)
        if status is None:
            self._child.kill()
            status = self._child.wait()
        return status
