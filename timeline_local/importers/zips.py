"""Zip files, read in place. Nothing of what they say is believed before it is checked.

The standard library's reader is not used: it takes five times the memory for a large directory, follows entries whose
bodies overlap, and trusts announced sizes.
"""

from __future__ import annotations

import io
import stat
import struct
import zlib
from array import array
from calendar import timegm
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from timeline_local.domain.parts import Part
from timeline_local.domain.stretches import ZIP_HEADER, Packing, Stretch
from timeline_local.importers.packed import TOO_MANY, Packed, Place, UnsafeName, bomb, safe_locator
from timeline_local.importers.streams import RAW_DEFLATE, Inflated, Marks, Window
from timeline_local.importers.trees import (
    DamagedArchive,
    Entries,
    File,
    Limits,
    NotOnDisk,
    Opener,
    RefusedArchive,
    as_text,
)
from timeline_local.importers.zip_walks import Walk

BUFFER = 256 * 1024
MAX_DIRECTORY = 512 * 1024 * 1024
ENTRIES_PER_FILE = 2  # folders have entries, too
_STORED, _DEFLATED, _AES = 0, 8, 99
_END, _END64, _LOCATOR64 = struct.Struct("<4s4H2IH"), struct.Struct("<4sQ2H2I4Q"), struct.Struct("<4sIQI")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_TAIL = 0xFFFF + _END.size + 64 * 1024  # the longest comment, and some bytes that a download left behind it
_LARGE, _MANY = 0xFFFFFFFF, 0xFFFF
_ENCRYPTED, _UTF8, _MASKED = 0x1, 0x800, 0x2000
_ZIP64_EXTRA, _TIMES_EXTRA, _NAME_EXTRA = 0x0001, 0x5455, 0x7075
_UNIX, _DOS_FOLDER = 3, 0x10
_MOST_PER_BYTE = 1032  # what deflate makes of one byte at best
_YEAR_1981 = 347_155_200

_NOT_A_ZIP = "This is no zip file, or its end is missing: it was not downloaded completely. Download it again."
_CUT = (
    "The end of this archive is missing: it was not downloaded completely. What came before is here. Download it again "
    "and import that, which adds what is missing."
)
_CUT_HERE = "The archive ends in this file. Download it again."
_DAMAGED = "Its table of contents is damaged: it may not have been downloaded completely. Download it again."
_OVERLAPPING = "Its files overlap each other, which no real archive does; it was not read."


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where the table of contents lies, and how far all places are from where they say they are.

    entries  as many as it says to have.
    """

    start: int
    size: int
    shift: int
    entries: int


class ZipTree:
    """A zip as a tree."""

    def __init__(self, opener: Opener, size: int, limits: Limits, *, whole: Callable[[], Stretch]) -> None:
        """Read its table of contents, or what there is without one. whole: where the zip itself stands.

        Raises RefusedArchive, OSError.
        """
        self._opener = opener
        self._find_whole = whole
        with opener() as file:
            self._directory, self._index = _read(file, size, limits)
        self.problems = self._index.problems
        self.total_bytes = self._index.total_bytes

    def __len__(self) -> int:
        return len(self._index)

    def names(self) -> Iterator[str]:
        """The names of all files, without their folders."""
        return self._index.names()

    def entries(self, locator: str) -> Entries:
        return self._index.entries(locator)

    def find(self, locator: str) -> File:
        return self._index.find(locator)

    def open(self, locator: str) -> BinaryIO:
        return self._open(locator, None)

    def opener(self, locator: str) -> Opener:
        return partial(self._open, locator, Marks())

    def place(self, locator: str) -> Path:
        raise NotOnDisk(locator)

    def stretch(self, locator: str) -> Stretch:
        place, whole = self._index.place(locator), self._whole
        if whole is None:
            raise NotOnDisk(locator)
        packing = Packing(
            header=whole.start + place.start + self._directory.shift,
            packed=place.packed,
            end=whole.start + self._directory.start,
            size=place.size,
            is_deflated=place.method == _DEFLATED,
            crc=place.crc,
        )
        return Stretch(str(whole.path), packing)

    def checksum(self, locator: str) -> int:
        return self._index.place(locator).crc or 0

    @cached_property
    def _whole(self) -> Part | None:
        """Asked for once: an archive stays as it was when it was opened. None where it is compressed itself."""
        try:
            return self._find_whole().part()
        except ValueError:
            return None

    def _open(self, locator: str, marks: Marks | None) -> BinaryIO:
        place = self._index.place(locator)
        file = self._opener()
        try:
            start = self._data_start(file, place)
        except BaseException:
            file.close()
            raise
        if place.method == _STORED:
            return io.BufferedReader(Window(file, start, place.size, crc=place.crc), BUFFER)
        packed = io.BufferedReader(Window(file, start, place.packed))
        raw = Inflated(packed, wbits=RAW_DEFLATE, size=place.size, crc=place.crc, marks=marks)
        return io.BufferedReader(raw, BUFFER)

    def _data_start(self, file: BinaryIO, place: Place) -> int:
        at = place.start + self._directory.shift
        file.seek(at)
        head = file.read(ZIP_HEADER.size)
        if len(head) < ZIP_HEADER.size or not head.startswith(b"PK\3\4"):
            raise DamagedArchive("the archive is damaged here")
        *_, name, extra = ZIP_HEADER.unpack(head)
        start = at + ZIP_HEADER.size + int(name) + int(extra)
        if start + place.packed > self._directory.start:
            raise DamagedArchive("the archive is damaged here")
        return start


# --- where the table of contents lies --------------------------------------------------


def _read(file: BinaryIO, size: int, limits: Limits) -> tuple[_Directory, Packed]:
    """What the zip holds; of one whose end is missing what came before. Raises RefusedArchive, OSError."""
    found = _find_directory(file, size)
    # A zip that begins here but has its table elsewhere was cut off in an inner one, whose table that is.
    if found is None or (found.shift and _begins(file)):
        nothing = _Directory(size, 0, 0, 0)
        walk = Walk(file, size, limits)
        index = _Reading(nothing, size, limits).cut_off(walk)
        if len(index) and (found is None or not walk.has_contents):
            return nothing, index
    if found is None:
        raise RefusedArchive("archive-damaged", _NOT_A_ZIP)
    return found, _Reading(found, size, limits).index(file)


def _begins(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(4) == b"PK\3\4"


def _find_directory(file: BinaryIO, size: int) -> _Directory | None:
    """The table of contents; None where the end that names it is missing. Raises RefusedArchive, OSError."""
    tail_at = max(size - _TAIL, 0)
    file.seek(tail_at)
    tail = file.read(_TAIL)
    at = tail.rfind(b"PK\5\6")
    while at >= 0:
        if len(tail) - at >= _END.size:
            found = _directory_of(file, tail_at + at, _END.unpack_from(tail, at))
            if found is not None:
                return found
        at = tail.rfind(b"PK\5\6", 0, at)
    return None


def _directory_of(
    file: BinaryIO, end_at: int, end: tuple[bytes, int, int, int, int, int, int, int]
) -> _Directory | None:
    """The directory that this end record names, if it is there."""
    _, disk, first_disk, _, entries, size, offset, _ = end
    found: _Directory | None = None
    if _MANY in (disk, entries) or _LARGE in (size, offset):
        found = _directory64(file, end_at)
    if found is None:
        if disk or first_disk:
            detail = "It is one part of a zip that was cut into several. Join the parts, or unpack them, and try again."
            raise RefusedArchive("archive-in-parts", detail)
        found = _Directory(end_at - size, size, end_at - size - offset, entries)
    if found.start < 0 or found.shift < 0:
        return None
    file.seek(found.start)
    is_there = file.read(4) == b"PK\1\2" if found.size else not entries
    return found if is_there else None


def _directory64(file: BinaryIO, end_at: int) -> _Directory | None:
    locator_at = end_at - _LOCATOR64.size
    if locator_at < 0:
        return None
    file.seek(locator_at)
    signature, _, offset, _ = _LOCATOR64.unpack(file.read(_LOCATOR64.size))
    if signature != b"PK\6\7":
        return None
    # The record stands before its locator, whatever was put before the zip: at the place named, or right there.
    for at in (offset, locator_at - _END64.size):
        if not 0 <= at <= locator_at - _END64.size:
            continue
        file.seek(at)
        record = _END64.unpack(file.read(_END64.size))
        if record[0] == b"PK\6\6":
            size, start = record[8], record[9]
            return _Directory(at - size, size, at - size - start, record[7])
    return None


# --- what it says ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the directory as it stands there, sizes with ZIP64 resolved."""

    name: str
    system: int
    flags: int
    method: int
    mtime_ns: int
    attributes: int
    place: Place

    @property
    def is_folder(self) -> bool:
        return self.name.endswith(("/", "\\")) or bool(self.attributes & _DOS_FOLDER and not self.place.size)

    @property
    def kind(self) -> int:
        """The Unix file type, 0 where the archive does not tell."""
        return stat.S_IFMT(self.attributes >> 16) if self.system == _UNIX else 0


class _Reading:
    """One pass over a directory."""

    def __init__(self, directory: _Directory, size: int, limits: Limits) -> None:
        self._directory = directory
        self._size = size
        self._limits = limits
        self._index = Packed(most=limits.entries, has_crc=True)
        self._starts = array("Q")
        self._ends = array("Q")
        self._encrypted = 0

    def index(self, file: BinaryIO) -> Packed:
        if self._directory.size > MAX_DIRECTORY or self._directory.entries > self._limits.entries * ENTRIES_PER_FILE:
            raise RefusedArchive("too-many-files", TOO_MANY)
        file.seek(self._directory.start)
        left, count = self._directory.size, 0
        while left > 0:
            head = file.read(_CENTRAL.size)
            if len(head) < _CENTRAL.size or not head.startswith(b"PK\1\2"):
                raise RefusedArchive("archive-damaged", _DAMAGED)
            fields = _CENTRAL.unpack(head)
            names, extras, comments = fields[10], fields[11], fields[12]
            rest = file.read(names + extras + comments)
            if len(rest) < names + extras + comments:
                raise RefusedArchive("archive-damaged", _DAMAGED)
            left -= _CENTRAL.size + len(rest)
            count += 1
            if count > self._limits.entries * ENTRIES_PER_FILE:
                raise RefusedArchive("too-many-files", TOO_MANY)
            self._take(fields, rest[:names], rest[names : names + extras])
        self._check_whole()
        self._index.finish()
        return self._index

    def cut_off(self, walk: Walk) -> Packed:
        """The index of a zip without its end."""
        self._index.tell("", "archive-cut", _CUT)
        for count, each in enumerate(walk.entries(), 1):
            if count > self._limits.entries * ENTRIES_PER_FILE:
                raise RefusedArchive("too-many-files", TOO_MANY)
            sizes = (each.crc, each.packed, each.size, len(each.name), len(each.extra), 0, 0, 0, 0, each.start)
            self._take((0, 0, 0, each.flags, each.method, each.time, each.date, *sizes), each.name, each.extra)
        if walk.cut:
            self._index.tell(walk.cut, "archive-damaged", _CUT_HERE)
        self._check_whole()
        self._index.finish()
        return self._index

    def _take(self, fields: tuple[int, ...], name: bytes, extra: bytes) -> None:
        entry = _entry(fields, name, extra)
        if entry is None:
            self._index.tell(as_text(name.decode("utf-8", "surrogateescape")), "archive-damaged", _DAMAGED)
            return
        if entry.is_folder:
            return
        wrong = self._wrong(entry)
        if wrong is not None:
            self._index.tell(entry.name, *wrong)
            return
        try:
            self._index.add(safe_locator(entry.name), entry.place, entry.mtime_ns)
        except UnsafeName as error:
            self._index.tell(entry.name.replace("\x00", "\N{SYMBOL FOR NULL}"), "unsafe-name", str(error))
        self._starts.append(entry.place.start)
        self._ends.append(entry.place.start + ZIP_HEADER.size + len(name) + entry.place.packed)

    def _wrong(self, entry: _Entry) -> tuple[str, str] | None:
        """Why an entry is not read: a slug and a sentence."""
        place = entry.place
        if entry.kind == stat.S_IFLNK:
            return "link", "Links are not followed."
        if entry.kind not in (0, stat.S_IFREG):
            return "not-a-file", "It is no file but a device or the like."
        if entry.flags & (_ENCRYPTED | _MASKED) or entry.method == _AES:
            self._encrypted += 1
            return "encrypted", "It is encrypted. Unpack the archive with its password, then import the folder."
        if entry.method not in (_STORED, _DEFLATED):
            return "unsupported-compression", "It is compressed in a way that is not read here. Unpack the archive."
        most = place.packed if entry.method == _STORED else place.packed * _MOST_PER_BYTE + _MOST_PER_BYTE
        is_cut = entry.method == _STORED and place.size != place.packed
        if place.size > most or place.packed > self._size or is_cut:
            return "archive-damaged", "It is not as large as the archive says."
        return None

    def _check_whole(self) -> None:
        if self._encrypted and not len(self._index):
            detail = "It is encrypted. Unpack it with its password, then import the folder."
            raise RefusedArchive("encrypted", detail)
        total = self._index.total_bytes
        if total > self._limits.total_bytes or (
            total > self._limits.small_bytes and total > self._limits.ratio * self._size
        ):
            raise RefusedArchive("archive-bomb", bomb(total, self._size))
        order: Sequence[int] = range(len(self._starts))
        if any(after < before for before, after in pairwise(self._starts)):
            order = sorted(order, key=self._starts.__getitem__)
        if any(self._starts[after] < self._ends[before] for before, after in pairwise(order)):
            raise RefusedArchive("archive-overlapping", _OVERLAPPING)


def _entry(fields: tuple[int, ...], name: bytes, extra: bytes) -> _Entry | None:
    """The entry, or None where its ZIP64 sizes are missing."""
    _, made_by, _, flags, method, time, date, crc, packed, size, _, _, _, _, _, attributes, start = fields
    extras = _extras(extra) if extra else {}
    if _LARGE in (packed, size, start):
        large = _zip64(extras.get(_ZIP64_EXTRA, b""), (size, packed, start))
        if large is None:
            return None
        size, packed, start = large
    return _Entry(
        name=_name(name, flags, extras),
        system=made_by >> 8,
        flags=flags,
        method=method,
        mtime_ns=_mtime_ns(time, date, extras.get(_TIMES_EXTRA, b"")),
        attributes=attributes,
        place=Place(start, packed, size, method & 0xFF, crc),
    )


def _extras(extra: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        found.setdefault(kind, extra[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def _zip64(data: bytes, values: tuple[int, int, int]) -> tuple[int, int, int] | None:
    wanted = sum(value == _LARGE for value in values)
    if len(data) < 8 * wanted:
        return None
    large = iter(struct.unpack_from(f"<{wanted}Q", data))
    size, packed, start = (next(large) if value == _LARGE else value for value in values)
    return size, packed, start


def _name(name: bytes, flags: int, extras: dict[int, bytes]) -> str:
    """As UTF-8 where it says so or is so (Macs do not say), else in the old code page of DOS."""
    if name.isascii():
        return name.decode("ascii")
    unicode_name = extras.get(_NAME_EXTRA, b"")
    if len(unicode_name) > 5 and int.from_bytes(unicode_name[1:5], "little") == zlib.crc32(name):  # noqa: PLR2004
        return as_text(unicode_name[5:].decode("utf-8", "surrogateescape"))
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return as_text(name.decode("utf-8", "surrogateescape")) if flags & _UTF8 else name.decode("cp437")


def _mtime_ns(time: int, date: int, times: bytes) -> int:
    """In UTC where the archive tells it, else its wall clock taken for UTC; 0, unknown, before 1981."""
    if len(times) >= 5 and times[0] & 1:  # noqa: PLR2004 - flags and four bytes
        seconds = int.from_bytes(times[1:5], "little", signed=True)
    else:
        day, month, year = date & 0x1F, date >> 5 & 0xF, (date >> 9) + 1980
        clock = (time >> 11, time >> 5 & 0x3F, (time & 0x1F) * 2)
        seconds = timegm((year, min(max(month, 1), 12), max(day, 1), *clock, 0, 0, 0))
    return seconds * 1_000_000_000 if seconds >= _YEAR_1981 else 0
