"""Media files: immutable original bytes, addressed by hash, and what was read from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timeline_local.models.base import Base, Identified, Instant, Json
from timeline_local.models.users import OwnedBy

PENDING = text("preview_state = 'pending'")
IN_TRASH = text("trashed_at IS NOT NULL")


class MediaFile(Identified, OwnedBy, Base):
    """width and height are those of the upright picture. storage: managed (in the library) | referenced (in place).

    What nothing shows may be in the trash; showing it takes it out.
    """

    __tablename__ = "media_file"
    __table_args__ = (
        UniqueConstraint("owner_pk", "sha256"),
        Index("ix_media_file_newest", "owner_pk", "pk"),
        Index("ix_media_file_pending", "owner_pk", "pk", sqlite_where=PENDING, postgresql_where=PENDING),
        Index("ix_media_file_trashed", "owner_pk", "pk", sqlite_where=IN_TRASH, postgresql_where=IN_TRASH),
    )

    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    mime: Mapped[str]
    file_name: Mapped[str]  # as it was called when it came; never used as a path
    storage: Mapped[str]
    path: Mapped[str | None]  # referenced only: where the original lies
    mtime_ns: Mapped[int | None] = mapped_column(BigInteger)  # referenced only: checked with the size when read
    width: Mapped[int | None]
    height: Mapped[int | None]
    orientation: Mapped[int | None] = mapped_column(SmallInteger)
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    thumbhash: Mapped[bytes | None] = mapped_column(LargeBinary)
    tint: Mapped[int | None] = mapped_column(SmallInteger)  # RGB332
    camera_make: Mapped[str | None]
    camera_model: Mapped[str | None]
    lens: Mapped[str | None]
    content_id: Mapped[str | None]  # what pairs a live photo with its video
    facts: Mapped[dict[str, Any]] = mapped_column(Json)  # exposure and raw metadata
    preview_state: Mapped[str]  # pending | ready | none
    preview_reason: Mapped[str | None]  # why there is none
    preview_version: Mapped[int]
    trashed_at: Mapped[datetime | None] = mapped_column(Instant)


class MemoryMedia(Base):
    __tablename__ = "memory_media"
    __table_args__ = (PrimaryKeyConstraint("memory_pk", "media_pk"),)

    memory_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"))
    media_pk: Mapped[int] = mapped_column(ForeignKey("media_file.pk", ondelete="CASCADE"), index=True)
    role: Mapped[str]
    position: Mapped[int]
