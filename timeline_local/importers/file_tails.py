"""Files by the ends of their paths on a device: whoever copies them puts them into other folders."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from timeline_local.importers.archive import File, Folder, Listing


@dataclass
class Tails:
    """Memory: some 450 bytes for each file of the import, once something is looked for; 350 more once by its size."""

    folder: Folder

    def find(self, path: str, *, size: int = 0) -> str:
        """The locator of a file by its name and its folder's, the one whose path is most alike; "" for none.

        size  in bytes, 0 if nobody knows: then a file may lie in any folder if no other has its name and size.
        """
        parts = PurePosixPath(_folded(path)).parts
        fitting = self._by_tail.get(parts[-2:], ())
        if not fitting and size and parts:
            return self._by_size.get((parts[-1], size), "")
        return max(fitting, key=lambda each: (_alike(parts, each), each), default="")

    @cached_property
    def _by_tail(self) -> Mapping[tuple[str, ...], Sequence[str]]:
        found: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for file in self._files():
            found[PurePosixPath(_folded(file.locator)).parts[-2:]].append(file.locator)
        return found

    @cached_property
    def _by_size(self) -> Mapping[tuple[str, int], str]:
        """What there are several of is "": nobody could say which one it is."""
        found: dict[tuple[str, int], str] = {}
        for file in self._files():
            mark = _folded(file.name), file.size
            found[mark] = "" if mark in found else file.locator
        return found

    def _files(self) -> Iterator[File]:
        return (file for each in self.folder.walk() if isinstance(each, Listing) for file in each.files)


def _alike(parts: Sequence[str], locator: str) -> int:
    """How many parts of two paths are the same, from the end."""
    others = PurePosixPath(_folded(locator)).parts
    pairs = zip(reversed(parts), reversed(others), strict=False)
    return next((count for count, (one, other) in enumerate(pairs) if one != other), min(len(parts), len(others)))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
