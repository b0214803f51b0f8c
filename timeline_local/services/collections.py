"""Collections: made, changed, filled, put in order. One either holds what was put in by hand or what its query finds.

Whoever changes one holds its row, so positions are handed out one change at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import CollectionKind
from timeline_local.domain.ids import new_id
from timeline_local.domain.ordering import GAP, spread
from timeline_local.domain.query import CollectionIs, Flag, IsFlag, Query, parse
from timeline_local.exceptions import (
    CollectionIsComputed,
    CollectionNameTaken,
    CollectionNotFound,
    FieldError,
    InvalidInput,
    TooMuch,
    VersionConflict,
)
from timeline_local.models import Collection, CollectionAbsence, CollectionMember, Memory, SourceLink
from timeline_local.queries.dialect import hold_files, upsert
from timeline_local.queries.named import folded_name, resolved
from timeline_local.services import buckets, media_trash
from timeline_local.services.revision import bump

MOST_MEMBERS = 100_000
CHUNK = 2000

Side: TypeAlias = Literal["before", "after"]
Link: TypeAlias = tuple[int, int]
"""(memory_pk, position)"""


@dataclass(frozen=True, slots=True)
class Filled:
    """count: members that came, went or moved. links: which, and where. revision: None if it did not grow."""

    count: int
    links: tuple[Link, ...]
    version: int
    revision: int | None


async def create(
    db: AsyncConnection, owner_pk: int, fields: Mapping[str, Any], *, today: date, now: datetime
) -> tuple[UUID, int]:
    """Make a collection; its id and the new revision. fields: those of schemas.collections.NewCollection.

    Raises CollectionNameTaken, InvalidInput, InvalidQuery.
    """
    if fields.get("cover"):
        await hold_files(db)
    revision = await bump(db, owner_pk)  # first: it makes writers of the same owner wait for one another
    name = _name(fields["name"])
    await _check_name(db, owner_pk, name, but=None)
    made = new_id()
    row: dict[str, Any] = {
        "id": made,
        "owner_pk": owner_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "name": name,
        "folded": folded_name(name),
        "kind": fields.get("kind") or CollectionKind.ALBUM.value,
        "description": fields.get("description") or "",
        "query": fields.get("query"),
        "cover_pk": await _cover(db, owner_pk, fields.get("cover")),
    }
    await db.execute(insert(Collection).values(row))
    await _check_query(db, owner_pk, name, row["query"], today=today)
    return made, revision


async def edit(
    db: AsyncConnection,
    owner_pk: int,
    collection_id: UUID,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    today: date,
    now: datetime,
) -> int:
    """Apply a merge patch; the new revision. Raises as `create`, CollectionNotFound, VersionConflict."""
    if changes.get("cover"):
        await hold_files(db)
    revision = await bump(db, owner_pk)
    row = await locked(db, owner_pk, collection_id, expected_version=expected_version)
    columns: dict[str, Any] = {}
    if "name" in changes:
        columns["name"] = _name(changes["name"])
        columns["folded"] = folded_name(columns["name"])
        await _check_name(db, owner_pk, columns["name"], but=row.pk)
    if "kind" in changes:
        if changes["kind"] is None:
            raise _wrong("kind", "cannot be empty")
        columns["kind"] = changes["kind"]
    if "description" in changes:
        columns["description"] = changes["description"] or ""
    if "cover" in changes:
        columns["cover_pk"] = await _cover(db, owner_pk, changes["cover"])
    if "query" in changes:
        if (changes["query"] is None) != (row.query is None):
            raise _wrong("query", "stays what it is: make another collection to change who puts its members together")
        columns["query"] = changes["query"]
    statement = update(Collection).where(Collection.owner_pk == owner_pk, Collection.pk == row.pk)
    await db.execute(statement.values(**columns, version=row.version + 1, updated_at=now))
    await _check_query(db, owner_pk, columns.get("name", row.name), columns.get("query", row.query), today=today)
    if "kind" in columns:
        await buckets.fold(db, owner_pk, await _members(db, row.pk))
    return revision


async def drop(db: AsyncConnection, owner_pk: int, collection_id: UUID, *, expected_version: int | None) -> int:
    """Delete the collection, not its memories; the new revision. Raises CollectionNotFound, VersionConflict."""
    row = await locked(db, owner_pk, collection_id, expected_version=expected_version)
    members = await _members(db, row.pk)
    await db.execute(delete(Collection).where(Collection.owner_pk == owner_pk, Collection.pk == row.pk))
    await buckets.fold(db, owner_pk, members)
    return await bump(db, owner_pk)


async def add(
    db: AsyncConnection,
    owner_pk: int,
    collection_id: UUID,
    pks: Sequence[int],
    *,
    at_start: bool = False,
    expected_version: int | None = None,
    now: datetime,
) -> Filled:
    """Put memories in, in this order, at the end or the start; those that are in stay where they are.

    Raises CollectionNotFound, CollectionIsComputed, VersionConflict, TooMuch above MOST_MEMBERS.
    """
    row = await _manual(db, owner_pk, collection_id, expected_version=expected_version)
    present = await _present(db, row.pk, pks)
    fresh = [pk for pk in dict.fromkeys(pks) if pk not in present]
    if not fresh:
        return Filled(0, (), row.version, None)
    statement = select(func.count(), func.min(CollectionMember.position), func.max(CollectionMember.position))
    count, first, last = (await db.execute(statement.where(CollectionMember.collection_pk == row.pk))).one()
    if count + len(fresh) > MOST_MEMBERS:
        raise TooMuch(f"A collection holds at most {MOST_MEMBERS:,} memories. Nothing was added; use a query instead.")
    numbers = (spread(None, first, len(fresh)) if at_start else spread(last, None, len(fresh))) or []
    links = tuple(zip(fresh, numbers, strict=True))
    await put_in(db, row.pk, links, now=now)
    return await _filled(db, owner_pk, row, links, now=now)


async def remove(
    db: AsyncConnection,
    owner_pk: int,
    collection_id: UUID,
    pks: Sequence[int],
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Filled:
    """Take memories out; the memories themselves stay. Raises as `add`."""
    row = await _manual(db, owner_pk, collection_id, expected_version=expected_version)
    links = tuple((await _present(db, row.pk, pks)).items())
    if not links:
        return Filled(0, (), row.version, None)
    await take_out(db, row.pk, [pk for pk, _ in links])
    return await _filled(db, owner_pk, row, links, now=now)


async def move(
    db: AsyncConnection,
    owner_pk: int,
    collection_id: UUID,
    pks: Sequence[int],
    *,
    side: Side,
    anchor_pk: int | None,
    expected_version: int | None = None,
    now: datetime,
) -> Filled:
    """Put members, in this order, right before or after another one. Only their own rows change.

    Raises CollectionNotFound, CollectionIsComputed, VersionConflict, and InvalidInput if the other one is no member
    or is itself to be moved.
    """
    row = await _manual(db, owner_pk, collection_id, expected_version=expected_version)
    present = await _present(db, row.pk, pks)
    moved = [pk for pk in dict.fromkeys(pks) if pk in present]
    if anchor_pk is None or anchor_pk in present or not await _present(db, row.pk, [anchor_pk]):
        raise _wrong(side, "is no other member of this collection")
    if not moved:
        return Filled(0, (), row.version, None)
    numbers = spread(*await _neighbours(db, row.pk, anchor_pk, moved, side=side), len(moved))
    if numbers is None:
        await _number_anew(db, row.pk)
        numbers = spread(*await _neighbours(db, row.pk, anchor_pk, moved, side=side), len(moved))
    if numbers is None:
        # So many between two neighbours that even fresh gaps are too narrow.
        await _number_anew(db, row.pk, gap=GAP * (len(moved) + 1))
        numbers = spread(*await _neighbours(db, row.pk, anchor_pk, moved, side=side), len(moved)) or []
    links = tuple(zip(moved, numbers, strict=True))
    await db.execute(
        update(CollectionMember)
        .where(CollectionMember.collection_pk == row.pk, CollectionMember.memory_pk == bindparam("this_pk"))
        .values(position=bindparam("new_position")),
        [{"this_pk": pk, "new_position": number} for pk, number in links],
    )
    version = await _touch(db, owner_pk, row, now=now)
    return Filled(len(links), links, version, None)


async def locked(
    db: AsyncConnection, owner_pk: int, collection_id: UUID, *, expected_version: int | None
) -> Row[*tuple[Any, ...]]:
    """pk, name, query and version of a collection, held to the end of the transaction.

    Raises CollectionNotFound, VersionConflict.
    """
    statement = select(Collection.pk, Collection.name, Collection.query, Collection.version).where(
        Collection.owner_pk == owner_pk, Collection.id == collection_id
    )
    row = (await db.execute(statement.with_for_update())).one_or_none()
    if row is None:
        raise CollectionNotFound(f"No collection {collection_id} in your timeline.")
    if expected_version is not None and row.version != expected_version:
        raise VersionConflict(
            "This collection was changed elsewhere since you opened it. Nothing was overwritten; "
            "fetch it again and repeat your change.",
            facts={"version": row.version},
        )
    return row


async def put_in(db: AsyncConnection, collection_pk: int, links: Sequence[Link], *, now: datetime) -> None:
    """Add members at these positions; those that are in stay where they are. `buckets.fold` comes after."""
    rows = [
        {"collection_pk": collection_pk, "memory_pk": pk, "position": position, "added_at": now}
        for pk, position in links
    ]
    if rows:
        await db.execute(upsert(db.dialect.name, CollectionMember).on_conflict_do_nothing(), rows)
    for start in range(0, len(links), CHUNK):
        pks = [pk for pk, _ in links[start : start + CHUNK]]
        back = (CollectionAbsence.collection_pk == collection_pk, CollectionAbsence.memory_pk.in_(pks))
        await db.execute(delete(CollectionAbsence).where(*back))


async def put_all(db: AsyncConnection, links: Mapping[tuple[int, int], int], *, now: datetime) -> None:
    """Add members to many collections, none of which the owner took out: (collection, memory) → position."""
    rows = [
        {"collection_pk": collection_pk, "memory_pk": memory_pk, "position": position, "added_at": now}
        for (collection_pk, memory_pk), position in links.items()
    ]
    if rows:
        await db.execute(upsert(db.dialect.name, CollectionMember).on_conflict_do_nothing(), rows)


async def take_out(db: AsyncConnection, collection_pk: int, pks: Sequence[int]) -> None:
    """Remove members; the source that fills the collection, if there is one, does not put them in again.

    `buckets.fold` comes after.
    """
    filled = select(SourceLink.pk).where(SourceLink.collection_pk == collection_pk).limit(1)
    if pks and (await db.execute(filled)).first() is not None:
        add = upsert(db.dialect.name, CollectionAbsence).on_conflict_do_nothing()
        await db.execute(add, [{"collection_pk": collection_pk, "memory_pk": pk} for pk in pks])
    for start in range(0, len(pks), CHUNK):
        await db.execute(
            delete(CollectionMember).where(
                CollectionMember.collection_pk == collection_pk,
                CollectionMember.memory_pk.in_(pks[start : start + CHUNK]),
            )
        )


async def _manual(
    db: AsyncConnection, owner_pk: int, collection_id: UUID, *, expected_version: int | None
) -> Row[*tuple[Any, ...]]:
    row = await locked(db, owner_pk, collection_id, expected_version=expected_version)
    refuse_computed(row.query)
    return row


def refuse_computed(query: str | None) -> None:
    """Raise CollectionIsComputed for a collection that has a query."""
    if query is not None:
        raise CollectionIsComputed(
            "What is in this collection is decided by its query, so nothing can be put in, taken out or moved by hand. "
            "Nothing was changed; edit its query, or make a collection without one."
        )


async def _filled(
    db: AsyncConnection, owner_pk: int, row: Row[*tuple[Any, ...]], links: tuple[Link, ...], *, now: datetime
) -> Filled:
    version = await _touch(db, owner_pk, row, now=now)
    await buckets.fold(db, owner_pk, [pk for pk, _ in links])
    return Filled(len(links), links, version, await bump(db, owner_pk))


async def _touch(db: AsyncConnection, owner_pk: int, row: Row[*tuple[Any, ...]], *, now: datetime) -> int:
    statement = update(Collection).where(Collection.owner_pk == owner_pk, Collection.pk == row.pk)
    await db.execute(statement.values(version=row.version + 1, updated_at=now))
    return int(row.version + 1)


async def _members(db: AsyncConnection, collection_pk: int) -> Sequence[int]:
    inside = select(CollectionMember.memory_pk).where(CollectionMember.collection_pk == collection_pk)
    return (await db.execute(inside)).scalars().all()


async def _present(db: AsyncConnection, collection_pk: int, pks: Sequence[int]) -> dict[int, int]:
    """The positions of those of these memories that are members."""
    found: dict[int, int] = {}
    for start in range(0, len(pks), CHUNK):
        statement = select(CollectionMember.memory_pk, CollectionMember.position).where(
            CollectionMember.collection_pk == collection_pk, CollectionMember.memory_pk.in_(pks[start : start + CHUNK])
        )
        found |= {row.memory_pk: row.position for row in await db.execute(statement)}
    return found


async def _neighbours(
    db: AsyncConnection, collection_pk: int, anchor_pk: int, moved: Sequence[int], *, side: Side
) -> tuple[int | None, int | None]:
    """The positions between which the moved ones go, themselves left out."""
    position = CollectionMember.position
    at = (await _present(db, collection_pk, [anchor_pk]))[anchor_pk]
    statement = select(CollectionMember.memory_pk, position).where(CollectionMember.collection_pk == collection_pk)
    if side == "after":
        beyond = statement.where(position > at).order_by(position)
    else:
        beyond = statement.where(position < at).order_by(position.desc())
    taken = set(moved)
    found = await db.execute(beyond.limit(len(taken) + 1))
    other = next((row.position for row in found if row.memory_pk not in taken), None)
    return (at, other) if side == "after" else (other, at)


async def _number_anew(db: AsyncConnection, collection_pk: int, *, gap: int = GAP) -> None:
    """Give every member a fresh position, in the same order."""
    place = func.row_number().over(order_by=(CollectionMember.position, CollectionMember.memory_pk))
    numbered = (
        select(CollectionMember.memory_pk, (place * gap).label("fresh"))
        .where(CollectionMember.collection_pk == collection_pk)
        .subquery()
    )
    await db.execute(
        update(CollectionMember)
        .where(CollectionMember.collection_pk == collection_pk, CollectionMember.memory_pk == numbered.c.memory_pk)
        .values(position=numbered.c.fresh)
    )


def _name(given: str | None) -> str:
    name = " ".join((given or "").split())
    if not name:
        raise _wrong("name", "cannot be empty")
    return name


async def _check_name(db: AsyncConnection, owner_pk: int, name: str, *, but: int | None) -> None:
    statement = select(Collection.pk).where(Collection.owner_pk == owner_pk, Collection.folded == folded_name(name))
    found = (await db.execute(statement)).scalar_one_or_none()
    if found is not None and found != but:
        raise CollectionNameTaken("You have a collection of that name already. Nothing was saved; choose another name.")


async def _check_query(db: AsyncConnection, owner_pk: int, name: str, query: str | None, *, today: date) -> None:
    """Refuse a query that cannot be read, asks for the trash, or leads back to its own collection."""
    if query is not None and not query.strip():
        raise _wrong("query", "cannot be empty")
    if query is not None and any(_asks_for_trash(term) for term in parse(query, today).terms):
        raise _wrong("query", "cannot ask for the trash: a collection shows no memories in it")
    await resolved(db, owner_pk, Query((CollectionIs(name, today),)))


def _asks_for_trash(term: object) -> bool:
    inner = (*getattr(term, "terms", ()), *([term.term] if hasattr(term, "term") else []))
    return term == IsFlag(Flag.TRASHED) or any(_asks_for_trash(each) for each in inner)


async def _cover(db: AsyncConnection, owner_pk: int, media_id: UUID | None) -> int | None:
    if media_id is None:
        return None
    pk = await media_trash.cover(db, owner_pk, media_id)
    if pk is None:
        raise _wrong("cover", "is no media file of yours")
    return pk


async def living(db: AsyncConnection, owner_pk: int, ids: Sequence[UUID]) -> list[int]:
    """The keys of those of these memories that exist outside the trash, in the order given."""
    statement = select(Memory.id, Memory.pk).where(
        Memory.owner_pk == owner_pk, Memory.id.in_(ids), Memory.trashed_at.is_(None)
    )
    found = {row.id: row.pk for row in await db.execute(statement)}
    return [found[each] for each in dict.fromkeys(ids) if each in found]


def _wrong(field: str, detail: str) -> InvalidInput:
    return InvalidInput(f"The {field} {detail}. Nothing was saved.", errors=(FieldError(f"#/{field}", detail),))
