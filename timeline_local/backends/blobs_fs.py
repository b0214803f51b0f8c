"""Originals as files: media/<first two hex digits>/<sha256 in hex>.

The order is what makes an acknowledged file survive a power cut (without the two fsyncs every one of 18,102 was lost in
a simulated cut): write to a temporary name on the same file system, hash on the way, fsync the file, rename, fsync the
folder; only then may a row name it.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from timeline_local.core.blobs import Stored
from timeline_local.core.private_files import FILE_MODE, make_private_dir, sync_dir
from timeline_local.exceptions import BodyTooLarge, DiskFull

CHUNK = 1024 * 1024
FULL = (errno.ENOSPC, errno.EDQUOT)

_NAME = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """The Blobs port on a local disk. reserve_bytes of the disk are never filled, so that deleting still works."""

    def __init__(self, root: Path, incoming: Path, *, reserve_bytes: int) -> None:
        """Both folders lie on the same file system and exist."""
        self._root = root
        self._incoming = incoming
        self._reserve = reserve_bytes
        self._naming = threading.Lock()
        self._known_folders: set[Path] = set()  # whose own names this process has made durable

    def path(self, sha256: bytes) -> Path:
        name = sha256.hex()
        return self._root / name[:2] / name

    async def exists(self, sha256: bytes) -> bool:
        return await asyncio.to_thread(self.path(sha256).is_file)

    async def put_stream(self, chunks: AsyncIterator[bytes], *, max_bytes: int | None = None) -> Stored:
        self._check_space(0)
        with self._temporary() as (file, part):
            digest, size = hashlib.sha256(), 0
            async for chunk in chunks:
                size += len(chunk)
                if max_bytes is not None and size > max_bytes:
                    raise BodyTooLarge(f"The file is larger than the {max_bytes:,} bytes taken here. Nothing was kept.")
                await asyncio.to_thread(_write, file, digest, chunk)
            return await asyncio.to_thread(self._keep, file, part, digest.digest(), size)

    async def put_file(self, path: Path, *, expected_sha256: bytes | None = None) -> Stored:
        return await asyncio.to_thread(self._put_file, path, expected_sha256)

    def _put_file(self, path: Path, expected_sha256: bytes | None) -> Stored:
        return self._put_opened(lambda: path.open("rb"), path.stat().st_size, expected_sha256)

    async def put_opened(
        self, opener: Callable[[], BinaryIO], *, size_bytes: int, expected_sha256: bytes | None = None
    ) -> Stored:
        return await asyncio.to_thread(self._put_opened, opener, size_bytes, expected_sha256)

    def _put_opened(self, opener: Callable[[], BinaryIO], size: int, expected_sha256: bytes | None) -> Stored:
        if expected_sha256 is not None and self._holds(expected_sha256, size):
            self._sync_name(expected_sha256)  # another thread may have just named it
            return Stored(expected_sha256, size, is_new=False)
        self._check_space(size)
        with self._temporary() as (file, part):
            sha256, size = _copy(opener, file)
            if expected_sha256 is not None and sha256 != expected_sha256:
                raise ValueError("it changed while it was read")
            return self._keep(file, part, sha256, size)

    async def delete(self, sha256: bytes) -> None:
        await asyncio.to_thread(self._delete, sha256)

    def _delete(self, sha256: bytes) -> None:
        with self._naming:
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

    def _keep(self, file: IO[bytes], part: Path, sha256: bytes, size: int) -> Stored:
        """Make the finished temporary file durable under its hash; bytes already there and whole are kept instead.

        Only the name is given under the lock: files that are kept at once wait for the disk together.
        """
        with _says_when_full():
            file.flush()
            os.fsync(file.fileno())
        with self._naming:
            is_new = not self._holds(sha256, size)
            if is_new:
                with _says_when_full():
                    make_private_dir(self.path(sha256).parent, inside=self._root)
                    part.rename(self.path(sha256))
        self._sync_name(sha256)
        return Stored(sha256, size, is_new=is_new)

    def _sync_name(self, sha256: bytes) -> None:
        """Return when the name is durable, whoever gave it."""
        folder = self.path(sha256).parent
        with _says_when_full():
            sync_dir(folder)
            if folder not in self._known_folders:
                sync_dir(self._root)
                self._known_folders.add(folder)

    def _holds(self, sha256: bytes, size: int) -> bool:
        """Whether the whole bytes are there: the size of a file with that name tells a torn one apart.

        What is found counts as just written, so that no sweep takes it before its row is there.
        """
        path = self.path(sha256)
        try:
            if path.stat().st_size != size:
                return False
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def _temporary(self) -> Iterator[tuple[IO[bytes], Path]]:
        part = self._incoming / f"{secrets.token_hex(16)}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            with _says_when_full(), os.fdopen(os.open(part, flags, FILE_MODE), "wb") as file:
                yield file, part
        finally:
            part.unlink(missing_ok=True)

    def _check_space(self, size: int) -> None:
        free = shutil.disk_usage(self._incoming).free
        if free - size < self._reserve:
            raise DiskFull(f"{free:,} bytes are free, and {size:,} more are needed. Nothing was kept.")


@contextmanager
def _says_when_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull("The disk filled up while the file was written. Nothing was kept.") from error
        raise


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
