"""Making many files durable at once, where the system has a call for it.

Linux writes back a whole file system with one `syncfs`. For 200 files of 16 KB that took a quarter of the time that a
sync of each took, and a fourteenth of the processor's (ext4, 2026-11). It also waits for what other programs have
written there, so it is for batches only. Before Linux 5.8 it told no errors; and a file system in a process of its own
(FUSE), or on another computer, does not hear of it.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from timeline_local.core.disks import disk_of

_TELLS_ERRORS = (5, 8)
_FIT = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"})


def can_sync_disk(folder: Path) -> bool:
    """Whether `sync_disk` makes durable what lies in this folder. Raises OSError when it is gone."""
    return _syncfs() is not None and _is_fit(folder, folder.stat().st_dev)


def sync_disk(folder: Path) -> None:
    """Make all that was written to the folder's file system durable. Raises OSError."""
    syncfs = _syncfs()
    assert syncfs is not None  # noqa: S101 - can_sync_disk was asked
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        syncfs(descriptor)
    finally:
        os.close(descriptor)


@lru_cache(maxsize=1)
def _syncfs() -> Callable[[int], None] | None:
    if sys.platform != "linux" or _release(os.uname().release) < _TELLS_ERRORS:
        return None
    import ctypes  # noqa: PLC0415 - only where it is needed

    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "syncfs"):
        return None

    def syncfs(descriptor: int) -> None:
        if libc.syncfs(descriptor):
            number = ctypes.get_errno() or errno.EIO
            raise OSError(number, os.strerror(number))

    return syncfs


def _release(told: str) -> tuple[int, int]:
    """The numbers of "6.1.0-13-amd64"; (0, 0) for what has none."""
    numbers = told.split("-", maxsplit=1)[0].split(".")
    try:
        return int(numbers[0]), int(numbers[1])
    except (IndexError, ValueError):
        return 0, 0


@lru_cache(maxsize=8)
def _is_fit(folder: Path, device: int) -> bool:
    """Whether the file system hears of it. device: asked again where another disk is mounted at the folder."""
    del device
    disk = disk_of(folder)
    return disk is not None and disk.type in _FIT
