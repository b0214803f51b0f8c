"""Words out of the archives of NSArchiver, in which Messages keeps what it shows: an attributed string with its runs.

Only the words are taken: they are the first string in the archive, before everything that says how they look. Whoever
is mentioned stands in them by name, and a file as U+FFFC. The format: a head, then groups of values, each behind the
letters of their types; names are told once and are numbers afterwards.
"""

from __future__ import annotations

from timeline_local.importers import loose
from timeline_local.importers.plists import spoken, unarchived

_HEADS = {b"\x04\x0bstreamtyped": "little", b"\x04\x0btypedstream": "big"}
_TWO_BYTES, _FOUR_BYTES, _NEW = 0x81, 0x82, 0x84
_FIRST_TAG, _LAST_TAG = 0x80, 0x91  # bytes that are neither numbers nor names told before
_FIRST_NAME = 0x92
_MOST_CLASSES = 30  # above each other
_MOST_OBJECTS = 8  # within each other
_KEYED = b"bplist00"


def words_of(data: bytes) -> str:
    """The text of an attributed string; "" where there is none, or the bytes are something else."""
    if data.startswith(_KEYED):
        told = unarchived(data)
        return spoken(told, "NSString") or loose.text(told)
    order = _HEADS.get(data[:13])
    if order is None:
        return ""
    try:
        return _Reader(data, order).first_text()
    except (IndexError, ValueError):
        return ""


class _Reader:
    def __init__(self, data: bytes, order: str) -> None:
        self._data, self._order, self._at = data, order, 13
        self._names: list[bytes] = []

    def first_text(self) -> str:
        """Raises IndexError, ValueError where the bytes are not what they should be."""
        self._number()  # of the system that wrote it
        for _ in range(_MOST_OBJECTS):
            kind = self._name()
            if kind == b"+":
                return self._bytes().decode("utf-8", "replace")
            if kind != b"@":
                break
            self._begin_object()
        raise ValueError("it is no text")

    def _begin_object(self) -> None:
        if self._byte() != _NEW:
            raise ValueError("it is an object that was told before")
        for _ in range(_MOST_CLASSES):
            if self._byte() != _NEW:
                return  # the root of all classes, or one that was told before
            self._name()
            self._number()  # its version
        raise ValueError("its classes have no end")

    def _name(self) -> bytes:
        head = self._byte()
        if head == _NEW:
            self._names.append(self._bytes())
            return self._names[-1]
        if head < _FIRST_NAME:
            raise ValueError("it is no name")
        return self._names[head - _FIRST_NAME]

    def _bytes(self) -> bytes:
        size = self._number()
        if self._at + size > len(self._data):
            raise ValueError("it ends in a text")
        self._at += size
        return self._data[self._at - size : self._at]

    def _number(self) -> int:
        head = self._byte()
        size = {_TWO_BYTES: 2, _FOUR_BYTES: 4}.get(head, 0)
        if not size:
            if _FIRST_TAG <= head <= _LAST_TAG:
                raise ValueError("it is no number")
            return head
        self._at += size
        if self._at > len(self._data):
            raise IndexError(self._at)
        return int.from_bytes(self._data[self._at - size : self._at], "big" if self._order == "big" else "little")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]
