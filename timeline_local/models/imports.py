"""Imports: one run of a source over files, and the verdict on every item."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from timeline_local.models.base import Base, Identified, Instant, Json, WallClock
from timeline_local.models.users import OwnedBy


class Import(Identified, OwnedBy, Base):
    """state: receiving | scanning | planned | running | paused | done | cancelled | failed | undoing | undone."""

    __tablename__ = "import"
    __table_args__ = (Index("ix_import_owner", "owner_pk", "pk"),)

    source: Mapped[str]
    label: Mapped[str]
    path: Mapped[str]
    is_upload: Mapped[bool]  # the folder is our own staging folder and goes when the import ends
    options: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str]
    plan: Mapped[dict[str, Any] | None] = mapped_column(Json)
    counts: Mapped[dict[str, int]] = mapped_column(Json)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    job_pk: Mapped[int | None]  # the newest job that scans, runs or undoes it
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    undoable_until: Mapped[datetime | None] = mapped_column(Instant)


class ImportItem(Identified, OwnedBy, Base):
    """verdict: new | changed | same | skipped | failed. state: planned | done | undone."""

    __tablename__ = "import_item"
    __table_args__ = (
        UniqueConstraint("import_pk", "source_key"),
        Index("ix_import_item_state", "import_pk", "state", "pk"),
        Index("ix_import_item_verdict", "import_pk", "verdict", "pk"),
    )

    import_pk: Mapped[int] = mapped_column(ForeignKey("import.pk", ondelete="CASCADE"))
    source_key: Mapped[str]
    path: Mapped[str]
    kind: Mapped[str | None]
    verdict: Mapped[str]
    state: Mapped[str]
    reason_slug: Mapped[str | None]
    reason_detail: Mapped[str | None]
    local_at: Mapped[datetime | None] = mapped_column(WallClock)
    time_basis: Mapped[str | None]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    draft: Mapped[bytes | None] = mapped_column(LargeBinary)  # zlib of the draft and its files' facts, as JSON
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)  # zlib of the source's own record
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)  # the memory before a change, for undo
    memory_pk: Mapped[int | None] = mapped_column(ForeignKey("memory.pk", ondelete="SET NULL"), index=True)


class WatchedFolder(Identified, OwnedBy, Base):
    """A folder, archive or file that is looked at every so often; what is new there is imported."""

    __tablename__ = "watched_folder"
    __table_args__ = (UniqueConstraint("owner_pk", "path"),)

    path: Mapped[str]  # as that of its imports
    options: Mapped[dict[str, Any]] = mapped_column(Json)
    every_min: Mapped[int]
    is_paused: Mapped[bool]
    next_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime | None] = mapped_column(Instant)  # when it was last looked at
    # The import that looks just now: it goes again if it finds nothing.
    looking_pk: Mapped[int | None] = mapped_column(ForeignKey("import.pk", ondelete="SET NULL"), index=True)
    import_pk: Mapped[int | None] = mapped_column(ForeignKey("import.pk", ondelete="SET NULL"), index=True)  # the last
    problem: Mapped[dict[str, Any] | None] = mapped_column(Json)  # why the last look came to nothing
