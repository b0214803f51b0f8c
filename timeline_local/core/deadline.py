"""The last resort of a process that was told to end: when its time is over it ends, whatever holds it.

Everything on the way out has a limit of its own. This is for what nobody thought of, and for threads, which nothing
breaks off: a file that is hashed, a disk that does not answer. Jobs are journaled and what was acknowledged is on the
disk, so nothing is lost with a process that is cut off.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sys
import threading
import time
import traceback

LATE = 11  # the exit status of a process that was told to end and had to be cut off: it is not to be started again
PIECE_S = 0.1
TELL_S = 0.5  # what its last words may take: the log's disk may be what hangs

log = logging.getLogger(__name__)


class Deadline:
    """`set` it when the process is told to end, and say `kept` when everything is closed; in the loop's thread."""

    def __init__(self, seconds: float) -> None:
        """seconds: from `set` to the end of the process."""
        self._seconds = seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._status: int | None = None

    def set(self) -> None:
        """From now on time runs; calling it again changes nothing."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            threading.Thread(target=self._watch, name="deadline", daemon=True).start()

    def kept(self, status: int) -> None:
        """Nothing is left to be closed: a thread that still works then is left behind, and this is the exit status."""
        self._status = status

    def _watch(self) -> None:
        left_s, before = self._seconds, time.monotonic()
        while left_s > 0:
            time.sleep(PIECE_S)
            now = time.monotonic()
            left_s -= min(now - before, 2 * PIECE_S)  # a process that stood still meanwhile could not end either
            before = now
        telling = threading.Thread(target=self._tell, daemon=True)
        telling.start()
        telling.join(TELL_S)
        os._exit(LATE if self._status is None else self._status)

    def _tell(self) -> None:
        where = stacks(self._loop)
        if self._status is None:
            log.error("the process did not end in time and is cut off", extra={"stacks": where})
            sys.stderr.write(where)
        else:
            log.warning("the process ends while a thread still works", extra={"stacks": where})
        sys.stderr.flush()
        sys.stdout.flush()


def stacks(loop: asyncio.AbstractEventLoop | None) -> str:
    """Where every task of the loop and every thread is just now: names of functions and lines, no values."""
    told = io.StringIO()
    for task in asyncio.all_tasks(loop) if loop is not None else ():
        task.print_stack(file=told)
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():  # noqa: SLF001 - there is no other way to another thread's stack
        told.write(f"Thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}")
    return told.getvalue()
