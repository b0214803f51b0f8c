"""The ways of memories: positions of a device between two instants, stored once and named, not copied."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import Sample
from timeline_local.domain.times import from_micros, micros
from timeline_local.models import Memory, MemoryPath
from timeline_local.queries.dialect import upsert
from timeline_local.services import positions
from timeline_local.services.positions import Track

Way = tuple[str, Sequence[Sample]]
"""(device, samples in the order of time)"""


async def store(
    db: AsyncConnection,
    owner_pk: int,
    ways: Mapping[int, Way],
    *,
    source: str,
    import_pk: int | None,
    now: datetime,
) -> None:
    """Make these the ways of memories: memory_pk → way; one without samples ends the way there was."""
    tracks = [Track(device, samples) for device, samples in ways.values() if samples]
    if tracks:
        await positions.add(db, owner_pk, tracks, source=source, import_pk=import_pk, now=now)
    devices = await positions.device_pks(
        db, owner_pk, {each.device or source for each in tracks}, source=source, now=now
    )
    rows = [
        {
            "memory_pk": memory_pk,
            "device_pk": devices[device or source],
            "from_at": min(each.at for each in samples),
            "until_at": max(each.at for each in samples),
        }
        for memory_pk, (device, samples) in ways.items()
        if samples
    ]
    await _forget(db, owner_pk, [pk for pk, (_, samples) in ways.items() if not samples])
    await _put(db, rows)


async def snapshot(db: AsyncConnection, owner_pk: int, memory_pk: int) -> dict[str, int] | None:
    """The way of a memory as plain JSON, for `restore`."""
    statement = (
        select(MemoryPath.device_pk, MemoryPath.from_at, MemoryPath.until_at)
        .join(Memory, Memory.pk == MemoryPath.memory_pk)
        .where(Memory.owner_pk == owner_pk, MemoryPath.memory_pk == memory_pk)
    )
    row = (await db.execute(statement)).one_or_none()
    if row is None:
        return None
    return {"device_pk": row.device_pk, "from_at": micros(row.from_at), "until_at": micros(row.until_at)}


async def restore(db: AsyncConnection, owner_pk: int, memory_pk: int, plain: Mapping[str, int] | None) -> None:
    """Give a memory the way it had; None: it had none."""
    if plain is None:
        await _forget(db, owner_pk, [memory_pk])
        return
    row = {"device_pk": plain["device_pk"], "memory_pk": memory_pk}
    await _put(db, [row | {name: from_micros(plain[name]) for name in ("from_at", "until_at")}])


async def _put(db: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    add = upsert(db.dialect.name, MemoryPath)
    told = {name: add.excluded[name] for name in ("device_pk", "from_at", "until_at")}
    await db.execute(add.on_conflict_do_update(index_elements=["memory_pk"], set_=told), list(rows))


async def _forget(db: AsyncConnection, owner_pk: int, memory_pks: Collection[int]) -> None:
    if memory_pks:
        mine = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.pk.in_(memory_pks))
        await db.execute(delete(MemoryPath).where(MemoryPath.memory_pk.in_(mine)))
