"""Marks put on many memories at once: favourite and archived, with the tiles and counts that depend on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.tiles import FAVOURITE_BIT
from timeline_local.models import Memory
from timeline_local.services import buckets
from timeline_local.services.sealing import reseal


async def set_favourite(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, is_favourite: bool, now: datetime
) -> None:
    """Mark or unmark memories, in their tiles too."""
    tile = Memory.tile.op("|")(FAVOURITE_BIT) if is_favourite else Memory.tile.op("&")(~FAVOURITE_BIT)
    await db.execute(
        update(Memory)
        .where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks))
        .values(favourite=is_favourite, tile=tile, updated_at=now, version=Memory.version + 1)
    )
    await reseal(db, owner_pk, pks)


async def set_archived(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, is_archived: bool, now: datetime
) -> None:
    """Take memories off the timeline or put them back, with their counts. Those already so must not be named."""
    changing = (
        await db.execute(
            select(Memory.local_on, Memory.kind, Memory.trashed_at, Memory.archived).where(
                Memory.owner_pk == owner_pk, Memory.pk.in_(pks)
            )
        )
    ).all()
    await db.execute(
        update(Memory)
        .where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks))
        .values(archived=is_archived, updated_at=now, version=Memory.version + 1)
    )
    await reseal(db, owner_pk, pks)
    placed = [
        buckets.placement(row.local_on, row.kind)
        for row in changing
        if row.trashed_at is None and row.archived != is_archived
    ]
    if is_archived:
        await buckets.move(db, owner_pk, gone=placed)
    else:
        await buckets.move(db, owner_pk, come=placed)


async def touch(db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, now: datetime) -> None:
    """Give memories a new version after something of theirs changed outside their row."""
    await db.execute(
        update(Memory)
        .where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks))
        .values(updated_at=now, version=Memory.version + 1)
    )
