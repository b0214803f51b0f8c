"""Reads TIFF directories: the structure inside EXIF blocks, TIFF pictures and most RAW files.

Our own reader, because the values must arrive as bytes (cameras write latin-1, NULs and junk into text), and because
RAW formats change the magic number. Only the tags a caller asks for are decoded; every count and offset is checked.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from typing import BinaryIO, Self

Number = int | float

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_CODES = {1: "B", 7: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_UNSIGNED_RATIO, _SIGNED_RATIO = 5, 10
_ENTRY_BYTES = 12
_MAX_ENTRIES = 1000
_MAX_VALUE_BYTES = 1024 * 1024
_MAX_DIRECTORIES = 16


class TiffError(ValueError):
    """The bytes are no TIFF structure, or one that points outside of itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One undecoded tag value: field type, number of values, their bytes, and where those stand in the file."""

    type: int
    count: int
    data: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The tags of one directory, decoded on request; a broken value reads as missing."""

    order: str
    entries: Mapping[int, Entry]
    next_offset: int = 0

    def __contains__(self, tag: int) -> bool:
        return tag in self.entries

    def raw(self, tag: int) -> bytes:
        """The bytes of the value, empty when the tag is absent."""
        entry = self.entries.get(tag)
        return entry.data if entry else b""

    def text(self, tag: int) -> str:
        """The value up to its first NUL, trimmed; UTF-8 when it is valid UTF-8, else latin-1."""
        return decode_text(self.raw(tag).split(b"\x00", 1)[0])

    def numbers(self, tag: int) -> tuple[Number, ...]:
        """All values; a ratio with denominator zero is left out by giving nothing at all."""
        entry = self.entries.get(tag)
        if entry is None:
            return ()
        if entry.type in {_UNSIGNED_RATIO, _SIGNED_RATIO}:
            return self._ratios(entry)
        code = _CODES.get(entry.type)
        count = len(entry.data) // _SIZES[entry.type]
        return struct.unpack(f"{self.order}{count}{code}", entry.data) if code else ()

    def number(self, tag: int) -> Number | None:
        """The first value, or None."""
        values = self.numbers(tag)
        return values[0] if values else None

    def integer(self, tag: int) -> int | None:
        """The first value as an integer, or None."""
        value = self.number(tag)
        return int(value) if value is not None and value == value and abs(value) < 2**63 else None  # noqa: PLR0124 - NaN

    def _ratios(self, entry: Entry) -> tuple[Number, ...]:
        code = "I" if entry.type == _UNSIGNED_RATIO else "i"
        parts = struct.unpack(f"{self.order}{len(entry.data) // 4}{code}", entry.data)
        pairs = list(zip(parts[::2], parts[1::2], strict=True))
        return tuple(top / bottom for top, bottom in pairs) if all(bottom for _, bottom in pairs) else ()


@dataclass(slots=True)
class Tiff:
    """A TIFF structure that starts at `base` of a seekable file; all its offsets count from there."""

    file: BinaryIO
    base: int
    order: str
    first: int
    size: int

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """A structure in memory, such as an EXIF block; raises TiffError."""
        return cls.from_file(BytesIO(data))

    @classmethod
    def from_file(cls, file: BinaryIO, base: int = 0) -> Self:
        """A structure in an open file; raises TiffError. The magic number is not checked: RAW formats vary it."""
        size = file.seek(0, SEEK_END) - base
        file.seek(base)
        head = file.read(8)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 8:  # noqa: PLR2004 - the size of a TIFF header
            raise TiffError("no byte order mark")
        return cls(file, base, order, int(struct.unpack(f"{order}I", head[4:])[0]), size)

    def first_directory(self) -> Directory:
        return self.directory(self.first)

    def directories(self) -> Iterator[Directory]:
        """The chain of main directories, at most sixteen; ends quietly where the chain breaks."""
        offset, seen = self.first, set[int]()
        while offset and offset not in seen and len(seen) < _MAX_DIRECTORIES:
            seen.add(offset)
            try:
                found = self.directory(offset)
            except TiffError:
                return
            yield found
            offset = found.next_offset

    def directory(self, offset: int) -> Directory:
        """The directory at `offset`; raises TiffError when it does not lie inside the file."""
        count = struct.unpack(f"{self.order}H", self._read(offset, 2))[0]
        if not 0 < count <= _MAX_ENTRIES:
            raise TiffError(f"a directory of {count} entries")
        available = min(count, max(0, (self.size - offset - 2) // _ENTRY_BYTES))
        table = self._read(offset + 2, available * _ENTRY_BYTES)
        entries: dict[int, Entry] = {}
        for at in range(0, len(table), _ENTRY_BYTES):
            self._add(entries, table[at : at + _ENTRY_BYTES], offset + 2 + at)
        end = offset + 2 + count * _ENTRY_BYTES
        following = self._read(end, 4) if end + 4 <= self.size else bytes(4)
        return Directory(self.order, entries, int(struct.unpack(f"{self.order}I", following)[0]))

    def sub_directory(self, parent: Directory, tag: int) -> Directory | None:
        """The directory a tag of `parent` points to; None when absent or broken."""
        offset = parent.integer(tag)
        if not offset:
            return None
        try:
            return self.directory(offset)
        except TiffError:
            return None

    def _add(self, entries: dict[int, Entry], row: bytes, at: int) -> None:
        tag, kind, count = struct.unpack(f"{self.order}HHI", row[:8])
        size = _SIZES.get(kind, 0) * count
        if size == 0 or size > _MAX_VALUE_BYTES or tag in entries:
            return
        offset = at + 8 if size <= 4 else struct.unpack(f"{self.order}I", row[8:])[0]  # noqa: PLR2004 - inline values
        if offset + size <= self.size:
            entries[tag] = Entry(kind, count, self._read(offset, size), offset)

    def _read(self, offset: int, size: int) -> bytes:
        if offset < 0 or offset + size > self.size:
            raise TiffError(f"{size} bytes at {offset} are outside of the file")
        self.file.seek(self.base + offset)
        data = self.file.read(size)
        if len(data) != size:
            raise TiffError("the file ends early")
        return data


def decode_text(data: bytes) -> str:
    """Bytes of unknown encoding as trimmed text: UTF-8 if valid, else latin-1; NULs and controls removed."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return "".join(c for c in text if c.isprintable() or c in "\n\t").strip()
