"""What visits and moves are derived from: stale devices, their positions, and what is on the timeline already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    exists,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.domain.kinds import Kind
from timeline_local.models import Device, Location, Memory, MemoryPath, Position, Provenance
from timeline_local.models.base import Instant
from timeline_local.queries.positions import not_deleted

AnyRow = Row[*tuple[Any, ...]]
MOST_LOCATIONS = 5000
DAYS_AWAY = 32  # a visit that began earlier covers nothing any more
_AT = type_coerce(Position.at, BigInteger)
_HALF_MINUTE: ColumnElement[int] = literal_column("30000000", BigInteger)  # microseconds
_SAMPLE = (
    Position.at,
    Position.lat_e7,
    Position.lon_e7,
    Position.accuracy_dm,
    Position.altitude_dm,
    Position.speed_cmps,
)


async def stale_device(db: AsyncConnection, owner_pk: int) -> AnyRow | None:
    """The first device with positions to derive from: pk, key, name, stale_from, stale_until; held until the end."""
    statement = (
        select(Device.pk, Device.key, Device.name, Device.stale_from, Device.stale_until)
        .where(Device.owner_pk == owner_pk, Device.stale_from.is_not(None))
        .order_by(Device.pk)
        .limit(1)
    )
    return (await db.execute(statement.with_for_update())).one_or_none()


async def samples(
    db: AsyncConnection, owner_pk: int, device_pk: int, since: datetime, until: datetime, *, limit: int
) -> Sequence[AnyRow]:
    """Positions of a device between two instants, both inclusive, in the order of time; the first of each half minute.

    More tell nothing about stays, and a track of one a second would make a step of five hours. Cost: a range of the
    key that ends with the last of them.
    """
    firsts = _with_none_before if db.dialect.name == "sqlite" else _unlike_the_one_before
    return (await db.execute(firsts(owner_pk, device_pk, since, until).limit(limit))).all()


def _with_none_before(owner_pk: int, device_pk: int, since: datetime, until: datetime) -> Select[*tuple[Any, ...]]:
    """For SQLite, which would keep the whole range for a window function."""
    earlier = aliased(Position)
    begun = func.max(_AT - _AT.op("%")(_HALF_MINUTE), literal(since, Instant))
    before = exists().where(
        earlier.owner_pk == owner_pk,
        earlier.device_pk == device_pk,
        type_coerce(earlier.at, BigInteger) >= begun,
        earlier.at < Position.at,
        not_deleted(owner_pk, earlier),
    )
    return select(*_SAMPLE).where(*_between(owner_pk, device_pk, since, until), ~before).order_by(Position.at)


def _unlike_the_one_before(owner_pk: int, device_pk: int, since: datetime, until: datetime) -> Select[*tuple[Any, ...]]:
    """For PostgreSQL, which makes a join of the other, in the square of the positions where it has not counted them."""
    half = _AT.op("/")(_HALF_MINUTE)
    before = func.lag(half).over(order_by=Position.at)
    told = select(*_SAMPLE, half.label("half"), before.label("before"))
    read = told.where(*_between(owner_pk, device_pk, since, until)).subquery().columns
    is_first = read.before.is_distinct_from(read.half)
    return select(*(read[column.key] for column in _SAMPLE)).where(is_first).order_by(read.at)


def _between(owner_pk: int, device_pk: int, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    of_device = (Position.owner_pk == owner_pk, Position.device_pk == device_pk)
    return *of_device, Position.at.between(since, until), not_deleted(owner_pk)


async def derived(
    db: AsyncConnection, owner_pk: int, device_pk: int, since: datetime, until: datetime, *, source: str
) -> Sequence[AnyRow]:
    """What was derived of a device and touches this interval; is_mine: the owner changed it, or put it in the trash."""
    said = exists().where(Provenance.memory_pk == Memory.pk, Provenance.source == "user")
    statement = (
        select(
            Memory.pk,
            Memory.kind,
            Memory.source_key,
            Memory.content_hash,
            MemoryPath.from_at,
            MemoryPath.until_at,
            (said | Memory.trashed_at.is_not(None) | (Memory.updated_at > Memory.created_at)).label("is_mine"),
        )
        .join(MemoryPath, MemoryPath.memory_pk == Memory.pk)
        .where(
            Memory.owner_pk == owner_pk,
            Memory.source == source,
            MemoryPath.device_pk == device_pk,
            MemoryPath.from_at <= until,
            MemoryPath.until_at >= since,
        )
        .order_by(MemoryPath.from_at)
    )
    return (await db.execute(statement)).all()


async def last_visit(
    db: AsyncConnection, owner_pk: int, device_pk: int, at: datetime, *, source: str
) -> datetime | None:
    """The first instant of the last derived visit that began at or before this one."""
    statement = (
        select(MemoryPath.from_at)
        .join(Memory, Memory.pk == MemoryPath.memory_pk)
        .where(
            Memory.owner_pk == owner_pk,
            Memory.source == source,
            Memory.kind == Kind.VISIT.code,
            MemoryPath.device_pk == device_pk,
            MemoryPath.from_at <= at,
        )
        .order_by(MemoryPath.from_at.desc())
        .limit(1)
    )
    return (await db.execute(statement)).scalar_one_or_none()


async def told(
    db: AsyncConnection, owner_pk: int, since: datetime, until: datetime, *, but: str
) -> list[tuple[datetime, datetime]]:
    """The intervals of visits and moves that other sources, or the owner, tell of."""
    statement = select(Memory.happened_at, Memory.happened_until).where(
        Memory.owner_pk == owner_pk,
        Memory.kind.in_((Kind.VISIT.code, Kind.MOVE.code)),
        Memory.source != but,
        Memory.trashed_at.is_(None),
        Memory.local_on.between(_day(since, -DAYS_AWAY), _day(until, 2)),  # by the index of the timeline
        Memory.happened_at <= until,
        func.coalesce(Memory.happened_until, Memory.happened_at) >= since,
    )
    return [(row.happened_at, row.happened_until or row.happened_at) for row in await db.execute(statement)]


def _day(at: datetime, days: int) -> date:
    return (at + timedelta(days=days)).date()


async def named_places(db: AsyncConnection, owner_pk: int) -> Sequence[AnyRow]:
    """The owner's locations that have coordinates: pk, lat, lon, radius_m."""
    statement = select(Location.pk, Location.lat, Location.lon, Location.radius_m).where(
        Location.owner_pk == owner_pk, Location.lat.is_not(None), Location.lon.is_not(None)
    )
    return (await db.execute(statement.order_by(Location.pk).limit(MOST_LOCATIONS))).all()


async def has_stale(db: AsyncConnection, owner_pk: int) -> bool:
    """Whether there is anything to derive from."""
    statement = select(Device.pk).where(Device.owner_pk == owner_pk, Device.stale_from.is_not(None)).limit(1)
    return (await db.execute(statement)).first() is not None
