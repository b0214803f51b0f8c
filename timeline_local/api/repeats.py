"""Creates that may be tried again: the `Idempotency-Key` of a request, and what it made before."""

from __future__ import annotations

import hashlib
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Header
from pydantic import BaseModel

from timeline_local.api.dependencies import ReadDb
from timeline_local.core.security import Caller
from timeline_local.runtime import Runtime
from timeline_local.services import idempotency

RepeatKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=idempotency.LONGEST_KEY,
        description="Any text; the same key and body within two days give the same answer.",
    ),
]


async def made_before(
    db: ReadDb, parts: Runtime, me: Caller, key: str | None, given: BaseModel, *, what: str
) -> UUID | None:
    """The id of what this key made, if it was used. First in the transaction that creates; `settle` comes last.

    what: the address of the create, so that a key means one request only. Raises IdempotencyConflict.
    """
    if key is None:
        return None
    body = orjson.dumps(given.model_dump(mode="json", exclude_unset=True), option=orjson.OPT_SORT_KEYS)
    request = hashlib.sha256(what.encode() + b"\0" + body).digest()
    return await idempotency.claim(db, me.user_pk, key=key, request_hash=request, now=parts.now())


async def remember(db: ReadDb, me: Caller, key: str | None, made: UUID) -> None:
    """Keep what the key made."""
    if key is not None:
        await idempotency.settle(db, me.user_pk, key=key, object_id=made)
