"""What the memories of a search have in common: who, where, with which camera, from which source, under which tag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

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
from timeline_local.queries.dialect import as_filter, in_key_list, key_list
from timeline_local.queries.vocabulary import camera_name

MOST_COUNTED = 10_000
"""Memories looked at: four statements, some 50 ms, and five times as long for 50,000 (2026-11, SQLite)."""


@dataclass(frozen=True, slots=True)
class Facets:
    """Names with the number of memories that have them, the most first."""

    people: list[tuple[str, int]]
    places: list[tuple[str, int]]
    cameras: list[tuple[str, int]]
    sources: list[tuple[str, int]]
    tags: list[tuple[str, int]]


async def facets(db: AsyncConnection, owner_pk: int, pks: Sequence[int]) -> Facets:
    """Count over some memories of the owner, by their inner keys. Cost grows with their number: see MOST_COUNTED."""
    keys = {"keys": key_list(db.dialect.name, pks)}
    places, sources = await _places_and_sources(db, owner_pk, keys)
    return Facets(
        people=await _people(db, owner_pk, keys),
        places=places,
        cameras=await _cameras(db, owner_pk, keys),
        sources=sources,
        tags=await _tags(db, owner_pk, keys),
    )


async def _people(db: AsyncConnection, owner_pk: int, keys: Mapping[str, object]) -> list[tuple[str, int]]:
    mentions = (
        select(Identity.person_pk, func.count(MemoryPerson.memory_pk.distinct()).label("memories"))
        .join_from(MemoryPerson, Identity, Identity.pk == MemoryPerson.identity_pk)
        .where(in_key_list(db.dialect.name, MemoryPerson.memory_pk), Identity.owner_pk == owner_pk)
        .group_by(Identity.person_pk)
        .subquery()
    )
    statement = select(Person.name, mentions.c.memories).join(mentions, mentions.c.person_pk == Person.pk)
    return _most_first((name, memories) for name, memories in await db.execute(statement, keys) if name)


async def _tags(db: AsyncConnection, owner_pk: int, keys: Mapping[str, object]) -> list[tuple[str, int]]:
    links = (
        select(MemoryTag.tag_pk, func.count().label("memories"))
        .where(in_key_list(db.dialect.name, MemoryTag.memory_pk))
        .group_by(MemoryTag.tag_pk)
        .subquery()
    )
    statement = select(Tag.name, links.c.memories).join(links, links.c.tag_pk == Tag.pk).where(Tag.owner_pk == owner_pk)
    return _most_first((name, memories) for name, memories in await db.execute(statement, keys))


async def _places_and_sources(
    db: AsyncConnection, owner_pk: int, keys: Mapping[str, object]
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Locations by their own name, and sources: both stand in the memory's row, so it is read once for both."""
    there = (
        select(Memory.location_pk, Memory.source, func.count().label("memories"))
        .where(in_key_list(db.dialect.name, Memory.pk), as_filter(Memory.owner_pk) == owner_pk)
        .group_by(Memory.location_pk, Memory.source)
        .subquery()
    )
    statement = select(Location.name, Location.city, Location.country, there.c.source, there.c.memories).outerjoin(
        Location, Location.pk == there.c.location_pk
    )
    places: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for name, city, country, source, memories in await db.execute(statement, keys):
        sources[source] += memories
        if place := name or city or country:
            places[place] += memories
    return _most_first(places.items()), _most_first(sources.items())


async def _cameras(db: AsyncConnection, owner_pk: int, keys: Mapping[str, object]) -> list[tuple[str, int]]:
    statement = (
        select(MediaFile.camera_make, MediaFile.camera_model, func.count(MemoryMedia.memory_pk.distinct()))
        .join_from(MemoryMedia, MediaFile, MediaFile.pk == MemoryMedia.media_pk)
        .where(in_key_list(db.dialect.name, MemoryMedia.memory_pk), MediaFile.owner_pk == owner_pk)
        .group_by(MediaFile.camera_make, MediaFile.camera_model)
    )
    found: Counter[str] = Counter()
    for make, model, memories in await db.execute(statement, keys):
        if name := camera_name(make, model):
            found[name] += memories
    return _most_first(found.items())


def _most_first(counted: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """By number, then by name, so that the same answer comes twice."""
    return sorted(counted, key=lambda each: (-each[1], each[0]))
