"""ExifTool's JSON of many pictures (`exiftool -j -r`): which piece of which file describes a picture.

A list of a library has gigabytes. It is looked through once, and only where each piece begins is kept; a piece is a
file in a file (`importers.embedded`), which is read when its picture is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from timeline_local.domain.drafts import Problem
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import ReadOptions
from timeline_local.importers.embedded import Coding, Embedded
from timeline_local.importers.encodings import LOOKED_AT, Units, piece
from timeline_local.importers.files import extension
from timeline_local.importers.google_sidecars import MAX_SIDECAR_BYTES
from timeline_local.importers.photo_groups import is_media, stem_of
from timeline_local.importers.trees import why

CHUNK_BYTES = 256 * 1024
MOST_PIECES = 500_000  # of all lists: some 300 bytes each
MAX_DEPTH = 100
_HEAD = 4096
# Everything up to a bracket or to a text without an end. Possessive, so that it costs one look.
_PLAIN = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
_CUT_OFF = "it is no JSON, or ends in the middle"

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one list says of one picture. path: as ExifTool was given it; start, length: bytes of the file."""

    path: Path
    start: int
    length: int


@dataclass(slots=True)
class _List:
    """One file. folder: where it lies."""

    file: File
    folder: Path
    problem: Problem | None = None
    pieces: dict[str, list[_Piece]] = field(default_factory=lambda: defaultdict(list))  # by the name of the picture
    used: set[int] = field(default_factory=set)

    def of(self, path: Path) -> _Piece | None:
        """What it says of a picture below its folder; None also where it is not clear which piece is meant."""
        here = path[len(self.folder) :]
        fitting = [each for each in self.pieces.get(path[-1], ()) if _ends_alike(each.path, here)]
        nearest = min((abs(len(each.path) - len(here)) for each in fitting), default=0)
        found = [each for each in fitting if abs(len(each.path) - len(here)) == nearest]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class ExiftoolLists:
    """All lists of an import, those that lie nearest to their pictures first."""

    lists: Sequence[_List] = ()

    @cached_property
    def _of_folders(self) -> Mapping[Path, Sequence[_List]]:
        found: dict[Path, list[_List]] = defaultdict(list)
        for each in self.lists:
            found[each.folder].append(each)
        return found

    def above(self, path: Path) -> Iterator[_List]:
        """Those that may describe a picture: they lie in its folder or above it. There may be one in every folder."""
        for length in range(len(path) - 1, -1, -1) if self.lists else ():
            yield from self._of_folders.get(path[:length], ())

    def piece(self, file: File) -> File | None:
        """The sidecar of a picture, as a file in a list."""
        path = _path(file.locator) if self.lists else ()
        for each in self.above(path):
            found = each.of(path)
            if found is not None:
                name = f"{file.name}.json"
                inner = Embedded(each.file.locator, Coding.PLAIN, found.start, found.length, found.length, name)
                return inner.listed(each.file)
        return None

    def is_list(self, file: File) -> bool:
        return file.locator in self._by_locator

    @cached_property
    def _by_locator(self) -> Mapping[str, _List]:
        return {each.file.locator: each for each in self.lists}

    def told(self, file: File) -> Iterator[Problem]:
        """What is wrong with a list, and which of its pictures are not here."""
        each = self._by_locator.get(file.locator)
        if each is None:
            return
        if each.problem is not None:
            yield each.problem
        missing = [one for pieces in each.pieces.values() for one in pieces if one.start not in each.used]
        if missing:
            first = "/".join(missing[0].path)
            detail = f"It describes {len(missing):,} pictures that are not here, {first} for one."
            yield Problem(file.locator, "sidecar-without-media", detail)


def find_lists(folder: Folder, options: ReadOptions) -> ExiftoolLists:
    """Look for lists. Cost: one walk, the heads of JSON files that no picture is called like, and all of the lists."""
    lists: list[_List] = []
    for listing in folder.walk():
        if isinstance(listing, Listing):
            lists += [_read(folder, file) for file in _likely(folder, listing, options)]
    lists.sort(key=lambda each: (-len(each.folder), -each.file.mtime_ns, each.file.locator))
    found = ExiftoolLists([each for each in lists if each.pieces])
    if found.lists:
        _mark(folder, found)
    return found


def _likely(folder: Folder, listing: Listing, options: ReadOptions) -> Iterator[File]:
    jsons = [file for file in listing.files if extension(file.name) == "json" and not options.is_claimed(file.locator)]
    if not jsons:
        return
    media = [file.name for file in listing.files if is_media(file.name)]
    called = {stem_of(name) for name in media} | {stem_of(f"{name}.json") for name in media}
    for file in jsons:
        if stem_of(file.name) in called:
            continue
        head = folder.head(file.locator, _HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
        if head.startswith(b"[") and b'"SourceFile"' in head:
            yield file


def _read(folder: Folder, file: File) -> _List:
    found = _List(file, _path(file.locator)[:-1])
    count = 0
    try:
        for start, length, data in _objects(folder, file.locator):
            said = loose.members(loose.document(data)).get("SourceFile")
            path = _path(said) if isinstance(said, str) else ()
            if path and is_media(path[-1]):
                found.pieces[path[-1]].append(_Piece(path, start, length))
                count += 1
            if count >= MOST_PIECES:
                found.problem = _unreadable(file, f"it describes more than {MOST_PIECES:,} pictures")
                break
    except OSError as error:
        found.problem = _unreadable(file, why(error))
    except ValueError as error:
        found.problem = _unreadable(file, str(error))
    return found


def _unreadable(file: File, reason: str) -> Problem:
    detail = f"This list cannot be read to its end ({reason}); what it says before is taken."
    return Problem(file.locator, "sidecar-unreadable", detail)


def _mark(folder: Folder, found: ExiftoolLists) -> None:
    """Take note of what has its picture here."""
    for listing in folder.walk():
        for file in listing.files if isinstance(listing, Listing) else ():
            path = _path(file.locator)
            for each in found.above(path):
                if (one := each.of(path)) is not None:
                    each.used.add(one.start)


def _objects(folder: Folder, locator: str) -> Iterator[tuple[int, int, bytes]]:
    """The objects of the outermost list: where each begins in the file, how many bytes it has there, and its text.

    Memory: one object. Raises OSError, and ValueError where the text ends or is none.
    """
    with folder.open(locator) as raw:
        units = Units.of(raw.read(LOOKED_AT))
    with folder.open_text(locator) as file:
        buffer, at, begins, depth = b"", 0, -1, 0
        told, place = 0, units.mark  # a place in the buffer, and the same in the file
        while chunk := piece(file, CHUNK_BYTES):
            kept = begins if begins >= 0 else at
            place += units.length(buffer[told:kept])
            buffer, at, begins, told = buffer[kept:] + chunk, at - kept, min(begins, 0), 0
            if len(buffer) > MAX_SIDECAR_BYTES + len(chunk):
                raise ValueError("it holds a piece that is too long for what is said of one picture")
            while (at := _end_of_plain(buffer, at)) < len(buffer) and (sign := buffer[at : at + 1]) != b'"':
                at += 1
                if sign in {b"[", b"{"}:
                    begins = at - 1 if depth == 1 and sign == b"{" else begins
                    depth += 1
                else:
                    depth -= 1
                    if depth == 1 and begins >= 0:
                        place, told = place + units.length(buffer[told:begins]), begins
                        yield place, units.length(buffer[begins:at]), buffer[begins:at]
                        begins = -1
                    if depth <= 0:
                        return
                if depth > MAX_DEPTH:
                    raise ValueError("it is nested too deeply")
    raise ValueError(_CUT_OFF)


def _end_of_plain(buffer: bytes, at: int) -> int:
    """Where the next bracket is, or a text that goes on behind the buffer, or its end."""
    found = _PLAIN.match(buffer, at)
    return found.end() if found else at


def _path(text: str) -> Path:
    """A path as ExifTool or we write it, in parts: without "." and in NFC."""
    plain = text if text.isascii() else unicodedata.normalize("NFC", text)
    return tuple(part for part in plain.replace("\\", "/").split("/") if part not in {"", "."})


def _ends_alike(one: Path, other: Path) -> bool:
    """Whether the shorter of two paths is the end of the longer one."""
    length = min(len(one), len(other))
    return one[-length:] == other[-length:]
