"""Reading locks and sealed texts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.exceptions import MemoryNotFound
from timeline_local.models import Import, ImportItem, Memory, NoteLock


class Lock(NamedTuple):
    """How the passphrase becomes a key, and the key of the notes sealed with it."""

    derivation: dict[str, Any]
    wrapped_key: bytes


async def lock_of(db: AsyncConnection, owner_pk: int) -> Lock | None:
    """The owner's lock, if a passphrase was set."""
    statement = select(NoteLock.derivation, NoteLock.wrapped_key).where(NoteLock.owner_pk == owner_pk)
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else Lock(*row)


async def locked_count(db: AsyncConnection, owner_pk: int) -> int:
    """How many memories are locked, trash included, from an index of nothing but these."""
    statement = select(func.count()).where(Memory.owner_pk == owner_pk, Memory.locked_body.is_not(None))
    return (await db.execute(statement)).scalar_one()


async def sealed_body(db: AsyncConnection, owner_pk: int, memory_id: UUID) -> bytes:
    """The sealed text of a locked memory. Raises MemoryNotFound."""
    statement = select(Memory.locked_body).where(Memory.owner_pk == owner_pk, Memory.id == memory_id)
    sealed = (await db.execute(statement)).scalar_one_or_none()
    if sealed is None:
        raise MemoryNotFound(f"No locked memory {memory_id} in your timeline.")
    return sealed


async def locked_among(db: AsyncConnection, owner_pk: int, memory_pks: Collection[int]) -> set[int]:
    """Those of these memories whose text is locked."""
    if not memory_pks:
        return set()
    statement = select(Memory.pk).where(
        Memory.owner_pk == owner_pk, Memory.pk.in_(memory_pks), Memory.locked_body.is_not(None)
    )
    return set((await db.execute(statement)).scalars())


class Record(NamedTuple):
    """What an import item keeps of a memory: before it changed it, and what it plans to make of it."""

    pk: int
    before: dict[str, Any] | None
    draft: bytes | None


async def records_of(db: AsyncConnection, owner_pk: int, memory_pk: int) -> list[Record]:
    """What the items of imports that made, changed or are to change a memory keep of it."""
    statement = (
        select(ImportItem.pk, ImportItem.before, ImportItem.draft)
        .join(Import, Import.pk == ImportItem.import_pk)
        .where(Import.owner_pk == owner_pk, ImportItem.memory_pk == memory_pk)
    )
    return [Record(*row) for row in await db.execute(statement)]
