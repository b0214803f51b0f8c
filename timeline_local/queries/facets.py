"""What the memories of a search have in common: who, where, with which camera, from which source, under which tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import BigInteger, ColumnElement, Dialect, Select, bindparam, func, literal_column, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared, RawRow
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
from timeline_local.queries.dialect import as_filter, each_key, key_list
from timeline_local.queries.vocabulary import camera_name

MOST_COUNTED = 10_000
"""Memories looked at: some 15 ms of processor time, five times as much for 50,000 (2026-11, SQLite)."""

_Counted: TypeAlias = Select[str, str, str, int]
"""(facet, a name, another one, memories that have them)"""

_OWNER = bindparam("owner_pk", type_=BigInteger)
_NOTHING: ColumnElement[str] = literal_column("''")


@dataclass(frozen=True, slots=True)
class Facets:
    """Names with the number of memories that have them, the most first."""

    people: list[tuple[str, int]]
    places: list[tuple[str, int]]
    cameras: list[tuple[str, int]]
    sources: list[tuple[str, int]]
    tags: list[tuple[str, int]]


async def facets(db: AsyncConnection, owner_pk: int, pks: Sequence[int]) -> Facets:
    """Count over some memories of the owner, by their inner keys. One statement; its cost grows with their number."""
    # In the order in which rows are stored, so that neighbours are read together.
    keys = key_list(db.dialect.name, sorted(pks))
    return await _statement(db.dialect, db.dialect.name).made(db, _facets, owner_pk=owner_pk, keys=keys)


@lru_cache(maxsize=4)
def _statement(on: Dialect, dialect: str) -> Prepared:
    return Prepared.of(union_all(*(part(dialect) for part in (_people, _tags, _places, _cameras))), on)


def _facets(rows: Sequence[RawRow]) -> Facets:
    people, places, cameras, sources, tags = (Counter[str]() for _ in range(5))
    plain = {"people": people, "places": places, "tags": tags}
    for facet, name, other, memories in rows:
        if facet == "cameras":
            cameras[camera_name(name, other)] += memories
            continue
        plain[facet][name] += memories
        if facet == "places":
            sources[other] += memories
    return Facets(*(_most_first(each) for each in (people, places, cameras, sources, tags)))


def _people(dialect: str) -> _Counted:
    asked = each_key(dialect)
    mentions = (
        select(Identity.person_pk, func.count(MemoryPerson.memory_pk.distinct()).label("memories"))
        .select_from(asked.table)
        .join(MemoryPerson, MemoryPerson.memory_pk == asked)
        .join(Identity, Identity.pk == MemoryPerson.identity_pk)
        .where(as_filter(Identity.owner_pk) == _OWNER)
        .group_by(Identity.person_pk)
        .subquery()
    )
    named = select(literal_column("'people'"), Person.name, _NOTHING, mentions.c.memories)
    return named.join_from(mentions, Person, Person.pk == mentions.c.person_pk)


def _tags(dialect: str) -> _Counted:
    asked = each_key(dialect)
    links = (
        select(MemoryTag.tag_pk, func.count().label("memories"))
        .select_from(asked.table)
        .join(MemoryTag, MemoryTag.memory_pk == asked)
        .group_by(MemoryTag.tag_pk)
        .subquery()
    )
    named = select(literal_column("'tags'"), Tag.name, _NOTHING, links.c.memories)
    return named.join_from(links, Tag, Tag.pk == links.c.tag_pk).where(as_filter(Tag.owner_pk) == _OWNER)


def _places(dialect: str) -> _Counted:
    """Locations by the first of their names, and sources beside them: both stand in the memory's row, read once."""
    asked = each_key(dialect)
    there = (
        select(Memory.location_pk, Memory.source, func.count().label("memories"))
        .select_from(asked.table)
        .join(Memory, Memory.pk == asked)
        .where(as_filter(Memory.owner_pk) == _OWNER)
        .group_by(Memory.location_pk, Memory.source)
        .subquery()
    )
    names = (func.nullif(part, _NOTHING) for part in (Location.name, Location.city, Location.country))
    named = select(literal_column("'places'"), func.coalesce(*names, _NOTHING), there.c.source, there.c.memories)
    return named.join_from(there, Location, Location.pk == there.c.location_pk, isouter=True)


def _cameras(dialect: str) -> _Counted:
    asked = each_key(dialect)
    make, model = (func.coalesce(part, _NOTHING) for part in (MediaFile.camera_make, MediaFile.camera_model))
    return (
        select(literal_column("'cameras'"), make, model, func.count(MemoryMedia.memory_pk.distinct()))
        .select_from(asked.table)
        .join(MemoryMedia, MemoryMedia.memory_pk == asked)
        .join(MediaFile, MediaFile.pk == MemoryMedia.media_pk)
        .where(as_filter(MediaFile.owner_pk) == _OWNER)
        .group_by(MediaFile.camera_make, MediaFile.camera_model)
    )


def _most_first(counted: Counter[str]) -> list[tuple[str, int]]:
    """By number, then by name, so that the same answer comes twice. What has no name is left out."""
    return sorted(((name, count) for name, count in counted.items() if name), key=lambda each: (-each[1], each[0]))
