"""Devices and their positions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, exists, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.distances import is_position
from timeline_local.domain.times import from_micros, micros
from timeline_local.models import Device, Import, Memory, MemoryPath, Position, PositionErasure, PositionSpan
from timeline_local.queries.dialect import in_key_list, key_list

AnyRow = Row[*tuple[Any, ...]]
SCANNED = 200_000  # positions that one page with a box looks at
LONGEST_WAY = 20_000  # positions of one memory's way that are read


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees; west above east when it crosses the date line."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which positions. since is inclusive, until is not; None: all."""

    since: datetime | None = None
    until: datetime | None = None
    device: UUID | None = None
    import_id: UUID | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """next: (device's key, instant) behind which to go on, and the device's id; None at the end."""

    items: Sequence[AnyRow]
    next: tuple[UUID, datetime] | None


async def devices(db: AsyncConnection, owner_pk: int) -> Sequence[AnyRow]:
    """Every device with its first and last instant, the latest used first. Two look-ups for each device."""
    mine = (Position.owner_pk == owner_pk, Position.device_pk == Device.pk, not_deleted(owner_pk))
    ends = [
        select(Position.at).where(*mine).order_by(order).limit(1).correlate(Device).scalar_subquery()
        for order in (Position.at, Position.at.desc())
    ]
    statement = (
        select(Device.id, Device.key, Device.name, Device.source, ends[0].label("first"), ends[1].label("last"))
        .where(Device.owner_pk == owner_pk)
        .order_by(Device.pk)
    )
    rows = (await db.execute(statement)).all()
    return sorted(rows, key=lambda row: (row.last is None, -micros(row.last) if row.last else 0))


async def page(
    db: AsyncConnection, owner_pk: int, wanted: Wanted, *, behind: tuple[UUID, datetime] | None, limit: int
) -> Page:
    """Positions of one device after the other, each in the order of time. Cost: what the page holds; with a box, at
    most SCANNED positions are looked at, so that a page may be short, or empty, and still not the last.
    """
    found = _positions(owner_pk, await _conditions(db, owner_pk, wanted, behind))
    if wanted.box is None:
        rows = (await db.execute(found.limit(limit + 1))).all()
        return Page(rows[:limit], _last(rows[:limit]) if len(rows) > limit else None)
    looked_at = found.limit(SCANNED).subquery()
    inside = select(looked_at).where(_inside(looked_at.c, wanted.box)).limit(limit + 1)
    rows = (await db.execute(inside)).all()
    if len(rows) > limit:
        return Page(rows[:limit], _last(rows[:limit]))
    end = (await db.execute(found.offset(SCANNED - 1).limit(1))).all()
    return Page(rows, _last(end))


def _last(rows: Sequence[AnyRow]) -> tuple[UUID, datetime] | None:
    return (rows[-1].device, rows[-1].at) if rows else None


async def count(db: AsyncConnection, owner_pk: int, wanted: Wanted) -> int:
    """How many positions these are. Cost: a range of the key for each device."""
    conditions = await _conditions(db, owner_pk, wanted, None)
    statement = select(func.count()).select_from(Position).join(Device, Device.pk == Position.device_pk)
    return int((await db.execute(statement.where(Position.owner_pk == owner_pk, *conditions))).scalar_one())


async def spans_of(db: AsyncConnection, owner_pk: int, wanted: Wanted) -> list[tuple[int, datetime, datetime]]:
    """(device_pk, first, last instant) of these positions by device; those without any are absent."""
    conditions = await _conditions(db, owner_pk, wanted, None)
    at = type_coerce(Position.at, BigInteger)
    statement = (
        select(Position.device_pk, func.min(at), func.max(at))
        .join(Device, Device.pk == Position.device_pk)
        .where(Position.owner_pk == owner_pk, *conditions)
        .group_by(Position.device_pk)
    )
    rows = await db.execute(statement)
    return [(device_pk, from_micros(first), from_micros(last)) for device_pk, first, last in rows]


async def way(db: AsyncConnection, owner_pk: int, memory_pk: int) -> Sequence[AnyRow]:
    """The positions of a memory's way in the order of time, the first LONGEST_WAY of them; none if it has no way."""
    path = select(MemoryPath.device_pk, MemoryPath.from_at, MemoryPath.until_at).join(
        Memory, Memory.pk == MemoryPath.memory_pk
    )
    mine = path.where(Memory.owner_pk == owner_pk, MemoryPath.memory_pk == memory_pk)
    row = (await db.execute(mine)).one_or_none()
    if row is None:
        return ()
    between = (Position.device_pk == row.device_pk, Position.at.between(row.from_at, row.until_at))
    found = _positions(owner_pk, [*between, not_deleted(owner_pk)])
    return (await db.execute(found.limit(LONGEST_WAY))).all()


async def route(db: AsyncConnection, owner_pk: int, memory_pk: int) -> list[tuple[float, float]]:
    """The way of a memory as its source drew it, without times: (latitude, longitude) from its start to its end."""
    mine = select(Memory.extra).where(Memory.owner_pk == owner_pk, Memory.pk == memory_pk)
    said = ((await db.execute(mine)).scalar_one_or_none() or {}).get("route")
    places = [each for each in said if isinstance(each, list)] if isinstance(said, list) else []
    return [(lat, lon) for lat, lon in filter(_is_place, places[:LONGEST_WAY])]


def _is_place(parts: list[Any]) -> bool:
    return len(parts) == 2 and all(type(each) in {int, float} for each in parts) and is_position(*parts)  # noqa: PLR2004


def _positions(owner_pk: int, conditions: Sequence[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Device.id.label("device"),
            Position.at,
            Position.lat_e7,
            Position.lon_e7,
            Position.accuracy_dm,
            Position.altitude_dm,
            Position.speed_cmps,
        )
        .join(Device, Device.pk == Position.device_pk)
        .where(Position.owner_pk == owner_pk, *conditions)
        .order_by(Position.device_pk, Position.at)
    )


async def _conditions(
    db: AsyncConnection, owner_pk: int, wanted: Wanted, behind: tuple[UUID, datetime] | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [not_deleted(owner_pk)]
    if wanted.since is not None:
        found.append(Position.at >= wanted.since)
    if wanted.until is not None:
        found.append(Position.at < wanted.until)
    if wanted.device is not None:
        found.append(Position.device_pk == await _device_pk(db, owner_pk, wanted.device))
    if wanted.import_id is not None:
        mine = select(Import.pk).where(Import.owner_pk == owner_pk, Import.id == wanted.import_id)
        found.append(Position.import_pk == mine.scalar_subquery())
    if behind is not None:
        place = (await _device_pk(db, owner_pk, behind[0]), behind[1])
        found.append(
            or_(
                Position.device_pk > place[0],
                and_(Position.device_pk == place[0], Position.at > place[1]),
            )
        )
    return found


async def _device_pk(db: AsyncConnection, owner_pk: int, device_id: UUID) -> int:
    """The key of a device; -1, which is nobody's, if the owner has none of this id."""
    statement = select(Device.pk).where(Device.owner_pk == owner_pk, Device.id == device_id)
    found = (await db.execute(statement)).scalar_one_or_none()
    return -1 if found is None else found


def not_deleted(owner_pk: int, position: type[Position] = Position) -> ColumnElement[bool]:
    """Not deleted: those wait a day for undo, and are then removed."""
    return ~exists().where(
        PositionErasure.owner_pk == owner_pk,
        PositionErasure.is_purged.is_(False),
        or_(PositionErasure.device_pk.is_(None), PositionErasure.device_pk == position.device_pk),
        or_(PositionErasure.import_pk.is_(None), PositionErasure.import_pk == position.import_pk),
        PositionErasure.from_at <= position.at,
        position.at < PositionErasure.until_at,
    )


def _inside(columns: Any, box: Box) -> ColumnElement[bool]:  # noqa: ANN401 - the columns of a subquery
    lat, lon = columns.lat_e7, columns.lon_e7
    west, east = round(box.west * DEGREE), round(box.east * DEGREE)
    across = lon.between(west, east) if west <= east else or_(lon >= west, lon <= east)
    return and_(lat.between(round(box.south * DEGREE), round(box.north * DEGREE)), across)


DEGREE = 10_000_000
"""The unit of lat_e7 and lon_e7."""


async def devices_by_key(db: AsyncConnection, owner_pk: int, *, keys: Collection[str]) -> dict[str, int]:
    """The keys of devices by what their sources call them."""
    statement = select(Device.key, Device.pk).where(Device.owner_pk == owner_pk, Device.key.in_(keys))
    return {row.key: row.pk for row in await db.execute(statement)}


async def stale(db: AsyncConnection, owner_pk: int, device_pk: int) -> tuple[datetime | None, datetime | None]:
    """The interval of a device that is to be derived anew, held until the transaction ends."""
    statement = select(Device.stale_from, Device.stale_until).where(Device.owner_pk == owner_pk, Device.pk == device_pk)
    row = (await db.execute(statement.with_for_update())).one()
    return row.stale_from, row.stale_until


async def known_instants(
    db: AsyncConnection, owner_pk: int, device_pk: int, instants: Collection[datetime]
) -> set[datetime]:
    """Those of these instants at which a device has a position already."""
    dialect = db.dialect.name
    at = type_coerce(Position.at, BigInteger)
    statement = select(at).where(
        Position.owner_pk == owner_pk, Position.device_pk == device_pk, in_key_list(dialect, at)
    )
    found = await db.execute(statement, {"keys": key_list(dialect, [micros(each) for each in instants])})
    return {from_micros(each) for each in found.scalars()}


async def erasures(db: AsyncConnection, owner_pk: int) -> list[AnyRow]:
    """The intervals whose positions the owner deleted: pk, device_pk, import_pk, from_at, until_at."""
    statement = select(
        PositionErasure.pk,
        PositionErasure.device_pk,
        PositionErasure.import_pk,
        PositionErasure.from_at,
        PositionErasure.until_at,
    ).where(PositionErasure.owner_pk == owner_pk)
    return list((await db.execute(statement)).all())


async def span(db: AsyncConnection, owner_pk: int, import_pk: int, device_pk: int) -> AnyRow | None:
    """Between which instants an import added positions of a device, and how many."""
    return (await db.execute(_spans(owner_pk, import_pk).where(PositionSpan.device_pk == device_pk))).one_or_none()


async def next_span(db: AsyncConnection, owner_pk: int, import_pk: int) -> AnyRow | None:
    """As `span`, for any device of which there is one."""
    return (await db.execute(_spans(owner_pk, import_pk).order_by(PositionSpan.device_pk).limit(1))).one_or_none()


def _spans(owner_pk: int, import_pk: int) -> Any:  # noqa: ANN401 - a Select of four columns
    return (
        select(PositionSpan.device_pk, PositionSpan.from_at, PositionSpan.until_at, PositionSpan.held)
        .join(Import, Import.pk == PositionSpan.import_pk)
        .where(Import.owner_pk == owner_pk, PositionSpan.import_pk == import_pk)
    )


async def end_of_step(
    db: AsyncConnection, owner_pk: int, device_pk: int, from_at: datetime, until_at: datetime, *, step: int
) -> datetime | None:
    """The instant of the last of the next positions of a device; None if fewer than `step` are left until the end."""
    statement = (
        select(Position.at)
        .where(Position.owner_pk == owner_pk, Position.device_pk == device_pk, Position.at.between(from_at, until_at))
        .order_by(Position.at)
        .offset(step - 1)
        .limit(1)
    )
    return (await db.execute(statement)).scalar_one_or_none()


async def import_pk_of(db: AsyncConnection, owner_pk: int, import_id: UUID | None) -> int | None:
    """The key of an import; None if none was named, or the owner has none of this id."""
    if import_id is None:
        return None
    statement = select(Import.pk).where(Import.owner_pk == owner_pk, Import.id == import_id)
    return (await db.execute(statement)).scalar_one_or_none()


async def count_between(
    db: AsyncConnection, owner_pk: int, device_pk: int, from_at: datetime, until_at: datetime
) -> int:
    """How many positions a device has from an instant to before another."""
    statement = select(func.count()).where(
        Position.owner_pk == owner_pk,
        Position.device_pk == device_pk,
        Position.at >= from_at,
        Position.at < until_at,
        not_deleted(owner_pk),
    )
    return int((await db.execute(statement)).scalar_one())


async def next_expired(db: AsyncConnection, owner_pk: int, now: datetime) -> AnyRow | None:
    """The oldest deletion of positions that can be taken back no more, and whose positions are still there."""
    statement = (
        select(
            PositionErasure.pk,
            PositionErasure.device_pk,
            PositionErasure.import_pk,
            PositionErasure.from_at,
            PositionErasure.until_at,
        )
        .where(
            PositionErasure.owner_pk == owner_pk,
            PositionErasure.is_purged.is_(False),
            PositionErasure.expires_at < now,
        )
        .order_by(PositionErasure.pk)
        .limit(1)
    )
    return (await db.execute(statement)).one_or_none()
