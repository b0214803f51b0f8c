"""Dates among ExifTool's tags: each with the offset, the day or the clock that stands in a tag of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from timeline_local.domain.moments import Precision
from timeline_local.domain.stamps import Stamp, read_instant, read_offset, read_stamp
from timeline_local.domain.xmp import XmpDate
from timeline_local.domain.zones import MAX_OFFSET_MIN
from timeline_local.importers.loose import number, spelled, spellings

_ORIGINAL, _DIGITIZED = ("OffsetTimeOriginal", "OffsetTime"), ("OffsetTimeDigitized", "OffsetTime")
# Best first; of films those of Apple's phones, of the older ones, and of Sony's cameras say their zone.
_DATES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("SubSecDateTimeOriginal", _ORIGINAL),
    ("DateTimeOriginal", _ORIGINAL),
    ("CreationDate", ()),
    ("ContentCreateDate", ()),
    ("CreationDateValue", ()),
    ("DateTimeCreated", ()),
    ("DateCreated", ()),
    ("SubSecCreateDate", _DIGITIZED),
    ("CreateDate", _DIGITIZED),
    ("SonyDateTime2", ()),
    ("SourceImageCreateTime", ()),
)
_FILM_CLOCKS = ("CreateDate", "MediaCreateDate", "TrackCreateDate")  # UTC, and written without saying so
_POINTS = frozenset({Precision.INSTANT, Precision.MINUTE})
_QUARTER, _TOLERANCE = timedelta(minutes=15), timedelta(minutes=1)


def dates_of(tags: Mapping[str, Any]) -> tuple[XmpDate, ...]:
    """The dates of a record, best first; those of a film's clock are instants."""
    is_film = not tags.keys().isdisjoint(_FILM_CLOCKS[1:])
    clock = _clock(tags, _FILM_CLOCKS if is_film else ("DateTimeUTC",))
    found = (_date(tags, name, offsets, clock) for name, offsets in _DATES)
    told = tuple(each for each in found if each is not None)
    lasts = (_date(tags, name, (), clock) for name in _FILM_CLOCKS[1:])
    return told or tuple(each for each in lasts if each is not None)[:1]


def _date(tags: Mapping[str, Any], name: str, offsets: tuple[str, ...], clock: datetime | None) -> XmpDate | None:
    stamp = read_stamp(spelled(tags.get(name)).removesuffix(" DST"))
    if stamp is None:
        return None
    if name == "DateCreated" and stamp.precision is Precision.DAY:
        stamp = read_stamp(f"{spelled(tags[name])} {spelled(tags.get('TimeCreated'))}") or stamp
    if stamp.utc_offset_min is None and stamp.precision in _POINTS:
        stamp = _with_offset(tags, stamp, name, offsets, clock)
    return XmpDate(name, stamp)


def gps_time(tags: Mapping[str, Any]) -> datetime | None:
    """The satellites' time, aware and in UTC."""
    apart = f"{spelled(tags.get('GPSDateStamp'))} {spelled(tags.get('GPSTimeStamp'))}"
    read = read_instant(spelled(tags.get("GPSDateTime"))) or read_instant(apart)
    return read[0] if read else None


def _clock(tags: Mapping[str, Any], names: tuple[str, ...]) -> datetime | None:
    """The instant beside the wall clocks, naive: of the film's clock, or of a phone that writes both."""
    found = (read_stamp(spelled(tags.get(name))) for name in names)
    bare = (each for each in found if each is not None and each.utc_offset_min is None)
    return next((each.local_at for each in bare if each.precision in _POINTS), None)


def _with_offset(
    tags: Mapping[str, Any], stamp: Stamp, name: str, offsets: tuple[str, ...], clock: datetime | None
) -> Stamp:
    if clock is not None and name in _FILM_CLOCKS and "DateTimeUTC" not in tags:
        return replace(stamp, utc_offset_min=0, is_utc=True)
    stated = (read_offset(spelled(tags.get(each))) for each in offsets)
    minutes = next((each for each in (*stated, *(_zone_hours(tags) if offsets else ())) if each is not None), None)
    if minutes is None and clock is not None:
        # Beside the clock of the film its wall clock tells the zone; cameras that know none write one into both.
        ahead = stamp.local_at - clock
        quarters = round(ahead / _QUARTER)
        is_zone = abs(ahead - quarters * _QUARTER) <= _TOLERANCE and 0 < abs(quarters) * 15 <= MAX_OFFSET_MIN
        minutes = quarters * 15 if is_zone else None
    return replace(stamp, utc_offset_min=minutes)


def _zone_hours(tags: Mapping[str, Any]) -> tuple[int, ...]:
    """Minutes east of UTC of TimeZoneOffset, which counts hours, those of the picture first."""
    hours = number(next(iter(spellings(tags.get("TimeZoneOffset"))[:1]), "").partition(" ")[0])
    return (int(hours * 60),) if hours is not None and abs(hours) * 60 <= MAX_OFFSET_MIN else ()
