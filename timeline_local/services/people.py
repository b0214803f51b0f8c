"""People as memories name them: every address is an identity, and every new identity starts out as its own person.

A name that is written for the first time and is what exactly one person is called now becomes an identity of theirs.
An identity without a person is one that its owner removed: sources that name it again bring nobody back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, exists, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.addresses import normalise_address
from timeline_local.domain.drafts import PersonRef, PersonRole
from timeline_local.domain.ids import new_id
from timeline_local.models import Identity, MemoryPerson, Person
from timeline_local.queries.dialect import upsert

Address: TypeAlias = tuple[str, str]
"""(kind, normalised value): what makes two mentions the same identity."""

MENTIONED = PersonRole.MENTIONED.value
_STRENGTH = {
    role: place
    for place, role in enumerate((PersonRole.AUTHOR, PersonRole.RECIPIENT, PersonRole.ATTENDEE, PersonRole.MENTIONED))
}
LONGEST_FOLDED = 200  # of a name as lists are sorted by it


@dataclass(frozen=True, slots=True)
class Known:
    """An identity as memories link it. called: the names under which search finds it; none if nobody has it."""

    pk: int
    called: tuple[str, ...]


def address_of(ref: PersonRef) -> Address | None:
    """The identity a mention stands for; None when it names nobody."""
    if ref.kind != "name" and ref.value.strip():
        value = normalise_address(ref.kind, ref.value)
        return (ref.kind, value) if value else None
    name = normalise_address("name", ref.name)
    return ("name", name) if name else None


def addresses_of(refs: Iterable[PersonRef]) -> dict[Address, PersonRef]:
    """The identities of a list, in order, each once; of several roles it has the first of author, recipient, …"""
    found: dict[Address, PersonRef] = {}
    for ref in refs:
        address = address_of(ref)
        if address is None:
            continue
        known = found.setdefault(address, ref)
        if _STRENGTH[ref.role] < _STRENGTH[known.role]:
            found[address] = replace(known, role=ref.role)
    return found


def folded_name(name: str) -> str:
    """A person's name as it is sorted and looked for."""
    return normalise_address("name", name)[:LONGEST_FOLDED]


async def identities(
    db: AsyncConnection, owner_pk: int, refs: Iterable[PersonRef], *, now: datetime
) -> dict[Address, Known]:
    """These identities; missing ones are made, with a person each where nobody is called so. Seven statements."""
    wanted = addresses_of(refs)
    if not wanted:
        return {}
    found = await _existing(db, owner_pk, list(wanted))
    missing = {address: wanted[address] for address in sorted(wanted) if address not in found}
    if not missing:
        return found
    await _make(db, owner_pk, missing, now=now)
    return found | await _existing(db, owner_pk, list(missing))


async def identity_pks(
    db: AsyncConnection, owner_pk: int, refs: Iterable[PersonRef], *, now: datetime
) -> dict[Address, int]:
    """The keys of these identities; as `identities`."""
    found = await identities(db, owner_pk, refs, now=now)
    return {address: known.pk for address, known in found.items()}


async def set_people(
    db: AsyncConnection, owner_pk: int, memory_pk: int, refs: Iterable[PersonRef], *, now: datetime
) -> None:
    """Make these the people of one memory, and no others; who stays keeps their role."""
    pks = await identity_pks(db, owner_pk, refs, now=now)
    had = select(MemoryPerson.identity_pk, MemoryPerson.role).where(MemoryPerson.memory_pk == memory_pk)
    roles = {row.identity_pk: row.role for row in await db.execute(had)}
    await replace_people(db, memory_pk, {pk: roles.get(pk, MENTIONED) for pk in pks.values()})


async def replace_people(db: AsyncConnection, memory_pk: int, roles: Mapping[int, str]) -> None:
    """Make these the people of one memory, and no others: identity_pk → role."""
    await db.execute(delete(MemoryPerson).where(MemoryPerson.memory_pk == memory_pk))
    await link_people(db, [(memory_pk, each) for each in roles], roles=list(roles.values()))


async def link_people(
    db: AsyncConnection, links: Sequence[tuple[int, int]], *, roles: Sequence[str] | None = None
) -> None:
    """Name identities in memories: (memory_pk, identity_pk), with a role each; mentioned where none is told."""
    told = dict(zip(links, roles or [MENTIONED] * len(links), strict=True))
    rows = [
        {"memory_pk": memory_pk, "identity_pk": identity_pk, "role": role}
        for (memory_pk, identity_pk), role in told.items()
    ]
    if rows:
        await db.execute(insert(MemoryPerson), rows)


async def make_people(db: AsyncConnection, owner_pk: int, names: Sequence[str], *, now: datetime) -> list[int]:
    """New people of these names, in order, without an identity yet. Two statements."""
    rows = [
        {
            "id": new_id(),
            "owner_pk": owner_pk,
            "created_at": now,
            "updated_at": now,
            "version": 1,
            "name": name,
            "folded": folded_name(name),
            "note": "",
        }
        for name in names
    ]
    if not rows:
        return []
    await db.execute(insert(Person), rows)
    made = select(Person.id, Person.pk).where(Person.owner_pk == owner_pk, Person.id.in_([row["id"] for row in rows]))
    pk_of = {row.id: row.pk for row in await db.execute(made)}
    return [pk_of[row["id"]] for row in rows]


async def called(db: AsyncConnection, owner_pk: int, folded: Iterable[str]) -> dict[str, int]:
    """The keys of people by their folded name, for names that exactly one person has; they keep it until the end.

    Those merged into another count no more.
    """
    statement = (
        select(Person.folded, Person.pk)
        .where(Person.owner_pk == owner_pk, Person.folded.in_(set(folded)), Person.merged_into_pk.is_(None))
        .order_by(Person.pk)
        .with_for_update(read=True)  # who is being merged meanwhile is waited for
    )
    found: dict[str, list[int]] = {}
    for name, pk in await db.execute(statement):
        found.setdefault(name, []).append(pk)
    return {name: pks[0] for name, pks in found.items() if len(pks) == 1}


async def _make(db: AsyncConnection, owner_pk: int, wanted: dict[Address, PersonRef], *, now: datetime) -> None:
    names = {address: " ".join((ref.name or ref.value).split()) for address, ref in wanted.items()}
    people = await called(db, owner_pk, [value for kind, value in wanted if kind == "name"])
    person_of = {address: people[address[1]] for address in wanted if address[0] == "name" and address[1] in people}
    strangers = [address for address in wanted if address not in person_of]
    made = await make_people(db, owner_pk, [names[address] for address in strangers], now=now)
    person_of |= dict(zip(strangers, made, strict=True))
    base = {"owner_pk": owner_pk, "created_at": now, "updated_at": now, "version": 1}
    rows = [
        {**base, "id": new_id(), "kind": kind, "value": value, "name": names[kind, value], "person_pk": person_pk}
        for (kind, value), person_pk in person_of.items()
    ]
    await db.execute(upsert(db.dialect.name, Identity).on_conflict_do_nothing(), rows)
    # Where another transaction was faster to make an identity, its person is the one.
    nobody = ~exists().where(Identity.person_pk == Person.pk)
    await db.execute(delete(Person).where(Person.owner_pk == owner_pk, Person.pk.in_(made), nobody))


async def _existing(db: AsyncConnection, owner_pk: int, addresses: Sequence[Address]) -> dict[Address, Known]:
    statement = (
        select(Identity.kind, Identity.value, Identity.pk, Identity.name, Person.name.label("person"))
        .outerjoin(Person, Person.pk == Identity.person_pk)
        .where(Identity.owner_pk == owner_pk, tuple_(Identity.kind, Identity.value).in_(addresses))
    )
    return {(row.kind, row.value): Known(row.pk, _names(row)) for row in await db.execute(statement)}


def _names(row: Row[*tuple[Any, ...]]) -> tuple[str, ...]:
    return () if row.person is None else tuple(dict.fromkeys((row.person, row.name)))
