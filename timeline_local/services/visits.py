"""Visits and moves worked out from positions by the rules of `domain.stays`, where no source tells of any itself.

Deriving again changes nothing that the owner touched, and makes nothing that they deleted. What a memory was derived
from is named by its way; when positions come or go, only the time around them is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import Draft, PlaceRef, Sample
from timeline_local.domain.kinds import Kind
from timeline_local.domain.merge import Rank
from timeline_local.domain.spheres import distance_m
from timeline_local.domain.stays import LONGEST_FLIGHT, Segment, Stay, segments
from timeline_local.domain.times import TimeBasis, TimeEvidence, day_number, micros
from timeline_local.models import Device, Memory, MemoryText
from timeline_local.queries import duplicates
from timeline_local.queries import visits as queries
from timeline_local.queries.visits import AnyRow
from timeline_local.services import buckets, paths
from timeline_local.services.ingest import Surroundings, content_of
from timeline_local.services.memory_content import POSITIONS_SOURCE, MemoryContent
from timeline_local.services.memory_writes import insert_memories
from timeline_local.services.positions import sample_of

JOB = "derive_visits"
AT_ONCE = 20_000  # positions of one step
AROUND = LONGEST_FLIGHT  # before and after what changed: a segment that begins or ends there may be another one now
NEAR_M = 150.0
_COVERED = 0.5  # of a segment, by what others tell of the same time


@dataclass(frozen=True, slots=True)
class Step:
    """is_last: nothing is left to derive from. days: of the timeline that changed."""

    is_last: bool
    days: tuple[int, ...] = ()
    until: datetime | None = None


async def derive(
    db: AsyncConnection, owner_pk: int, *, zone_of: Callable[[float, float], str | None], home_zone: str, now: datetime
) -> Step:
    """Derive the next part of what is stale: at most AT_ONCE positions of one device."""
    device = await queries.stale_device(db, owner_pk)
    if device is None:
        return Step(is_last=True)
    since, until = await _window(db, owner_pk, device)
    rows = await queries.samples(db, owner_pk, device.pk, since, until, limit=AT_ONCE)
    if len(rows) == AT_ONCE and rows[-1].at <= device.stale_from:  # so many before it that it is not reached
        since = device.stale_from
        rows = await queries.samples(db, owner_pk, device.pk, since, until, limit=AT_ONCE)
    samples = [sample_of(row._asdict()) for row in rows]
    is_whole = len(rows) < AT_ONCE
    found, horizon = (segments(samples), until) if is_whole else _settled(samples, after=device.stale_from)
    around = Surroundings(zone_of=zone_of, home_zone=home_zone, now=now)
    days = await _write(db, owner_pk, device, found, (since, horizon), around)
    is_done = horizon >= until
    mine = update(Device).where(Device.owner_pk == owner_pk, Device.pk == device.pk)
    rest = {"stale_from": None, "stale_until": None} if is_done else {"stale_from": horizon}
    await db.execute(mine.values(**rest))
    return Step(is_last=False, days=days, until=horizon)


async def _window(db: AsyncConnection, owner_pk: int, device: AnyRow) -> tuple[datetime, datetime]:
    """What is to be looked at: around what changed, from the beginning of a visit to the end of what was derived.

    A visit's first position begins it whatever came before, so that what is derived from there on is as it would be
    from the first position of all.
    """
    since, until = device.stale_from - AROUND, device.stale_until + AROUND
    visit = await queries.last_visit(db, owner_pk, device.pk, since, source=POSITIONS_SOURCE)
    known = await queries.derived(db, owner_pk, device.pk, until, until, source=POSITIONS_SOURCE)
    return visit or since, max([until, *(row.until_at for row in known)])


def _settled(samples: Sequence[Sample], *, after: datetime) -> tuple[list[Segment], datetime]:
    """The segments that what comes later cannot change, and up to when that is: to the last stay that began `after`."""
    found = segments(samples)
    stays = (place for place in range(len(found) - 1, 0, -1) if isinstance(found[place], Stay))
    last = next((place for place in stays if found[place].start > after), None)
    if last is None:
        return found, samples[-1].at
    return found[:last], found[last].start


async def _write(
    db: AsyncConnection,
    owner_pk: int,
    device: AnyRow,
    found: Sequence[Segment],
    window: tuple[datetime, datetime],
    around: Surroundings,
) -> tuple[int, ...]:
    """Make the timeline tell these segments, and no others of this device in the window."""
    told = await queries.told(db, owner_pk, *window, but=POSITIONS_SOURCE)
    free = [each for each in found if not _is_covered(each, told)]
    named = await queries.named_places(db, owner_pk)
    contents = {_key(device, each): (each, _content(device, each, named, around)) for each in free}
    known = await queries.derived(db, owner_pk, device.pk, *window, source=POSITIONS_SOURCE)
    mine = [row for row in known if row.is_mine]
    for key, (each, _) in list(contents.items()):
        if any(_overlap(each, row.from_at, row.until_at) >= _COVERED for row in mine):
            del contents[key]  # the owner's word on that time stands
    judged = [row for row in known if not row.is_mine and window[0] <= row.from_at < window[1]]
    same = {row.source_key for row in judged if _is_same(row, contents)}
    gone = [row.pk for row in judged if row.source_key not in same]
    days = await _drop(db, owner_pk, gone)
    fresh = {key: pair for key, pair in contents.items() if key not in same}
    return tuple(sorted({*days, *await _add(db, owner_pk, device, fresh, around.now)}))


def _is_same(row: AnyRow, contents: dict[str, tuple[Segment, MemoryContent]]) -> bool:
    pair = contents.get(row.source_key)
    return pair is not None and pair[1].content_hash == row.content_hash


async def _add(
    db: AsyncConnection,
    owner_pk: int,
    device: AnyRow,
    fresh: dict[str, tuple[Segment, MemoryContent]],
    now: datetime,
) -> set[int]:
    hashes = [content.content_hash for _, content in fresh.values()]
    gone = await duplicates.deleted(db, owner_pk, hashes=hashes)
    wanted = [(each, content) for each, content in fresh.values() if content.content_hash not in gone]
    contents = [content for _, content in wanted]
    written = await insert_memories(db, owner_pk, contents, import_pk=None, now=now)
    for made, (each, _) in zip(written, wanted, strict=True):
        way = {"device_pk": device.pk, "from_at": micros(each.start), "until_at": micros(each.end)}
        await paths.restore(db, owner_pk, made.pk, way)
    return {day_number(each.moment.local_on) for each in contents if each.moment.local_on is not None}


async def _drop(db: AsyncConnection, owner_pk: int, pks: Sequence[int]) -> set[int]:
    """Delete what is not so any more; the days on which it stood."""
    if not pks:
        return set()
    mine = (Memory.owner_pk == owner_pk, Memory.pk.in_(pks))
    await db.execute(delete(MemoryText).where(MemoryText.memory_pk.in_(pks)))
    gone = await db.execute(delete(Memory).where(*mine).returning(Memory.local_on, Memory.kind, Memory.archived))
    rows = gone.all()
    placed = [buckets.placement(row.local_on, row.kind) for row in rows if not row.archived]
    await buckets.move(db, owner_pk, gone=placed)
    return {day_number(row.local_on) for row in rows if row.local_on is not None}


def _key(device: AnyRow, each: Segment) -> str:
    kind = "stay" if isinstance(each, Stay) else "trip"
    return f"{device.key}/{kind}/{each.start.isoformat()}"


def _content(device: AnyRow, each: Segment, named: Sequence[AnyRow], around: Surroundings) -> MemoryContent:
    """The memory of a segment. Its date's evidence tells the rule, for the question why."""
    evidence = TimeEvidence(basis=TimeBasis.SOURCE, instant=each.start, until=each.end, origin=_rule(device.name, each))
    draft = Draft(
        source_key=_key(device, each),
        kind=Kind.VISIT if isinstance(each, Stay) else Kind.MOVE,
        evidence=(evidence,),
        place=PlaceRef(lat=round(each.lat, 6), lon=round(each.lon, 6)),
        device=device.key,
        extra=_extra(each),
    )
    content = content_of(draft, (), source=POSITIONS_SOURCE, source_key=draft.source_key, media={}, around=around)
    location_pk = _near(each, named) if isinstance(each, Stay) else None
    return replace(content, location_pk=location_pk, place_is_derived=True, provenance_rank=Rank.DERIVED)


def _extra(each: Segment) -> dict[str, bool | int | float | str | None]:
    if isinstance(each, Stay):
        return {}
    flight: dict[str, bool | int | float | str | None] = {"mode": "flight"} if each.is_flight else {}
    return {"distance_m": round(each.distance_m), **flight}


def _rule(device: str, each: Segment) -> str:
    minutes = round((each.end - each.start).total_seconds() / 60)
    if isinstance(each, Stay):
        return f"{each.count} positions of {device} within 150 m for {minutes} minutes"
    how = "faster than 500 km/h, between two stays" if each.is_flight else "between two stays"
    return f"{each.count} positions of {device} {how}, {round(each.distance_m / 1000, 1)} km in {minutes} minutes"


def _near(each: Stay, named: Sequence[AnyRow]) -> int | None:
    """The nearest of the owner's own places whose circle, or 150 m, it lies in."""
    away = [(distance_m(each.lat, each.lon, row.lat, row.lon), row) for row in named]
    inside = [(apart, row.pk) for apart, row in away if apart <= max(NEAR_M, row.radius_m or 0)]
    return min(inside)[1] if inside else None


def _is_covered(each: Segment, told: Sequence[tuple[datetime, datetime]]) -> bool:
    shared = sum((_shared(each, start, end) for start, end in told), timedelta())
    return shared >= _COVERED * (each.end - each.start)


def _overlap(each: Segment, start: datetime, end: datetime) -> float:
    """How much of a segment lies in an interval: 0 to 1."""
    return _shared(each, start, end) / (each.end - each.start)


def _shared(each: Segment, start: datetime, end: datetime) -> timedelta:
    return max(timedelta(), min(each.end, end) - max(each.start, start))
