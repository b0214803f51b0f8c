"""Accounts elsewhere that sources read from, with tokens that come in and never go out."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.exceptions import (
    IdempotencyConflict,
    InvalidInput,
    ScopeMissing,
    SourceAccountNotFound,
    SourceAccountTaken,
    TooMuch,
)
from timeline_local.queries import source_accounts as queries
from timeline_local.schemas import source_accounts as wire
from timeline_local.services import source_accounts as services

router = APIRouter(prefix="/source-accounts", tags=["source-accounts"], route_class=StrictRoute)


@router.get(
    "",
    summary="Accounts that sources read from",
    dependencies=[requires("imports:read")],
    responses=responses(ScopeMissing),
)
async def list_source_accounts(me: Me, db: ReadDb) -> wire.SourceAccounts:
    """Yours, by source and label, at most 100; without their tokens, which nothing shows."""
    rows = await queries.every(db, me.user_pk)
    return wire.SourceAccounts(items=[wire.SourceAccount(**row._asdict()) for row in rows])


@router.post(
    "",
    summary="Keep an account with its token",
    status_code=201,
    dependencies=[requires("imports:write")],
    responses=responses(
        IdempotencyConflict, InvalidInput, ScopeMissing, SourceAccountNotFound, SourceAccountTaken, TooMuch
    ),
)
async def add_source_account(
    given: wire.NewSourceAccount, me: Me, parts: Parts, key: RepeatKey = None
) -> wire.SourceAccount:
    """The token is sealed with a key of this install before it is stored. Adding the same account again is refused."""
    now = parts.now()
    async with parts.database.write() as db:
        id_ = await made_before(db, parts, me, key, given, what="source-accounts")
        if id_ is None:
            id_ = await services.add(
                db, me, parts.cipher, source=given.source, label=given.label, token=given.token, now=now
            )
            await remember(db, me, key, id_)
        row = await services.get(db, me.user_pk, id_)
    return wire.SourceAccount(**row._asdict())


@router.delete(
    "/{account_id}",
    summary="Forget an account",
    status_code=204,
    dependencies=[requires("imports:write")],
    responses=responses(ScopeMissing, SourceAccountNotFound),
)
async def remove_source_account(account_id: UUID, me: Me, parts: Parts) -> Response:
    """With its token. What was imported from it stays; take the token back at the other side, too."""
    async with parts.database.write() as db:
        await services.remove(db, me, account_id, now=parts.now())
    return Response(status_code=204)
