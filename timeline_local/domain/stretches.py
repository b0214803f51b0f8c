"""Where the bytes of a file lie on disk, for a process that is to read them without knowing archives and folders."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from timeline_local.domain.parts import Part

ZIP_HEADER = struct.Struct("<4s5H3I2H")
"""What stands before each file of a zip; its last two numbers are the lengths of name and extra, which follow."""
_BEGINS = b"PK\3\4"
_CHUNK = 1024 * 1024
_RAW_DEFLATE = -zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Packing:
    """How a file lies inside of a zip.

    header  where its header begins.   packed  bytes that follow it, none of them behind `end`.
    size, crc  of the file itself; crc is None where the zip has none.
    """

    header: int
    packed: int
    end: int
    size: int
    is_deflated: bool
    crc: int | None

    def start(self, file: BinaryIO) -> int:
        """Where the file itself begins in its zip, which is asked. Raises OSError, and ValueError where none does."""
        file.seek(self.header)
        head = file.read(ZIP_HEADER.size)
        if len(head) < ZIP_HEADER.size or not head.startswith(_BEGINS):
            raise ValueError("no file begins here")
        *_, name, extra = ZIP_HEADER.unpack(head)
        start = self.header + ZIP_HEADER.size + int(name) + int(extra)
        if start + self.packed > self.end:
            raise ValueError("it reaches beyond the files of its zip")
        return start


@dataclass(frozen=True, slots=True)
class Stretch:
    """All of the file at `path`, or what the zip there holds as `packing` says."""

    path: str
    packing: Packing | None = None

    def part(self) -> Part:
        """Where the bytes stand as they are. Raises OSError, and ValueError where they are compressed or damaged."""
        path = Path(self.path)
        if self.packing is None:
            return Part(path, 0, path.stat().st_size)
        if self.packing.is_deflated:
            raise ValueError("it is compressed")
        with path.open("rb") as file:
            return Part(path, self.packing.start(file), self.packing.size)

    def to_json(self) -> dict[str, Any]:
        """A JSON-safe dict; `stretch_from_json` gives the equal value back."""
        return {"path": self.path, "packing": None if self.packing is None else asdict(self.packing)}

    def chunks(self, file: BinaryIO) -> Iterator[bytes]:
        """The bytes, about a MiB at once; file: `path`, opened for reading.

        Raises OSError, and ValueError or zlib.error where the zip is damaged; nothing that came before is to be used
        then. Memory: two chunks, whatever it would unpack to.
        """
        if self.packing is None:
            yield from _read(file, None)
            return
        wanted, size, crc = self.packing, 0, 0
        file.seek(wanted.start(file))
        found = _read(file, wanted.packed)
        for chunk in _inflated(found) if wanted.is_deflated else found:
            size += len(chunk)
            if size > wanted.size:
                break
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if size != wanted.size or wanted.crc not in (None, crc):
            raise ValueError("it is not what its zip says")


def _read(file: BinaryIO, left: int | None) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK if left is None else min(left, _CHUNK)):
        left = None if left is None else left - len(chunk)
        yield chunk


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_RAW_DEFLATE)
    for chunk in packed:
        left = chunk
        while left:
            if found := inflater.decompress(left, _CHUNK):
                yield found
            left = inflater.unconsumed_tail
    if found := inflater.flush():
        yield found


def stretch_from_json(data: Mapping[str, Any]) -> Stretch:
    """The inverse of `Stretch.to_json`."""
    packing = data["packing"]
    return Stretch(data["path"], None if packing is None else Packing(**packing))
