"""Reading the audit log. It belongs to the install, not to one user: only administrators get here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import AuditEvent

# Any number that no other program uses for a PostgreSQL advisory lock; core.migrations has another.
ADVISORY_LOCK = 0x71E11AF
_ENTRY = select(*AuditEvent.__table__.columns)

Entry = Mapping[str, Any]


class Oldest(NamedTuple):
    """The last of the oldest entries, and how many there are."""

    seq: int
    hash: bytes
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries; None does not narrow. action: a whole one, or its beginning up to a dot (`api_key.`)."""

    action: str | None = None
    actor_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def newest_held(db: AsyncConnection) -> tuple[int, bytes] | None:
    """As `newest`, and it stays the newest for everybody else until this transaction ends."""
    if db.dialect.name == "postgresql":  # SQLite has one writer anyway
        await db.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
    return await newest(db)


async def newest(db: AsyncConnection) -> tuple[int, bytes] | None:
    """(seq, hash) of the newest entry; None when the log is empty."""
    statement = select(AuditEvent.seq, AuditEvent.hash).order_by(AuditEvent.seq.desc()).limit(1)
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else (row.seq, row.hash)


async def after(db: AsyncConnection, *, seq: int, limit: int) -> Sequence[Entry]:
    """Entries with a higher number, oldest first."""
    statement = _ENTRY.where(AuditEvent.seq > seq).order_by(AuditEvent.seq).limit(limit)
    return [dict(row) for row in (await db.execute(statement)).mappings()]


async def page(db: AsyncConnection, wanted: Filter, *, below: int | None, limit: int) -> Sequence[Entry]:
    """Entries newest first. below: the number of the last one already seen."""
    statement = _ENTRY.order_by(AuditEvent.seq.desc()).limit(limit)
    if wanted.action is not None and wanted.action.endswith("."):
        statement = statement.where(AuditEvent.action.startswith(wanted.action, autoescape=True))
    elif wanted.action is not None:
        statement = statement.where(AuditEvent.action == wanted.action)
    if wanted.actor_id is not None:
        statement = statement.where(AuditEvent.actor_id == wanted.actor_id)
    if wanted.since is not None:
        statement = statement.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditEvent.at < wanted.until)
    if below is not None:
        statement = statement.where(AuditEvent.seq < below)
    return [dict(row) for row in (await db.execute(statement)).mappings()]


async def last_before(db: AsyncConnection, before: datetime) -> Oldest | None:
    """The unbroken run of entries at the beginning that are older than this; None if there is none.

    By number, not by time: the clock may have been set back, and what follows a newer entry stays with it.
    """
    first_newer = (await db.execute(select(func.min(AuditEvent.seq)).where(AuditEvent.at >= before))).scalar()
    old = select(AuditEvent.seq, AuditEvent.hash).order_by(AuditEvent.seq.desc()).limit(1)
    count = select(func.count()).select_from(AuditEvent)
    if first_newer is not None:
        old, count = old.where(AuditEvent.seq < first_newer), count.where(AuditEvent.seq < first_newer)
    row = (await db.execute(old)).one_or_none()
    return None if row is None else Oldest(row.seq, row.hash, (await db.execute(count)).scalar_one())
