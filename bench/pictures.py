"""Folders of made-up photos: small ones with metadata for scanning, large ones for previews."""

from __future__ import annotations

import io
import random
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

_MAKE, _MODEL, _DATE_TIME, _EXIF, _GPS = 0x010F, 0x0110, 0x0132, 0x8769, 0x8825
_ORIGINAL, _OFFSET, _EXPOSURE, _ISO = 0x9003, 0x9011, 0x829A, 0x8827


def small_photos(folder: Path, count: int, seed: int) -> list[Path]:
    """JPEGs of 160 by 120 with what a camera writes into them, a hundred to a folder. Kept if they are there."""
    rng = random.Random(seed)
    paths = [folder / f"{number // 100:03}" / f"IMG_{number:05}.jpg" for number in range(count)]
    if len(list(folder.rglob("*.jpg"))) == count:
        return paths
    picture = Image.effect_noise((160, 120), 40).convert("RGB")
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.putpixel((number % 160, number // 160 % 120), (number & 255, number >> 8 & 255, 77))
        picture.save(path, "JPEG", quality=70, exif=_exif(rng, number), comment=f"photo {number}".encode())
    return paths


def large_photos(count: int, seed: int) -> list[bytes]:
    """Different JPEGs of 4000 by 3000 points, some 3 MB each."""
    rng = random.Random(seed)
    coarse = Image.effect_noise((500, 375), 80).resize((4000, 3000), Image.Resampling.BICUBIC)
    picture = Image.merge("RGB", (coarse, coarse.transpose(Image.Transpose.FLIP_LEFT_RIGHT), coarse))
    found = []
    for number in range(count):
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=88, exif=_exif(rng, number), comment=f"{seed} {number}".encode())
        found.append(data.getvalue())
    return found


def _exif(rng: random.Random, number: int) -> Image.Exif:
    taken = datetime(2010, 1, 1) + timedelta(minutes=number * 731)  # noqa: DTZ001 - a camera's clock
    text = taken.strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[_MAKE], exif[_MODEL], exif[_DATE_TIME] = "Fujifilm", "X100V", text
    exif.get_ifd(_EXIF).update({_ORIGINAL: text, _OFFSET: "+01:00", _EXPOSURE: IFDRational(1, 250), _ISO: 200})
    lat, lon = (IFDRational(rng.randrange(60_000_000), 1_000_000) for _ in range(2))
    exif.get_ifd(_GPS).update({1: "N", 2: (lat, 0.0, 0.0), 3: "E", 4: (lon, 0.0, 0.0)})
    return exif
