"""Room on the disk that is the library's own, for when somebody else has filled the rest.

SQLite needs room even to delete, and signing in writes a row. So a file beside the database holds some; a piece of it
is given back before a write that finds next to nothing free. As much as the write-ahead log takes until it begins anew
at its start is enough for that: from then on what makes nothing larger needs no more.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from timeline_local.core.private_files import FILE_MODE

KIB = 1024
MIB = 1024 * KIB
FILE = "reserve"
WHOLE = 5 * MIB  # the log begins anew at 4 MiB
PIECE = MIB
LITTLE = 512 * KIB  # with less than this free, a piece is given back
PLENTY = 32 * MIB  # with more than this free, the reserve is made whole again


class Reserve:
    """Of one library, for the one process that has it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._is_short = False

    def keep(self) -> None:
        """Give a piece back where the disk is full, and fill up again what was given once it is not. Never fails.

        Cost: one question to the disk, 2 µs on a local one; filling up takes some 20 ms.
        """
        if give_way(self._root):
            self._is_short = True
        elif self._is_short:
            self._is_short = not fill_up(self._root)


def give_way(root: Path) -> bool:
    """Give a piece of a library's reserve back where the disk is full; whether that was done. Never fails."""
    with suppress(OSError):
        if shutil.disk_usage(root).free < LITTLE and (size := (root / FILE).stat().st_size):
            os.truncate(root / FILE, max(0, size - PIECE))
            return True
    return False


def fill_up(root: Path) -> bool:
    """Make the reserve whole where there is plenty of room; whether it is whole. Never fails."""
    with suppress(OSError):
        if (root / FILE).exists() and (root / FILE).stat().st_size == WHOLE:
            return True
        if shutil.disk_usage(root).free > PLENTY:
            flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            with os.fdopen(os.open(root / FILE, flags, FILE_MODE), "wb") as file:
                for _ in range(WHOLE // PIECE):
                    file.write(os.urandom(PIECE))  # a disk that compresses would keep no room for zeros
            return True
    return False
