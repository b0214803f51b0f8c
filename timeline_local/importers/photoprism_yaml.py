"""The sidecars that PhotoPrism writes as YAML: what its owner, the picture and PhotoPrism itself said of a picture.

Each value has its source beside it. Titles, keywords and places that PhotoPrism made up itself are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from timeline_local.domain.drafts import JSON
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.domain.xmp import Xmp
from timeline_local.importers import loose
from timeline_local.importers.encodings import decode
from timeline_local.importers.front_matter import load_yaml

MAX_BYTES = 256 * 1024

_BY_HAND = frozenset({"manual", "batch", "admin"})
_TOLD = _BY_HAND | {"meta", "xmp", "yaml"}
_NO_ZONE = frozenset({"", "Local"})


@dataclass(frozen=True, slots=True)
class PhotoPrismSidecar:
    """xmp: texts, keywords, place and the favourite's mark, in the words of XMP; its dates are in `evidence`.

    uid  what PhotoPrism's albums call the picture.
    """

    uid: str
    xmp: Xmp
    evidence: tuple[TimeEvidence, ...]
    is_archived: bool
    extra: Mapping[str, JSON]


def read_photoprism(data: bytes) -> PhotoPrismSidecar | None:
    """What the file says; None for any other YAML."""
    record = load_yaml(decode(data))
    if record is None or not isinstance(record.get("UID"), str) or not isinstance(record.get("TakenAt"), datetime):
        return None
    details = loose.members(record.get("Details"))
    lat, lon = loose.coordinates(record.get("Lat"), record.get("Lng"))
    is_placed = lat is not None and _source(record, "Place") != "estimate"
    return PhotoPrismSidecar(
        uid=record["UID"],
        xmp=Xmp(
            lat=lat if is_placed else None,
            lon=lon if is_placed else None,
            altitude_m=(loose.number(record.get("Altitude")) or None) if is_placed else None,
            title=_told(record, "Title"),
            description=_told(record, "Caption") or _told(record, "Description"),
            notes=_told(details, "Notes"),
            keywords=tuple(word for each in _told(details, "Keywords").split(",") if (word := each.strip())),
            is_favourite=record.get("Favorite") is True,
        ),
        evidence=(_evidence(record, has_zone=lat is not None),),
        is_archived=record.get("DeletedAt") is not None,
        extra=_extra(record),
    )


def _source(record: Mapping[str, Any], name: str) -> str:
    return loose.text(record.get(f"{name}Src"))


def _told(record: Mapping[str, Any], name: str) -> str:
    """A text that somebody wrote, or that stood in the file."""
    return loose.text(record.get(name)) if _source(record, name) in _TOLD else ""


def _evidence(record: Mapping[str, Any], *, has_zone: bool) -> TimeEvidence:
    """TakenAt is UTC where PhotoPrism knew a zone, the camera's clock where it did not.

    Older versions do not write the zone: they had one where there is a place, or where the day there is another.
    """
    taken: datetime = record["TakenAt"]
    instant = taken.astimezone(UTC) if taken.tzinfo else taken.replace(tzinfo=UTC)
    source, zone = _source(record, "Taken"), loose.text(record.get("TimeZone"))
    is_wall_clock = zone in _NO_ZONE and not has_zone and _local_day(record) in {None, instant.date()}
    return TimeEvidence(
        basis=TimeBasis.SIDECAR if source in _TOLD else TimeBasis.FILE_DATE,
        local_at=instant.replace(tzinfo=None) if is_wall_clock else None,
        instant=None if is_wall_clock else instant,
        zone=loose.zone(zone) if zone not in {"", "UTC"} else None,
        origin="PhotoPrism sidecar",
        may_correct=source in _BY_HAND,
    )


def _local_day(record: Mapping[str, Any]) -> date | None:
    try:
        return date(*(int(record[name]) for name in ("Year", "Month", "Day")))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _extra(record: Mapping[str, Any]) -> dict[str, JSON]:
    found: dict[str, JSON] = {
        "original_name": loose.text(record.get("OriginalName")),
        "private": record.get("Private") is True,
    }
    return {name: value for name, value in found.items() if value}
