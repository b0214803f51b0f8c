"""What was written out of the library, and for how long it is kept to be fetched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from timeline_local.models.base import Base, Identified, Instant, Json
from timeline_local.models.users import OwnedBy


class Export(Identified, OwnedBy, Base):
    """One export: what was asked for, and the file that a job wrote under exports/ in the data folder."""

    __tablename__ = "export"
    __table_args__ = (Index("ix_export_owner", "owner_pk", "pk"),)

    format: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str]
    counts: Mapped[dict[str, Any]] = mapped_column(Json)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    job_pk: Mapped[int | None] = mapped_column(ForeignKey("job.pk", ondelete="SET NULL"), index=True)
    file_name: Mapped[str | None]  # as it is offered; on disk the file is named after the export's id
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
