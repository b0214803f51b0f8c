"""Positions in GeoJSON: coordinates, and the properties that programs put beside them."""

from __future__ import annotations

from collections.abc import Mapping

from timeline_local.importers.position_columns import altitude_of, number, read_time, speed_of
from timeline_local.importers.tracks import Point

_LON_LAT, _HEIGHT_AT, _TIME_AT = 2, 2, 3


def point_of(coordinates: object, time: object, fields: Mapping[str, object]) -> Point | None:
    """A position [lon, lat, height, time]; heights and times may be in the properties instead.

    fields  properties as `position_columns.fields_of` names them.   time  what comes before the fourth coordinate.
    """
    parts = coordinates if isinstance(coordinates, list) else []
    if len(parts) < _LON_LAT:
        return None
    lon, lat = number(parts[0]), number(parts[1])
    if lon is None or lat is None:
        return None
    up = number(parts[_HEIGHT_AT]) if len(parts) > _HEIGHT_AT else None
    said = time if time is not None else parts[_TIME_AT] if len(parts) > _TIME_AT else None
    accuracy = number(fields.get("accuracy_m"))
    return Point(
        lat,
        lon,
        at=read_time(said),
        altitude_m=up if up is not None else altitude_of(fields),
        accuracy_m=accuracy if accuracy is not None and accuracy >= 0 else None,
        speed_mps=speed_of(fields),
    )
