"""The files of an archive by folder and name, in some 130 bytes each, and which names are safe to take."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, pairwise

from timeline_local.domain.drafts import Problem
from timeline_local.importers.trees import Entries, File, RefusedArchive, missing

MAX_PATH_CHARACTERS = 4096
MAX_DEPTH = 64  # deeper than any real tree
TOO_MANY = "It holds more files than one import reads. Unpack it, and import it in parts."
MOST_TOLD = 1000  # problems of one archive; the rest is counted
_DRIVE = re.compile(r"[A-Za-z]:(?! )")


class UnsafeName(ValueError):
    """A name that would lead out of the archive's own folder, or that nothing can be called."""


def safe_locator(name: str) -> str:
    """The name of an entry as a locator. A backslash separates folders, as Windows writes them. Raises UnsafeName."""
    if "\x00" in name:
        raise UnsafeName("Its name holds a character that no file name can hold.")
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if plain.startswith("/") or _DRIVE.match(plain) or ".." in parts:
        raise UnsafeName("Its name leads out of the archive, which no real export does; it was not read.")
    if not parts:
        raise UnsafeName("It has no name.")
    if len(plain) > MAX_PATH_CHARACTERS or len(parts) > MAX_DEPTH:
        raise UnsafeName("Its name is too long, or its folders are nested too deeply.")
    return "/".join(parts)


def bomb(unpacked: int, packed: int) -> str:
    """What to say of an archive that is small only as long as it is packed."""
    return (
        f"It would unpack to {unpacked // max(packed, 1):,} times its size, which no real export does; it was not read."
    )


def numbered(name: str, number: int) -> str:
    """Another name for the second, third … file of one name: in front of the first dot, so that sidecars follow."""
    head, dot, rest = name[1:].partition(".")
    return f"{name[:1]}{head}~{number}{dot}{rest}"


@dataclass(slots=True)
class _Folder:
    names: list[str] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("I"))
    folders: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry's bytes lie. packed: their length in the archive; crc is None where the archive has none."""

    start: int
    packed: int
    size: int
    method: int
    crc: int | None


class Packed:
    """The index of one archive. `add` everything, then `finish`; from then on it is only read."""

    def __init__(self, *, most: int, has_crc: bool) -> None:
        """most: entries; one more raises RefusedArchive."""
        self.problems: list[Problem] = []
        self.total_bytes = 0
        self._most = most
        self._has_crc = has_crc
        self._untold = 0
        self._folders: dict[str, _Folder] = {"": _Folder()}
        self._sizes = array("Q")
        self._mtimes = array("q")
        self._starts = array("Q")
        self._packed = array("Q")
        self._crcs = array("I")
        self._methods = bytearray()

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, locator: str, place: Place, mtime_ns: int) -> None:
        number = len(self._sizes)
        if number >= self._most:
            raise RefusedArchive("too-many-files", TOO_MANY)
        parent, _, name = locator.rpartition("/")
        folder = self._folder(parent)
        folder.names.append(name)
        folder.numbers.append(number)
        self._sizes.append(place.size)
        self._mtimes.append(mtime_ns)
        self._starts.append(place.start)
        self._packed.append(place.packed)
        self._crcs.append(place.crc or 0)
        self._methods.append(place.method)
        self.total_bytes += place.size

    def tell(self, name: str, slug: str, detail: str) -> None:
        """Note what is wrong with an entry."""
        if len(self.problems) < MOST_TOLD:
            self.problems.append(Problem(name[:MAX_PATH_CHARACTERS], slug, detail))
        else:
            self._untold += 1

    def finish(self) -> None:
        """Sort; of entries with the same name and bytes keep one, name those with other bytes apart."""
        if self._untold:
            detail = f"The same or worse is true of {self._untold:,} more of its files."
            self.problems.append(Problem("", "more-problems", detail))
        for folder in self._folders.values():
            order = sorted(range(len(folder.names)), key=folder.names.__getitem__)
            names = [folder.names[each] for each in order]
            numbers = array("I", (folder.numbers[each] for each in order))
            if any(name == after for name, after in pairwise(names)):
                names, numbers = self._told_apart(names, numbers)
            folder.names, folder.numbers = names, numbers

    def names(self) -> Iterator[str]:
        """The names of all files, without their folders."""
        return chain.from_iterable(folder.names for folder in self._folders.values())

    def entries(self, locator: str) -> Entries:
        folder = self._folders.get(locator)
        if folder is None:
            return Entries()
        files = [
            File.below(locator, name, self._sizes[number], self._mtimes[number])
            for name, number in zip(folder.names, folder.numbers, strict=True)
        ]
        return Entries(files, list(folder.folders))

    def find(self, locator: str) -> File:
        number = self._number(locator)
        return File(locator, self._sizes[number], self._mtimes[number])

    def place(self, locator: str) -> Place:
        number = self._number(locator)
        crc = self._crcs[number] if self._has_crc else None
        return Place(self._starts[number], self._packed[number], self._sizes[number], self._methods[number], crc)

    def _number(self, locator: str) -> int:
        parent, _, name = locator.rpartition("/")
        folder = self._folders.get(parent)
        if folder is not None:
            place = bisect_left(folder.names, name)
            if place < len(folder.names) and folder.names[place] == name:
                return folder.numbers[place]
        raise missing(locator)

    def _folder(self, locator: str) -> _Folder:
        found = self._folders.get(locator)
        if found is None:
            if len(self._folders) > self._most:
                raise RefusedArchive("too-many-files", TOO_MANY)
            found = self._folders[locator] = _Folder()
            parent, _, name = locator.rpartition("/")
            self._folder(parent).folders.append(name)
        return found

    def _told_apart(self, names: list[str], numbers: array[int]) -> tuple[list[str], array[int]]:
        kept: dict[str, int] = {}
        taken = set(names)
        seen: set[tuple[str, int, int]] = set()
        for name, number in zip(names, numbers, strict=True):
            same = (name, self._sizes[number], self._crcs[number] if self._has_crc else number)
            if same in seen:
                continue
            seen.add(same)
            free, count = name, 1
            while free in kept or (count > 1 and free in taken):
                count += 1
                free = numbered(name, count)
            kept[free] = number
        ordered = sorted(kept)
        return ordered, array("I", (kept[name] for name in ordered))
