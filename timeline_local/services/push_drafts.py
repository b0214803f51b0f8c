"""From what was sent to drafts and tracks. What cannot be meant becomes a problem of its own; the rest goes on."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import orjson

from timeline_local.domain.drafts import (
    CollectionRef,
    Draft,
    PersonRef,
    PlaceRef,
    Problem,
    RelationRef,
    Sample,
)
from timeline_local.domain.fuzzy import parse_edtf
from timeline_local.domain.times import TimeBasis, TimeEvidence, find_zone
from timeline_local.importers.owntracks_messages import POSITIONS, WAYPOINT, device_of, point_of, waypoint_draft
from timeline_local.importers.owntracks_messages import waypoint_key as key_of_waypoint
from timeline_local.importers.position_columns import fields_of
from timeline_local.importers.position_days import sample_of
from timeline_local.importers.position_features import point_of as point_of_feature
from timeline_local.importers.registry import NOBODY, SOURCES
from timeline_local.schemas.push import SentItem, SentTrack
from timeline_local.services.ingest import Surroundings, when_of
from timeline_local.services.memory_content import POSITIONS_SOURCE, USER_SOURCE
from timeline_local.services.positions import Track
from timeline_local.services.user_time import STATEMENTS, Bearings

OWNTRACKS = "owntracks_rec"
"""The same as of its recorder's files, so that a waypoint sent and read is one memory."""
OVERLAND = "overland"
_ORIGIN = "as it was sent"
_LONGEST_NAME = 200
TAKEN = frozenset({NOBODY, POSITIONS_SOURCE, USER_SOURCE, OVERLAND, *(source.name for source in SOURCES)})
"""Names that mean something else here."""


def drafts_of(items: Sequence[SentItem], account: str, bearings: Bearings) -> list[Draft | Problem]:
    """A draft of every item, or what is wrong with it, in order."""
    seen: set[str] = set()
    found: list[Draft | Problem] = []
    for item in items:
        key = _key(account, item.key)
        made = _draft(item, account, key, bearings)
        if key in seen:
            made = Problem(item.key, "twice-here", "This key is in the batch once more; send the later one by itself.")
        seen.add(key)
        found.append(made)
    return found


def tracks_of(tracks: Sequence[SentTrack]) -> list[Track]:
    """Positions as they are stored."""
    return [Track(each.device, [Sample(**position.model_dump()) for position in each.positions]) for each in tracks]


def _draft(item: SentItem, account: str, key: str, bearings: Bearings) -> Draft | Problem:
    try:
        evidence = _evidence(item)
        draft = Draft(
            source_key=key,
            kind=item.kind,
            title=item.title,
            body=item.body,
            evidence=evidence,
            place=_place(item),
            tags=tuple(item.tags),
            people=tuple(PersonRef(**each.model_dump()) for each in item.people),
            favourite=item.favourite,
            rating=item.rating,
            archived=item.archived,
            collections=tuple(
                CollectionRef(**{**each.model_dump(), "key": _key(account, each.key)}) for each in item.collections
            ),
            relations=tuple(RelationRef(kind=each.kind, source_key=_key(account, each.key)) for each in item.relations),
            extra=item.extra,
            raw=orjson.dumps(item.model_dump(mode="json", exclude_unset=True)),
        )
        decision = when_of(draft, (), _around(bearings))
    except _Meaningless as error:
        return Problem(item.key, "invalid-input", str(error))
    except OverflowError:
        return Problem(item.key, "invalid-input", "Its date is beyond the years 1 to 9999.")
    if evidence and decision.winner is None:
        return Problem(item.key, "invalid-input", f"Its date cannot be used: {decision.considered[0].reason}.")
    return draft


def _around(bearings: Bearings) -> Surroundings:
    return Surroundings(zone_of=bearings.zone_of, home_zone=bearings.home_zone, now=bearings.now)


class _Meaningless(Exception):
    """What was sent fits the description, but says nothing that can be."""


def _key(account: str, key: str) -> str:
    """The key within the source: two accounts may well use one and the same."""
    return unicodedata.normalize("NFC", f"{quote(account, safe='@ ')}:{key}")


def _place(item: SentItem) -> PlaceRef | None:
    if item.place is None:
        return None
    if (item.place.lat is None) != (item.place.lon is None):
        raise _Meaningless("Its place has a latitude or a longitude, but not both.")
    return PlaceRef(**item.place.model_dump())


def _evidence(item: SentItem) -> tuple[TimeEvidence, ...]:
    named = [name for name in STATEMENTS if getattr(item, name) is not None]
    if len(named) > 1:
        raise _Meaningless(f"It has both {named[0]} and {named[1]}; give one of them.")
    if item.zone is not None and find_zone(item.zone) is None:
        raise _Meaningless("Its zone is not the name of a time zone, such as Europe/Lisbon.")
    if not named:
        if item.happened_until is not None:
            raise _Meaningless("It has an end, but no beginning.")
        return ()
    if item.when is not None:
        return (_fuzzy(item, item.when),)
    until, offset = item.happened_until, None
    if item.happened_at is not None:
        if until is not None and until <= item.happened_at:
            raise _Meaningless("It ends before it begins.")
        if item.zone is None:
            offset = round((item.happened_at.utcoffset() or timedelta()) / timedelta(minutes=1))
    said = TimeEvidence(
        basis=TimeBasis.SOURCE,
        instant=item.happened_at,
        local_at=item.local_at,
        utc_offset_min=offset,
        zone=item.zone,
        until=until,
        origin=_ORIGIN,
    )
    return (said,)


def _fuzzy(item: SentItem, text: str) -> TimeEvidence:
    if item.happened_until is not None:
        raise _Meaningless("happened_until goes with happened_at or local_at; say when for a stretch of days.")
    try:
        return parse_edtf(text).evidence(TimeBasis.SOURCE, _ORIGIN, zone=item.zone)
    except ValueError as reason:
        raise _Meaningless(f"Its when {reason}.") from None


# --- what apps send ----------------------------------------------------------------------


def owntracks(message: Mapping[str, Any], topic: str) -> Track | Draft | Problem | None:
    """What an OwnTracks message tells; None for those that tell nothing. topic: of a message that names none.

    A position without a place or a time tells nothing either: the app sends again for ever what is refused, and nobody
    can mend it. What the owner can mend in the app's settings is a Problem.
    """
    kind = message.get("_type")
    if kind == "encrypted":
        detail = "This message is encrypted. Take the encryption key out of the app's settings; TLS protects the way."
        return Problem("message", "encrypted", detail)
    if kind not in POSITIONS and kind != WAYPOINT:
        return None
    point = point_of(message)
    if point is None:
        return None
    if kind == WAYPOINT:
        called = {**message, "desc": str(message.get("desc") or "")[:_LONGEST_NAME]}
        return waypoint_draft(called, point, key_of_waypoint(called, point))
    if point.at is None:
        return None
    named = message if message.get("topic") or not topic else {**message, "topic": topic}
    return Track(device_of(named)[:_LONGEST_NAME], [sample_of(point)])


def overland(features: Sequence[Mapping[str, Any]]) -> list[Track]:
    """Positions by device, in the order of time; features that tell none are passed over."""
    found: dict[str, list[Sample]] = {}
    for feature in features:
        geometry, properties = feature.get("geometry"), feature.get("properties")
        if not isinstance(geometry, Mapping) or geometry.get("type") != "Point":
            continue
        fields = fields_of(properties) if isinstance(properties, Mapping) else {}
        point = point_of_feature(geometry.get("coordinates"), fields.get("time"), fields)
        if point is not None and point.at is not None:
            found.setdefault(str(fields.get("device") or OVERLAND)[:_LONGEST_NAME], []).append(sample_of(point))
    return [Track(device, sorted(samples, key=lambda each: each.at)) for device, samples in found.items()]
