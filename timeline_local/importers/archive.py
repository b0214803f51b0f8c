"""What an import is read from, whatever form it comes in: a folder, an archive, a file, or several of these.

A *locator* is a file's POSIX path relative to the root of the import, exactly as the disk or the archive spells it (no
Unicode normalisation). Bytes of a name that are not UTF-8 appear as U+F780 to U+F7FF, the last byte of the character
being the byte on disk; so a locator is always valid text, and `Folder` finds the file again. Archives are folders here:
the locator of what is in them does not name them (`importers.mounts` has the whole rule). A file that is written as
text inside of another one has a locator, too (`importers.embedded`); no walk comes across it.
"""

from __future__ import annotations

import io
import re
import threading
import zlib
from array import array
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from timeline_local.domain.drafts import Problem
from timeline_local.domain.stretches import Stretch
from timeline_local.importers.backups import BackupTree
from timeline_local.importers.disk import DiskTree, GivenTree
from timeline_local.importers.embedded import Coding, Decoded, Embedded
from timeline_local.importers.encodings import as_utf8, head_as_utf8
from timeline_local.importers.mounts import MountedTree, is_archive
from timeline_local.importers.sqlite_pages import Pages, ValueFile, Wal
from timeline_local.importers.trees import (
    Entries,
    File,
    Limits,
    NotOnDisk,
    Opener,
    OutsideFolder,
    Tree,
    is_system_name,
    joined,
    why,
)

__all__ = ["File", "Folder", "Limits", "Listing", "OutsideFolder", "natural_key"]

MAX_FOLDER_DEPTH = 64  # deeper than any real tree; ends loops that a file system makes without links
HEAD_BYTES = 64 * 1024
HEADS_KEPT = 256
CARRIERS_KEPT = 8
SMALL = 256 * 1024  # what is read from an archive in one go
MOST_KEPT = 1_000_000  # files whose names, sizes and dates stay in memory: 60 MB
SAMPLED = 20_000  # files of a sample, and how many are looked at for it
SAMPLED_OF = 200_000
SAMPLED_ALIKE = 8
_DIGITS = re.compile(r"(\d+)", re.ASCII)

SortKey = tuple[tuple[str | int, ...], str]
PathKey = tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One folder with its own files in natural order; `locator` is "" for the root."""

    locator: str
    files: Sequence[File]


class _Kept:
    """What a folder held when it was listed first, in some 60 bytes a file: an export is walked through seven times."""

    def __init__(self, locator: str, entries: Entries) -> None:
        self._locator = locator
        files = sorted(entries.files, key=lambda file: natural_key(file.name))
        self._names = "/".join([file.name for file in files])  # no name holds one
        self._sizes = _numbers([file.size for file in files])
        self._mtimes = _numbers([file.mtime_ns for file in files])
        self.folders = sorted(entries.folders, key=natural_key)
        self.problems = entries.problems

    def __len__(self) -> int:
        return len(self._sizes)

    def files(self) -> list[File]:
        """In natural order."""
        names = self._names.split("/") if self._sizes else []
        return [File.below(self._locator, *each) for each in zip(names, self._sizes, self._mtimes, strict=True)]


def _numbers(values: list[int]) -> Sequence[int]:
    """The same in eight bytes each, if they fit: some disks have dates after the year 2262."""
    try:
        return array("q", values)
    except OverflowError:
        return values


class Folder:
    """The files of an import, which are only ever read. Methods block: call them from a worker thread.

    root  the folder itself if there is one; of single files the folder they lie in; of archives nothing, since their
    names tell when something was exported.
    """

    def __init__(
        self,
        root: Path | Sequence[Path],
        *,
        include_hidden: bool = False,
        without: tuple[Path, ...] = (),
        limits: Limits | None = None,
    ) -> None:
        """Take a folder, a file, an archive, or several; `without` are folders never entered (the library itself)."""
        self.paths = (root,) if isinstance(root, Path) else tuple(root)
        self._include_hidden = include_hidden
        self._tree, self.root = _opened(self.paths, without, limits or Limits())
        self._heads: OrderedDict[str, bytes] = OrderedDict()
        self._carriers: OrderedDict[str, Opener] = OrderedDict()
        self._wals: OrderedDict[File, Wal] = OrderedDict()
        self._kept: dict[str, _Kept] = {}
        self._kept_files = 0
        self._sample: tuple[File, ...] | None = None
        self._lock = threading.RLock()

    def is_there(self) -> bool:
        """Whether everything the import was made of still exists."""
        return all(path.exists() for path in self.paths)

    def walk(self, *, after: str = "") -> Iterator[Listing | Problem]:
        """Every folder below the root, each before its sub-folders, in natural order.

        after  a folder's locator: folders that come before it are left out, itself is not. What cannot be listed is
        a problem. Listed once: what comes to lie there afterwards belongs to the next import. Memory: see MOST_KEPT.
        """
        yield from self._walk("", 0, _path_key(after))

    def sample(self) -> tuple[File, ...]:
        """Some files of every folder, for recognising: the first eight of each extension, the upper folders first.

        At most 20,000. Read once and kept, so every source may ask for it. Cost: the first 200,000 files are listed.
        """
        with self._lock:
            if self._sample is None:
                self._sample = tuple(self._sampled())
            return self._sample

    def head(self, locator: str, n: int = 4096) -> bytes:
        """The first `n` bytes, at most 64 KiB, b"" for what cannot be read. Kept, so every source may ask for it.

        Text in UTF-16 comes as UTF-8.
        """
        with self._lock:
            known = self._heads.get(locator)
            if known is not None:
                self._heads.move_to_end(locator)
                return known[:n]
        try:
            with self.open(locator) as file:
                known = head_as_utf8(file.read(HEAD_BYTES))[:HEAD_BYTES]
        except (OSError, ValueError):
            known = b""
        with self._lock:
            self._heads[locator] = known
            if len(self._heads) > HEADS_KEPT:
                self._heads.popitem(last=False)
        return known[:n]

    def path(self, locator: str) -> Path:
        """Where the file lies on disk. Raises OutsideFolder, also for a link that leads out and for what is packed."""
        if Embedded.of(locator) is not None:
            raise NotOnDisk(locator)
        return self._tree.place(locator)

    def place(self, locator: str) -> Path | None:
        """Where the file lies on disk; None for what lies in an archive or a file. Raises OSError, OutsideFolder."""
        try:
            return self.path(locator)
        except NotOnDisk:
            return None

    def stretch(self, locator: str) -> Stretch | None:
        """Where the bytes lie on disk; None where they have to be searched for. Raises OSError, OutsideFolder."""
        try:
            return None if Embedded.of(locator) is not None else self._tree.stretch(locator)
        except NotOnDisk:
            return None

    def stat(self, locator: str) -> File:
        """Size and date as they are now. Raises OSError, OutsideFolder."""
        inner = Embedded.of(locator)
        return self._tree.find(locator) if inner is None else inner.listed(self._tree.find(inner.carrier))

    def open(self, locator: str) -> BinaryIO:
        """The file, opened for reading, seekable. Raises OSError, OutsideFolder; so does reading a damaged archive."""
        inner = Embedded.of(locator)
        if inner is None:
            return self._tree.open(locator)
        if inner.coding is Coding.ROW:
            pages = self.open_database(inner.carrier)
            return io.BufferedReader(ValueFile(pages, inner.start, inner.length, inner.size))
        return io.BufferedReader(Decoded(self._carrier(inner.carrier)(), inner))

    def open_database(self, locator: str) -> Pages:
        """A database of SQLite with the log beside it, which is read once. Raises DamagedDatabase, which is an OSError.

        Whoever opens it closes it.
        """
        file = self._carrier(locator)()
        try:
            listed = self.stat(f"{locator}-wal")
            log = self._carrier(listed.locator)()
        except (OSError, ValueError):
            return Pages(file)
        with self._lock:
            known = self._wals.get(listed)
        pages = Pages(file, log, known)
        with self._lock:
            self._wals[listed] = pages.wal
            if len(self._wals) > CARRIERS_KEPT:
                self._wals.popitem(last=False)
        return pages

    def open_text(self, locator: str) -> BinaryIO:
        """The file as `open` gives it, but as UTF-8 also where it is in another form of Unicode."""
        return as_utf8(self.open(locator))

    def read(self, locator: str, *, limit: int) -> bytes:
        """The whole file. Raises OSError, OutsideFolder, and ValueError when it is larger than `limit` bytes."""
        stretch = self.stretch(locator)
        if stretch is not None and stretch.packing is not None and stretch.packing.size <= min(limit, SMALL):
            with suppress(OSError, ValueError, zlib.error):  # whose reason is found on the long way
                return stretch.read()
        with self.open(locator) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise ValueError(f"larger than {limit} bytes")
        return data

    def _carrier(self, locator: str) -> Opener:
        """What opens a file that others are embedded in; kept, since in an archive it learns to go on in the middle."""
        with self._lock:
            known = self._carriers.pop(locator, None) or self._tree.opener(locator)
            self._carriers[locator] = known
            if len(self._carriers) > CARRIERS_KEPT:
                self._carriers.popitem(last=False)
            return known

    def _walk(self, locator: str, depth: int, after: PathKey) -> Iterator[Listing | Problem]:
        here = _path_key(locator)
        listed = self._list(locator)
        if isinstance(listed, Problem):
            yield listed
            return
        if here >= after:
            yield from listed.problems
            yield Listing(locator, listed.files())
        for name in listed.folders:
            below = joined(locator, name)
            key = _path_key(below)
            if key < after[: len(key)]:
                continue
            if depth >= MAX_FOLDER_DEPTH:
                yield Problem(below, "too-deep", "Folders nested this deeply are not read.")
                continue
            yield from self._walk(below, depth + 1, after)

    def _list(self, locator: str) -> _Kept | Problem:
        with self._lock:
            kept = self._kept.get(locator)
        if kept is None:
            entries = self._entries(locator)
            if isinstance(entries, Problem):
                return entries
            kept = _Kept(locator, entries)
            with self._lock:
                if self._kept_files + len(kept) <= MOST_KEPT:
                    self._kept_files += len(kept)
                    self._kept[locator] = kept
        return kept

    def _entries(self, locator: str) -> Entries | Problem:
        try:
            found = self._tree.entries(locator)
        except OSError as error:
            return Problem(locator or ".", "folder-unreadable", f"This folder cannot be read ({why(error)}).")
        files = [file for file in found.files if self._is_wanted(file.name)]
        # The folders of a mailbox in a Maildir, Sent and all the others, lie in it under names that begin with a dot.
        is_maildir = {"cur", "new"}.issubset(found.folders)
        folders = [name for name in found.folders if self._is_wanted(name) or (is_maildir and not is_system_name(name))]
        problems = [each for each in found.problems if self._is_worth_telling(each)]
        return Entries(files, folders, problems)

    def _sampled(self) -> Iterator[File]:
        ahead = deque([("", 0)])
        seen = taken = 0
        while ahead and seen < SAMPLED_OF:
            locator, depth = ahead.popleft()
            listed = self._list(locator)
            if isinstance(listed, Problem):
                continue
            alike: Counter[str] = Counter()
            for file in listed.files():
                seen += 1
                kind = file.name.rpartition(".")[2].lower()
                alike[kind] += 1
                if alike[kind] <= SAMPLED_ALIKE:
                    yield file
                    taken += 1
                    if taken >= SAMPLED:
                        return
            if depth < MAX_FOLDER_DEPTH:
                ahead.extend((joined(locator, name), depth + 1) for name in listed.folders)

    def _is_worth_telling(self, problem: Problem) -> bool:
        # "../x" is no hidden file.
        return problem.slug == "unsafe-name" or self._is_wanted(problem.locator.rpartition("/")[2])

    def _is_wanted(self, name: str) -> bool:
        return not is_system_name(name) and (self._include_hidden or not name.startswith("."))


def _opened(paths: tuple[Path, ...], without: tuple[Path, ...], limits: Limits) -> tuple[Tree, Path]:
    """The tree of everything given, and what its root is called."""
    if len(paths) == 1 and not paths[0].is_file():
        folder = DiskTree(paths[0], without=without)
        return BackupTree(MountedTree(folder, limits)), folder.root
    given = GivenTree(paths, without=without)
    archives = frozenset(name for name, path in given.files.items() if is_archive(path))
    homes = {path.parent for name, path in given.files.items() if name not in archives}
    return BackupTree(MountedTree(given, limits, archives=archives)), homes.pop() if len(homes) == 1 else Path()


def natural_key(name: str) -> SortKey:
    """Sorts names as people count: IMG_2 before IMG_10, capitals beside small letters."""
    parts: list[str | int] = [*_DIGITS.split(name.casefold())]  # text and digits by turns
    parts[1::2] = map(int, parts[1::2])
    return tuple(parts), name


def _path_key(locator: str) -> PathKey:
    return tuple(natural_key(part) for part in locator.split("/")) if locator else ()
