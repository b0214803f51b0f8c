"""Writing whole memories in bulk: what imports, uploads and the API have in common.

Nothing here commits, announces or bumps the revision; whoever opened the transaction does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.domain.ids import new_id
from timeline_local.models import Memory
from timeline_local.services import buckets
from timeline_local.services.derived import Derived, Picture, Told, derive, refresh_derived, write_texts
from timeline_local.services.memory_content import (
    MediaLink,
    MemoryContent,
    Names,
    link_media,
    memory_values,
    provenance_rows,
    resolve_names,
    write_provenance,
)
from timeline_local.services.people import addresses_of, link_people
from timeline_local.services.reimport import replace_content, restore_content
from timeline_local.services.snapshots import Before
from timeline_local.services.tags import link_tags, tag_names

__all__ = [
    "Before",
    "MediaLink",
    "MemoryContent",
    "Written",
    "insert_memories",
    "refresh_derived",
    "replace_content",
    "restore_content",
]


@dataclass(frozen=True, slots=True)
class Written:
    pk: int
    id: UUID


async def insert_memories(
    db: AsyncConnection, owner_pk: int, contents: Sequence[MemoryContent], *, import_pk: int | None, now: datetime
) -> list[Written]:
    """Add the memories with everything that belongs to them, in order; at most about fifteen statements in all.

    The caller has made sure that no `source_key` of theirs is there already.
    """
    if not contents:
        return []
    names = await resolve_names(db, owner_pk, contents, import_pk=import_pk, now=now)
    derivations = [_derived(content, names) for content in contents]
    rows = [
        {
            "id": new_id(),
            "owner_pk": owner_pk,
            "created_at": now,
            "updated_at": now,
            "version": 1,
            "trashed_at": now if content.trashed else None,
            "import_pk": import_pk,
            "cover_pk": each.cover_pk,
            "tile": each.tile,
            **memory_values(content, names.spot(content)),
        }
        for content, each in zip(contents, derivations, strict=True)
    ]
    written = await _inserted(db, owner_pk, rows)
    await _insert_parts(db, owner_pk, written, contents, names=names, import_pk=import_pk, now=now)
    await write_texts(db, ((each.pk, told) for each, told in zip(written, derivations, strict=True)))
    await buckets.shift(db, owner_pk, Counter(_placed(content) for content in contents if _counts(content)))
    return written


async def _inserted(db: AsyncConnection, owner_pk: int, rows: Sequence[dict[str, Any]]) -> list[Written]:
    if len(rows) == 1:
        made = await _adding(db.dialect, tuple(rows[0])).made_row(db, rows[0])
        return [Written(made[0], rows[0]["id"])]
    await _adding_many(db.dialect, tuple(rows[0])).written(db, rows)
    ids = [row["id"] for row in rows]
    mine = select(Memory.id, Memory.pk).where(Memory.owner_pk == owner_pk, Memory.id.in_(ids))
    pk_of = {row.id: row.pk for row in await db.execute(mine)}
    return [Written(pk_of[each], each) for each in ids]


@lru_cache(maxsize=4)
def _adding(dialect: Dialect, columns: tuple[str, ...]) -> Prepared:
    """One memory at a time, as they are written by hand."""
    return Prepared.insert(insert(Memory).returning(Memory.pk), dialect, columns)


@lru_cache(maxsize=4)
def _adding_many(dialect: Dialect, columns: tuple[str, ...]) -> Prepared:
    return Prepared.insert(insert(Memory).inline(), dialect, columns)


async def _insert_parts(
    db: AsyncConnection,
    owner_pk: int,
    written: Sequence[Written],
    contents: Sequence[MemoryContent],
    *,
    names: Names,
    import_pk: int | None,
    now: datetime,
) -> None:
    """Everything that hangs on the new rows: tags, people, media and provenance."""
    pairs = [(each.pk, content) for each, content in zip(written, contents, strict=True)]
    await link_tags(db, [(pk, names.tags[tag]) for pk, content in pairs for tag in tag_names(content.tags)])
    named = [
        ((pk, names.people[who].pk), ref.role.value)
        for pk, content in pairs
        for who, ref in addresses_of(content.people).items()
    ]
    await link_people(db, [link for link, _ in named], roles=[role for _, role in named])
    await link_media(db, {pk: content.media for pk, content in pairs})
    rows = [{"memory_pk": pk, **said} for pk, content in pairs for said in provenance_rows(content)]
    await write_provenance(db, owner_pk, rows, import_pk=import_pk, now=now)


def _derived(content: MemoryContent, names: Names) -> Derived:
    spot = names.spot(content)
    people = (name for who in addresses_of(content.people) for name in names.people[who].called)
    pictures = tuple(
        Picture(**names.media[link.media_pk], role=link.role.value, position=link.position)
        for link in sorted(content.media, key=lambda link: (link.position, link.media_pk))
        if link.media_pk in names.media
    )
    return derive(
        Told(
            kind_code=content.kind.code,
            favourite=content.favourite,
            title=content.title,
            body=content.body,
            other=(*tag_names(content.tags).values(), *people, *(() if spot is None else spot.called)),
            pictures=pictures,
        )
    )


def _counts(content: MemoryContent) -> bool:
    return not content.trashed and not content.archived


def _placed(content: MemoryContent) -> buckets.Placement:
    return buckets.placement(content.moment.local_on, content.kind.code)
