"""What the owner's own positions and other memories tell about a memory that does not know its zone or its place.

A zone is taken from the nearest of: a position, a memory of the same camera, any memory, each within its own bound;
memories are those that are here and those that come with the same import. A wall clock says no instant, so a first zone
is guessed by home, and what is found there must agree with itself. A place is offered for pictures only, from a
position within minutes, and told as derived. Nothing here overrides what a source, a file or the owner says: it is
evidence of the rank of neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import PlaceRef
from timeline_local.domain.times import TimeBasis, TimeEvidence, wall_to_instant
from timeline_local.queries import nearby as queries
from timeline_local.queries.nearby import AnyRow
from timeline_local.queries.positions import DEGREE, erasures

ZONE_WITHIN = timedelta(hours=6)  # of a position: nobody crosses many zones in less without leaving positions
CAMERA_WITHIN = timedelta(hours=24)
MEMORY_WITHIN = timedelta(hours=3)
PLACE_WITHIN = timedelta(minutes=5)
_WALKING_MPS = 1.5  # how far somebody may have gone since the position
_UNKNOWN_ACCURACY_M = 50.0

ZoneOf = Callable[[float, float], str | None]
Camera = tuple[str, str]
"""(make, model)"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A memory that lacks something. instant: None if only a wall clock is known; guessed: by the home zone."""

    instant: datetime | None
    guessed: datetime
    local_at: datetime
    camera: Camera | None
    lacks_zone: bool
    lacks_place: bool


@dataclass(frozen=True, slots=True)
class Zoned:
    """A memory on its way that tells its zone itself, as `queries.zoned_memories` has those that are here."""

    happened_at: datetime
    local_at: datetime
    utc_offset_min: int
    zone: str | None
    camera_make: str
    camera_model: str


@dataclass(frozen=True, slots=True)
class Nearby:
    """evidence: of the zone, the nearest first. place: where the owner was at that instant."""

    evidence: tuple[TimeEvidence, ...] = ()
    place: PlaceRef | None = None


@dataclass(frozen=True, slots=True)
class _Hint:
    gap: timedelta
    evidence: TimeEvidence


async def look_around(
    db: AsyncConnection, owner_pk: int, asked: Mapping[int, Asked], coming: Iterable[Zoned] = (), *, zone_of: ZoneOf
) -> dict[int, Nearby]:
    """What is known about each. coming: what comes with them. At most seven statements, however many are asked."""
    if not asked:
        return {}
    gone = await erasures(db, owner_pk)
    guessed = {key: each.instant or each.guessed for key, each in asked.items()}
    around = await _nearest(db, owner_pk, guessed, gone)
    settled = _settled(asked, around, zone_of)
    again = {key: at for key, at in settled.items() if at != guessed[key]}
    around |= await _nearest(db, owner_pk, again, gone) if again else {}
    days = {day for each in asked.values() if each.lacks_zone for day in _days(each.local_at)}
    memories: list[AnyRow | Zoned] = [*await queries.zoned_memories(db, owner_pk, days)] if days else []
    memories += [each for each in coming if each.local_at.date() in days]
    return {
        key: Nearby(
            _zones(each, settled.get(key), around.get(key), memories, zone_of) if each.lacks_zone else (),
            _place(settled.get(key), around.get(key)) if each.lacks_place else None,
        )
        for key, each in asked.items()
    }


async def _nearest(
    db: AsyncConnection, owner_pk: int, wanted: Mapping[int, datetime], gone: Sequence[AnyRow]
) -> dict[int, AnyRow]:
    found = await queries.positions_around(db, owner_pk, set(wanted.values()))
    nearest: dict[int, AnyRow] = {}
    for key, at in wanted.items():
        rows = [row for row in found.get(at, ()) if not _is_gone(row, gone)]
        if rows:
            nearest[key] = min(rows, key=lambda row: abs(row.at - at))
    return nearest


def _is_gone(row: AnyRow, gone: Sequence[AnyRow]) -> bool:
    return any(each.from_at <= row.at < each.until_at and each.device_pk in (None, row.device_pk) for each in gone)


def _settled(asked: Mapping[int, Asked], around: Mapping[int, AnyRow], zone_of: ZoneOf) -> dict[int, datetime]:
    """The instant of each as the zone of the position near by has it; those whose instant stays unknown are absent."""
    found: dict[int, datetime] = {}
    for key, each in asked.items():
        if each.instant is not None:
            found[key] = each.instant
        elif (row := around.get(key)) is not None and abs(row.at - each.guessed) <= CAMERA_WITHIN:
            zone = zone_of(row.lat_e7 / DEGREE, row.lon_e7 / DEGREE)
            found[key] = each.guessed if zone is None else wall_to_instant(each.local_at, zone)
    return found


def _zones(
    asked: Asked, at: datetime | None, row: AnyRow | None, memories: Sequence[AnyRow | Zoned], zone_of: ZoneOf
) -> tuple[TimeEvidence, ...]:
    hints = [*_of_memories(asked, memories)]
    if at is not None and row is not None and abs(row.at - at) <= ZONE_WITHIN:
        zone = zone_of(row.lat_e7 / DEGREE, row.lon_e7 / DEGREE)
        if zone is not None and _agrees(asked, at, zone):
            gap = abs(row.at - at)
            origin = f"your position ({row.device}), {_spoken(gap)} apart"
            hints.append(_Hint(gap, TimeEvidence(basis=TimeBasis.NEIGHBOUR, zone=zone, origin=origin)))
    return tuple(each.evidence for each in sorted(hints, key=lambda each: each.gap))


def _agrees(asked: Asked, at: datetime, zone: str) -> bool:
    """Whether a wall clock, read in this zone, gives the instant at which the position was looked for."""
    return asked.instant is not None or wall_to_instant(asked.local_at, zone) == at


def _of_memories(asked: Asked, memories: Sequence[AnyRow | Zoned]) -> list[_Hint]:
    """The nearest memory of the same camera, and the nearest of all."""
    hints: list[_Hint] = []
    for is_same, within, words in ((True, CAMERA_WITHIN, "of the same camera, "), (False, MEMORY_WITHIN, "")):
        near = [
            (gap, row)
            for row in memories
            if (not is_same or (asked.camera and (row.camera_make or "", row.camera_model or "") == asked.camera))
            if (gap := _gap(asked, row)) <= within
        ]
        if near:
            gap, row = min(near, key=lambda pair: pair[0])
            told = {"zone": row.zone} if row.zone else {"utc_offset_min": row.utc_offset_min}
            origin = f"neighbouring memory, {words}{_spoken(gap)} apart"
            hints.append(_Hint(gap, TimeEvidence(basis=TimeBasis.NEIGHBOUR, origin=origin, **told)))
    return hints


def _gap(asked: Asked, row: AnyRow | Zoned) -> timedelta:
    gap: timedelta = row.local_at - asked.local_at if asked.instant is None else row.happened_at - asked.instant
    return abs(gap)


def _place(at: datetime | None, row: AnyRow | None) -> PlaceRef | None:
    if at is None or row is None or (gap := abs(row.at - at)) > PLACE_WITHIN:
        return None
    accuracy = (_UNKNOWN_ACCURACY_M if row.accuracy_dm is None else row.accuracy_dm / 10) + (
        gap.total_seconds() * _WALKING_MPS
    )
    return PlaceRef(lat=row.lat_e7 / DEGREE, lon=row.lon_e7 / DEGREE, accuracy_m=round(accuracy, 1))


def _days(local_at: datetime) -> tuple[date, ...]:
    day = timedelta(days=1)
    return tuple((local_at + shift).date() for shift in (-day, timedelta(), day))


def _spoken(gap: timedelta) -> str:
    minutes = round(gap.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 90:  # noqa: PLR2004 - beyond that hours are what people say
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"{round(minutes / 60)} hours"
