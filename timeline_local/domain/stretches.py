"""Where the bytes of a file lie on disk, for a process that is to read them without knowing archives and folders."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from timeline_local.domain.parts import Part

ZIP_HEADER = struct.Struct("<4s5H3I2H")
"""What stands before each file of a zip; its last two numbers are the lengths of name and extra, which follow."""
_BEGINS = b"PK\3\4"
_NAME_AND_EXTRA = 1024  # what stands between header and bytes is seldom more
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
        start = self.header + _behind(file.read(ZIP_HEADER.size))
        if start + self.packed > self.end:
            raise ValueError("it reaches beyond the files of its zip")
        return start


_NAMES = tuple(field.name for field in fields(Packing))


@dataclass(frozen=True, slots=True)
class Stretch:
    """All of the file at `path`, or what the zip there holds as `packing` says."""

    path: str
    packing: Packing | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the bytes stand there as they are."""
        return self.packing is None or not self.packing.is_deflated

    def part(self) -> Part:
        """Where the bytes stand as they are. Raises OSError, and ValueError where they are compressed or damaged."""
        path = Path(self.path)
        if self.packing is None:
            return Part(path, 0, path.stat().st_size)
        if not self.is_plain:
            raise ValueError("it is compressed")
        with path.open("rb") as file:
            return Part(path, self.packing.start(file), self.packing.size)

    def to_json(self) -> dict[str, Any]:
        """A JSON-safe dict; `stretch_from_json` gives the equal value back."""
        packing = self.packing
        return {
            "path": self.path,
            "packing": None if packing is None else {name: getattr(packing, name) for name in _NAMES},
        }

    def read(self) -> bytes:
        """All of a small file that a zip holds, in three calls of the system. Raises as `chunks`."""
        assert self.packing is not None  # noqa: S101 - for what a zip holds
        wanted = self.packing
        descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            os.lseek(descriptor, wanted.header, os.SEEK_SET)
            found = os.read(descriptor, ZIP_HEADER.size + _NAME_AND_EXTRA + wanted.packed)
        finally:
            os.close(descriptor)
        start = _behind(found)
        if wanted.header + start + wanted.packed > wanted.end or len(found) < start + wanted.packed:
            raise ValueError("it reaches beyond the files of its zip")
        data = found[start : start + wanted.packed]
        if wanted.is_deflated:
            inflater = zlib.decompressobj(_RAW_DEFLATE)
            data = inflater.decompress(data, wanted.size + 1)
        if len(data) != wanted.size or wanted.crc not in (None, zlib.crc32(data)):
            raise ValueError("it is not what its zip says")
        return data

    def chunks(self, file: BinaryIO, *, with_sum: bool = True) -> Iterator[bytes]:
        """The bytes, about a MiB at once; file: `path`, opened for reading.

        with_sum  compare the zip's checksum: half as much work as hashing, and needless for who knows the hash.
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
            crc = zlib.crc32(chunk, crc) if with_sum else crc
            yield chunk
        if size != wanted.size or (with_sum and wanted.crc not in (None, crc)):
            raise ValueError("it is not what its zip says")


def _behind(head: bytes) -> int:
    """The length of the header that this begins with. Raises ValueError where it is none."""
    if len(head) < ZIP_HEADER.size or not head.startswith(_BEGINS):
        raise ValueError("no file begins here")
    *_, name, extra = ZIP_HEADER.unpack_from(head)
    return ZIP_HEADER.size + int(name) + int(extra)


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
