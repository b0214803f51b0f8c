"""Files inside files: a part of a file, and what was compressed, seekable and never longer than announced."""

from __future__ import annotations

import io
import threading
import zlib
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from timeline_local.importers.trees import DamagedArchive

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

RAW_DEFLATE, GZIP = -zlib.MAX_WBITS, zlib.MAX_WBITS | 16
CHUNK = 64 * 1024
MOST_MARKS = 1024  # of some 40 KB each


@dataclass(frozen=True, slots=True)
class _Mark:
    at: int
    packed_at: int
    inflater: Any  # zlib names no type for it


@dataclass
class Marks:
    """Places of a compressed stream that it can be read on from; further apart the longer it turns out to be."""

    spacing: int = 1024 * 1024
    _marks: list[_Mark] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def nearest(self, at: int) -> _Mark | None:
        """The last one that is not behind `at`."""
        with self._lock:
            place = bisect_right(self._marks, at, key=lambda mark: mark.at)
            return self._marks[place - 1] if place else None

    def offer(self, at: int, packed_at: int, inflater: Any) -> None:  # noqa: ANN401 - as said above
        """Remember this place if it is far enough from the others."""
        with self._lock:
            if at - (self._marks[-1].at if self._marks else 0) < self.spacing:
                return
            self._marks.append(_Mark(at, packed_at, inflater.copy()))
            if len(self._marks) > MOST_MARKS:
                self._marks = self._marks[1::2]
                self.spacing *= 2


class Changed(io.RawIOBase):
    """A file that is read as something else, once from its start. Closes the file."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._ready = b""

    def following(self) -> bytes:
        """What comes next, of any length; b"" at the end only."""
        raise NotImplementedError

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        self._ready = self._ready or self.following()
        data, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


class Inner(io.RawIOBase):
    """What all of them share: lazy seeking, the announced size, the checksum of what is read from start to end."""

    def __init__(self, file: BinaryIO, size: int | None, crc: int | None) -> None:
        super().__init__()
        self._file = file
        self._size = size
        self._crc = crc
        self._seen = 0  # bytes from the start on that were read in one go
        self._sum = 0
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END and self._size is None:
            raise io.UnsupportedOperation("its end is not known yet")
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size or 0}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        wanted = len(view) if self._size is None else max(min(len(view), self._size - self._at), 0)
        if not wanted:
            return 0
        data = self._read_at(self._at, wanted)
        if not data and self._size is not None:
            raise DamagedArchive("it ends before this file does")
        self._check(data)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _read_at(self, at: int, wanted: int) -> bytes:
        raise NotImplementedError

    def _check(self, data: bytes) -> None:
        if self._at != self._seen or self._crc is None:
            return
        self._sum = zlib.crc32(data, self._sum)
        self._seen += len(data)
        if self._seen == self._size:
            self._check_end()
            if self._sum != self._crc:
                raise DamagedArchive("its checksum is wrong")

    def _check_end(self) -> None:
        """All announced bytes are there."""


class Window(Inner):
    """`size` bytes of a file from `start` on. Closes the file."""

    def __init__(self, file: BinaryIO, start: int, size: int, *, crc: int | None = None) -> None:
        super().__init__(file, size, crc)
        self._start = start

    def _read_at(self, at: int, wanted: int) -> bytes:
        if self._file.tell() != self._start + at:
            self._file.seek(self._start + at)
        return self._file.read(wanted)


class Inflated(Inner):
    """What a deflated stream or a gzip file holds. Closes the file.

    size   None for gzip, whose size is known at its end only.   marks  shared by all who read the same here and there.
    """

    def __init__(
        self, file: BinaryIO, *, wbits: int, size: int | None, crc: int | None = None, marks: Marks | None = None
    ) -> None:
        super().__init__(file, size, crc)
        self._wbits = wbits
        self._marks = marks
        self._restart()

    @property
    def packed_at(self) -> int:
        """How many compressed bytes were taken in."""
        return self._packed_at - len(self._tail)

    @property
    def made(self) -> int:
        """How many bytes were inflated, from the start on."""
        return self._made

    def _restart(self, mark: _Mark | None = None) -> None:
        self._inflater = mark.inflater.copy() if mark else zlib.decompressobj(self._wbits)
        self._made = mark.at if mark else 0
        self._packed_at = mark.packed_at if mark else 0
        self._tail = b""
        self._file.seek(self._packed_at)

    def _read_at(self, at: int, wanted: int) -> bytes:
        mark = self._marks.nearest(at) if self._marks else None
        if at < self._made or (mark is not None and mark.at > self._made):
            self._restart(mark)
        while self._made < at:
            if not self._inflate(min(at - self._made, CHUNK)):
                return b""
        return self._inflate(wanted)

    def _inflate(self, wanted: int) -> bytes:
        """Some bytes more, at least one; none at the end."""
        try:
            data = self._next(wanted)
        except zlib.error as error:
            raise DamagedArchive("its compressed data is damaged") from error
        self._made += len(data)
        if self._marks is not None and data:
            self._marks.offer(self._made, self.packed_at, self._inflater)
        return data

    def _next(self, wanted: int) -> bytes:
        while True:
            if self._inflater.eof and not self._begin_member():
                return b""
            chunk = self._tail or self._take()
            data: bytes = self._inflater.decompress(chunk, wanted)
            self._tail = self._inflater.unused_data or self._inflater.unconsumed_tail
            if data:
                return data
            if not chunk and not self._inflater.eof:
                raise DamagedArchive("its compressed data ends too early")

    def _take(self) -> bytes:
        chunk = self._file.read(CHUNK)
        self._packed_at += len(chunk)
        return chunk

    def _begin_member(self) -> bool:
        """A gzip file may be several in a row, with zeros behind them."""
        if self._wbits != GZIP:
            return False
        self._tail = (self._tail or self._take()).lstrip(b"\x00")
        while not self._tail:
            chunk = self._take()
            if not chunk:
                return False
            self._tail = chunk.lstrip(b"\x00")
        self._inflater = zlib.decompressobj(self._wbits)
        return True

    def _check_end(self) -> None:
        if self._inflate(1):
            raise DamagedArchive("it is larger than its archive says")
