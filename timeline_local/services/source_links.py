"""What sources call collections, locations and people by: the same ones are found again, whatever they are called now.

A link without its target stays: its owner deleted what it led to, so that no import makes it again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import SourceLink
from timeline_local.queries.dialect import upsert

Noun: TypeAlias = Literal["collection", "location", "person"]


@dataclass(frozen=True, slots=True)
class Link:
    """target: its key, None once it is deleted. said: what the source said of it last. media_pk: a person's photo."""

    target: int | None
    said: Mapping[str, Any]
    media_pk: int | None = None


async def find(
    db: AsyncConnection, owner_pk: int, noun: Noun, *, source: str, keys: Collection[str]
) -> dict[str, Link]:
    """What this source's keys lead to; keys it never told of are absent."""
    if not keys:
        return {}
    target = getattr(SourceLink, f"{noun}_pk")
    statement = select(SourceLink.source_key, target, SourceLink.said, SourceLink.media_pk).where(
        SourceLink.owner_pk == owner_pk,
        SourceLink.source == source,
        SourceLink.noun == noun,
        SourceLink.source_key.in_(keys),
    )
    return {key: Link(pk, said, media_pk) for key, pk, said, media_pk in await db.execute(statement)}


async def remember(
    db: AsyncConnection,
    owner_pk: int,
    noun: Noun,
    found: Mapping[str, Link],
    *,
    source: str,
    import_pk: int | None,
) -> None:
    """Keep what keys lead to, and what was said of it. A link that is there keeps the import that made it."""
    if not found:
        return
    shared = {"owner_pk": owner_pk, "source": source, "noun": noun, "import_pk": import_pk}
    rows = [
        {
            **shared,
            "source_key": key,
            f"{noun}_pk": each.target,
            "said": dict(each.said),
            "media_pk": each.media_pk,
        }
        for key, each in found.items()
    ]
    add = upsert(db.dialect.name, SourceLink)
    told = {name: add.excluded[name] for name in (f"{noun}_pk", "said", "media_pk")}
    known = ["owner_pk", "source", "noun", "source_key"]
    await db.execute(add.on_conflict_do_update(index_elements=known, set_=told), rows)


async def forget(db: AsyncConnection, owner_pk: int, noun: Noun, *, source: str, keys: Collection[str]) -> None:
    """Let these keys lead nowhere, as if the source had never told of them."""
    await db.execute(
        delete(SourceLink).where(
            SourceLink.owner_pk == owner_pk,
            SourceLink.source == source,
            SourceLink.noun == noun,
            SourceLink.source_key.in_(keys),
        )
    )


async def forget_photos(db: AsyncConnection, owner_pk: int) -> list[int]:
    """The keys of photos of people who were deleted since; nothing names them any more."""
    of_nobody = (
        SourceLink.owner_pk == owner_pk,
        SourceLink.noun == "person",
        SourceLink.person_pk.is_(None),
        SourceLink.media_pk.is_not(None),
    )
    photos = [pk for pk in (await db.execute(select(SourceLink.media_pk).where(*of_nobody))).scalars() if pk]
    if photos:
        await db.execute(update(SourceLink).where(*of_nobody).values(media_pk=None))
    return photos


async def forget_import(db: AsyncConnection, owner_pk: int, noun: Noun, import_pk: int) -> None:
    """Let the keys that an import was the first to tell of lead nowhere."""
    await db.execute(
        delete(SourceLink).where(
            SourceLink.owner_pk == owner_pk, SourceLink.noun == noun, SourceLink.import_pk == import_pk
        )
    )
