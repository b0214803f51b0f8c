"""Files that stand inside of a larger one as they are, as pictures do in a zip that did not compress them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, slots=True)
class Part:
    """`size` bytes of the file at `path`, from `start` on; opened as a path is."""

    path: Path
    start: int
    size: int

    @property
    def name(self) -> str:
        """Of the larger file: what the part is called, only its holder knows."""
        return self.path.name

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """The part for reading, seekable. Raises OSError."""
        return io.BufferedReader(_Reading(self.path.open(mode, buffering=0), self.start, self.size))


class _Reading(io.RawIOBase):
    def __init__(self, file: io.FileIO, start: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        self._file.seek(self._start + self._at)
        count = self._file.readinto(view[: max(self._size - self._at, 0)]) or 0
        self._at += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
