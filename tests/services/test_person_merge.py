"""Merges, splits and undos in any order: every identity has one person, memories mention whom they mentioned."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Protocol
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import Database
from timeline_local.domain.drafts import PersonRef
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Moment, Precision, TimeBasis
from timeline_local.exceptions import InvalidInput, PersonNotFound, TimelineError
from timeline_local.models import ChangeCounter, Identity, Memory, MemoryPerson, MemoryText, Person, User
from timeline_local.services import person_edits, person_merge, undo
from timeline_local.services.memory_writes import MemoryContent, insert_memories

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
NAMES = ("Ana", "Bob", "Cleo", "Dan", "Eve", "Finn")
Row = tuple[Any, ...]


class Owner(Protocol):
    pk: int
    id: UUID


class RolledBack(Exception):
    """Takes back what an example wrote."""


def diary(people: tuple[str, ...]) -> MemoryContent:
    local = datetime(2019, 6, 14, 10)  # noqa: DTZ001 - a wall clock
    return MemoryContent(
        kind=Kind.NOTE,
        moment=Moment(local.replace(tzinfo=UTC), None, local, 0, "UTC", Precision.INSTANT, TimeBasis.SOURCE, None),
        title="A day",
        people=tuple(PersonRef(name=name) for name in people),
        content_hash=uuid4().bytes * 2,
    )


async def begin(db: AsyncConnection, owner_pk: int) -> None:
    """Six people; one memory for each, and one for each two who follow one another."""
    days = [*((name,) for name in NAMES), *pairwise(NAMES)]
    await insert_memories(db, owner_pk, [diary(people) for people in days], import_pk=None, now=NOW)


async def people(db: AsyncConnection, owner_pk: int) -> list[Row]:
    columns = (Person.id, Person.name, Person.folded, Person.note, Person.cover_pk, Person.merged_into_pk)
    found = await db.execute(select(*columns).where(Person.owner_pk == owner_pk).order_by(Person.id))
    return [tuple(row) for row in found]


async def identities(db: AsyncConnection, owner_pk: int) -> list[Row]:
    columns = (Identity.id, Identity.kind, Identity.value, Identity.person_pk, Identity.former_person_pk)
    found = await db.execute(select(*columns).where(Identity.owner_pk == owner_pk).order_by(Identity.id))
    return [tuple(row) for row in found]


async def mentions(db: AsyncConnection, owner_pk: int) -> list[Row]:
    statement = select(MemoryPerson.memory_pk, Identity.value).join(Identity, Identity.pk == MemoryPerson.identity_pk)
    found = await db.execute(statement.where(Identity.owner_pk == owner_pk).order_by(MemoryPerson.memory_pk))
    return sorted(tuple(row) for row in found)


async def texts(db: AsyncConnection, owner_pk: int) -> list[str]:
    statement = select(MemoryText.other).join(Memory, Memory.pk == MemoryText.memory_pk)
    return list((await db.execute(statement.where(Memory.owner_pk == owner_pk).order_by(Memory.pk))).scalars())


async def roots(db: AsyncConnection, owner_pk: int) -> dict[int, int]:
    """Who everybody is now."""
    rows = (await db.execute(select(Person.pk, Person.merged_into_pk).where(Person.owner_pk == owner_pk))).all()
    into = {row.pk: row.merged_into_pk for row in rows}
    found: dict[int, int] = {}
    for pk in into:
        at, steps = pk, 0
        while into[at] is not None:
            at, steps = into[at], steps + 1
            assert steps <= len(into), "somebody was merged into themselves"
        found[pk] = at
    return found


class Play:
    """Applies steps to one diary, as an owner who clicks about; what the service refuses changes nothing."""

    def __init__(self, db: AsyncConnection, owner_pk: int) -> None:
        self.db, self.owner_pk = db, owner_pk
        self.tokens: list[UUID] = []

    async def step(self, action: str, one: int, other: int) -> None:
        everybody = [row[0] for row in await people(self.db, self.owner_pk)] or [uuid4()]
        acts: dict[str, Callable[[UUID, UUID, int], Awaitable[None]]] = {
            "merge": self._merge,
            "unmerge": self._unmerge,
            "undo": self._undo,
            "split": self._split,
            "move": self._move,
            "drop": self._drop,
            "delete": self._delete,
        }
        savepoint = await self.db.begin_nested()
        try:
            await acts[action](everybody[one % len(everybody)], everybody[other % len(everybody)], other)
        except TimelineError:
            await savepoint.rollback()
        else:
            await savepoint.commit()

    async def _merge(self, one: UUID, other: UUID, _number: int) -> None:
        merged = await person_merge.merge(self.db, self.owner_pk, one, [other], expected_version=None, now=NOW)
        self.tokens.append(
            await undo.keep(self.db, self.owner_pk, action=person_merge.ACTION, data=merged.data, now=NOW)
        )

    async def _unmerge(self, one: UUID, other: UUID, number: int) -> None:
        whom = None if number % 2 else [other]
        await person_merge.unmerge(self.db, self.owner_pk, one, whom, expected_version=None, now=NOW)

    async def _undo(self, _one: UUID, _other: UUID, number: int) -> None:
        if self.tokens:
            await undo.redeem(self.db, self.owner_pk, self.tokens.pop(number % len(self.tokens)), now=NOW)

    async def _split(self, one: UUID, _other: UUID, number: int) -> None:
        identity = await self._identity(number)
        await person_edits.split_identity(
            self.db, self.owner_pk, one, identity, name=None, expected_version=None, now=NOW
        )

    async def _move(self, one: UUID, _other: UUID, number: int) -> None:
        identity = await self._identity(number)
        await person_edits.move_identity(self.db, self.owner_pk, one, identity, expected_version=None, now=NOW)

    async def _drop(self, one: UUID, _other: UUID, number: int) -> None:
        identity = await self._identity(number)
        await person_edits.drop_identity(self.db, self.owner_pk, one, identity, expected_version=None, now=NOW)

    async def _delete(self, one: UUID, _other: UUID, _number: int) -> None:
        await person_edits.remove(self.db, self.owner_pk, one, expected_version=None, now=NOW)

    async def _identity(self, number: int) -> UUID:
        rows = await identities(self.db, self.owner_pk)
        found: UUID = rows[number % len(rows)][0]
        return found


async def check(db: AsyncConnection, owner_pk: int) -> None:
    """What is always true, whatever was done."""
    now = await roots(db, owner_pk)
    for id_, kind, value, person_pk, former_pk in await identities(db, owner_pk):
        told = f"{kind} {value} {id_}"
        assert person_pk is None or now[person_pk] == person_pk, f"{told} belongs to somebody merged"
        assert former_pk is None or now[former_pk] == person_pk, f"{told} would go back to a stranger"
        assert former_pk != person_pk or former_pk is None, f"{told} came from where it is"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("merge", "merge", "merge", "unmerge", "undo", "undo", "split", "move", "drop", "delete")),
        st.integers(0, 11),
        st.integers(0, 11),
    ),
    min_size=1,
    max_size=14,
)


async def rolled_back(database: Database, act: Callable[[AsyncConnection, int], Awaitable[None]]) -> None:
    """Run on a fresh owner's diary, and leave nothing."""
    try:
        async with database.write() as db:
            user = {"id": uuid4(), "created_at": NOW, "updated_at": NOW, "name": "", "role": "member"}
            row = {**user, "email": f"{uuid4()}@example.org", "is_active": True}
            owner_pk = (await db.execute(insert(User).values(**row).returning(User.pk))).scalar_one()
            await db.execute(insert(ChangeCounter).values(owner_pk=owner_pk, revision=0))
            await begin(db, owner_pk)
            await act(db, owner_pk)
            raise RolledBack  # noqa: TRY301 - the transaction is what ends here
    except RolledBack:
        return


async def keeps_every_identity(database: Database, steps: list[Row]) -> None:
    async def act(db: AsyncConnection, owner_pk: int) -> None:
        before, play = await mentions(db, owner_pk), Play(db, owner_pk)
        for action, one, other in steps:
            await play.step(action, one, other)
            await check(db, owner_pk)
        assert await mentions(db, owner_pk) == before

    await rolled_back(database, act)


async def takes_a_merge_back(database: Database, steps: list[Row], one: int, other: int) -> None:
    async def act(db: AsyncConnection, owner_pk: int) -> None:
        play = Play(db, owner_pk)
        for step in steps:
            await play.step(*step)
        play.tokens.clear()
        before = [await each(db, owner_pk) for each in (people, identities, mentions, texts)]
        await play.step("merge", one, other)
        await play.step("undo", 0, 0)
        assert [await each(db, owner_pk) for each in (people, identities, mentions, texts)] == before

    await rolled_back(database, act)


FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@FEW
@given(steps=STEPS)
async def test_whatever_is_merged_and_split_every_identity_has_one_person(database: Database, steps: list[Row]) -> None:
    await keeps_every_identity(database, steps)


@FEW
@given(steps=STEPS, one=st.integers(0, 11), other=st.integers(0, 11))
async def test_a_merge_and_its_undo_leave_everything_as_it_was(
    database: Database, steps: list[Row], one: int, other: int
) -> None:
    await takes_a_merge_back(database, steps, one, other)


@pytest.mark.slow
@pytest.mark.timeout(600)
@MANY
@given(steps=STEPS, one=st.integers(0, 11), other=st.integers(0, 11))
async def test_the_same_in_many_more_ways(database: Database, steps: list[Row], one: int, other: int) -> None:
    await keeps_every_identity(database, steps)
    await takes_a_merge_back(database, steps, one, other)


async def test_a_merge_of_merged_people_is_taken_apart_level_by_level(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        await begin(db, owner.pk)
        ids = {row[1]: row[0] for row in await people(db, owner.pk)}
        for into, gone in (("Ana", "Bob"), ("Cleo", "Ana")):
            await person_merge.merge(db, owner.pk, ids[into], [ids[gone]], expected_version=None, now=NOW)
        first = await person_merge.unmerge(db, owner.pk, ids["Cleo"], None, expected_version=None, now=NOW)
        second = await person_merge.unmerge(db, owner.pk, ids["Ana"], None, expected_version=None, now=NOW)
        left = await identities(db, owner.pk)
    assert (first.people, second.people) == ((ids["Ana"],), (ids["Bob"],))
    assert {row[4] for row in left} == {None}
    assert len({row[3] for row in left}) == len(NAMES)


async def test_what_was_changed_since_a_merge_outlives_its_undo(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        await begin(db, owner.pk)
        ana, bob = [row[0] for row in sorted(await people(db, owner.pk), key=lambda row: str(row[1]))][:2]
        change = person_edits.edit
        await change(db, owner.pk, bob, {"note": "bakes"}, expected_version=None, now=NOW)
        merged = await person_merge.merge(db, owner.pk, ana, [bob], expected_version=None, now=NOW)
        await change(db, owner.pk, ana, {"note": "bakes bread"}, expected_version=None, now=NOW)
        await person_merge.undo_merge(db, owner.pk, merged.data, now=NOW)
        notes = {row[0]: row[3] for row in await people(db, owner.pk)}
    assert (notes[ana], notes[bob]) == ("bakes bread", "bakes")


async def test_two_merges_the_other_way_round_at_once_make_no_circle(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        await begin(db, owner.pk)
        ana, bob = [row[0] for row in await people(db, owner.pk)][:2]

    async def merge(one: UUID, other: UUID) -> None:
        async with database.write() as db:
            await person_merge.merge(db, owner.pk, one, [other], expected_version=None, now=NOW)

    outcomes = await asyncio.gather(merge(ana, bob), merge(bob, ana), return_exceptions=True)
    assert [type(each) for each in outcomes if each is not None] in ([InvalidInput], [PersonNotFound])
    async with database.read() as db:
        await check(db, owner.pk)


@pytest.mark.parametrize("name", ["Ana", "ana "])
async def test_no_import_brings_back_a_deleted_person(database: Database, owner: Owner, name: str) -> None:
    async with database.write() as db:
        await begin(db, owner.pk)
        (ana,) = (row[0] for row in await people(db, owner.pk) if row[1] == "Ana")
        await person_edits.remove(db, owner.pk, ana, expected_version=None, now=NOW)
        await insert_memories(db, owner.pk, [diary((name,))], import_pk=None, now=NOW)
        assert "Ana" not in [row[1] for row in await people(db, owner.pk)]
