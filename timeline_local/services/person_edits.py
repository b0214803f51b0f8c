"""What an owner does to one person by hand: make, rename, describe, delete; and to the addresses people have.

Deleting a person, or taking an identity off one, leaves the identity and its mentions behind without a person: nothing
shows them, and a source that names it again brings nobody back. Naming it by hand does, with the old mentions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.addresses import normalise_address, problem_with
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import (
    FieldError,
    IdentityNotFound,
    IdentityTaken,
    InvalidInput,
    PersonNotFound,
    VersionConflict,
)
from timeline_local.models import Identity, Person
from timeline_local.queries.dialect import hold_files, upsert
from timeline_local.queries.people import merged_below
from timeline_local.services import media_trash
from timeline_local.services.people import folded_name, make_people
from timeline_local.services.retelling import retell
from timeline_local.services.revision import bump

PLAIN = "person"
"""The kind of the identity of a person who has no address, and whose name is somebody else's already."""

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Changed:
    """id: of the person. waits: a job was put in line; wake the runner after the commit."""

    id: UUID
    revision: int
    waits: bool = False


async def create(db: AsyncConnection, owner_pk: int, fields: Mapping[str, Any], *, now: datetime) -> Changed:
    """A new person. fields: those of schemas.people.NewPerson that were given.

    Their name becomes an identity, unless it is somebody else's. Raises InvalidInput, IdentityTaken.
    """
    if fields.get("cover"):
        await hold_files(db)
    cover_pk = await _cover(db, owner_pk, fields.get("cover"))
    (pk,) = await make_people(db, owner_pk, [fields["name"]], now=now)
    mine = update(Person).where(Person.owner_pk == owner_pk, Person.pk == pk)
    stored = mine.values(note=fields.get("note") or "", born=fields.get("born"), cover_pk=cover_pk).returning(Person.id)
    id_ = (await db.execute(stored)).scalar_one()
    touched = [
        await _take(db, owner_pk, pk, given, pointer=f"#/identities/{place}/value", now=now)
        for place, given in enumerate(fields.get("identities") or ())
    ]
    own = await _own_name(db, owner_pk, pk, fields["name"], now=now, is_needed=not touched)
    identities = [*touched, *([] if own is None else [own])]
    waits = await retell(db, owner_pk, identities=identities, now=now)
    return Changed(id_, await bump(db, owner_pk), waits)


async def edit(
    db: AsyncConnection,
    owner_pk: int,
    person_id: UUID,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    now: datetime,
) -> Changed:
    """Apply a merge patch to name, note, birthday and cover. Raises PersonNotFound, VersionConflict, InvalidInput."""
    if changes.get("cover"):
        await hold_files(db)
    old = await locked_person(db, owner_pk, person_id, expected_version=expected_version)
    values: dict[str, Any] = {}
    if "name" in changes:
        if changes["name"] is None:
            raise InvalidInput("A person needs a name.", errors=(FieldError("#/name", "cannot be empty"),))
        values |= {"name": changes["name"], "folded": folded_name(changes["name"])}
    if "note" in changes:
        values["note"] = changes["note"] or ""
    if "born" in changes:
        values["born"] = changes["born"]
    if "shows_birthday" in changes:
        values["shows_birthday"] = changes["shows_birthday"] is not False
    if "cover" in changes:
        values["cover_pk"] = await _cover(db, owner_pk, changes["cover"])
    if not values:
        return Changed(person_id, await bump(db, owner_pk))
    await touch(db, owner_pk, [old.pk], now=now, **values)
    waits = "name" in changes and await retell(
        db, owner_pk, identities=await identities_of(db, owner_pk, [old.pk]), now=now
    )
    return Changed(person_id, await bump(db, owner_pk), waits)


async def remove(
    db: AsyncConnection, owner_pk: int, person_id: UUID, *, expected_version: int | None, now: datetime
) -> Changed:
    """Delete a person, with everybody merged into them; memories stay, and mention nobody in their place.

    Raises PersonNotFound, VersionConflict.
    """
    old = await locked_person(db, owner_pk, person_id, expected_version=expected_version)
    people = [old.pk, *await merged_below(db, owner_pk, old.pk)]
    identities = await identities_of(db, owner_pk, people)
    await _free(db, owner_pk, identities, now=now)
    await db.execute(delete(Person).where(Person.owner_pk == owner_pk, Person.pk.in_(people)))
    waits = await retell(db, owner_pk, identities=identities, now=now)
    return Changed(person_id, await bump(db, owner_pk), waits)


# --- identities ------------------------------------------------------------------


async def add_identity(
    db: AsyncConnection,
    owner_pk: int,
    person_id: UUID,
    given: Mapping[str, Any],
    *,
    expected_version: int | None,
    now: datetime,
) -> Changed:
    """Give a person an address: {kind, value, name?}; theirs already is fine. One without a person brings its mentions.

    Raises PersonNotFound, VersionConflict, InvalidInput, IdentityTaken if it is somebody else's.
    """
    person = await locked_person(db, owner_pk, person_id, expected_version=expected_version)
    identity = await _take(db, owner_pk, person.pk, given, pointer="#/value", now=now)
    return await _settled(db, owner_pk, person_id, [person.pk], [identity], now=now)


async def move_identity(
    db: AsyncConnection,
    owner_pk: int,
    person_id: UUID,
    identity_id: UUID,
    *,
    expected_version: int | None,
    now: datetime,
) -> Changed:
    """Make an identity this person's, whoever had it, for good: taking merges apart does not move it again.

    Raises PersonNotFound, VersionConflict, IdentityNotFound.
    """
    person = await locked_person(db, owner_pk, person_id, expected_version=expected_version)
    identity = await _identity(db, owner_pk, identity_id)
    await _give(db, owner_pk, identity.pk, person.pk, now=now)
    people = [pk for pk in (identity.person_pk, person.pk) if pk is not None]
    return await _settled(db, owner_pk, person_id, people, [identity.pk], now=now)


async def drop_identity(
    db: AsyncConnection,
    owner_pk: int,
    person_id: UUID,
    identity_id: UUID,
    *,
    expected_version: int | None,
    now: datetime,
) -> Changed:
    """Take an identity off a person; its mentions are hidden until it is given to somebody.

    Raises PersonNotFound, VersionConflict, IdentityNotFound.
    """
    person = await locked_person(db, owner_pk, person_id, expected_version=expected_version)
    identity = await _identity(db, owner_pk, identity_id, of=person.pk)
    await _free(db, owner_pk, [identity.pk], now=now)
    return await _settled(db, owner_pk, person_id, [person.pk], [identity.pk], now=now)


async def split_identity(
    db: AsyncConnection,
    owner_pk: int,
    person_id: UUID,
    identity_id: UUID,
    *,
    name: str | None,
    expected_version: int | None,
    now: datetime,
) -> Changed:
    """Make a new person of one identity, called as the source wrote it unless a name is given; the new person's id.

    Raises PersonNotFound, VersionConflict, IdentityNotFound.
    """
    person = await locked_person(db, owner_pk, person_id, expected_version=expected_version)
    identity = await _identity(db, owner_pk, identity_id, of=person.pk)
    (made,) = await make_people(db, owner_pk, [name or identity.name or identity.value], now=now)
    await _give(db, owner_pk, identity.pk, made, now=now)
    found = select(Person.id).where(Person.owner_pk == owner_pk, Person.pk == made)
    new_person = (await db.execute(found)).scalar_one()
    return await _settled(db, owner_pk, new_person, [person.pk], [identity.pk], now=now)


# --- shared with merging -----------------------------------------------------------


async def locked_person(
    db: AsyncConnection, owner_pk: int, person_id: UUID, *, expected_version: int | None = None
) -> AnyRow:
    """(pk, id, version, name, note, cover_pk) of a person, held until the transaction ends.

    Raises VersionConflict, and PersonNotFound also for one merged into another: they are edited there.
    """
    statement = (
        select(Person.pk, Person.id, Person.version, Person.name, Person.note, Person.cover_pk)
        .where(Person.owner_pk == owner_pk, Person.id == person_id, Person.merged_into_pk.is_(None))
        .with_for_update()
    )
    row = (await db.execute(statement)).one_or_none()
    if row is None:
        raise PersonNotFound(f"No person {person_id} in your timeline, or they were merged into another.")
    if expected_version is not None and row.version != expected_version:
        raise VersionConflict(
            "This person was changed elsewhere since you opened them. Nothing was overwritten; "
            "fetch them again and repeat your change.",
            facts={"version": row.version},
        )
    return row


async def touch(db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, now: datetime, **values: Any) -> None:  # noqa: ANN401 - columns
    """Set columns of these people, under a new version."""
    mine = update(Person).where(Person.owner_pk == owner_pk, Person.pk.in_(pks))
    await db.execute(mine.values(updated_at=now, version=Person.version + 1, **values))


async def identities_of(db: AsyncConnection, owner_pk: int, people: Sequence[int]) -> list[int]:
    """The keys of these people's identities."""
    statement = select(Identity.pk).where(Identity.owner_pk == owner_pk, Identity.person_pk.in_(people))
    return list((await db.execute(statement.order_by(Identity.pk))).scalars())


async def _settled(
    db: AsyncConnection,
    owner_pk: int,
    person_id: UUID,
    people: Sequence[int],
    identities: Sequence[int],
    *,
    now: datetime,
) -> Changed:
    await touch(db, owner_pk, people, now=now)
    waits = await retell(db, owner_pk, identities=identities, now=now)
    return Changed(person_id, await bump(db, owner_pk), waits)


async def _take(
    db: AsyncConnection, owner_pk: int, person_pk: int, given: Mapping[str, Any], *, pointer: str, now: datetime
) -> int:
    """The key of an identity that is this person's from now on, made if it was never heard of."""
    kind = given["kind"]
    wrong = problem_with(kind, given["value"])
    if wrong is not None:
        raise InvalidInput("That address cannot be kept. Nothing was saved.", errors=(FieldError(pointer, wrong),))
    value = normalise_address(kind, given["value"])
    found = await _by_address(db, owner_pk, kind, value)
    if found is None:
        name = given["value"] if kind == "name" else given.get("name") or given["value"]
        return await _make(db, owner_pk, person_pk, kind=kind, value=value, name=" ".join(name.split()), now=now)
    if found.person_pk not in (None, person_pk):
        raise IdentityTaken(
            "That address is another person's. Nothing was changed; move it, or merge the two.",
            facts={"person": str(found.person_id), "identity": str(found.id)},
        )
    await _give(db, owner_pk, found.pk, person_pk, now=now)
    pk: int = found.pk
    return pk


async def _own_name(
    db: AsyncConnection, owner_pk: int, person_pk: int, name: str, *, now: datetime, is_needed: bool
) -> int | None:
    """The identity of a new person's name, unless it is somebody's; then, if one is needed, one of no address."""
    value = normalise_address("name", name)
    found = await _by_address(db, owner_pk, "name", value) if value else None
    if value and found is None:
        return await _make(db, owner_pk, person_pk, kind="name", value=value, name=name, now=now)
    if found is not None and found.person_pk in (None, person_pk):
        await _give(db, owner_pk, found.pk, person_pk, now=now)
        pk: int = found.pk
        return pk
    return await plain_identity(db, owner_pk, person_pk, name, now=now) if is_needed else None


async def plain_identity(db: AsyncConnection, owner_pk: int, person_pk: int, name: str, *, now: datetime) -> int:
    """A new identity that no source can name, so that memories can mention a person without any other."""
    return await _make(db, owner_pk, person_pk, kind=PLAIN, value=str(new_id()), name=name, now=now)


async def _make(
    db: AsyncConnection, owner_pk: int, person_pk: int, *, kind: str, value: str, name: str, now: datetime
) -> int:
    values = {"id": new_id(), "owner_pk": owner_pk, "created_at": now, "updated_at": now, "version": 1}
    values |= {"kind": kind, "value": value, "name": name, "person_pk": person_pk}
    add = upsert(db.dialect.name, Identity).values(values).on_conflict_do_nothing().returning(Identity.pk)
    pk = (await db.execute(add)).scalar_one_or_none()
    if pk is None:
        raise IdentityTaken("That address came to another person this very moment. Nothing was changed; try again.")
    return pk


async def _give(db: AsyncConnection, owner_pk: int, identity_pk: int, person_pk: int, *, now: datetime) -> None:
    mine = update(Identity).where(Identity.owner_pk == owner_pk, Identity.pk == identity_pk)
    await db.execute(
        mine.values(person_pk=person_pk, former_person_pk=None, updated_at=now, version=Identity.version + 1)
    )


async def _free(db: AsyncConnection, owner_pk: int, identities: Sequence[int], *, now: datetime) -> None:
    mine = update(Identity).where(Identity.owner_pk == owner_pk, Identity.pk.in_(identities))
    await db.execute(mine.values(person_pk=None, former_person_pk=None, updated_at=now, version=Identity.version + 1))


async def _identity(db: AsyncConnection, owner_pk: int, identity_id: UUID, *, of: int | None = None) -> AnyRow:
    """(pk, kind, value, name, person_pk) of an identity; of: it must be this person's."""
    statement = (
        select(Identity.pk, Identity.kind, Identity.value, Identity.name, Identity.person_pk)
        .where(Identity.owner_pk == owner_pk, Identity.id == identity_id)
        .with_for_update()
    )
    row = (await db.execute(statement)).one_or_none()
    if row is None or (of is not None and row.person_pk != of):
        raise IdentityNotFound(f"No identity {identity_id} of that person.")
    return row


async def _by_address(db: AsyncConnection, owner_pk: int, kind: str, value: str) -> AnyRow | None:
    statement = (
        select(Identity.pk, Identity.id, Identity.person_pk, Person.id.label("person_id"))
        .outerjoin(Person, Person.pk == Identity.person_pk)
        .where(Identity.owner_pk == owner_pk, Identity.kind == kind, Identity.value == value)
    )
    return (await db.execute(statement)).one_or_none()


async def _cover(db: AsyncConnection, owner_pk: int, media_id: UUID | None) -> int | None:
    if media_id is None:
        return None
    pk = await media_trash.cover(db, owner_pk, media_id)
    if pk is None:
        raise InvalidInput(
            "That picture is not in your library. Nothing was saved.",
            errors=(FieldError("#/cover", "is no media file of yours"),),
        )
    return pk
