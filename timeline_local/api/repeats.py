"""Requests that may be tried again: the `Idempotency-Key` of one, and what it did before."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Header
from pydantic import BaseModel

from timeline_local.api.dependencies import ReadDb
from timeline_local.core.security import Caller
from timeline_local.exceptions import MadeAlready
from timeline_local.runtime import Runtime
from timeline_local.services import idempotency
from timeline_local.services.idempotency import Done

# Not compared, so that no fast hash of a secret is kept: the rest of a request tells well enough which it is.
SECRETS = {"password", "token"}

RepeatKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=idempotency.LONGEST_KEY,
        description="Any text; the same key and request within two days do nothing twice. Secrets are not compared.",
    ),
]


async def made_before(
    db: ReadDb, parts: Runtime, me: Caller, key: str | None, given: BaseModel | None, *, what: str
) -> UUID | None:
    """The id of what this key made, if it was used. First in the transaction that creates; `remember` comes last.

    what: the address of the create, so that a key means one request only. Raises IdempotencyConflict.
    """
    done = await _done(db, parts, me, key, given, what=what)
    return None if done is None else done.object_id


async def made_unseen(db: ReadDb, parts: Runtime, me: Caller, key: str | None, given: BaseModel, *, what: str) -> None:
    """As `made_before`, for what comes with a secret that is shown once: it cannot be answered a second time.

    Raises MadeAlready, which names what was made, so that it can be revoked and another be made.
    """
    made = await made_before(db, parts, me, key, given, what=what)
    if made is not None:
        raise MadeAlready(
            "This request was carried out before, and its secret was in that answer only. Nothing was made now; "
            "revoke what was made, and make another under a new Idempotency-Key.",
            facts={"id": str(made)},
        )


async def answered_before(
    db: ReadDb, parts: Runtime, me: Caller, key: str | None, given: BaseModel, *, what: str
) -> dict[str, Any] | None:
    """As `made_before`, of what makes nothing: the answer that was given. `remember_answer` comes last."""
    done = await _done(db, parts, me, key, given, what=what)
    return None if done is None else done.answer


async def remember(db: ReadDb, me: Caller, key: str | None, made: UUID) -> None:
    """Keep what the key made."""
    if key is not None:
        await idempotency.settle(db, me.user_pk, key=key, done=Done(object_id=made))


async def remember_answer(db: ReadDb, me: Caller, key: str | None, answer: BaseModel) -> None:
    """Keep what the key was answered with."""
    if key is not None:
        await idempotency.settle(db, me.user_pk, key=key, done=Done(answer=answer.model_dump(mode="json")))


async def _done(
    db: ReadDb, parts: Runtime, me: Caller, key: str | None, given: BaseModel | None, *, what: str
) -> Done | None:
    if key is None:
        return None
    fields = {} if given is None else given.model_dump(mode="json", exclude_unset=True, exclude=SECRETS)
    request = hashlib.sha256(what.encode() + b"\0" + orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).digest()
    return await idempotency.claim(db, me.user_pk, key=key, request_hash=request, now=parts.now())
