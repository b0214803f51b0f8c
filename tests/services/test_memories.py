"""Edits of single memories: what concurrent ones keep, and what outranks an import."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from timeline_local.core.database import Database
from timeline_local.domain.drafts import PersonRef, PlaceRef
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Moment, Precision, TimeBasis
from timeline_local.exceptions import InvalidInput, VersionConflict
from timeline_local.models import Memory
from timeline_local.queries import memories as queries
from timeline_local.queries.why import why
from timeline_local.services import batches, memories
from timeline_local.services.memory_writes import MemoryContent, insert_memories, replace_content
from timeline_local.services.user_time import Bearings

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
BEARINGS = Bearings(now=NOW, home_zone="Europe/Lisbon", zone_of=lambda _lat, _lon: "Asia/Tokyo")


class Owner(Protocol):
    pk: int
    id: UUID


def url(media_id: UUID | str, variant: str, version: int) -> str:
    return f"/{media_id}/{variant}/{version}"


def imported(**fields: Any) -> MemoryContent:  # noqa: ANN401 - any field
    local = datetime(2019, 6, 14, 10)  # noqa: DTZ001 - a wall clock
    plain: dict[str, Any] = {
        "kind": Kind.PHOTO,
        "title": "IMG_1",
        "body": "from the camera",
        "moment": Moment(
            local.replace(tzinfo=UTC), None, local, 0, "UTC", Precision.INSTANT, TimeBasis.EXIF_OFFSET, None
        ),
        "tags": ("camera",),
        "people": (PersonRef(name="Ana"),),
        "source": "photos",
        "source_key": "IMG_1.jpg",
        "content_hash": b"c" * 32,
        "considered": [
            {
                "basis": "exif_offset",
                "origin": "EXIF DateTimeOriginal",
                "local_at": "2019-06-14T10:00:00",
                "instant": None,
                "utc_offset_min": 0,
                "accepted": True,
                "reason": "the most trusted date",
            }
        ],
        "provenance_source": "photos",
        "provenance_rank": 20,
    }
    return MemoryContent(**{**plain, **fields})


async def seen(database: Database, owner: Owner, memory_id: UUID) -> dict[str, Any]:
    async with database.read() as db:
        return await queries.get(db, owner.pk, memory_id, url_for=url)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_sixteen_editors_with_versions_lose_nothing(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        made = await memories.create(db, owner.pk, {"rating": 0, "title": "0"}, bearings=BEARINGS)

    async def attempt() -> bool:
        memory = await seen(database, owner, made.id)
        try:
            async with database.write() as db:
                title = {"title": str(int(memory["title"]) + 1)}
                version = memory["version"]
                await memories.edit(db, owner.pk, made.id, title, expected_version=version, bearings=BEARINGS)
        except VersionConflict:
            return False
        return True

    async def increment(times: int) -> None:
        while times:
            times -= await attempt()

    async with asyncio.TaskGroup() as group:
        for _ in range(16):
            group.create_task(increment(20))
    assert (await seen(database, owner, made.id))["title"] == "320"


async def test_edits_without_a_version_wait_for_one_another(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        made = await memories.create(db, owner.pk, {"title": "x"}, bearings=BEARINGS)

    async def add(name: str) -> None:
        async with database.write() as db:
            await memories.locked_row(db, owner.pk, made.id)
            tags = (await queries.get(db, owner.pk, made.id, url_for=url))["tags"]
            known = _names(_raw(tags))
            changes = {"tags": [*known, name]}
            await memories.edit(db, owner.pk, made.id, changes, expected_version=None, bearings=BEARINGS)

    await asyncio.gather(*(add(f"t{number}") for number in range(12)))
    memory = await seen(database, owner, made.id)
    assert len(_names(_raw(memory["tags"]))) == 12


def _names(raw: bytes) -> list[str]:

    names: list[str] = orjson.loads(raw)
    return names


async def test_a_reimport_keeps_what_the_owner_edited(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        (written,) = await insert_memories(db, owner.pk, [imported()], import_pk=None, now=NOW)
        changes = {"title": "Anna's birthday", "when": "1987", "tags": ["mine"]}
        await memories.edit(db, owner.pk, written.id, changes, expected_version=1, bearings=BEARINGS)
        await batches.run(db, owner.pk, [written.pk], action="favourite", now=NOW)
        again = imported(title="IMG_1 (edited)", body="new words", tags=("camera", "new"), place=PlaceRef(city="Rome"))
        await replace_content(db, owner.pk, written.pk, again, import_pk=None, now=NOW)
    memory = await seen(database, owner, written.id)
    assert (memory["title"], memory["when"], memory["favourite"]) == ("Anna's birthday", "1987", True)
    assert (memory["body"], memory["location"]["city"]) == ("new words", "Rome")
    assert _names(_raw(memory["tags"])) == ["mine"]


async def test_why_keeps_the_evidence_that_the_owner_overruled(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        (written,) = await insert_memories(db, owner.pk, [imported()], import_pk=None, now=NOW)
        first = await why(db, owner.pk, written.id)
        await memories.edit(db, owner.pk, written.id, {"when": "1987"}, expected_version=None, bearings=BEARINGS)
        second = await why(db, owner.pk, written.id)
    assert first["time"]["winner"]["origin"] == "EXIF DateTimeOriginal"
    assert second["time"]["winner"]["origin"] == "set by you"
    assert [(piece["basis"], piece["accepted"]) for piece in second["time"]["considered"]] == [
        ("user", True),
        ("exif_offset", False),
    ]
    assert {field["field"] for field in first["fields"]} == {"time", "title", "body"}


async def test_a_note_with_coordinates_keeps_the_clock_of_that_place(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        made = await memories.create(db, owner.pk, {"lat": 35.6, "lon": 139.7}, bearings=BEARINGS)
    memory = await seen(database, owner, made.id)
    assert (memory["zone"], memory["local_at"]) == ("Asia/Tokyo", datetime(2024, 5, 1, 21))  # noqa: DTZ001


async def test_moving_a_memory_drops_the_place_it_had(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        content = imported(lat=41.9, lon=12.5, place=PlaceRef(name="Trastevere", city="Rome"))
        (written,) = await insert_memories(db, owner.pk, [content], import_pk=None, now=NOW)
        where = {"lat": 48.8, "lon": 2.3}
        await memories.edit(db, owner.pk, written.id, where, expected_version=None, bearings=BEARINGS)
    memory = await seen(database, owner, written.id)
    assert (memory["location"], memory["lat"]) == (None, 48.8)


@pytest.mark.parametrize("changes", [{"kind": None}, {"lat": 3.0}, {"zone": "Mars/Base"}])
async def test_a_patch_that_makes_no_sense_changes_nothing(
    database: Database, owner: Owner, changes: dict[str, Any]
) -> None:
    async with database.write() as db:
        made = await memories.create(db, owner.pk, {"title": "x"}, bearings=BEARINGS)
        with pytest.raises(InvalidInput):
            await memories.edit(db, owner.pk, made.id, changes, expected_version=None, bearings=BEARINGS)
        version = (await db.execute(select(Memory.version))).scalar_one()
    assert version == 1


def _raw(fragment: Any) -> bytes:  # noqa: ANN401 - orjson's fragment

    return orjson.dumps(fragment)
