"""The number that grows with every change of an owner's timeline."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import BigInteger, Dialect, bindparam, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.models import ChangeCounter


async def bump(db: AsyncConnection, owner_pk: int) -> int:
    """Raise the owner's revision by one and return it. Once per transaction that changes what the timeline shows."""
    ((number,),) = await _bump(db.dialect).rows(db, owner_key=owner_pk)
    return int(number)


@lru_cache(maxsize=4)
def _bump(dialect: Dialect) -> Prepared:
    mine = ChangeCounter.owner_pk == bindparam("owner_key", type_=BigInteger)
    raising = update(ChangeCounter).where(mine).values(revision=ChangeCounter.revision + literal_column("1"))
    return Prepared.of(raising.returning(ChangeCounter.revision), dialect)


async def current(db: AsyncConnection, owner_pk: int) -> int:
    """The owner's revision."""
    ((number,),) = await _current(db.dialect).rows(db, owner_pk=owner_pk)
    return int(number)


@lru_cache(maxsize=4)
def _current(dialect: Dialect) -> Prepared:
    mine = ChangeCounter.owner_pk == bindparam("owner_pk", type_=BigInteger)
    return Prepared.of(select(ChangeCounter.revision).where(mine), dialect)
