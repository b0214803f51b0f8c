"""Takes the symbols for debuggers out of libraries, where that leaves them whole.

`strip` moves parts of a library that patchelf has rewritten, as the makers of wheels do, and the loader may then refuse
it: numpy's OpenBLAS was one (2026-11). So the result counts only if the loader would put the same bytes at the same
addresses.
"""

from __future__ import annotations

import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

LOAD = 1
PAGE = 4096
ALLOCATED = 2
EMPTY = 8  # a section of zeros, which takes no room in the file


@dataclass(frozen=True, slots=True)
class Segment:
    """What the loader maps: `size` bytes of the file from `offset`, at an address."""

    offset: int
    address: int
    size: int


def strip_all(folder: Path) -> int:
    """Strip every library below the folder that survives it; the bytes that this saves."""
    libraries = sorted(file for file in folder.rglob("*.so*") if file.is_file() and not file.is_symlink())
    with tempfile.TemporaryDirectory() as temporary:
        return sum(_strip(library, Path(temporary, "stripped")) for library in libraries)


def _strip(library: Path, stripped: Path) -> int:
    subprocess.run(["strip", "--strip-unneeded", "-o", stripped, library], check=True, stderr=subprocess.DEVNULL)
    before, after = library.read_bytes(), stripped.read_bytes()
    if not is_loadable(after) or loaded_bytes(after) != loaded_bytes(before):
        return 0
    library.write_bytes(after)
    return len(before) - len(after)


def is_loadable(elf: bytes) -> bool:
    """Whether offsets and addresses agree as the loader demands; of a 64-bit little-endian ELF, as all here."""
    return all(segment.offset % PAGE == segment.address % PAGE for segment in _segments(elf))


def loaded_bytes(elf: bytes) -> dict[int, bytes]:
    """The content of every section by the address at which the loader puts it; a section that it misses is absent."""
    segments = _segments(elf)
    found = {}
    for kind, flags, address, offset, size in _sections(elf):
        is_mapped = any(
            segment.address <= address
            and address + size <= segment.address + segment.size
            and offset - segment.offset == address - segment.address
            for segment in segments
        )
        if flags & ALLOCATED and kind != EMPTY and is_mapped:
            found[address] = elf[offset : offset + size]
    return found


def _segments(elf: bytes) -> list[Segment]:
    (table,) = struct.unpack_from("<Q", elf, 0x20)
    width, count = struct.unpack_from("<HH", elf, 0x36)
    headers = (struct.unpack_from("<IIQQQQ", elf, table + width * number) for number in range(count))
    return [Segment(offset, address, size) for kind, _, offset, address, _, size in headers if kind == LOAD]


def _sections(elf: bytes) -> list[tuple[int, int, int, int, int]]:
    (table,) = struct.unpack_from("<Q", elf, 0x28)
    width, count = struct.unpack_from("<HH", elf, 0x3A)
    headers = (struct.unpack_from("<IIQQQQ", elf, table + width * number) for number in range(count))
    return [(kind, flags, address, offset, size) for _, kind, flags, address, offset, size in headers]
