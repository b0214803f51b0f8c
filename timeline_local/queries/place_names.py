"""Memories with coordinates and without a location, and the owner's own places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.core.place_words import Named, PlaceWords
from timeline_local.models import Location, Memory, Provenance

AnyRow = Row[*tuple[Any, ...]]

_NAMED, _SAID = aliased(Provenance), aliased(Provenance)


async def unnamed(db: AsyncConnection, owner_pk: int, *, source: str, after: int, limit: int) -> Sequence[AnyRow]:
    """The next of them by key: pk, lat, lon, what `source` said about the location, and the owner about the place."""
    statement = (
        select(Memory.pk, Memory.lat, Memory.lon, _NAMED.value.label("named"), _SAID.value.label("said"))
        .outerjoin(_NAMED, (_NAMED.memory_pk == Memory.pk) & (_NAMED.field == "location") & (_NAMED.source == source))
        .outerjoin(_SAID, (_SAID.memory_pk == Memory.pk) & (_SAID.field == "place") & (_SAID.source == "user"))
        .where(Memory.owner_pk == owner_pk, Memory.pk > after, Memory.lat.is_not(None), Memory.location_pk.is_(None))
        .order_by(Memory.pk)
        .limit(limit)
    )
    return (await db.execute(statement)).all()


async def is_any_unnamed(db: AsyncConnection, owner_pk: int) -> bool:
    """Whether there is one of these at all."""
    statement = select(Memory.pk).where(
        Memory.owner_pk == owner_pk, Memory.lat.is_not(None), Memory.location_pk.is_(None)
    )
    return (await db.execute(statement.limit(1))).first() is not None


async def told_places(
    db: AsyncConnection, owner_pk: int, counted: Sequence[tuple[str, int]], *, words: PlaceWords | None
) -> dict[str, str]:
    """What locations of these names are called in another language; empty without one. At most one statement."""
    if words is None or not counted:
        return {}
    statement = select(Location.name, Location.city, Location.region, Location.country, Location.country_code).where(
        Location.owner_pk == owner_pk, Location.name.in_([name for name, _ in counted])
    )
    return {row.name: words.told(Named(*row)).name for row in await db.execute(statement.order_by(Location.pk.desc()))}


async def own_places(db: AsyncConnection, owner_pk: int) -> Sequence[AnyRow]:
    """Places the owner made, or gave a radius: pk, id, name, lat, lon, radius_m."""
    statement = select(Location.pk, Location.id, Location.name, Location.lat, Location.lon, Location.radius_m).where(
        Location.owner_pk == owner_pk,
        Location.lat.is_not(None),
        or_(Location.source == "user", Location.radius_m.is_not(None)),
    )
    return (await db.execute(statement)).all()
