"""Trash, restore, purge and what they leave behind, on both databases."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import Database
from timeline_local.domain.batch_actions import BatchAction
from timeline_local.exceptions import MemoryNotFound, WrongState
from timeline_local.models import BucketCount, MediaFile, Memory, MemoryMedia, MemoryText, Tombstone
from timeline_local.services import batches, buckets, memories, trash, undo
from timeline_local.services.user_time import Bearings

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
BEARINGS = Bearings(now=NOW, home_zone="Europe/Lisbon", zone_of=lambda _lat, _lon: None)


class Owner(Protocol):
    pk: int
    id: UUID


async def write(db: AsyncConnection, owner: Owner, **fields: Any) -> memories.Changed:  # noqa: ANN401 - any field
    return await memories.create(db, owner.pk, fields, bearings=BEARINGS)


async def upload(db: AsyncConnection, owner: Owner, letter: bytes, *, storage: str = "managed") -> UUID:
    row: dict[str, Any] = {
        "id": uuid4(),
        "owner_pk": owner.pk,
        "created_at": NOW,
        "updated_at": NOW,
        "sha256": letter * 32,
        "size_bytes": 9,
        "mime": "image/jpeg",
        "file_name": "x.jpg",
        "storage": storage,
        "width": 300,
        "height": 200,
        "facts": {},
        "preview_state": "ready",
        "preview_version": 1,
    }
    await db.execute(insert(MediaFile).values(**row))
    return UUID(str(row["id"]))


async def counted(db: AsyncConnection, owner: Owner) -> list[tuple[int, int, int, int]]:
    statement = select(BucketCount.unit, BucketCount.start, BucketCount.kind, BucketCount.count)
    rows = await db.execute(statement.where(BucketCount.owner_pk == owner.pk))
    return sorted((row[0], row[1], row[2], row[3]) for row in rows)


async def total(db: AsyncConnection, table: type) -> int:
    return int((await db.execute(select(func.count()).select_from(table))).scalar_one())


async def test_purging_leaves_tombstones_and_names_the_blobs(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        shared, alone = await upload(db, owner, b"s"), await upload(db, owner, b"a")
        referenced = await upload(db, owner, b"r", storage="referenced")
        await write(db, owner, media=[shared])
        made = await write(db, owner, media=[alone, shared, referenced])
        content = (await db.execute(select(Memory.content_hash).where(Memory.pk == made.pk))).scalar_one()
        await trash.trash(db, owner.pk, made.id, now=NOW)
        purged = await trash.purge(db, owner.pk, made.id, now=NOW)
        stones = set((await db.execute(select(Tombstone.hash))).scalars())
        files = set((await db.execute(select(MediaFile.sha256))).scalars())
        texts = await total(db, MemoryText)
    assert purged.blobs == (b"a" * 32,)
    assert stones == {content, b"a" * 32}
    assert (files, texts) == ({b"s" * 32}, 1)


async def test_only_what_is_in_the_trash_is_purged(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        made = await write(db, owner, title="Here")
        with pytest.raises(WrongState):
            await trash.purge(db, owner.pk, made.id, now=NOW)
        with pytest.raises(MemoryNotFound):
            await trash.trash(db, owner.pk + 1, made.id, now=NOW)


async def test_emptying_can_be_limited_to_what_waited_long_enough(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        old, new = await write(db, owner, title="old"), await write(db, owner, title="new")
        await trash.trash(db, owner.pk, old.id, now=NOW - timedelta(days=31))
        await trash.trash(db, owner.pk, new.id, now=NOW)
        purged = await trash.empty(db, owner.pk, now=NOW, before=NOW - timedelta(days=30))
        left = (await db.execute(select(Memory.id))).scalars().all()
    assert (purged.count, left) == (1, [new.id])


async def test_trashing_twice_changes_nothing_the_second_time(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        made = await write(db, owner, title="x")
        first = await trash.trash(db, owner.pk, made.id, now=NOW)
        second = await trash.trash(db, owner.pk, made.id, now=NOW)
        counts = await counted(db, owner)
    assert (first.version, second.version, counts) == (2, 2, [])


async def test_files_can_be_attached_and_detached(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        first, second = await upload(db, owner, b"1"), await upload(db, owner, b"2")
        made = await write(db, owner, title="note")
        await memories.attach(db, owner.pk, made.id, [first, second], bearings=BEARINGS)
        await memories.detach(db, owner.pk, made.id, [first], bearings=BEARINGS)
        links = (await db.execute(select(MemoryMedia.role, MemoryMedia.position))).all()
        cover = (
            await db.execute(
                select(MediaFile.id).join(Memory, Memory.cover_pk == MediaFile.pk).where(Memory.pk == made.pk)
            )
        ).scalar_one()
    assert [tuple(link) for link in links] == [("attachment", 0)]
    assert cover == second


async def test_the_full_text_index_stays_sound_through_a_purge(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        made = await write(db, owner, title="words to forget", tags=["gone"])
        await write(db, owner, title="words to keep")
        await trash.trash(db, owner.pk, made.id, now=NOW)
        await trash.empty(db, owner.pk, now=NOW)
        check = {
            "sqlite": "INSERT INTO memory_fts(memory_fts, rank) VALUES ('integrity-check', 1)",
            "postgresql": "SELECT 1",
        }
        await db.execute(text(check[database.dialect]))
        assert await total(db, MemoryText) == 1


ACTIONS: tuple[BatchAction, ...] = (
    "favourite",
    "unfavourite",
    "trash",
    "restore",
    "tag",
    "untag",
    "archive",
    "unarchive",
)
WHENS: tuple[str | None, ...] = ("1987", "2019-06", "2019-06-14", "2019-06-15", None)


async def step(db: AsyncConnection, owner: Owner, made: list[memories.Changed], chance: random.Random) -> None:
    """One random change: write, edit, or a batch, sometimes taken back at once."""
    await chance.choice((write_step, edit_step, batch_step, batch_step))(db, owner, made, chance)


async def write_step(db: AsyncConnection, owner: Owner, made: list[memories.Changed], chance: random.Random) -> None:
    kind = chance.choice(("note", "visit"))
    made.append(await write(db, owner, title="t", kind=kind, archived=chance.random() < 0.2))


async def edit_step(db: AsyncConnection, owner: Owner, made: list[memories.Changed], chance: random.Random) -> None:
    changes = {"when": chance.choice(WHENS), "archived": chance.random() < 0.3}
    await memories.edit(db, owner.pk, chance.choice(made).id, changes, expected_version=None, bearings=BEARINGS)


async def batch_step(db: AsyncConnection, owner: Owner, made: list[memories.Changed], chance: random.Random) -> None:
    pks = [each.pk for each in chance.sample(made, k=min(3, len(made)))]
    done = await batches.run(db, owner.pk, pks, action=chance.choice(ACTIONS), given={"tags": ["x"]}, now=NOW)
    if done.token is not None and chance.random() < 0.5:
        await undo.redeem(db, owner.pk, done.token, now=NOW)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_buckets_equal_a_recount_after_any_changes(database: Database, owner: Owner, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    async with database.write() as db:
        made = [await write(db, owner, title="first", when="2019-06-14")]
        for _ in range(40):
            await step(db, owner, made, chance)
        kept = await counted(db, owner)
        await buckets.recount(db, owner.pk)
        assert kept == await counted(db, owner)
