"""A zip whose end is missing, and with it its table of contents: what was downloaded of it, entry by entry.

Each entry says in front of its bytes what it is. Where sizes stand behind them instead, they are found by reading, so
opening such a zip may take as long as reading it. Only entries that are whole are given.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from timeline_local.domain.stretches import ZIP_HEADER
from timeline_local.importers.packed import bomb
from timeline_local.importers.streams import CHUNK, RAW_DEFLATE
from timeline_local.importers.trees import Limits, RefusedArchive, as_text

MOST_TRIED = 10_000  # places that look like the end of an entry and are none
_LATER, _ENCRYPTED, _STORED, _DEFLATED = 0x8, 0x1, 0, 8
_LARGE = 0xFFFFFFFF
_ZIP64 = 0x0001
_CONTENTS = (b"PK\1\2", b"PK\5\6", b"PK\6\6")  # what stands behind the last entry
_MARK = b"PK\7\x08"  # that sizes behind an entry may begin with
_SIZES, _SIZES64 = struct.Struct("<III"), struct.Struct("<IQQ")


@dataclass(frozen=True, slots=True)
class Found:
    """An entry as it is told in front of it, with its sizes as they are. start: of what is told."""

    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    start: int
    name: bytes
    extra: bytes


@dataclass(frozen=True, slots=True)
class _Measured:
    crc: int
    packed: int
    size: int
    behind: int  # bytes that tell these


@dataclass(slots=True)
class Walk:
    """One walk from the start of a zip. Once it is over: cut, the name of the entry it did not get behind, "" where the
    file ends between two; has_contents, whether it came to a table of contents.
    """

    file: BinaryIO
    size: int
    limits: Limits
    cut: str = ""
    has_contents: bool = False
    _unpacked: int = 0

    def entries(self) -> Iterator[Found]:
        """The whole entries in the order of the file. Raises RefusedArchive, OSError."""
        at = 0
        while True:
            self.file.seek(at)
            head = self.file.read(ZIP_HEADER.size)
            self.has_contents = head.startswith(_CONTENTS)
            if len(head) < ZIP_HEADER.size or not head.startswith(b"PK\3\4"):
                return
            _, _, flags, method, time, date, crc, packed, size, names, extras = ZIP_HEADER.unpack(head)
            name, extra = self.file.read(names), self.file.read(extras)
            data_at = at + ZIP_HEADER.size + names + extras
            self.cut = as_text(name.decode("utf-8", "surrogateescape"))
            told = _Measured(crc, *_large(extra, packed, size), 0)
            if flags & _LATER and not told.packed:
                measured = None if flags & _ENCRYPTED else self._measured(method, data_at)
                if measured is None:
                    return
                told = measured
            elif flags & _LATER:
                told = self._with_what_is_behind(told, data_at + told.packed)
            end = data_at + told.packed + told.behind
            if end > self.size:
                return
            self.cut = ""
            yield Found(flags, method, time, date, told.crc, told.packed, told.size, at, name, extra)
            at = end

    def _measured(self, method: int, start: int) -> _Measured | None:
        """What an entry is by its bytes; None where they end, or are no such entry's."""
        if method == _DEFLATED:
            return self._unpack(start)
        return self._search(start) if method == _STORED else None

    def _search(self, start: int) -> _Measured | None:
        """Bytes stored as they are end where their own sum and size are told behind them."""
        crc, at, data = 0, start, b""
        for _ in range(MOST_TRIED):
            while (end := data.find(_MARK)) < 0:
                sure = max(len(data) - len(_MARK) + 1, 0)
                crc, at, data = zlib.crc32(data[:sure], crc), at + sure, data[sure:]
                self.file.seek(at + len(data))
                chunk = self.file.read(CHUNK)
                if not chunk:
                    return None
                data += chunk
            crc, at, data = zlib.crc32(data[:end], crc), at + end, data[end:]
            behind = self._told_behind(at, crc, at - start, at - start)
            if behind is not None:
                return _Measured(crc, at - start, at - start, behind)
            crc, at, data = zlib.crc32(data[:1], crc), at + 1, data[1:]
        return None

    def _unpack(self, start: int) -> _Measured | None:
        inflater = zlib.decompressobj(RAW_DEFLATE)
        crc, size, packed = 0, 0, 0
        self.file.seek(start)
        chunk = b""
        while not inflater.eof:
            chunk = inflater.unconsumed_tail or self.file.read(CHUNK)
            packed += 0 if inflater.unconsumed_tail else len(chunk)
            try:
                data = inflater.decompress(chunk, CHUNK)
            except zlib.error:
                return None
            if not chunk and not data:
                return None
            crc, size = zlib.crc32(data, crc), size + len(data)
            self._spend(len(data))
        packed -= len(inflater.unused_data)
        behind = self._told_behind(start + packed, crc, packed, size)
        return None if behind is None else _Measured(crc, packed, size, behind)

    def _spend(self, count: int) -> None:
        self._unpacked += count
        is_much = self._unpacked > self.limits.small_bytes
        if self._unpacked > self.limits.total_bytes or (is_much and self._unpacked > self.limits.ratio * self.size):
            raise RefusedArchive("archive-bomb", bomb(self._unpacked, self.size))

    def _told_behind(self, at: int, crc: int, packed: int, size: int) -> int | None:
        """How many bytes tell these numbers there; None where others are told."""
        self.file.seek(at)
        data = self.file.read(len(_MARK) + _SIZES64.size)
        mark = len(_MARK) if data.startswith(_MARK) else 0
        for form in (_SIZES64, _SIZES):
            told = data[mark : mark + form.size]
            if len(told) == form.size and form.unpack(told) == (crc, packed, size):
                return mark + form.size
        return None

    def _with_what_is_behind(self, told: _Measured, at: int) -> _Measured:
        """An entry that tells its sizes in front and perhaps again behind."""
        behind = self._told_behind(at, told.crc, told.packed, told.size)
        return _Measured(told.crc, told.packed, told.size, behind or 0)


def _large(extra: bytes, packed: int, size: int) -> tuple[int, int]:
    """Both sizes, those of more than 32 bits out of what stands beside the name."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        data = extra[at + 4 : at + 4 + length]
        if kind == _ZIP64 and len(data) >= 16 and _LARGE in (packed, size):  # noqa: PLR2004 - two numbers of 8 bytes
            real_size, real_packed = struct.unpack_from("<QQ", data)
            return (real_packed if packed == _LARGE else packed), (real_size if size == _LARGE else size)
        at += 4 + length
    return packed, size
