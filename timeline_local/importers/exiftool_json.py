"""Sidecars that ExifTool, PhotoPrism and osxphotos write as JSON: the tags of a picture by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from timeline_local.domain.stamps import read_offset, read_stamp
from timeline_local.domain.xmp import Xmp, XmpDate, XmpPerson
from timeline_local.domain.xmp_values import percent_rating, rating_of
from timeline_local.importers import loose

_DATES = ("SubSecDateTimeOriginal", "DateTimeOriginal", "CreationDate", "DateCreated", "SubSecCreateDate", "CreateDate")
_OFFSETS = ("OffsetTimeOriginal", "OffsetTime")
_FILM_TAGS = frozenset({"MediaCreateDate", "TrackCreateDate"})
_TITLES = ("Title", "ObjectName", "XPTitle", "Headline")
_TEXTS = ("Description", "ImageDescription", "Caption-Abstract", "UserComment")
_KEYWORDS = ("HierarchicalSubject", "TagsList", "Subject", "Keywords")
_PEOPLE = ("PersonInImage", "RegionName", "RegionPersonDisplayName")
_DEGREES = re.compile(
    r"(?P<degrees>\d+(?:\.\d+)?)(?: deg)?(?:[ ]+(?P<minutes>\d+(?:\.\d+)?)')?(?:[ ]*(?P<seconds>\d+(?:\.\d+)?)\")?"
    r"[ ]*(?P<side>[NSEW])?",
    re.ASCII,
)
_HIGHEST_M = 500_000  # orbits that people are in; also what is no number ends here


def read_exiftool(data: bytes) -> Xmp | None:
    """What the tags say, in the words of XMP; None for any other JSON."""
    try:
        document = loose.document(data)
    except ValueError:
        return None
    record = document[0] if isinstance(document, list) and len(document) == 1 else document
    if not isinstance(record, dict) or not any(key.rpartition(":")[2] in {"SourceFile", "FileName"} for key in record):
        return None
    # "EXIF:DateTimeOriginal" and "DateTimeOriginal"; of several groups the first one speaks.
    tags: dict[str, Any] = {}
    for key, value in record.items():
        inner = value.items() if isinstance(value, dict) else ((key, value),)  # with -g a group is an object of its own
        for name, each in inner:
            tags.setdefault(name.rpartition(":")[2], each)
    lat, lon = _coordinate(tags, "GPSLatitude", 90), _coordinate(tags, "GPSLongitude", 180)
    is_placed = lat is not None and lon is not None and (lat, lon) != (0, 0)
    return Xmp(
        dates=tuple(_dates(tags)),
        lat=lat if is_placed else None,
        lon=lon if is_placed else None,
        altitude_m=_altitude(tags),
        rating=_rating(tags),
        title=_first(tags, _TITLES),
        description=_first(tags, _TEXTS),
        keywords=_all(tags, _KEYWORDS),
        people=tuple(XmpPerson(name) for name in _all(tags, _PEOPLE)),
        city=_first(tags, ("City",)),
        region=_first(tags, ("State", "Province-State")),
        country=_first(tags, ("Country", "Country-PrimaryLocationName")),
    )


def _dates(tags: Mapping[str, Any]) -> Iterator[XmpDate]:
    is_film = bool(_FILM_TAGS & tags.keys())  # whose clock is UTC, and is written without saying so
    offset = next((found for name in _OFFSETS if (found := _text(tags.get(name)))), "")
    for name in _DATES:
        text = _text(tags.get(name))
        stamp = read_stamp(text)
        if stamp is not None and stamp.utc_offset_min is None and name.endswith("Original") and offset:
            stamp = read_stamp(text + offset) if read_offset(offset) is not None else stamp
        if stamp is not None and stamp.utc_offset_min is None and name == "CreateDate" and is_film:
            stamp = read_stamp(f"{text}Z")
        if stamp is not None:
            yield XmpDate(name, stamp)


def _coordinate(tags: Mapping[str, Any], name: str, limit: int) -> float | None:
    value = tags.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        found, side = float(value), ""
    else:
        match = _DEGREES.fullmatch(_text(value))
        if match is None:
            return None
        found = float(match["degrees"]) + float(match["minutes"] or 0) / 60 + float(match["seconds"] or 0) / 3600
        side = match["side"] or ""
    side = (side or _text(tags.get(f"{name}Ref"))[:1]).upper()
    signed = -abs(found) if side in {"S", "W"} else found
    return signed if abs(signed) <= limit else None


def _altitude(tags: Mapping[str, Any]) -> float | None:
    """Of "4.062 m Above Sea Level", or of a number with its reference beside it; below the sea below 0."""
    text, below = _text(tags.get("GPSAltitude")), _text(tags.get("GPSAltitudeRef"))
    try:
        found = float(text.partition(" ")[0])
    except ValueError:
        return None
    is_below = below == "1" or "below" in f"{text} {below}".casefold()
    return (-abs(found) if is_below else found) if abs(found) <= _HIGHEST_M else None


def _rating(tags: Mapping[str, Any]) -> int | None:
    stars = _first(tags, ("Rating", "UserRating"))
    return rating_of(stars) if stars else percent_rating(_text(tags.get("RatingPercent")))


def _first(tags: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := _text(tags.get(name)))), "")


def _all(tags: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        value = tags.get(name)
        for each in value if isinstance(value, list) else [value]:
            text = _text(each).replace("|", "/")
            if text and not any(text in known.split("/") for known in found):
                found.append(text)
    return tuple(dict.fromkeys(found))


def _text(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value.replace("\x00", "").encode("utf-8", "replace").decode().strip() if isinstance(value, str) else ""
