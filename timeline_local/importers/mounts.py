"""A tree whose archives are folders, so that no source needs to know of them.

The archives of one export are laid over each other: a sidecar in the second zip lies beside its photo in the seventh.
Where a folder holds archives of one export only, their files lie in that folder itself, so the locators do not depend
on what the archives are called; those of several exports lie in a folder each, and so does an export of which only the
archive's name tells whose it is.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from timeline_local.domain.drafts import Problem
from timeline_local.domain.stretches import Stretch
from timeline_local.importers.packed import bomb, numbered
from timeline_local.importers.tars import BLOCK, TarTree, is_gzipped_tar, is_tar
from timeline_local.importers.trees import (
    Entries,
    File,
    Limits,
    Opener,
    OutsideFolder,
    RefusedArchive,
    Tree,
    is_system_name,
    joined,
    missing,
    why,
)
from timeline_local.importers.zips import ZipTree

NESTING = 2  # archives, and archives in them
NAMES_KEPT = 100_000  # of files in archives, with the archive of each: 20 MB; of one folder always all
FOLDERS_KEPT = 64
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
# Exports of programs that give their archives a name of their own, and may call the file inside like the archive.
OWN_NAMES = (".daylio", ".bear2bk", ".bearbk", ".jex", ".textpack")
# Zips inside, but documents to their owners; sources that know one read it as a file.
DOCUMENTS = frozenset(
    "apk cbz docx epub idml ipa jar key kmz numbers odg odp ods odt pages pptx sketch usdz vsdx whl xlsx xps".split()  # noqa: SIM905
)
_ZIP = (b"PK\3\4", b"PK\5\6")
_NUMBERED = re.compile(r".[^.]*~([2-9]|[1-9]\d{1,3})(\..*)?", re.DOTALL)
# Folders that an export begins with, whatever its archives are called, and files that every part of it has its own of.
ROOTS = frozenset({"Takeout", "your_facebook_activity", "your_activity_across_facebook", "your_instagram_activity"})
NAMELESS = "_chat.txt"
OVERVIEWS = frozenset({"archive_browser.html", "start_here.html", "index.html"})
_AGAIN = re.compile(r" ?\(\d{1,3}\)$")  # a browser's name for a second download
_TAKEOUT = re.compile(r"(takeout-[^-]+)-", re.IGNORECASE)
_PART = re.compile(
    r"(?P<export>.+?)(?:[ _.-]+part[ _.-]*\d+(?:[ _.-]*of[ _.-]*\d+)?|(?:-\d{1,3})?-\d{3}|[ _]\d+[ _]of[ _]\d+)",
    re.IGNORECASE,
)


def is_archive_name(name: str) -> bool:
    """Whether a file of this name is looked into."""
    return name.lower().endswith(ARCHIVES) and not name.startswith(".") and not is_system_name(name)


def _may_be_archive(name: str) -> bool:
    return is_archive_name(name) or name.lower().endswith(OWN_NAMES)


def export_name(name: str) -> str:
    """What the archives of one export have in common: "Photos Part 2 of 7.zip" is of "Photos".

    Google puts the export before the second dash, whatever follows: takeout-20240101T000000Z-7-002.zip.
    """
    stem = next((name[: -len(each)] for each in (*ARCHIVES, *OWN_NAMES) if name.lower().endswith(each)), name)
    stem = _AGAIN.sub("", stem)
    takeout = _TAKEOUT.match(stem)
    if takeout:
        return takeout[1]
    part = _PART.fullmatch(stem)
    return part["export"] if part else stem


def open_archive(tree: Tree, locator: str, limits: Limits) -> ZipTree | TarTree:
    """The archive by what it begins with, whatever it is called. Raises RefusedArchive, OSError."""
    opener, size = tree.opener(locator), tree.find(locator).size
    with opener() as file:
        head = file.read(BLOCK)
    if head.startswith(b"\x1f\x8b") or is_tar(head):
        return TarTree(opener, size, limits)
    return ZipTree(opener, size, limits, whole=partial(tree.stretch, locator))


def is_archive(path: Path) -> bool:
    """Whether a file that was chosen by itself is looked into: by its name, or by its content under any other name."""
    if is_archive_name(path.name):
        return True
    if path.suffix.lower().lstrip(".") in DOCUMENTS:
        return False
    try:
        with path.open("rb") as file:
            head = file.read(BLOCK)
            return head.startswith(_ZIP) or is_tar(head) or is_gzipped_tar(file)
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class _Layer:
    """A tree that has something at a folder, and what it calls the folder."""

    tree: Tree
    folder: str


@dataclass(frozen=True, slots=True)
class _Mount:
    """An archive laid over the folder `at`."""

    at: str
    tree: Tree


@dataclass
class Budget:
    """What all archives of an import hold together. packed: bytes on disk, of those that lie in no other one."""

    files: int = 0
    packed: int = 0
    unpacked: int = 0

    def spend(self, archive: ZipTree | TarTree, packed: int, limits: Limits) -> None:
        """Take in one more archive. Raises RefusedArchive when they unpack to too much, each being harmless."""
        unpacked = self.unpacked + archive.total_bytes
        self.packed += packed
        if unpacked > limits.small_bytes and unpacked > limits.ratio * self.packed:
            raise RefusedArchive("archive-bomb", bomb(unpacked, self.packed))
        self.files += len(archive)
        self.unpacked = unpacked


@dataclass
class MountedTree:
    """A tree with its archives opened. archives: those that their names do not tell."""

    base: Tree
    limits: Limits = field(default_factory=Limits)
    nesting: int = NESTING
    budget: Budget = field(default_factory=Budget)
    archives: frozenset[str] = frozenset()
    _mounts: dict[str, tuple[_Mount, ...]] = field(default_factory=dict)
    _problems: dict[str, list[Problem]] = field(default_factory=dict)
    _packed: OrderedDict[str, Mapping[str, _Layer]] = field(default_factory=OrderedDict)
    _told_packed: dict[str, bool] = field(default_factory=dict)  # files whose names say that they may be archives
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def entries(self, locator: str) -> Entries:
        merged = self._union(locator).entries()
        heads = (mount.at.rpartition("/")[2] for mount in self._mounts_of(locator) if mount.at != locator)
        merged.folders = list(dict.fromkeys((*merged.folders, *heads)))
        merged.problems += self._problems.get(locator, ())
        return merged

    def _union(self, locator: str) -> _Union:
        own = self.base.entries(locator)
        self._mounts_of(locator, own)
        found = _Union(locator)
        found.add(_Layer(self.base, locator), self._without_archives(own))
        for layer in self._layers(locator)[1:]:
            found.add(layer, layer.tree.entries(layer.folder))
        found.tell_apart()
        return found

    def find(self, locator: str) -> File:
        tree, inner = self._where(locator)
        found = tree.find(inner)
        return found if inner == locator else File(locator, found.size, found.mtime_ns)

    def open(self, locator: str) -> BinaryIO:
        tree, inner = self._where(locator)
        return tree.open(inner)

    def opener(self, locator: str) -> Opener:
        tree, inner = self._where(locator)
        return tree.opener(inner)

    def place(self, locator: str) -> Path:
        tree, inner = self._where(locator)
        return tree.place(inner)

    def stretch(self, locator: str) -> Stretch:
        tree, inner = self._where(locator)
        return tree.stretch(inner)

    def checksum(self, locator: str) -> int:
        tree, inner = self._where(locator)
        return tree.checksum(inner)

    def _where(self, locator: str) -> tuple[Tree, str]:
        """The tree that has a file, and what that calls it. Raises FileNotFoundError, OutsideFolder."""
        if self._has(self.base, locator) and not self._is_archive(locator):
            return self.base, locator
        parent, _, name = locator.rpartition("/")
        packed = self._packed_at(parent)
        if name in packed:
            layer = packed[name]
            return layer.tree, joined(layer.folder, name)
        if packed and _NUMBERED.fullmatch(name):
            origins = self._union(parent).origins
            if name in origins:
                return origins[name]
        raise missing(locator)

    def _packed_at(self, folder: str) -> Mapping[str, _Layer]:
        """The archives' files at a folder, by name. Kept: an export has hundreds of archives, and each would be asked.

        Archives stay as they were when they were opened; what lies on the disk is looked for every time.
        """
        with self._lock:
            if folder in self._packed:
                self._packed.move_to_end(folder)
                return self._packed[folder]
            found: dict[str, _Layer] = {}
            for layer in self._layers(folder)[1:]:
                for file in layer.tree.entries(layer.folder).files:
                    found.setdefault(file.name, layer)
            self._packed[folder] = found
            while len(self._packed) > FOLDERS_KEPT or (len(self._packed) > 1 and self._names() > NAMES_KEPT):
                self._packed.popitem(last=False)
            return found

    def _names(self) -> int:
        return sum(map(len, self._packed.values()))

    @staticmethod
    def _has(tree: Tree, locator: str) -> bool:
        try:
            tree.find(locator)
        except OutsideFolder:
            raise
        except (OSError, ValueError):
            return False
        return True

    def _layers(self, locator: str) -> list[_Layer]:
        """The trees that may have something at this folder: the base, then the archives of the folders above."""
        layers = [_Layer(self.base, locator)]
        for above in _folders_above(locator):
            for mount in self._mounts_of(above):
                if locator == mount.at or not mount.at:
                    layers.append(_Layer(mount.tree, locator if not mount.at else ""))
                elif locator.startswith(mount.at + "/"):
                    layers.append(_Layer(mount.tree, locator[len(mount.at) + 1 :]))
        return layers

    def _mounts_of(self, locator: str, listed: Entries | None = None) -> tuple[_Mount, ...]:
        """The archives in this folder; listed: what lies in it, where that is known."""
        with self._lock:
            found = self._mounts.get(locator)
            if found is None:
                names = [
                    file.name for file in (listed or self._listed(locator)).files if self._is_archive(file.locator)
                ]
                found = self._mounts[locator] = tuple(self._mount_all(locator, names))
            return found

    def _is_archive(self, locator: str) -> bool:
        return (
            is_archive_name(locator.rpartition("/")[2])
            or locator in self.archives
            or (locator.lower().endswith(OWN_NAMES) and self._is_packed(locator))
        )

    def _is_packed(self, locator: str) -> bool:
        """Whether it begins as an archive does. Cost: one look for each file of such a name."""
        found = self._told_packed.get(locator)
        if found is None:
            try:
                with self.base.open(locator) as file:
                    head = file.read(BLOCK)
                    found = head.startswith(_ZIP) or is_tar(head)
            except (OSError, ValueError):
                found = False
            self._told_packed[locator] = found
        return found

    def _without_archives(self, listed: Entries) -> Entries:
        """An archive is shown as its files, not as a file."""
        files = [file for file in listed.files if not self._is_archive(file.locator)]
        return listed if len(files) == len(listed.files) else Entries(files, listed.folders, listed.problems)

    def _listed(self, locator: str) -> Entries:
        try:
            return self.base.entries(locator)
        except (OSError, ValueError):
            return Entries()

    def _mount_all(self, locator: str, names: list[str]) -> Iterator[_Mount]:
        opened: dict[str, list[Tree]] = {}
        for name in sorted(names, key=_part_order):
            tree = self._opened(joined(locator, name))
            if tree is not None:
                opened.setdefault(export_name(name), []).append(tree)
        _join_renamed(opened)
        for export, trees in opened.items():
            at = locator if len(opened) == 1 and not _says_nothing(trees) else joined(locator, export)
            yield from (_Mount(at, tree) for tree in trees)

    def _opened(self, locator: str) -> Tree | None:
        """The archive as a tree; None, and a problem, where it is not read."""
        problems = self._problems.setdefault(locator.rpartition("/")[0], [])
        try:
            left = replace(self.limits, entries=self.limits.entries - self.budget.files)
            tree = open_archive(self.base, locator, left)
            packed = self.base.find(locator).size if self.nesting == NESTING else 0
            self.budget.spend(tree, packed, self.limits)
        except RefusedArchive as error:
            problems.append(Problem(locator, error.slug, error.detail))
            return None
        except (OSError, ValueError) as error:
            reason = why(error) if isinstance(error, OSError) else str(error)
            problems.append(Problem(locator, "unreadable", f"This archive cannot be read ({reason})."))
            return None
        problems += (
            Problem(joined(locator, each.locator) if each.locator else locator, each.slug, each.detail)
            for each in tree.problems
        )
        if self.nesting <= 1 or not any(map(_may_be_archive, tree.names())):
            return tree
        return MountedTree(tree, self.limits, self.nesting - 1, self.budget)


class _Union:
    """Layers of one folder becoming one listing: the same file once, other bytes under a name of their own."""

    def __init__(self, locator: str) -> None:
        self.origins: dict[str, tuple[Tree, str]] = {}
        self._locator = locator
        self._files: dict[str, File] = {}
        self._folders: dict[str, None] = {}
        self._clashing: list[tuple[File, _Layer]] = []
        self._problems: list[Problem] = []

    def add(self, layer: _Layer, entries: Entries) -> None:
        self._folders.update(dict.fromkeys(entries.folders))
        for each in entries.problems:
            rest = each.locator[len(layer.folder) :].lstrip("/")
            self._problems.append(Problem(joined(self._locator, rest), each.slug, each.detail))
        for file in entries.files:
            name = file.name
            if name in self._files:
                self._clashing.append((file, layer))
            else:
                self._take(name, file, layer)

    def tell_apart(self) -> None:
        """Give names to what clashes; last, so that no name is taken away from a file that has it in truth."""
        for file, layer in self._clashing:
            self._tell_apart(file, layer)

    def entries(self) -> Entries:
        return Entries(list(self._files.values()), list(self._folders), self._problems)

    def _take(self, name: str, file: File, layer: _Layer) -> None:
        locator = joined(self._locator, name)
        self._files[name] = file if file.locator == locator else File(locator, file.size, file.mtime_ns)
        self.origins[name] = (layer.tree, file.locator)

    def _tell_apart(self, file: File, layer: _Layer) -> None:
        name, number = file.name, 1
        while name in self._files:
            tree, locator = self.origins[name]
            if self._files[name].size == file.size and _sum(tree, locator) == _sum(layer.tree, file.locator):
                return
            number += 1
            name = numbered(file.name, number)
        self._take(name, file, layer)


def _says_nothing(trees: list[Tree]) -> bool:
    """Whether the archive's name alone tells what is in it: every iPhone calls every chat the same."""
    return any(file.name == NAMELESS for tree in trees for file in tree.entries("").files)


def _join_renamed(opened: dict[str, list[Tree]]) -> None:
    """Put an archive with a name of its own to the export that its files belong to, which their places tell."""
    for name in [each for each in opened if not _TAKEOUT.match(f"{each}-")]:
        roots = ROOTS.intersection(*(tree.entries("").folders for tree in opened[name]))
        for other in [each for each in opened if each != name] if roots else ():
            if all(_continue(tree, opened[other], roots) for tree in opened[name]):
                opened[other] += opened.pop(name)
                break


def _continue(tree: Tree, export: list[Tree], roots: frozenset[str]) -> bool:
    """Whether an archive holds more of an export, and nothing of it in another version."""
    shared = roots.intersection(*(part.entries("").folders for part in export))
    return bool(shared) and not any(
        file.name not in OVERVIEWS and _is_other(tree, file, part)
        for root in shared
        for file in _files_below(tree, root)
        for part in export
    )


def _is_other(tree: Tree, file: File, part: Tree) -> bool:
    try:
        found = part.find(file.locator)
    except (OSError, ValueError):
        return False
    return found.size != file.size or _sum(part, file.locator) != _sum(tree, file.locator)


def _files_below(tree: Tree, folder: str) -> Iterator[File]:
    found = tree.entries(folder)
    yield from found.files
    for name in found.folders:
        yield from _files_below(tree, joined(folder, name))


def _sum(tree: Tree, locator: str) -> int:
    try:
        return tree.checksum(locator)
    except (OSError, ValueError):
        return -1


def _folders_above(locator: str) -> Iterator[str]:
    """The folder itself and all above it, the root first."""
    yield ""
    at = locator.find("/")
    while at >= 0:
        yield locator[:at]
        at = locator.find("/", at + 1)
    if locator:
        yield locator


def _part_order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name.casefold())]
