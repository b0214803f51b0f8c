"""Renaming, joining and deleting tags, on every memory that carries them.

It is the owner's word on the tags of these memories: no import overrules it afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.fingerprints import fold, normalise_tag
from timeline_local.exceptions import FieldError, InvalidInput, TagNameTaken, TagNotFound, VersionConflict
from timeline_local.models import Memory, MemoryTag, Tag
from timeline_local.services.memories import remember_each
from timeline_local.services.retelling import retell_memories
from timeline_local.services.revision import bump
from timeline_local.services.tags import link_tags

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Changed:
    """id: of the tag that the memories carry now. waits: a job was put in line; wake the runner after the commit."""

    id: UUID
    revision: int
    waits: bool = False


async def rename(
    db: AsyncConnection,
    owner_pk: int,
    tag_id: UUID,
    name: str,
    *,
    joins: bool,
    expected_version: int | None,
    now: datetime,
) -> Changed:
    """Call a tag something else.

    joins  whether its memories get the tag that is called so already, and it goes; else TagNameTaken is raised.
    Raises TagNotFound, VersionConflict, InvalidInput.
    """
    tag = await locked_tag(db, owner_pk, tag_id, expected_version=expected_version)
    name = normalise_tag(name)
    if not name:
        raise InvalidInput("A tag needs a name.", errors=(FieldError("#/name", "has no letter or sign of a tag"),))
    memories = await _carriers(db, owner_pk, tag.pk)
    other = (
        await db.execute(
            select(Tag.pk, Tag.id).where(Tag.owner_pk == owner_pk, Tag.folded == fold(name), Tag.pk != tag.pk)
        )
    ).one_or_none()
    if other is None:
        this = update(Tag).where(Tag.owner_pk == owner_pk, Tag.pk == tag.pk)
        await db.execute(this.values(name=name, folded=fold(name), updated_at=now, version=Tag.version + 1))
        return await _told(db, owner_pk, tag_id, memories, now=now)
    if not joins:
        raise TagNameTaken("There is a tag of that name already. Nothing was changed; join the two, or choose another.")
    await link_tags(db, [(memory_pk, other.pk) for memory_pk in memories])
    await db.execute(delete(Tag).where(Tag.owner_pk == owner_pk, Tag.pk == tag.pk))
    return await _told(db, owner_pk, other.id, memories, now=now)


async def remove(
    db: AsyncConnection, owner_pk: int, tag_id: UUID, *, expected_version: int | None, now: datetime
) -> Changed:
    """Take a tag off every memory. Raises TagNotFound, VersionConflict."""
    tag = await locked_tag(db, owner_pk, tag_id, expected_version=expected_version)
    memories = await _carriers(db, owner_pk, tag.pk)
    await db.execute(delete(Tag).where(Tag.owner_pk == owner_pk, Tag.pk == tag.pk))
    return await _told(db, owner_pk, tag_id, memories, now=now)


async def locked_tag(
    db: AsyncConnection, owner_pk: int, tag_id: UUID, *, expected_version: int | None
) -> Row[*tuple[Any, ...]]:
    """Pk and version of a tag, held until the transaction ends. Raises TagNotFound, VersionConflict."""
    statement = select(Tag.pk, Tag.version).where(Tag.owner_pk == owner_pk, Tag.id == tag_id).with_for_update()
    row = (await db.execute(statement)).one_or_none()
    if row is None:
        raise TagNotFound(f"No tag {tag_id} in your timeline.")
    if expected_version is not None and row.version != expected_version:
        raise VersionConflict(
            "This tag was changed elsewhere since you opened it. Nothing was overwritten; fetch it again and repeat "
            "your change.",
            facts={"version": row.version},
        )
    return row


async def _carriers(db: AsyncConnection, owner_pk: int, tag_pk: int) -> list[int]:
    """The memories that carry a tag, in order of their keys and held in that order."""
    carry = select(MemoryTag.memory_pk).where(MemoryTag.tag_pk == tag_pk)
    statement = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.pk.in_(carry)).order_by(Memory.pk)
    return list((await db.execute(statement.with_for_update())).scalars())


async def _told(db: AsyncConnection, owner_pk: int, tag_id: UUID, memories: Sequence[int], *, now: datetime) -> Changed:
    for start in range(0, len(memories), CHUNK):
        await _say(db, owner_pk, memories[start : start + CHUNK], now=now)
    waits = await retell_memories(db, owner_pk, memories, now=now)
    return Changed(tag_id, await bump(db, owner_pk), waits)


async def _say(db: AsyncConnection, owner_pk: int, memories: Sequence[int], *, now: datetime) -> None:
    """Note the tags that these memories have now as what the owner said of them."""
    names: dict[int, list[str]] = defaultdict(list)
    statement = (
        select(MemoryTag.memory_pk, Tag.name)
        .join(Tag, Tag.pk == MemoryTag.tag_pk)
        .where(MemoryTag.memory_pk.in_(memories))
        .order_by(Tag.folded)
    )
    for memory_pk, name in await db.execute(statement):
        names[memory_pk].append(name)
    await remember_each(db, owner_pk, {pk: {"tags": list(names[pk])} for pk in memories}, now=now)
