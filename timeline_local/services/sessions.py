"""Sessions of browsers and programs: opened, listed, ended; and the refresh tokens that carry a program's on.

A refresh token is used once. Used a second time it may have been stolen, so the whole session ends: the thief's tokens
and the owner's. The one exception is a race: a request that had already arrived when another one used the token is
refused, and ends nothing, since its sender cannot have seen the answer yet (two tabs that wake up together). Its sender
goes on with the tokens the other one got. An answer that was lost on its way means signing in again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.security import digest, new_session_id
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import SessionNotFound
from timeline_local.models import RefreshToken, Session
from timeline_local.queries import credentials

LONGEST_DEVICE = 200


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session may last, and how long each of its refresh tokens can be used."""

    session: timedelta
    refresh: timedelta


@dataclass(frozen=True, slots=True)
class ProgramSession:
    """A program's session, with the refresh token that carries it on; the token is shown this once."""

    user_id: UUID
    session_id: UUID
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A refresh token that opens nothing. ended: (user pk, user id, session id), where its use ended the session."""

    ended: tuple[int, UUID, UUID] | None = None


async def add_session(
    db: AsyncConnection,
    owner_pk: int,
    *,
    kind: str,
    token_hash: bytes,
    secret_hash: bytes,
    device: str,
    now: datetime,
    expires_at: datetime,
) -> tuple[int, UUID]:
    """(pk, id) of a fresh session; sessions whose time is over are cleared away."""
    await db.execute(delete(Session).where(Session.expires_at < now))
    id_ = new_id()
    statement = insert(Session).values(
        id=id_,
        owner_pk=owner_pk,
        created_at=now,
        updated_at=now,
        kind=kind,
        token_hash=token_hash,
        secret_hash=secret_hash,
        device=device[:LONGEST_DEVICE],
        last_seen_at=now,
        expires_at=expires_at,
    )
    return (await db.execute(statement.returning(Session.pk))).scalar_one(), id_


async def open_program_session(
    db: AsyncConnection, owner_pk: int, user_id: UUID, *, device: str, lifetimes: Lifetimes, now: datetime
) -> ProgramSession:
    """Sign a program in. Rows are the caller's to commit."""
    # A program's session is found by its id or its refresh token; no cookie has these hashes.
    pk, id_ = await add_session(
        db,
        owner_pk,
        kind="token",
        token_hash=digest(new_session_id()),
        secret_hash=digest(new_session_id()),
        device=device,
        now=now,
        expires_at=now + lifetimes.session,
    )
    return ProgramSession(user_id, id_, await _next_token(db, pk, until=now + lifetimes.refresh, now=now))


async def refresh(
    db: AsyncConnection, token: str, *, asked_at: datetime, lifetimes: Lifetimes, now: datetime
) -> ProgramSession | Refused:
    """Use a refresh token: its successor, or the refusal, which the caller commits as well.

    asked_at  when the request arrived; now  when it got its turn to write. See the module about races.
    """
    found = await credentials.refresh_token(db, digest(token))
    if found is None or found.revoked_at is not None or not found.is_active:
        return Refused()
    claimed = (
        update(RefreshToken).where(RefreshToken.pk == found.pk, RefreshToken.used_at.is_(None)).values(used_at=now)
    )
    if found.used_at is not None or (await db.execute(claimed)).rowcount == 0:
        was_before = found.used_at is not None and found.used_at < asked_at
        if was_before:
            await end_session(db, found.user_pk, found.session_id, now=now)
        return Refused((found.user_pk, found.user_id, found.session_id) if was_before else None)
    if min(found.expires_at, found.session_expires_at) <= now:
        return Refused()
    await db.execute(update(Session).where(Session.pk == found.session_pk).values(last_seen_at=now))
    forgotten = (RefreshToken.session_pk == found.session_pk, RefreshToken.expires_at <= now)
    await db.execute(delete(RefreshToken).where(*forgotten))
    successor = await _next_token(db, found.session_pk, until=now + lifetimes.refresh, now=now)
    return ProgramSession(found.user_id, found.session_id, successor)


async def end_session(db: AsyncConnection, owner_pk: int, session_id: UUID, *, now: datetime) -> None:
    """End one session of this user. Raises SessionNotFound. The caller then tells `Authentication.forget`."""
    statement = (
        update(Session)
        .where(Session.owner_pk == owner_pk, Session.id == session_id, Session.revoked_at.is_(None))
        .values(revoked_at=now, updated_at=now, version=Session.version + 1)
    )
    if (await db.execute(statement)).rowcount == 0:
        raise SessionNotFound("You have no session of that id; it may have ended. Nothing was changed.")


async def end_sessions(db: AsyncConnection, owner_pk: int, *, now: datetime, but: UUID | None = None) -> int:
    """End every session of this user but one; how many there were."""
    statement = (
        update(Session)
        .where(Session.owner_pk == owner_pk, Session.revoked_at.is_(None), Session.expires_at > now)
        .values(revoked_at=now, updated_at=now, version=Session.version + 1)
    )
    if but is not None:
        statement = statement.where(Session.id != but)
    return (await db.execute(statement)).rowcount


async def _next_token(db: AsyncConnection, session_pk: int, *, until: datetime, now: datetime) -> str:
    token = new_session_id()
    values = {"session_pk": session_pk, "token_hash": digest(token), "created_at": now, "expires_at": until}
    await db.execute(insert(RefreshToken).values(**values))
    return token
