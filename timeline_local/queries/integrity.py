"""What `timeline-local doctor` counts: derived tables against the rows they are derived from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import UNDATED_DAY, day_number, from_day_number
from timeline_local.models import BucketCount, MediaFile, Memory, MemoryText
from timeline_local.queries.conversations import folded_away

DAY, MONTH, YEAR = 0, 1, 2
Bucket = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Totals:
    memories: int
    on_timeline: int
    media: int
    searchable: int
    indexed: int


def _on_timeline(owner_pk: int) -> ColumnElement[bool]:
    return and_(Memory.owner_pk == owner_pk, Memory.trashed_at.is_(None), Memory.archived.is_(False))


async def quick_check(db: AsyncConnection, owner_pk: int) -> list[str]:
    """What SQLite finds wrong with its file; empty when all is well, and on PostgreSQL, which has no such check."""
    del owner_pk
    if db.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in (await db.execute(text("PRAGMA quick_check(20)"))).all()]
    broken = (await db.execute(text("PRAGMA foreign_key_check"))).all()
    return [line for line in found if line != "ok"] + [f"{row[0]} {row[1]} points at nothing" for row in broken[:20]]


async def totals(db: AsyncConnection, owner_pk: int) -> Totals:
    """How many of each there are. indexed: entries of the full text index."""
    memories = select(func.count()).select_from(Memory).where(Memory.owner_pk == owner_pk)
    shown = select(func.count()).select_from(Memory).where(_on_timeline(owner_pk))
    media = select(func.count()).select_from(MediaFile).where(MediaFile.owner_pk == owner_pk)
    texts = (
        select(func.count())
        .select_from(MemoryText)
        .join(Memory, Memory.pk == MemoryText.memory_pk)
        .where(Memory.owner_pk == owner_pk)
    )
    searchable = (await db.execute(texts)).scalar_one()
    index = text("SELECT count(*) FROM memory_fts_docsize") if db.dialect.name == "sqlite" else texts
    return Totals(
        memories=(await db.execute(memories)).scalar_one(),
        on_timeline=(await db.execute(shown)).scalar_one(),
        media=(await db.execute(media)).scalar_one(),
        searchable=searchable,
        indexed=(await db.execute(index)).scalar_one(),
    )


async def wrong_buckets(db: AsyncConnection, owner_pk: int) -> int:
    """In how many calendar buckets the kept count, or what is folded away of it, differs from a recount."""
    counted = select(Memory.local_on, Memory.kind, func.count()).where(_on_timeline(owner_pk))
    found: Counter[Bucket] = Counter()
    folded: Counter[Bucket] = Counter()
    for day, kind, number in (await db.execute(counted.group_by(Memory.local_on, Memory.kind))).all():
        for unit, start in _starts(day):
            found[unit, start, kind] += number
    for at, number in (await folded_away(db, owner_pk)).items():
        for unit, start in _starts(None if at == UNDATED_DAY else from_day_number(at)):
            folded[unit, start, Kind.MESSAGE.code] += number
    columns = (BucketCount.unit, BucketCount.start, BucketCount.kind, BucketCount.count, BucketCount.folded)
    rows = (await db.execute(select(*columns).where(BucketCount.owner_pk == owner_pk))).all()
    kept = {(unit, start, kind): (number, away) for unit, start, kind, number, away in rows if number}
    return sum(kept.get(each, (0, 0)) != (found[each], folded[each]) for each in kept.keys() | found.keys())


def _starts(day: date | None) -> list[tuple[int, int]]:
    if day is None:
        return [(unit, UNDATED_DAY) for unit in (DAY, MONTH, YEAR)]
    return [
        (DAY, day_number(day)),
        (MONTH, day_number(day.replace(day=1))),
        (YEAR, day_number(day.replace(month=1, day=1))),
    ]


async def media_sample(db: AsyncConnection, owner_pk: int, *, after_pk: int, limit: int) -> Sequence[Any]:
    """(pk, sha256, size_bytes, storage, path) of media files in the order of their pk, to walk through all."""
    columns = (MediaFile.pk, MediaFile.sha256, MediaFile.size_bytes, MediaFile.storage, MediaFile.path)
    statement = select(*columns).where(MediaFile.owner_pk == owner_pk, MediaFile.pk > after_pk)
    return (await db.execute(statement.order_by(MediaFile.pk).limit(limit))).all()
