"""The port to original bytes: content-addressed, written once, never changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Protocol

from timeline_local.core.shelf import Whole
from timeline_local.domain.stretches import Stretch


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes that are durable under their hash. is_new: they were not there before."""

    sha256: bytes
    size_bytes: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Bytes to be stored: what opens them, in any thread; how many are expected; the hash they must have, if any.

    stretch  where the same bytes lie on disk, where that is known.
    """

    opener: Callable[[], BinaryIO]
    size_bytes: int
    sha256: bytes | None = None
    stretch: Stretch | None = None


class Hand(Protocol):
    """What handles files beside the server (`media.file_hand`). Methods block; what it could not do is None."""

    def take(
        self, root: Path, incoming: Path, wanted: Sequence[tuple[Stretch, int, bytes]]
    ) -> list[Whole | bool | None]:
        """Durable temporary files of these stretches of so many bytes with this hash; True for what is here already."""
        ...

    def name(
        self, root: Path, incoming: Path, parts: Sequence[Whole], held: Sequence[bytes], *, naming: Lock
    ) -> list[bool] | None:
        """Put them under their hashes, durably with the names of what was held; whether each is new there.

        naming  is held meanwhile, but not before the hand is free for it.
        """
        ...


class Blobs(Protocol):
    """What every store of originals does. When a `put` returns, a power cut no longer loses the bytes."""

    async def put_stream(self, chunks: AsyncIterator[bytes], *, max_bytes: int | None = None) -> Stored:
        """Store what the stream brings. Raises BodyTooLarge past max_bytes and DiskFull; nothing is kept then."""
        ...

    async def put_all(self, offers: Sequence[Offer]) -> list[Stored | OSError | ValueError]:
        """Store many at once. An offer that cannot be read is an OSError, other bytes than offered a ValueError.

        Raises DiskFull; nothing is kept then.
        """
        ...

    def path(self, sha256: bytes) -> Path:
        """Where the bytes can be read as a file, whether or not they exist."""
        ...

    async def missing(self, hashes: Iterable[bytes]) -> list[bytes]:
        """Those of these hashes whose bytes are not there."""
        ...

    async def delete_all(self, hashes: Iterable[bytes]) -> None:
        """Remove the bytes; absent ones are no error. Call it after the rows that name them are gone."""
        ...

    async def shard(self, number: int) -> list[bytes]:
        """The hashes of all blobs whose first byte is this number, 0 to 255, in order."""
        ...

    async def delete_if_older(self, sha256: bytes, *, seconds: float) -> bool:
        """Delete a blob that was not put for this long, neither anew nor again; whether it was deleted."""
        ...

    async def sweep(self) -> int:
        """Remove what unfinished puts left behind; the number of files. For the start, before any put."""
        ...
