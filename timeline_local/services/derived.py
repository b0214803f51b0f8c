"""What is worked out from a memory and its files: its tile, its cover and its search text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.tiles import NEUTRAL_TINT, PLAIN_RATIO, pack_tile, picture_ratio, text_ratio
from timeline_local.models import (
    Identity,
    Location,
    MediaFile,
    Memory,
    MemoryMedia,
    MemoryPerson,
    MemoryTag,
    Person,
    Tag,
)
from timeline_local.models import MemoryText as Text
from timeline_local.queries.dialect import upsert
from timeline_local.queries.words import searchable, searchable_name

_COVER_ORDER = {
    role: place
    for place, role in enumerate(
        (
            MediaRole.PRIMARY,
            MediaRole.EDITED,
            MediaRole.ATTACHMENT,
            MediaRole.RAW,
            MediaRole.MOTION,
        )
    )
}


@dataclass(frozen=True, slots=True)
class Picture:
    """What a media file contributes. role and position are its place in this memory."""

    pk: int
    mime: str
    width: int | None
    height: int | None
    tint: int | None
    file_name: str
    role: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the derived values of one memory are made of. other: tags, names and places, in any order."""

    kind_code: int
    favourite: bool
    title: str
    body: str
    other: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Derived:
    tile: int
    cover_pk: int | None
    title: str
    body: str
    other: str


def derive(told: Told) -> Derived:
    """The tile and cover of a memory, and its search text as the full text index wants it."""
    cover = _cover(told.pictures)
    if cover is not None:
        ratio = picture_ratio(cover.width, cover.height)
    else:
        ratio = text_ratio(len(told.body)) if told.kind_code == Kind.NOTE.code else PLAIN_RATIO
    tint = NEUTRAL_TINT if cover is None or cover.tint is None else cover.tint
    return Derived(
        tile=pack_tile(told.kind_code, told.favourite, ratio, tint),
        cover_pk=None if cover is None else cover.pk,
        title=searchable(told.title),
        body=searchable(told.body),
        other=_spoken(told.other, told.pictures),
    )


def _spoken(names: Iterable[str], pictures: Iterable[Picture]) -> str:
    """Tags, names and places, then file names, each once and on a line of its own."""
    spoken = (*names, *(each.file_name for each in pictures))
    return "\n".join(dict.fromkeys(searchable_name(name) for name in spoken if name))


async def refresh_names(db: AsyncConnection, owner_pk: int, memory_pks: Sequence[int]) -> None:
    """Work out anew under which names search finds memories, after people or locations changed theirs. Five statements.

    Cheaper than `refresh_derived`: titles and bodies are neither read nor folded.
    """
    names = await _names(db, owner_pk, memory_pks)
    pictures = await _pictures(db, owner_pk, memory_pks)
    rows = [{"this_pk": pk, "new_other": _spoken(names[pk], pictures[pk])} for pk in memory_pks]
    if rows:
        changed = (Text.memory_pk == bindparam("this_pk"), Text.other != bindparam("new_other"))
        await db.execute(update(Text).where(*changed).values(other=bindparam("new_other")), rows)


async def refresh_derived(db: AsyncConnection, owner_pk: int, memory_pks: Sequence[int]) -> None:
    """Work out tile, cover and search text anew, after tags, people, media or previews changed. Six statements."""
    if not memory_pks:
        return
    rows = (
        await db.execute(
            select(Memory.pk, Memory.kind, Memory.favourite, Memory.title, Memory.body).where(
                Memory.owner_pk == owner_pk, Memory.pk.in_(memory_pks)
            )
        )
    ).all()
    names = await _names(db, owner_pk, memory_pks)
    pictures = await _pictures(db, owner_pk, memory_pks)
    derived = {
        pk: derive(
            Told(
                kind_code=kind,
                favourite=favourite,
                title=title,
                body=body,
                other=tuple(names[pk]),
                pictures=tuple(pictures[pk]),
            )
        )
        for pk, kind, favourite, title, body in rows
    }
    await _store(db, owner_pk, derived)


async def write_texts(db: AsyncConnection, texts: Iterable[tuple[int, Derived]]) -> None:
    """Insert or replace the search text of memories; the full text index follows by trigger."""
    rows: list[dict[str, Any]] = [
        {"memory_pk": pk, "title": each.title, "body": each.body, "other": each.other} for pk, each in texts
    ]
    if not rows:
        return
    await _replace_text(db.dialect).written(db, rows)


@lru_cache(maxsize=4)
def _replace_text(dialect: Dialect) -> Prepared:
    """Built once, see buckets."""
    add = upsert(dialect.name, Text)
    told = ("title", "body", "other")
    replacing = add.on_conflict_do_update(
        index_elements=["memory_pk"], set_={name: add.excluded[name] for name in told}
    )
    return Prepared.insert(replacing, dialect, ("memory_pk", *told))


async def _store(db: AsyncConnection, owner_pk: int, derived: dict[int, Derived]) -> None:
    if not derived:
        return
    await db.execute(
        update(Memory)
        .where(Memory.owner_pk == owner_pk, Memory.pk == bindparam("this_pk"))
        .values(tile=bindparam("new_tile"), cover_pk=bindparam("new_cover_pk")),
        [{"this_pk": pk, "new_tile": each.tile, "new_cover_pk": each.cover_pk} for pk, each in derived.items()],
    )
    await write_texts(db, derived.items())


async def _names(db: AsyncConnection, owner_pk: int, memory_pks: Sequence[int]) -> dict[int, list[str]]:
    """Tags, people and the parts of the location of each memory."""
    tags = (
        select(MemoryTag.memory_pk, Tag.name)
        .join(Tag, Tag.pk == MemoryTag.tag_pk)
        .where(Tag.owner_pk == owner_pk, MemoryTag.memory_pk.in_(memory_pks))
        .order_by(Tag.folded)
    )
    people = (
        select(MemoryPerson.memory_pk, Person.name, Identity.name)
        .join(Identity, Identity.pk == MemoryPerson.identity_pk)
        .join(Person, Person.pk == Identity.person_pk)
        .where(Identity.owner_pk == owner_pk, MemoryPerson.memory_pk.in_(memory_pks))
        .order_by(Identity.value)
    )
    places = (
        select(Memory.pk, Location.name, Location.city, Location.region, Location.country)
        .join(Location, Location.pk == Memory.location_pk)
        .where(Memory.owner_pk == owner_pk, Memory.pk.in_(memory_pks))
    )
    found: dict[int, list[str]] = defaultdict(list)
    for statement in (tags, people, places):
        for pk, *names in await db.execute(statement):
            found[pk].extend(name for name in names if name)
    return found


async def _pictures(db: AsyncConnection, owner_pk: int, memory_pks: Sequence[int]) -> dict[int, list[Picture]]:
    statement = (
        select(
            MemoryMedia.memory_pk,
            MediaFile.pk,
            MediaFile.mime,
            MediaFile.width,
            MediaFile.height,
            MediaFile.tint,
            MediaFile.file_name,
            MemoryMedia.role,
            MemoryMedia.position,
        )
        .join(MediaFile, MediaFile.pk == MemoryMedia.media_pk)
        .where(MediaFile.owner_pk == owner_pk, MemoryMedia.memory_pk.in_(memory_pks))
        .order_by(MemoryMedia.position, MediaFile.pk)
    )
    found: dict[int, list[Picture]] = defaultdict(list)
    for row in await db.execute(statement):
        facts = row._asdict()
        found[facts.pop("memory_pk")].append(Picture(**facts))
    return found


def _cover(pictures: Iterable[Picture]) -> Picture | None:
    """The picture or video that stands for the memory: the primary one before edits, attachments and parts."""
    shown = [each for each in pictures if each.role in _COVER_ORDER and each.mime.startswith(("image/", "video/"))]
    return min(shown, key=lambda each: (_COVER_ORDER[MediaRole(each.role)], each.position), default=None)
