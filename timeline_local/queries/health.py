"""Figures about the whole install, for administrators and their monitoring: counts and sizes, nobody's content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import Job


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """wal_bytes is None where there is no such file to measure."""

    version: str
    schema_version: str | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Jobs by state, over all owners. oldest_due: since when the oldest waiting job could have run."""

    waiting: int
    running: int
    paused: int
    failed: int
    oldest_due: datetime | None


_FACTS = {
    "sqlite": text(
        "SELECT sqlite_version(), (SELECT version_num FROM alembic_version), page_count * page_size"
        " FROM pragma_page_count, pragma_page_size"
    ),
    "postgresql": text(
        "SELECT current_setting('server_version'), (SELECT version_num FROM alembic_version),"
        " pg_database_size(current_database())"
    ),
}


async def facts(db: AsyncConnection) -> DatabaseFacts:
    """Version, schema and size. One statement."""
    version, schema, size = (await db.execute(_FACTS[db.dialect.name])).one()
    return DatabaseFacts(str(version), None if schema is None else str(schema), int(size))


async def queue(db: AsyncConnection, *, now: datetime) -> Queue:
    """How the jobs stand. One statement over the jobs table's index."""
    counts = [func.count().filter(Job.state == state) for state in ("running", "paused", "failed")]
    is_due = (Job.state == "waiting") & (Job.run_after <= now)
    columns: list[ColumnElement[Any]] = [func.count().filter(is_due), *counts, func.min(Job.run_after).filter(is_due)]
    return Queue(*(await db.execute(select(*columns))).one())
