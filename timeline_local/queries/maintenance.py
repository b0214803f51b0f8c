"""What maintenance reads, one owner at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import MediaFile, Memory, User


async def every_user(db: AsyncConnection) -> list[int]:
    """The pk of every user, active or not."""
    return list((await db.execute(select(User.pk).order_by(User.pk))).scalars())


async def memories_after(
    db: AsyncConnection, owner_pk: int, columns: Iterable[str], *, after_pk: int, limit: int
) -> Sequence[Any]:
    """pk, id and these columns of the owner's memories in the order of their pk, to walk through all."""
    wanted = dict.fromkeys(("pk", "id", *columns))
    statement = select(*(getattr(Memory, name) for name in wanted)).where(
        Memory.owner_pk == owner_pk, Memory.pk > after_pk
    )
    return (await db.execute(statement.order_by(Memory.pk).limit(limit))).all()


async def known_media(db: AsyncConnection, hashes: Sequence[bytes]) -> set[bytes]:
    """Those of these hashes that some user's media file has."""
    return set((await db.execute(select(MediaFile.sha256).where(MediaFile.sha256.in_(hashes)))).scalars())
