"""The version that the ETag of one thing names."""

from __future__ import annotations

from typing import Literal, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import Collection, Location, MediaFile, Memory, Person, Tag

Noun: TypeAlias = Literal["collection", "location", "media", "memory", "person", "tag"]

_TABLES: dict[Noun, type[Collection | Location | MediaFile | Memory | Person | Tag]] = {
    "collection": Collection,
    "location": Location,
    "media": MediaFile,
    "memory": Memory,
    "person": Person,
    "tag": Tag,
}


async def version_of(db: AsyncConnection, owner_pk: int, noun: Noun, id_: UUID) -> int | None:
    """Its version now, or None if there is no such thing. Nothing is held: who edits looks at the row they hold."""
    table = _TABLES[noun]
    statement = select(table.version).where(table.owner_pk == owner_pk, table.id == id_)
    return (await db.execute(statement)).scalar_one_or_none()
