"""Files by the ends of their paths on a device: whoever copies them puts them into other folders."""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import PurePosixPath

from timeline_local.importers.archive import File, Folder, Listing


@dataclass
class Tails:
    """Memory: some 40 bytes and its locator for each file of the import, once something is looked for."""

    folder: Folder

    def find(self, path: str, *, size: int = 0) -> str:
        """The locator of a file by its name and its folder's, the one whose path is most alike; "" for none.

        size  in bytes, 0 if nobody knows: then a file may lie in any folder if no other has its name and size.
        """
        parts = PurePosixPath(_folded(path)).parts
        fitting = [each for each in self._files.of_tail(parts[-2:]) if _tail(each) == parts[-2:]]
        if not fitting and size and parts:
            named = [each for each in self._files.of_size(parts[-1], size) if _tail(each)[-1:] == parts[-1:]]
            return named[0] if len(named) == 1 else ""  # nobody could say which of several it is
        return max(fitting, key=lambda each: (_alike(parts, each), each), default="")

    @cached_property
    def _files(self) -> _Files:
        return _Files(file for each in self.folder.walk() if isinstance(each, Listing) for file in each.files)


class _Files:
    """Locators in one row, and their numbers in the order of two marks: what is looked for may have another's mark."""

    def __init__(self, files: Iterator[File]) -> None:
        self._text, self._ends = bytearray(), array("Q")
        self._tails, self._sizes = array("q"), array("q")
        for file in files:
            self._text += file.locator.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._text))
            self._tails.append(hash(_tail(file.locator)))
            self._sizes.append(hash((_folded(file.name), file.size)))
        self._by_tail, self._by_size = _order(self._tails), _order(self._sizes)

    def of_tail(self, tail: tuple[str, ...]) -> Iterator[str]:
        return self._marked(hash(tail), self._tails, self._by_tail)

    def of_size(self, name: str, size: int) -> Iterator[str]:
        return self._marked(hash((name, size)), self._sizes, self._by_size)

    def _marked(self, mark: int, marks: array[int], order: array[int]) -> Iterator[str]:
        first = bisect_left(order, mark, key=marks.__getitem__)
        numbers = takewhile(lambda each: marks[each] == mark, (order[at] for at in range(first, len(order))))
        return map(self._locator, numbers)

    def _locator(self, number: int) -> str:
        start = self._ends[number - 1] if number else 0
        return self._text[start : self._ends[number]].decode("utf-8", "surrogatepass")


def _order(marks: array[int]) -> array[int]:
    return array("I", sorted(range(len(marks)), key=marks.__getitem__))


def _tail(locator: str) -> tuple[str, ...]:
    return tuple(_folded(locator).split("/")[-2:])


def _alike(parts: Sequence[str], locator: str) -> int:
    """How many parts of two paths are the same, from the end."""
    others = _folded(locator).split("/")
    pairs = zip(reversed(parts), reversed(others), strict=False)
    return next((count for count, (one, other) in enumerate(pairs) if one != other), min(len(parts), len(others)))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
