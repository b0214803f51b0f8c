"""Named places of memories: found by the names that sources give them, or made. Coordinates alone make no location.

`location.folded` holds the folded name, city and country, each on a line of its own, so that a list is sorted by it and
a place is found at each level. Every further line, `=name⇥city⇥country`, is a key under which sources knew it before it
was renamed or another was merged into it: what they name so is this location. Folded text holds neither = nor ⇥.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import PlaceRef
from timeline_local.domain.ids import new_id
from timeline_local.domain.spheres import distance_m
from timeline_local.models import Location, SourceLink
from timeline_local.queries.words import searchable_name
from timeline_local.services import source_links
from timeline_local.services.source_links import Link

_LEVELS = 3
_ALSO = "="
_KEYED = "\x00"  # in no folded name
NEAR_M = 300.0
GAZETTEER = "gazetteer"
"""Who tells of places that are worked out from coordinates."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A location as memories link it. called: the names under which search finds it."""

    pk: int
    called: tuple[str, ...]


def location_key(place: PlaceRef | None) -> str | None:
    """What makes two places the same: name, city and country, folded, each on a line of its own. None: no name."""
    if place is None:
        return None
    return key_of(place.name, place.city, place.country)


def key_of(name: str, city: str, country: str) -> str | None:
    """As `location_key`, of the three names."""
    parts = [searchable_name(part) for part in (name, city, country)]
    return "\n".join(parts) if any(parts) else None


def keys_of(folded: str) -> tuple[str, ...]:
    """Every key of a location: its own first, then those it was known by."""
    own, others = folded.split("\n")[:_LEVELS], folded.split("\n")[_LEVELS:]
    return "\n".join(own), *(other.removeprefix(_ALSO).replace("\t", "\n") for other in others)


def folded_of(keys: Iterable[str]) -> str:
    """The inverse of `keys_of`; a key that comes twice is kept once."""
    own, *others = dict.fromkeys(keys)
    return "\n".join((own, *(_ALSO + other.replace("\n", "\t") for other in others)))


def spot_key(place: PlaceRef | None) -> str | None:
    """Under what a place is found in `locations`: its source's own key, else its names. None: it makes no location."""
    names = location_key(place)
    if place is None or (names is None and not place.address):
        return None
    return f"{_KEYED}{place.key}" if place.key else names or key_of(place.address, place.city, place.country)


async def locations(
    db: AsyncConnection,
    owner_pk: int,
    places: Iterable[PlaceRef | None],
    *,
    source: str,
    import_pk: int | None = None,
    now: datetime,
) -> dict[str, Spot]:
    """These locations by `spot_key`; missing ones are made. At most four statements, and a few for those with keys.

    source: who tells of them; the owner, the gazetteer, or a source.
    """
    wanted: dict[str, PlaceRef] = {}
    for place in places:
        key = spot_key(place)
        if key is not None and place is not None:
            wanted.setdefault(key, place)
    keyed = {key: place for key, place in wanted.items() if key.startswith(_KEYED)}
    plain = {key: place for key, place in wanted.items() if key not in keyed}
    found = await _by_name(db, owner_pk, plain, source=_origin(source), now=now)
    if keyed:
        found |= await _by_key(db, owner_pk, keyed, source=source, import_pk=import_pk, now=now)
    return found


def _origin(source: str) -> str:
    """As what a location is kept that this source tells of."""
    return source if source in ("user", GAZETTEER) else "import"


async def _by_key(
    db: AsyncConnection,
    owner_pk: int,
    wanted: dict[str, PlaceRef],
    *,
    source: str,
    import_pk: int | None,
    now: datetime,
) -> dict[str, Spot]:
    """Locations by their source's own keys. One that the owner deleted is absent, and made no more.

    A new key is the location of that name near by, unless the source has another key for it: a chain has many houses.
    """
    links = await source_links.find(
        db, owner_pk, "location", source=source, keys=[each.key for each in wanted.values()]
    )
    known = await spots(db, owner_pk, {link.target for link in links.values()} - {None})
    found = {
        key: known[link.target]
        for key, place in wanted.items()
        if (link := links.get(place.key)) is not None and link.target in known
    }
    missing = {key: place for key, place in wanted.items() if place.key not in links}
    told: dict[str, Link] = {}
    for key, place in missing.items():
        near = await _near(db, owner_pk, place, source=source)
        spot = near or await _made(db, owner_pk, place, source=_origin(source), now=now)
        found[key] = spot
        told[place.key] = Link(spot.pk, {"name": place.name, "address": place.address})
        remembered = {place.key: told[place.key]}
        await source_links.remember(db, owner_pk, "location", remembered, source=source, import_pk=import_pk)
    return found


async def _near(db: AsyncConnection, owner_pk: int, place: PlaceRef, *, source: str) -> Spot | None:
    """The location of this name within NEAR_M that the source has no key for."""
    names = spot_key(replace(place, key=""))
    taken = exists().where(SourceLink.location_pk == Location.pk, SourceLink.source == source)
    same = (Location.owner_pk == owner_pk, Location.folded == names, ~taken)
    statement = _columns().add_columns(Location.lat, Location.lon).where(*same).order_by(Location.pk)
    for row in await db.execute(statement):
        if place.lat is None or place.lon is None or row.lat is None or row.lon is None:
            return _spot(row)
        if distance_m(row.lat, row.lon, place.lat, place.lon) <= NEAR_M:
            return _spot(row)
    return None


async def _made(db: AsyncConnection, owner_pk: int, place: PlaceRef, *, source: str, now: datetime) -> Spot:
    row = _row(owner_pk, spot_key(replace(place, key="")) or "", place, source=source, now=now)
    pk = (await db.execute(insert(Location).values(row).returning(Location.pk))).scalar_one()
    return (await spots(db, owner_pk, {pk}))[pk]


async def _by_name(
    db: AsyncConnection, owner_pk: int, wanted: dict[str, PlaceRef], *, source: str, now: datetime
) -> dict[str, Spot]:
    if not wanted:
        return {}
    found = await _existing(db, owner_pk, list(wanted))
    if len(found) < len(wanted):
        found = await _known_before(db, owner_pk, wanted.keys() - found.keys()) | found
    missing = [key for key in wanted if key not in found]
    if not missing:
        return found
    rows = [_row(owner_pk, key, wanted[key], source=source, now=now) for key in missing]
    await db.execute(insert(Location), rows)
    return found | await _existing(db, owner_pk, missing)


async def location_pks(
    db: AsyncConnection, owner_pk: int, places: Iterable[PlaceRef | None], *, source: str, now: datetime
) -> dict[str, int]:
    """The keys of these locations by `location_key`; as `locations`."""
    return {key: spot.pk for key, spot in (await locations(db, owner_pk, places, source=source, now=now)).items()}


async def spots(db: AsyncConnection, owner_pk: int, pks: Collection[int | None]) -> dict[int, Spot]:
    """Locations that are there, by their keys."""
    if not pks:
        return {}
    statement = _columns().where(Location.owner_pk == owner_pk, Location.pk.in_(pks))
    return {row.pk: _spot(row) for row in await db.execute(statement)}


def _row(owner_pk: int, key: str, place: PlaceRef, *, source: str, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "owner_pk": owner_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "name": place.name or place.address or place.city or place.country,
        "folded": key,
        "lat": place.lat,
        "lon": place.lon,
        "radius_m": None,
        "city": place.city or None,
        "region": place.region or None,
        "country": place.country or None,
        "kind": place.kind or None,
        "address": place.address or None,
        "source": source,
    }


def _columns() -> Any:  # noqa: ANN401 - a Select of seven columns
    return select(Location.pk, Location.folded, Location.name, Location.city, Location.region, Location.country)


def _spot(row: Row[*tuple[Any, ...]]) -> Spot:
    return Spot(row.pk, tuple(name for name in (row.name, row.city, row.region, row.country) if name))


async def _existing(db: AsyncConnection, owner_pk: int, keys: Sequence[str]) -> dict[str, Spot]:
    statement = (
        _columns()
        .where(Location.owner_pk == owner_pk, Location.folded.in_([*keys]))
        .order_by(Location.pk.desc())  # of two made at the same moment the first is kept
    )
    return {row.folded: _spot(row) for row in await db.execute(statement)}


async def _known_before(db: AsyncConnection, owner_pk: int, keys: Collection[str]) -> dict[str, Spot]:
    """Locations with more than one key that have one of these. Cost: a scan of the owner's locations."""
    statement = _columns().where(Location.owner_pk == owner_pk, Location.folded.contains(f"\n{_ALSO}"))
    return {
        key: _spot(row)
        for row in await db.execute(statement.order_by(Location.pk.desc()))
        for key in keys_of(row.folded)
        if key in keys
    }
