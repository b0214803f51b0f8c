"""Memories get names for their places: the owner's own place first, then the table, and never against the owner."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.conftest import Owner
from timeline_local.core.database import Database
from timeline_local.core.places import places
from timeline_local.domain.gazetteer import Place
from timeline_local.models import Location, Memory, Provenance
from timeline_local.queries import place_names as queries
from timeline_local.services import location_edits, memories
from timeline_local.services.place_names import look_up, rows_to_name, write
from timeline_local.services.user_time import Bearings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LISBON, SEA, DESERT = (38.711, -9.137), (19.0, -135.0), (23.5, 10.0)
ZONES = {LISBON: "Europe/Lisbon", DESERT: "Africa/Algiers"}


def zone_of(lat: float, lon: float) -> str | None:
    return ZONES.get((lat, lon), "Etc/GMT+9" if (lat, lon) == SEA else "Europe/Lisbon")


def place_of(lat: float, lon: float) -> Place | None:
    return places().find(lat, lon, zone_of(lat, lon))


BEARINGS = Bearings(now=NOW, home_zone="Europe/Lisbon", zone_of=zone_of)


class World:
    """A library with a few places, and the job's steps on it."""

    def __init__(self, database: Database, owner_pk: int) -> None:
        self.database = database
        self.owner_pk = owner_pk

    async def add(self, at: tuple[float, float], **fields: Any) -> int:  # noqa: ANN401 - fields of the wire
        async with self.database.write() as db:
            given = {"body": "x", "lat": at[0], "lon": at[1], **fields}
            made = await memories.create(db, self.owner_pk, given, bearings=BEARINGS)
            return int((await db.execute(select(Memory.pk).where(Memory.id == made.id))).scalar_one())

    async def patch(self, pk: int, **changes: Any) -> None:  # noqa: ANN401 - as above
        async with self.database.write() as db:
            id_ = (await db.execute(select(Memory.id).where(Memory.pk == pk))).scalar_one()
            await memories.edit(db, self.owner_pk, id_, changes, expected_version=None, bearings=BEARINGS, seal=None)

    async def name(self) -> int:
        """Run the job to its end; how many memories got a location."""
        after: int | None = 0
        named = 0
        while after is not None:
            async with self.database.write() as db:
                rows, last = await rows_to_name(db, self.owner_pk, after=after)
                own = await queries.own_places(db, self.owner_pk)
                named += len(await write(db, self.owner_pk, look_up(rows, own, place_of), now=NOW))
            after = last
        return named

    async def names(self, pk: int) -> tuple[str, str | None, str | None, str] | None:
        """name, city, country_code and source of the memory's location."""
        statement = select(Location.name, Location.city, Location.country_code, Location.source)
        joined = statement.join(Memory, Memory.location_pk == Location.pk).where(Memory.pk == pk)
        async with self.database.read() as db:
            row = (await db.execute(joined)).one_or_none()
        return None if row is None else (row.name, row.city, row.country_code, row.source)

    async def said(self, pk: int) -> dict[str, Any]:
        statement = select(Provenance.value).where(Provenance.memory_pk == pk, Provenance.source == "gazetteer")
        async with self.database.read() as db:
            return dict((await db.execute(statement)).scalar_one())

    async def own_place(self, name: str, at: tuple[float, float], radius_m: float | None = None) -> None:
        fields = {"name": name, "lat": at[0], "lon": at[1], "radius_m": radius_m}
        async with self.database.write() as db:
            await location_edits.create(db, self.owner_pk, fields, zone_of=zone_of, now=NOW)


@pytest.fixture
def world(database: Database, owner: Owner) -> World:
    return World(database, owner.pk)


async def test_a_memory_gets_its_city_and_says_why(world: World) -> None:
    first, second = await world.add(LISBON), await world.add(LISBON)
    assert await world.name() == 2
    assert await world.names(first) == ("Lisbon", "Lisbon", "PT", "gazetteer")
    assert await world.names(second) == await world.names(first)
    said = await world.said(first)
    assert (said["basis"], said["region"], said["country"]) == ("gazetteer", "Lisbon", "Portugal")
    async with world.database.read() as db:
        assert len((await db.execute(select(Location.pk))).all()) == 1
        row = (await db.execute(select(Memory.version, Memory.updated_at).where(Memory.pk == first))).one()
    assert (row.version, row.updated_at) == (2, NOW)
    assert await world.name() == 0


async def test_the_sea_has_no_name_and_is_not_asked_about_again(world: World) -> None:
    at_sea, in_desert = await world.add(SEA), await world.add(DESERT)
    assert await world.name() == 1
    assert await world.names(at_sea) is None
    assert (await world.said(at_sea))["basis"] == "none"
    assert await world.names(in_desert) == ("Algeria", None, "DZ", "gazetteer")
    async with world.database.read() as db:
        rows, _ = await rows_to_name(db, world.owner_pk, after=0)
    assert rows == []
    await world.patch(at_sea, lat=LISBON[0], lon=LISBON[1])
    assert await world.name() == 1
    assert await world.names(at_sea) == ("Lisbon", "Lisbon", "PT", "gazetteer")


async def test_an_own_place_wins_within_its_radius(world: World) -> None:
    near, far = (LISBON[0] + 0.001, LISBON[1]), (LISBON[0] + 0.005, LISBON[1])
    await world.own_place("Grandma's house", LISBON)
    await world.own_place("The other corner", (LISBON[0] + 0.0015, LISBON[1]), radius_m=5)
    close, away = await world.add(near), await world.add(far)
    await world.name()
    assert await world.names(close) == ("Grandma's house", None, None, "user")
    assert (await world.said(close))["basis"] == "own_place"
    assert await world.names(away) == ("Lisbon", "Lisbon", "PT", "gazetteer")


async def test_an_own_place_that_comes_later_takes_over_what_the_table_named(world: World) -> None:
    here, chosen = await world.add(LISBON), await world.add((LISBON[0] + 0.01, LISBON[1]), location="My café")
    await world.name()
    await world.own_place("Grandma's house", (LISBON[0] + 0.0005, LISBON[1]), radius_m=3000)
    assert await world.name() == 1
    assert await world.names(here) == ("Grandma's house", None, None, "user")
    assert (await world.names(chosen) or ("",))[0] == "My café"


async def test_what_the_owner_took_away_does_not_come_back(world: World) -> None:
    taken, never = await world.add(LISBON), await world.add(LISBON, location=None)
    await world.name()
    await world.patch(taken, location=None)
    await world.patch(never, location=None)
    await world.name()
    assert await world.names(taken) is None
    assert await world.names(never) is None


async def test_a_deleted_place_is_not_made_again(world: World) -> None:
    here = await world.add(LISBON)
    await world.name()
    async with world.database.write() as db:
        id_ = (await db.execute(select(Location.id))).scalar_one()
        await location_edits.remove(db, world.owner_pk, id_, expected_version=None, now=NOW)
    later = await world.add(LISBON)
    assert await world.name() == 0
    assert (await world.names(here), await world.names(later)) == (None, None)


async def test_what_a_new_import_wiped_is_named_again(world: World) -> None:
    here = await world.add(LISBON)
    await world.name()
    async with world.database.write() as db:
        await db.execute(update(Memory).where(Memory.pk == here).values(location_pk=None))
        await db.execute(update(Provenance).where(Provenance.source == "user").values(source="photo_folder"))
    assert await world.name() == 1


async def test_two_towns_of_one_name_are_two_places(world: World) -> None:
    illinois, massachusetts = (39.80, -89.64), (42.10, -72.59)
    ZONES.update({illinois: "America/Chicago", massachusetts: "America/New_York"})
    one, other = await world.add(illinois), await world.add(massachusetts)
    assert await world.name() == 2
    async with world.database.read() as db:
        regions = (await db.execute(select(Location.city, Location.region).order_by(Location.region))).all()
    assert [tuple(row) for row in regions] == [("Springfield", "Illinois"), ("Springfield", "Massachusetts")]
    assert await world.names(one) == await world.names(other)
