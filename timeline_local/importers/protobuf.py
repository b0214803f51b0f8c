"""Messages in the wire format of Protocol Buffers, read without what describes them: numbers of fields and values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_MAX_SHIFT = 63
_WIDTHS = {_EIGHT: 8, _FOUR: 4}


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of one message in their order; a field may come several times."""

    fields: tuple[tuple[int, int | bytes], ...] = field(default=())

    @classmethod
    def of(cls, data: bytes) -> Message:
        """What the bytes hold up to where they are none of this format. Numbers of fixed width are unsigned."""
        return cls(tuple(_fields(data)))

    def whole(self, number: int) -> int:
        """The last number of this field; 0 where there is none."""
        found = [value for at, value in self.fields if at == number and isinstance(value, int)]
        return found[-1] if found else 0

    def data(self, number: int) -> bytes:
        """The last bytes of this field; none where there is no such field."""
        return next(reversed(list(self.all(number))), b"")

    def all(self, number: int) -> Iterator[bytes]:
        return (value for at, value in self.fields if at == number and isinstance(value, bytes))

    def text(self, number: int) -> str:
        return self.data(number).decode("utf-8", "replace")

    def inner(self, number: int) -> Message:
        return Message.of(self.data(number))

    def inners(self, number: int) -> Iterator[Message]:
        return (Message.of(each) for each in self.all(number))


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            if at > len(data):
                return
            yield tag >> 3, value
            continue
        length, at = (_WIDTHS[kind], at) if kind in _WIDTHS else _varint(data, at)
        if kind not in {_EIGHT, _BYTES, _FOUR} or at + length > len(data):
            return
        part = data[at : at + length]
        yield tag >> 3, part if kind == _BYTES else int.from_bytes(part, "little")
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends; behind the end of the data for one that does not end."""
    value = 0
    for shift in range(0, _MAX_SHIFT + 1, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return value, at
    return 0, len(data) + 1
