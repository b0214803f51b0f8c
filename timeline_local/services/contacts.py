"""Contacts of address books: who a person is, all their addresses, when they were born.

Whoever has one of the addresses is the person; else the only one of that name, unless the same book has them as another
entry already; else somebody new. People that only messages made, out of an address of this contact, become one with
them, by a merge that can be taken apart. What the owner wrote stays: a field is only filled where it is empty, or still
as the book said before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, exists, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.birthdays import born
from timeline_local.domain.draft_json import item_to_json
from timeline_local.domain.drafts import Contact, PersonRef
from timeline_local.domain.fingerprints import row_hash
from timeline_local.domain.ids import new_id
from timeline_local.models import Identity, MemoryPerson, Person, SourceLink
from timeline_local.queries.people import root_of
from timeline_local.services import source_links
from timeline_local.services.media_trash import shown_again
from timeline_local.services.people import Address, addresses_of, called, folded_name, make_people
from timeline_local.services.person_edits import identities_of, touch
from timeline_local.services.person_merge import merge, undo_merge
from timeline_local.services.retelling import retell
from timeline_local.services.source_links import Link

NOUN: source_links.Noun = "person"
LONGEST_NOTE = 10_000
_FIELDS = ("name", "born", "note", "cover_pk")

AnyRow = Row[*tuple[Any, ...]]


@dataclass(slots=True)
class _Found:
    """A contact's person, and what was there before."""

    person_pk: int
    is_made: bool
    identities: dict[Address, AnyRow]
    made: list[int] = field(default_factory=list)


def contact_hash(contact: Contact, photo: bytes | None) -> str:
    """Changes exactly when the book says something else; photo: sha-256 of its bytes."""
    said = item_to_json(contact)
    for name in ("source_key", "raw", "photo"):
        said.pop(name, None)
    return row_hash({"contact": said, "photo": photo}).hex()


async def put(
    db: AsyncConnection,
    owner_pk: int,
    contact: Contact,
    *,
    source: str,
    photo: tuple[bytes, int] | None,
    import_pk: int | None,
    now: datetime,
) -> dict[str, Any]:
    """Make the contact's person, or tell what is known of them; what `take_back` needs comes back.

    photo: sha-256 and media_file.pk.
    """
    key = contact.source_key
    link = (await source_links.find(db, owner_pk, NOUN, source=source, keys=[key])).get(key)
    found = await _person(db, owner_pk, contact, source=source, link=link, now=now)
    is_untouched = await _is_untouched(db, owner_pk, found.person_pk)
    merged = await _absorb(db, owner_pk, found, now=now)
    found.made = await _identities(db, owner_pk, contact, found, now=now)
    told = {
        "name": contact.name,
        "born": _born(contact.born),
        "note": contact.note[:LONGEST_NOTE],
        "cover_pk": None if photo is None else photo[1],
    }
    changed = await _tell(
        db, owner_pk, found, told, before=link.said if link else {}, is_untouched=is_untouched, now=now
    )
    said = {**told, "hash": contact_hash(contact, None if photo is None else photo[0])}
    remembered = {key: Link(found.person_pk, said, None if photo is None else photo[1])}
    await source_links.remember(db, owner_pk, NOUN, remembered, source=source, import_pk=import_pk)
    return {
        "source": source,
        "key": key,
        "person": found.person_pk,
        "is_made": found.is_made,
        "identities": found.made,
        "changed": changed,
        "merged": merged,
        "said": None if link is None else dict(link.said),
        "media": None if link is None else link.media_pk,
        "photo": None if photo is None else photo[1],
    }


async def take_back(db: AsyncConnection, owner_pk: int, before: Mapping[str, Any], *, now: datetime) -> None:
    """Undo `put`. Fields that changed since stay, and so do addresses that memories name by now."""
    source, key, person_pk = before["source"], before["key"], before["person"]
    old_cover, _ = before["changed"].get("cover_pk", (None, None))
    photos = await shown_again(db, owner_pk, {before["media"], old_cover} - {None})
    if before["said"] is None:
        await source_links.forget(db, owner_pk, NOUN, source=source, keys=[key])
    else:
        earlier = {key: Link(person_pk, before["said"], before["media"] if before["media"] in photos else None)}
        await source_links.remember(db, owner_pk, NOUN, earlier, source=source, import_pk=None)
    row = await _row(db, owner_pk, person_pk)
    if row is None:
        return
    is_ours = before["is_made"] and _is_as_told(row, before["changed"])
    if before["merged"] is not None:
        await undo_merge(db, owner_pk, before["merged"], now=now)
        row = await _row(db, owner_pk, person_pk)
        assert row is not None  # noqa: S101 - taking a merge apart deletes nobody
    back = {name: old for name, (old, new) in before["changed"].items() if getattr(row, name) == new}
    if "name" in back:
        back["folded"] = folded_name(back["name"])
    if old_cover not in photos and "cover_pk" in back:  # it was deleted since, or there was none
        back["cover_pk"] = None
    if back and not is_ours:
        await touch(db, owner_pk, [person_pk], now=now, **back)
    await _drop(db, owner_pk, before, with_person=is_ours)
    await retell(db, owner_pk, identities=await identities_of(db, owner_pk, [person_pk]), now=now)


async def _person(
    db: AsyncConnection, owner_pk: int, contact: Contact, *, source: str, link: Link | None, now: datetime
) -> _Found:
    addresses = _addresses(contact)
    statement = (
        select(Identity.kind, Identity.value, Identity.pk, Identity.person_pk, Person.version, Person.id)
        .outerjoin(Person, Person.pk == Identity.person_pk)
        .where(Identity.owner_pk == owner_pk, tuple_(Identity.kind, Identity.value).in_(list(addresses)))
    )
    identities = {(row.kind, row.value): row for row in await db.execute(statement)} if addresses else {}
    if link is not None and link.target is not None:
        return _Found(await root_of(db, owner_pk, link.target), is_made=False, identities=identities)
    owners = [
        identities[each].person_pk
        for each in addresses
        if each[0] != "name" and each in identities and identities[each].person_pk is not None
    ]
    if owners:
        return _Found(owners[0], is_made=False, identities=identities)
    namesake = (await called(db, owner_pk, [folded_name(contact.name)])).get(folded_name(contact.name))
    if namesake is not None and not await _is_in_book(db, owner_pk, namesake, source=source):
        return _Found(namesake, is_made=False, identities=identities)
    name = contact.name or next((ref.value for ref in addresses.values()), contact.source_key)
    (made,) = await make_people(db, owner_pk, [name], now=now)
    return _Found(made, is_made=True, identities=identities)


async def _is_untouched(db: AsyncConnection, owner_pk: int, person_pk: int) -> bool:
    """Whether nobody ever changed a person since a memory's source made them."""
    row = await _row(db, owner_pk, person_pk)
    return row is not None and row.version == 1


async def _is_in_book(db: AsyncConnection, owner_pk: int, person_pk: int, *, source: str) -> bool:
    statement = select(SourceLink.pk).where(
        SourceLink.owner_pk == owner_pk, SourceLink.source == source, SourceLink.person_pk == person_pk
    )
    return (await db.execute(statement.limit(1))).first() is not None


async def _absorb(db: AsyncConnection, owner_pk: int, found: _Found, *, now: datetime) -> dict[str, Any] | None:
    """Merge people whom nobody touched and no book knows, made out of an address of this contact, or of their name."""
    others = {
        row.person_pk: row.id
        for row in found.identities.values()
        if row.person_pk not in (None, found.person_pk) and row.version == 1
    }
    if not others:
        return None
    known = select(SourceLink.person_pk).where(SourceLink.owner_pk == owner_pk, SourceLink.person_pk.in_(others))
    for pk in (await db.execute(known)).scalars():
        others.pop(pk, None)
    person = await _row(db, owner_pk, found.person_pk)
    if not others or person is None:
        return None
    merged = await merge(db, owner_pk, person.id, list(others.values()), expected_version=None, now=now)
    return merged.data


async def _identities(
    db: AsyncConnection, owner_pk: int, contact: Contact, found: _Found, *, now: datetime
) -> list[int]:
    """The keys of those addresses that nobody had; they are the person's now."""
    base = {"owner_pk": owner_pk, "created_at": now, "updated_at": now, "version": 1, "person_pk": found.person_pk}
    rows = [
        {**base, "id": new_id(), "kind": kind, "value": value, "name": " ".join((ref.name or ref.value).split())}
        for (kind, value), ref in _addresses(contact).items()
        if (kind, value) not in found.identities
    ]
    if not rows:
        return []
    return list((await db.execute(insert(Identity).returning(Identity.pk), rows)).scalars())


def _addresses(contact: Contact) -> dict[Address, PersonRef]:
    """Every address, and the name at last; each called as the contact is."""
    refs = [PersonRef(name=ref.name or contact.name, kind=ref.kind, value=ref.value) for ref in contact.addresses]
    return addresses_of([*refs, PersonRef(name=contact.name)])


async def _tell(
    db: AsyncConnection,
    owner_pk: int,
    found: _Found,
    told: Mapping[str, Any],
    *,
    before: Mapping[str, Any],
    is_untouched: bool,
    now: datetime,
) -> dict[str, list[Any]]:
    """Fill in the fields that are the book's to fill in: field → [what was there, what is now]."""
    row = await _row(db, owner_pk, found.person_pk)
    assert row is not None  # noqa: S101 - found or made just before
    changed: dict[str, list[Any]] = {}
    for name in _FIELDS:
        old, new = getattr(row, name), told[name]
        is_free = old in (None, "", before.get(name)) or (name == "name" and is_untouched)
        if is_free and new != old and new not in (None, ""):
            changed[name] = [old, new]
    values = {name: new for name, (_, new) in changed.items()}
    if "name" in values:
        values["folded"] = folded_name(values["name"])
    if values:
        await touch(db, owner_pk, [found.person_pk], now=now, **values)
        identities = await identities_of(db, owner_pk, [found.person_pk])
        await retell(db, owner_pk, identities=identities, now=now)
    return changed


def _born(text: str) -> str | None:
    """The birthday; None for what a book has in its place."""
    try:
        return born(text)
    except ValueError:
        return None


def _is_as_told(row: AnyRow, changed: Mapping[str, list[Any]]) -> bool:
    """Whether nobody but the contact said anything about a person it made."""
    told = {"born": None, "note": "", "cover_pk": None} | {name: new for name, (_, new) in changed.items()}
    return all(getattr(row, name) == value for name, value in told.items())


async def _drop(db: AsyncConnection, owner_pk: int, before: Mapping[str, Any], *, with_person: bool) -> None:
    """The addresses that the contact brought, unless memories name them; and the person, if none is left."""
    named = exists().where(MemoryPerson.identity_pk == Identity.pk)
    mine = (Identity.owner_pk == owner_pk, Identity.person_pk == before["person"])
    await db.execute(delete(Identity).where(*mine, Identity.pk.in_(before["identities"]), ~named))
    if not with_person:
        return
    left = exists().where(or_(Identity.person_pk == Person.pk, Identity.former_person_pk == Person.pk))
    await db.execute(delete(Person).where(Person.owner_pk == owner_pk, Person.pk == before["person"], ~left))


async def _row(db: AsyncConnection, owner_pk: int, person_pk: int) -> AnyRow | None:
    columns = (Person.pk, Person.id, Person.version, Person.name, Person.born, Person.note, Person.cover_pk)
    statement = select(*columns).where(Person.owner_pk == owner_pk, Person.pk == person_pk)
    return (await db.execute(statement)).one_or_none()
