"""Folders and files on disk as trees: nothing leads out of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from timeline_local.domain.drafts import Problem
from timeline_local.domain.stretches import Stretch
from timeline_local.importers.trees import (
    Entries,
    File,
    Opener,
    OutsideFolder,
    as_on_disk,
    as_text,
    crc_of,
    joined,
    missing,
    why,
)


class DiskTree:
    """A folder on disk."""

    def __init__(self, root: Path, *, without: tuple[Path, ...] = ()) -> None:
        """Take the root; `without` are folders never entered (the library itself)."""
        self.root = Path(os.path.realpath(root))
        self._root = str(self.root)
        self._inside = self._root.rstrip(os.sep) + os.sep
        self._without = frozenset(os.path.realpath(path) for path in without)

    def entries(self, locator: str) -> Entries:
        folder = self._spelled(locator) if locator else self._root
        found = Entries()
        if locator and not os.path.isdir(folder):  # noqa: PTH112 - as in `_spelled`
            return found
        with os.scandir(folder) as entries:
            for entry in entries:
                self._sort_in(entry, locator, found)
        return found

    def find(self, locator: str) -> File:
        path = self._spelled(locator)
        found = os.stat(path)  # noqa: PTH116 - before anything else: of what lies in archives there is nothing
        self._refuse_outside(path, locator)
        if not stat.S_ISREG(found.st_mode):
            raise missing(locator)
        return File(locator, found.st_size, found.st_mtime_ns)

    def open(self, locator: str) -> BinaryIO:
        return self.place(locator).open("rb")

    def opener(self, locator: str) -> Opener:
        path = self.place(locator)
        return lambda: path.open("rb")

    def place(self, locator: str) -> Path:
        path = self._spelled(locator)
        self._refuse_outside(path, locator)
        return Path(path)

    def stretch(self, locator: str) -> Stretch:
        return Stretch(str(self.place(locator)))

    def checksum(self, locator: str) -> int:
        return crc_of(self, locator)

    def _spelled(self, locator: str) -> str:
        """The path of a locator, as the disk has it. Text: an import asks for millions, most of them in archives."""
        if not locator or locator.startswith("/") or ".." in locator.split("/") or "\x00" in locator:
            raise OutsideFolder(locator)
        plain = self._inside + locator.replace("/", os.sep)
        if locator.isascii() or os.path.exists(plain):  # noqa: PTH110
            return plain
        return self._inside + as_on_disk(locator).replace("/", os.sep)

    def _refuse_outside(self, path: str, locator: str) -> None:
        if not self._is_inside(os.path.realpath(path)):
            raise OutsideFolder(locator)

    def _is_inside(self, path: str) -> bool:
        return path == self._root or path.startswith(self._inside)

    def _sort_in(self, entry: os.DirEntry[str], locator: str, found: Entries) -> None:
        name = as_text(entry.name)
        below = joined(locator, name)
        try:
            if entry.is_dir(follow_symlinks=False):
                if entry.path not in self._without:
                    found.folders.append(name)
                return
            if entry.is_symlink() and not self._may_follow(entry.path):
                detail = "Links to folders, or to files elsewhere, are not followed."
                found.problems.append(Problem(below, "link", detail))
                return
            listed = entry.stat()
        except OSError as error:
            detail = f"This file cannot be read ({why(error)})."
            found.problems.append(Problem(below, "unreadable", detail))
            return
        if stat.S_ISREG(listed.st_mode):
            found.files.append(File(below, listed.st_size, listed.st_mtime_ns))

    def _may_follow(self, link: str) -> bool:
        target = os.path.realpath(link)
        return self._is_inside(target) and not Path(target).is_dir()


class GivenTree:
    """Files and folders that were chosen one by one, as if they lay in one folder.

    Of two with the same name the second is called "name~2", the third "name~3".
    """

    def __init__(self, paths: Sequence[Path], *, without: tuple[Path, ...] = ()) -> None:
        self.files: dict[str, Path] = {}
        self._folders: dict[str, DiskTree] = {}
        for path in paths:
            name = _free(as_text(path.name), self.files.keys() | self._folders.keys())
            if path.is_dir():
                self._folders[name] = DiskTree(path, without=without)
            else:
                self.files[name] = Path(os.path.realpath(path))

    def entries(self, locator: str) -> Entries:
        if locator:
            name, _, rest = locator.partition("/")
            return _below(name, self._folders[name].entries(rest)) if name in self._folders else Entries()
        found = Entries(folders=list(self._folders))
        for name in self.files:
            try:
                found.files.append(self.find(name))
            except OSError as error:
                found.problems.append(Problem(name, "unreadable", f"This file cannot be read ({why(error)})."))
        return found

    def find(self, locator: str) -> File:
        name, _, rest = locator.partition("/")
        if rest and name in self._folders:
            found = self._folders[name].find(rest)
            return File(locator, found.size, found.mtime_ns)
        listed = self.place(locator).stat()
        return File(locator, listed.st_size, listed.st_mtime_ns)

    def open(self, locator: str) -> BinaryIO:
        return self.place(locator).open("rb")

    def opener(self, locator: str) -> Opener:
        path = self.place(locator)
        return lambda: path.open("rb")

    def place(self, locator: str) -> Path:
        name, _, rest = locator.partition("/")
        if rest and name in self._folders:
            return self._folders[name].place(rest)
        if locator not in self.files:
            raise missing(locator)
        return self.files[locator]

    def stretch(self, locator: str) -> Stretch:
        return Stretch(str(self.place(locator)))

    def checksum(self, locator: str) -> int:
        return crc_of(self, locator)


def _below(name: str, found: Entries) -> Entries:
    files = [File(joined(name, each.locator), each.size, each.mtime_ns) for each in found.files]
    problems = [Problem(joined(name, each.locator), each.slug, each.detail) for each in found.problems]
    return Entries(files, found.folders, problems)


def _free(name: str, taken: set[str]) -> str:
    stem, dot, extension = name.partition(".")
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{stem}~{number}{dot}{extension}"
    return free
