"""What a rename leaves alone: undo of imports, and memories that never mentioned anybody of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import Database
from timeline_local.domain.drafts import PersonRef, PlaceRef
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Moment, Precision, TimeBasis
from timeline_local.models import Identity, Import, Location, Memory, MemoryText, Person
from timeline_local.queries import imports
from timeline_local.services import location_edits, location_merge, person_edits, person_merge
from timeline_local.services.import_undo import _drop_people
from timeline_local.services.locations import folded_of, keys_of
from timeline_local.services.memory_writes import MemoryContent, insert_memories

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


class Owner(Protocol):
    pk: int
    id: UUID


def diary(name: str, place: PlaceRef | None = None) -> MemoryContent:
    local = datetime(2019, 6, 14, 10)  # noqa: DTZ001 - a wall clock
    return MemoryContent(
        kind=Kind.NOTE,
        moment=Moment(local.replace(tzinfo=UTC), None, local, 0, "UTC", Precision.INSTANT, TimeBasis.SOURCE, None),
        title="A day",
        people=(PersonRef(name=name),),
        place=place,
        source="notes",
        provenance_source="notes",
        content_hash=uuid4().bytes * 2,
    )


async def import_pk(db: AsyncConnection, owner_pk: int) -> int:
    values: dict[str, Any] = {
        "id": uuid4(),
        "owner_pk": owner_pk,
        "created_at": NOW,
        "updated_at": NOW,
        "version": 1,
        "source": "notes",
        "label": "",
        "path": "/notes",
        "is_upload": False,
        "options": {},
        "state": "done",
        "counts": {},
    }
    return (await db.execute(insert(Import).values(values).returning(Import.pk))).scalar_one()


async def person_id(db: AsyncConnection, owner_pk: int, name: str) -> UUID:
    found: UUID = (
        await db.execute(select(Person.id).where(Person.owner_pk == owner_pk, Person.name == name))
    ).scalar_one()
    return found


async def test_a_renamed_person_keeps_no_memory_from_the_undo_of_its_import(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        made = await import_pk(db, owner.pk)
        (written,) = await insert_memories(db, owner.pk, [diary("Ana")], import_pk=made, now=NOW)
        ana = await person_id(db, owner.pk, "Ana")
        await person_edits.edit(db, owner.pk, ana, {"name": "Bea"}, expected_version=None, now=LATER)
        version = (await db.execute(select(Memory.version).where(Memory.pk == written.pk))).scalar_one()
        edited = await imports.edited_since(db, owner.pk, import_pk=made, memory_pks=[written.pk], since=NOW)
    assert (version, edited) == (2, set())


async def test_the_undo_of_an_import_takes_who_was_merged_but_nobody_who_holds_others(
    database: Database, owner: Owner
) -> None:
    async with database.write() as db:
        await insert_memories(db, owner.pk, [diary(name) for name in ("Ana", "Bob", "Cleo")], import_pk=None, now=NOW)
        ids = [await person_id(db, owner.pk, name) for name in ("Ana", "Bob", "Cleo")]
        await person_merge.merge(db, owner.pk, ids[1], [ids[2]], expected_version=None, now=LATER)
        await person_merge.merge(db, owner.pk, ids[0], [ids[1]], expected_version=None, now=LATER)
        rows = await db.execute(select(Identity.pk).where(Identity.value.in_(["bob"])))
        await db.execute(delete(Memory).where(Memory.owner_pk == owner.pk))
        await _drop_people(db, owner.pk, set(rows.scalars()), since=NOW)
        left = select(Person.name, Person.merged_into_pk.is_not(None)).where(Person.owner_pk == owner.pk)
        found = {tuple(row) for row in await db.execute(left)}
    assert found == {("Ana", False), ("Bob", True), ("Cleo", True)}


async def test_a_new_mention_is_found_under_the_present_names(database: Database, owner: Owner) -> None:
    place = PlaceRef(name="Casa", city="Roma")
    async with database.write() as db:
        await insert_memories(db, owner.pk, [diary("Ana", place)], import_pk=None, now=NOW)
        ana = await person_id(db, owner.pk, "Ana")
        await person_edits.edit(db, owner.pk, ana, {"name": "Bea"}, expected_version=None, now=LATER)
        casa = await _location(db, owner.pk)
        await location_edits.edit(
            db, owner.pk, casa, {"name": "Home"}, expected_version=None, zone_of=lambda _lat, _lon: None, now=LATER
        )
        (new,) = await insert_memories(db, owner.pk, [diary("Ana", place)], import_pk=None, now=LATER)
        other = (await db.execute(select(MemoryText.other).where(MemoryText.memory_pk == new.pk))).scalar_one()
    assert other.split("\n") == ["bea", "ana", "home", "roma"]


async def test_a_location_changed_since_a_merge_keeps_that_through_the_undo(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        home = await _made(db, owner.pk, {"name": "Home"})
        casa = await _made(db, owner.pk, {"name": "Casa", "city": "Roma", "lat": 41.9, "lon": 12.5})
        merged = await location_merge.merge(db, owner.pk, home, [casa], expected_version=None, now=LATER)
        await location_edits.edit(
            db, owner.pk, home, {"name": "Nest"}, expected_version=None, zone_of=lambda _lat, _lon: None, now=LATER
        )
        await location_merge.undo_merge(db, owner.pk, merged.data, now=LATER)
        row = await location_edits.locked_location(db, owner.pk, home)
        back = await location_edits.locked_location(db, owner.pk, casa)
    assert (row.name, row.city, row.lat) == ("Nest", None, None)
    assert keys_of(row.folded) == ("nest\n\n", "nest\nroma\n", "home\n\n")
    assert (back.name, back.folded, back.lat) == ("Casa", "casa\nroma\n", 41.9)


def test_the_keys_of_a_location_survive_their_storage() -> None:
    keys = ("home\nrome\nitaly", "casa\nroma\n", "\n\nitaly")
    assert keys_of(folded_of((*keys, keys[1]))) == keys


async def _location(db: AsyncConnection, owner_pk: int) -> UUID:
    found: UUID = (await db.execute(select(Location.id).where(Location.owner_pk == owner_pk))).scalar_one()
    return found


async def _made(db: AsyncConnection, owner_pk: int, fields: dict[str, Any]) -> UUID:
    made = await location_edits.create(db, owner_pk, fields, zone_of=lambda _lat, _lon: "Europe/Rome", now=NOW)
    return made.id


async def test_a_memory_that_mentions_nobody_of_it_stays_as_it_is(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        await insert_memories(db, owner.pk, [diary("Ana"), diary("Bob")], import_pk=None, now=NOW)
        ana = await person_id(db, owner.pk, "Ana")
        await person_edits.edit(db, owner.pk, ana, {"name": "Bea"}, expected_version=None, now=LATER)
        versions = select(func.count()).select_from(Memory).where(Memory.owner_pk == owner.pk, Memory.version == 1)
        untouched = (await db.execute(versions)).scalar_one()
    assert untouched == 1
