"""Reading accounts of sources. The sealed token is read by what uses it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import SourceAccount

AnyRow = Row[*tuple[Any, ...]]

_SHOWN = (
    SourceAccount.id,
    SourceAccount.source,
    SourceAccount.label,
    SourceAccount.created_at,
    SourceAccount.last_used_at,
)


async def every(db: AsyncConnection, owner_pk: int) -> Sequence[AnyRow]:
    """The owner's accounts by source and label, without their tokens. There are few (services.MOST)."""
    statement = select(*_SHOWN).where(SourceAccount.owner_pk == owner_pk)
    return (await db.execute(statement.order_by(SourceAccount.source, SourceAccount.label))).all()


async def one(db: AsyncConnection, owner_pk: int, account_id: UUID) -> AnyRow | None:
    """One account, as `every` tells them."""
    statement = select(*_SHOWN).where(SourceAccount.owner_pk == owner_pk, SourceAccount.id == account_id)
    return (await db.execute(statement)).one_or_none()


async def count(db: AsyncConnection, owner_pk: int) -> int:
    """How many accounts the owner keeps."""
    statement = select(func.count()).select_from(SourceAccount).where(SourceAccount.owner_pk == owner_pk)
    return (await db.execute(statement)).scalar_one()


async def sealed(db: AsyncConnection, owner_pk: int, account_id: UUID) -> AnyRow | None:
    """pk, source and sealed_token of one account."""
    statement = select(SourceAccount.pk, SourceAccount.source, SourceAccount.sealed_token)
    return (
        await db.execute(statement.where(SourceAccount.owner_pk == owner_pk, SourceAccount.id == account_id))
    ).one_or_none()
