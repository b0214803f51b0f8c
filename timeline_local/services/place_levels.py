"""City, region and country of places that have a name and coordinates: of the owner's own, and of those sources name.

A source says "Skytree" and the owner "Grandma's house"; what lies around them is worked out as for coordinates without
a name, so that both are found in their city and country. Only a place that nobody changed and that tells none of these
gets them, once: what the owner took away does not come back. Sources go on meaning it by the name they gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.gazetteer import Place
from timeline_local.models import Location
from timeline_local.queries.place_names import AnyRow
from timeline_local.services.locations import GAZETTEER, folded_of, key_of, keys_of
from timeline_local.services.place_names import CHUNK, PlaceOf
from timeline_local.services.retelling import retell


async def bare_places(db: AsyncConnection, owner_pk: int, *, after: int = 0, limit: int = CHUNK) -> Sequence[AnyRow]:
    """The next of these places by key: pk, name, folded, lat, lon."""
    statement = (
        select(Location.pk, Location.name, Location.folded, Location.lat, Location.lon)
        .where(
            Location.owner_pk == owner_pk,
            Location.pk > after,
            Location.lat.is_not(None),
            Location.version == 1,
            Location.source != GAZETTEER,
            *(each.is_(None) for each in (Location.city, Location.region, Location.country, Location.country_code)),
        )
        .order_by(Location.pk)
        .limit(limit)
    )
    return (await db.execute(statement)).all()


def look_up_levels(rows: Sequence[AnyRow], place_of: PlaceOf) -> list[tuple[AnyRow, Place]]:
    """What lies around these places; those at sea are left out. Blocks: call it from a worker thread."""
    found = ((row, place_of(row.lat, row.lon)) for row in rows)
    return [(row, place) for row, place in found if place is not None]


async def write_levels(
    db: AsyncConnection, owner_pk: int, found: Sequence[tuple[AnyRow, Place]], *, now: datetime
) -> bool:
    """Tell these places their levels, and memories there that they are found by them; whether a job goes on with it."""
    if not found:
        return False
    mine = update(Location).where(
        Location.owner_pk == owner_pk, Location.pk == bindparam("this_pk"), Location.version == 1
    )
    rows = [
        {
            "this_pk": row.pk,
            "city": place.city or None,
            "region": place.region or None,
            "country": place.country or None,
            "country_code": place.country_code or None,
            "folded": _folded(row, place),
        }
        for row, place in found
    ]
    await db.execute(mine.values(version=Location.version + 1, updated_at=now), rows)
    return await retell(db, owner_pk, locations=[row.pk for row, _ in found], now=now)


def _folded(row: AnyRow, place: Place) -> str:
    own = key_of(row.name, place.city or "", place.country or "") or row.folded.partition("\n=")[0]
    return folded_of((own, *keys_of(row.folded)))
