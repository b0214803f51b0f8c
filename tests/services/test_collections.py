"""Members of a collection in order: whatever is done, they stand where a plain list would have them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from timeline_local.core.database import Database
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moments import Moment, Precision, TimeBasis
from timeline_local.exceptions import InvalidInput
from timeline_local.models import CollectionMember, Memory
from timeline_local.queries import collections as queries
from timeline_local.services import collections
from timeline_local.services.memory_writes import MemoryContent, insert_memories

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
TODAY = date(2024, 5, 1)
COUNT = 6


class Owner(Protocol):
    pk: int
    id: UUID


def url(media_id: UUID | str, variant: str, version: int) -> str:
    return f"/{media_id}/{variant}/{version}"


async def some_memories(database: Database, owner: Owner, count: int = COUNT) -> list[int]:
    local = datetime(2019, 6, 14, 10)  # noqa: DTZ001 - a wall clock
    moment = Moment(local.replace(tzinfo=UTC), None, local, 0, "UTC", Precision.INSTANT, TimeBasis.SOURCE, None)
    contents = [
        MemoryContent(kind=Kind.NOTE, moment=moment, title=str(number), content_hash=uuid4().bytes * 2)
        for number in range(count)
    ]
    async with database.write() as db:
        return [each.pk for each in await insert_memories(db, owner.pk, contents, import_pk=None, now=NOW)]


async def an_album(database: Database, owner: Owner, **fields: Any) -> UUID:  # noqa: ANN401 - any field
    async with database.write() as db:
        given_ = {"name": f"Album {uuid4()}", **fields}
        made, _ = await collections.create(db, owner.pk, given_, today=TODAY, now=NOW)
    return made


async def order(database: Database, owner: Owner, album: UUID) -> list[int]:
    """The titles in order, read in pages of two."""
    found: list[int] = []
    async with database.read() as db:
        pk = (await queries.get(db, owner.pk, album)).pk
        cursor = None
        while True:
            page = await queries.members(db, owner.pk, pk, cursor=cursor, limit=2, url_for=url)
            found += [int(item["title"]) for item in page.items]
            if page.next is None:
                return found
            cursor = page.next


places = st.integers(0, COUNT - 1)
steps = st.lists(
    st.tuples(st.just("add"), st.lists(places, min_size=1, max_size=3, unique=True), st.booleans())
    | st.tuples(st.just("remove"), st.lists(places, min_size=1, max_size=3, unique=True), st.none())
    | st.tuples(st.sampled_from(["before", "after"]), st.lists(places, min_size=1, max_size=3, unique=True), places),
    max_size=12,
)


def as_a_list(model: list[int], step: tuple[str, list[int], Any]) -> list[int]:
    what, numbers, more = step
    if what == "remove":
        return [each for each in model if each not in numbers]
    if what == "add":
        fresh = [each for each in numbers if each not in model]
        return fresh + model if more else model + fresh
    moved = [each for each in numbers if each in model]
    if more not in model or more in moved:
        return model
    rest = [each for each in model if each not in moved]
    at = rest.index(more) + (what == "after")
    return rest[:at] + moved + rest[at:]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=steps)
async def test_members_stand_as_in_a_plain_list(
    database: Database, owner: Owner, plan: list[tuple[str, list[int], Any]]
) -> None:
    pks = await some_memories(database, owner)
    album, model = await an_album(database, owner), list[int]()
    for step in plan:
        what, numbers, more = step
        chosen = [pks[each] for each in numbers]
        model = as_a_list(model, step)
        async with database.write() as db:
            try:
                if what == "add":
                    await collections.add(db, owner.pk, album, chosen, at_start=more, now=NOW)
                elif what == "remove":
                    await collections.remove(db, owner.pk, album, chosen, now=NOW)
                else:
                    side: Any = what
                    await collections.move(db, owner.pk, album, chosen, side=side, anchor_pk=pks[more], now=NOW)
            except InvalidInput:
                continue
    assert await order(database, owner, album) == model


async def positions(database: Database) -> dict[int, int]:
    async with database.read() as db:
        rows = await db.execute(select(CollectionMember.memory_pk, CollectionMember.position))
        return {row.memory_pk: row.position for row in rows}


async def test_a_move_rewrites_one_row(database: Database, owner: Owner) -> None:
    pks = await some_memories(database, owner)
    album = await an_album(database, owner)
    async with database.write() as db:
        await collections.add(db, owner.pk, album, pks, now=NOW)
    before = await positions(database)
    async with database.write() as db:
        await collections.move(db, owner.pk, album, [pks[5]], side="after", anchor_pk=pks[0], now=NOW)
    after = await positions(database)
    assert [pk for pk in pks if before[pk] != after[pk]] == [pks[5]]


async def test_gaps_that_ran_out_are_made_anew(database: Database, owner: Owner) -> None:
    pks = await some_memories(database, owner)
    album = await an_album(database, owner)
    async with database.write() as db:
        await collections.add(db, owner.pk, album, pks, now=NOW)
        for place, pk in enumerate(pks):
            narrow = update(CollectionMember).where(CollectionMember.memory_pk == pk)
            await db.execute(narrow.values(position=place))
        await collections.move(db, owner.pk, album, [pks[4], pks[5]], side="before", anchor_pk=pks[1], now=NOW)
    assert await order(database, owner, album) == [0, 4, 5, 1, 2, 3]


async def test_a_member_in_the_trash_keeps_its_place(database: Database, owner: Owner) -> None:
    pks = await some_memories(database, owner, 3)
    album = await an_album(database, owner)
    async with database.write() as db:
        await collections.add(db, owner.pk, album, pks, now=NOW)
        await db.execute(update(Memory).where(Memory.pk == pks[1]).values(trashed_at=NOW))
    assert await order(database, owner, album) == [0, 2]
    async with database.read() as db:
        assert (await queries.get(db, owner.pk, album)).members == 2
    async with database.write() as db:
        await db.execute(update(Memory).where(Memory.pk == pks[1]).values(trashed_at=None))
    assert await order(database, owner, album) == [0, 1, 2]


@pytest.mark.parametrize("side", ["before", "after"])
async def test_only_another_member_marks_a_place(database: Database, owner: Owner, side: Any) -> None:  # noqa: ANN401
    pks = await some_memories(database, owner, 3)
    album = await an_album(database, owner)
    async with database.write() as db:
        await collections.add(db, owner.pk, album, pks[:2], now=NOW)
        for anchor in (pks[0], pks[2], None):
            with pytest.raises(InvalidInput):
                await collections.move(db, owner.pk, album, [pks[0]], side=side, anchor_pk=anchor, now=NOW)
