"""Places, points and times as Google's five shapes of location history write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import PlaceRef
from timeline_local.domain.stamps import read_instant
from timeline_local.importers.position_columns import number, read_time

E7 = 10_000_000
# Of the years in which phones counted degrees in 32 bits: what went beyond came out at the other end.
_LAT_OVERFLOW, _LON_OVERFLOW, _WRAP = 900_000_000, 1_800_000_000, 2**32
# A file that was opened as something else and saved has other signs in the place of that of degrees.
_POINT = re.compile(
    r"(?:geo:)?\s*(?P<lat>[-+]?\d+(?:\.\d+)?)\s*[^\x00-\x7f]{0,5}\s*,"
    r"\s*(?P<lon>[-+]?\d+(?:\.\d+)?)\s*[^\x00-\x7f]{0,5}"
    r"(?:\s*,\s*(?P<up>[-+]?\d+(?:\.\d+)?)\s*m?)?(?:;.*)?"
)
_WHOLE_E7 = re.compile(r"\s*[-+]?\d{7,9}\s*,\s*[-+]?\d{7,10}\s*")
_NAMES = ("latLng", "LatLng", "placeLocation", "point", "geo")
_KINDS = {"HOME": "home", "INFERRED_HOME": "home", "WORK": "work", "INFERRED_WORK": "work", "SCHOOL": "school"}


def read_place(value: object) -> tuple[float, float, float | None] | None:
    """(latitude, longitude, height) of a text ("12.1°, -3.4°", "geo:12.1,-3.4,80") or an object with E7 degrees.

    None for anything else, and for what can be no position.
    """
    if isinstance(value, str):
        found = _POINT.fullmatch(value.strip())
        if found is None:
            return None
        up = float(found["up"]) if found["up"] else None
        unit = E7 if _WHOLE_E7.fullmatch(value) else 1
        return _real(float(found["lat"]) / unit, float(found["lon"]) / unit, up)
    if not isinstance(value, Mapping):
        return None
    lat = _e7(value, ("latitudeE7", "latE7"), _LAT_OVERFLOW)
    lon = _e7(value, ("longitudeE7", "lngE7", "lonE7"), _LON_OVERFLOW)
    if lat is None or lon is None:
        lat = number(value.get("latitude", value.get("lat")))
        lon = number(value.get("longitude", value.get("lng", value.get("lon"))))
    if lat is not None and lon is not None:
        return _real(lat, lon, number(value.get("altitude")))
    inner = next((value[name] for name in _NAMES if value.get(name)), None)
    return None if inner is None else read_place(inner)


def first_place(values: Iterable[object]) -> tuple[float, float, float | None] | None:
    """The first that is one."""
    return next((found for each in values if (found := read_place(each)) is not None), None)


def time_of(record: Mapping[str, Any], name: str) -> tuple[datetime, int | None] | None:
    """(instant, minutes east of UTC as written) of `name` or, as text or number of milliseconds, `nameMs`."""
    for key in (name, f"{name}Ms"):
        value = record.get(key)
        if value in (None, ""):
            continue
        found = read_instant(value) if isinstance(value, str) else None
        if found is not None:
            return found
        moment = read_time(value)
        if moment is not None:
            return moment, None
    return None


def later(start: datetime, minutes: object) -> datetime | None:
    """So many minutes after the start; the number may be a text."""
    found = number(minutes)
    try:
        return None if found is None else start + timedelta(minutes=found)
    except OverflowError:
        return None


def kind_of_place(semantic_type: object) -> str:
    """home, work or school of "TYPE_HOME", "Inferred Home", "HOME"; "" for the rest, which says nothing."""
    word = str(semantic_type or "").upper().replace(" ", "_").removeprefix("TYPE_")
    return _KINDS.get(word, "")


def place_ref(
    where: tuple[float, float, float | None] | None, *, key: str, kind: str, name: str, address: str
) -> PlaceRef:
    """The place of a visit. An unnamed home is called so."""
    lat, lon, up = where if where is not None else (None, None, None)
    return PlaceRef(
        lat=lat,
        lon=lon,
        altitude_m=up,
        name=name or kind.capitalize(),
        kind=kind,
        address=", ".join(line.strip() for line in address.splitlines() if line.strip()),
        key=key,
    )


def _e7(value: Mapping[str, Any], names: tuple[str, ...], overflow: int) -> float | None:
    found = next((each for name in names if (each := number(value.get(name))) is not None), None)
    if found is None:
        return None
    return (found - _WRAP if found > overflow else found) / E7


def _real(lat: float, lon: float, up: float | None) -> tuple[float, float, float | None] | None:
    return (round(lat, 7), round(lon, 7), up) if is_position(lat, lon) else None
