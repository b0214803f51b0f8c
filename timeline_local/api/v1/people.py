"""People: who they are, by which addresses sources know them, and which of them are one."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.expected import expected_version
from timeline_local.api.media_urls import media_urls
from timeline_local.api.pages import (
    LONGEST_TEXT_CURSOR,
    IfMatch,
    decode_cursor,
    decode_text_cursor,
    encode_cursor,
    encode_text_cursor,
    etag,
)
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.exceptions import (
    IdempotencyConflict,
    IdentityNotFound,
    IdentityTaken,
    InvalidCursor,
    InvalidInput,
    PersonNotFound,
    ScopeMissing,
    VersionConflict,
    WrongState,
)
from timeline_local.queries import people as queries
from timeline_local.runtime import Runtime
from timeline_local.schemas import people as wire
from timeline_local.services import person_edits, person_merge, undo

router = APIRouter(prefix="/people", tags=["people"], route_class=StrictRoute)

MOST = 500


@router.get(
    "",
    summary="A page of people",
    dependencies=[requires("people:read")],
    responses=responses(InvalidInput, InvalidCursor, ScopeMissing),
)
async def list_people(
    me: Me,
    parts: Parts,
    db: ReadDb,
    q: Annotated[str, Query(max_length=200, description="How the name, or a word of it, begins.")] = "",
    order: Annotated[Literal["name", "memories"], Query(description="By name, or the most mentioned first.")] = "name",
    cursor: Annotated[str | None, Query(max_length=LONGEST_TEXT_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> wire.People:
    """With their identities and the number of memories that mention them. A cursor goes with its order and `q`."""
    page = await queries.page(db, me.user_pk, q=q, order=order, cursor=_position(cursor, order), limit=limit)
    following = None if page.next is None else _cursor(page.next)
    return wire.People(items=[_person(row, parts, me) for row in page.items], next_cursor=following)


@router.post(
    "",
    summary="Add a person",
    status_code=201,
    dependencies=[requires("people:write")],
    responses=responses(InvalidInput, IdempotencyConflict, IdentityTaken, ScopeMissing),
)
async def create_person(
    given: wire.NewPerson, me: Me, parts: Parts, answer: Response, key: RepeatKey = None
) -> wire.Person:
    """Their name becomes an identity, so that a source which names them means this person."""
    changed = None
    async with parts.database.write() as db:
        known = await made_before(db, parts, me, key, given, what="people")
        if known is None:
            fields = given.model_dump(exclude_unset=True)
            changed = await person_edits.create(db, me.user_pk, fields, now=parts.now())
            known = changed.id
            await remember(db, me, key, known)
        person = await queries.get(db, me.user_pk, known)
    _announce(parts, me, changed)
    answer.headers["Location"] = f"/api/v1/people/{known}"
    return _answer(person, parts, me, answer)


@router.get(
    "/{person_id}",
    summary="One person",
    response_model=wire.Person,
    dependencies=[requires("people:read")],
    responses=responses(InvalidInput, PersonNotFound, ScopeMissing)
    | {308: {"description": "They were merged; `Location` is who they are now."}},
)
async def read_person(person_id: UUID, me: Me, parts: Parts, db: ReadDb, answer: Response) -> wire.Person | Response:
    """Somebody merged into another is answered with a redirect to who they are now."""
    try:
        person = await queries.get(db, me.user_pk, person_id)
    except PersonNotFound:
        now = await queries.survivor(db, me.user_pk, person_id)
        if now is None:
            raise
        return Response(status_code=308, headers={"Location": f"/api/v1/people/{now}"})
    return _answer(person, parts, me, answer)


@router.patch(
    "/{person_id}",
    summary="Edit a person",
    dependencies=[requires("people:write")],
    responses=responses(InvalidInput, PersonNotFound, ScopeMissing, VersionConflict),
)
async def edit_person(
    person_id: UUID, patch: wire.PersonPatch, me: Me, parts: Parts, answer: Response, expected: IfMatch = None
) -> wire.Person:
    """A merge patch of name, note and cover. Memories that mention them are found under the new name."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "person", person_id, expected)
        fields = patch.model_dump(exclude_unset=True)
        changed = await person_edits.edit(db, me.user_pk, person_id, fields, expected_version=version, now=parts.now())
        person = await queries.get(db, me.user_pk, person_id)
    _announce(parts, me, changed)
    return _answer(person, parts, me, answer)


@router.delete(
    "/{person_id}",
    summary="Delete a person",
    status_code=204,
    dependencies=[requires("people:write")],
    responses=responses(InvalidInput, PersonNotFound, ScopeMissing, VersionConflict),
)
async def delete_person(person_id: UUID, me: Me, parts: Parts, expected: IfMatch = None) -> Response:
    """Memories stay, and mention them no more. No import brings them back; naming them by hand does."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "person", person_id, expected)
        changed = await person_edits.remove(db, me.user_pk, person_id, expected_version=version, now=parts.now())
    _announce(parts, me, changed)
    return Response(status_code=204)


@router.post(
    "/{person_id}/merge",
    summary="Make people one",
    dependencies=[requires("people:write")],
    responses=responses(InvalidInput, PersonNotFound, ScopeMissing, VersionConflict),
)
async def merge_people(
    person_id: UUID, given: wire.Merge, me: Me, parts: Parts, answer: Response, expected: IfMatch = None
) -> wire.Merged:
    """The others' identities become this person's, so a source that names one of them means this person from now on."""
    now = parts.now()
    async with parts.database.write() as db:
        version = await expected_version(db, me, "person", person_id, expected)
        merged = await person_merge.merge(db, me.user_pk, person_id, given.people, expected_version=version, now=now)
        token = await undo.keep(db, me.user_pk, action=person_merge.ACTION, data=merged.data, now=now)
        person = await queries.get(db, me.user_pk, person_id)
    _announce(parts, me, merged.changed)
    return wire.Merged(person=_answer(person, parts, me, answer), undo_token=token)


@router.post(
    "/{person_id}/unmerge",
    summary="Take a merged person apart",
    dependencies=[requires("people:write")],
    responses=responses(InvalidInput, PersonNotFound, ScopeMissing, VersionConflict, WrongState),
)
async def unmerge_people(
    person_id: UUID, given: wire.Unmerge, me: Me, parts: Parts, answer: Response, expected: IfMatch = None
) -> wire.Unmerged:
    """At any time after: they are themselves again, with the identities they came with, except those moved by hand."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "person", person_id, expected)
        apart = await person_merge.unmerge(
            db, me.user_pk, person_id, given.people, expected_version=version, now=parts.now()
        )
        person = await queries.get(db, me.user_pk, person_id)
        others = [await queries.get(db, me.user_pk, id_) for id_ in apart.people]
    _announce(parts, me, apart.changed)
    return wire.Unmerged(person=_answer(person, parts, me, answer), people=[_person(row, parts, me) for row in others])


@router.post(
    "/{person_id}/identities",
    summary="Give a person an address",
    status_code=201,
    dependencies=[requires("people:write")],
    responses=responses(InvalidInput, PersonNotFound, IdentityNotFound, IdentityTaken, ScopeMissing, VersionConflict),
)
async def add_identity(
    person_id: UUID, given: wire.AddedIdentity, me: Me, parts: Parts, answer: Response, expected: IfMatch = None
) -> wire.Person:
    """A new one, or one that is there, which is moved here with its mentions. Repeating it changes nothing."""
    now = parts.now()
    async with parts.database.write() as db:
        version = await expected_version(db, me, "person", person_id, expected)
        if given.identity is not None:
            changed = await person_edits.move_identity(
                db, me.user_pk, person_id, given.identity, expected_version=version, now=now
            )
        else:
            fields = given.model_dump(exclude={"identity"})
            changed = await person_edits.add_identity(
                db, me.user_pk, person_id, fields, expected_version=version, now=now
            )
        person = await queries.get(db, me.user_pk, person_id)
    _announce(parts, me, changed)
    return _answer(person, parts, me, answer)


@router.delete(
    "/{person_id}/identities/{identity_id}",
    summary="Take an address off a person",
    status_code=204,
    dependencies=[requires("people:write")],
    responses=responses(InvalidInput, PersonNotFound, IdentityNotFound, ScopeMissing, VersionConflict),
)
async def remove_identity(
    person_id: UUID, identity_id: UUID, me: Me, parts: Parts, expected: IfMatch = None
) -> Response:
    """Its mentions are hidden until it is given to somebody; no import brings it back to this person."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "person", person_id, expected)
        changed = await person_edits.drop_identity(
            db, me.user_pk, person_id, identity_id, expected_version=version, now=parts.now()
        )
    _announce(parts, me, changed)
    return Response(status_code=204)


@router.post(
    "/{person_id}/identities/{identity_id}/split",
    summary="Make a new person of one address",
    status_code=201,
    dependencies=[requires("people:write")],
    responses=responses(InvalidInput, PersonNotFound, IdentityNotFound, ScopeMissing, VersionConflict),
)
async def split_identity(
    person_id: UUID,
    identity_id: UUID,
    given: wire.Split,
    me: Me,
    parts: Parts,
    answer: Response,
    expected: IfMatch = None,
) -> wire.Person:
    """The answer is the new person. The identity's mentions, past and to come, are theirs."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "person", person_id, expected)
        changed = await person_edits.split_identity(
            db, me.user_pk, person_id, identity_id, name=given.name, expected_version=version, now=parts.now()
        )
        person = await queries.get(db, me.user_pk, changed.id)
    _announce(parts, me, changed)
    answer.headers["Location"] = f"/api/v1/people/{changed.id}"
    return _answer(person, parts, me, answer)


def _announce(parts: Runtime, me: Caller, changed: person_edits.Changed | None) -> None:
    if changed is None:
        return
    announce_timeline(parts, me.user_pk, changed.revision)
    if changed.waits:
        parts.wake_jobs.set()


def _answer(row: queries.PersonRow, parts: Runtime, me: Caller, answer: Response) -> wire.Person:
    answer.headers["ETag"] = etag(row.version)
    return _person(row, parts, me)


def _person(row: queries.PersonRow, parts: Runtime, me: Caller) -> wire.Person:
    cover, preview, has_preview = row.cover or (None, 0, False)
    return wire.Person(
        id=row.id,
        name=row.name,
        note=row.note,
        born=row.born,
        shows_birthday=row.shows_birthday,
        cover=cover,
        picture=media_urls(parts, me)(cover, "grid", preview) if cover is not None and has_preview else None,
        identities=[
            wire.Identity(id=each.id, kind=each.kind, value=each.value, name=each.name) for each in row.identities
        ],
        memories=row.memories,
        merged=[wire.Absorbed(id=id_, name=name) for id_, name in row.merged],
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def _position(cursor: str | None, order: str) -> queries.Place | None:
    if cursor is None:
        return None
    if order == "name":
        return decode_text_cursor(cursor)
    number, _, key = decode_cursor(cursor)
    return number, UUID(bytes=key)


def _cursor(place: queries.Place) -> str:
    key, id_ = place
    return encode_text_cursor(key, id_) if isinstance(key, str) else encode_cursor((key, 0, id_.bytes))
