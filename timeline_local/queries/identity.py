"""Who is who: users, sessions and API keys, by their hashes and prefixes.

These run before the owner is known, so some take a hash instead; each such hash is of 256 random bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Dialect, Row, Select, Text, bindparam, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.models import ApiKey, Session, Setting, User

# A row whose columns are read by name.
AnyRow = Row[*tuple[Any, ...]]


async def first_owner(db: AsyncConnection) -> Row[int, UUID, str, str] | None:
    """(pk, id, name, role) of the library's owner, or None before the first start has made one."""
    statement = select(User.pk, User.id, User.name, User.role).where(User.role == "owner").order_by(User.pk).limit(1)
    return (await db.execute(statement)).one_or_none()


async def user(db: AsyncConnection, owner_pk: int) -> Row[int, UUID, str, str]:
    """(pk, id, name, role) of one user."""
    return (await db.execute(select(User.pk, User.id, User.name, User.role).where(User.pk == owner_pk))).one()


def _standing(kind: str) -> Select[*tuple[Any, ...]]:
    """Sessions of this kind that were not revoked, of users who are active."""
    return (
        select(
            Session.pk,
            Session.id,
            Session.owner_pk,
            Session.token_hash,
            Session.secret_hash,
            Session.last_seen_at,
            Session.expires_at,
            User.id.label("user_id"),
            User.role,
        )
        .join(User, User.pk == Session.owner_pk)
        .where(Session.kind == kind, Session.revoked_at.is_(None), User.is_active)
    )


async def session(db: AsyncConnection, token_hash: bytes) -> AnyRow | None:
    """The browser's session whose cookie has this hash, unless it was revoked or its user switched off."""
    statement = _standing("browser").where(Session.token_hash == token_hash)
    return (await db.execute(statement)).one_or_none()


async def token_session(db: AsyncConnection, session_id: UUID) -> AnyRow | None:
    """The session an access token names, unless it was revoked or its user switched off."""
    return (await db.execute(_standing("token").where(Session.id == session_id))).one_or_none()


async def live_sessions(db: AsyncConnection, now: datetime, *, limit: int) -> Sequence[AnyRow]:
    """The most recently used sessions of browsers that have not ended."""
    statement = _standing("browser").where(Session.expires_at > now).order_by(Session.last_seen_at.desc()).limit(limit)
    return (await db.execute(statement)).all()


async def api_key(db: AsyncConnection, prefix: str) -> AnyRow | None:
    """The key with this prefix, unless it was revoked or its user switched off."""
    statement = (
        select(
            ApiKey.pk,
            ApiKey.id,
            ApiKey.owner_pk,
            ApiKey.key_hash,
            ApiKey.scopes,
            ApiKey.expires_at,
            ApiKey.last_used_at,
            ApiKey.requests_per_s,
            User.id.label("user_id"),
            User.role,
        )
        .join(User, User.pk == ApiKey.owner_pk)
        .where(ApiKey.prefix == prefix, ApiKey.revoked_at.is_(None), User.is_active)
    )
    return (await db.execute(statement)).one_or_none()


async def api_keys(db: AsyncConnection, owner_pk: int) -> Sequence[AnyRow]:
    """The owner's keys that were not revoked, newest first."""
    statement = (
        select(
            ApiKey.id,
            ApiKey.name,
            ApiKey.prefix,
            ApiKey.scopes,
            ApiKey.created_at,
            ApiKey.expires_at,
            ApiKey.last_used_at,
            ApiKey.requests_per_s,
        )
        .where(ApiKey.owner_pk == owner_pk, ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.pk.desc())
    )
    return (await db.execute(statement)).all()


async def preferences(db: AsyncConnection, owner_pk: int) -> dict[str, Any]:
    """The owner's stored preferences by name; absent ones have their default."""
    rows = await _preferences(db.dialect).rows(db, owner_pk=owner_pk)
    return {name: orjson.loads(value) for name, value in rows}


@lru_cache(maxsize=4)
def _preferences(dialect: Dialect) -> Prepared:
    mine = Setting.owner_pk == bindparam("owner_pk", type_=BigInteger)
    return Prepared.of(select(Setting.name, cast(Setting.value, Text)).where(mine), dialect)
