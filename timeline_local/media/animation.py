"""How long an animated GIF or WebP runs, from its block structure alone: no frame is decoded."""

from typing import BinaryIO

_MAX_BLOCKS = 200_000
_TRAILER, _EXTENSION, _PICTURE, _GRAPHIC_CONTROL = 0x3B, 0x21, 0x2C, 0xF9
_HAS_TABLE = 0x80


def gif_duration_ms(file: BinaryIO) -> int | None:
    """The sum of the frame delays; None for a single picture or a broken structure."""
    file.seek(6)
    head = file.read(7)
    if len(head) < 7:  # noqa: PLR2004 - the logical screen descriptor
        return None
    _skip_table(file, head[4])
    frames = total = 0
    for _ in range(_MAX_BLOCKS):
        block = file.read(1)
        if block == b"" or block[0] == _TRAILER:
            break
        if block[0] == _EXTENSION:
            total += _extension_delay_ms(file)
        elif block[0] == _PICTURE:
            frames += 1
            _skip_table(file, (file.read(9) or bytes(9))[-1])
            file.read(1)
            _skip_sub_blocks(file)
        else:
            break
    return total if frames > 1 else None


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


def _extension_delay_ms(file: BinaryIO) -> int:
    label = file.read(1)
    size = (file.read(1) or b"\x00")[0]
    content = file.read(size)
    if size:
        _skip_sub_blocks(file)
    if label != bytes([_GRAPHIC_CONTROL]) or len(content) < 3:  # noqa: PLR2004 - flags and delay
        return 0
    return int.from_bytes(content[1:3], "little") * 10


def _skip_sub_blocks(file: BinaryIO) -> None:
    while size := (file.read(1) or b"\x00")[0]:
        file.read(size)
