"""Media files by id and by hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.exceptions import MediaNotFound
from timeline_local.models import Collection, MediaFile, Memory, MemoryMedia, Person, SourceLink
from timeline_local.models.media import IN_TRASH, PENDING

AnyRow = Row[*tuple[Any, ...]]
State: TypeAlias = Literal["unused", "trashed"]

_OF_A_PERSON = SourceLink.person_pk.is_not(None)  # else the contact it was the photo of was deleted since


@dataclass(frozen=True, slots=True)
class Uses:
    """How many memories have a file among theirs, people have it as their picture, collections as their cover."""

    memories: int
    people: int
    collections: int

    @property
    def any(self) -> bool:
        """Whether it is shown at all."""
        return bool(self.memories or self.people or self.collections)


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
        MediaFile.trashed_at,
        MediaFile.version,
    )


async def by_id(db: AsyncConnection, owner_pk: int, media_id: UUID) -> AnyRow | None:
    """Everything known of one file, or None if the owner has none of that id."""
    statement = _facts().where(MediaFile.owner_pk == owner_pk, MediaFile.id == media_id)
    return (await db.execute(statement)).one_or_none()


async def get(db: AsyncConnection, owner_pk: int, media_id: UUID) -> AnyRow:
    """As `by_id`. Raises MediaNotFound."""
    row = await by_id(db, owner_pk, media_id)
    if row is None:
        raise MediaNotFound(f"No media file {media_id} in your timeline.")
    return row


async def by_hash(db: AsyncConnection, owner_pk: int, sha256: bytes) -> AnyRow | None:
    """As `by_id`, by the hash of its bytes."""
    statement = _facts().where(MediaFile.owner_pk == owner_pk, MediaFile.sha256 == sha256)
    return (await db.execute(statement)).one_or_none()


async def page(
    db: AsyncConnection, owner_pk: int, *, state: State | None, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """The owner's files, the newest first. state: unused | trashed; None for everything outside the trash.

    after  the id of the last one already seen.   Cost  `unused` looks at the used ones in between, too.
    """
    statement = _facts().where(MediaFile.owner_pk == owner_pk).order_by(MediaFile.pk.desc()).limit(limit)
    statement = statement.where(IN_TRASH if state == "trashed" else MediaFile.trashed_at.is_(None))
    if state == "unused":
        statement = statement.where(
            ~exists().where(MemoryMedia.media_pk == MediaFile.pk),
            ~exists().where(SourceLink.media_pk == MediaFile.pk, _OF_A_PERSON),
            ~exists().where(Person.cover_pk == MediaFile.pk),
            ~exists().where(Collection.cover_pk == MediaFile.pk),
        )
    if after is not None:
        last = select(MediaFile.pk).where(MediaFile.owner_pk == owner_pk, MediaFile.id == after)
        statement = statement.where(MediaFile.pk < last.scalar_subquery())
    return (await db.execute(statement)).all()


async def uses(db: AsyncConnection, owner_pk: int, media_pk: int) -> Uses:
    """What shows a file, the trash included."""
    pictured = select(SourceLink.person_pk).where(SourceLink.media_pk == media_pk, _OF_A_PERSON)
    shown = (
        select(func.count()).where(MemoryMedia.media_pk == media_pk),
        select(func.count()).where(
            Person.owner_pk == owner_pk, or_(Person.cover_pk == media_pk, Person.pk.in_(pictured))
        ),
        select(func.count()).where(Collection.cover_pk == media_pk),
    )
    found = (await db.execute(select(*(each.scalar_subquery() for each in shown)))).one()
    return Uses(memories=found[0], people=found[1], collections=found[2])


async def memories_showing(db: AsyncConnection, owner_pk: int, media_pk: int, *, limit: int) -> Sequence[UUID]:
    """The ids of the memories that show a file, the newest first, those in the trash too."""
    statement = (
        select(Memory.id)
        .join(MemoryMedia, MemoryMedia.memory_pk == Memory.pk)
        .where(Memory.owner_pk == owner_pk, MemoryMedia.media_pk == media_pk)
        .order_by(Memory.pk.desc())
    )
    return (await db.execute(statement.limit(limit))).scalars().all()


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
