"""The accounts of an install and the invitations to it, for their own holders and for administrators.

None of this shows anything of a timeline: nobody, not even an administrator, reads another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import Export, Import, Invitation, MailedToken, MediaFile, Memory, Session, User

# A row whose columns are read by name.
AnyRow = Row[*tuple[Any, ...]]
Rows = Sequence[AnyRow]


def _accounts() -> Select[*tuple[Any, ...]]:
    return select(
        User.pk,
        User.id,
        User.name,
        User.email,
        User.email_verified_at,
        User.password_hash,
        User.role,
        User.is_active,
        User.totp_confirmed_at,
        User.last_login_at,
        User.password_changed_at,
        User.created_at,
        User.updated_at,
        User.version,
    )


async def account(db: AsyncConnection, owner_pk: int) -> AnyRow | None:
    """One user's account."""
    return (await db.execute(_accounts().where(User.pk == owner_pk))).one_or_none()


async def account_held(db: AsyncConnection, owner_pk: int) -> AnyRow | None:
    """As `account`, and nobody else changes it until this transaction ends."""
    return (await db.execute(_accounts().where(User.pk == owner_pk).with_for_update())).one_or_none()


async def account_by_id(db: AsyncConnection, user_id: UUID) -> AnyRow | None:
    """The account of this id, held as by `account_held`; for administrators."""
    return (await db.execute(_accounts().where(User.id == user_id).with_for_update())).one_or_none()


async def account_seen(db: AsyncConnection, user_id: UUID) -> AnyRow | None:
    """The account of this id, only read; for administrators."""
    return (await db.execute(_accounts().where(User.id == user_id))).one_or_none()


async def account_by_address(db: AsyncConnection, email: str) -> AnyRow | None:
    """The account of this normalised address, held as by `account_held`; for signing up and for forgotten passwords."""
    return (await db.execute(_accounts().where(User.email == email).with_for_update())).one_or_none()


async def accounts(db: AsyncConnection, *, after: UUID | None, limit: int) -> Sequence[AnyRow]:
    """Accounts in the order they were made, behind the one of the id `after`; for administrators."""
    statement = _accounts().order_by(User.pk).limit(limit)
    if after is not None:
        statement = statement.where(User.pk > select(User.pk).where(User.id == after).scalar_subquery())
    return (await db.execute(statement)).all()


async def count(db: AsyncConnection) -> int:
    """How many accounts there are."""
    return (await db.execute(select(func.count()).select_from(User))).scalar_one()


async def pending_address(db: AsyncConnection, owner_pk: int, *, now: datetime) -> str | None:
    """The address this user still has to confirm, if a mail about it can still be used."""
    statement = (
        select(MailedToken.email)
        .where(
            MailedToken.owner_pk == owner_pk,
            MailedToken.purpose == "verify_email",
            MailedToken.used_at.is_(None),
            MailedToken.expires_at > now,
        )
        .order_by(MailedToken.pk.desc())
        .limit(1)
    )
    return (await db.execute(statement)).scalar()


async def unconfirmed(db: AsyncConnection, *, before: datetime) -> Sequence[int]:
    """Accounts that somebody signed up for and never confirmed, whose mails ran out before this instant."""
    newest = (
        select(func.max(MailedToken.expires_at)).where(
            MailedToken.owner_pk == User.pk, MailedToken.purpose == "verify_email", MailedToken.used_at.is_(None)
        )
    ).scalar_subquery()
    statement = select(User.pk).where(
        User.role != "owner", User.email_verified_at.is_(None), User.is_active.is_(False), newest < before
    )
    return (await db.execute(statement)).scalars().all()


async def awaits_confirmation(db: AsyncConnection, owner_pk: int) -> bool:
    """Whether this account was signed up for and its first mail was not answered yet."""
    statement = select(MailedToken.pk).where(
        MailedToken.owner_pk == owner_pk, MailedToken.purpose == "verify_email", MailedToken.used_at.is_(None)
    )
    return (await db.execute(statement.limit(1))).first() is not None


async def files_of(db: AsyncConnection, owner_pk: int) -> Sequence[bytes]:
    """The hashes of all files kept for this user."""
    statement = select(MediaFile.sha256).where(MediaFile.owner_pk == owner_pk, MediaFile.storage == "managed")
    return (await db.execute(statement)).scalars().all()


def _invitations() -> Select[*tuple[Any, ...]]:
    return select(
        Invitation.pk,
        Invitation.id,
        Invitation.owner_pk,
        Invitation.email,
        Invitation.role,
        Invitation.created_at,
        Invitation.expires_at,
        Invitation.accepted_at,
        Invitation.revoked_at,
    )


async def invitations(db: AsyncConnection, *, after: UUID | None, limit: int) -> Sequence[AnyRow]:
    """All invitations, newest first, behind the one of the id `after`; for administrators."""
    statement = _invitations().order_by(Invitation.pk.desc()).limit(limit)
    if after is not None:
        statement = statement.where(
            Invitation.pk < select(Invitation.pk).where(Invitation.id == after).scalar_subquery()
        )
    return (await db.execute(statement)).all()


async def invitation(db: AsyncConnection, invitation_id: UUID) -> AnyRow | None:
    """One invitation; for administrators."""
    return (await db.execute(_invitations().where(Invitation.id == invitation_id))).one_or_none()


async def tokens_since(db: AsyncConnection, owner_pk: int, purpose: str, *, since: datetime) -> int:
    """How many mailed tokens of this purpose were made for the user since then."""
    statement = select(func.count()).where(
        MailedToken.owner_pk == owner_pk, MailedToken.purpose == purpose, MailedToken.created_at > since
    )
    return (await db.execute(statement)).scalar_one()


async def holder_of(db: AsyncConnection, token_hash: bytes, purpose: str, *, now: datetime) -> AnyRow | None:
    """The account whose mailed token has this hash of 256 random bits, while it can be used."""
    statement = (
        _accounts()
        .join(MailedToken, MailedToken.owner_pk == User.pk)
        .where(
            MailedToken.token_hash == token_hash,
            MailedToken.purpose == purpose,
            MailedToken.used_at.is_(None),
            MailedToken.expires_at > now,
        )
    )
    return (await db.execute(statement)).one_or_none()


async def some_memories(db: AsyncConnection, owner_pk: int, *, limit: int) -> Sequence[int]:
    """The pks of some of the user's memories, wherever they are, held until the transaction ends.

    Whoever works on a memory holds its row first, so that nobody waits for another in a ring.
    """
    statement = select(Memory.pk).where(Memory.owner_pk == owner_pk).order_by(Memory.pk).limit(limit)
    return (await db.execute(statement.with_for_update())).scalars().all()


async def exports_of(db: AsyncConnection, owner_pk: int) -> Sequence[UUID]:
    """The ids of the user's exports, after which their files are named."""
    return (await db.execute(select(Export.id).where(Export.owner_pk == owner_pk))).scalars().all()


async def uploads_of(db: AsyncConnection, owner_pk: int) -> Sequence[UUID]:
    """The ids of the user's imports of sent files, after which their folders are named."""
    return (await db.execute(select(Import.id).where(Import.owner_pk == owner_pk, Import.is_upload))).scalars().all()


async def session_began(db: AsyncConnection, owner_pk: int, session_id: UUID) -> datetime | None:
    """When this session of the user was opened."""
    statement = select(Session.created_at).where(Session.owner_pk == owner_pk, Session.id == session_id)
    return (await db.execute(statement)).scalar()
