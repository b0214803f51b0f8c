"""Made-up pictures of a given size, for copies of a library that must show nothing of the original."""

from __future__ import annotations

import io
from functools import lru_cache

MOST_PIXELS = 100_000_000
_COMMENT = b"\xff\xfe"


def placeholder(width: int, height: int, mark: bytes) -> bytes:
    """A grey JPEG of this size with a cross on it. mark: at most 65,000 bytes that make the file unlike all others."""
    plain = _plain(width, height)
    return plain[:2] + _COMMENT + (len(mark) + 2).to_bytes(2, "big") + mark + plain[2:]


@lru_cache(maxsize=64)
def _plain(width: int, height: int) -> bytes:
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only when a copy is made

    picture = Image.new("L", (width, height), 96 + (width * 31 + height * 17) % 96)
    draw = ImageDraw.Draw(picture)
    draw.line((0, 0, width, height), fill=40, width=max(1, width // 200))
    draw.line((0, height, width, 0), fill=220, width=max(1, width // 200))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=40)
    return file.getvalue()
