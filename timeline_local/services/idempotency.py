"""A create that is tried again with the same key gives the same answer, not a second memory."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.exceptions import IdempotencyConflict
from timeline_local.models import IdempotencyKey
from timeline_local.queries.dialect import upsert

KEPT = timedelta(days=2)
LONGEST_KEY = 200


async def claim(db: AsyncConnection, owner_pk: int, *, key: str, request_hash: bytes, now: datetime) -> UUID | None:
    """Take the key for this request: None if it is new, else the id of what the first request made.

    Call it first in the transaction that creates, and `settle` last: a second request with the key waits for the first.
    Raises IdempotencyConflict if the key was used for something else.
    """
    await db.execute(
        delete(IdempotencyKey).where(IdempotencyKey.owner_pk == owner_pk, IdempotencyKey.created_at < now - KEPT)
    )
    add = upsert(db.dialect.name, IdempotencyKey).on_conflict_do_nothing().returning(IdempotencyKey.key)
    row = {"owner_pk": owner_pk, "key": key, "request_hash": request_hash, "object_id": None, "created_at": now}
    if (await db.execute(add, row)).scalar_one_or_none() is not None:
        return None
    found = (
        await db.execute(
            select(IdempotencyKey.request_hash, IdempotencyKey.object_id).where(
                IdempotencyKey.owner_pk == owner_pk, IdempotencyKey.key == key
            )
        )
    ).one()
    if found.request_hash != request_hash or found.object_id is None:
        raise IdempotencyConflict(
            "That Idempotency-Key was used for another request. Nothing was saved; use a new key."
        )
    object_id: UUID = found.object_id
    return object_id


async def settle(db: AsyncConnection, owner_pk: int, *, key: str, object_id: UUID) -> None:
    """Say what the claimed request made."""
    await db.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.owner_pk == owner_pk, IdempotencyKey.key == key)
        .values(object_id=object_id)
    )
