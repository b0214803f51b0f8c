"""The audit log: append-only, each entry sealed with the hash of the one before it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from timeline_local.models.base import Base, Instant, Json, Uid


class AuditEvent(Base):
    """One security-relevant act. Written in the transaction of the act itself; holds no content, only hashes of it."""

    __tablename__ = "audit_event"

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    actor_id: Mapped[UUID | None] = mapped_column(Uid)  # of a user, who may be gone by now
    actor_kind: Mapped[str]  # session | token | api_key | ticket | command | system | anonymous
    credential_id: Mapped[UUID | None] = mapped_column(Uid)
    action: Mapped[str] = mapped_column(index=True)
    object_kind: Mapped[str | None]
    object_id: Mapped[UUID | None] = mapped_column(Uid)
    details: Mapped[dict[str, Any]] = mapped_column(Json)
    before_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    after_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
