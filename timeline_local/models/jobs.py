"""Durable background jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from timeline_local.models.base import Base, Identified, Instant, Json
from timeline_local.models.users import OwnedBy


class Job(Identified, OwnedBy, Base):
    """state: waiting | running | paused | done | failed | cancelled. wish: what the owner asked of a running job."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state", "state", "run_after"), Index("ix_job_owner", "owner_pk", "pk"))

    kind: Mapped[str]
    state: Mapped[str]
    wish: Mapped[str | None]  # pause | cancel
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    progress: Mapped[dict[str, Any]] = mapped_column(Json)
    checkpoint: Mapped[dict[str, Any] | None] = mapped_column(Json)
    attempts: Mapped[int]
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    import_pk: Mapped[int | None] = mapped_column(ForeignKey("import.pk", ondelete="CASCADE"), index=True)
    run_after: Mapped[datetime] = mapped_column(Instant)
    lease_holder: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
