"""Two people who are one, and one who turns out to be two.

Memories point at identities, so a merge rewrites none of them: the identities move to the survivor, and each remembers
in `former_person_pk` whose it was before any merge. The absorbed keep their rows, with `merged_into_pk` set, so that a
merge can be taken apart at any later time, also when the survivor was merged further. What somebody moved by hand
remembers nobody: it stays where it was put.

Always true: `former_person_pk` is null, or somebody merged (through however many) into `person_pk`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.exceptions import FieldError, InvalidInput, PersonNotFound, UndoExpired, WrongState
from timeline_local.models import Identity, MediaFile, Person
from timeline_local.queries.people import merged_below, root_of
from timeline_local.services.person_edits import AnyRow, Changed, identities_of, locked_person, touch
from timeline_local.services.retelling import retell
from timeline_local.services.revision import bump

ACTION = "merge_people"
LONGEST_NOTE = 10_000


@dataclass(frozen=True, slots=True)
class Merged:
    """data: for services.undo.keep, under ACTION."""

    changed: Changed
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Apart:
    """people: those who are themselves again."""

    changed: Changed
    people: tuple[UUID, ...]


async def merge(
    db: AsyncConnection,
    owner_pk: int,
    person_id: UUID,
    others: Sequence[UUID],
    *,
    expected_version: int | None,
    now: datetime,
) -> Merged:
    """Make others one with a person. The survivor's name stays; notes are joined; a missing cover is taken over.

    Raises PersonNotFound, VersionConflict, InvalidInput for somebody unknown, already merged, or the person themselves.
    """
    if person_id in others:
        raise _no_other(others.index(person_id), "is the person themselves")
    await _hold(db, owner_pk, [person_id, *others])
    survivor = await locked_person(db, owner_pk, person_id, expected_version=expected_version)
    gone = await _people(db, owner_pk, list(dict.fromkeys(others)))
    pks = [each.pk for each in gone]
    moved = await identities_of(db, owner_pk, pks)
    mine = update(Identity).where(Identity.owner_pk == owner_pk, Identity.pk.in_(moved))
    await db.execute(
        mine.values(
            former_person_pk=func.coalesce(Identity.former_person_pk, Identity.person_pk),
            person_pk=survivor.pk,
            updated_at=now,
            version=Identity.version + 1,
        )
    )
    await touch(db, owner_pk, pks, now=now, merged_into_pk=survivor.pk)
    before = {"note": survivor.note, "cover_pk": survivor.cover_pk}
    after = {
        "note": _joined([survivor.note, *(each.note for each in gone)]),
        "cover_pk": next((each.cover_pk for each in (survivor, *gone) if each.cover_pk is not None), None),
    }
    await touch(db, owner_pk, [survivor.pk], now=now, **after)
    waits = await retell(db, owner_pk, identities=moved, now=now)
    data = {
        "person": str(person_id),
        "people": [str(each.id) for each in gone],
        "before": before,
        "after": after,
    }
    return Merged(Changed(person_id, await bump(db, owner_pk), waits), data)


async def undo_merge(db: AsyncConnection, owner_pk: int, data: Mapping[str, Any], *, now: datetime) -> Apart:
    """Take one merge back: the people who are still merged, and of the survivor's fields what nobody changed since.

    Raises UndoExpired when the person was deleted since.
    """
    person_id = UUID(data["person"])
    statement = select(Person.pk, Person.note, Person.cover_pk).where(
        Person.owner_pk == owner_pk, Person.id == person_id
    )
    person = (await db.execute(statement)).one_or_none()
    if person is None:
        raise UndoExpired("The person was deleted since, so there is nothing to take apart. Nothing was changed.")
    root = await _held_root(db, owner_pk, person.pk)
    wanted = [UUID(each) for each in data["people"]]
    still = select(Person.pk, Person.id).where(
        Person.owner_pk == owner_pk, Person.id.in_(wanted), Person.merged_into_pk == person.pk
    )
    children = (await db.execute(still.order_by(Person.pk))).all()
    before, after = data["before"], data["after"]
    restored: dict[str, Any] = {}
    if after["note"] != before["note"] and person.note == after["note"]:
        restored["note"] = before["note"]
    if after["cover_pk"] != before["cover_pk"] and person.cover_pk == after["cover_pk"]:
        restored["cover_pk"] = await _cover_there(db, owner_pk, before["cover_pk"])
    await touch(db, owner_pk, [person.pk], now=now, **restored)
    return await _apart(db, owner_pk, person_id, root, children, now=now)


async def unmerge(
    db: AsyncConnection,
    owner_pk: int,
    person_id: UUID,
    others: Sequence[UUID] | None,
    *,
    expected_version: int | None,
    now: datetime,
) -> Apart:
    """Give people merged into this one back to themselves, with the identities they came with; all when None is named.

    Raises PersonNotFound, VersionConflict, WrongState when nobody was merged, InvalidInput for somebody who was not.
    """
    person = await locked_person(db, owner_pk, person_id, expected_version=expected_version)
    statement = select(Person.pk, Person.id).where(Person.owner_pk == owner_pk, Person.merged_into_pk == person.pk)
    children = (await db.execute(statement.order_by(Person.pk))).all()
    if not children:
        raise WrongState("Nobody was merged into this person, so there is nothing to take apart.")
    if others is not None:
        there = {each.id for each in children}
        for place, other in enumerate(others):
            if other not in there:
                raise _no_other(place, "was not merged into this person")
        children = [each for each in children if each.id in others]
    await touch(db, owner_pk, [person.pk], now=now)
    return await _apart(db, owner_pk, person_id, person.pk, children, now=now)


async def _apart(
    db: AsyncConnection, owner_pk: int, person_id: UUID, root: int, children: Sequence[AnyRow], *, now: datetime
) -> Apart:
    """Each child is a person again, with its own identities and those of who was merged into it."""
    moved: list[int] = []
    for child in children:
        homes = [child.pk, *await merged_below(db, owner_pk, child.pk)]
        mine = (
            update(Identity)
            .where(Identity.owner_pk == owner_pk, Identity.person_pk == root, Identity.former_person_pk.in_(homes))
            .values(
                person_pk=child.pk,
                former_person_pk=case((Identity.former_person_pk == child.pk, None), else_=Identity.former_person_pk),
                updated_at=now,
                version=Identity.version + 1,
            )
            .returning(Identity.pk)
        )
        moved += (await db.execute(mine)).scalars()
    await touch(db, owner_pk, [each.pk for each in children], now=now, merged_into_pk=None)
    waits = await retell(db, owner_pk, identities=moved, now=now)
    return Apart(Changed(person_id, await bump(db, owner_pk), waits), tuple(each.id for each in children))


async def _hold(db: AsyncConnection, owner_pk: int, ids: Sequence[UUID]) -> None:
    """Hold all rows in one order: merges the other way round wait instead of blocking each other."""
    statement = select(Person.pk).where(Person.owner_pk == owner_pk, Person.id.in_(ids))
    await db.execute(statement.order_by(Person.pk).with_for_update())


async def _held_root(db: AsyncConnection, owner_pk: int, person_pk: int) -> int:
    """Who a person is now, held until the transaction ends."""
    root = await root_of(db, owner_pk, person_pk)
    statement = select(Person.pk).where(Person.owner_pk == owner_pk, Person.pk == root, Person.merged_into_pk.is_(None))
    if (await db.execute(statement.with_for_update())).scalar_one_or_none() is None:
        raise WrongState("This person is being merged this very moment. Nothing was changed; try again.")
    return root


async def _people(db: AsyncConnection, owner_pk: int, ids: Sequence[UUID]) -> list[AnyRow]:
    """The people of these ids, in order. Raises InvalidInput for one who is not there."""
    found: list[AnyRow] = []
    for place, id_ in enumerate(ids):
        try:
            found.append(await locked_person(db, owner_pk, id_))
        except PersonNotFound:
            raise _no_other(place, "is no person of yours") from None
    return found


def _no_other(place: int, reason: str) -> InvalidInput:
    return InvalidInput(
        "Not all of them can be taken. Nothing was changed.", errors=(FieldError(f"#/people/{place}", reason),)
    )


def _joined(notes: Sequence[str]) -> str:
    """The notes that say something, under one another; those that would make it too long stay with the absorbed."""
    whole, *others = notes
    for note in dict.fromkeys(others):
        longer = f"{whole}\n\n{note}" if whole else note
        whole = longer if note and note not in whole and len(longer) <= LONGEST_NOTE else whole
    return whole


async def _cover_there(db: AsyncConnection, owner_pk: int, media_pk: int | None) -> int | None:
    statement = select(MediaFile.pk).where(MediaFile.owner_pk == owner_pk, MediaFile.pk == media_pk)
    return (await db.execute(statement)).scalar_one_or_none()
