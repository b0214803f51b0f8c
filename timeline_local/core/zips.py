"""Writing zip files of any size in little memory, in pieces: what was finished before a kill is kept after it.

The standard library keeps every entry in memory and begins anew. Here the directory of the zip grows in a file of its
own beside it, so a writer is fully told by three numbers (`Marks`) and can go on from them at any time. Sizes are known
before an entry is written; ZIP64 records appear only where they are needed.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Self

from timeline_local.core.private_files import FILE_MODE

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR64 = struct.Struct("<4sIQI")
_LARGE, _MANY = 0xFFFFFFFF, 0xFFFF  # "see the ZIP64 record" where a number would stand
LIMIT, MOST = _LARGE, _MANY  # from here on
_MARGIN = 1 << 20  # deflating what does not compress makes it this much larger at most, up to some GiB
_UTF8 = 1 << 11
_STORED, _DEFLATED = 0, 8
_PLAIN, _ZIP64 = 20, 45
_UNIX = 3
_COPIED = 1 << 20


@dataclass(frozen=True, slots=True)
class Marks:
    """How far a zip is: bytes of it, bytes of its directory, entries."""

    bytes: int = 0
    directory: int = 0
    entries: int = 0


class Entry:
    """One entry while it is written; `crc` and the sizes are known at its end."""

    def __init__(self, file: IO[bytes], *, deflates: bool) -> None:
        self._file = file
        self._deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS) if deflates else None
        self.crc = self.size = self.packed = 0

    def write(self, chunk: bytes) -> None:
        self.crc = zlib.crc32(chunk, self.crc)
        self.size += len(chunk)
        self._put(self._deflater.compress(chunk) if self._deflater else chunk)

    def finish(self, *, most: int) -> None:
        if self.size > most:
            raise ValueError("more was written than was announced")
        if self._deflater:
            self._put(self._deflater.flush())

    def _put(self, packed: bytes) -> None:
        self.packed += len(packed)
        self._file.write(packed)


class ZipWriter:
    """A zip being written; a context manager. `marks` says how far it is once `sync` has returned."""

    def __init__(self, path: Path, directory: Path, marks: Marks) -> None:
        """Go on from these marks: whatever was written behind them is cut off. With Marks() begin a new zip."""
        self._file = _open(path, marks.bytes)
        self._directory = _open(directory, marks.directory)
        self._entries = marks.entries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._directory.close()

    @property
    def marks(self) -> Marks:
        return Marks(self._file.tell(), self._directory.tell(), self._entries)

    def sync(self) -> Marks:
        """Make everything so far durable; where to go on from."""
        for file in (self._file, self._directory):
            file.flush()
            os.fsync(file.fileno())
        return self.marks

    def add(self, name: str, content: bytes, *, at: datetime) -> None:
        """A small entry, compressed."""
        with self.entry(name, size=len(content), at=at, deflates=True) as entry:
            entry.write(content)

    @contextmanager
    def entry(self, name: str, *, size: int, at: datetime, deflates: bool) -> Iterator[Entry]:
        """An entry to write to. size: bytes that are to come; at most as many may be written. at: shown as its date.

        An entry that raises leaves nothing: the zip goes on where it began.
        """
        offset, encoded = self._file.tell(), name.encode()
        is_large = size > LIMIT - _MARGIN
        head = (encoded, _STORED if not deflates else _DEFLATED, *_dos_time(at))
        self._file.write(_local(head, is_large=is_large))
        entry = Entry(self._file, deflates=deflates)
        try:
            yield entry
            entry.finish(most=size)
        except BaseException:
            self._file.seek(offset)
            self._file.truncate()
            raise
        end = self._file.tell()
        self._file.seek(offset)
        self._file.write(_local(head, is_large=is_large, entry=entry))
        self._file.seek(end)
        self._directory.write(_central(head, entry, offset))
        self._entries += 1

    def close_zip(self) -> int:
        """Write the directory behind the entries, which makes it a zip; its size in bytes. Nothing can follow."""
        start, length = self._file.tell(), self._directory.tell()
        self._directory.seek(0)
        while chunk := self._directory.read(_COPIED):
            self._file.write(chunk)
        many, far = self._entries >= MOST, max(start, length) >= LIMIT
        if many or far:
            end64 = self._file.tell()
            count = self._entries
            self._file.write(_END64.pack(b"PK\6\6", 44, _ZIP64, _ZIP64, 0, 0, count, count, length, start))
            self._file.write(_LOCATOR64.pack(b"PK\6\7", 0, end64, 1))
        count = _MANY if many else self._entries
        sizes = (_LARGE, _LARGE) if far else (length, start)
        self._file.write(_END.pack(b"PK\5\6", 0, 0, count, count, *sizes, 0))
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()


_Head = tuple[bytes, int, int, int]


def _open(path: Path, length: int) -> IO[bytes]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), FILE_MODE)
    file = os.fdopen(descriptor, "r+b")
    file.truncate(length)
    file.seek(length)
    return file


def _local(head: _Head, *, is_large: bool, entry: Entry | None = None) -> bytes:
    name, method, time, date = head
    crc, packed, size = (0, 0, 0) if entry is None else (entry.crc, entry.packed, entry.size)
    extra = struct.pack("<HHQQ", 1, 16, size, packed) if is_large else b""
    shown = (_LARGE, _LARGE) if is_large else (packed, size)
    needed = _ZIP64 if is_large else _PLAIN
    fixed = _LOCAL.pack(b"PK\3\4", needed, _UTF8, method, time, date, crc, *shown, len(name), len(extra))
    return fixed + name + extra


def _central(head: _Head, entry: Entry, offset: int) -> bytes:
    name, method, time, date = head
    values = (entry.size, entry.packed, offset)
    large = [value for value in values if value >= LIMIT]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    size, packed, place = (_LARGE if value >= LIMIT else value for value in values)
    needed = _ZIP64 if large else _PLAIN
    made_by, mode = _UNIX << 8 | needed, (0o100000 | FILE_MODE) << 16
    sizes = (entry.crc, packed, size, len(name), len(extra), 0, 0, 0, mode, place)
    return _CENTRAL.pack(b"PK\1\2", made_by, needed, _UTF8, method, time, date, *sizes) + name + extra


def _dos_time(at: datetime) -> tuple[int, int]:
    """Time and date as a zip has them: from 1980 to 2107, in steps of two seconds."""
    year = min(max(at.year, 1980), 2107)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (year - 1980) << 9 | at.month << 5 | at.day
