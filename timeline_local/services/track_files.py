"""The files that moves were read from: kept as they came, beside the way that was made of them.

A move that an earlier release imported has none; importing its file again adds that, and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.kinds import MediaRole
from timeline_local.models import Memory, MemoryMedia, Provenance
from timeline_local.services.derived import refresh_names
from timeline_local.services.ingest import FoundFile
from timeline_local.services.memory_content import USER_SOURCE, MediaLink, link_media


def of(files: Iterable[FoundFile]) -> list[FoundFile]:
    """Those of a draft's files that its way was read from."""
    return [file for file in files if file.ref.role is MediaRole.TRACK]


async def lacking(db: AsyncConnection, owner_pk: int, memory_pks: Collection[int]) -> set[int]:
    """Those of these memories that have no such file; where the owner chose the files, that choice stands."""
    has_one = exists().where(MemoryMedia.memory_pk == Memory.pk, MemoryMedia.role == MediaRole.TRACK.value)
    is_chosen = exists().where(
        Provenance.memory_pk == Memory.pk, Provenance.field == "media", Provenance.source == USER_SOURCE
    )
    mine = (Memory.owner_pk == owner_pk, Memory.pk.in_(memory_pks))
    return set((await db.execute(select(Memory.pk).where(*mine, ~has_one, ~is_chosen))).scalars())


async def attach(db: AsyncConnection, owner_pk: int, files: Mapping[int, Sequence[int]]) -> None:
    """Put files behind those that these memories have: memory_pk → media_pks."""
    behind = (
        select(MemoryMedia.memory_pk, (func.max(MemoryMedia.position) + 1).label("place"))
        .where(MemoryMedia.memory_pk.in_(files))
        .group_by(MemoryMedia.memory_pk)
    )
    first = {row.memory_pk: row.place for row in await db.execute(behind)}
    links = {
        pk: [
            MediaLink(media_pk=media_pk, role=MediaRole.TRACK, position=place)
            for place, media_pk in enumerate(media_pks, first.get(pk, 0))
        ]
        for pk, media_pks in files.items()
    }
    await link_media(db, links)
    await _settle(db, owner_pk, list(files))


async def detach(db: AsyncConnection, owner_pk: int, memory_pk: int, media_pks: Collection[int]) -> None:
    """Undo `attach`; harmless where the memory or its file is gone."""
    mine = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.pk == memory_pk)
    linked = (MemoryMedia.media_pk.in_(media_pks), MemoryMedia.role == MediaRole.TRACK.value)
    await db.execute(delete(MemoryMedia).where(MemoryMedia.memory_pk.in_(mine), *linked))
    await _settle(db, owner_pk, [memory_pk])


async def _settle(db: AsyncConnection, owner_pk: int, memory_pks: Sequence[int]) -> None:
    """A new version, but no new date: nobody edited them. Search finds them by the names of their files."""
    mine = (Memory.owner_pk == owner_pk, Memory.pk.in_(memory_pks))
    await db.execute(update(Memory).where(*mine).values(version=Memory.version + 1))
    await refresh_names(db, owner_pk, memory_pks)
