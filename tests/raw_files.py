"""Camera RAW files that we write ourselves: no camera's may be handed on."""

from __future__ import annotations

import struct
from pathlib import Path

WIDTH, HEIGHT = 64, 48


def entry(tag: int, kind: int, *values: int) -> tuple[int, int, bytes]:
    code = {1: "B", 3: "H", 4: "I"}[kind]
    return tag, kind, struct.pack(f"<{len(values)}{code}", *values)


def dng(path: Path, orientation: int = 1, preview: bytes = b"") -> Path:
    """An uncompressed DNG of a grey field, the smallest that LibRaw develops; with a stored JPEG if one is given."""
    mosaic = struct.pack("<H", 20_000) * (WIDTH * HEIGHT)
    matrix = struct.pack("<18i", *[part for i in range(9) for part in (int(i % 4 == 0), 1)])
    rows = [
        entry(254, 4, 0),
        entry(256, 4, WIDTH),
        entry(257, 4, HEIGHT),
        entry(258, 3, 16),
        entry(259, 3, 1),
        entry(262, 3, 32803),
        (271, 2, b"Ours\x00"),
        (272, 2, b"Box\x00"),
        entry(273, 4, 0),
        entry(274, 3, orientation),
        entry(277, 3, 1),
        entry(278, 4, HEIGHT),
        entry(279, 4, len(mosaic)),
        entry(33421, 3, 2, 2),
        entry(33422, 1, 0, 1, 1, 2),
        entry(50706, 1, 1, 4, 0, 0),
        (50708, 2, b"Ours Box\x00"),
        (50721, 10, matrix),
    ]
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 10: 8}
    behind = 8 + 2 + 12 * len(rows) + 4
    extra = b""
    table = b""
    data_at = behind + sum(len(value) for _, _, value in rows if len(value) > 4)
    for tag, kind, value in rows:
        stored = struct.pack("<I", data_at) if tag == 273 else value
        inline = stored.ljust(4, b"\x00") if len(stored) <= 4 else struct.pack("<I", behind + len(extra))
        extra += stored if len(stored) > 4 else b""
        table += struct.pack("<HHI", tag, kind, len(stored) // sizes[kind]) + inline
    image_end = data_at + len(mosaic)
    following = struct.pack("<I", image_end if preview else 0)
    head = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(rows))
    path.write_bytes(head + table + following + extra + mosaic + preview_directory(preview, image_end))
    return path


def preview_directory(jpeg: bytes, at: int) -> bytes:
    """A second directory that holds a stored JPEG, as cameras write it."""
    rows = [
        entry(254, 4, 1),
        entry(256, 4, 320),
        entry(257, 4, 240),
        entry(259, 3, 6),
        entry(262, 3, 6),
        entry(513, 4, at + 2 + 12 * 7 + 4),
        entry(514, 4, len(jpeg)),
    ]
    table = b"".join(struct.pack("<HHI", tag, kind, 1) + value.ljust(4, b"\x00") for tag, kind, value in rows)
    return struct.pack("<H", len(rows)) + table + bytes(4) + jpeg
