"""Threads: conversations that no source names, only their messages, by whom they go back to.

A message tells the first one that it knows of. Which one that is depends on the program that wrote it, and on what was
read before: so a thread is known by the keys of all that were ever told to have begun it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import CollectionRef
from timeline_local.domain.ids import new_id
from timeline_local.models import Collection, CollectionMember, Memory, SourceLink
from timeline_local.queries.named import folded_name
from timeline_local.services.source_links import Link

GOES_ON: Mapping[str, Any] = {"name": "", "told": "", "is_made": False}
"""What is said of a key that leads to a thread made under another one."""


@dataclass(frozen=True, slots=True)
class Joining:
    """A memory, what its source calls it by, and what that says it belongs to."""

    memory_pk: int
    source_key: str
    happened_at: datetime
    refs: tuple[CollectionRef, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """A memory that began a thread, and the thread it is in by now."""

    memory_pk: int
    happened_at: datetime
    collection_pk: int | None


def rooted(joining: Sequence[Joining]) -> Sequence[Joining]:
    """With the first message that any of these tells of in the place of those in between."""
    above = {each.source_key: ref for each in joining for ref in each.refs if ref.begins}
    if not above:
        return joining

    def first(ref: CollectionRef) -> CollectionRef:
        seen = {ref.key}
        while ref.begins and (further := above.get(ref.begins)) is not None and further.key not in seen:
            ref = further
            seen.add(ref.key)
        return ref

    return [replace(each, refs=tuple(first(ref) for ref in each.refs)) for each in joining]


def begun(each: Joining) -> tuple[CollectionRef, ...]:
    """The thread that it began, if any is known by its key."""
    return (CollectionRef(key=each.source_key, name="", begins=each.source_key),)


async def beginnings(
    db: AsyncConnection, owner_pk: int, refs: Iterable[CollectionRef], *, source: str
) -> dict[str, Beginning]:
    """Those of the memories that began these threads that are here, by their keys."""
    keys = {ref.begins for ref in refs if ref.begins}
    if not keys:
        return {}
    theirs = and_(SourceLink.collection_pk == CollectionMember.collection_pk, SourceLink.source == source)
    statement = (
        select(Memory.source_key, Memory.pk, Memory.happened_at, func.min(SourceLink.collection_pk))
        .outerjoin(CollectionMember, CollectionMember.memory_pk == Memory.pk)
        .outerjoin(SourceLink, theirs)
        .where(Memory.owner_pk == owner_pk, Memory.source == source, Memory.source_key.in_(keys))
        .group_by(Memory.source_key, Memory.pk, Memory.happened_at)
    )
    rows = (await db.execute(statement)).all()
    return {str(key): Beginning(pk, happened_at, thread) for key, pk, happened_at, thread in rows}


def gone_on(joining: Iterable[Joining], links: Mapping[str, Link], first: Mapping[str, Beginning]) -> dict[str, Link]:
    """Where keys lead that are new, but stand for a thread that is known by another one."""
    found: dict[str, Link] = {}
    for each in joining:
        for ref in each.refs:
            if not ref.begins or ref.key in links:
                continue
            begun = first.get(ref.begins)
            if begun is not None and begun.collection_pk is not None:
                found[ref.key] = Link(begun.collection_pk, GOES_ON)
            elif each.source_key in links:
                found[ref.key] = Link(links[each.source_key].target, GOES_ON)
    return found


async def make(
    db: AsyncConnection, owner_pk: int, refs: Mapping[str, tuple[CollectionRef, str]], *, now: datetime
) -> dict[str, Link]:
    """New threads under names that no collection has. refs: by key, with what each is called. Two statements."""
    if not refs:
        return {}
    names = await free_names(db, owner_pk, [name for _, name in refs.values()])
    shared: dict[str, Any] = {"owner_pk": owner_pk, "created_at": now, "updated_at": now, "version": 1}
    rows = [
        {**shared, "id": new_id(), "name": own, "folded": folded_name(own), "kind": ref.kind.value, "description": ""}
        for own, (ref, _) in zip(names, refs.values(), strict=True)
    ]
    made = await db.execute(insert(Collection).returning(Collection.id, Collection.pk), rows)
    pk_of = {row.id: row.pk for row in made}
    return {
        key: Link(pk_of[row["id"]], {"name": row["name"], "told": name, "is_made": True})
        for row, (key, (_, name)) in zip(rows, refs.items(), strict=True)
    }


async def free_names(db: AsyncConnection, owner_pk: int, names: Sequence[str]) -> list[str]:
    """Each name, or the first of "name (2)", "name (3)", … that neither a collection nor an earlier one has."""
    folded = {folded_name(name) for name in names}
    alike = (Collection.folded.startswith(f"{name} (", autoescape=True) for name in folded)
    taken = select(Collection.folded).where(Collection.owner_pk == owner_pk)
    used = set((await db.execute(taken.where(or_(Collection.folded.in_(folded), *alike)))).scalars())
    numbers: Counter[str] = Counter()
    free: list[str] = []
    for name in names:
        own, key = name, folded_name(name)
        while folded_name(own) in used:
            numbers[key] = max(numbers[key] + 1, 2)
            own = f"{name} ({numbers[key]})"
        used.add(folded_name(own))
        free.append(own)
    return free
