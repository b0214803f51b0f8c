"""Places that have a name and coordinates get their city, region and country, and lose nothing by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tests.conftest import Owner
from timeline_local.core.database import Database
from timeline_local.core.places import places
from timeline_local.domain.drafts import PlaceRef
from timeline_local.domain.gazetteer import Place
from timeline_local.models import Location
from timeline_local.services import location_edits
from timeline_local.services.locations import locations
from timeline_local.services.place_levels import bare_places, look_up_levels, write_levels

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SKYTREE, SEA = (35.7101, 139.8107), (19.0, -135.0)


def place_of(lat: float, lon: float) -> Place | None:
    return places().find(lat, lon, "Asia/Tokyo" if lon > 0 else "Etc/GMT+9")


async def said(database: Database, owner: Owner, at: tuple[float, float], **more: Any) -> int:  # noqa: ANN401 - fields
    place = PlaceRef(name="Skytree", lat=at[0], lon=at[1], **more)
    async with database.write() as db:
        (spot,) = (await locations(db, owner.pk, [place], source="gpx", now=NOW)).values()
    return spot.pk


async def complete(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        found = look_up_levels(await bare_places(db, owner.pk), place_of)
        await write_levels(db, owner.pk, found, now=NOW)


async def told(database: Database, pk: int) -> tuple[str, str | None, str | None, str | None]:
    columns = (Location.name, Location.city, Location.country, Location.country_code)
    async with database.read() as db:
        name, city, country, code = (await db.execute(select(*columns).where(Location.pk == pk))).one()
    return name, city, country, code


async def test_a_place_that_a_source_names_lies_in_its_city_and_country(database: Database, owner: Owner) -> None:
    pk = await said(database, owner, SKYTREE)
    await complete(database, owner)
    assert await told(database, pk) == ("Skytree", "Oshiage", "Japan", "JP")


async def test_a_source_goes_on_meaning_the_place_by_the_name_it_gave(database: Database, owner: Owner) -> None:
    pk = await said(database, owner, SKYTREE)
    await complete(database, owner)
    assert await said(database, owner, SKYTREE) == pk


async def test_what_a_source_says_of_the_levels_stays(database: Database, owner: Owner) -> None:
    pk = await said(database, owner, SKYTREE, city="Sumida")
    await complete(database, owner)
    assert await told(database, pk) == ("Skytree", "Sumida", None, None)


async def test_what_the_owner_took_away_does_not_come_back(database: Database, owner: Owner) -> None:
    pk = await said(database, owner, SKYTREE)
    await complete(database, owner)
    async with database.write() as db:
        id_: UUID = (await db.execute(select(Location.id).where(Location.pk == pk))).scalar_one()
        gone = dict.fromkeys(("city", "region", "country", "country_code"))
        await location_edits.edit(
            db, owner.pk, id_, gone, expected_version=None, zone_of=lambda *_: "Asia/Tokyo", now=NOW
        )
    await complete(database, owner)
    assert await told(database, pk) == ("Skytree", None, None, None)


async def test_a_place_at_sea_stays_as_it_is(database: Database, owner: Owner) -> None:
    pk = await said(database, owner, SEA)
    await complete(database, owner)
    assert await told(database, pk) == ("Skytree", None, None, None)
