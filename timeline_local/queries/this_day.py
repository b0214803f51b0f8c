"""What happened on one day of other years, and who was born on it."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.birthdays import YearDay
from timeline_local.domain.times import UNDATED_DAY, Precision, day_number, from_day_number
from timeline_local.models import BucketCount, MediaFile, Memory, Person
from timeline_local.models.memories import ON_TIMELINE
from timeline_local.queries.timeline import DAY, BucketUnit, Positions

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
_OF_A_DAY = [each.value for each in (Precision.INSTANT, Precision.MINUTE, Precision.DAY)]


async def years(db: AsyncConnection, owner_pk: int, *, before: int) -> Sequence[int]:
    """The years before this one that have memories, newest first."""
    statement = (
        select(BucketCount.start)
        .where(BucketCount.owner_pk == owner_pk, BucketCount.unit == int(BucketUnit.YEAR), BucketCount.count > 0)
        .where(BucketCount.start.between(UNDATED_DAY + 1, day_number(date(before, 1, 1)) - 1))
        .distinct()
        .order_by(BucketCount.start.desc())
    )
    return [from_day_number(start).year for start in (await db.execute(statement)).scalars()]


async def positions(db: AsyncConnection, owner_pk: int, days: Collection[date]) -> Positions:
    """The memories of these days, newest first; what is dated by a month or coarser happened on none of them.

    Cost    one look-up a day and one a memory; one statement.
    """
    statement = (
        select(Memory.pk, DAY.label("day"), Memory.tile)
        .where(Memory.owner_pk == owner_pk, ON_TIMELINE, Memory.local_on.in_(days), Memory.precision.in_(_OF_A_DAY))
        .order_by(Memory.local_on.desc(), Memory.happened_at.desc(), Memory.id.desc())
    )
    rows = (await db.execute(statement)).all()
    return Positions(*(array(code, (row[at] for row in rows)) for at, code in enumerate("qiI")))


async def born_on(db: AsyncConnection, owner_pk: int, days: Collection[YearDay]) -> Sequence[AnyRow]:
    """id, name, born and cover of the people born on these days whose birthday is to be shown, by name."""
    ends = [Person.born.endswith(f"-{day}") for day in days]
    statement = (
        select(
            Person.id,
            Person.name,
            Person.born,
            MediaFile.id.label("cover"),
            MediaFile.preview_version,
            MediaFile.preview_state,
        )
        .outerjoin(MediaFile, MediaFile.pk == Person.cover_pk)
        .where(Person.owner_pk == owner_pk, Person.merged_into_pk.is_(None), Person.shows_birthday, or_(*ends))
        .order_by(Person.folded, Person.id)
    )
    return (await db.execute(statement)).all()
