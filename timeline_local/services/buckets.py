"""The maintained counts per day, month and year: every write of memories says how many came and went.

Only memories on the timeline count: neither trashed nor archived. The undated shelf is one bucket in each unit. Beside
them stands how many are folded away: messages of a conversation that stand in one tile with a later one of their day.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import ColumnElement, Dialect, and_, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.core.prepared import Prepared
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import UNDATED_DAY, day_number, from_day_number
from timeline_local.models import BucketCount, Memory
from timeline_local.models.memories import ON_TIMELINE
from timeline_local.queries.conversations import folded_away
from timeline_local.queries.dialect import in_key_list, key_list, upsert

DAY, MONTH, YEAR = 0, 1, 2
MESSAGE = Kind.MESSAGE.code

Placement: TypeAlias = tuple[int, int]
"""Where a memory counts: (day number or UNDATED_DAY, kind code)."""


def placement(local_on: date | None, kind_code: int) -> Placement:
    return UNDATED_DAY if local_on is None else day_number(local_on), kind_code


async def shift(db: AsyncConnection, owner_pk: int, changes: Mapping[Placement, int]) -> None:
    """Add the changes, positive or negative, to the day, month and year they belong to. At most two statements.

    Enough for memories that are in no conversation, as new ones are; else see `move`.
    """
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
    """Count memories that left their places and ones that arrived, once their rows say so."""
    changes = Counter(come)
    changes.subtract(Counter(gone))
    await shift(db, owner_pk, changes)
    await _fold_days(db, owner_pk, {day for day, kind in changes if kind == MESSAGE})


async def fold(db: AsyncConnection, owner_pk: int, memory_pks: Collection[int]) -> None:
    """Count anew what is folded away of the days of these memories, which came into collections or left them.

    Cost    one look-up for each message of those days; four statements if there are any, else one.
    """
    theirs = select(Memory.local_on).where(
        Memory.owner_pk == owner_pk, ON_TIMELINE, Memory.kind == MESSAGE, in_key_list(db.dialect.name, Memory.pk)
    )
    kept = await _folded(db, owner_pk, BucketCount.start.in_(theirs), memory_pks)
    await _fold(db, owner_pk, kept, kept)


async def _fold_days(db: AsyncConnection, owner_pk: int, days: Collection[int]) -> None:
    if days:
        kept = await _folded(db, owner_pk, in_key_list(db.dialect.name, BucketCount.start), days)
        await _fold(db, owner_pk, kept, days)


async def _folded(
    db: AsyncConnection, owner_pk: int, which: ColumnElement[bool], keys: Collection[int]
) -> dict[int, int]:
    """Day → what is folded away of it, held: whoever writes messages of the same days comes before or after.

    which   days, by the `keys` of `in_key_list`.
    """
    held = select(BucketCount.start, BucketCount.folded).where(_messages(owner_pk, DAY), which)
    rows = await db.execute(
        held.order_by(BucketCount.start).with_for_update(), {"keys": key_list(db.dialect.name, list(keys))}
    )
    return {day: number for day, number in rows}  # noqa: C416 - rows are no pairs to dict()


async def _fold(db: AsyncConnection, owner_pk: int, kept: Mapping[int, int], days: Collection[int]) -> None:
    """Store what is folded away of these days, and of their months and years where that is another number now.

    kept    what is stored of it; days that are absent have no messages any more.
    """
    away = await folded_away(db, owner_pk, days=kept.keys()) if kept else {}
    changed = [{"day": day, "number": away.get(day, 0)} for day in kept if kept[day] != away.get(day, 0)]
    if changed:
        one = update(BucketCount).where(_messages(owner_pk, DAY), BucketCount.start == bindparam("day"))
        await db.execute(one.values(folded=bindparam("number")), changed)
    if changed or len(kept) < len(days):
        await _sum_up(db, owner_pk, days)


async def _sum_up(db: AsyncConnection, owner_pk: int, days: Iterable[int]) -> None:
    """What is folded away of the months and years of these days, out of what is of their days."""
    spans = {span for day in days for span in _spans(day)}
    inner = aliased(BucketCount)
    total = (
        select(func.coalesce(func.sum(inner.folded), 0))
        .where(inner.owner_pk == owner_pk, inner.unit == DAY, inner.kind == MESSAGE)
        .where(inner.start.between(bindparam("first"), bindparam("last")))
        .scalar_subquery()
    )
    whole = (BucketCount.owner_pk == owner_pk, BucketCount.unit == bindparam("of"), BucketCount.kind == MESSAGE)
    await db.execute(
        update(BucketCount).where(*whole, BucketCount.start == bindparam("first")).values(folded=total),
        [{"of": unit, "first": first, "last": last} for unit, first, last in sorted(spans)],
    )


def _messages(owner_pk: int, unit: int) -> ColumnElement[bool]:
    return and_(BucketCount.owner_pk == owner_pk, BucketCount.unit == unit, BucketCount.kind == MESSAGE)


def _spans(day: int) -> tuple[tuple[int, int, int], ...]:
    """(unit, first day, last day) of the month and the year of a day."""
    if day == UNDATED_DAY:
        return (MONTH, day, day), (YEAR, day, day)
    found = from_day_number(day)
    first, last = found.replace(day=1), found.replace(day=monthrange(found.year, found.month)[1])
    month = MONTH, day_number(first), day_number(last)
    return month, (YEAR, day_number(first.replace(month=1)), day_number(found.replace(month=12, day=31)))


async def recount(db: AsyncConnection, owner_pk: int) -> None:
    """Count everything anew: for repairs and for tests. Costs a scan of the timeline."""
    counted = select(Memory.local_on, Memory.kind, func.count()).where(Memory.owner_pk == owner_pk, ON_TIMELINE)
    found = (await db.execute(counted.group_by(Memory.local_on, Memory.kind))).all()
    await db.execute(delete(BucketCount).where(BucketCount.owner_pk == owner_pk))
    await shift(db, owner_pk, {placement(local_on, kind): count for local_on, kind, count in found})
    await _fold_days(db, owner_pk, {placement(local_on, kind)[0] for local_on, kind, _ in found if kind == MESSAGE})


def _starts(day: int) -> tuple[tuple[int, int], ...]:
    if day == UNDATED_DAY:
        return (DAY, day), (MONTH, day), (YEAR, day)
    month = from_day_number(day).replace(day=1)
    return (DAY, day), (MONTH, day_number(month)), (YEAR, day_number(month.replace(month=1)))
