"""API keys for scripts."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter, Response

from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.repeats import RepeatKey, made_unseen, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import SCOPES
from timeline_local.exceptions import ApiKeyNotFound, IdempotencyConflict, InvalidInput, MadeAlready, ScopeMissing
from timeline_local.queries import identity
from timeline_local.schemas import identity as wire
from timeline_local.services.audit import actor_of, record
from timeline_local.services.identity import create_api_key, revoke_api_key

router = APIRouter(prefix="/api-keys", tags=["api-keys"], route_class=StrictRoute)


@router.get("", summary="Your API keys", dependencies=[requires("keys:write")], responses=responses(ScopeMissing))
async def list_api_keys(me: Me, db: ReadDb) -> wire.ApiKeys:
    """Newest first, without the keys themselves: only their hashes are kept."""
    rows = await identity.api_keys(db, me.user_pk)
    return wire.ApiKeys(items=[wire.ApiKey(**row._asdict()) for row in rows])


@router.post(
    "",
    summary="Make an API key",
    status_code=201,
    dependencies=[requires("keys:write")],
    responses=responses(IdempotencyConflict, InvalidInput, MadeAlready, ScopeMissing),
)
async def make_api_key(asked: wire.ApiKeyRequest, me: Me, parts: Parts, key: RepeatKey = None) -> wire.NewApiKey:
    """The key is in this answer only, so the same request again is refused with the id of what it made.

    No key can be given a scope that its maker lacks.
    """
    beyond = sorted((set(asked.scopes or ()) & SCOPES) - me.scopes)
    if beyond:
        raise ScopeMissing(f"You cannot hand out {beyond[0]}, which you lack yourself. No key was made.")
    by_default = me.scopes if me.kind == "api_key" else me.scopes - {"admin"}
    scopes = sorted(by_default) if asked.scopes is None else asked.scopes
    now = parts.now()
    async with parts.database.write() as db:
        await made_unseen(db, parts, me, key, asked, what="api-keys")
        made = await create_api_key(
            db,
            me.user_pk,
            name=asked.name,
            scopes=scopes,
            expires_at=asked.expires_at,
            now=now,
            requests_per_s=asked.requests_per_s,
        )
        await remember(db, me, key, made.id)
        facts = {"scopes": list(made.scopes)}
        await record(
            db, actor_of(me), "api_key.created", now=now, object_kind="api_key", object_id=made.id, details=facts
        )
    return wire.NewApiKey(**asdict(made))


@router.delete(
    "/{key_id}",
    summary="Revoke an API key",
    status_code=204,
    dependencies=[requires("keys:write")],
    responses=responses(ApiKeyNotFound, ScopeMissing),
)
async def delete_api_key(key_id: UUID, me: Me, parts: Parts) -> Response:
    """From this moment the key opens nothing."""
    now = parts.now()
    async with parts.database.write() as db:
        await revoke_api_key(db, me.user_pk, key_id, now=now)
        await record(db, actor_of(me), "api_key.revoked", now=now, object_kind="api_key", object_id=key_id)
    parts.authentication.forget(key_id)
    parts.changes.end_credential(me.user_pk, key_id)
    return Response(status_code=204)
