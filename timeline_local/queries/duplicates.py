"""What is already here: by the source's key, by the bytes of a file, by what a source said, by what was deleted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import MediaFile, Memory, MemoryMedia, Tombstone


@dataclass(frozen=True, slots=True)
class Known:
    """A memory that is already here. content_hash: of what its source said last."""

    pk: int
    content_hash: bytes
    is_trashed: bool


async def by_keys(db: AsyncConnection, owner_pk: int, *, source: str, keys: Collection[str]) -> dict[str, Known]:
    """Memories of this source by its keys."""
    if not keys:
        return {}
    statement = select(Memory.source_key, Memory.pk, Memory.content_hash, Memory.trashed_at).where(
        Memory.owner_pk == owner_pk, Memory.source == source, Memory.source_key.in_(keys)
    )
    return {
        str(key): Known(pk, content, trashed_at is not None)
        for key, pk, content, trashed_at in await db.execute(statement)
    }


async def by_bytes(db: AsyncConnection, owner_pk: int, *, hashes: Collection[bytes]) -> dict[bytes, Known]:
    """The oldest memory that a file is a part of, by its sha-256; one that a note merely shows does not count."""
    if not hashes:
        return {}
    statement = (
        select(MediaFile.sha256, Memory.pk, Memory.content_hash, Memory.trashed_at)
        .join(MemoryMedia, MemoryMedia.media_pk == MediaFile.pk)
        .join(Memory, Memory.pk == MemoryMedia.memory_pk)
        .where(MediaFile.owner_pk == owner_pk, MediaFile.sha256.in_(hashes), MemoryMedia.role != "attachment")
        .order_by(Memory.pk.desc())
    )
    return {
        sha256: Known(pk, content, trashed_at is not None)
        for sha256, pk, content, trashed_at in await db.execute(statement)
    }


async def primaries(db: AsyncConnection, owner_pk: int, *, memory_pks: Collection[int]) -> dict[int, set[bytes]]:
    """The hashes of the files that these memories are, not of their other parts."""
    if not memory_pks:
        return {}
    statement = (
        select(MemoryMedia.memory_pk, MediaFile.sha256)
        .join(MediaFile, MediaFile.pk == MemoryMedia.media_pk)
        .where(MediaFile.owner_pk == owner_pk, MemoryMedia.memory_pk.in_(memory_pks), MemoryMedia.role == "primary")
    )
    found: dict[int, set[bytes]] = {}
    for memory_pk, sha256 in await db.execute(statement):
        found.setdefault(memory_pk, set()).add(sha256)
    return found


async def by_content(db: AsyncConnection, owner_pk: int, *, hashes: Collection[bytes]) -> dict[bytes, Known]:
    """The oldest memory of which a source said exactly this, by content hash."""
    if not hashes:
        return {}
    statement = (
        select(Memory.content_hash, Memory.pk, Memory.trashed_at)
        .where(Memory.owner_pk == owner_pk, Memory.content_hash.in_(hashes))
        .order_by(Memory.pk.desc())
    )
    return {content: Known(pk, content, at is not None) for content, pk, at in await db.execute(statement)}


async def deleted(db: AsyncConnection, owner_pk: int, *, hashes: Collection[bytes]) -> set[bytes]:
    """Those of these hashes that the owner deleted for good."""
    if not hashes:
        return set()
    statement = select(Tombstone.hash).where(Tombstone.owner_pk == owner_pk, Tombstone.hash.in_(hashes))
    return set((await db.execute(statement)).scalars())
