"""Positions: where devices were. Stored once per device and instant, whoever tells of them and however often.

Numbers are kept as integers: a row takes about 40 bytes, so that ten years of a telephone fit into a few hundred
megabytes. What an import added it can take back, because each row names its import, and `position_span` where to look.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import Contact, Draft, Sample, Samples
from timeline_local.domain.ids import new_id
from timeline_local.domain.spheres import is_on_earth
from timeline_local.models import Device, Position, PositionErasure, PositionSpan
from timeline_local.queries import positions as queries
from timeline_local.queries.dialect import upsert
from timeline_local.queries.positions import DEGREE, Wanted

ACTION = "erase_positions"
"""Under which services.undo keeps `Erased.erasures`."""
STEP = 20_000  # rows that one statement of undo looks at
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)  # no receiver is older; what is before it is a clock's zero
_TICK = timedelta(microseconds=1)
_FUTURE = timedelta(days=366)
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Erased:
    """count: positions hidden. erasures: what `show_again` takes."""

    count: int
    erasures: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """Samples of one device, in the order of time. device: its source's key."""

    device: str
    samples: Sequence[Sample]


def is_sound(sample: Sample, now: datetime) -> bool:
    """Whether a sample can be believed: on the globe, not at (0, 0), neither before receivers nor after next year."""
    if not is_on_earth(sample.lat, sample.lon):
        return False
    return sample.at.utcoffset() is not None and _EARLIEST <= sample.at <= now + _FUTURE


def believable(item: Draft | Samples | Contact, now: datetime) -> Draft | Samples | Contact:
    """A draft or samples without the positions that cannot be."""
    if isinstance(item, Samples):
        return replace(item, samples=tuple(each for each in item.samples if is_sound(each, now)))
    if isinstance(item, Draft) and item.path:
        return replace(item, path=tuple(each for each in item.path if is_sound(each, now)))
    return item


async def missing(
    db: AsyncConnection, owner_pk: int, tracks: Sequence[Track], *, source: str, now: datetime
) -> list[list[Sample]]:
    """For each track, its sound samples that are not here yet and were not deleted, each instant once."""
    keys = {each.device or source for each in tracks}
    devices = await queries.devices_by_key(db, owner_pk, keys=keys)
    erased = await queries.erasures(db, owner_pk)
    seen: set[tuple[str, datetime]] = set()
    found: list[list[Sample]] = []
    for track in tracks:
        key = track.device or source
        fresh: dict[datetime, Sample] = {}
        for sample in track.samples:
            if is_sound(sample, now) and (key, sample.at) not in seen:
                fresh.setdefault(sample.at, sample)
        device_pk = devices.get(key)
        known = set() if device_pk is None else await queries.known_instants(db, owner_pk, device_pk, fresh)
        gone = [each for each in erased if each.device_pk in (None, device_pk)]
        kept = [
            sample
            for at, sample in fresh.items()
            if at not in known and not any(each.from_at <= at < each.until_at for each in gone)
        ]
        seen.update((key, each.at) for each in kept)
        found.append(kept)
    return found


async def add(
    db: AsyncConnection, owner_pk: int, tracks: Sequence[Track], *, source: str, import_pk: int | None, now: datetime
) -> list[int]:
    """Store what is not here yet; how many samples of each track that were."""
    fresh = await missing(db, owner_pk, tracks, source=source, now=now)
    devices = await device_pks(db, owner_pk, {each.device or source for each in tracks}, source=source, now=now)
    rows: list[dict[str, Any]] = []
    added: dict[int, list[datetime]] = {}
    for track, samples in zip(tracks, fresh, strict=True):
        device_pk = devices[track.device or source]
        rows += [_row(owner_pk, device_pk, each, import_pk) for each in samples]
        added.setdefault(device_pk, []).extend(each.at for each in samples)
    if rows:
        await db.execute(upsert(db.dialect.name, Position).on_conflict_do_nothing(), rows)
    for device_pk, instants in added.items():
        if instants:
            await mark_stale(db, owner_pk, device_pk, min(instants), max(instants))
            if import_pk is not None:
                await _span(db, owner_pk, import_pk, device_pk, instants)
    return [len(samples) for samples in fresh]


async def device_pks(
    db: AsyncConnection, owner_pk: int, keys: Collection[str], *, source: str, now: datetime
) -> dict[str, int]:
    """These devices by their sources' keys; missing ones are made, called by their key."""
    found = await queries.devices_by_key(db, owner_pk, keys=keys)
    new = sorted(set(keys) - found.keys())
    if not new:
        return found
    base = {"owner_pk": owner_pk, "created_at": now, "updated_at": now, "version": 1, "source": source}
    rows = [{**base, "id": new_id(), "key": key, "name": key} for key in new]
    await db.execute(upsert(db.dialect.name, Device).on_conflict_do_nothing(), rows)
    return found | await queries.devices_by_key(db, owner_pk, keys=new)


async def mark_stale(db: AsyncConnection, owner_pk: int, device_pk: int, from_at: datetime, until_at: datetime) -> None:
    """Have the visits and moves of an interval derived anew, besides what is marked already."""
    since, until = await queries.stale(db, owner_pk, device_pk)
    wider = {
        "stale_from": from_at if since is None else min(since, from_at),
        "stale_until": until_at if until is None else max(until, until_at),
    }
    mine = update(Device).where(Device.owner_pk == owner_pk, Device.pk == device_pk)
    await db.execute(mine.values(**wider))


async def take_back(db: AsyncConnection, owner_pk: int, import_pk: int) -> bool:
    """Delete the next positions that an import added; whether there may be more.

    Cost: one range of the primary key, at most STEP rows; how far it came is kept in the span itself.
    """
    span = await queries.next_span(db, owner_pk, import_pk)
    if span is None:
        return False
    last = await queries.end_of_step(db, owner_pk, span.device_pk, span.from_at, span.until_at, step=STEP)
    until = span.until_at if last is None else last
    mine = delete(Position).where(
        Position.owner_pk == owner_pk,
        Position.device_pk == span.device_pk,
        Position.at.between(span.from_at, until),
        Position.import_pk == import_pk,
    )
    await db.execute(mine)
    await mark_stale(db, owner_pk, span.device_pk, span.from_at, until)
    this = (PositionSpan.import_pk == import_pk, PositionSpan.device_pk == span.device_pk)
    if last is None:
        await db.execute(delete(PositionSpan).where(*this))
    else:
        await db.execute(update(PositionSpan).where(*this).values(from_at=last + _TICK))
    return True


async def _span(
    db: AsyncConnection, owner_pk: int, import_pk: int, device_pk: int, instants: Sequence[datetime]
) -> None:
    known = await queries.span(db, owner_pk, import_pk, device_pk)
    if known is None:
        values = {"from_at": min(instants), "until_at": max(instants), "held": len(instants)}
        await db.execute(insert(PositionSpan).values(import_pk=import_pk, device_pk=device_pk, **values))
        return
    wider = {
        "from_at": min(known.from_at, *instants),
        "until_at": max(known.until_at, *instants),
        "held": known.held + len(instants),
    }
    this = update(PositionSpan).where(PositionSpan.import_pk == import_pk, PositionSpan.device_pk == device_pk)
    await db.execute(this.values(**wider))


def _row(owner_pk: int, device_pk: int, sample: Sample, import_pk: int | None) -> dict[str, Any]:
    return {
        "owner_pk": owner_pk,
        "device_pk": device_pk,
        "at": sample.at,
        "lat_e7": round(sample.lat * DEGREE),
        "lon_e7": round(sample.lon * DEGREE),
        "accuracy_dm": _tenths(sample.accuracy_m, 10),
        "altitude_dm": _tenths(sample.altitude_m, 10),
        "speed_cmps": _tenths(sample.speed_mps, 100),
        "import_pk": import_pk,
    }


def _tenths(value: float | None, parts: int) -> int | None:
    """The value in whole parts; None for what is no number, or too large to be meant."""
    if value is None or not math.isfinite(value) or abs(value * parts) > _MOST:
        return None
    return round(value * parts)


def sample_of(row: Mapping[str, Any]) -> Sample:
    """A stored position as it was told, to the precision it is kept in."""
    return Sample(
        at=row["at"],
        lat=row["lat_e7"] / DEGREE,
        lon=row["lon_e7"] / DEGREE,
        accuracy_m=None if row["accuracy_dm"] is None else row["accuracy_dm"] / 10,
        altitude_m=None if row["altitude_dm"] is None else row["altitude_dm"] / 10,
        speed_mps=None if row["speed_cmps"] is None else row["speed_cmps"] / 100,
    )


# --- deleting ------------------------------------------------------------------------


async def erase(db: AsyncConnection, owner_pk: int, wanted: Wanted, *, now: datetime, until: datetime) -> Erased:
    """Hide these positions at once; until `until` that can be taken back. No import brings them back.

    Of every device that has some in the interval, unless one is named. Boxes are not looked at.
    """
    count = await queries.count(db, owner_pk, wanted)
    spans = await queries.spans_of(db, owner_pk, wanted)
    import_pk = await queries.import_pk_of(db, owner_pk, wanted.import_id)
    rows = [
        _erasure(owner_pk, device_pk, import_pk, wanted.since or first, wanted.until or last + _TICK, now, until)
        for device_pk, first, last in spans
    ]
    if rows:
        await db.execute(insert(PositionErasure), rows)
    for device_pk, first, last in spans:
        await mark_stale(db, owner_pk, device_pk, first, last)
    return Erased(count, tuple(row["id"] for row in rows))


def _erasure(
    owner_pk: int,
    device_pk: int,
    import_pk: int | None,
    from_at: datetime,
    until_at: datetime,
    now: datetime,
    expires_at: datetime,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "owner_pk": owner_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "device_pk": device_pk,
        "import_pk": import_pk,
        "from_at": from_at,
        "until_at": until_at,
        "expires_at": expires_at,
        "is_purged": False,
    }


async def show_again(db: AsyncConnection, owner_pk: int, erasures: Sequence[UUID]) -> int:
    """Take `erase` back; how many positions are there again."""
    mine = (
        PositionErasure.owner_pk == owner_pk,
        PositionErasure.id.in_(erasures),
        PositionErasure.is_purged.is_(False),
    )
    gone = await db.execute(
        delete(PositionErasure)
        .where(*mine)
        .returning(PositionErasure.device_pk, PositionErasure.from_at, PositionErasure.until_at)
    )
    count = 0
    for row in gone.all():
        count += await queries.count_between(db, owner_pk, row.device_pk, row.from_at, row.until_at)
        await mark_stale(db, owner_pk, row.device_pk, row.from_at, row.until_at)
    return count


async def purge(db: AsyncConnection, owner_pk: int, *, now: datetime) -> bool:
    """Remove the next positions whose deletion can be taken back no more, at most STEP; whether there may be more."""
    row = await queries.next_expired(db, owner_pk, now)
    if row is None:
        return False
    last_instant, last = row.until_at - _TICK, None
    if row.import_pk is None:  # what other imports added in between would be found again and again
        last = await queries.end_of_step(db, owner_pk, row.device_pk, row.from_at, last_instant, step=STEP)
    mine = delete(Position).where(
        Position.owner_pk == owner_pk,
        Position.device_pk == row.device_pk,
        Position.at.between(row.from_at, last or last_instant),
    )
    await db.execute(mine if row.import_pk is None else mine.where(Position.import_pk == row.import_pk))
    if last is None:
        done = update(PositionErasure).where(PositionErasure.owner_pk == owner_pk, PositionErasure.pk == row.pk)
        await db.execute(done.values(is_purged=True, updated_at=now))
    return True
