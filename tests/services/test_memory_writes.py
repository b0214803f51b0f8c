"""Whole memories written in bulk, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import func, select

from timeline_local.core.database import Database
from timeline_local.domain.drafts import PersonRef, PlaceRef
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Moment, Precision, TimeBasis
from timeline_local.models import BucketCount, Identity, Location, Memory, MemoryPerson, MemoryTag, MemoryText, Tag
from timeline_local.services.memory_writes import MemoryContent, insert_memories, replace_content, restore_content

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


class Owner(Protocol):
    pk: int
    id: UUID


def moment(day: int, *, precision: Precision = Precision.INSTANT) -> Moment:
    local = datetime(2019, 6, day, 10)  # noqa: DTZ001 - a wall clock
    return Moment(local.replace(tzinfo=UTC), None, local, 0, "UTC", precision, TimeBasis.SOURCE, None)


def content(number: int, **fields: object) -> MemoryContent:
    plain: dict[str, object] = {
        "kind": Kind.NOTE,
        "title": f"Note {number}",
        "moment": moment(1 + number % 28),
        "source": "notes",
        "source_key": str(number),
        "content_hash": number.to_bytes(32),
        "provenance_source": "notes",
        "provenance_rank": 30,
    }
    return MemoryContent(**{**plain, **fields})  # type: ignore[arg-type]


async def test_a_batch_writes_everything_that_belongs_to_its_memories(database: Database, owner: Owner) -> None:
    pk = owner.pk
    batch = [
        content(
            number,
            tags=("Trip/Rome", "family"),
            people=(PersonRef(name="Zoë"),),
            place=PlaceRef(name="Trastevere", city="Rome", country="Italy"),
        )
        for number in range(50)
    ]
    async with database.write() as db:
        written = await insert_memories(db, pk, batch, import_pk=None, now=NOW)
    async with database.read() as db:
        counts = {
            table.__tablename__: await db.scalar(select(func.count()).select_from(table))
            for table in (Memory, Tag, MemoryTag, Identity, MemoryPerson, Location, MemoryText)
        }
        other = await db.scalar(select(MemoryText.other).where(MemoryText.memory_pk == written[0].pk))
        years = (await db.execute(select(BucketCount.count).where(BucketCount.unit == 2))).scalars().all()
    assert counts == {
        "memory": 50,
        "tag": 2,
        "memory_tag": 100,
        "identity": 1,
        "memory_person": 50,
        "location": 1,
        "memory_text": 50,
    }
    assert other == "trip rome\nfamily\nzoe\ntrastevere\nrome\nitaly"
    assert years == [50]


async def test_a_second_batch_finds_the_names_of_the_first(database: Database, owner: Owner) -> None:
    pk = owner.pk
    async with database.write() as db:
        await insert_memories(
            db, pk, [content(1, tags=("Café",), people=(PersonRef(name="Ana"),))], import_pk=None, now=NOW
        )
    async with database.write() as db:
        await insert_memories(
            db, pk, [content(2, tags=("cafe", "New"), people=(PersonRef(name="ANA"),))], import_pk=None, now=NOW
        )
    async with database.read() as db:
        tags = (await db.execute(select(Tag.name).order_by(Tag.pk))).scalars().all()
        people = (await db.execute(select(Identity.name))).scalars().all()
    assert (tags, people) == (["Café", "New"], ["Ana"])


async def test_restoring_after_a_reimport_brings_the_memory_back_exactly(database: Database, owner: Owner) -> None:
    pk = owner.pk
    async with database.write() as db:
        (written,) = await insert_memories(
            db, pk, [content(1, tags=("one",), people=(PersonRef(name="Ana"),))], import_pk=None, now=NOW
        )
        first = await snapshot(db, pk, written.pk)
        changed = content(1, title="Changed", moment=moment(20, precision=Precision.UNKNOWN), tags=("two",))
        before = await replace_content(db, pk, written.pk, changed, import_pk=None, now=NOW)
        second = await snapshot(db, pk, written.pk)
        await restore_content(db, pk, written.pk, before, now=NOW)
        third = await snapshot(db, pk, written.pk)
    assert second["row"]["title"] == "Changed"
    assert second["links"] != first["links"]
    assert {**third, "row": {**third["row"], "version": 1}} == first


async def snapshot(db: object, owner_pk: int, memory_pk: int) -> dict[str, dict[str, object]]:
    from timeline_local.services.snapshots import take_snapshot

    return await take_snapshot(db, owner_pk, memory_pk)  # type: ignore[arg-type]
