"""What a process needs before anything else is loaded: an environment and streams that are its own.

A frozen build is started by its own loader, which points the system's library search at the build; a windowed one, or
one whose launcher closed them, has no standard streams. Called once, first, by whoever starts a process.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

LOG_FILE = "console.log"
LARGEST_LOG = 1024 * 1024
STREAMS = ("stdin", "stdout", "stderr")
# The loader tells its children by these that they are part of it; ours are whole programs, others are strangers.
LOADERS = "_PYI_"
# What the loader replaces while it starts, keeping the former value under the second name.
SEARCH_PATHS = {"LD_LIBRARY_PATH": "LD_LIBRARY_PATH_ORIG"}


def prepare() -> None:
    """Put environment and streams right; in a frozen build also answer for a child of `multiprocessing`."""
    if getattr(sys, "frozen", False):
        restore_environment()
        import multiprocessing  # noqa: PLC0415 - only a frozen build needs this

        multiprocessing.freeze_support()
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from platformdirs import user_log_path  # noqa: PLC0415 - rarely needed

        fill_streams(user_log_path("timeline-local", appauthor=False))


def restore_environment() -> None:
    """Take out what the loader put in: this process has its libraries, and a browser or a file manager must not get

    them. The system's loader read its search path when the process started, so nothing changes for us.
    """
    for name, former in SEARCH_PATHS.items():
        value = os.environ.pop(former, None)
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    for name in [name for name in os.environ if name.startswith(LOADERS)]:
        del os.environ[name]


def fill_streams(folder: Path) -> None:
    """Give each missing stream a place: reading finds nothing, writing goes to a private log in this folder.

    Also takes the numbers 0 to 2 where they are free. Else the database or a socket would get one of them, and a
    library that complains on number 2 would write into it.
    """
    free = _take_free_descriptors()
    log = _open_log(folder)
    for number, name in enumerate(STREAMS):
        if getattr(sys, name) is not None:
            continue
        if number == 0:
            sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - stays open as long as we live
            continue
        setattr(sys, name, log)
        if number in free:
            os.dup2(log.fileno(), number)


def _take_free_descriptors() -> set[int]:
    """Put the null device on every free one of the numbers 0 to 2; which these were."""
    free = set()
    while (number := os.open(os.devnull, os.O_RDWR)) < len(STREAMS):
        os.set_inheritable(number, True)
        free.add(number)
    os.close(number)
    return free


def _open_log(folder: Path) -> io.TextIOWrapper:
    """The log, begun anew when it has grown large (the former stays beside it); the null device if it cannot be."""
    from timeline_local.core.private_files import FILE_MODE, make_private_dir  # noqa: PLC0415 - rarely needed

    path = folder / LOG_FILE
    try:
        make_private_dir(folder)
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".1.log"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(path, flags, FILE_MODE)
    except OSError:
        descriptor = os.open(os.devnull, os.O_WRONLY)
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: PTH123
