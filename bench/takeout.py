"""A made-up Google Takeout: photos of years with their sidecars, albums with copies, over several zip files.

Its pictures are as large as those of real exports: a phone's camera of 12 megapixels writes 2 to 4 MB, older cameras
and what Google made smaller about 1 MB, screenshots and what came by messengers some hundred KB. Films are left out;
with them exports have far more bytes an item (one that its owner told of: 138,000 in 43 zips of 50 GB).
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

_FIRST = datetime(2004, 1, 1, 8, tzinfo=UTC)
_ORIGINAL, _EXIF = 0x9003, 0x8769
_ALBUM_SIZE = 40
_SUPPLEMENT = ".supplemental-metadata"
_CLIP = 46
_MOST = 60_000  # bytes in one segment of a JPEG
_SHARES = (  # of 16 pictures: pixels, noise (it decides about the size), JPEG quality
    (3, (4032, 3024), 4, 85),  # 2.1 MB
    (4, (4032, 3024), 8, 85),  # 3.0 MB
    (3, (4032, 3024), 12, 85),  # 3.9 MB
    (3, (2592, 1944), 8, 85),  # 1.2 MB
    (1, (1080, 2340), 10, 80),  # 0.6 MB
    (2, (1600, 1200), 6, 75),  # 0.2 MB
)


@dataclass(frozen=True, slots=True)
class Made:
    """items: memories it must become. media: files of them, copies in albums left out."""

    folder: Path
    items: int
    media: int
    media_bytes: int


def make_takeout(
    folder: Path, *, items: int, zips: int, kilobytes: int | None, seed: int, compression: int = zipfile.ZIP_STORED
) -> Made:
    """Write `takeout-…-001.zip` and so on: sidecars and pictures fall into any of them, as Google does it.

    One in ten lies in an album too, one in twenty has an edited version. kilobytes: of a picture; None: as real ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(seed)
    media = size = 0
    archives = [
        zipfile.ZipFile(folder / f"takeout-20240601T100000Z-{number:03}.zip", "w", compression)
        for number in range(1, zips + 1)
    ]
    try:
        for path, data, is_counted in _files(items, kilobytes, dice):
            dice.choice(archives).writestr(path, data)
            media += is_counted
            size += len(data) * is_counted
    finally:
        for archive in archives:
            archive.close()
    return Made(folder, items, media, size)


def _files(items: int, kilobytes: int | None, dice: random.Random) -> Iterator[tuple[str, bytes, bool]]:
    pixels = _real_ones(dice) if kilobytes is None else _filled_ones(kilobytes, dice)
    for number in range(items):
        taken = _FIRST + timedelta(minutes=number * 97)
        name = f"IMG_{taken:%Y%m%d_%H%M%S}_{number:06}.jpg"
        year = f"Takeout/Google Photos/Photos from {taken:%Y}"
        picture = _picture(next(pixels), taken)
        sidecar = _sidecar(name, taken, number)
        yield f"{year}/{name}", picture, True
        yield f"{year}/{(name + _SUPPLEMENT)[:_CLIP]}.json", sidecar, False
        if number % 20 == 0:
            yield f"{year}/{name.removesuffix('.jpg')}-edited.jpg", picture[:-2] + b"\x00\xff\xd9", True
        if number % 10 == 0:
            album = f"Takeout/Google Photos/Album {number // (10 * _ALBUM_SIZE)}"
            yield f"{album}/{name}", picture, False
            yield f"{album}/{(name + _SUPPLEMENT)[:_CLIP]}.json", sidecar, False
        if number % (10 * _ALBUM_SIZE) == 0:
            title = {"title": f"Album {number // (10 * _ALBUM_SIZE)}", "description": "", "access": "protected"}
            yield f"{album}/metadata.json", json.dumps(title).encode(), False


def _real_ones(dice: random.Random) -> Iterator[bytes]:
    """Pictures of the sizes that cameras and phones make, of as many pixels."""
    made = [_jpeg(size, noise, quality) for _, size, noise, quality in _SHARES]
    shares = [share for share, *_ in _SHARES]
    while True:
        yield dice.choices(made, shares)[0]


def _filled_ones(kilobytes: int, dice: random.Random) -> Iterator[bytes]:
    """Small pictures; a filling stands where one of so many kilobytes has more pixels."""
    small = _jpeg((160, 120), 40, 30)
    noise = dice.randbytes(2 * 1024 * kilobytes)
    while True:
        size = kilobytes * 1024 * dice.randrange(50, 150) // 100
        start = dice.randrange(len(noise) - size + 1)
        filling = noise[start : start + size]
        parts = (_segment(0xFE, filling[at : at + _MOST]) for at in range(0, size, _MOST))
        yield b"".join((small[:2], *parts, small[2:]))


def _jpeg(size: tuple[int, int], noise: float, quality: int) -> bytes:
    found = io.BytesIO()
    Image.effect_noise(size, noise).convert("RGB").save(found, "JPEG", quality=quality)
    return found.getvalue()


def _picture(pixels: bytes, taken: datetime) -> bytes:
    """The JPEG with a camera's date, which makes it one of its own."""
    exif = Image.Exif()
    exif.get_ifd(_EXIF)[_ORIGINAL] = f"{taken + timedelta(hours=2):%Y:%m:%d %H:%M:%S}"
    return pixels[:2] + _segment(0xE1, exif.tobytes()) + pixels[2:]


def _segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2, "big") + data


def _sidecar(name: str, taken: datetime, number: int) -> bytes:
    place = {"latitude": 48 + number % 900 / 100, "longitude": 2 + number % 700 / 100, "altitude": 30.0}
    stamp = {"timestamp": str(int(taken.timestamp())), "formatted": f"{taken:%d.%m.%Y, %H:%M:%S} UTC"}
    record = {
        "title": name,
        "description": f"photo {number}" if number % 7 == 0 else "",
        "imageViews": "1",
        "creationTime": {"timestamp": "1717236000", "formatted": "01.06.2024, 10:00:00 UTC"},
        "photoTakenTime": stamp,
        "geoData": place,
        "geoDataExif": place,
        "people": [{"name": f"Person {number % 12}"}] if number % 3 == 0 else [],
        "url": f"https://photos.google.com/photo/{number}",
        "favorited": number % 50 == 0,
    }
    return json.dumps(record, indent=2).encode()
