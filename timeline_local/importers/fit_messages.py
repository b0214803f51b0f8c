"""FIT, the binary format of sports watches and bike computers, as messages with numbered fields.

Only what every message is made of is known here: headers, definitions, base types, compressed times, developer fields.
The names of messages and fields are the reader's business. Values that the format calls invalid are left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import BinaryIO

EPOCH = datetime(1989, 12, 31, tzinfo=UTC)
TIMESTAMP = 253
_FIRST_INSTANT = 0x10000000  # smaller numbers count from when the device was switched on
_HEADERS = (12, 14)

# Base type → (struct letter, size, invalid value). Byte arrays and texts are handled apart.
_BASE: Mapping[int, tuple[str, int, int]] = {
    0x00: ("B", 1, 0xFF),
    0x01: ("b", 1, 0x7F),
    0x02: ("B", 1, 0xFF),
    0x83: ("h", 2, 0x7FFF),
    0x84: ("H", 2, 0xFFFF),
    0x85: ("i", 4, 0x7FFFFFFF),
    0x86: ("I", 4, 0xFFFFFFFF),
    0x0A: ("B", 1, 0),
    0x8B: ("H", 2, 0),
    0x8C: ("I", 4, 0),
    0x0D: ("B", 1, 0xFF),
    0x8E: ("q", 8, 0x7FFFFFFFFFFFFFFF),
    0x8F: ("Q", 8, 0xFFFFFFFFFFFFFFFF),
    0x90: ("Q", 8, 0),
}
_TEXT, _BYTES = 0x07, 0x0D
_FLOATS = {0x88: ("f", 4), 0x89: ("d", 8)}

Value = int | float | str | bytes


class FitBroken(ValueError):
    """The file is no FIT from some byte on; the message is for the owner."""


@dataclass(frozen=True, slots=True)
class Message:
    """number: which kind of message.   fields: by their numbers, as stored, without scale and offset."""

    number: int
    fields: Mapping[int, Value]

    def integer(self, field: int) -> int | None:
        value = self.fields.get(field)
        return value if isinstance(value, int) else None

    def scaled(self, field: int, scale: float, offset: float = 0) -> float | None:
        """The number behind a field: stored / scale - offset."""
        value = self.fields.get(field)
        return value / scale - offset if isinstance(value, int | float) else None

    def text(self, field: int) -> str:
        value = self.fields.get(field)
        return value if isinstance(value, str) else ""

    def instant(self, field: int = TIMESTAMP, switched_on: int | None = None) -> datetime | None:
        """A time; None for one that counts from when the device was switched on, unless it is told when that was."""
        value = self.integer(field)
        if value is not None and value < _FIRST_INSTANT and switched_on is not None:
            value += switched_on
        return None if value is None or value < _FIRST_INSTANT else EPOCH + timedelta(seconds=value)


@dataclass(frozen=True, slots=True)
class _Field:
    number: int
    size: int
    base: int


@dataclass(frozen=True, slots=True)
class _Definition:
    number: int
    order: str  # struct's sign for the byte order
    fields: tuple[_Field, ...]
    extra_bytes: int  # of developer fields, which nothing here reads


def messages(file: BinaryIO) -> Iterator[Message]:
    """All messages in their order, of all FIT files that were written behind one another.

    Raises FitBroken where a file ends too early or makes no sense; what comes before was given. A checksum that does
    not fit is told at the end of its file.
    """
    source = _Source(file)
    is_first = True
    while True:
        head = source.up_to(1)
        if not head or (not is_first and head == b"\x00"):
            return
        yield from _one_file(source, head[0], is_first=is_first)
        is_first = False


def _one_file(source: _Source, header_size: int, *, is_first: bool) -> Iterator[Message]:
    if header_size not in _HEADERS:
        raise FitBroken("it does not begin as a FIT file" if is_first else "something else follows its end")
    header = source.exactly(header_size - 1)
    if header[7:11] != b".FIT":
        raise FitBroken("it does not begin as a FIT file")
    source.left = struct.unpack("<I", header[3:7])[0]
    definitions: dict[int, _Definition] = {}
    last_time = 0
    while source.left > 0:
        head = source.exactly(1)[0]
        local = head >> 5 & 3 if head & 0x80 else head & 0x0F
        if not head & 0x80 and head & 0x40:
            definitions[local] = _definition(source, has_developer=bool(head & 0x20))
            continue
        definition = definitions.get(local)
        if definition is None:
            raise FitBroken("it uses a kind of message that it never described")
        fields = _values(definition, source.exactly(sum(each.size for each in definition.fields)))
        source.exactly(definition.extra_bytes)
        if head & 0x80:
            last_time += (head & 0x1F) - (last_time & 0x1F) & 0x1F
            fields[TIMESTAMP] = last_time
        elif isinstance(time := fields.get(TIMESTAMP), int):
            last_time = time
        yield Message(definition.number, fields)
    computed = source.crc
    source.left = 2
    stored = source.up_to(2)
    if len(stored) == 2 and stored != b"\x00\x00" and struct.unpack("<H", stored)[0] != computed:  # noqa: PLR2004
        raise FitBroken("its checksum does not fit, so some of it may have been damaged on the way")
    source.begin_again()


def _definition(source: _Source, *, has_developer: bool) -> _Definition:
    _, architecture, *_ = head = source.exactly(5)
    order = ">" if architecture else "<"
    number = struct.unpack(order + "H", head[2:4])[0]
    packed = source.exactly(3 * head[4])
    fields = tuple(_Field(*packed[at : at + 3]) for at in range(0, len(packed), 3))
    extra = 0
    if has_developer:
        developer = source.exactly(3 * source.exactly(1)[0])
        extra = sum(developer[at + 1] for at in range(0, len(developer), 3))
    return _Definition(number, order, fields, extra)


def _values(definition: _Definition, data: bytes) -> dict[int, Value]:
    found: dict[int, Value] = {}
    ends = [0]
    for field in definition.fields:
        ends.append(ends[-1] + field.size)
    for field, (start, end) in zip(definition.fields, pairwise(ends), strict=True):
        value = _value(field, definition.order, data[start:end])
        if value is not None:
            found[field.number] = value
    return found


def _value(field: _Field, order: str, data: bytes) -> Value | None:
    """The value, the first one of a list; None for one that the format calls invalid, or of a size nobody knows."""
    if field.base == _TEXT:
        return data.partition(b"\x00")[0].decode("utf-8", "replace").strip() or None
    if field.base == _BYTES and field.size > 1:
        return None if data.strip(b"\xff") == b"" else data
    if field.base in _FLOATS:
        letter, size = _FLOATS[field.base]
        number = struct.unpack(order + letter, data[:size])[0] if len(data) >= size else float("nan")
        return float(number) if number == number and abs(number) != float("inf") else None  # noqa: PLR0124 - not NaN
    base = _BASE.get(field.base)
    if base is None or len(data) < base[1] or len(data) % base[1]:
        return None
    found = int(struct.unpack(order + base[0], data[: base[1]])[0])
    return None if found == base[2] else found


class _Source:
    """Bytes that are counted and summed up as they are taken."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.left = _HEADERS[-1]
        self.crc = 0

    def begin_again(self) -> None:
        self.left, self.crc = _HEADERS[-1], 0

    def up_to(self, size: int) -> bytes:
        data = self._file.read(size)
        self.left -= len(data)
        crc = self.crc
        for byte in data:
            crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
        self.crc = crc
        return data

    def exactly(self, size: int) -> bytes:
        data = self.up_to(size)
        if len(data) < size:
            raise FitBroken("it ends in the middle")
        return data


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC = tuple(_crc_of(byte) for byte in range(256))
