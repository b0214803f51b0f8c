"""Sidecars that ExifTool, PhotoPrism and osxphotos write as JSON: the tags of a picture by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from timeline_local.domain.xmp import Xmp, XmpPerson
from timeline_local.domain.xmp_values import joined_keywords, percent_rating, rating_of, read_categories, split_levels
from timeline_local.importers import loose
from timeline_local.importers.exiftool_dates import dates_of, gps_time
from timeline_local.importers.exiftool_people import people_of

_GROUPS = frozenset({"EXIF", "XMP", "IPTC", "QuickTime"})
_TITLES = ("Title", "ObjectName", "XPTitle", "Headline")
_TEXTS = ("Description", "ImageDescription", "Caption-Abstract", "UserComment")
_HIERARCHIES = (("HierarchicalSubject", "|"), ("TagsList", "/"), ("LastKeywordXMP", "/"), ("CatalogSets", "|"))
_DEGREES = re.compile(
    r"(?P<degrees>\d+(?:\.\d+)?)(?: deg|°)?(?:[ ]+(?P<minutes>\d+(?:\.\d+)?)')?(?:[ ]*(?P<seconds>\d+(?:\.\d+)?)\")?"
    r"[ ]*(?P<side>[NSEW])?",
    re.ASCII,
)
_SIDES = re.compile(r"([^NS,]+[NS])[ ]*([^EW,]+[EW])", re.ASCII)
_HIGHEST_M = 500_000  # orbits that people are in; also what is no number ends here


def read_exiftool(data: bytes) -> Xmp | None:
    """What the tags say, in the words of XMP; None for any other JSON."""
    try:
        document = loose.document(data)
    except ValueError:
        return None
    record = document[0] if isinstance(document, list) and len(document) == 1 else document
    if not isinstance(record, dict) or not _is_tags(record):
        return None
    # "EXIF:DateTimeOriginal" and "DateTimeOriginal"; of several groups the first one speaks.
    tags: dict[str, Any] = {}
    for key, value in record.items():
        inner = value.items() if isinstance(value, dict) else ((key, value),)  # with -g a group is an object of its own
        for name, each in inner:
            tags.setdefault(name.rpartition(":")[2], each)
    lat, lon = _position(tags)
    return Xmp(
        dates=dates_of(tags),
        gps_at=gps_time(tags),
        lat=lat,
        lon=lon,
        altitude_m=_altitude(tags),
        rating=_rating(tags),
        title=_first(tags, _TITLES),
        description=_first(tags, _TEXTS),
        keywords=_keywords(tags),
        people=tuple(map(XmpPerson, people_of(tags))),
        city=_first(tags, ("City",)),
        region=_first(tags, ("State", "Province-State")),
        country=_first(tags, ("Country", "Country-PrimaryLocationName")),
    )


def _is_tags(record: Mapping[str, Any]) -> bool:
    """Whether these are tags of a picture: its name is one, or they are called by ExifTool's groups (osxphotos)."""
    return any(
        key.rpartition(":")[2] in {"SourceFile", "FileName"} or (":" in key and key.partition(":")[0] in _GROUPS)
        for key in record
    )


def _position(tags: Mapping[str, Any]) -> tuple[float, float] | tuple[None, None]:
    """Of both tags, or of the one that has both; (0, 0) is no place."""
    lat, lon = _coordinate(tags, "GPSLatitude", 90), _coordinate(tags, "GPSLongitude", 180)
    if lat is None or lon is None:
        both = _first(tags, ("GPSPosition", "GPSCoordinates"))
        sides = _SIDES.fullmatch(both)
        parts = list(map(str, sides.groups())) if sides else both.split(",") if "," in both else both.split()
        north, east, *_ = (*parts, "", "")  # a height may follow
        lat, lon = _degrees(north, "", 90), _degrees(east, "", 180)
    return (lat, lon) if lat is not None and lon is not None and (lat, lon) != (0, 0) else (None, None)


def _coordinate(tags: Mapping[str, Any], name: str, limit: int) -> float | None:
    return _degrees(tags.get(name), loose.spelled(tags.get(f"{name}Ref"))[:1], limit)


def _degrees(value: object, side: str, limit: int) -> float | None:
    """Decimal degrees of a number, or of degrees, minutes and seconds, signed or with their side in them or beside."""
    found = loose.number(value)
    if found is None:
        match = _DEGREES.fullmatch(loose.text(value))
        if match is None:
            return None
        found = float(match["degrees"]) + float(match["minutes"] or 0) / 60 + float(match["seconds"] or 0) / 3600
        side = match["side"] or side
    signed = -abs(found) if side.upper() in {"S", "W"} else found
    return signed if abs(signed) <= limit else None


def _altitude(tags: Mapping[str, Any]) -> float | None:
    """Of "4.062 m Above Sea Level", or of a number with its reference beside it; below the sea below 0."""
    text, below = loose.spelled(tags.get("GPSAltitude")), loose.spelled(tags.get("GPSAltitudeRef"))
    try:
        found = float(text.partition(" ")[0])
    except ValueError:
        return None
    is_below = below == "1" or "below" in f"{text} {below}".casefold()
    return (-abs(found) if is_below else found) if abs(found) <= _HIGHEST_M else None


def _rating(tags: Mapping[str, Any]) -> int | None:
    stars = _first(tags, ("Rating", "UserRating"))
    return rating_of(stars) if stars else percent_rating(loose.spelled(tags.get("RatingPercent")))


def _first(tags: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := loose.spelled(tags.get(name)))), "")


def _keywords(tags: Mapping[str, Any]) -> tuple[str, ...]:
    levels = [split_levels(text, divider) for name, divider in _HIERARCHIES for text in loose.spellings(tags.get(name))]
    levels += read_categories(loose.text(tags.get("Categories")))
    flat = (text for name in ("Subject", "Keywords") for text in loose.spellings(tags.get(name)))
    return joined_keywords(levels, (text.replace("|", "/") for text in flat))
