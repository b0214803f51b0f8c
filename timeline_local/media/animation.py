"""How long an animated GIF or WebP runs, from its block structure alone: no frame is decoded."""

from collections.abc import Iterator
from typing import BinaryIO

_MAX_BLOCKS = 200_000
_EXTENSION, _PICTURE, _GRAPHIC_CONTROL, _APPLICATION = 0x21, 0x2C, 0xF9, 0xFF
_HAS_TABLE = 0x80


def gif_duration_ms(file: BinaryIO) -> int | None:
    """The sum of the frame delays; None for a single picture or a broken structure."""
    frames = total = 0
    for label, content, _ in _gif_blocks(file):
        frames += label == _PICTURE
        if label == _GRAPHIC_CONTROL and len(content) >= 3:  # noqa: PLR2004 - flags and delay
            total += int.from_bytes(content[1:3], "little") * 10
    return total if frames > 1 else None


def gif_extensions(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """The name of each program's own block, and where in the file its content begins."""
    return ((content, start) for label, content, start in _gif_blocks(file) if label == _APPLICATION)


def webp_duration_ms(file: BinaryIO) -> int | None:
    """The sum of the frame durations; None for a single picture."""
    at, frames, total = 12, 0, 0
    for _ in range(_MAX_BLOCKS):
        file.seek(at)
        head = file.read(24)
        if len(head) < 8:  # noqa: PLR2004 - a chunk head
            break
        size = int.from_bytes(head[4:8], "little")
        if head[:4] == b"ANMF":
            frames += 1
            total += int.from_bytes(head[20:23], "little")
        at += 8 + size + size % 2
    return total if frames > 1 else None


def _skip_table(file: BinaryIO, flags: int) -> None:
    if flags & _HAS_TABLE:
        file.read(3 * 2 ** ((flags & 7) + 1))


def _gif_blocks(file: BinaryIO) -> Iterator[tuple[int, bytes, int]]:
    """What each block is, what stands in the first part of an extension, and where that ends."""
    file.seek(6)
    head = file.read(7)
    if len(head) < 7:  # noqa: PLR2004 - the logical screen descriptor
        return
    _skip_table(file, head[4])
    for _ in range(_MAX_BLOCKS):
        block = (file.read(1) or b"\x3b")[0]
        if block == _EXTENSION:
            label, size = (file.read(2) + b"\x00\x00")[:2]
            content = file.read(size)
            start = file.tell()
            yield label, content, start
            file.seek(start)  # whoever asked may have read on
            if size:
                _skip_sub_blocks(file)
        elif block == _PICTURE:
            yield block, b"", file.tell()
            _skip_table(file, (file.read(9) or bytes(9))[-1])
            file.read(1)
            _skip_sub_blocks(file)
        else:
            return


def _skip_sub_blocks(file: BinaryIO) -> None:
    while size := (file.read(1) or b"\x00")[0]:
        file.read(size)
