"""Names for where memories were, from their coordinates: the owner's own place, else city, region and country.

Only memories without a location get one. What the owner or a source said stays; what the owner took away does not come
back. A memory at which nothing is found says so, and is asked about again when its coordinates change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import PlaceRef
from timeline_local.domain.gazetteer import Place
from timeline_local.domain.merge import Rank
from timeline_local.domain.spheres import distance_m
from timeline_local.models import Location, Memory, Provenance
from timeline_local.queries import place_names as queries
from timeline_local.queries.dialect import upsert
from timeline_local.queries.place_names import AnyRow
from timeline_local.services.derived import refresh_names
from timeline_local.services.locations import GAZETTEER, locations

JOB = "name_places"
CHUNK = 250  # some 10 ms to look up; writing takes longer
OWN_M = 150.0  # how far an own place reaches that has no radius
_DEGREE_M = 111_200.0
_POLE = 89.9

PlaceOf = Callable[[float, float], Place | None]
"""(lat, lon) → the names there."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is said of one memory. own: the owner's place it is at; place: else the names of the table."""

    pk: int
    lat: float
    lon: float
    own: AnyRow | None
    place: Place | None


def is_asked(row: AnyRow) -> bool:
    """Whether names are to be looked for: the owner said nothing about the location, nor was all said before."""
    named, said = row.named, row.said
    if named is None or (named["lat"], named["lon"]) != (row.lat, row.lon):
        return said is None or "location" not in said
    return named["basis"] != "none" and said is None


def look_up(rows: Sequence[AnyRow], own: Sequence[AnyRow], place_of: PlaceOf) -> list[Found]:
    """Names for these memories. Blocks for some 50 µs each: call it from a worker thread."""
    found: list[Found] = []
    for row in rows:
        mine = _own(row.lat, row.lon, own)
        found.append(Found(row.pk, row.lat, row.lon, mine, None if mine else place_of(row.lat, row.lon)))
    return found


def _own(lat: float, lon: float, own: Sequence[AnyRow]) -> AnyRow | None:
    """The nearest own place that reaches as far as here."""
    reaching: list[tuple[float, AnyRow]] = []
    for each in own:
        if abs(each.lat - lat) * _DEGREE_M > _reach(each.radius_m):
            continue
        away = distance_m(each.lat, each.lon, lat, lon)
        if away <= _reach(each.radius_m):
            reaching.append((away, each))
    return min(reaching, key=lambda pair: pair[0])[1] if reaching else None


def _reach(radius_m: float | None) -> float:
    return OWN_M if radius_m is None else radius_m


async def write(db: AsyncConnection, owner_pk: int, found: Sequence[Found], *, now: datetime) -> list[int]:
    """Give these memories their locations; the keys of those that have one now. Some ten statements.

    Their versions grow, because their documents change; `updated_at` stays: the memories were not edited.
    """
    refs = {each.pk: _ref(each.place) for each in found if each.place is not None}
    spots = await locations(db, owner_pk, refs.values(), source=GAZETTEER, now=now)
    keyed = {key.lstrip("\x00"): spot for key, spot in spots.items()}
    placed: dict[int, int] = {}
    for each in found:
        if each.own is not None:
            placed[each.pk] = each.own.pk
        elif each.pk in refs and refs[each.pk].key in keyed:  # not there: the owner deleted that place
            placed[each.pk] = keyed[refs[each.pk].key].pk
    await _complete(db, owner_pk, {placed[each.pk]: each.place for each in found if each.pk in placed and each.place})
    named = await _place(db, owner_pk, [each for each in found if each.pk in placed], placed)
    told = [_statement(owner_pk, each, is_named=each.pk in placed, now=now) for each in found]
    add = upsert(db.dialect.name, Provenance)
    replaced = {name: add.excluded[name] for name in ("value", "at")}
    if told:
        await db.execute(
            add.on_conflict_do_update(index_elements=["memory_pk", "field", "source"], set_=replaced), told
        )
    if named:
        await refresh_names(db, owner_pk, named)
    return named


async def _place(db: AsyncConnection, owner_pk: int, found: Sequence[Found], placed: Mapping[int, int]) -> list[int]:
    """Only where nobody was faster: no location came, and the coordinates are what was looked up."""
    if not found:
        return []
    same = (Memory.lat == bindparam("at_lat"), Memory.lon == bindparam("at_lon"), Memory.location_pk.is_(None))
    mine = update(Memory).where(Memory.owner_pk == owner_pk, Memory.pk == bindparam("this_pk"), *same)
    rows = [
        {"this_pk": each.pk, "at_lat": each.lat, "at_lon": each.lon, "to_location": placed[each.pk]} for each in found
    ]
    await db.execute(mine.values(location_pk=bindparam("to_location"), version=Memory.version + 1), rows)
    wanted = set(placed)
    there = select(Memory.pk, Memory.location_pk).where(Memory.owner_pk == owner_pk, Memory.pk.in_(wanted))
    return [row.pk for row in await db.execute(there) if row.location_pk == placed[row.pk]]


async def _complete(db: AsyncConnection, owner_pk: int, places: Mapping[int, Place]) -> None:
    """What the names of a place do not carry."""
    rows = [{"this_pk": pk, "to_code": place.country_code} for pk, place in places.items()]
    if rows:
        mine = update(Location).where(
            Location.owner_pk == owner_pk,
            Location.pk == bindparam("this_pk"),
            Location.source == GAZETTEER,
            Location.country_code.is_(None),
        )
        await db.execute(mine.values(country_code=bindparam("to_code")), rows)


def _ref(place: Place) -> PlaceRef:
    """A place as locations know it: by country, region and city, since there are many Springfields."""
    return PlaceRef(
        lat=place.lat,
        lon=place.lon,
        name="" if place.city else place.region,
        city=place.city,
        region=place.region,
        country=place.country,
        key=f"{place.country_code}/{place.region}/{place.city}",
    )


def _statement(owner_pk: int, found: Found, *, is_named: bool, now: datetime) -> dict[str, Any]:
    place = found.place
    basis = "none" if not is_named else "own_place" if found.own is not None else "gazetteer"
    names: dict[str, Any] = {}
    if found.own is not None:
        names = {"name": found.own.name}
    elif place is not None:
        away = None if place.distance_m is None else round(place.distance_m)
        names = {"city": place.city, "region": place.region, "country": place.country, "distance_m": away}
    return {
        "owner_pk": owner_pk,
        "memory_pk": found.pk,
        "field": "location",
        "source": GAZETTEER,
        "rank": int(Rank.DERIVED),
        "value": {"basis": basis, "lat": found.lat, "lon": found.lon, **names},
        "at": now,
    }


async def give_way(db: AsyncConnection, owner_pk: int, *, lat: float, lon: float, radius_m: float | None) -> bool:
    """An own place came, moved or grew: memories within its reach that have a name of the table are named anew.

    True: there are some; have the job look at them.
    """
    reach = _reach(radius_m)
    up = reach / _DEGREE_M
    across = min(180.0, up / math.cos(math.radians(min(abs(lat), _POLE))))
    tabled = select(Location.pk).where(Location.owner_pk == owner_pk, Location.source == GAZETTEER)
    statement = select(Memory.pk, Memory.lat, Memory.lon).where(
        Memory.owner_pk == owner_pk,
        Memory.lat.between(lat - up, lat + up),
        Memory.lon.between(lon - across, lon + across),
        Memory.location_pk.in_(tabled),
    )
    rows = (await db.execute(statement)).all()
    within = [row.pk for row in rows if distance_m(lat, lon, row.lat, row.lon) <= reach]
    for start in range(0, len(within), CHUNK):
        some = within[start : start + CHUNK]
        mine = (Provenance.owner_pk == owner_pk, Provenance.memory_pk.in_(some), Provenance.source == GAZETTEER)
        await db.execute(delete(Provenance).where(*mine))
        there = (Memory.owner_pk == owner_pk, Memory.pk.in_(some))
        await db.execute(update(Memory).where(*there).values(location_pk=None))
    return bool(within)


async def rows_to_name(db: AsyncConnection, owner_pk: int, *, after: int) -> tuple[list[AnyRow], int | None]:
    """The next memories to look up, and the key behind which to go on; None at the end."""
    rows = await queries.unnamed(db, owner_pk, source=GAZETTEER, after=after, limit=CHUNK)
    return [row for row in rows if is_asked(row)], rows[-1].pk if rows else None
