"""The row hash of memories, worked out anew after something changed their columns in bulk."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import Memory
from timeline_local.services.memory_content import SEALED, row_hash_of


async def reseal(db: AsyncConnection, owner_pk: int, pks: Sequence[int]) -> None:
    """Store the row hash of these memories as they now stand. Two statements; some 30 µs a memory."""
    columns = [getattr(Memory, name) for name in SEALED]
    rows = await db.execute(select(Memory.pk, *columns).where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks)))
    hashes = [{"this_pk": row.pk, "new_hash": row_hash_of(row._asdict())} for row in rows]
    if hashes:
        await db.execute(
            update(Memory)
            .where(Memory.owner_pk == owner_pk, Memory.pk == bindparam("this_pk"))
            .values(row_hash=bindparam("new_hash")),
            hashes,
        )
