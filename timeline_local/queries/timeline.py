"""The timeline for a screen: the skeleton, the visible rows, and counts per day, month and year."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import TypeVar

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    Integer,
    LargeBinary,
    SQLColumnExpression,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared, RawRow
from timeline_local.domain.kinds import MediaRole
from timeline_local.domain.query import Query
from timeline_local.domain.times import UNDATED_DAY, day_number
from timeline_local.models import BucketCount, ChangeCounter, Location, MediaFile, Memory, MemoryMedia
from timeline_local.queries.dialect import as_filter, id_digits, in_key_list, json_list, key_list
from timeline_local.queries.named import resolved
from timeline_local.queries.search import plan_whole, walked

T = TypeVar("T")

# The bare integers, without the conversion to dates that a whole timeline could not afford.
DAY: ColumnElement[int] = type_coerce(Memory.local_on, Integer)
SNIPPET_SOURCE = 1200  # characters of the body from which a tile's text is cut
SEARCHED_SOURCE = 100_000  # the same where words were searched for, which may stand anywhere: as long as a note can be


class BucketUnit(IntEnum):
    """As stored in bucket_count.unit."""

    DAY = 0
    MONTH = 1
    YEAR = 2


@dataclass(frozen=True, slots=True)
class Positions:
    """The memories of a query in timeline order, as three parallel arrays."""

    pks: array[int]
    days: array[int]
    tiles: array[int]


async def positions(
    db: AsyncConnection, owner_pk: int, query: Query, *, days: Collection[int] | None = None
) -> Positions:
    """Every memory the query finds, newest first, undated last. One statement, and two before it if it has words.

    days    only those of these days, by their numbers: one statement that walks along them (2026-11, a day of 100,000
            memories: a word of 39,677 hits 8 ms, all of them 35 ms; a tag of 8,872 6 and 19 ms).
    Cost    without a query one scan of the timeline index. The answer is one row of three JSON arrays: a tuple for
            each memory took 6.5 times the processor time (254 against 39 ms for 100,000; 2026-11), most of it in the
            garbage collector.
    """
    query = await resolved(db, owner_pk, query)
    if days is None:
        condition = await plan_whole(db, owner_pk, query, of=await total(db, owner_pk) if query.terms else 0)
    else:
        condition = and_(walked(owner_pk, query, db.dialect.name), DAY.in_(days))
    ordered = (
        select(Memory.pk, DAY.label("day"), Memory.tile)
        .where(condition)
        .order_by(Memory.local_on.desc(), Memory.happened_at.desc(), Memory.id.desc())
        .subquery()
    )
    statement = select(*(json_list(db.dialect.name, column) for column in ordered.c))
    pks, days, tiles = (orjson.loads(text) for text in (await db.execute(statement)).one())
    return Positions(array("q", pks), array("i", days), array("I", tiles))


async def items(
    db: AsyncConnection,
    owner_pk: int,
    pks: Sequence[int],
    make: Callable[[Sequence[RawRow]], T],
    *,
    characters: int = SNIPPET_SOURCE,
    in_levels: bool = False,
) -> T:
    """What the tiles of these memories show, raw and in no order, as `make` turns it into what is wanted.

    One statement, one look-up each. Rows begin with the memory's key; ids are as `memory_rows.wire_id` reads them.
    characters  of each text that are read, from its beginning.   in_levels  with LEVELS at the end of each row.
    """
    dialect = db.dialect
    keys = key_list(dialect.name, pks)
    prepared = _items(dialect, dialect.name, in_levels=in_levels)
    return await prepared.made(db, make, owner_pk=owner_pk, keys=keys, characters=characters)


LEVELS = (Location.city, Location.region, Location.country, Location.country_code)
"""What besides its name tells what a place is called in another language."""


@lru_cache(maxsize=8)
def _items(on: Dialect, dialect: str, *, in_levels: bool) -> Prepared:
    """Built once: naming the columns anew for every screen cost more than finding them."""
    is_live = exists().where(MemoryMedia.memory_pk == Memory.pk, MemoryMedia.role == MediaRole.MOTION.value)
    statement = (
        select(
            Memory.pk,
            id_digits(dialect, Memory.id).label("id"),
            Memory.kind,
            Memory.title,
            func.substr(Memory.body, 1, bindparam("characters", type_=Integer)).label("body"),
            type_coerce(Memory.local_at, BigInteger).label("local_at"),
            Memory.utc_offset_min,
            Memory.zone,
            Memory.precision,
            type_coerce(Memory.favourite, Integer).label("favourite"),
            id_digits(dialect, MediaFile.id).label("media_id"),
            MediaFile.preview_state,
            MediaFile.preview_version,
            type_coerce(MediaFile.thumbhash, LargeBinary).label("thumbhash"),
            MediaFile.duration_ms,
            Location.name.label("location"),
            type_coerce(is_live, Integer).label("live"),
            *(LEVELS if in_levels else ()),
        )
        .outerjoin(MediaFile, MediaFile.pk == Memory.cover_pk)
        .outerjoin(Location, Location.pk == Memory.location_pk)
        .where(as_filter(Memory.owner_pk) == bindparam("owner_pk"), in_key_list(dialect, Memory.pk))
    )
    return Prepared.of(statement, on)


async def bucket_counts(
    db: AsyncConnection,
    owner_pk: int,
    unit: BucketUnit,
    make: Callable[[Sequence[RawRow]], T],
    *,
    fold: bool = False,
) -> T:
    """(first day, count, the owner's revision) of every bucket that is not empty, as `make` turns them into an answer.

    The newest first; the undated one last, as UNDATED_DAY. One statement, so counts and revision fit together.
    fold    a conversation's day as one.
    """
    return await _bucket_counts(db.dialect, fold=fold).made(db, make, owner_pk=owner_pk, unit=int(unit))


def _count(*, fold: bool) -> SQLColumnExpression[int]:
    return BucketCount.count - BucketCount.folded if fold else BucketCount.count


@lru_cache(maxsize=8)
def _bucket_counts(dialect: Dialect, *, fold: bool) -> Prepared:
    owner = bindparam("owner_pk", type_=BigInteger)
    revision = select(ChangeCounter.revision).where(ChangeCounter.owner_pk == owner).scalar_subquery()
    statement = (
        select(BucketCount.start, func.cast(func.sum(_count(fold=fold)), BigInteger), revision)
        .where(BucketCount.owner_pk == owner, BucketCount.unit == bindparam("unit", type_=Integer))
        .where(BucketCount.count > literal_column("0"))
        .group_by(BucketCount.start)
        .order_by(BucketCount.start.desc())
    )
    return Prepared.of(statement, dialect)


async def day_counts(
    db: AsyncConnection,
    owner_pk: int,
    make: Callable[[Sequence[RawRow]], T],
    *,
    first: date,
    last: date,
    fold: bool = False,
) -> T:
    """(day, kind code, count) of each day and kind between two days, both included, newest first, made into T.

    fold    a conversation's day as one.
    """
    days = {"first": day_number(first), "last": day_number(last)}
    return await _day_counts(db.dialect, fold=fold).made(db, make, owner_pk=owner_pk, **days)


@lru_cache(maxsize=8)
def _day_counts(dialect: Dialect, *, fold: bool) -> Prepared:
    statement = (
        select(BucketCount.start, BucketCount.kind, _count(fold=fold))
        .where(
            BucketCount.owner_pk == bindparam("owner_pk", type_=BigInteger),
            BucketCount.unit == int(BucketUnit.DAY),
            BucketCount.start.between(bindparam("first", type_=Integer), bindparam("last", type_=Integer)),
            BucketCount.count > literal_column("0"),
        )
        .order_by(BucketCount.start.desc(), BucketCount.kind)
    )
    return Prepared.of(statement, dialect)


async def total(db: AsyncConnection, owner_pk: int) -> int:
    """How many memories stand on the timeline, from the maintained counts."""
    statement = select(func.coalesce(func.sum(BucketCount.count), 0)).where(
        BucketCount.owner_pk == owner_pk, BucketCount.unit == int(BucketUnit.YEAR)
    )
    return int((await db.execute(statement)).scalar_one())


async def trashed_total(db: AsyncConnection, owner_pk: int) -> int:
    """How many memories are in the trash; a scan of the trash's own index."""
    statement = (
        select(func.count()).select_from(Memory).where(Memory.owner_pk == owner_pk, Memory.trashed_at.is_not(None))
    )
    return int((await db.execute(statement)).scalar_one())


def bucket_of(day: int, unit: BucketUnit) -> int:
    """The first day of the bucket that a day falls into; the undated shelf is its own bucket."""
    if day == UNDATED_DAY or unit is BucketUnit.DAY:
        return day
    found = date.fromordinal(day + date(1970, 1, 1).toordinal())
    return day_number(found.replace(day=1) if unit is BucketUnit.MONTH else found.replace(month=1, day=1))
