"""When a memory happened, as its owner says: an instant with an offset, a wall clock with a zone, a fuzzy date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from timeline_local.domain.drafts import JSON
from timeline_local.domain.fuzzy import parse_edtf
from timeline_local.domain.times import (
    Decision,
    Moment,
    Precision,
    TimeBasis,
    TimeEvidence,
    decide,
    ensure_utc,
    find_zone,
    wall_clock,
)
from timeline_local.exceptions import FieldError, InvalidInput
from timeline_local.services.evidence import considered_json

STATEMENTS = ("happened_at", "local_at", "when")
FIELDS = frozenset({*STATEMENTS, "zone", "happened_until"})
ORIGIN = "set by you"
_POINTS = frozenset({Precision.INSTANT, Precision.MINUTE})


@dataclass(frozen=True, slots=True)
class Bearings:
    """What it takes to place a wall clock on Earth. now: aware; home_zone: the owner's IANA zone."""

    now: datetime
    home_zone: str
    zone_of: Callable[[float, float], str | None]


@dataclass(frozen=True, slots=True)
class Said:
    """A moment, the evidence for it as `MemoryContent.considered` wants it, and doubts as `Fuzzy.mark` spells them."""

    moment: Moment
    considered: list[JSON]
    mark: str = ""


def moment_now(bearings: Bearings, *, coordinates: tuple[float, float] | None) -> Said:
    """The present, on the clocks of the place if it is known, else at home."""
    evidence = TimeEvidence(basis=TimeBasis.USER, instant=bearings.now, origin="written at this moment")
    return _decided(evidence, bearings, coordinates=coordinates, field="happened_at")


def moment_said(
    fields: Mapping[str, Any],
    bearings: Bearings,
    *,
    coordinates: tuple[float, float] | None,
    current: Moment | None = None,
) -> Said:
    """The moment that these fields name; `current` is what they change, if anything.

    fields  happened_at (aware), local_at (naive), when (EDTF text), zone; a null date takes the date away.
            happened_until (aware): the end of what lasted; null makes it a point again.
    Raises InvalidInput, naming the field.
    """
    if "happened_until" in fields and FIELDS & fields.keys() == {"happened_until"} and current is not None:
        return _lasting(current, fields["happened_until"])
    zone = _known_zone(fields.get("zone"))
    named = [name for name in STATEMENTS if fields.get(name) is not None]
    if len(named) > 1:
        raise _wrong(named[1], f"cannot be given together with {named[0]}")
    if not named and any(name in fields for name in STATEMENTS):
        return _undated(bearings, current)
    field = named[0] if named else "zone"
    evidence = _evidence(field, fields, zone, current)
    said = _decided(evidence, bearings, coordinates=coordinates, field=field)
    said = replace(said, mark=_mark(field, fields))
    until = fields.get("happened_until")
    return said if until is None else replace(said, moment=_lasting(said.moment, until).moment)


def _mark(field: str, fields: Mapping[str, Any]) -> str:
    return parse_edtf(fields[field]).mark if field == "when" else ""


def _lasting(moment: Moment, until: datetime | None) -> Said:
    """The moment with another end. Raises InvalidInput unless it is a point in time that comes before."""
    if moment.precision not in _POINTS:
        raise _wrong("happened_until", "goes with happened_at or local_at; say when for a stretch of days")
    if until is not None and ensure_utc(until) <= moment.happened_at:
        raise _wrong("happened_until", "must be after the beginning")
    return Said(replace(moment, happened_until=None if until is None else ensure_utc(until)), [])


def _evidence(field: str, fields: Mapping[str, Any], zone: str | None, current: Moment | None) -> TimeEvidence:
    if field == "happened_at":
        at: datetime = fields[field]
        offset = None if zone else round((at.utcoffset() or timedelta()) / timedelta(minutes=1))
        return TimeEvidence(basis=TimeBasis.USER, instant=at, utc_offset_min=offset, zone=zone, origin=ORIGIN)
    if field == "local_at":
        return TimeEvidence(basis=TimeBasis.USER, local_at=fields[field], zone=zone, origin=ORIGIN)
    if field == "when":
        try:
            return parse_edtf(fields[field]).evidence(TimeBasis.USER, ORIGIN, zone=zone)
        except ValueError as reason:
            raise _wrong(field, str(reason)) from None
    if current is None:
        named = "zone" if zone is not None else "happened_until"
        raise _wrong(named, "needs a date beside it: happened_at, local_at or when")
    if current.precision is Precision.UNKNOWN:
        raise _wrong("zone", "cannot be set on a memory without a date")
    return TimeEvidence(
        basis=TimeBasis.USER,
        local_at=current.local_at,
        local_until=_local_until(current),
        zone=zone,
        precision=current.precision,
        origin=ORIGIN,
    )


def _local_until(moment: Moment) -> datetime | None:
    """The wall clock at the end, where it happened."""
    if moment.happened_until is None:
        return None
    zone = find_zone(moment.zone) if moment.zone else None
    if zone is not None:
        return moment.happened_until.astimezone(zone).replace(tzinfo=None)
    return wall_clock(moment.happened_until, moment.utc_offset_min or 0)


def _decided(
    evidence: TimeEvidence, bearings: Bearings, *, coordinates: tuple[float, float] | None, field: str
) -> Said:
    try:
        decision: Decision = decide(
            [evidence],
            coordinates=coordinates,
            zone_of=bearings.zone_of,
            home_zone=bearings.home_zone,
            fallback=bearings.now,
            now=bearings.now,
        )
    except OverflowError:
        raise _wrong(field, "is beyond the years 1 to 9999") from None
    if decision.winner is None:
        raise _wrong(field, decision.considered[0].reason)
    return Said(decision.moment, considered_json(decision.considered))


def _undated(bearings: Bearings, current: Moment | None) -> Said:
    fallback = current.happened_at if current else bearings.now
    decision = decide(
        (), coordinates=None, zone_of=bearings.zone_of, home_zone=None, fallback=fallback, now=bearings.now
    )
    return Said(decision.moment, [])


def _known_zone(zone: str | None) -> str | None:
    if zone is not None and find_zone(zone) is None:
        raise _wrong("zone", "must be an IANA time zone such as Europe/Lisbon")
    return zone


def _wrong(field: str, detail: str) -> InvalidInput:
    return InvalidInput(
        f"The date cannot be used: {detail}. Nothing was saved.", errors=(FieldError(f"#/{field}", detail),)
    )
