"""Media files by id and by hash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import MediaFile, Memory, MemoryMedia
from timeline_local.models.media import PENDING

AnyRow = Row[*tuple[Any, ...]]


def _facts() -> Select[*tuple[Any, ...]]:
    return select(
        MediaFile.pk,
        MediaFile.id,
        MediaFile.sha256,
        MediaFile.size_bytes,
        MediaFile.mime,
        MediaFile.file_name,
        MediaFile.storage,
        MediaFile.path,
        MediaFile.mtime_ns,
        MediaFile.width,
        MediaFile.height,
        MediaFile.orientation,
        MediaFile.duration_ms,
        MediaFile.thumbhash,
        MediaFile.camera_make,
        MediaFile.camera_model,
        MediaFile.lens,
        MediaFile.facts,
        MediaFile.preview_state,
        MediaFile.preview_reason,
        MediaFile.preview_version,
        MediaFile.created_at,
    )


async def by_id(db: AsyncConnection, owner_pk: int, media_id: UUID) -> AnyRow | None:
    """Everything known of one file, or None if the owner has none of that id."""
    statement = _facts().where(MediaFile.owner_pk == owner_pk, MediaFile.id == media_id)
    return (await db.execute(statement)).one_or_none()


async def by_hash(db: AsyncConnection, owner_pk: int, sha256: bytes) -> AnyRow | None:
    """As `by_id`, by the hash of its bytes."""
    statement = _facts().where(MediaFile.owner_pk == owner_pk, MediaFile.sha256 == sha256)
    return (await db.execute(statement)).one_or_none()


async def memory_of(db: AsyncConnection, owner_pk: int, media_pk: int) -> UUID | None:
    """The memory that shows this file, the newest one on the timeline before those in the trash, or None.

    Locks the file's row where the database can, so that of two who look and then add, the second sees the first's.
    """
    await db.execute(select(MediaFile.pk).where(MediaFile.pk == media_pk).with_for_update())
    statement = (
        select(Memory.id)
        .join(MemoryMedia, MemoryMedia.memory_pk == Memory.pk)
        .where(Memory.owner_pk == owner_pk, MemoryMedia.media_pk == media_pk)
        .order_by(Memory.trashed_at.is_not(None), Memory.pk.desc())
        .limit(1)
    )
    return (await db.execute(statement)).scalar_one_or_none()


async def without_preview(db: AsyncConnection, owner_pk: int, *, limit: int) -> Sequence[AnyRow]:
    """Files whose previews are still to be made, the newest first: what was just imported is looked at next."""
    statement = _facts().where(MediaFile.owner_pk == owner_pk, PENDING).order_by(MediaFile.pk.desc()).limit(limit)
    return (await db.execute(statement)).all()


async def preview_backlog(db: AsyncConnection, owner_pk: int) -> int:
    """How many files' previews are still to be made."""
    statement = select(func.count()).select_from(MediaFile).where(MediaFile.owner_pk == owner_pk, PENDING)
    return (await db.execute(statement)).scalar_one()


async def hold_memories_of(db: AsyncConnection, owner_pk: int, media_pks: Sequence[int]) -> None:
    """Let nobody else change the memories of these files until this transaction ends.

    For whoever is about to change files and then their memories: a purge takes them in the other order, and on
    PostgreSQL each would wait for the other.
    """
    belonging = select(MemoryMedia.memory_pk).where(MemoryMedia.media_pk.in_(media_pks))
    mine = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.pk.in_(belonging))
    await db.execute(mine.order_by(Memory.pk).with_for_update())


async def memories_covered_by(db: AsyncConnection, owner_pk: int, media_pks: Sequence[int]) -> Sequence[int]:
    """The pks of the memories that any of these files belongs to."""
    statement = (
        select(MemoryMedia.memory_pk)
        .join(Memory, Memory.pk == MemoryMedia.memory_pk)
        .where(Memory.owner_pk == owner_pk, MemoryMedia.media_pk.in_(media_pks))
        .distinct()
    )
    return (await db.execute(statement)).scalars().all()
