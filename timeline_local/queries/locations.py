"""Locations, and how many memories are there: by name, by number of memories, or around a point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, Select, String, Tuple, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.core.place_words import Named, PlaceWords, meant_by
from timeline_local.domain.spheres import EARTH_RADIUS_M, distance_m
from timeline_local.exceptions import LocationNotFound
from timeline_local.models import Location, Memory
from timeline_local.models.base import Uid
from timeline_local.queries.dialect import by_letter
from timeline_local.queries.words import searchable

Order: TypeAlias = Literal["name", "memories"]
Place: TypeAlias = tuple[str | int, UUID]
"""Where a page ended: (sort key of the name, or number of memories; id). Around a point: (millimetres; id)."""

_QUARTER_TURN, _HALF_TURN, _TURN = 90.0, 180.0, 360.0

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class LocationRow:
    """distance_m is set around a point only."""

    pk: int
    id: UUID
    name: str
    kind: str | None
    lat: float | None
    lon: float | None
    radius_m: float | None
    address: str | None
    city: str | None
    region: str | None
    country: str | None
    country_code: str | None
    zone: str | None
    source: str
    memories: int
    distance_m: float | None
    created_at: datetime
    updated_at: datetime
    version: int


def told(row: LocationRow, words: PlaceWords | None) -> LocationRow:
    """The location as it is called in another language; None: as it is."""
    if words is None:
        return row
    there = words.told(Named(row.name, row.city, row.region, row.country, row.country_code))
    return replace(row, name=there.name, city=there.city, region=there.region, country=there.country)


@dataclass(frozen=True, slots=True)
class Around:
    """A circle: degrees, and a radius in metres."""

    lat: float
    lon: float
    within_m: float


@dataclass(frozen=True, slots=True)
class Page:
    items: list[LocationRow]
    next: Place | None


async def page(db: AsyncConnection, owner_pk: int, *, q: str, order: Order, cursor: Place | None, limit: int) -> Page:
    """Locations by name, or those with the most memories first. q: how a word of the name, city or country begins."""
    statement = _locations(owner_pk, q)
    if order == "name":
        key = by_letter(db.dialect.name, Location.folded)
        statement = statement.add_columns(key.label("place")).order_by(key, Location.id)
        if cursor is not None:
            statement = statement.where(tuple_(key, Location.id) > _behind(cursor))
    else:
        counted = _counts(owner_pk).subquery()
        number: ColumnElement[int] = func.coalesce(counted.c.memories, 0)
        statement = statement.outerjoin(counted, counted.c.location_pk == Location.pk)
        statement = statement.add_columns(number.label("place")).order_by(number.desc(), Location.id.desc())
        if cursor is not None:
            statement = statement.where(tuple_(number, Location.id) < _behind(cursor))
    rows = (await db.execute(statement.limit(limit + 1))).all()
    shown = rows[:limit]
    following = (shown[-1].place, shown[-1].id) if len(rows) > limit else None
    return Page(await _whole(db, owner_pk, shown, {}), following)


async def near(db: AsyncConnection, owner_pk: int, around: Around, *, q: str, cursor: Place | None, limit: int) -> Page:
    """Locations whose centre is in a circle, the nearest first. Cost: those in the box around it."""
    rows = (await db.execute(_locations(owner_pk, q).where(*_box(around)))).all()
    measured = {row.pk: distance_m(around.lat, around.lon, row.lat, row.lon) for row in rows}
    ranked = sorted(
        ((round(measured[row.pk] * 1000), row.id), row) for row in rows if measured[row.pk] <= around.within_m
    )
    behind = [pair for pair in ranked if cursor is None or pair[0] > cursor]
    shown = behind[:limit]
    following = shown[-1][0] if len(behind) > limit else None
    return Page(await _whole(db, owner_pk, [row for _, row in shown], measured), following)


async def get(db: AsyncConnection, owner_pk: int, location_id: UUID) -> LocationRow:
    """One location. Raises LocationNotFound."""
    row = (await db.execute(_locations(owner_pk, "").where(Location.id == location_id))).one_or_none()
    if row is None:
        raise LocationNotFound(f"No location {location_id} in your timeline.")
    (found,) = await _whole(db, owner_pk, [row], {})
    return found


def _box(around: Around) -> list[ColumnElement[bool]]:
    """Degrees that hold the circle, across the date line and over the poles as well."""
    angle = around.within_m / EARTH_RADIUS_M
    reach = math.degrees(angle) * 1.000_001  # the edge itself must not be lost to rounding
    conditions: list[ColumnElement[bool]] = [
        Location.lat.is_not(None),
        Location.lat.between(around.lat - reach, around.lat + reach),
    ]
    if abs(around.lat) + reach >= _QUARTER_TURN:
        return conditions
    spread = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(around.lat))))) * 1.000_001
    west, east = around.lon - spread, around.lon + spread
    sides: list[ColumnElement[bool]] = [Location.lon.between(west, east)]
    if west < -_HALF_TURN:
        sides.append(Location.lon >= west + _TURN)
    if east > _HALF_TURN:
        sides.append(Location.lon <= east - _TURN)
    return [*conditions, or_(*sides)]


def _locations(owner_pk: int, q: str) -> Select[*tuple[Any, ...]]:
    columns = (
        Location.pk,
        Location.id,
        Location.name,
        Location.kind,
        Location.lat,
        Location.lon,
        Location.radius_m,
        Location.address,
        Location.city,
        Location.region,
        Location.country,
        Location.country_code,
        Location.zone,
        Location.source,
        Location.created_at,
        Location.updated_at,
        Location.version,
    )
    statement = select(*columns).where(Location.owner_pk == owner_pk)
    wanted = searchable(q)
    if not wanted:
        return statement if not q.strip() else statement.where(Location.pk < 0)
    begins = (Location.folded.startswith(wanted, autoescape=True), *_inside(wanted))
    elsewhere = (inside for name in meant_by(wanted) for inside in (Location.name == name, *_inside(searchable(name))))
    return statement.where(or_(*begins, *elsewhere))


def _inside(wanted: str) -> list[ColumnElement[bool]]:
    """A later level, or a later word of one, that begins so."""
    return [Location.folded.contains(f"{before}{wanted}", autoescape=True) for before in ("\n", " ")]


def _behind(cursor: Place) -> Tuple:
    # A number from a made-up cursor may be one that no count ever reaches.
    kind = BigInteger() if isinstance(cursor[0], int) else String()
    return tuple_(literal(cursor[0], kind), literal(cursor[1], Uid()))


def _counts(owner_pk: int) -> Select[*tuple[Any, ...]]:
    """(location_pk, memories): outside the trash."""
    trashed = aliased(Memory)
    # Read from two indexes alone: the rows of the memories are not touched.
    return (
        select(Memory.location_pk, func.count(Memory.pk).label("memories"))
        .join_from(Location, Memory, Memory.location_pk == Location.pk)
        .where(
            Location.owner_pk == owner_pk,
            Memory.pk.not_in(select(trashed.pk).where(trashed.owner_pk == owner_pk, trashed.trashed_at.is_not(None))),
        )
        .group_by(Memory.location_pk)
    )


async def _whole(
    db: AsyncConnection, owner_pk: int, rows: Sequence[AnyRow], measured: dict[int, float]
) -> list[LocationRow]:
    pks = [row.pk for row in rows]
    if not pks:
        return []
    counted = _counts(owner_pk).where(Memory.location_pk.in_(pks))
    counts = {row.location_pk: row.memories for row in await db.execute(counted)}
    return [
        LocationRow(
            **{name: value for name, value in row._asdict().items() if name != "place"},
            memories=counts.get(row.pk, 0),
            distance_m=measured.get(row.pk),
        )
        for row in rows
    ]
