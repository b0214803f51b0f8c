"""What an owner does to one location by hand: make, edit, delete. Merging has its own file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.ids import new_id
from timeline_local.domain.zones import find_zone
from timeline_local.exceptions import FieldError, InvalidInput, LocationNotFound, VersionConflict
from timeline_local.models import Location, Memory
from timeline_local.services import jobs
from timeline_local.services.locations import folded_of, key_of, keys_of
from timeline_local.services.place_names import JOB as NAMING
from timeline_local.services.place_names import give_way
from timeline_local.services.retelling import retell, retell_memories
from timeline_local.services.revision import bump

FIELDS = (
    "name",
    "kind",
    "lat",
    "lon",
    "radius_m",
    "address",
    "city",
    "region",
    "country",
    "country_code",
    "zone",
)
_KEY = frozenset({"name", "city", "country"})
_REACH = frozenset({"lat", "lon", "radius_m"})
_AROUND = ("city", "region", "country", "country_code")
WHILE_EDITING = timedelta(minutes=1)  # what somebody just made is not changed under their hands
_TOLD = frozenset({"name", "city", "region", "country"})

ZoneOf = Callable[[float, float], str | None]
"""(lat, lon) → IANA zone."""

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Changed:
    """id: of the location. waits: a job was put in line; wake the runner after the commit."""

    id: UUID
    revision: int
    waits: bool = False


async def create(
    db: AsyncConnection, owner_pk: int, fields: Mapping[str, Any], *, zone_of: ZoneOf, now: datetime
) -> Changed:
    """A new location. fields: those of schemas.locations.NewLocation that were given. Raises InvalidInput."""
    values: dict[str, Any] = {name: fields.get(name) for name in FIELDS}
    _check(values)
    if values["zone"] is None and values["lat"] is not None:
        values["zone"] = zone_of(values["lat"], values["lon"])
    made: dict[str, Any] = {
        "id": new_id(),
        "owner_pk": owner_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "source": "user",
    }
    await db.execute(insert(Location).values(made | values | {"folded": own_key(values)}))
    waits = await _name_anew(db, owner_pk, values, now=now)
    if values["lat"] is not None and not (waits or any(values[name] for name in _AROUND)):
        await jobs.ensure(db, owner_pk, kind=NAMING, now=now, run_after=now + WHILE_EDITING)
        waits = True
    return Changed(made["id"], await bump(db, owner_pk), waits)


async def _name_anew(db: AsyncConnection, owner_pk: int, place: Mapping[str, Any], *, now: datetime) -> bool:
    """Memories within reach of an own place take its name, in a job; whether there are any."""
    if place["lat"] is None:
        return False
    found = await give_way(db, owner_pk, lat=place["lat"], lon=place["lon"], radius_m=place["radius_m"])
    if found:
        await jobs.ensure(db, owner_pk, kind=NAMING, now=now)
    return found


async def edit(
    db: AsyncConnection,
    owner_pk: int,
    location_id: UUID,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    zone_of: ZoneOf,
    now: datetime,
) -> Changed:
    """Apply a merge patch. What sources call it so far stays known: they mean this location by it.

    Without a zone of its own it follows the coordinates. Raises LocationNotFound, VersionConflict, InvalidInput.
    """
    row = await locked_location(db, owner_pk, location_id, expected_version=expected_version)
    old = row._asdict()
    new = {name: changes.get(name, old[name]) for name in FIELDS}
    if new["name"] is None:
        raise InvalidInput("A location needs a name.", errors=(FieldError("#/name", "cannot be empty"),))
    _check(new)
    if changes.keys() & {"lat", "lon"} and "zone" not in changes and new["lat"] is not None:
        derived = None if old["lat"] is None else zone_of(old["lat"], old["lon"])
        new["zone"] = old["zone"] if old["zone"] not in (None, derived) else zone_of(new["lat"], new["lon"])
    if changes.keys() & _KEY:
        new["folded"] = folded_of((own_key(new), *keys_of(old["folded"])))
    await store(db, owner_pk, row.pk, new, now=now)
    waits = bool(changes.keys() & _TOLD) and await retell(db, owner_pk, locations=[row.pk], now=now)
    if changes.keys() & _REACH and (row.source == "user" or new["radius_m"] is not None):
        waits |= await _name_anew(db, owner_pk, new, now=now)
    return Changed(location_id, await bump(db, owner_pk), waits)


async def remove(
    db: AsyncConnection, owner_pk: int, location_id: UUID, *, expected_version: int | None, now: datetime
) -> Changed:
    """Delete a location; memories stay, with their coordinates. A source that names it again makes it again.

    Raises LocationNotFound, VersionConflict.
    """
    row = await locked_location(db, owner_pk, location_id, expected_version=expected_version)
    here = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.location_pk == row.pk).order_by(Memory.pk)
    memories = list((await db.execute(here.with_for_update())).scalars())
    await db.execute(delete(Location).where(Location.owner_pk == owner_pk, Location.pk == row.pk))
    waits = await retell_memories(db, owner_pk, memories, now=now)
    return Changed(location_id, await bump(db, owner_pk), waits)


async def locked_location(
    db: AsyncConnection, owner_pk: int, location_id: UUID, *, expected_version: int | None = None
) -> AnyRow:
    """The columns of a location, held until the transaction ends. Raises LocationNotFound, VersionConflict."""
    columns = (Location.pk, Location.id, Location.version, Location.folded, Location.source, Location.created_at)
    statement = (
        select(*columns, *(getattr(Location, name) for name in FIELDS))
        .where(Location.owner_pk == owner_pk, Location.id == location_id)
        .with_for_update()
    )
    row = (await db.execute(statement)).one_or_none()
    if row is None:
        raise LocationNotFound(f"No location {location_id} in your timeline.")
    if expected_version is not None and row.version != expected_version:
        raise VersionConflict(
            "This location was changed elsewhere since you opened it. Nothing was overwritten; "
            "fetch it again and repeat your change.",
            facts={"version": row.version},
        )
    return row


async def store(db: AsyncConnection, owner_pk: int, pk: int, values: Mapping[str, Any], *, now: datetime) -> None:
    """Set columns of a location, under a new version."""
    mine = update(Location).where(Location.owner_pk == owner_pk, Location.pk == pk)
    await db.execute(mine.values(**values, updated_at=now, version=Location.version + 1))


def own_key(values: Mapping[str, Any]) -> str:
    """The key of a location's present name, city and country."""
    key = key_of(values["name"], values["city"] or "", values["country"] or "")
    return key or "\n\n"  # a name of nothing but signs


def _check(values: Mapping[str, Any]) -> None:
    if (values["lat"] is None) != (values["lon"] is None):
        missing = "lat" if values["lat"] is None else "lon"
        raise InvalidInput(
            "A location needs both lat and lon, or neither. Nothing was saved.",
            errors=(FieldError(f"#/{missing}", "is missing"),),
        )
    if values["zone"] is not None and find_zone(values["zone"]) is None:
        raise InvalidInput(
            "There is no such time zone; nothing was saved. Give an IANA name like Europe/Rome.",
            errors=(FieldError("#/zone", "must be an IANA time zone"),),
        )
