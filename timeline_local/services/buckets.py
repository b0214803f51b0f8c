"""The maintained counts per day, month and year: every write of memories says how many came and went.

Only memories on the timeline count: neither trashed nor archived. The undated shelf is one bucket in each unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import Dialect, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.domain.times import UNDATED_DAY, day_number, from_day_number
from timeline_local.models import BucketCount, Memory
from timeline_local.models.memories import ON_TIMELINE
from timeline_local.queries.dialect import upsert

DAY, MONTH, YEAR = 0, 1, 2

Placement: TypeAlias = tuple[int, int]
"""Where a memory counts: (day number or UNDATED_DAY, kind code)."""


def placement(local_on: date | None, kind_code: int) -> Placement:
    return UNDATED_DAY if local_on is None else day_number(local_on), kind_code


async def shift(db: AsyncConnection, owner_pk: int, changes: Mapping[Placement, int]) -> None:
    """Add the changes, positive or negative, to the day, month and year they belong to. At most two statements."""
    totals: Counter[tuple[int, int, int]] = Counter()
    for (day, kind), count in changes.items():
        for unit, start in _starts(day):
            totals[unit, start, kind] += count
    # In one order always, so that two writers on PostgreSQL never wait for each other in a circle.
    rows = [
        {"owner_pk": owner_pk, "unit": unit, "start": start, "kind": kind, "count": count}
        for (unit, start, kind), count in sorted(totals.items())
        if count
    ]
    if not rows:
        return
    await _add_counts(db.dialect).written(db, rows)
    if any(row["count"] < 0 for row in rows):
        await db.execute(delete(BucketCount).where(BucketCount.owner_pk == owner_pk, BucketCount.count <= 0))


@lru_cache(maxsize=4)
def _add_counts(dialect: Dialect) -> Prepared:
    """Built once: `excluded` makes a proxy for every column, 0.7 ms of each write."""
    add = upsert(dialect.name, BucketCount)
    key = ("owner_pk", "unit", "start", "kind")
    adding = add.on_conflict_do_update(index_elements=key, set_={"count": BucketCount.count + add.excluded.count})
    return Prepared.insert(adding, dialect, (*key, "count"))


async def move(
    db: AsyncConnection, owner_pk: int, *, gone: Iterable[Placement] = (), come: Iterable[Placement] = ()
) -> None:
    """Count memories that left their places and ones that arrived."""
    changes = Counter(come)
    changes.subtract(Counter(gone))
    await shift(db, owner_pk, changes)


async def recount(db: AsyncConnection, owner_pk: int) -> None:
    """Count everything anew: for repairs and for tests. Costs a scan of the timeline."""
    counted = select(Memory.local_on, Memory.kind, func.count()).where(Memory.owner_pk == owner_pk, ON_TIMELINE)
    found = (await db.execute(counted.group_by(Memory.local_on, Memory.kind))).all()
    await db.execute(delete(BucketCount).where(BucketCount.owner_pk == owner_pk))
    await shift(db, owner_pk, {placement(local_on, kind): count for local_on, kind, count in found})


def _starts(day: int) -> tuple[tuple[int, int], ...]:
    if day == UNDATED_DAY:
        return (DAY, day), (MONTH, day), (YEAR, day)
    month = from_day_number(day).replace(day=1)
    return (DAY, day), (MONTH, day_number(month)), (YEAR, day_number(month.replace(month=1)))
