"""The cache: a place for bytes that can be made again, so every failure of it is a miss and never an error.

What is kept here must be a pure function of its key: keys carry the owner, the version or revision and whatever else
the value depends on. Nothing is ever deleted for correctness, only to make room.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, Protocol

CacheState = Literal["ok", "away"]

LONGEST_KEY = 250  # bytes in UTF-8
LARGEST_VALUE = 16 * 1024 * 1024  # bytes; a larger value is not kept
SEAL = b"TLC1"
SUM_BYTES = 16


@dataclass(frozen=True, slots=True)
class CacheReport:
    """kind: "disk", "redis" or "none". entries and size_bytes are None where the backend cannot tell cheaply."""

    kind: str
    state: CacheState
    entries: int | None
    size_bytes: int | None
    hits: int
    misses: int
    failures: int


class Cache(Protocol):
    """Bytes by key, each for a limited time. No method raises because the backend is away, full or damaged.

    Keys are at most 250 bytes of text. A value that is too large, or that cannot be stored, is simply not kept.
    """

    async def get(self, key: str) -> bytes | None:
        """The value, or None: never stored, expired, dropped, damaged or out of reach."""
        ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep the value for `ttl_s` seconds at most."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the value; a backend that is away may still hold it until its time is over."""
        ...

    async def report(self) -> CacheReport:
        """Whether it works and how it does; asks the backend once."""
        ...

    async def close(self) -> None:
        """Let go of files and connections; idempotent."""
        ...


class NoCache:
    """Keeps nothing: what is used where no cache is wanted."""

    async def get(self, key: str) -> bytes | None:
        """Nothing is ever found."""
        del key
        return None

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Nothing is kept."""
        del key, value, ttl_s

    async def delete(self, key: str) -> None:
        """Nothing was kept."""
        del key

    async def report(self) -> CacheReport:
        """Always well."""
        return CacheReport("none", "ok", 0, 0, 0, 0, 0)

    async def close(self) -> None:
        """Nothing is open."""


def is_usable(key: str, value: bytes = b"") -> bool:
    """Whether a backend may be bothered with this key and value."""
    return key != "" and len(key.encode("utf-8", "replace")) <= LONGEST_KEY and len(value) <= LARGEST_VALUE


def seal(key: str, value: bytes) -> bytes:
    """What a backend stores: the value behind a checksum over it and its key, so that damage is a miss."""
    return _checksum(key, value) + value


def unseal(key: str, stored: bytes) -> bytes | None:
    """The value again; None when the bytes are not what `seal` made for this key."""
    value = stored[len(SEAL) + SUM_BYTES :]
    return value if stored.startswith(_checksum(key, value)) else None


def _checksum(key: str, value: bytes) -> bytes:
    # Against damage and mix-ups, not against forgers: who can write into the cache can read what is in it.
    digest = hashlib.blake2b(value, digest_size=SUM_BYTES, person=b"timeline cache")
    digest.update(b"\x00" + key.encode())
    return SEAL + digest.digest()
