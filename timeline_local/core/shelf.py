"""The steps by which files become durable under their hash: <root>/<first two hex digits>/<sha256 in hex>.

Bytes go to a temporary name on the same file system and are hashed on the way; they are synced, renamed, and their
folders synced. Only then may a row name them: without these syncs every one of 18,102 was lost in a simulated power
cut. Of many files each step is taken for all of them together.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from timeline_local.core.disk_syncs import can_sync_disk, sync_disk
from timeline_local.core.private_files import FILE_MODE, make_private_dir, sync_dir

MANY = 8  # files that are worth syncing their whole disk at once
WAITING = 12  # files and folders whose own syncs overlap: 0.2 ms each instead of 3 (ext4, 2026-11)
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

T = TypeVar("T")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Whole:
    """A temporary file with all its bytes."""

    path: str
    sha256: bytes
    size: int


class Shelf:
    """Files under their hashes. Paths are text: making a `Path` of each took an import as long as renaming the file."""

    def __init__(self, root: Path, incoming: Path) -> None:
        """Both folders lie on the same file system and exist."""
        self._root = root
        self._incoming = incoming
        self._known_folders: set[str] = set()  # whose own names this process has made durable

    def place(self, sha256: bytes) -> str:
        name = sha256.hex()
        return os.path.join(self._root, name[:2], name)  # noqa: PTH118

    def holds(self, sha256: bytes, size: int) -> bool:
        """Whether the whole bytes are there: the size of a file with that name tells a torn one apart.

        What is found counts as just written, so that no sweep takes it before its row is there.
        """
        path = self.place(sha256)
        try:
            if os.stat(path).st_size != size:  # noqa: PTH116
                return False
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def new_part(self) -> str:
        """A temporary name that nothing has."""
        return os.path.join(self._incoming, f"{secrets.token_hex(16)}.part")  # noqa: PTH118

    def write(self, part: str, chunks: Iterable[bytes], *, is_synced: bool) -> Whole:
        """The bytes under a temporary name, durable or, for `sync_all`, not yet; nothing is left if that fails."""
        digest, size = hashlib.sha256(), 0
        descriptor = os.open(part, NEW, FILE_MODE)
        try:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                _write(descriptor, chunk)
            if is_synced:
                os.fsync(descriptor)
        except BaseException:
            os.close(descriptor)
            remove(part)
            raise
        os.close(descriptor)
        return Whole(part, digest.digest(), size)

    @property
    def syncs_together(self) -> bool:
        """Whether `sync_all` can be had for files that were written without a sync."""
        return can_sync_disk(self._incoming)

    def sync_all(self) -> None:
        """Make everything that was written here durable. Raises OSError."""
        sync_disk(self._incoming)

    def rename(self, parts: Sequence[Whole]) -> list[bool]:
        """Put durable temporary files under their hashes; whether each is new there. What is there and whole stays."""
        return [self._renamed(part) for part in parts]

    def _renamed(self, part: Whole) -> bool:
        if self.holds(part.sha256, part.size):
            return False
        target = self.place(part.sha256)
        try:
            os.rename(part.path, target)  # noqa: PTH104
        except FileNotFoundError:
            make_private_dir(Path(target).parent, inside=self._root)
            os.rename(part.path, target)  # noqa: PTH104
        return True

    def sync_names(self, hashes: Iterable[bytes]) -> None:
        """Return when the names are durable, whoever gave them: another thread may have, just now."""
        folders = {os.path.dirname(self.place(sha256)) for sha256 in hashes}  # noqa: PTH120
        if len(folders) >= MANY and can_sync_disk(self._root):
            sync_disk(self._root)
        else:
            each_of(lambda folder: sync_dir(Path(folder)), sorted(folders))
            if not folders <= self._known_folders:
                sync_dir(self._root)
        self._known_folders |= folders


def remove(part: str) -> None:
    """Remove a temporary file, if it is still there."""
    with suppress(FileNotFoundError):
        os.unlink(part)  # noqa: PTH108


def each_of(function: Callable[[T], Found], things: Sequence[T]) -> list[Found]:
    """The function of each, in threads: what waits for the disk waits together."""
    if len(things) < 2:  # noqa: PLR2004 - one needs no other thread
        return [function(each) for each in things]
    todo = deque(enumerate(things))
    found: dict[int, Found] = {}

    def work(_: int) -> None:
        while True:
            try:
                number, thing = todo.popleft()
            except IndexError:
                return
            try:
                found[number] = function(thing)
            except BaseException:
                todo.clear()  # the others stop, too
                raise

    count = min(len(things), WAITING)
    with ThreadPoolExecutor(count, thread_name_prefix="originals") as threads:
        deque(threads.map(work, range(count)), maxlen=0)
    return [found[number] for number in range(len(things))]


def _write(descriptor: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(descriptor, left) :]
