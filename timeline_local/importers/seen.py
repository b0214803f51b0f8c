"""Which keys a read has given out, in few bytes each: exports of a life have millions of rows."""

from __future__ import annotations

from array import array
from hashlib import blake2b

_FIRST_SLOTS = 1024


class Seen:
    """A set of keys that only grows, and counts of those that came again.

    Memory: 16 to 32 bytes a key, and a dictionary entry for each that came more than once. Two different keys are taken
    for one with a chance of one in 2^64 each pair.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_SLOTS))  # open addressing; 0 is a free slot
        self._filled = 0
        self._again: dict[int, int] = {}

    def __contains__(self, key: str) -> bool:
        slots = self._slots
        at = (mark := _mark(key)) & (len(slots) - 1)
        while slots[at] and slots[at] != mark:
            at = (at + 1) & (len(slots) - 1)
        return slots[at] != 0

    def number(self, key: str) -> int:
        """How many times this key came, this time included: 1 for a new one."""
        mark = _mark(key)
        if self._put(mark):
            if 2 * self._filled > len(self._slots):
                self._grow()
            return 1
        count = self._again[mark] = self._again.get(mark, 1) + 1
        return count

    def unique(self, key: str) -> str:
        """The key for its first thing; for further ones the key and their number, the same at every reading."""
        count = self.number(key)
        return key if count == 1 else f"{key}~{count}"

    def _put(self, mark: int) -> bool:
        slots = self._slots
        last = len(slots) - 1
        at = mark & last
        while slots[at]:
            if slots[at] == mark:
                return False
            at = (at + 1) & last
        slots[at] = mark
        self._filled += 1
        return True

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", bytes(16 * len(old)))
        self._filled = 0
        for mark in old:
            if mark:
                self._put(mark)


def _mark(key: str) -> int:
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1
