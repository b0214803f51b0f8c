"""Drafts as JSON and back: plans keep them so, and fingerprints are taken of it. Defaults are left out."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Contact,
    Draft,
    MediaRef,
    PersonRef,
    PersonRole,
    PlaceRef,
    RelationKind,
    RelationRef,
    Sample,
    Samples,
)
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.moments import Precision, TimeBasis, TimeEvidence

_NUMBERS = (int, float)
_LONGEST = 2**53  # numbers that are whole in every reader of JSON
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def draft_to_json(draft: Draft) -> dict[str, JSON]:
    """The draft as JSON values; fields that hold their default are left out."""
    kept = said_by(draft)
    if draft.evidence:
        kept["evidence"] = [evidence_to_json(each) for each in draft.evidence]
    if draft.media:
        kept["media"] = [_fields_of(each) for each in draft.media]
    if draft.raw is not None:  # an empty record is a record
        kept["raw"] = base64.b64encode(draft.raw).decode("ascii")
    return kept


def said_by(draft: Draft) -> dict[str, JSON]:
    """As `draft_to_json`, without the files, the evidence of the date and the source's own record."""
    place = draft.place
    full: dict[str, JSON] = {
        "source_key": draft.source_key,
        "kind": draft.kind.value if draft.kind else None,
        "title": draft.title,
        "body": draft.body,
        "place": None if place is None else _fields_of(place),
        "tags": list(draft.tags),
        "people": [_fields_of(each) for each in draft.people],
        "favourite": draft.favourite,
        "rating": draft.rating,
        "mood": draft.mood,
        "archived": draft.archived,
        "trashed": draft.trashed,
        "collections": [_fields_of(each) for each in draft.collections],
        "relations": [_fields_of(each) for each in draft.relations],
        "path": samples_to_json(draft.path),
        "device": draft.device,
        "extra": {name: _storable(value) for name, value in draft.extra.items()},
    }
    # A rating of 0 is a rating; None, False and empty text or lists are absences.
    return {
        name: value
        for name, value in full.items()
        if value or name == "source_key" or (value is not False and isinstance(value, _NUMBERS))
    }


def _storable(value: JSON) -> JSON:
    """The same with numbers that every reader of JSON has: longer ones as text, those that are none left out."""
    if isinstance(value, dict):
        return {name: _storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return str(value) if isinstance(value, int) and not -_LONGEST < value < _LONGEST else value


def draft_from_json(data: Mapping[str, Any]) -> Draft:
    """The inverse of `draft_to_json`. Raises KeyError, TypeError or ValueError for anything it did not write."""
    kind, place, raw = data.get("kind"), data.get("place"), data.get("raw")
    return Draft(
        source_key=data["source_key"],
        kind=None if kind is None else Kind(kind),
        title=data.get("title", ""),
        body=data.get("body", ""),
        evidence=tuple(evidence_from_json(each) for each in data.get("evidence", ())),
        place=None if place is None else PlaceRef(**place),
        tags=tuple(data.get("tags", ())),
        people=tuple(_person(each) for each in data.get("people", ())),
        favourite=data.get("favourite", False),
        rating=data.get("rating"),
        mood=data.get("mood"),
        archived=data.get("archived", False),
        trashed=data.get("trashed", False),
        media=tuple(_media(each) for each in data.get("media", ())),
        collections=tuple(_collection(each) for each in data.get("collections", ())),
        relations=tuple(
            RelationRef(kind=RelationKind(each["kind"]), source_key=each["source_key"])
            for each in data.get("relations", ())
        ),
        path=samples_from_json(data.get("path", ())),
        device=data.get("device", ""),
        extra=data.get("extra", {}),
        raw=None if raw is None else base64.b64decode(raw, validate=True),
    )


def evidence_to_json(evidence: TimeEvidence) -> dict[str, JSON]:
    """One piece of time evidence as JSON values; fields that hold their default are left out."""
    full: dict[str, JSON] = {
        "basis": evidence.basis.value,
        "local_at": _iso(evidence.local_at),
        "fold": (evidence.local_at.fold if evidence.local_at else 0) or None,
        "instant": _iso(evidence.instant),
        "utc_offset_min": evidence.utc_offset_min,
        "zone": evidence.zone or None,
        "precision": evidence.precision.value,
        "until": _iso(evidence.until),
        "local_until": _iso(evidence.local_until),
        "origin": evidence.origin or None,
        "may_correct": evidence.may_correct or None,
    }
    return {name: value for name, value in full.items() if value is not None}


def evidence_from_json(data: Mapping[str, Any]) -> TimeEvidence:
    """The inverse of `evidence_to_json`."""
    local_at = _datetime(data.get("local_at"))
    return TimeEvidence(
        basis=TimeBasis(data["basis"]),
        local_at=local_at.replace(fold=data.get("fold", 0)) if local_at else None,
        instant=_datetime(data.get("instant")),
        utc_offset_min=data.get("utc_offset_min"),
        zone=data.get("zone"),
        precision=Precision(data["precision"]),
        until=_datetime(data.get("until")),
        local_until=_datetime(data.get("local_until")),
        origin=data.get("origin", ""),
        may_correct=data.get("may_correct", False),
    )


def item_to_json(item: Draft | Samples | Contact) -> dict[str, JSON]:
    """Any thing a source hands over; `item_from_json` tells them apart again. A draft is as `draft_to_json` has it."""
    if isinstance(item, Draft):
        return draft_to_json(item)
    if isinstance(item, Samples):
        return {
            "is": "samples",
            "source_key": item.source_key,
            "device": item.device,
            "samples": samples_to_json(item.samples),
        }
    return {
        "is": "contact",
        "source_key": item.source_key,
        "name": item.name,
        "addresses": [_fields_of(each) for each in item.addresses],
        "born": item.born,
        "note": item.note,
        "photo": None if item.photo is None else _fields_of(item.photo),
        "raw": None if item.raw is None else base64.b64encode(item.raw).decode("ascii"),
    }


def item_from_json(data: Mapping[str, Any]) -> Draft | Samples | Contact:
    """The inverse of `item_to_json`. Raises as `draft_from_json`."""
    what = data.get("is")
    if what is None:
        return draft_from_json(data)
    if what == "samples":
        return Samples(source_key=data["source_key"], device=data["device"], samples=samples_from_json(data["samples"]))
    if what != "contact":
        raise ValueError("neither a draft nor samples nor a contact")
    photo, raw = data["photo"], data["raw"]
    return Contact(
        source_key=data["source_key"],
        name=data["name"],
        addresses=tuple(_person(each) for each in data["addresses"]),
        born=data["born"],
        note=data["note"],
        photo=None if photo is None else _media(photo),
        raw=None if raw is None else base64.b64decode(raw, validate=True),
    )


def samples_to_json(samples: tuple[Sample, ...]) -> JSON:
    """A row per sample: microseconds since 1970, then its numbers; those that are missing at the end are left out."""
    return [_sample_row(each) for each in samples]


def samples_from_json(rows: Sequence[Sequence[Any]]) -> tuple[Sample, ...]:
    """The inverse of `samples_to_json`."""
    return tuple(Sample(_EPOCH + timedelta(microseconds=row[0]), *row[1:]) for row in rows)


def _sample_row(sample: Sample) -> JSON:
    row: list[JSON] = [
        (sample.at - _EPOCH) // timedelta(microseconds=1),
        sample.lat,
        sample.lon,
        sample.accuracy_m,
        sample.altitude_m,
        sample.speed_mps,
    ]
    while row[-1] is None:
        row.pop()
    return row


# Written even when they hold their default: fingerprints of what was imported before these classes grew hang on it.
_ALWAYS = {
    PersonRef: frozenset({"kind", "value"}),
    PlaceRef: frozenset({"lat", "lon", "name", "city", "region", "country", "altitude_m", "accuracy_m"}),
    MediaRef: frozenset({"role", "position", "name"}),
}


# Name, default, and whether it is always written; looking at the fields each time took half of writing a draft.
_FIELDS: dict[type[Any], tuple[tuple[str, Any, bool], ...]] = {
    kind: tuple((each.name, each.default, each.name in _ALWAYS.get(kind, ())) for each in fields(kind))
    for kind in (PersonRef, PlaceRef, MediaRef, CollectionRef, RelationRef)
}


def _fields_of(ref: PersonRef | PlaceRef | MediaRef | CollectionRef | RelationRef) -> JSON:
    """Its fields as JSON; later fields that hold their default are left out."""
    return {
        name: value
        for name, default, is_always in _FIELDS[type(ref)]
        if (value := getattr(ref, name)) != default or is_always
    }


def _person(data: Mapping[str, Any]) -> PersonRef:
    return PersonRef(**{**data, "role": PersonRole(data.get("role", PersonRole.MENTIONED))})


def _media(data: Mapping[str, Any]) -> MediaRef:
    return MediaRef(**{**data, "role": MediaRole(data.get("role", MediaRole.PRIMARY))})


def _collection(data: Mapping[str, Any]) -> CollectionRef:
    return CollectionRef(**{**data, "kind": CollectionKind(data.get("kind", CollectionKind.ALBUM))})


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _datetime(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
