"""OwnTracks messages, as the app sends them and the recorder keeps them.

Source: the JSON page of the OwnTracks booklet. Speeds are kilometres an hour, `tst` counts seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import Draft, PlaceRef
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.position_columns import number, read_time
from timeline_local.importers.tracks import Point

POSITIONS = frozenset({"location", "transition"})
WAYPOINT = "waypoint"
SAYS_NOTHING = frozenset(
    {"beacon", "card", "cmd", "configuration", "dump", "encrypted", "lwt", "request", "status", "steps", "waypoints"}
)
_KMH = 3.6


def point_of(message: Mapping[str, Any]) -> Point | None:
    """Where a message says its device was; None without coordinates that can be meant. Its time may be missing."""
    lat, lon = number(message.get("lat")), number(message.get("lon"))
    if lat is None or lon is None or not is_position(lat, lon):
        return None
    speed = number(message.get("vel"))
    return Point(
        lat,
        lon,
        at=read_time(message.get("tst")),
        altitude_m=number(message.get("alt")),
        accuracy_m=number(message.get("acc")),
        speed_mps=speed / _KMH if speed is not None and speed >= 0 else None,
    )


def device_of(message: Mapping[str, Any]) -> str:
    """owntracks/anna/phone, without what messages of other kinds append to their topic."""
    topic = "/".join(str(message.get("topic") or "").split("/")[:3])
    return topic or f"owntracks {message.get('tid') or ''}".strip()


def waypoint_key(message: Mapping[str, Any], point: Point) -> str:
    """What a waypoint is known by: its name, its place and when it was marked."""
    at = "" if point.at is None else point.at.isoformat()
    return f"waypoint:{message.get('desc') or ''}@{point.lat:.5f},{point.lon:.5f}@{at}"


def waypoint_draft(message: Mapping[str, Any], point: Point, key: str) -> Draft:
    """A waypoint as a visit."""
    name = str(message.get("desc") or "")
    evidence = () if point.at is None else (_evidence(point),)
    return Draft(
        source_key=key,
        kind=Kind.VISIT,
        title=name or "Waypoint",
        evidence=evidence,
        place=PlaceRef(lat=point.lat, lon=point.lon, name=name, key=str(message.get("rid") or "")),
    )


def _evidence(point: Point) -> TimeEvidence:
    return TimeEvidence(basis=TimeBasis.GPS, instant=point.at, origin="OwnTracks waypoint")
