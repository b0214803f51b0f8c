"""Where you are signed in, and how to end that."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from timeline_local.api.cookies import drop_session_cookie
from timeline_local.api.dependencies import Me, Parts, ReadDb, refuse_keys, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.exceptions import NotAllowed, ScopeMissing, SessionNotFound
from timeline_local.queries import credentials
from timeline_local.schemas import credentials as wire
from timeline_local.services.audit import actor_of, record
from timeline_local.services.sessions import end_session

router = APIRouter(prefix="/auth", tags=["auth"], route_class=StrictRoute)


@router.post(
    "/logout",
    summary="Sign out",
    status_code=204,
    dependencies=[requires("settings:read")],
    responses=responses(NotAllowed, ScopeMissing),
)
async def logout(me: Me, parts: Parts) -> Response:
    """End this session at once: its cookie or its tokens, and the media addresses it was given."""
    response = Response(status_code=204)
    if me.kind == "api_key" or me.credential_id is None:
        return response
    now = parts.now()
    async with parts.database.write() as db:
        await end_session(db, me.user_pk, me.credential_id, now=now)
        await record(db, actor_of(me), "logout", now=now, object_kind="session", object_id=me.credential_id)
    parts.authentication.forget(me.credential_id)
    parts.changes.end_credential(me.user_pk, me.credential_id)
    drop_session_cookie(response, parts)
    return response


@router.post(
    "/logout-everywhere",
    summary="Sign out everywhere",
    status_code=204,
    dependencies=[requires("settings:write")],
    responses=responses(NotAllowed, ScopeMissing),
)
async def logout_everywhere(me: Me, parts: Parts) -> Response:
    """End all your sessions, this one included. API keys go on; revoke them one by one."""
    refuse_keys(me)
    now = parts.now()
    async with parts.database.write() as db:
        ended = await parts.authentication.end_all(db, me.user_pk, now=now)
        await record(db, actor_of(me), "logout.everywhere", now=now, details={"sessions": ended})
    parts.authentication.forget_user(me.user_pk)
    parts.changes.end(me.user_pk)
    response = Response(status_code=204)
    drop_session_cookie(response, parts)
    return response


@router.get(
    "/sessions",
    summary="Where you are signed in",
    dependencies=[requires("settings:read")],
    responses=responses(ScopeMissing),
)
async def list_sessions(me: Me, db: ReadDb, parts: Parts) -> wire.Sessions:
    """Browsers and programs whose sessions have not ended, most recently used first."""
    now = parts.now()
    unused_since = now - timedelta(days=parts.settings.auth.idle_days)
    rows = await credentials.sessions(db, me.user_pk, now=now, unused_since=unused_since)
    items = [wire.SessionShown(**row._asdict(), current=row.id == me.credential_id) for row in rows]
    return wire.Sessions(items=items)


@router.delete(
    "/sessions/{session_id}",
    summary="End a session",
    status_code=204,
    dependencies=[requires("settings:write")],
    responses=responses(NotAllowed, ScopeMissing, SessionNotFound),
)
async def delete_session(session_id: UUID, me: Me, parts: Parts) -> Response:
    """From this moment it opens nothing, and neither do its tokens."""
    refuse_keys(me)
    now = parts.now()
    async with parts.database.write() as db:
        await end_session(db, me.user_pk, session_id, now=now)
        await record(db, actor_of(me), "session.revoked", now=now, object_kind="session", object_id=session_id)
    parts.authentication.forget(session_id)
    parts.changes.end_credential(me.user_pk, session_id)
    return Response(status_code=204)
