"""Values out of foreign JSON: what is not of the type that was hoped for is as good as absent."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from timeline_local.domain.drafts import PlaceRef
from timeline_local.domain.zones import find_zone
from timeline_local.importers.encodings import clean, decode

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def document(data: bytes | str) -> object:
    """The value of a JSON that is read whole, in any encoding. NaN is let pass, half a character becomes a sign.

    Raises ValueError.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return _cleaned(json.loads(data if isinstance(data, str) else decode(data)))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _cleaned(value: Any) -> Any:  # noqa: ANN401 - JSON is anything
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    return {clean(name): _cleaned(each) for name, each in value.items()} if isinstance(value, dict) else value


def record(value: object) -> bytes:
    """The source's own record of something, as JSON. Numbers may have any length."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def text(value: object) -> str:
    """A text without NULs, halves of characters and spaces around it; "" for anything else."""
    return clean(value).strip() if isinstance(value, str) else ""


def spelled(value: object) -> str:
    """A text as `text` gives it, or a number as it is written; "" for anything else."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else text(value)


def spellings(value: object) -> list[str]:
    """As `spelled` of each member of a list, or of the value that stands alone."""
    return [spelled(each) for each in (value if isinstance(value, list) else [value])]


def items(value: object) -> list[Any]:
    """A list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def members(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list that are not empty."""
    return tuple(told for each in items(value) if (told := text(each)))


def number(value: object) -> float | None:
    """A finite number, also one that is written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def instant(value: object) -> datetime | None:
    """ISO 8601 with an offset or Z, as aware UTC."""
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        return None if found is None or found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def instant_of_micros(value: object) -> datetime | None:
    """Microseconds since 1970, a number or a text; 0 is no date."""
    found = number(value)
    try:
        return _EPOCH + timedelta(microseconds=int(found)) if found else None
    except OverflowError:
        return None


def zone(value: object) -> str | None:
    """The name of a zone that this computer knows."""
    return value if isinstance(value, str) and find_zone(value) is not None else None


def coordinates(lat: object, lon: object) -> tuple[float, float] | tuple[None, None]:
    """Degrees of a place on Earth. (0, 0) is what devices write that do not know."""
    found_lat, found_lon = number(lat), number(lon)
    if found_lat is None or found_lon is None or abs(found_lat) > 90 or abs(found_lon) > 180:  # noqa: PLR2004 - degrees
        return None, None
    return (None, None) if (found_lat, found_lon) == (0, 0) else (found_lat, found_lon)


def place_or_none(place: PlaceRef) -> PlaceRef | None:
    """None for a place of which nothing is known."""
    return None if place == PlaceRef() else place
