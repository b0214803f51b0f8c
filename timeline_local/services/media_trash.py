"""Media files that nothing shows: the trash they wait in, back out of it, and the end of them.

What a memory, a contact or a cover shows is in use, and stays: its memory goes to the trash, not the file under it.
Showing a file takes it out of the trash, so that nothing which is shown is ever purged.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.exceptions import MediaInUse, VersionConflict, WrongState
from timeline_local.models import MediaFile, MemoryMedia, SourceLink
from timeline_local.queries import media
from timeline_local.queries.dialect import hold_files_alone
from timeline_local.queries.media import AnyRow, Uses
from timeline_local.services.source_links import forget_photos


async def trash(
    db: AsyncConnection, owner_pk: int, media_id: UUID, *, now: datetime, expected_version: int | None = None
) -> None:
    """Move a file to the trash; one that is there already stays as it is.

    Raises MediaNotFound, VersionConflict, MediaInUse.
    """
    row = await _held_alone(db, owner_pk, media_id)
    if expected_version is not None and row.version != expected_version:
        raise conflict(row.version)
    if row.trashed_at is not None:
        return
    uses = await media.uses(db, owner_pk, row.pk)
    if uses.any:
        raise _in_use(uses)
    await _switch(db, owner_pk, row.pk, trashed_at=now, now=now)


async def restore(db: AsyncConnection, owner_pk: int, media_id: UUID, *, now: datetime) -> None:
    """Take a file out of the trash; harmless if it is not there. Raises MediaNotFound."""
    row = await _held_alone(db, owner_pk, media_id)
    if row.trashed_at is not None:
        await _switch(db, owner_pk, row.pk, trashed_at=None, now=now)


async def purge(db: AsyncConnection, owner_pk: int, media_id: UUID) -> tuple[bytes, ...]:
    """Delete a trashed file for good; the hash to delete from the store, unless another owner has the same bytes.

    Raises MediaNotFound, WrongState outside the trash.
    """
    row = await _held_alone(db, owner_pk, media_id)
    if row.trashed_at is None:
        raise WrongState(
            "Only a media file in the trash can be deleted for good. It is still where it was; trash it first."
        )
    return tuple(await drop_orphans(db, owner_pk, [row.pk, *await forget_photos(db, owner_pk)]))


async def take_out(db: AsyncConnection, owner_pk: int, media_pks: Collection[int]) -> None:
    """Take those of these files out of the trash that are in it: they are about to be shown.

    The caller holds the files, so that none of them goes there meanwhile.
    """
    mine = (MediaFile.owner_pk == owner_pk, MediaFile.pk.in_(media_pks), MediaFile.trashed_at.is_not(None))
    await db.execute(update(MediaFile).where(*mine).values(trashed_at=None, version=MediaFile.version + 1))


async def cover(db: AsyncConnection, owner_pk: int, media_id: UUID) -> int | None:
    """The key of a file that becomes a cover, out of the trash; None if the owner has none of that id.

    As for `take_out`, the caller holds the files.
    """
    statement = select(MediaFile.pk).where(MediaFile.owner_pk == owner_pk, MediaFile.id == media_id)
    pk = (await db.execute(statement)).scalar_one_or_none()
    if pk is not None:
        await take_out(db, owner_pk, [pk])
    return pk


async def shown_again(db: AsyncConnection, owner_pk: int, media_pks: Collection[int]) -> set[int]:
    """Those of these files that are still there, out of the trash: an undo shows them once more.

    As for `take_out`, the caller holds the files.
    """
    mine = (MediaFile.owner_pk == owner_pk, MediaFile.pk.in_(media_pks))
    there = set((await db.execute(select(MediaFile.pk).where(*mine))).scalars())
    await take_out(db, owner_pk, there)
    return there


async def trashed_files(db: AsyncConnection, owner_pk: int, *, before: datetime | None = None) -> Sequence[int]:
    """The keys of the owner's files in the trash; with `before`, of those put there earlier than that."""
    statement = select(MediaFile.pk).where(MediaFile.owner_pk == owner_pk, MediaFile.trashed_at.is_not(None))
    if before is not None:
        statement = statement.where(MediaFile.trashed_at < before)
    return (await db.execute(statement)).scalars().all()


async def drop_orphans(db: AsyncConnection, owner_pk: int, media_pks: Sequence[int]) -> list[bytes]:
    """Delete those of these media files that no memory or contact has any more.

    The hashes of the managed ones that nobody else has. The caller holds the files alone, so that none of them is
    linked meanwhile.
    """
    lonely = (
        await db.execute(
            select(MediaFile.pk, MediaFile.sha256, MediaFile.storage).where(
                MediaFile.owner_pk == owner_pk,
                MediaFile.pk.in_(media_pks),
                ~exists().where(MemoryMedia.media_pk == MediaFile.pk),
                ~exists().where(SourceLink.media_pk == MediaFile.pk),
            )
        )
    ).all()
    if not lonely:
        return []
    await db.execute(
        delete(MediaFile).where(MediaFile.owner_pk == owner_pk, MediaFile.pk.in_([row.pk for row in lonely]))
    )
    hashes = {row.sha256 for row in lonely if row.storage == "managed"}
    # Another owner of the same library may have the same bytes.
    still = (await db.execute(select(MediaFile.sha256).where(MediaFile.sha256.in_(hashes)))).scalars()
    return sorted(hashes - set(still))


def conflict(version: int) -> VersionConflict:
    """The refusal of a change that was made on an older version."""
    return VersionConflict(
        "This media file went to the trash or came back since you looked. Nothing was changed; fetch it again.",
        facts={"version": version},
    )


async def _held_alone(db: AsyncConnection, owner_pk: int, media_id: UUID) -> AnyRow:
    """A file that nobody shows, trashes or brings back until this transaction ends. Raises MediaNotFound."""
    await hold_files_alone(db)
    return await media.get(db, owner_pk, media_id)


async def _switch(
    db: AsyncConnection, owner_pk: int, media_pk: int, *, trashed_at: datetime | None, now: datetime
) -> None:
    mine = (MediaFile.owner_pk == owner_pk, MediaFile.pk == media_pk)
    values = {"trashed_at": trashed_at, "updated_at": now, "version": MediaFile.version + 1}
    await db.execute(update(MediaFile).where(*mine).values(values))


def _in_use(uses: Uses) -> MediaInUse:
    told = [
        f"{count} {noun if count == 1 else many}"
        for count, noun, many in (
            (uses.memories, "memory", "memories"),
            (uses.people, "person", "people"),
            (uses.collections, "collection", "collections"),
        )
        if count
    ]
    return MediaInUse(
        f"It is shown by {' and '.join(told)}. Nothing was changed; take it off there first, or move the memory to "
        "the trash.",
        facts={"memories": uses.memories, "people": uses.people, "collections": uses.collections},
    )
