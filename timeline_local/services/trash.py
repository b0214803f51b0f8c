"""The trash: where deleted memories wait, come back from, or leave for good.

Purging leaves tombstones: the hashes of what was deleted, so that no import brings it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.kinds import MediaRole
from timeline_local.exceptions import WrongState
from timeline_local.models import MediaFile, Memory, MemoryMedia, MemoryText, Tombstone
from timeline_local.queries.dialect import hold_files_alone, upsert
from timeline_local.services import buckets
from timeline_local.services.audit import Actor, record
from timeline_local.services.media_trash import drop_orphans, trashed_files
from timeline_local.services.memories import Changed, conflict, locked_row
from timeline_local.services.revision import bump
from timeline_local.services.source_links import forget_photos

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Purged:
    """count: memories gone. files: media files that went from the trash by themselves, as nothing showed them.

    blobs  sha-256 of managed files to delete from the store once the transaction is kept.
    """

    count: int
    files: int
    blobs: tuple[bytes, ...]
    revision: int


async def trash(
    db: AsyncConnection, owner_pk: int, memory_id: UUID, *, now: datetime, expected_version: int | None = None
) -> Changed:
    """Move a memory to the trash; one that is there already stays as it is. Raises MemoryNotFound, VersionConflict."""
    return await _switch(db, owner_pk, memory_id, trashed_at=now, now=now, expected_version=expected_version)


async def restore(db: AsyncConnection, owner_pk: int, memory_id: UUID, *, now: datetime) -> Changed:
    """Take a memory out of the trash; harmless if it is not there. Raises MemoryNotFound."""
    return await _switch(db, owner_pk, memory_id, trashed_at=None, now=now, expected_version=None)


async def purge(db: AsyncConnection, owner_pk: int, memory_id: UUID, *, now: datetime) -> Purged:
    """Delete a trashed memory for good, and its files unless other memories have them.

    Raises MemoryNotFound, WrongState outside the trash.
    """
    await hold_files_alone(db)  # before any row: who links files takes the two in the same order
    row = await locked_row(db, owner_pk, memory_id)
    if row["trashed_at"] is None:
        raise WrongState(
            "Only a memory in the trash can be deleted for good. It is still where it was; trash it first."
        )
    blobs = await _purge(db, owner_pk, [row["pk"]], now=now)
    return Purged(1, 0, tuple(blobs), await bump(db, owner_pk))


async def empty(db: AsyncConnection, owner_pk: int, *, now: datetime, before: datetime | None = None) -> Purged:
    """Delete all that is in the trash for good, files too; with `before`, only what was put there earlier than that.

    The photos of contacts whom the owner deleted go with it.
    """
    await hold_files_alone(db)  # as in `purge`
    statement = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.trashed_at.is_not(None))
    if before is not None:
        statement = statement.where(Memory.trashed_at < before)
    pks = list((await db.execute(statement)).scalars())
    blobs: list[bytes] = []
    for start in range(0, len(pks), CHUNK):
        blobs += await _purge(db, owner_pk, pks[start : start + CHUNK], now=now)
    files = await trashed_files(db, owner_pk, before=before)
    blobs += await drop_orphans(db, owner_pk, [*files, *await forget_photos(db, owner_pk)])
    return Purged(len(pks), len(files), tuple(blobs), await bump(db, owner_pk))


async def record_emptied(db: AsyncConnection, actor: Actor, purged: Purged, *, now: datetime) -> None:
    """Put into the audit log what `empty` deleted. Last in its transaction."""
    if purged.count:
        await record(db, actor, "memory.purged", now=now, details={"memories": purged.count})
    if purged.files:
        await record(db, actor, "media.purged", now=now, details={"files": purged.files})


async def set_trashed(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, trashed_at: datetime | None, now: datetime
) -> None:
    """Put memories into the trash or take them out, with their counts. Those already there must not be named."""
    rows = (
        await db.execute(
            select(Memory.local_on, Memory.kind, Memory.archived).where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks))
        )
    ).all()
    await db.execute(
        update(Memory)
        .where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks))
        .values(trashed_at=trashed_at, updated_at=now, version=Memory.version + 1)
    )
    placed = [buckets.placement(row.local_on, row.kind) for row in rows if not row.archived]
    if trashed_at is None:
        await buckets.move(db, owner_pk, come=placed)
    else:
        await buckets.move(db, owner_pk, gone=placed)


async def _switch(
    db: AsyncConnection,
    owner_pk: int,
    memory_id: UUID,
    *,
    trashed_at: datetime | None,
    now: datetime,
    expected_version: int | None,
) -> Changed:
    row = await locked_row(db, owner_pk, memory_id)
    if expected_version is not None and row["version"] != expected_version:
        raise conflict(row["version"])
    day, _ = buckets.placement(row["local_on"], row["kind"])
    if (row["trashed_at"] is None) == (trashed_at is None):
        return Changed(row["pk"], memory_id, row["version"], await bump(db, owner_pk), ())
    await set_trashed(db, owner_pk, [row["pk"]], trashed_at=trashed_at, now=now)
    return Changed(row["pk"], memory_id, row["version"] + 1, await bump(db, owner_pk), (day,))


async def _purge(db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, now: datetime) -> list[bytes]:
    """Delete trashed memories with everything of theirs; the blobs nobody needs any more."""
    hashes = (await db.execute(select(Memory.content_hash).where(Memory.pk.in_(pks)))).scalars().all()
    files = (
        await db.execute(
            select(MediaFile.pk, MediaFile.sha256, MediaFile.storage, MemoryMedia.role)
            .join(MemoryMedia, MemoryMedia.media_pk == MediaFile.pk)
            .where(MediaFile.owner_pk == owner_pk, MemoryMedia.memory_pk.in_(pks))
        )
    ).all()
    primary = [row.sha256 for row in files if row.role == MediaRole.PRIMARY]
    await bury(db, owner_pk, [*hashes, *primary], now=now)
    # The search text goes first, by its own statement: the full text index follows its trigger.
    await db.execute(delete(MemoryText).where(MemoryText.memory_pk.in_(pks)))
    await db.execute(delete(Memory).where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks)))
    return await drop_orphans(db, owner_pk, [row.pk for row in files])


async def bury(db: AsyncConnection, owner_pk: int, hashes: Iterable[bytes], *, now: datetime) -> None:
    """Leave tombstones for these hashes."""
    rows = [{"owner_pk": owner_pk, "hash": each, "at": now} for each in sorted(set(hashes))]
    if rows:
        await db.execute(upsert(db.dialect.name, Tombstone).on_conflict_do_nothing(), rows)
