"""People with their identities, and how many memories mention them: four statements a page, however long it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, Select, String, Tuple, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.addresses import normalise_address
from timeline_local.exceptions import PersonNotFound
from timeline_local.models import Identity, MediaFile, Memory, MemoryPerson, Person
from timeline_local.models.base import Uid
from timeline_local.queries.dialect import by_letter

Order: TypeAlias = Literal["name", "memories"]
Place: TypeAlias = tuple[str | int, UUID]
"""Where a page ended: (sort key of the name, or number of memories; id)."""

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class IdentityRow:
    id: UUID
    kind: str
    value: str
    name: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """cover: (media id, preview version, whether there is a preview). merged: (id, name) of those merged into them."""

    pk: int
    id: UUID
    name: str
    note: str
    born: str | None
    shows_birthday: bool
    cover: tuple[UUID, int, bool] | None
    identities: tuple[IdentityRow, ...]
    memories: int
    merged: tuple[tuple[UUID, str], ...]
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Page:
    items: list[PersonRow]
    next: Place | None


async def page(db: AsyncConnection, owner_pk: int, *, q: str, order: Order, cursor: Place | None, limit: int) -> Page:
    """People by name, or the most mentioned first. q: the beginning of the name or of a word in it."""
    statement = _people().where(Person.owner_pk == owner_pk, Person.merged_into_pk.is_(None), *_called(q))
    if order == "name":
        key = by_letter(db.dialect.name, Person.folded)
        statement = statement.add_columns(key.label("place")).order_by(key, Person.id)
        if cursor is not None:
            statement = statement.where(tuple_(key, Person.id) > _behind(cursor))
    else:
        counted = mention_counts(owner_pk).subquery()
        number: ColumnElement[int] = func.coalesce(counted.c.memories, 0)
        statement = statement.outerjoin(counted, counted.c.person_pk == Person.pk)
        statement = statement.add_columns(number.label("place")).order_by(number.desc(), Person.id.desc())
        if cursor is not None:
            statement = statement.where(tuple_(number, Person.id) < _behind(cursor))
    rows = (await db.execute(statement.limit(limit + 1))).all()
    shown = rows[:limit]
    following = (shown[-1].place, shown[-1].id) if len(rows) > limit else None
    return Page(await _whole(db, owner_pk, shown), following)


async def get(db: AsyncConnection, owner_pk: int, person_id: UUID) -> PersonRow:
    """One person. Raises PersonNotFound, also for one merged into another: see `survivor`."""
    mine = (Person.owner_pk == owner_pk, Person.id == person_id, Person.merged_into_pk.is_(None))
    row = (await db.execute(_people().where(*mine))).one_or_none()
    if row is None:
        raise PersonNotFound(f"No person {person_id} in your timeline, or they were merged into another.")
    (found,) = await _whole(db, owner_pk, [row])
    return found


async def survivor(db: AsyncConnection, owner_pk: int, person_id: UUID) -> UUID | None:
    """Who a person merged into another is now; None for everybody else."""
    tree = await _merged(db, owner_pk)
    statement = select(Person.pk).where(Person.owner_pk == owner_pk, Person.id == person_id)
    pk = (await db.execute(statement)).scalar_one_or_none()
    if pk not in tree:
        return None
    while pk in tree:
        pk = tree[pk]
    return (await db.execute(select(Person.id).where(Person.owner_pk == owner_pk, Person.pk == pk))).scalar_one()


async def merged_below(db: AsyncConnection, owner_pk: int, person_pk: int) -> list[int]:
    """The keys of all who were merged into a person, or into somebody merged into them, and so on."""
    tree = await _merged(db, owner_pk)
    found: list[int] = []
    level = {person_pk}
    while level:
        level = {child for child, parent in tree.items() if parent in level}
        found += sorted(level)
    return found


async def root_of(db: AsyncConnection, owner_pk: int, person_pk: int) -> int:
    """The key of who a person is now: themselves, unless they were merged."""
    tree = await _merged(db, owner_pk)
    while person_pk in tree:
        person_pk = tree[person_pk]
    return person_pk


async def _merged(db: AsyncConnection, owner_pk: int) -> dict[int, int]:
    """Who was merged into whom, for one owner; a few rows."""
    statement = select(Person.pk, Person.merged_into_pk).where(
        Person.owner_pk == owner_pk, Person.merged_into_pk.is_not(None)
    )
    return {row.pk: row.merged_into_pk for row in await db.execute(statement)}


def _people() -> Select[*tuple[Any, ...]]:
    return select(
        Person.pk,
        Person.id,
        Person.name,
        Person.note,
        Person.born,
        Person.shows_birthday,
        Person.created_at,
        Person.updated_at,
        Person.version,
        MediaFile.id.label("cover"),
        MediaFile.preview_version,
        MediaFile.preview_state,
    ).outerjoin(MediaFile, MediaFile.pk == Person.cover_pk)


def _called(q: str) -> list[ColumnElement[bool]]:
    wanted = normalise_address("name", q)
    if not wanted:
        return []
    begins = Person.folded.startswith(wanted, autoescape=True)
    return [or_(begins, Person.folded.contains(f" {wanted}", autoescape=True))]


def _behind(cursor: Place) -> Tuple:
    # A number from a made-up cursor may be one that no count ever reaches.
    kind = BigInteger() if isinstance(cursor[0], int) else String()
    return tuple_(literal(cursor[0], kind), literal(cursor[1], Uid()))


def mention_counts(owner_pk: int) -> Select[*tuple[Any, ...]]:
    """(person_pk, memories): outside the trash, each memory once however many identities of theirs it mentions."""
    return (
        select(Identity.person_pk, func.count(MemoryPerson.memory_pk.distinct()).label("memories"))
        .join_from(Identity, MemoryPerson, MemoryPerson.identity_pk == Identity.pk)
        .where(
            Identity.owner_pk == owner_pk,
            Identity.person_pk.is_not(None),
            # The trash is short and has an index; joining each mention to its memory took 60 ms, not 15 (2026-11).
            MemoryPerson.memory_pk.not_in(
                select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.trashed_at.is_not(None))
            ),
        )
        .group_by(Identity.person_pk)
    )


async def _whole(db: AsyncConnection, owner_pk: int, rows: Sequence[AnyRow]) -> list[PersonRow]:
    """The rows with what belongs to them."""
    pks = [row.pk for row in rows]
    if not pks:
        return []
    counts = {
        row.person_pk: row.memories
        for row in await db.execute(mention_counts(owner_pk).where(Identity.person_pk.in_(pks)))
    }
    identities = await _identities(db, owner_pk, pks)
    merged = await _absorbed(db, owner_pk, pks)
    return [
        PersonRow(
            pk=row.pk,
            id=row.id,
            name=row.name,
            note=row.note,
            born=row.born,
            shows_birthday=row.shows_birthday,
            cover=None if row.cover is None else (row.cover, row.preview_version, row.preview_state != "none"),
            identities=tuple(identities[row.pk]),
            memories=counts.get(row.pk, 0),
            merged=tuple(merged[row.pk]),
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
        )
        for row in rows
    ]


async def _identities(db: AsyncConnection, owner_pk: int, people: list[int]) -> dict[int, list[IdentityRow]]:
    statement = (
        select(Identity.person_pk, Identity.id, Identity.kind, Identity.value, Identity.name)
        .where(Identity.owner_pk == owner_pk, Identity.person_pk.in_(people))
        .order_by(Identity.kind, Identity.value)
    )
    found: dict[int, list[IdentityRow]] = defaultdict(list)
    for row in await db.execute(statement):
        found[row.person_pk].append(IdentityRow(row.id, row.kind, row.value, row.name))
    return found


async def _absorbed(db: AsyncConnection, owner_pk: int, people: list[int]) -> dict[int, list[tuple[UUID, str]]]:
    statement = (
        select(Person.merged_into_pk, Person.id, Person.name)
        .where(Person.owner_pk == owner_pk, Person.merged_into_pk.in_(people))
        .order_by(Person.folded, Person.id)
    )
    found: dict[int, list[tuple[UUID, str]]] = defaultdict(list)
    for row in await db.execute(statement):
        found[row.merged_into_pk].append((row.id, row.name))
    return found
