"""Collections: albums, trips, journals; by hand and in order, or by a query."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query, Response

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.expected import expected_version
from timeline_local.api.languages import words_of
from timeline_local.api.media_urls import UrlMaker, media_urls
from timeline_local.api.pages import IfMatch, IfNoneMatch, decode_cursor, encode_cursor, etag, if_none_match
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.domain.drafts import CollectionKind
from timeline_local.domain.query import CollectionIs, DateRange, parse
from timeline_local.domain.query import Query as Asked
from timeline_local.exceptions import (
    CollectionIsComputed,
    CollectionNameTaken,
    CollectionNotFound,
    IdempotencyConflict,
    InvalidCursor,
    InvalidInput,
    InvalidQuery,
    ScopeMissing,
    TooMuch,
    VersionConflict,
)
from timeline_local.queries import collections as queries
from timeline_local.queries import memories
from timeline_local.queries.collections import AnyRow
from timeline_local.queries.memory_rows import placeholder_text
from timeline_local.runtime import Runtime
from timeline_local.schemas import collections as wire
from timeline_local.schemas.memories import Day, Memories
from timeline_local.services import collections

router = APIRouter(prefix="/collections", tags=["collections"], route_class=StrictRoute)

PRIVATE = "private, no-cache"
Cursor = Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=500)]
_READ = requires("collections:read")
_WRITE = requires("collections:write")
_MEMBERS = responses(CollectionNotFound, CollectionIsComputed, InvalidInput, ScopeMissing, TooMuch, VersionConflict)


@router.get(
    "",
    summary="Your collections, newest first",
    dependencies=[_READ],
    response_class=Response,
    responses=responses(InvalidCursor, InvalidInput, ScopeMissing) | {200: {"model": wire.Collections}},
)
async def list_collections(
    db: ReadDb,
    parts: Parts,
    me: Me,
    kind: Annotated[list[CollectionKind], Query(description="Only of these kinds.")] = [],  # noqa: B006 - never changed
    memory: Annotated[UUID | None, Query(description="Only those that this memory was put into.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """With the number of members where they were put in by hand; what a query finds is only counted for one."""
    after = UUID(bytes=decode_cursor(cursor)[2]) if cursor else None
    rows = await queries.page(db, me.user_pk, after=after, limit=limit + 1, kinds=kind, memory_id=memory)
    more = encode_cursor((0, 0, rows[limit - 1].id.bytes)) if len(rows) > limit else None
    url = media_urls(parts, me)
    items = [_collection(row, url, row.members) for row in rows[:limit]]
    return _json({"items": items, "next_cursor": more}, {"Cache-Control": "private, no-store"})


@router.post(
    "",
    summary="Make a collection",
    status_code=201,
    dependencies=[_WRITE],
    response_class=Response,
    responses=responses(CollectionNameTaken, IdempotencyConflict, InvalidInput, InvalidQuery, ScopeMissing)
    | {201: {"model": wire.Collection}},
)
async def create_collection(
    given: wire.NewCollection,
    me: Me,
    parts: Parts,
    key: RepeatKey = None,
) -> Response:
    """With a query its members are what that finds, in timeline order, for as long as it exists; else it is empty."""
    today, revision = _today(parts), None
    async with parts.database.write() as db:
        known = await made_before(db, parts, me, key, given, what="collections")
        if known is None:
            fields = given.model_dump()
            known, revision = await collections.create(db, me.user_pk, fields, today=today, now=parts.now())
            await remember(db, me, key, known)
        whole = await _whole(db, me, parts, known, today)
    if revision is not None:
        announce_timeline(parts, me.user_pk, revision)
    return _json(whole, {"Location": f"/api/v1/collections/{known}", "ETag": etag(whole["version"])}, status=201)


@router.get(
    "/{collection_id}",
    summary="One collection",
    dependencies=[_READ],
    response_class=Response,
    responses=responses(CollectionNotFound, ScopeMissing)
    | {200: {"model": wire.Collection}, 304: {"description": "Unchanged"}},
)
async def read_collection(collection_id: UUID, db: ReadDb, me: Me, parts: Parts, known: IfNoneMatch = None) -> Response:
    """Its ETag is its version: it changes with its fields, its members and their order."""
    whole = await _whole(db, me, parts, collection_id, _today(parts))
    headers = {"ETag": etag(whole["version"]), "Cache-Control": PRIVATE}
    # What a query finds changes without the collection.
    if whole["query"] is None and if_none_match(known, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return _json(whole, headers)


@router.patch(
    "/{collection_id}",
    summary="Edit a collection",
    dependencies=[_WRITE],
    response_class=Response,
    responses=responses(
        CollectionNotFound, CollectionNameTaken, InvalidInput, InvalidQuery, ScopeMissing, VersionConflict
    )
    | {200: {"model": wire.Collection}},
)
async def edit_collection(
    collection_id: UUID, patch: wire.CollectionPatch, me: Me, parts: Parts, expected: IfMatch = None
) -> Response:
    """A merge patch. One put together by hand never becomes one with a query, nor the other way round."""
    today = _today(parts)
    async with parts.database.write() as db:
        revision = await collections.edit(
            db,
            me.user_pk,
            collection_id,
            patch.model_dump(exclude_unset=True),
            expected_version=await expected_version(db, me, "collection", collection_id, expected),
            today=today,
            now=parts.now(),
        )
        whole = await _whole(db, me, parts, collection_id, today)
    announce_timeline(parts, me.user_pk, revision)
    return _json(whole, {"ETag": etag(whole["version"])})


@router.delete(
    "/{collection_id}",
    summary="Delete a collection, not its memories",
    status_code=204,
    dependencies=[_WRITE],
    responses=responses(CollectionNotFound, ScopeMissing, VersionConflict),
)
async def delete_collection(collection_id: UUID, me: Me, parts: Parts, expected: IfMatch = None) -> Response:
    """Queries that name it find nothing by it from then on."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "collection", collection_id, expected)
        revision = await collections.drop(db, me.user_pk, collection_id, expected_version=version)
    announce_timeline(parts, me.user_pk, revision)
    return Response(status_code=204)


@router.get(
    "/{collection_id}/memories",
    summary="A page of a collection's memories",
    dependencies=[_READ],
    response_class=Response,
    responses=responses(CollectionNotFound, InvalidCursor, InvalidInput, InvalidQuery, ScopeMissing)
    | {200: {"model": Memories}},
)
async def list_members(
    collection_id: UUID,
    me: Me,
    parts: Parts,
    cursor: Cursor = None,
    limit: Limit = 50,
    since: Annotated[Day | None, Query(description="From this day on, the oldest first, as a chat is read.")] = None,
    before: Annotated[Day | None, Query(description="Before this day, the newest first.")] = None,
) -> Response:
    """By hand: in the order they were put, archived ones too. By query: the newest first. Pages cost the same.

    With `since` or `before`: those on the timeline whose day is known, in the order of time.
    """
    position = None if cursor is None else decode_cursor(cursor)
    days = _days(since, before)
    url = media_urls(parts, me)
    async with parts.database.read() as db:
        row = await queries.get(db, me.user_pk, collection_id)
        found: queries.Members | memories.Page
        if days is not None:
            asked = Asked((CollectionIs(row.name, _today(parts)), days))
            order: memories.Order = "newest" if since is None else "oldest"
            found = await memories.page(
                db, me.user_pk, asked, cursor=position, limit=limit, order=order, url_for=url, words=words_of(me)
            )
        elif row.query is None:
            found = await queries.members(
                db, me.user_pk, row.pk, cursor=position, limit=limit, url_for=url, words=words_of(me)
            )
        else:
            asked = Asked((CollectionIs(row.name, _today(parts)),))
            found = await memories.page(
                db, me.user_pk, asked, cursor=position, limit=limit, order="newest", url_for=url, words=words_of(me)
            )
    following = None if found.next is None else encode_cursor(found.next)
    return _json({"items": found.items, "next_cursor": following}, {"Cache-Control": "private, no-store"})


@router.post(
    "/{collection_id}/memories",
    summary="Put memories into a collection",
    dependencies=[_WRITE],
    responses=_MEMBERS | responses(InvalidQuery),
)
async def add_members(
    collection_id: UUID, given: wire.Addition, me: Me, parts: Parts, expected: IfMatch = None
) -> wire.Filled:
    """At the end or the start; those that are in stay where they are. Unknown and trashed ones are passed over."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "collection", collection_id, expected)
        if given.memories is not None:
            pks = await collections.living(db, me.user_pk, given.memories)
        else:
            most = collections.MOST_MEMBERS + 1
            pks = await queries.ordered_pks(db, me.user_pk, parse(given.query or "", _today(parts)), most=most)
        done = await collections.add(
            db,
            me.user_pk,
            collection_id,
            pks,
            at_start=given.position == "start",
            expected_version=version,
            now=parts.now(),
        )
    return _filled(parts, me, done)


@router.delete(
    "/{collection_id}/memories",
    summary="Take memories out of a collection",
    dependencies=[_WRITE],
    responses=_MEMBERS,
)
async def remove_members(
    collection_id: UUID, given: wire.Removal, me: Me, parts: Parts, expected: IfMatch = None
) -> wire.Filled:
    """The memories themselves stay where they are on the timeline."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "collection", collection_id, expected)
        pks = await memories.pks_of_ids(db, me.user_pk, given.memories)
        done = await collections.remove(db, me.user_pk, collection_id, pks, expected_version=version, now=parts.now())
    return _filled(parts, me, done)


@router.post(
    "/{collection_id}/move",
    summary="Move members of a collection",
    dependencies=[_WRITE],
    responses=_MEMBERS,
)
async def move_members(
    collection_id: UUID, given: wire.Move, me: Me, parts: Parts, expected: IfMatch = None
) -> wire.Filled:
    """Right before or right after another member, in the order given."""
    anchor = given.before or given.after
    async with parts.database.write() as db:
        version = await expected_version(db, me, "collection", collection_id, expected)
        pks = await collections.living(db, me.user_pk, given.memories)
        anchors = await memories.pks_of_ids(db, me.user_pk, [anchor] if anchor else [])
        done = await collections.move(
            db,
            me.user_pk,
            collection_id,
            pks,
            side="before" if given.before else "after",
            anchor_pk=anchors[0] if anchors else None,
            expected_version=version,
            now=parts.now(),
        )
    return _filled(parts, me, done)


def _filled(parts: Runtime, me: Caller, done: collections.Filled) -> wire.Filled:
    if done.revision is not None:
        announce_timeline(parts, me.user_pk, done.revision)
    return wire.Filled(changed=done.count, version=done.version)


async def _whole(db: ReadDb, me: Caller, parts: Runtime, collection_id: UUID, today: date) -> dict[str, Any]:
    row = await queries.get(db, me.user_pk, collection_id)
    count = row.members
    if row.query is not None:
        count = await queries.computed_count(db, me.user_pk, row.name, today)
    return _collection(row, media_urls(parts, me), count)


def _collection(row: AnyRow, url: UrlMaker, count: int | None) -> dict[str, Any]:
    has_preview = row.preview_state not in {None, "none"}
    picture = row.picture and {
        "media_id": str(row.picture),
        "grid": url(row.picture, "grid", row.preview_version) if has_preview else None,
        "placeholder": placeholder_text(row.thumbhash) if row.thumbhash else None,
    }
    return {
        "id": str(row.id),
        "name": row.name,
        "kind": row.kind,
        "description": row.description,
        "query": row.query,
        "cover": row.cover and str(row.cover),
        "picture": picture,
        "members": count,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "version": row.version,
    }


def _json(value: Any, headers: dict[str, str], *, status: int = 200) -> Response:  # noqa: ANN401 - any JSON value
    body = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def _days(since: date | None, before: date | None) -> DateRange | None:
    """The days asked for; None for all. Raises InvalidInput."""
    if since is not None and before is not None:
        raise InvalidInput("Ask for the memories since a day, or for those before one; not for both.")
    if since is not None:
        return DateRange(since, date.max)
    if before == date.min:
        raise InvalidInput("There is no day before the year 1.")
    return None if before is None else DateRange(date.min, before - timedelta(days=1))


def _today(parts: Runtime) -> date:
    return parts.now().astimezone(ZoneInfo(parts.home_zone)).date()
