"""A request that is tried again with the same key gives the same answer, and does nothing a second time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.exceptions import IdempotencyConflict
from timeline_local.models import IdempotencyKey
from timeline_local.queries.dialect import upsert

KEPT = timedelta(days=2)
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Done:
    """What the first request with a key did: the id of what it made, or the answer it gave."""

    object_id: UUID | None = None
    answer: dict[str, Any] | None = None


async def claim(db: AsyncConnection, owner_pk: int, *, key: str, request_hash: bytes, now: datetime) -> Done | None:
    """Take the key for this request: None if it is new, else what the first request did.

    Call it first in the transaction, and `settle` last: a second request with the key waits for the first.
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
            select(IdempotencyKey.request_hash, IdempotencyKey.object_id, IdempotencyKey.answer).where(
                IdempotencyKey.owner_pk == owner_pk, IdempotencyKey.key == key
            )
        )
    ).one()
    done = Done(found.object_id, found.answer)
    if found.request_hash != request_hash or done == Done():
        raise IdempotencyConflict(
            "That Idempotency-Key was used for another request. Nothing was saved; use a new key."
        )
    return done


async def settle(db: AsyncConnection, owner_pk: int, *, key: str, done: Done) -> None:
    """Say what the claimed request did."""
    await db.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.owner_pk == owner_pk, IdempotencyKey.key == key)
        .values(object_id=done.object_id, answer=done.answer)
    )
