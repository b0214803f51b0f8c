"""Waking a thread that waits for a connection: it waits for this, too."""

from __future__ import annotations

import os
import threading
from contextlib import suppress


class Waker:
    """A pipe into a selector. `wake` may be called by any thread, also after the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in, self._out = os.pipe()
        self._is_open = True
        for end in (self._in, self._out):
            os.set_blocking(end, False)

    def fileno(self) -> int:
        """What to wait for."""
        return self._in

    def wake(self) -> None:
        """Let the waiting end."""
        with self._lock, suppress(BlockingIOError):  # it is awake
            if self._is_open:  # else the number may be another file's by now
                os.write(self._out, b"!")

    def take(self) -> None:
        """Forget that somebody woke us; from now on waiting waits."""
        with suppress(BlockingIOError):
            os.read(self._in, 4096)

    def close(self) -> None:
        """By the thread that waited, once; nobody wakes it any more."""
        with self._lock:
            self._is_open = False
            os.close(self._out)
            os.close(self._in)
