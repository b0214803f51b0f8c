"""Changes in bulk of what memories are linked to: people and collections. Which links came or went is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import JSON, PersonRef
from timeline_local.domain.fingerprints import fold
from timeline_local.exceptions import FieldError, InvalidInput
from timeline_local.models import Collection, CollectionMember, Identity, Memory, MemoryPerson, Person
from timeline_local.queries import collections as queries
from timeline_local.services import buckets, collections, flags
from timeline_local.services.derived import refresh_derived
from timeline_local.services.memories import remember_edits
from timeline_local.services.people import identity_pks, link_people

ACTIONS = frozenset({"add_people", "remove_people", "add_to_collection", "remove_from_collection"})
CHUNK = 2000
Link = tuple[int, int]
"""(memory_pk, identity_pk), or (memory_pk, position) in a collection."""


async def people_links(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, adds: bool, names: Sequence[str], now: datetime | None
) -> list[Link]:
    """The links that adding these people would make, or that removing them would end.

    now  when missing people are made; None makes none, for a dry run that only counts. Raises InvalidInput.
    """
    if not names:
        raise InvalidInput("Say who. Nothing was changed.", errors=(FieldError("#/people", "needs at least one name"),))
    if not adds:
        return await _linked(db, pks, await _called(db, owner_pk, names))
    if now is None:
        return await _would_link(db, owner_pk, pks, names)
    keys = list((await identity_pks(db, owner_pk, [PersonRef(name=name) for name in names], now=now)).values())
    there = set(await _linked(db, pks, keys))
    return [link for pk in pks for key in dict.fromkeys(keys) if (link := (pk, key)) not in there]


async def _would_link(db: AsyncConnection, owner_pk: int, pks: Sequence[int], names: Sequence[str]) -> list[Link]:
    """One link for each memory and each name that nobody in it has; its second number means nothing."""
    missing: list[Link] = []
    for place, name in enumerate(names):
        there = {pk for pk, _ in await _linked(db, pks, await _called(db, owner_pk, [name]))}
        missing += [(pk, place) for pk in pks if pk not in there]
    return missing


async def change_people(
    db: AsyncConnection, owner_pk: int, links: Sequence[Link], *, adds: bool, now: datetime
) -> None:
    """Make or end these links, with versions and search text."""
    if adds:
        await link_people(db, links)
    else:
        for start in range(0, len(links), CHUNK):
            some = list(links[start : start + CHUNK])
            named = tuple_(MemoryPerson.memory_pk, MemoryPerson.identity_pk).in_(some)
            await db.execute(delete(MemoryPerson).where(named))
    touched = list(dict.fromkeys(pk for pk, _ in links))
    await flags.touch(db, owner_pk, touched, now=now)
    await refresh_derived(db, owner_pk, touched)


async def remember_people(
    db: AsyncConnection, owner_pk: int, links: Sequence[Link], names: Sequence[str], *, adds: bool, now: datetime
) -> None:
    """Note that the owner said who was there, so that no import overrules it."""
    said: dict[str, JSON] = {"people": {"added" if adds else "removed": list(names)}}
    await remember_edits(db, owner_pk, list(dict.fromkeys(pk for pk, _ in links)), said, now=now)


async def member_links(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, collection_id: UUID | None, adds: bool
) -> list[int]:
    """Those of these memories that adding or removing would change. Raises as services.collections does."""
    row = await queries.get(db, owner_pk, needed(collection_id))  # not held: a dry run may not
    collections.refuse_computed(row.query)
    inside = select(CollectionMember.memory_pk).where(CollectionMember.collection_pk == row.pk)
    present = set((await db.execute(inside)).scalars())
    living = set(await _living(db, owner_pk, pks)) if adds else set(pks)
    return [pk for pk in pks if pk in living and (pk in present) != adds]


async def undo_members(
    db: AsyncConnection, owner_pk: int, collection_pk: int, links: Sequence[Link], *, was_added: bool, now: datetime
) -> int:
    """Take members out again, or put them back where they were; 0 if the collection is gone."""
    known = select(Collection.pk).where(Collection.owner_pk == owner_pk, Collection.pk == collection_pk)
    if (await db.execute(known)).scalar_one_or_none() is None:
        return 0
    present = set(await _living(db, owner_pk, [pk for pk, _ in links], with_trash=True))
    mine = [(pk, position) for pk, position in links if pk in present]
    if was_added:
        await collections.take_out(db, collection_pk, [pk for pk, _ in mine])
    else:
        await collections.put_in(db, collection_pk, mine, now=now)
    await buckets.fold(db, owner_pk, [pk for pk, _ in mine])
    return len(mine)


def needed(collection_id: UUID | None) -> UUID:
    """The collection an action names. Raises InvalidInput without one."""
    if collection_id is None:
        raise InvalidInput(
            "Say which collection. Nothing was changed.", errors=(FieldError("#/collection", "is missing"),)
        )
    return collection_id


async def _called(db: AsyncConnection, owner_pk: int, names: Sequence[str]) -> list[int]:
    """Every identity of people of these names."""
    folded = [" ".join(fold(name).split()) for name in names]
    mine = select(Identity.pk).outerjoin(Person, Person.pk == Identity.person_pk).where(Identity.owner_pk == owner_pk)
    is_named = ((Identity.kind == "name") & Identity.value.in_(folded)) | Person.folded.in_(folded)
    return list((await db.execute(mine.where(is_named))).scalars())


async def _linked(db: AsyncConnection, pks: Sequence[int], keys: Sequence[int]) -> list[Link]:
    found: list[Link] = []
    for start in range(0, len(pks), CHUNK):
        statement = select(MemoryPerson.memory_pk, MemoryPerson.identity_pk).where(
            MemoryPerson.memory_pk.in_(pks[start : start + CHUNK]), MemoryPerson.identity_pk.in_(keys)
        )
        found += [(row.memory_pk, row.identity_pk) for row in await db.execute(statement)]
    return found


async def _living(db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, with_trash: bool = False) -> list[int]:
    found: list[int] = []
    for start in range(0, len(pks), CHUNK):
        statement = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks[start : start + CHUNK]))
        found += (await db.execute(statement if with_trash else statement.where(Memory.trashed_at.is_(None)))).scalars()
    return found
