"""What the timeline shows of conversations is what it counts: buckets that fold agree with the skeleton that does."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Owner
from tests.desk import Desk, note
from timeline_local.core.database import Database
from timeline_local.core.migrations import alembic_config
from timeline_local.domain.batch_actions import BatchAction
from timeline_local.domain.query import parse
from timeline_local.queries import integrity
from timeline_local.queries.timeline import BucketUnit, bucket_counts, bucket_of
from timeline_local.services import batches, buckets, collections, memories, trash, undo
from timeline_local.services.skeletons import Skeletons
from timeline_local.services.user_time import Bearings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEARINGS = Bearings(now=NOW, home_zone="Europe/Lisbon", zone_of=lambda _lat, _lon: None)
EVERYTHING = parse("", date(2026, 3, 1))
WHENS = ("2019-06-14", "2019-06-14", "2019-06-30", "2019-07-01", "2020-01-01")
ACTIONS: tuple[BatchAction, ...] = ("trash", "restore", "archive", "unarchive")
CHAT = "14/06/2019, 09:01 - Anna: Good morning\n14/06/2019, 09:02 - Bo: hi\n15/06/2019, 21:00 - Anna: alone\n"


async def write(db: AsyncConnection, owner_pk: int, kind: str, when: str | None) -> memories.Changed:
    return await memories.create(db, owner_pk, {"body": "b", "kind": kind, "when": when}, bearings=BEARINGS)


async def gather(db: AsyncConnection, owner_pk: int, name: str, pks: list[int]) -> UUID:
    """A conversation of these memories."""
    fields = {"name": name, "kind": "conversation"}
    made, _ = await collections.create(db, owner_pk, fields, today=NOW.date(), now=NOW)
    await collections.add(db, owner_pk, made, pks, now=NOW)
    return made


async def disagreements(database: Database, owner_pk: int) -> list[Any]:
    """Where the kept counts, a recount or the folded skeleton differ."""
    found = await Skeletons(database).get(owner_pk, EVERYTHING, fold=True)
    wrong: list[Any] = []
    async with database.read() as db:
        for unit in BucketUnit:
            shown: Counter[int] = Counter()
            for day, count in found.day_counts():
                shown[bucket_of(day, unit)] += count
            kept = {row[0]: row[1] for row in await bucket_counts(db, owner_pk, unit, list, fold=True)}
            wrong += [(unit, kept, dict(shown))] if kept != shown else []
        if number := await integrity.wrong_buckets(db, owner_pk):
            wrong.append(number)
    return wrong


@dataclass
class Diary:
    """The messages and collections that random steps change."""

    db: AsyncConnection
    owner_pk: int
    chance: random.Random
    made: list[int]
    ids: list[UUID]

    async def step(self) -> None:
        steps = (self.write, self.gather, self.rename, self.link, self.batch, self.add, self.drop)
        await self.chance.choice(steps)()

    def some(self) -> list[int]:
        return self.chance.sample(self.made, k=min(4, len(self.made)))

    async def write(self) -> None:
        kind = self.chance.choice(("message", "message", "note"))
        self.made.append((await write(self.db, self.owner_pk, kind, self.chance.choice((*WHENS, None)))).pk)

    async def gather(self) -> None:
        self.ids.append(await gather(self.db, self.owner_pk, f"{self.chance.random()}", self.some()))

    async def rename(self) -> None:
        patch = {"kind": self.chance.choice(("conversation", "album"))}
        one = self.chance.choice(self.ids)
        await collections.edit(self.db, self.owner_pk, one, patch, expected_version=None, today=NOW.date(), now=NOW)

    async def link(self) -> None:
        action: BatchAction = self.chance.choice(("add_to_collection", "remove_from_collection"))
        await self.change(action, {"collection": self.chance.choice(self.ids)})

    async def batch(self) -> None:
        await self.change(self.chance.choice(ACTIONS), {})

    async def change(self, action: BatchAction, given: dict[str, Any]) -> None:
        done = await batches.run(self.db, self.owner_pk, self.some(), action=action, given=given, now=NOW)
        if done.token is not None and self.chance.random() < 0.3:
            await undo.redeem(self.db, self.owner_pk, done.token, now=NOW)

    async def add(self) -> None:
        await collections.add(self.db, self.owner_pk, self.chance.choice(self.ids), self.some(), now=NOW)

    async def drop(self) -> None:
        if len(self.ids) > 1:
            await collections.drop(self.db, self.owner_pk, self.ids.pop(), expected_version=None)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_folded_counts_agree_with_the_skeleton_after_any_changes(
    database: Database, owner: Owner, seed: int
) -> None:
    async with database.write() as db:
        made = [(await write(db, owner.pk, "message", when)).pk for when in WHENS * 3]
        ids = [await gather(db, owner.pk, "Choir", made)]
    assert await disagreements(database, owner.pk) == []
    chance = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(8):
        async with database.write() as db:
            diary = Diary(db, owner.pk, chance, made, ids)
            for _ in range(5):
                await diary.step()
        assert await disagreements(database, owner.pk) == []


async def test_editing_the_day_or_the_kind_of_a_message_is_counted(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        made = [await write(db, owner.pk, "message", WHENS[0]) for _ in range(3)]
        await gather(db, owner.pk, "Choir", [each.pk for each in made])
    for changes in ({"when": WHENS[3]}, {"when": None}):
        async with database.write() as db:
            await memories.edit(db, owner.pk, made[0].id, changes, expected_version=None, bearings=BEARINGS)
        assert await disagreements(database, owner.pk) == []
    async with database.write() as db:
        await trash.trash(db, owner.pk, made[1].id, now=NOW, expected_version=None)
        await trash.empty(db, owner.pk, now=NOW)
    assert await disagreements(database, owner.pk) == []


@pytest.mark.parametrize("action", ["add_to_collection", "remove_from_collection"])
async def test_what_is_taken_back_is_counted(database: Database, owner: Owner, action: BatchAction) -> None:
    async with database.write() as db:
        made = [(await write(db, owner.pk, "message", WHENS[0])).pk for _ in range(4)]
        chat = await gather(db, owner.pk, "Choir", made[:3])
        done = await batches.run(db, owner.pk, made[1:], action=action, given={"collection": chat}, now=NOW)
        assert done.token is not None
        await undo.redeem(db, owner.pk, done.token, now=NOW)
    assert await disagreements(database, owner.pk) == []


def add_the_column(connection: Connection) -> None:
    script = ScriptDirectory.from_config(alembic_config())
    with Operations.context(MigrationContext.configure(connection)):
        script.get_revision("0009").module.upgrade()


async def test_a_recount_and_a_new_column_find_the_same(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        made = [(await write(db, owner.pk, "message", when)).pk for when in (*WHENS, *WHENS, None, None)]
        await gather(db, owner.pk, "Choir", made)
        await db.execute(text("UPDATE bucket_count SET folded = 7"))
        await buckets.recount(db, owner.pk)
    assert await disagreements(database, owner.pk) == []
    async with database.write() as db:
        await db.execute(text("ALTER TABLE bucket_count DROP COLUMN folded"))
        await db.run_sync(add_the_column)
    assert await disagreements(database, owner.pk) == []


async def test_an_imported_chat_is_counted_as_it_is_shown_and_undone(desk: Desk, tmp_path: Path) -> None:
    first = note(tmp_path / "one" / "WhatsApp Chat with Choir.txt", CHAT)
    await desk.run(first.parent)
    assert await disagreements(desk.database, desk.owner_pk) == []
    more = CHAT + "15/06/2019, 22:00 - Bo: no longer\n"
    row = await desk.run(note(tmp_path / "two" / first.name, more).parent)
    assert row.counts["new"] == 1
    assert await disagreements(desk.database, desk.owner_pk) == []
    await desk.undo(row)
    assert await disagreements(desk.database, desk.owner_pk) == []
