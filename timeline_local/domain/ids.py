"""Identifiers: UUIDv7, so that ids made later sort later, also as text and as bytes."""

import secrets
import threading
import time
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
MemoryId = NewType("MemoryId", UUID)
MediaId = NewType("MediaId", UUID)
ImportId = NewType("ImportId", UUID)
JobId = NewType("JobId", UUID)

_RANDOM_BITS = 74
_LOW_BITS = 62
_LOW_MASK = (1 << _LOW_BITS) - 1
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


class _Clock:
    """Hands out strictly increasing 122-bit numbers: 48 bits of milliseconds, then 74 random bits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        now_ms = time.time_ns() // 1_000_000
        # The top random bit stays 0: room to count upwards within one millisecond without touching the clock part.
        fresh = (now_ms << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS - 1)
        with self._lock:
            # The system clock may stand still or step back; ids must not.
            self._last = fresh if fresh > self._last else self._last + 1 + secrets.randbits(32)
            return self._last


_CLOCK = _Clock()


def new_id() -> UUID:
    """Make a UUIDv7 (RFC 9562), greater than every one made before by this process. Safe from any thread."""
    return _pack(_CLOCK.next())


def parse_id(text: str) -> UUID:
    """Read the canonical 36-character form, either case. Raises ValueError for anything else."""
    found = UUID(text)
    if str(found) != text.lower():
        raise ValueError("an id is 32 hexadecimal digits in five groups")
    return found


def _pack(number: int) -> UUID:
    stamp = number >> _RANDOM_BITS
    middle = (number >> _LOW_BITS) & 0xFFF
    return UUID(int=(stamp << 80) | _VERSION | (middle << 64) | _VARIANT | (number & _LOW_MASK))
