"""What follows when people or locations change their names: memories that mention them are found under the new ones.

Their versions grow, because their documents changed. `updated_at` stays: the memories themselves were not edited.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import Memory, MemoryPerson
from timeline_local.services import jobs
from timeline_local.services.derived import refresh_names

JOB = "retell"
AT_ONCE = 1000  # memories, some 0.3 ms each (2026-11); more are left to a job, so that nobody waits for the writer
CHUNK = 250


async def retell(
    db: AsyncConnection,
    owner_pk: int,
    *,
    identities: Sequence[int] = (),
    locations: Sequence[int] = (),
    now: datetime,
) -> bool:
    """Rewrite the search text of memories that mention these, up to 1,000 at once.

    True: there are more, and a job is in line for them; wake the runner after the commit.
    """
    mention = _mention(identities, locations)
    few = await _memories(db, owner_pk, mention, after=0, limit=AT_ONCE + 1)
    if len(few) > AT_ONCE:
        payload: dict[str, Any] = {"identities": list(identities), "locations": list(locations)}
        await jobs.enqueue(db, owner_pk, kind=JOB, now=now, payload=payload)
        return True
    await _rewrite(db, owner_pk, few)
    return False


async def retell_memories(db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, now: datetime) -> bool:
    """As `retell`, for memories that mention no longer what they did. pks: in ascending order."""
    if len(pks) > AT_ONCE:
        await jobs.enqueue(db, owner_pk, kind=JOB, now=now, payload={"memories": list(pks)})
        return True
    await _rewrite(db, owner_pk, pks)
    return False


async def retell_some(db: AsyncConnection, owner_pk: int, payload: dict[str, Any], *, after: int) -> list[int]:
    """The job's batch: the next memories behind this key, rewritten; none at the end."""
    if "memories" in payload:
        pks = [pk for pk in payload["memories"] if pk > after][:CHUNK]
    else:
        mention = _mention(payload["identities"], payload["locations"])
        pks = await _memories(db, owner_pk, mention, after=after, limit=CHUNK)
    await _rewrite(db, owner_pk, pks)
    return pks


async def _rewrite(db: AsyncConnection, owner_pk: int, pks: Sequence[int]) -> None:
    """Give memories a new version, and the names they are found under."""
    for start in range(0, len(pks), CHUNK):
        chunk = pks[start : start + CHUNK]
        # The rows are held before the names are read: what two changes at once leave behind is the later one's.
        await db.execute(
            update(Memory).where(Memory.owner_pk == owner_pk, Memory.pk.in_(chunk)).values(version=Memory.version + 1)
        )
        await refresh_names(db, owner_pk, chunk)


def _mention(identities: Sequence[int], locations: Sequence[int]) -> ColumnElement[bool]:
    named = select(MemoryPerson.memory_pk).where(MemoryPerson.identity_pk.in_(identities))
    if not locations:
        return Memory.pk.in_(named)
    placed = Memory.location_pk.in_(locations)
    return or_(Memory.pk.in_(named), placed) if identities else placed


async def _memories(
    db: AsyncConnection, owner_pk: int, mention: ColumnElement[bool], *, after: int, limit: int
) -> list[int]:
    """In order of their keys, and held in that order, so that two changes never wait for each other crosswise."""
    statement = (
        select(Memory.pk)
        .where(Memory.owner_pk == owner_pk, Memory.pk > after, mention)
        .order_by(Memory.pk)
        .limit(limit)
        .with_for_update()
    )
    return list((await db.execute(statement)).scalars())
