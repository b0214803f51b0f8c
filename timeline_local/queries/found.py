"""What a search found, as its list shows it; and, where it found nothing, what fewer of its terms would find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, bindparam, func, literal, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared, RawRow
from timeline_local.domain.query import Query
from timeline_local.models import Location, MediaFile, Memory
from timeline_local.queries import search
from timeline_local.queries.dialect import as_filter, id_digits, in_key_list, key_list
from timeline_local.queries.named import resolved
from timeline_local.queries.timeline import LEVELS

T = TypeVar("T")
MOST_COUNTED = 1000  # of what a shorter query finds: "more than a thousand" is all that a suggestion has to say


async def results(
    db: AsyncConnection,
    owner_pk: int,
    pks: Sequence[int],
    make: Callable[[Sequence[RawRow]], T],
    *,
    in_levels: bool = False,
) -> T:
    """What a list of results shows of these memories, raw and in no order, as `make` turns it into what is wanted.

    One statement, one look-up each. On SQLite `make` runs in the thread that read the rows.
    in_levels  with timeline.LEVELS at the end of each row.
    """
    dialect = db.dialect
    keys = key_list(dialect.name, pks)
    return await _results(dialect, dialect.name, in_levels=in_levels).made(db, make, owner_pk=owner_pk, keys=keys)


@lru_cache(maxsize=8)
def _results(on: Dialect, dialect: str, *, in_levels: bool) -> Prepared:
    statement = (
        select(
            Memory.pk,
            id_digits(dialect, Memory.id).label("id"),
            Memory.kind,
            Memory.title,
            Memory.body,
            type_coerce(Memory.local_at, BigInteger).label("local_at"),
            Memory.utc_offset_min,
            Memory.zone,
            Memory.precision,
            type_coerce(Memory.favourite, Integer).label("favourite"),
            id_digits(dialect, MediaFile.id).label("media_id"),
            MediaFile.preview_state,
            MediaFile.preview_version,
            type_coerce(MediaFile.thumbhash, LargeBinary).label("thumbhash"),
            Location.name.label("location"),
            *(LEVELS if in_levels else ()),
        )
        .outerjoin(MediaFile, MediaFile.pk == Memory.cover_pk)
        .outerjoin(Location, Location.pk == Memory.location_pk)
        .where(as_filter(Memory.owner_pk) == bindparam("owner_pk"), in_key_list(dialect, Memory.pk))
    )
    return Prepared.of(statement, on)


async def count(db: AsyncConnection, owner_pk: int, query: Query) -> int:
    """How many memories a query finds, counted up to one above MOST_COUNTED."""
    found = await resolved(db, owner_pk, query)
    condition = search.where(found, owner_pk=owner_pk, dialect=db.dialect.name)
    some = select(literal(1)).select_from(Memory).where(condition).limit(MOST_COUNTED + 1).subquery()
    return int((await db.execute(select(func.count()).select_from(some))).scalar_one())
