"""Who may sign in, and with what."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from timeline_local.models.base import Base, Identified, Instant, Json, Keyed, Uid


class User(Identified, Base):
    __tablename__ = "user"

    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    role: Mapped[str]  # owner | admin | member | viewer
    is_active: Mapped[bool]
    email_verified_at: Mapped[datetime | None] = mapped_column(Instant)
    password_changed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)
    totp_secret: Mapped[bytes | None]  # encrypted (core/encryption.py); in force once confirmed
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    totp_step: Mapped[int | None] = mapped_column(BigInteger)  # the last step accepted, so that no code works twice


class OwnedBy:
    """Mixed into every table whose rows belong to one user's timeline."""

    owner_pk: Mapped[int] = mapped_column(ForeignKey("user.pk", ondelete="CASCADE"), sort_order=-98)


class Session(Identified, OwnedBy, Base):
    """A signed-in browser or program. Only hashes are stored: of the cookie's id and of the header's secret."""

    __tablename__ = "session"

    kind: Mapped[str]  # browser: cookie and header secret | token: access and refresh tokens
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    device: Mapped[str]
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class RefreshToken(Keyed, Base):
    """A link of a session's chain of refresh tokens: used once, then its successor; a second use ends the session."""

    __tablename__ = "refresh_token"

    session_pk: Mapped[int] = mapped_column(ForeignKey("session.pk", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class RecoveryCode(Keyed, OwnedBy, Base):
    """One of the codes that stand in for a lost second factor, once each."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("owner_pk", "code_hash"),)

    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class MailedToken(Keyed, OwnedBy, Base):
    """A single-use token that was sent to an address: to verify it, or to set a new password."""

    __tablename__ = "mailed_token"

    purpose: Mapped[str]  # verify_email | reset_password
    email: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Invitation(Identified, OwnedBy, Base):
    """An address asked to join this install with a role; the owner is who invited."""

    __tablename__ = "invitation"

    email: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class LoginAttempt(Keyed, Base):
    """One password that was checked; counting these is the limit that a restart does not clear."""

    __tablename__ = "login_attempt"
    __table_args__ = (Index("ix_login_attempt_account", "account_hash", "at"),)

    account_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of the address given, whether it is known or not
    at: Mapped[datetime] = mapped_column(Instant, index=True)


class ApiKey(Identified, OwnedBy, Base):
    """A script's key: the prefix finds it, the hash proves it."""

    __tablename__ = "api_key"

    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    scopes: Mapped[list[str]] = mapped_column(Json)
    requests_per_s: Mapped[int | None]  # its own limit, if lower than the install's
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class SourceAccount(Identified, OwnedBy, Base):
    """An account of the owner's elsewhere that a source reads from, with the token that lets it in."""

    __tablename__ = "source_account"
    __table_args__ = (UniqueConstraint("owner_pk", "source", "label"),)

    source: Mapped[str]
    label: Mapped[str]
    sealed_token: Mapped[bytes]  # encrypted (core/encryption.py)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)


class Setting(OwnedBy, Base):
    """A preference of one owner; absent means the default."""

    __tablename__ = "setting"

    owner_pk: Mapped[int] = mapped_column(ForeignKey("user.pk", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json)


class IdempotencyKey(OwnedBy, Base):
    """What a request with a key did, kept so that a retry gets the same answer: object_id is what it made.

    answer  the answer itself, of a request that makes nothing which could be read again.
    """

    __tablename__ = "idempotency_key"

    owner_pk: Mapped[int] = mapped_column(ForeignKey("user.pk", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    object_id: Mapped[UUID | None] = mapped_column(Uid)
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)


class NoteLock(OwnedBy, Base):
    """The key of an owner's locked notes, itself locked with the owner's passphrase."""

    __tablename__ = "note_lock"

    owner_pk: Mapped[int] = mapped_column(ForeignKey("user.pk", ondelete="CASCADE"), primary_key=True)
    derivation: Mapped[dict[str, Any]] = mapped_column(Json)  # how the passphrase becomes a key: name, salt, cost
    wrapped_key: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(Instant)
