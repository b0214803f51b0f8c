"""Conversations on the timeline: which messages belong to one, and what the tile of a folded day shows of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import CollectionKind, PersonRole
from timeline_local.domain.kinds import Kind
from timeline_local.models import Collection as CollectionRow
from timeline_local.models import CollectionMember, Identity, Memory, MemoryPerson, Person
from timeline_local.models.memories import ON_TIMELINE
from timeline_local.queries.dialect import as_filter, in_key_list, json_list, key_list
from timeline_local.queries.timeline import DAY

_IS_CONVERSATION = and_(CollectionRow.kind == CollectionKind.CONVERSATION.value, CollectionRow.query.is_(None))
FIRST_CHARACTERS = 400
MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Fold:
    """The messages of one conversation on one day, shown as one tile.

    day    the calendar day's number.   first_pk: the earliest message.   some_pks: enough of them to say who wrote.
    """

    day: int
    collection_pk: int
    count: int
    first_pk: int
    some_pks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a tile shows of a fold besides its last message."""

    id: UUID
    name: str
    first: str
    people: tuple[str, ...]


async def conversation_of(db: AsyncConnection, owner_pk: int, *, pks: Collection[int] | None = None) -> dict[int, int]:
    """Memory → conversation, for memories that are in one; of several the oldest.

    pks     of these memories only.
    Cost    one scan of the members of the owner's conversations, or one look-up a memory; one statement.
    """
    name = db.dialect.name
    statement = (
        select(CollectionMember.memory_pk, CollectionMember.collection_pk)
        .join(CollectionRow, CollectionRow.pk == CollectionMember.collection_pk)
        .where(CollectionRow.owner_pk == owner_pk, _IS_CONVERSATION)
        .order_by(CollectionMember.collection_pk.desc())  # the oldest comes last, and stays
    )
    values: dict[str, str | list[int]] = {}
    if pks is not None:
        statement = statement.where(in_key_list(name, CollectionMember.memory_pk))
        values["keys"] = key_list(name, list(pks))
    found = statement.subquery()
    row = (await db.execute(select(*(json_list(name, column) for column in found.c)), values)).one()
    memories, conversations = (orjson.loads(text) for text in row)
    return dict(zip(memories, conversations, strict=True))


async def folded_away(db: AsyncConnection, owner_pk: int, *, days: Collection[int] | None = None) -> dict[int, int]:
    """Day → how many of its messages stand in the tile of another one; days of which none does may be absent.

    days    only these, by their numbers.
    Cost    one look-up for each message of these days; one statement.
    """
    shown = (
        select(DAY.label("day"), func.min(CollectionMember.collection_pk).label("conversation"))
        .select_from(Memory)
        .join(CollectionMember, CollectionMember.memory_pk == Memory.pk)
        .join(CollectionRow, CollectionRow.pk == CollectionMember.collection_pk)
        .where(Memory.owner_pk == owner_pk, ON_TIMELINE, Memory.kind == Kind.MESSAGE.code)
        .where(as_filter(CollectionRow.owner_pk) == owner_pk, _IS_CONVERSATION)  # from days to members, never back
        .group_by(Memory.pk, DAY)
    )
    values: dict[str, str | list[int]] = {}
    if days is not None:
        shown = shown.where(in_key_list(db.dialect.name, DAY))
        values["keys"] = key_list(db.dialect.name, list(days))
    of = shown.subquery()
    count = func.count() - func.count(of.c.conversation.distinct())
    rows = await db.execute(select(of.c.day, count).group_by(of.c.day), values)
    return {day: number for day, number in rows}  # noqa: C416 - rows are no pairs to dict()


async def told(db: AsyncConnection, owner_pk: int, folds: Mapping[int, Fold]) -> dict[int, Told]:
    """What the tiles of these folds show, by the same keys. Three statements, look-ups for 16 messages of each."""
    if not folds:
        return {}
    named = await _named(db, owner_pk, [fold.collection_pk for fold in folds.values()])
    firsts = await _firsts(db, owner_pk, [fold.first_pk for fold in folds.values()])
    authors = await _authors(db, owner_pk, [pk for fold in folds.values() for pk in fold.some_pks])
    return {
        head: Told(
            *named[fold.collection_pk],
            first=firsts.get(fold.first_pk, ""),
            people=tuple(dict.fromkeys(authors[pk] for pk in fold.some_pks if pk in authors))[:MOST_NAMES],
        )
        for head, fold in folds.items()
        if fold.collection_pk in named
    }


async def _named(db: AsyncConnection, owner_pk: int, pks: Sequence[int]) -> dict[int, tuple[UUID, str]]:
    wanted = select(CollectionRow.pk, CollectionRow.id, CollectionRow.name).where(
        CollectionRow.owner_pk == owner_pk, in_key_list(db.dialect.name, CollectionRow.pk)
    )
    rows = await db.execute(wanted, {"keys": key_list(db.dialect.name, pks)})
    return {row.pk: (row.id, row.name) for row in rows}


async def _firsts(db: AsyncConnection, owner_pk: int, pks: Sequence[int]) -> dict[int, str]:
    wanted = select(Memory.pk, func.substr(Memory.body, 1, FIRST_CHARACTERS).label("body")).where(
        Memory.owner_pk == owner_pk, in_key_list(db.dialect.name, Memory.pk)
    )
    rows = await db.execute(wanted, {"keys": key_list(db.dialect.name, pks)})
    return {row.pk: row.body for row in rows}


async def _authors(db: AsyncConnection, owner_pk: int, pks: Sequence[int]) -> dict[int, str]:
    """Memory → who wrote it, by the name of the person, else that of the address."""
    wanted = (
        select(MemoryPerson.memory_pk, func.coalesce(Person.name, Identity.name).label("name"))
        .join(Identity, Identity.pk == MemoryPerson.identity_pk)
        .outerjoin(Person, Person.pk == Identity.person_pk)
        .where(
            Identity.owner_pk == owner_pk,
            MemoryPerson.role == PersonRole.AUTHOR.value,
            in_key_list(db.dialect.name, MemoryPerson.memory_pk),
        )
    )
    rows = await db.execute(wanted, {"keys": key_list(db.dialect.name, pks)})
    return {row.memory_pk: row.name for row in rows}
