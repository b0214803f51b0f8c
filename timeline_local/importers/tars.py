"""Tar files, plain or gzipped, read in place: one pass over them makes the index, and places to go on from.

A gzip file can only be read from its start. While the index is made, the state of the decompressor is kept every
megabyte or so; a file in the middle is then read from the nearest of these places on.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from timeline_local.domain.stretches import Stretch
from timeline_local.importers.packed import TOO_MANY, Packed, Place, UnsafeName, bomb, safe_locator
from timeline_local.importers.streams import GZIP, Inflated, Marks, Window
from timeline_local.importers.trees import (
    DamagedArchive,
    Entries,
    File,
    Limits,
    NotOnDisk,
    Opener,
    RefusedArchive,
    as_text,
    crc_of,
    why,
)

BUFFER = 256 * 1024
BLOCK = 512
MAX_EXTENDED = 1024 * 1024  # bytes of one entry's long name or attributes
RECORDS_PER_FILE = 4  # long names, attributes and folders besides the files
_FILES, _FOLDER = b"0\x007", b"5"
_HARD_LINK, _SYMBOLIC_LINK = b"1", b"2"
_LONG_NAME, _LONG_LINK, _EXTENDED, _GLOBAL = b"L", b"K", b"x", b"g"
_MARK = slice(257, 262)
_DIGITS = 8
_NOT_A_TAR = "This is no tar file, or it is damaged from its start on. Download it again."
_CUT_OFF = "It ends in the middle ({why}): it was not downloaded completely. What comes before is read."


class TarTree:
    """A tar as a tree."""

    def __init__(self, opener: Opener, size: int, limits: Limits) -> None:
        """Read it through once. Raises RefusedArchive, OSError."""
        with opener() as file:
            is_gzip = file.read(2) == b"\x1f\x8b"
        self._opener: Opener = partial(_gunzipped, opener, Marks()) if is_gzip else opener
        with self._opener() as file:
            self._index = _Reading(size, limits).index(file)
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
        place = self._index.place(locator)
        return io.BufferedReader(Window(self._opener(), place.start, place.size), BUFFER)

    def opener(self, locator: str) -> Opener:
        return partial(self.open, locator)

    def place(self, locator: str) -> Path:
        raise NotOnDisk(locator)

    def stretch(self, locator: str) -> Stretch:
        raise NotOnDisk(locator)

    def checksum(self, locator: str) -> int:
        return crc_of(self, locator)


def is_tar(head: bytes) -> bool:
    """Whether a file that begins with these 512 bytes is a tar."""
    return len(head) >= BLOCK and head[_MARK] == b"ustar" and _has_sound_checksum(head[:BLOCK])


def is_gzipped_tar(file: BinaryIO) -> bool:
    """Whether a gzip file, read from its start on, is a tar inside. Raises OSError."""
    file.seek(0)
    if file.read(2) != b"\x1f\x8b":
        return False
    try:
        return is_tar(io.BufferedReader(Inflated(file, wbits=GZIP, size=None)).read(BLOCK))
    except DamagedArchive:
        return False


def _gunzipped(opener: Opener, marks: Marks) -> BinaryIO:
    return io.BufferedReader(Inflated(opener(), wbits=GZIP, size=None, marks=marks), BUFFER)


@dataclass(slots=True)
class _Header:
    """One record. name: what an extended record before it says, else its own."""

    kind: bytes
    name: bytes
    link: bytes
    size: int
    mtime: float


class _Reading:
    """One pass over a tar."""

    def __init__(self, size: int, limits: Limits) -> None:
        self._size = size
        self._limits = limits
        self._index = Packed(most=limits.entries, has_crc=False)
        self._links: list[tuple[str, bytes, int]] = []
        self._told: dict[bytes, bytes] = {}  # what extended records say of the next file

    def index(self, file: BinaryIO) -> Packed:
        at = records = 0
        try:
            while (head := file.read(BLOCK)).strip(b"\x00"):
                if len(head) < BLOCK or not _has_sound_checksum(head):
                    self._stop(at, "a record is damaged")
                    break
                records += 1
                self._check(at, records)
                at = self._take(file, at + BLOCK, self._header(head))
            if not head and self._is_cut_off(file, at):
                self._stop(at, "the last file is not whole")
        except OSError as error:
            self._stop(at, why(error))
        self._index.finish()
        self._resolve_links()
        return self._index

    def _is_cut_off(self, file: BinaryIO, at: int) -> bool:
        raw = getattr(file, "raw", None)
        return at > (raw.made if isinstance(raw, Inflated) else self._size)

    def _stop(self, at: int, reason: str) -> None:
        if not at:
            raise RefusedArchive("archive-damaged", _NOT_A_TAR)
        self._index.tell("", "archive-damaged", _CUT_OFF.format(why=reason))

    def _check(self, at: int, records: int) -> None:
        total = max(at, self._index.total_bytes)
        if total > self._limits.total_bytes or (
            total > self._limits.small_bytes and total > self._limits.ratio * self._size
        ):
            raise RefusedArchive("archive-bomb", bomb(total, self._size))
        if records > RECORDS_PER_FILE * self._limits.entries:
            raise RefusedArchive("too-many-files", TOO_MANY)

    def _header(self, head: bytes) -> _Header:
        name, prefix = _text(head[:100]), _text(head[345:500])
        if prefix and head[_MARK] == b"ustar" and head[262:263] != b" ":  # GNU's own kind has other things there
            name = prefix + b"/" + name
        told, self._told = self._told, {} if head[156:157] not in (_LONG_NAME, _LONG_LINK, _EXTENDED) else self._told
        return _Header(
            kind=head[156:157],
            name=told.get(b"path", name),
            link=told.get(b"linkpath", _text(head[157:257])),
            size=_number(told.get(b"size"), head[124:136]),
            mtime=_seconds(told.get(b"mtime"), head[136:148]),
        )

    def _take(self, file: BinaryIO, start: int, header: _Header) -> int:
        """Note what the record says; where the next one begins."""
        after = start + -(-header.size // BLOCK) * BLOCK
        if header.kind in (_LONG_NAME, _LONG_LINK, _EXTENDED, _GLOBAL):
            self._extend(file, header)
        elif header.kind == _SYMBOLIC_LINK:
            self._tell(header, "link", "Links are not followed.")
            return start
        elif header.kind == _HARD_LINK:
            self._add(header, None)
            return start
        elif header.kind in _FILES:
            self._add(header, Place(start, header.size, header.size, 0, None))
        elif header.kind != _FOLDER:
            self._tell(header, "not-a-file", "It is no file but a device or the like.")
        self._check(header.size if header.kind in _FILES else 0, 0)
        if after != file.tell():
            file.seek(after)
        return after

    def _add(self, header: _Header, place: Place | None) -> None:
        name = as_text(header.name.decode("utf-8", "surrogateescape"))
        try:
            locator = safe_locator(name)
        except UnsafeName as error:
            self._tell(header, "unsafe-name", str(error))
            return
        mtime_ns = int(header.mtime * 1_000_000_000)
        if place is None:
            self._links.append((locator, header.link, mtime_ns))
        else:
            self._index.add(locator, place, mtime_ns)

    def _tell(self, header: _Header, slug: str, detail: str) -> None:
        self._index.tell(as_text(header.name.decode("utf-8", "surrogateescape")), slug, detail)

    def _extend(self, file: BinaryIO, header: _Header) -> None:
        if header.size > MAX_EXTENDED:
            raise DamagedArchive("a name is longer than any real one")
        data = file.read(header.size)
        if header.kind == _LONG_NAME:
            self._told[b"path"] = _text(data)
        elif header.kind == _LONG_LINK:
            self._told[b"linkpath"] = _text(data)
        elif header.kind == _EXTENDED:
            self._told |= _attributes(data)

    def _resolve_links(self) -> None:
        """A hard link is the same file under one more name."""
        for locator, link, mtime_ns in self._links:
            try:
                target = safe_locator(as_text(link.decode("utf-8", "surrogateescape")))
                self._index.add(locator, self._index.place(target), mtime_ns)
            except (OSError, UnsafeName):
                self._index.tell(locator, "link", "The file that it stands for is not in the archive.")
        if self._links:
            self._index.finish()


def _text(field: bytes) -> bytes:
    return field.split(b"\x00", 1)[0]


def _number(told: bytes | None, field: bytes) -> int:
    """An octal number, or a binary one where it is too large. Raises DamagedArchive."""
    try:
        if told is not None:
            number = int(told)
        elif field[0] & 0x80:
            number = int.from_bytes(field[1:], "big")
        else:
            number = int(field.strip(b" \x00") or b"0", 8)
    except ValueError:
        number = -1
    if not 0 <= number < 1 << 60:
        raise DamagedArchive("a size is no number")
    return number


def _seconds(told: bytes | None, field: bytes) -> float:
    """Since 1970; 0 where it is not told."""
    try:
        seconds = float(told) if told is not None else float(_number(None, field))
    except (ValueError, DamagedArchive):
        return 0
    return seconds if 0 < seconds < 253_402_300_800 else 0  # noqa: PLR2004 - the end of the year 9999


def _attributes(data: bytes) -> dict[bytes, bytes]:
    """The attributes of an extended record: lines like "19 path=a/long/name", the number being the line's length."""
    found: dict[bytes, bytes] = {}
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or len(length) > _DIGITS or not 0 < int(length) <= len(data):
            break
        name, _, value = data[len(length) + 1 : int(length)].rstrip(b"\n").partition(b"=")
        found[name] = value
        data = data[int(length) :]
    return found


def _has_sound_checksum(head: bytes) -> bool:
    try:
        told = int(head[148:156].strip(b" \x00") or b"-1", 8)
    except ValueError:
        return False
    return told == sum(head[:148]) + 8 * 32 + sum(head[156:])
