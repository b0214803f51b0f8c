"""Collections, and their members in order. Members in the trash keep their place and are not shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.core.place_words import PlaceWords
from timeline_local.domain.drafts import CollectionKind
from timeline_local.domain.query import CollectionIs, Query
from timeline_local.exceptions import CollectionNotFound
from timeline_local.models import Collection, CollectionMember, MediaFile, Memory
from timeline_local.queries import memories, search
from timeline_local.queries.memory_rows import UrlFor
from timeline_local.queries.named import resolved

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
MOST_COUNTED = 10_000  # of what a query finds: counting more costs more than the number tells


@dataclass(frozen=True, slots=True)
class Members:
    """One page of members as orjson takes them; next: (position, 0, 16 id bytes) of the last one, None at the end."""

    items: list[dict[str, Any]]
    next: memories.Position | None


async def page(
    db: AsyncConnection,
    owner_pk: int,
    *,
    after: UUID | None,
    limit: int,
    kinds: Sequence[CollectionKind] = (),
    memory_id: UUID | None = None,
) -> Sequence[AnyRow]:
    """The owner's collections, newest first, with counts and pictures of those put together by hand. One statement.

    kinds   of these kinds alone, if any are named.   memory_id  that this memory was put into by hand.
    """
    statement = _whole().where(Collection.owner_pk == owner_pk).order_by(Collection.pk.desc()).limit(limit)
    if kinds:
        statement = statement.where(Collection.kind.in_(kinds))
    if memory_id is not None:
        inside = (
            select(CollectionMember.collection_pk)
            .join(Memory, Memory.pk == CollectionMember.memory_pk)
            .where(Memory.owner_pk == owner_pk, Memory.id == memory_id)
        )
        statement = statement.where(Collection.pk.in_(inside))
    if after is not None:
        seen = select(Collection.pk).where(Collection.owner_pk == owner_pk, Collection.id == after)
        statement = statement.where(Collection.pk < seen.scalar_subquery())
    return (await db.execute(statement)).all()


async def get(db: AsyncConnection, owner_pk: int, collection_id: UUID) -> AnyRow:
    """One collection, as in `page`. Raises CollectionNotFound."""
    statement = _whole().where(Collection.owner_pk == owner_pk, Collection.id == collection_id)
    row = (await db.execute(statement)).one_or_none()
    if row is None:
        raise CollectionNotFound(f"No collection {collection_id} in your timeline.")
    return row


async def computed_count(db: AsyncConnection, owner_pk: int, name: str, today: date) -> int | None:
    """How many memories the query of a collection finds; None above MOST_COUNTED."""
    found = await resolved(db, owner_pk, Query((CollectionIs(name, today),)))
    condition = search.where(found, owner_pk=owner_pk, dialect=db.dialect.name)
    some = select(literal(1)).select_from(Memory).where(condition).limit(MOST_COUNTED + 1).subquery()
    count = (await db.execute(select(func.count()).select_from(some))).scalar_one()
    return count if count <= MOST_COUNTED else None


async def members(
    db: AsyncConnection,
    owner_pk: int,
    collection_pk: int,
    *,
    cursor: memories.Position | None,
    limit: int,
    url_for: UrlFor,
    words: PlaceWords | None = None,
) -> Members:
    """One page of what was put in by hand, in its order. Two statements; cost does not grow with the depth."""
    statement = (
        select(CollectionMember.memory_pk, CollectionMember.position, Memory.id)
        .join(Memory, Memory.pk == CollectionMember.memory_pk)
        .where(
            CollectionMember.collection_pk == collection_pk, Memory.owner_pk == owner_pk, Memory.trashed_at.is_(None)
        )
        .order_by(CollectionMember.position, Memory.id)
        .limit(limit + 1)
    )
    if cursor is not None:
        statement = statement.where(
            tuple_(CollectionMember.position, Memory.id) > tuple_(literal(cursor[0]), _id(cursor[2]))
        )
    rows = (await db.execute(statement)).all()
    shown = rows[:limit]
    found = await memories.by_pks(db, owner_pk, [row.memory_pk for row in shown], url_for=url_for, words=words)
    following = (shown[-1].position, 0, shown[-1].id.bytes) if len(rows) > limit else None
    return Members([found[row.memory_pk] for row in shown if row.memory_pk in found], following)


def _id(key: bytes) -> ColumnElement[UUID]:
    return literal(UUID(bytes=key), Memory.id.type)


async def ordered_pks(db: AsyncConnection, owner_pk: int, query: Query, *, most: int) -> list[int]:
    """The inner keys of what a query finds, the oldest first; at most this many."""
    condition = search.where(await resolved(db, owner_pk, query), owner_pk=owner_pk, dialect=db.dialect.name)
    statement = select(Memory.pk).where(condition).order_by(Memory.local_on, Memory.happened_at, Memory.id).limit(most)
    return list((await db.execute(statement)).scalars())


def _whole() -> Select[*tuple[Any, ...]]:
    cover, first = aliased(MediaFile), aliased(MediaFile)
    is_manual = Collection.query.is_(None)
    shown = and_(
        CollectionMember.collection_pk == Collection.pk,
        Memory.pk == CollectionMember.memory_pk,
        Memory.trashed_at.is_(None),
    )
    count = select(func.count()).select_from(CollectionMember).join(Memory, shown).correlate(Collection)
    first_picture = (
        select(Memory.cover_pk)
        .join(CollectionMember, shown)
        .where(Memory.cover_pk.is_not(None))
        .order_by(CollectionMember.position)
        .limit(1)
        .correlate(Collection)
    )
    picture = func.coalesce(Collection.cover_pk, first_picture.scalar_subquery())
    return (
        select(
            Collection.pk,
            Collection.id,
            Collection.name,
            Collection.kind,
            Collection.description,
            Collection.query,
            Collection.version,
            Collection.created_at,
            Collection.updated_at,
            cover.id.label("cover"),
            case((is_manual, count.scalar_subquery()), else_=None).label("members"),
            first.id.label("picture"),
            first.preview_state,
            first.preview_version,
            first.thumbhash,
        )
        .outerjoin(cover, cover.pk == Collection.cover_pk)
        .outerjoin(first, first.pk == picture)
    )
