"""A made-up Google Takeout: photos of years with their sidecars, albums with copies, over several zip files."""

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


@dataclass(frozen=True, slots=True)
class Made:
    """items: memories it must become. media: files of them, copies in albums left out."""

    folder: Path
    items: int
    media: int
    media_bytes: int


def make_takeout(
    folder: Path, *, items: int, zips: int, kilobytes: int, seed: int, compression: int = zipfile.ZIP_STORED
) -> Made:
    """Write `takeout-…-001.zip` and so on: sidecars and pictures fall into any of them, as Google does it.

    One in ten lies in an album too, one in twenty has an edited version.
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


def _files(items: int, kilobytes: int, dice: random.Random) -> Iterator[tuple[str, bytes, bool]]:
    base = Image.effect_noise((160, 120), 40).convert("RGB")
    for number in range(items):
        taken = _FIRST + timedelta(minutes=number * 97)
        name = f"IMG_{taken:%Y%m%d_%H%M%S}_{number:06}.jpg"
        year = f"Takeout/Google Photos/Photos from {taken:%Y}"
        picture = _picture(base, taken, dice.randbytes(kilobytes * 1024 * dice.randrange(50, 150) // 100))
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


def _picture(base: Image.Image, taken: datetime, filling: bytes) -> bytes:
    """A small JPEG with a camera's date; the filling stands where a real one has more pixels."""
    exif = Image.Exif()
    exif.get_ifd(_EXIF)[_ORIGINAL] = f"{taken + timedelta(hours=2):%Y:%m:%d %H:%M:%S}"
    found = io.BytesIO()
    base.save(found, "JPEG", quality=30, exif=exif)
    data = found.getvalue()
    comments = b"".join(
        b"\xff\xfe" + (len(part) + 2).to_bytes(2, "big") + part
        for part in (filling[start : start + 60_000] for start in range(0, len(filling), 60_000))
    )
    return data[:-2] + comments + b"\xff\xd9" if not comments else data[:2] + comments + data[2:]


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
