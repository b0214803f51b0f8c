"""The pages of a SQLite database, with those of the write-ahead log beside it, as the file format describes them.

Databases of others are read without SQLite: no statement, view or trigger of the file is ever run, it may lie in an
archive, and what is broken or made to harm costs at most one look at each page. Nothing is written.
Format: https://www.sqlite.org/fileformat2.html
"""

from __future__ import annotations

import errno
import struct
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Self

from timeline_local.importers.streams import Inner

MAGIC = b"SQLite format 3\x00"
HEADER_BYTES = 100  # of the first page, before its rows
LEAST_PAGE, MOST_PAGE = 512, 65536
LEAST_USABLE = 480
MAX_WAL_BYTES = 1024**3  # its checksums take some 30 s then (2026-11); SQLite itself keeps it at 4 MB

_ENCODINGS = {0: "utf-8", 1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}  # 0: nothing was ever written
_WAL_MAGIC, _WAL_HEADER, _FRAME_HEADER = 0x377F0682, 32, 24  # the magic's last bit: in which order its sums count bytes


class DamagedDatabase(OSError):
    """Bytes that no database has there; what was given out before is right."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EIO, why)


@dataclass(frozen=True, slots=True)
class Wal:
    """Which pages are newer in the log than in the database: their places there, as of the last finished write.

    pages  how many the database has by then; 0 where the log says nothing.
    """

    places: Mapping[int, int] = field(default_factory=dict)
    pages: int = 0

    @classmethod
    def of(cls, file: BinaryIO, page_size: int) -> Wal:
        """What a log holds. What was not written to its end is passed over, as SQLite does. Raises OSError."""
        head = file.read(_WAL_HEADER)
        if len(head) < _WAL_HEADER:
            return cls()
        magic, _, size = struct.unpack_from(">III", head)
        if magic & ~1 != _WAL_MAGIC or size != page_size:
            return cls()
        order = ">" if magic & 1 else "<"
        sums = _sums(head[:24], order, (0, 0))
        if sums != struct.unpack_from(">II", head, 24):
            return cls()
        return cls._frames(file, page_size, order, sums, salt=head[16:24])

    @classmethod
    def _frames(cls, file: BinaryIO, page_size: int, order: str, sums: tuple[int, int], *, salt: bytes) -> Wal:
        found, begun = dict[int, int](), dict[int, int]()
        pages, at = 0, _WAL_HEADER
        while at < MAX_WAL_BYTES:
            head, page = file.read(_FRAME_HEADER), file.read(page_size)
            if len(page) < page_size or head[8:16] != salt:
                break
            sums = _sums(page, order, _sums(head[:8], order, sums))
            if sums != struct.unpack_from(">II", head, 16):
                break
            number, committed = struct.unpack_from(">II", head)
            begun[number] = at + _FRAME_HEADER
            at += _FRAME_HEADER + page_size
            if committed:
                found.update(begun)
                begun.clear()
                pages = committed
        return cls(found, pages)


def _sums(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for one in words:
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + next(words) + first) & 0xFFFFFFFF
    return first, second


class Pages:
    """The pages of one database by their numbers, from 1. Closes its files."""

    def __init__(self, file: BinaryIO, log: BinaryIO | None = None, wal: Wal | None = None) -> None:
        """wal: what the log holds, where that is known. Raises DamagedDatabase for what is no database, OSError."""
        self.file, self._log = file, log
        try:
            self._open(wal)
        except OSError:
            self.close()
            raise

    def _open(self, wal: Wal | None) -> None:
        head = self.file.read(HEADER_BYTES)
        if len(head) < HEADER_BYTES or not head.startswith(MAGIC):
            raise DamagedDatabase("it is no database of SQLite")
        size = int.from_bytes(head[16:18], "big")
        self.size = MOST_PAGE if size == 1 else size
        self.usable = self.size - head[20]
        is_power = self.size & (self.size - 1) == 0
        if not is_power or not LEAST_PAGE <= self.size <= MOST_PAGE or self.usable < LEAST_USABLE:
            raise DamagedDatabase("its pages have no size that pages have")
        self.wal = wal or (Wal.of(self._log, self.size) if self._log is not None else Wal())
        self.count = max(self.file.seek(0, 2) // self.size, self.wal.pages)
        # The log may have the first page with what was decided after the file was made.
        self.encoding = _ENCODINGS.get(int.from_bytes(self.read(1, at=56, size=4), "big"), "utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.file.close()
        if self._log is not None:
            self._log.close()

    def read(self, number: int, *, at: int = 0, size: int = 0) -> bytes:
        """Bytes of a page, all of it where no size is said. Raises DamagedDatabase, OSError."""
        if not 0 < number <= self.count:
            raise DamagedDatabase("it names a page that it does not have")
        wanted = size or self.size - at
        place = self.wal.places.get(number)
        if place is not None and self._log is not None:
            self._log.seek(place + at)
            data = self._log.read(wanted)
        else:
            self.file.seek((number - 1) * self.size + at)
            data = self.file.read(wanted)
        if len(data) < wanted:
            raise DamagedDatabase("it ends before its last page")
        return data


class Payload:
    """What one row holds: bytes in its page, and from there on in a chain of pages of their own.

    taken  pages of the chain that were looked at so far.
    """

    def __init__(self, pages: Pages, local: bytes, size: int, first: int) -> None:
        self.size = size
        self._pages = pages
        self._local = local
        self._chain = array("I", [first] if first else [])

    @classmethod
    def at(cls, pages: Pages, page: bytes, at: int) -> tuple[Payload, int]:
        """The payload of the row that begins at this byte of a page, and the row's number. Raises DamagedDatabase."""
        size, at = varint(page, at)
        number, at = varint(page, at)
        here = _local_bytes(size, pages.usable)
        is_cut = here < size
        if size > pages.count * pages.size or at + here + 4 * is_cut > len(page):
            raise DamagedDatabase("one of its rows is longer than there are pages")
        first = int.from_bytes(page[at + here : at + here + 4], "big") if is_cut else 0
        return cls(pages, page[at : at + here], size, first), signed(number)

    @property
    def here(self) -> int:
        """Bytes of it in the page of its row."""
        return len(self._local)

    @property
    def taken(self) -> int:
        return len(self._chain)

    def read(self, at: int, size: int) -> bytes:
        """Bytes of it; fewer at its end. Raises DamagedDatabase, OSError."""
        if at + size <= len(self._local):  # most are numbers
            return self._local[at : at + size]
        return b"".join(self._pieces(at, min(at + size, self.size)))

    def _pieces(self, at: int, end: int) -> Iterator[bytes]:
        if at < min(end, len(self._local)):
            yield self._local[at:end]
            at = min(end, len(self._local))
        room = self._pages.usable - 4
        while at < end:
            index, inside = divmod(at - len(self._local), room)
            wanted = min(end - at, room - inside)
            yield self._pages.read(self._page(index), at=4 + inside, size=wanted)
            at += wanted

    def _page(self, index: int) -> int:
        """The number of a page of the chain; each names the next one."""
        while len(self._chain) <= index:
            if not self._chain or len(self._chain) > self._pages.count:
                raise DamagedDatabase("one of its rows goes in circles")
            self._chain.append(int.from_bytes(self._pages.read(self._chain[-1], size=4), "big"))
        return self._chain[index]


def _local_bytes(size: int, usable: int) -> int:
    """How much of a row's payload lies in its own page."""
    most = usable - 35
    if size <= most:
        return size
    least = (usable - 12) * 32 // 255 - 23
    fitting = least + (size - least) % (usable - 4)
    return fitting if fitting <= most else least


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends. Raises DamagedDatabase."""
    value = 0
    for place, byte in enumerate(data[at : at + 9], at):
        if place == at + 8:
            return value << 8 | byte, place + 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            return value, place + 1
    raise DamagedDatabase("one of its pages ends in a number")


def signed(value: int) -> int:
    """A number of 64 bits as rows have it."""
    return value - 2**64 if value >= 2**63 else value


class ValueFile(Inner):
    """One value of a row as a file. Closes the files of the database.

    place  where the row begins, counted in pages of the database's size.   skipped  bytes of the row before the value.
    """

    def __init__(self, pages: Pages, place: int, skipped: int, size: int) -> None:
        super().__init__(pages.file, size, None)
        self._pages = pages
        self._skipped = skipped
        number, at = divmod(place, pages.size)
        try:
            self._payload, _ = Payload.at(pages, pages.read(number + 1), at)
            if skipped + size > self._payload.size:
                raise DamagedDatabase("its rows are no longer what they were")
        except OSError:
            pages.close()
            raise

    def _read_at(self, at: int, wanted: int) -> bytes:
        return self._payload.read(self._skipped + at, wanted)

    def close(self) -> None:
        super().close()
        self._pages.close()
