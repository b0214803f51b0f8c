"""Originals as files: media/<first two hex digits>/<sha256 in hex>.

The order is what makes an acknowledged file survive a power cut (without the two fsyncs every one of 18,102 was lost in
a simulated cut): write to a temporary name on the same file system, hash on the way, fsync the file, rename, fsync the
folder; only then may a row name it. Of many files these steps are taken together, each folder synced once.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import shutil
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, TypeVar

from timeline_local.core.blobs import Offer, Stored
from timeline_local.core.disks import why_unwritten
from timeline_local.core.private_files import FILE_MODE, make_private_dir, sync_dir
from timeline_local.exceptions import BodyTooLarge, DiskFull

CHUNK = 1024 * 1024
READ_AT_ONCE = 4  # more only makes a disk seek
WAITING = 12  # files whose syncs overlap: 0.2 ms each instead of 3 (ext4, 2026-11)

_NAME = re.compile(r"[0-9a-f]{64}")
T = TypeVar("T")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class _Whole:
    """A temporary file with all its bytes."""

    path: str
    sha256: bytes
    size: int


class FileBlobs:
    """The Blobs port on a local disk. reserve_bytes of the disk are never filled, so that deleting still works."""

    def __init__(self, root: Path, incoming: Path, *, reserve_bytes: int) -> None:
        """Both folders lie on the same file system and exist."""
        self._root = root
        self._incoming = incoming
        self._reserve = reserve_bytes
        self._naming = threading.Lock()
        self._reading = threading.Semaphore(READ_AT_ONCE)
        self._known_folders: set[str] = set()  # whose own names this process has made durable

    def path(self, sha256: bytes) -> Path:
        return Path(self._place(sha256))

    def _place(self, sha256: bytes) -> str:
        """The path as text: making a `Path` of each took an import as long as renaming the file."""
        name = sha256.hex()
        return os.path.join(self._root, name[:2], name)  # noqa: PTH118

    def _folder(self, sha256: bytes) -> str:
        return os.path.join(self._root, sha256.hex()[:2])  # noqa: PTH118

    async def missing(self, hashes: Iterable[bytes]) -> list[bytes]:
        return await asyncio.to_thread(self._missing, list(hashes))

    def _missing(self, hashes: Sequence[bytes]) -> list[bytes]:
        return [sha256 for sha256 in hashes if not os.path.isfile(self._place(sha256))]  # noqa: PTH113

    async def put_stream(self, chunks: AsyncIterator[bytes], *, max_bytes: int | None = None) -> Stored:
        self._check_space(0)
        with self._temporary() as (file, part):
            digest, size = hashlib.sha256(), 0
            async for chunk in chunks:
                size += len(chunk)
                if max_bytes is not None and size > max_bytes:
                    raise BodyTooLarge(f"The file is larger than the {max_bytes:,} bytes taken here. Nothing was kept.")
                await asyncio.to_thread(_write, file, digest, chunk)
            return await asyncio.to_thread(self._keep, file, _Whole(part, digest.digest(), size))

    async def put_all(self, offers: Sequence[Offer]) -> list[Stored | OSError | ValueError]:
        return await asyncio.to_thread(self._put_all, offers)

    def _put_all(self, offers: Sequence[Offer]) -> list[Stored | OSError | ValueError]:
        self._check_space(sum(offer.size_bytes for offer in offers))
        with ExitStack() as parts:
            taken = _each(partial(self._take_in, parts), offers)
            named = iter(self._name([each for each in taken if isinstance(each, _Whole)]))
        self._sync_names(each.sha256 for each in taken if isinstance(each, _Whole | Stored))
        return [next(named) if isinstance(each, _Whole) else each for each in taken]

    def _take_in(self, parts: ExitStack, offer: Offer) -> _Whole | Stored | OSError | ValueError:
        """The offered bytes in a durable temporary file; what is here under the hash that they must have stays."""
        if offer.sha256 is not None and self._holds(offer.sha256, offer.size_bytes):
            return Stored(offer.sha256, offer.size_bytes, is_new=False)
        try:
            file, part = parts.enter_context(self._temporary())
            with self._reading, _says_why():
                sha256, size = _copy(offer.opener, file)
            if offer.sha256 not in (None, sha256):
                return ValueError("it changed while it was read")
            _sync(file)
        except (OSError, ValueError) as error:
            return error
        return _Whole(part, sha256, size)

    async def delete_all(self, hashes: Iterable[bytes]) -> None:
        await asyncio.to_thread(self._delete_all, list(hashes))

    def _delete_all(self, hashes: Sequence[bytes]) -> None:
        with self._naming:
            for sha256 in hashes:
                self.path(sha256).unlink(missing_ok=True)

    async def shard(self, number: int) -> list[bytes]:
        return await asyncio.to_thread(self._shard, number)

    def _shard(self, number: int) -> list[bytes]:
        folder = self._root / f"{number:02x}"
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return [bytes.fromhex(name) for name in names if _NAME.fullmatch(name)]

    async def delete_if_older(self, sha256: bytes, *, seconds: float) -> bool:
        return await asyncio.to_thread(self._delete_if_older, sha256, time.time() - seconds)

    def _delete_if_older(self, sha256: bytes, before: float) -> bool:
        path = self.path(sha256)
        with self._naming:
            if not path.exists() or path.stat().st_mtime >= before:
                return False
            path.unlink()
        return True

    async def sweep(self) -> int:
        return await asyncio.to_thread(self._sweep)

    def _sweep(self) -> int:
        parts = list(self._incoming.glob("*.part"))
        for part in parts:
            part.unlink(missing_ok=True)
        return len(parts)

    def _keep(self, file: IO[bytes], part: _Whole) -> Stored:
        _sync(file)
        (stored,) = self._name([part])
        self._sync_names([part.sha256])
        return stored

    def _name(self, parts: Sequence[_Whole]) -> list[Stored]:
        """Put durable temporary files under their hashes; bytes already there and whole are kept instead."""
        stored: list[Stored] = []
        with self._naming, _says_why():
            for part in parts:
                is_new = not self._holds(part.sha256, part.size)
                if is_new:
                    self._rename(part)
                stored.append(Stored(part.sha256, part.size, is_new=is_new))
        return stored

    def _rename(self, part: _Whole) -> None:
        target = self._place(part.sha256)
        try:
            os.rename(part.path, target)  # noqa: PTH104
        except FileNotFoundError:
            make_private_dir(Path(target).parent, inside=self._root)
            os.rename(part.path, target)  # noqa: PTH104

    def _sync_names(self, hashes: Iterable[bytes]) -> None:
        """Return when the names are durable, whoever gave them: another thread may have, just now."""
        folders = {self._folder(sha256) for sha256 in hashes}
        with _says_why():
            _each(sync_dir, [Path(folder) for folder in sorted(folders)])
            if not folders <= self._known_folders:
                sync_dir(self._root)
                self._known_folders |= folders

    def _holds(self, sha256: bytes, size: int) -> bool:
        """Whether the whole bytes are there: the size of a file with that name tells a torn one apart.

        What is found counts as just written, so that no sweep takes it before its row is there.
        """
        path = self._place(sha256)
        try:
            if os.stat(path).st_size != size:  # noqa: PTH116
                return False
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def _temporary(self) -> Iterator[tuple[IO[bytes], str]]:
        part = os.path.join(self._incoming, f"{secrets.token_hex(16)}.part")  # noqa: PTH118
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            with _says_why(), os.fdopen(os.open(part, flags, FILE_MODE), "wb") as file:
                yield file, part
        finally:
            with suppress(FileNotFoundError):
                os.unlink(part)  # noqa: PTH108

    def _check_space(self, size: int) -> None:
        free = shutil.disk_usage(self._incoming).free
        if free - size < self._reserve:
            raise DiskFull(
                f"{free:,} bytes are free, of which {self._reserve:,} are kept free, so that deleting works. "
                "The file was not kept. Free some space and try again."
            )


@contextmanager
def _says_why() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = why_unwritten(error)
        if reason is None:
            raise
        raise reason from error


def _each(function: Callable[[T], Found], things: Sequence[T]) -> list[Found]:
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


def _sync(file: IO[bytes]) -> None:
    with _says_why():
        file.flush()
        os.fsync(file.fileno())
        file.close()


def _write(file: IO[bytes], digest: hashlib._Hash, chunk: bytes) -> None:
    digest.update(chunk)
    file.write(chunk)


def _copy(opener: Callable[[], BinaryIO], file: IO[bytes]) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    with opener() as original:
        while chunk := original.read(CHUNK):
            _write(file, digest, chunk)
            size += len(chunk)
    return digest.digest(), size
