"""Linking one memory to another, and unlinking them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.ids import new_id
from timeline_local.domain.times import day_number
from timeline_local.exceptions import FieldError, InvalidInput, MemoryNotFound, RelationNotFound
from timeline_local.models import Memory, Relation
from timeline_local.queries.dialect import upsert
from timeline_local.services import relation_refs
from timeline_local.services.revision import bump

MUTUAL = "related"
"""The one kind that says the same in both directions, so two memories have it once."""


@dataclass(frozen=True, slots=True)
class Changed:
    """revision: None when it was so already. days: the day numbers of both memories."""

    id: UUID
    revision: int | None
    days: tuple[int, ...]


async def relate(db: AsyncConnection, owner_pk: int, memory_id: UUID, to: UUID, kind: str, *, now: datetime) -> Changed:
    """Link a memory to another; a link that is there already is answered as it is.

    Raises MemoryNotFound, InvalidInput for another that is not there, in the trash, or the memory itself.
    """
    if to == memory_id:
        raise _no_other("is the memory itself")
    ends = await _ends(db, owner_pk, memory_id, to)
    here, there = ends
    if kind == MUTUAL and (known := await _known(db, owner_pk, there.pk, here.pk, kind)) is not None:
        return Changed(known, None, ())
    values = {"id": new_id(), "owner_pk": owner_pk, "created_at": now, "updated_at": now, "version": 1}
    values |= {"from_pk": here.pk, "to_pk": there.pk, "kind": kind}
    add = upsert(db.dialect.name, Relation).values(values).on_conflict_do_nothing().returning(Relation.id)
    made = (await db.execute(add)).scalar_one_or_none()
    if made is None:
        known = await _known(db, owner_pk, here.pk, there.pk, kind)
        if known is None:
            raise RelationNotFound("That relation was taken off this very moment. Try again.")
        return Changed(known, None, ())
    return Changed(made, await bump(db, owner_pk), _days(each.local_on for each in ends))


async def unrelate(db: AsyncConnection, owner_pk: int, memory_id: UUID, relation_id: UUID) -> Changed:
    """Take a link off, from either end. Raises MemoryNotFound, RelationNotFound."""
    found = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.id == memory_id)
    pk = (await db.execute(found)).scalar_one_or_none()
    if pk is None:
        raise MemoryNotFound(f"No memory {memory_id} in your timeline.")
    mine = select(Relation.pk, Relation.from_pk, Relation.to_pk).where(
        Relation.owner_pk == owner_pk,
        Relation.id == relation_id,
        or_(Relation.from_pk == pk, Relation.to_pk == pk),
    )
    gone = (await db.execute(mine.with_for_update())).one_or_none()
    if gone is None:
        raise RelationNotFound(f"No relation {relation_id} of that memory.")
    await relation_refs.take_off(db, owner_pk, gone.pk)
    await db.execute(delete(Relation).where(Relation.owner_pk == owner_pk, Relation.pk == gone.pk))
    days = select(Memory.local_on).where(Memory.owner_pk == owner_pk, Memory.pk.in_((gone.from_pk, gone.to_pk)))
    return Changed(relation_id, await bump(db, owner_pk), _days((await db.execute(days)).scalars()))


async def _ends(
    db: AsyncConnection, owner_pk: int, memory_id: UUID, to: UUID
) -> tuple[Row[*tuple[Any, ...]], Row[*tuple[Any, ...]]]:
    """Both memories, held in one order: linking them the other way round at the same time waits."""
    statement = (
        select(Memory.pk, Memory.id, Memory.local_on, Memory.trashed_at)
        .where(Memory.owner_pk == owner_pk, Memory.id.in_((memory_id, to)))
        .order_by(Memory.pk)
        .with_for_update()
    )
    found = {row.id: row for row in await db.execute(statement)}
    if memory_id not in found:
        raise MemoryNotFound(f"No memory {memory_id} in your timeline.")
    if to not in found:
        raise _no_other("is no memory of yours")
    if found[to].trashed_at is not None:
        raise _no_other("is in the trash")
    return found[memory_id], found[to]


async def _known(db: AsyncConnection, owner_pk: int, from_pk: int, to_pk: int, kind: str) -> UUID | None:
    statement = select(Relation.id).where(
        Relation.owner_pk == owner_pk, and_(Relation.from_pk == from_pk, Relation.to_pk == to_pk), Relation.kind == kind
    )
    return (await db.execute(statement)).scalar_one_or_none()


def _no_other(reason: str) -> InvalidInput:
    return InvalidInput("The two cannot be linked. Nothing was saved.", errors=(FieldError("#/to", reason),))


def _days(days: Any) -> tuple[int, ...]:  # noqa: ANN401 - dates or None
    found: set[int] = {day_number(day) for day in days if isinstance(day, date)}
    return tuple(sorted(found))
