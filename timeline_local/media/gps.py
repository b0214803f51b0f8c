"""Positions as cameras and phones write them: EXIF degree triples and ISO 6709 texts."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from timeline_local.media.tiff import Directory, Number

_LAT_REF, _LAT, _LON_REF, _LON, _ALT_REF, _ALT = 1, 2, 3, 4, 5, 6
_BELOW_SEA_LEVEL = (1, 3)  # EXIF 3 adds 2 and 3: above and below the ellipsoid.

_ISO6709 = re.compile(r"^([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?(?:CRS.*)?/?$")
_TRIPLE = re.compile(r"(\d{1,3}[.,]\d{1,9}),\s*(\d{1,2}[.,]\d{1,9}),\s*(\d{1,2}[.,]\d{1,9})", re.ASCII)


class Position(NamedTuple):
    """Degrees north and east, metres above sea level or None."""

    lat: float
    lon: float
    altitude_m: float | None


def read_gps(gps: Directory) -> Position | None:
    """The position of an EXIF GPS directory; None when it is missing, out of range or the null island."""
    lat = _degrees(_numbers(gps, _LAT), negative=gps.text(_LAT_REF).upper().startswith("S"))
    lon = _degrees(_numbers(gps, _LON), negative=gps.text(_LON_REF).upper().startswith("W"))
    if lat is None or lon is None:
        return None
    return checked(lat, lon, _altitude(gps))


def parse_iso6709(text: str) -> Position | None:
    """`+32.0929+034.8620+028.516/` as a position; None when it is not one, or only degrees are not used."""
    found = _ISO6709.match(text.strip())
    if found is None:
        return None
    lat, lon, altitude = found.groups()
    return checked(_sexagesimal(lat, 2), _sexagesimal(lon, 3), float(altitude) if altitude else None)


def checked(lat: float, lon: float, altitude_m: float | None) -> Position | None:
    """The position, unless it is out of range or exactly (0, 0), which devices write for "no fix"."""
    if not (math.isfinite(lat) and math.isfinite(lon)) or abs(lat) > 90 or abs(lon) > 180 or lat == lon == 0:  # noqa: PLR2004
        return None
    # Nothing a person photographs from lies outside of the deepest sea floor and low orbit.
    usable = altitude_m is not None and math.isfinite(altitude_m) and -12_000 <= altitude_m <= 500_000  # noqa: PLR2004
    return Position(lat, lon, altitude_m if usable else None)


def _numbers(gps: Directory, tag: int) -> Sequence[Number]:
    """The three ratios of the standard; or a text, as programs for phones wrote it: "52,00000,50,00000,34,01180"."""
    numbers = gps.numbers(tag)
    found = None if numbers else _TRIPLE.fullmatch(gps.text(tag))
    return numbers if found is None else [float(each.replace(",", ".")) for each in found.groups()]


def _degrees(parts: Sequence[Number], *, negative: bool) -> float | None:
    if not parts:
        return None
    degrees = sum(float(part) / 60.0**place for place, part in enumerate(parts[:3]))
    return -degrees if negative else degrees


def _altitude(gps: Directory) -> float | None:
    altitude = gps.number(_ALT)
    if altitude is None:
        return None
    return -float(altitude) if gps.integer(_ALT_REF) in _BELOW_SEA_LEVEL else float(altitude)


def _sexagesimal(text: str, degree_digits: int) -> float:
    """ISO 6709 packs minutes and seconds behind the degrees: the number of digits tells which."""
    sign = -1.0 if text.startswith("-") else 1.0
    whole, _, fraction = text[1:].partition(".")
    rest = whole[degree_digits:]
    if len(rest) not in {2, 4}:
        return float(text)
    minutes = [rest[:2], rest[2:]] if len(rest) == 4 else [rest]  # noqa: PLR2004 - minutes and seconds
    minutes[-1] += f".{fraction or 0}"
    return sign * (float(whole[:degree_digits]) + sum(float(m) / 60.0**p for p, m in enumerate(minutes, 1)))
