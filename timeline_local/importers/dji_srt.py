"""What DJI's drones write beside their films as subtitles: for every second or frame where and when it was.

Each model has words of its own: "GPS(149.0251,-20.2533,16)", "[latitude: 69.18] [longtitude: 35.25]". The date is that
of the clock in the remote control.
"""

from __future__ import annotations

import math
import re

from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.xmp import Xmp, XmpDate
from timeline_local.importers import loose
from timeline_local.importers.encodings import decode

READ_BYTES = 1024 * 1024  # a minute of frames; who has no position by then will hardly get one
_TIMED = re.compile(r"\d{2}:\d{2}:\d{2},\d{3} --> \d{2}:\d{2}:\d{2},\d{3}")
_NUMBER = r"(-?\d{1,3}(?:\.\d{1,12})?)"
# "longtitude" is how DJI spelled it for years.
_NAMED = re.compile(
    rf"\[\s*latitude\s*:\s*{_NUMBER}\s*\]\s*\[\s*long?t?itude\s*:\s*{_NUMBER}\s*\]", re.IGNORECASE | re.ASCII
)
# A height in metres behind them ("0.0M") and the latitude is first; a count of satellites, and the longitude is.
_PAIR = re.compile(rf"\bGPS\s*\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*,\s*-?[\d.]{{1,12}}(?P<metres>M)?", re.ASCII)
_HEIGHT = re.compile(r"\babs_alt\s*:\s*(-?\d{1,5}(?:\.\d{1,9})?)|\[altitude\s*:\s*(-?\d{1,5}(?:\.\d{1,9})?)", re.ASCII)
_DATE = re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})[ T](\d{1,2}:\d\d:\d\d)(?:[.,](\d{3}))?", re.ASCII)
_POLE, _DATE_LINE = 90, 180


def read_dji(data: bytes) -> Xmp | None:
    """What the beginning of such a file says, in the words of XMP; None for subtitles of anything else."""
    text = decode(data)
    if not _TIMED.search(text):
        return None
    lat, lon = _position(text)
    date = _DATE.search(text)
    is_drones = "DiffTime" in text or "SrtCnt" in text or _NAMED.search(text) or _PAIR.search(text)
    if not is_drones:
        return None
    height = _HEIGHT.search(text) if lat is not None else None
    stamp = read_stamp(_spelled(date)) if date else None
    return Xmp(
        dates=(XmpDate("DJI subtitles", stamp),) if stamp is not None else (),
        lat=lat,
        lon=lon,
        altitude_m=loose.number(height[1] or height[2]) if height else None,
    )


def _spelled(date: re.Match[str]) -> str:
    year, _, month, day, clock, millis = date.groups()
    return f"{year}-{int(month):02}-{int(day):02} {clock:0>8}{f'.{millis}' if millis else ''}"


def _position(text: str) -> tuple[float, float] | tuple[None, None]:
    """The first that is one: before there are enough satellites, drones write zeros."""
    for found in _NAMED.finditer(text):
        lat, lon = float(found[1]), float(found[2])
        if lat and lon:
            return _degrees(lat, lon)
    for found in _PAIR.finditer(text):
        one, two = float(found[1]), float(found[2])
        lat, lon = (one, two) if found["metres"] or abs(two) > _POLE else (two, one)
        if lat and lon and abs(lat) <= _POLE and abs(lon) <= _DATE_LINE:
            return lat, lon
    return None, None


def _degrees(lat: float, lon: float) -> tuple[float, float] | tuple[None, None]:
    """Some firmware writes radians. What would be both lies in the sea south of Ghana, hundreds of miles off land."""
    if abs(lat) <= math.pi / 2 and abs(lon) <= math.pi:
        return math.degrees(lat), math.degrees(lon)
    return loose.coordinates(lat, lon)
