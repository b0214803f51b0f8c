"""Relations of one memory, in both directions, with what is at their other end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.domain.kinds import Kind
from timeline_local.exceptions import RelationNotFound
from timeline_local.models import Memory, Relation
from timeline_local.queries.memories import pk_of


@dataclass(frozen=True, slots=True)
class RelationRow:
    """direction: "out" from the memory asked about to the other, "in" the other way. local_on: None if undated."""

    id: UUID
    kind: str
    direction: Literal["out", "in"]
    created_at: datetime
    memory_id: UUID
    memory_kind: Kind
    title: str
    local_on: date | None


@dataclass(frozen=True, slots=True)
class Page:
    items: list[RelationRow]
    next: UUID | None


async def page(db: AsyncConnection, owner_pk: int, memory_id: UUID, *, cursor: UUID | None, limit: int) -> Page:
    """The relations of a memory, the oldest first; those to the trash are hidden. Raises MemoryNotFound."""
    pk = await pk_of(db, owner_pk, memory_id)
    statement = _relations(owner_pk, pk).order_by(Relation.id).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(Relation.id > cursor)
    rows = [_row(row, pk) for row in await db.execute(statement)]
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


async def get(db: AsyncConnection, owner_pk: int, memory_id: UUID, relation_id: UUID) -> RelationRow:
    """One relation as seen from one of its memories. Raises MemoryNotFound, RelationNotFound."""
    pk = await pk_of(db, owner_pk, memory_id)
    row = (await db.execute(_relations(owner_pk, pk).where(Relation.id == relation_id))).one_or_none()
    if row is None:
        raise RelationNotFound(f"No relation {relation_id} of that memory.")
    return _row(row, pk)


def _relations(owner_pk: int, pk: int) -> Select[*tuple[Any, ...]]:
    other = aliased(Memory)
    is_other = or_(
        (Relation.from_pk == pk) & (other.pk == Relation.to_pk), (Relation.to_pk == pk) & (other.pk == Relation.from_pk)
    )
    return (
        select(
            Relation.id,
            Relation.kind,
            Relation.from_pk,
            Relation.created_at,
            other.id.label("memory_id"),
            other.kind.label("memory_kind"),
            other.title,
            other.local_on,
        )
        .join_from(Relation, other, is_other)
        .where(
            Relation.owner_pk == owner_pk,
            or_(Relation.from_pk == pk, Relation.to_pk == pk),
            other.owner_pk == owner_pk,
            other.trashed_at.is_(None),
        )
    )


def _row(row: Row[*tuple[Any, ...]], pk: int) -> RelationRow:
    return RelationRow(
        id=row.id,
        kind=row.kind,
        direction="out" if row.from_pk == pk else "in",
        created_at=row.created_at,
        memory_id=row.memory_id,
        memory_kind=Kind.from_code(row.memory_kind),
        title=row.title,
        local_on=row.local_on,
    )
