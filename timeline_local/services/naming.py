"""Whom and which place an owner means by what they write into a memory: a name as they see it, or an id.

Names are those that the owner reads on the screen. Only when nobody is called so, a name is an address, as in imports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.place_words import meant_by
from timeline_local.domain.drafts import PersonRef, PlaceRef
from timeline_local.exceptions import FieldError, InvalidInput
from timeline_local.models import Identity, Location, MemoryPerson, Person
from timeline_local.queries.words import searchable
from timeline_local.services.locations import GAZETTEER, locations
from timeline_local.services.people import address_of, called, folded_name, make_people
from timeline_local.services.person_edits import plain_identity
from timeline_local.services.retelling import retell

Choice: TypeAlias = "str | Mapping[str, Any]"
"""A name, or {"id": UUID} of somebody or something that is there."""


async def chosen_people(
    db: AsyncConnection, owner_pk: int, choices: Sequence[Choice], *, memory_pk: int | None, now: datetime
) -> list[PersonRef]:
    """The mentions that choices of people stand for, in order; those a memory has already stay as they are.

    Raises InvalidInput for an id that is nobody's.
    """
    if not choices:
        return []
    by_id = await _by_ids(db, owner_pk, choices)
    texts = [each for each in choices if isinstance(each, str)]
    by_name = await called(db, owner_pk, [folded_name(name) for name in texts])
    pks = [by_name.get(folded_name(each)) if isinstance(each, str) else by_id[each["id"]] for each in choices]
    known = await _mentions(db, owner_pk, [pk for pk in pks if pk is not None], memory_pk=memory_pk, now=now)
    strangers = [
        PersonRef(name=each) for each, pk in zip(choices, pks, strict=True) if pk is None and isinstance(each, str)
    ]
    await _revive(db, owner_pk, strangers, now=now)
    return [*(ref for pk in dict.fromkeys(pks) if pk is not None for ref in known[pk]), *strangers]


async def chosen_location(
    db: AsyncConnection,
    owner_pk: int,
    choice: Choice | None,
    *,
    coordinates: tuple[float, float] | None,
    now: datetime,
) -> tuple[int, UUID] | None:
    """(pk, id) of a location by its name or id; one of a new name is made where the memory is.

    Raises InvalidInput for an id that is none of the owner's.
    """
    if choice is None:
        return None
    id_ = _uuid(choice) if isinstance(choice, str) else choice["id"]
    mine = select(Location.pk, Location.id).where(Location.owner_pk == owner_pk)
    if id_ is not None:
        row = (await db.execute(mine.where(Location.id == id_))).one_or_none()
        if row is None:
            raise InvalidInput(
                "That location is not one of yours. Nothing was saved.",
                errors=(FieldError("#/location", "is no location of yours"),),
            )
        return row.pk, row.id
    name = str(choice)
    named = mine.where(Location.folded.startswith(f"{searchable(name)}\n", autoescape=True)).order_by(Location.pk)
    row = (await db.execute(named.limit(1))).one_or_none() if searchable(name) else None
    if row is None:  # as it is called on the screen of somebody who reads another language
        elsewhere = mine.where(Location.name.in_(meant_by(searchable(name))), Location.source == GAZETTEER)
        row = (await db.execute(elsewhere.order_by(Location.pk).limit(1))).one_or_none()
    if row is not None:
        return row.pk, row.id
    lat, lon = coordinates or (None, None)
    made = await locations(db, owner_pk, [PlaceRef(name=name, lat=lat, lon=lon)], source="user", now=now)
    if not made:
        raise InvalidInput(
            "A location needs a name with a letter in it. Nothing was saved.",
            errors=(FieldError("#/location", "has no letter in it"),),
        )
    (spot,) = made.values()
    return spot.pk, (await db.execute(mine.where(Location.pk == spot.pk))).one().id


async def _by_ids(db: AsyncConnection, owner_pk: int, choices: Sequence[Choice]) -> dict[UUID, int]:
    ids = [each["id"] for each in choices if not isinstance(each, str)]
    if not ids:
        return {}
    statement = select(Person.id, Person.pk).where(
        Person.owner_pk == owner_pk, Person.id.in_(ids), Person.merged_into_pk.is_(None)
    )
    found = {row.id: row.pk for row in await db.execute(statement.with_for_update(read=True))}
    unknown = tuple(
        FieldError(f"#/people/{place}", "is no person of yours")
        for place, each in enumerate(choices)
        if not isinstance(each, str) and each["id"] not in found
    )
    if unknown:
        raise InvalidInput("Some of these people are not in your timeline. Nothing was saved.", errors=unknown)
    return found


async def _mentions(
    db: AsyncConnection, owner_pk: int, people: Sequence[int], *, memory_pk: int | None, now: datetime
) -> dict[int, list[PersonRef]]:
    """For each person the identities that the memory mentions already, else the one that best stands for them."""
    if not people:
        return {}
    is_there = Identity.pk.in_(select(MemoryPerson.identity_pk).where(MemoryPerson.memory_pk == memory_pk))
    statement = (
        select(Identity.person_pk, Identity.kind, Identity.value, Identity.name, is_there.label("is_there"))
        .join(Person, Person.pk == Identity.person_pk)
        .where(Identity.owner_pk == owner_pk, Identity.person_pk.in_(people))
        .order_by(
            case((Identity.value == Person.folded, 0), else_=1),
            case((Identity.kind == "name", 0), else_=1),
            Identity.pk,
        )
    )
    best: dict[int, list[PersonRef]] = {}
    there: dict[int, list[PersonRef]] = {}
    for row in await db.execute(statement):
        ref = PersonRef(name=row.name, kind=row.kind, value=row.value)
        best.setdefault(row.person_pk, [ref])
        if row.is_there:
            there.setdefault(row.person_pk, []).append(ref)
    for pk in people:
        if pk not in best:
            best[pk] = [await _plain(db, owner_pk, pk, now=now)]
    return best | there


async def _plain(db: AsyncConnection, owner_pk: int, person_pk: int, *, now: datetime) -> PersonRef:
    """The mention of somebody without any identity."""
    named = select(Person.name).where(Person.owner_pk == owner_pk, Person.pk == person_pk)
    name = (await db.execute(named)).scalar_one()
    identity_pk = await plain_identity(db, owner_pk, person_pk, name, now=now)
    made = select(Identity.kind, Identity.value).where(Identity.owner_pk == owner_pk, Identity.pk == identity_pk)
    row = (await db.execute(made)).one()
    return PersonRef(name=name, kind=row.kind, value=row.value)


async def _revive(db: AsyncConnection, owner_pk: int, refs: Sequence[PersonRef], *, now: datetime) -> None:
    """Identities taken off everybody, and now named by hand, are a person's again."""
    values = [address[1] for ref in refs if (address := address_of(ref)) is not None]
    if not values:
        return
    statement = select(Identity.pk, Identity.name).where(
        Identity.owner_pk == owner_pk,
        Identity.kind == "name",
        Identity.value.in_(values),
        Identity.person_pk.is_(None),
    )
    freed = (await db.execute(statement)).all()
    if not freed:
        return
    made = await make_people(db, owner_pk, [row.name for row in freed], now=now)
    for row, person_pk in zip(freed, made, strict=True):
        mine = update(Identity).where(Identity.owner_pk == owner_pk, Identity.pk == row.pk)
        await db.execute(mine.values(person_pk=person_pk, updated_at=now, version=Identity.version + 1))
    await retell(db, owner_pk, identities=[row.pk for row in freed], now=now)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
