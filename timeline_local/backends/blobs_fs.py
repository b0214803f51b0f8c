"""Originals as files, see `core.shelf` for how they become durable.

Many at once are handled by a process of their own, where there is one and they lie where it can read them; the rest,
and what that process could not do, in threads.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

from timeline_local.core.blobs import Hand, Offer, Stored
from timeline_local.core.disks import why_unwritten
from timeline_local.core.private_files import FILE_MODE
from timeline_local.core.shelf import MANY, NEW, Shelf, Whole, each_of, remove
from timeline_local.exceptions import BodyTooLarge, DiskFull

CHUNK = 1024 * 1024
READ_AT_ONCE = 4  # more only makes a disk seek

_NAME = re.compile(r"[0-9a-f]{64}")

_Taken = Whole | Stored | OSError | ValueError


class FileBlobs:
    """The Blobs port on a local disk. reserve_bytes of the disk are never filled, so that deleting still works."""

    def __init__(self, root: Path, incoming: Path, *, reserve_bytes: int, hand: Hand | None = None) -> None:
        """Both folders lie on the same file system and exist. hand: what handles many files; None: threads do."""
        self._root = root
        self._incoming = incoming
        self._reserve = reserve_bytes
        self._hand = hand
        self._shelf = Shelf(root, incoming)
        self._naming = threading.Lock()
        self._reading = threading.Semaphore(READ_AT_ONCE)

    def path(self, sha256: bytes) -> Path:
        return Path(self._shelf.place(sha256))

    async def missing(self, hashes: Iterable[bytes]) -> list[bytes]:
        return await asyncio.to_thread(self._missing, list(hashes))

    def _missing(self, hashes: Sequence[bytes]) -> list[bytes]:
        return [sha256 for sha256 in hashes if not os.path.isfile(self._shelf.place(sha256))]  # noqa: PTH113

    async def put_stream(self, chunks: AsyncIterator[bytes], *, max_bytes: int | None = None) -> Stored:
        self._check_space(0)
        with self._temporary() as (file, part):
            digest, size = hashlib.sha256(), 0
            async for chunk in chunks:
                size += len(chunk)
                if max_bytes is not None and size > max_bytes:
                    raise BodyTooLarge(f"The file is larger than the {max_bytes:,} bytes taken here. Nothing was kept.")
                await asyncio.to_thread(_write, file, digest, chunk)
            return await asyncio.to_thread(self._keep, file, Whole(part, digest.digest(), size))

    async def put_all(self, offers: Sequence[Offer]) -> list[Stored | OSError | ValueError]:
        return await asyncio.to_thread(self._put_all, offers)

    def _put_all(self, offers: Sequence[Offer]) -> list[Stored | OSError | ValueError]:
        self._check_space(sum(offer.size_bytes for offer in offers))
        parts: list[str] = []
        try:
            taken = self._taken(offers, parts)
            here = [each for each in taken if isinstance(each, Whole | Stored)]
            named = dict(zip(map(id, here), self._named(here), strict=True))
            renamed = {each.path for each in here if isinstance(each, Whole) and named[id(each)].is_new}
            parts = [part for part in parts if part not in renamed]
            return [each if isinstance(each, OSError | ValueError) else named[id(each)] for each in taken]
        finally:
            for part in parts:
                remove(part)

    def _taken(self, offers: Sequence[Offer], parts: list[str]) -> list[_Taken]:
        """Each in a durable temporary file, or what it is instead. parts: takes the names of those to be removed."""
        handled = self._handled(offers, parts)
        rest = [offer for offer, each in zip(offers, handled, strict=True) if each is None]
        others = iter(each_of(partial(self._take_in, parts), rest))
        return [next(others) if each is None else each for each in handled]

    def _handled(self, offers: Sequence[Offer], parts: list[str]) -> list[Whole | Stored | None]:
        """What the hand could do of it."""
        found: list[Whole | Stored | None] = [None] * len(offers)
        wanted = [
            (place, (offer.stretch, offer.size_bytes, offer.sha256))
            for place, offer in enumerate(offers)
            if offer.stretch is not None and offer.sha256 is not None
        ]
        if self._hand is None or len(wanted) < MANY:
            return found
        told = self._hand.take(self._root, self._incoming, [each for _, each in wanted])
        for (place, (_, size, sha256)), each in zip(wanted, told, strict=True):
            if isinstance(each, Whole):
                found[place] = each
                parts.append(each.path)
            elif each:
                found[place] = Stored(sha256, size, is_new=False)
        return found

    def _take_in(self, parts: list[str], offer: Offer) -> _Taken:
        """The offered bytes in a durable temporary file; what is here under the hash that they must have stays."""
        if offer.sha256 is not None and self._shelf.holds(offer.sha256, offer.size_bytes):
            return Stored(offer.sha256, offer.size_bytes, is_new=False)
        part = self._shelf.new_part()
        try:
            with self._reading, _says_why():
                whole = self._shelf.write(part, _chunks(offer.opener), is_synced=True)
        except (OSError, ValueError) as error:
            return error
        parts.append(part)
        return whole if offer.sha256 in (None, whole.sha256) else ValueError("it changed while it was read")

    def _named(self, here: Sequence[Whole | Stored]) -> list[Stored]:
        """Put what is in temporary files under its hash, all of it durably; bytes already there and whole are kept."""
        parts = [each for each in here if isinstance(each, Whole)]
        held = [each.sha256 for each in here if isinstance(each, Stored)]
        new = None
        if self._hand is not None and len(parts) >= MANY:
            new = self._hand.name(self._root, self._incoming, parts, held, naming=self._naming)
        if new is None:
            with self._naming, _says_why():
                new = self._shelf.rename(parts)
            with _says_why():
                self._shelf.sync_names(each.sha256 for each in here)
        told = iter(new)
        return [Stored(each.sha256, each.size, is_new=next(told)) if isinstance(each, Whole) else each for each in here]

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

    def _keep(self, file: IO[bytes], part: Whole) -> Stored:
        with _says_why():
            file.flush()
            os.fsync(file.fileno())
            file.close()
        (stored,) = self._named([part])
        return stored

    @contextmanager
    def _temporary(self) -> Iterator[tuple[IO[bytes], str]]:
        part = self._shelf.new_part()
        try:
            with _says_why(), os.fdopen(os.open(part, NEW, FILE_MODE), "wb") as file:
                yield file, part
        finally:
            remove(part)

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


def _write(file: IO[bytes], digest: hashlib._Hash, chunk: bytes) -> None:
    digest.update(chunk)
    file.write(chunk)


def _chunks(opener: Callable[[], BinaryIO]) -> Iterator[bytes]:
    with opener() as original:
        while chunk := original.read(CHUNK):
            yield chunk
