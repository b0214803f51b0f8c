"""What a user signs in with, and where. Passwords, secrets and codes are read only as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import LoginAttempt, RecoveryCode, RefreshToken, Session, Setting, User

# A row whose columns are read by name.
AnyRow = Row[*tuple[Any, ...]]
APP_LOCK = "app_lock"


async def account(db: AsyncConnection, owner_pk: int) -> AnyRow:
    """Everything that decides whether this user may sign in."""
    return (await db.execute(_ACCOUNT.where(User.pk == owner_pk))).one()


async def account_of(db: AsyncConnection, email: str) -> AnyRow | None:
    """As `account`, by the normalised address."""
    return (await db.execute(_ACCOUNT.where(User.email == email))).one_or_none()


_ACCOUNT = select(
    User.pk,
    User.id,
    User.name,
    User.email,
    User.role,
    User.is_active,
    User.password_hash,
    User.totp_secret,
    User.totp_confirmed_at,
    User.totp_step,
)


async def has_any_password(db: AsyncConnection) -> bool:
    """Whether anybody of this install can sign in with a password."""
    statement = select(exists().where(User.password_hash.is_not(None), User.email.is_not(None), User.is_active))
    return bool((await db.execute(statement)).scalar_one())


async def app_lock(db: AsyncConnection, owner_pk: int) -> bool:
    """Whether a launch ticket of this user needs the password too."""
    statement = select(Setting.value).where(Setting.owner_pk == owner_pk, Setting.name == APP_LOCK)
    return bool((await db.execute(statement)).scalar_one_or_none())


async def sessions(db: AsyncConnection, owner_pk: int, *, now: datetime, unused_since: datetime) -> Sequence[AnyRow]:
    """The user's sessions that have not ended, most recently used first; at most 500."""
    statement = (
        select(Session.id, Session.kind, Session.device, Session.created_at, Session.last_seen_at, Session.expires_at)
        .where(
            Session.owner_pk == owner_pk,
            Session.revoked_at.is_(None),
            Session.expires_at > now,
            Session.last_seen_at > unused_since,
        )
        .order_by(Session.last_seen_at.desc(), Session.pk.desc())
        .limit(500)
    )
    return (await db.execute(statement)).all()


async def has_seen_device(db: AsyncConnection, owner_pk: int, device: str) -> bool:
    """Whether this user has, or had of late, a session on something that calls itself this."""
    statement = select(exists().where(Session.owner_pk == owner_pk, Session.device == device))
    return bool((await db.execute(statement)).scalar_one())


async def refresh_token(db: AsyncConnection, token_hash: bytes) -> AnyRow | None:
    """A refresh token with its session and user, whatever state they are in."""
    statement = (
        select(
            RefreshToken.pk,
            RefreshToken.used_at,
            RefreshToken.expires_at,
            Session.pk.label("session_pk"),
            Session.id.label("session_id"),
            Session.expires_at.label("session_expires_at"),
            Session.revoked_at,
            User.pk.label("user_pk"),
            User.id.label("user_id"),
            User.is_active,
        )
        .join(Session, Session.pk == RefreshToken.session_pk)
        .join(User, User.pk == Session.owner_pk)
        .where(RefreshToken.token_hash == token_hash)
    )
    return (await db.execute(statement)).one_or_none()


async def unused_recovery_codes(db: AsyncConnection, owner_pk: int) -> int:
    """How many recovery codes the user has left."""
    statement = select(func.count()).where(RecoveryCode.owner_pk == owner_pk, RecoveryCode.used_at.is_(None))
    return (await db.execute(statement)).scalar_one()


async def hold_attempts(db: AsyncConnection) -> None:
    """Let nobody else count or add attempts until this transaction ends: two could count the same nine."""
    if db.dialect.name == "postgresql":  # SQLite has one writer anyway
        await db.execute(text("LOCK TABLE login_attempt IN SHARE ROW EXCLUSIVE MODE"))


async def attempts(
    db: AsyncConnection, account_hash: bytes | None, *, since: datetime, until: datetime
) -> tuple[int, datetime | None]:
    """(how many, the oldest) of the attempts after `since` and up to `until`: of one account, or of all."""
    mine: list[ColumnElement[bool]] = [] if account_hash is None else [LoginAttempt.account_hash == account_hash]
    statement = select(func.count(), func.min(LoginAttempt.at))
    statement = statement.where(LoginAttempt.at > since, LoginAttempt.at <= until, *mine)
    count, oldest = (await db.execute(statement)).one()
    return count, oldest


async def recovery_codes_left(db: AsyncConnection, owner_pk: int) -> int:
    """How many of the user's recovery codes are unused."""
    mine = (RecoveryCode.owner_pk == owner_pk, RecoveryCode.used_at.is_(None))
    return (await db.execute(select(func.count()).select_from(RecoveryCode).where(*mine))).scalar_one()
