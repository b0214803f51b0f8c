"""Memories: list, write, edit, trash, and why they say what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.caps import check_caps
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.dependencies import caller as caller_of
from timeline_local.api.dependencies import parts as parts_of
from timeline_local.api.errors import responses
from timeline_local.api.expected import expected_version
from timeline_local.api.languages import words_of
from timeline_local.api.media_urls import media_urls
from timeline_local.api.pages import IfMatch, IfNoneMatch, decode_cursor, encode_cursor, etag, if_none_match
from timeline_local.api.queries import Question, search_of
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.exceptions import (
    IdempotencyConflict,
    InvalidCursor,
    InvalidInput,
    InvalidQuery,
    MemoryNotFound,
    NotesLocked,
    ScopeMissing,
    VersionConflict,
    WrongState,
)
from timeline_local.jobs.place_names import WHILE_EDITING, ask_for_names
from timeline_local.queries import memories as queries
from timeline_local.queries.why import why as why_of
from timeline_local.runtime import Runtime
from timeline_local.schemas import memories as wire
from timeline_local.services import locked_notes, memories, trash
from timeline_local.services.audit import actor_of, record
from timeline_local.services.preferences import home_zone_of
from timeline_local.services.previews import forget_files
from timeline_local.services.rendered import forget_rendered, rendered, rendered_unkept
from timeline_local.services.user_time import Bearings

router = APIRouter(tags=["memories"], route_class=StrictRoute)

MOST = 500
JSON = "application/json"
PRIVATE = "private, no-cache"


@router.get(
    "/memories",
    summary="A page of memories",
    dependencies=[requires("memories:read")],
    response_class=Response,
    responses=responses(InvalidInput, InvalidCursor, InvalidQuery, ScopeMissing) | {200: {"model": wire.Memories}},
)
async def list_memories(
    request: Request,
    q: Question = "",
    cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    order: Annotated[Literal["newest", "oldest", "relevance"], Query()] = "newest",
) -> Response:
    """By the day where it happened. A cursor goes with its query and order; pages cost the same at any depth.

    Relevance ranks the newest 2,000 hits. The trash and the archive are listed with `is:trashed` and `is:archived`.
    """
    # The list that everything pages through: each dependency would cost it some 60 µs.
    me, parts = await caller_of(request), await parts_of(request)
    search = search_of(parts, q)
    position = None if cursor is None else decode_cursor(cursor)
    async with parts.database.read() as db:
        page = await queries.page(
            db,
            me.user_pk,
            search,
            cursor=position,
            limit=limit,
            order=order,
            url_for=media_urls(parts, me),
            words=words_of(me),
        )
    following = None if page.next is None else encode_cursor(page.next)
    return _json({"items": page.items, "next_cursor": following}, {"Cache-Control": "private, no-store"})


@router.post(
    "/memories",
    summary="Write a memory",
    status_code=201,
    dependencies=[requires("memories:write")],
    response_class=Response,
    responses=responses(InvalidInput, IdempotencyConflict, ScopeMissing) | {201: {"model": wire.OneMemory}},
)
async def create_memory(
    given: wire.NewMemory,
    me: Me,
    parts: Parts,
    key: RepeatKey = None,
) -> Response:
    """Without a date it happened now; without a kind it is a note, unless it is nothing but files."""
    check_caps(parts.settings.limits, given)
    fields = given.model_dump(exclude_unset=True)
    changed = None
    async with parts.database.write() as db:
        known = await made_before(db, parts, me, key, given, what="memories")
        if known is None:
            changed = await memories.create(db, me.user_pk, fields, bearings=await _bearings(db, parts, me))
            known = changed.id
            await remember(db, me, key, known)
        memory = await queries.get(db, me.user_pk, known, url_for=media_urls(parts, me), words=words_of(me))
    if changed is not None:
        announce_timeline(parts, me.user_pk, changed.revision, changed.days)
        await _name_place(parts, me, fields)
    headers = {"Location": f"/api/v1/memories/{known}", "ETag": etag(memory["version"])}
    return _json(await _whole(parts, memory), headers, status=201)


@router.get(
    "/memories/{memory_id}",
    summary="One memory",
    dependencies=[requires("memories:read")],
    response_class=Response,
    responses=responses(MemoryNotFound, ScopeMissing)
    | {200: {"model": wire.OneMemory}, 304: {"description": "Unchanged"}},
)
async def read_memory(memory_id: UUID, me: Me, parts: Parts, known: IfNoneMatch = None) -> Response:
    """Wherever it is, trash and archive included, with its body as blocks that need no HTML to be shown."""
    async with parts.database.read() as db:
        memory = await queries.get(db, me.user_pk, memory_id, url_for=media_urls(parts, me), words=words_of(me))
        if memory["locked"] and (note_key := parts.note_keys.of(me)) is not None:
            memory["body"] = await locked_notes.read_locked(db, me.user_pk, memory_id, key=note_key)
            opened = {**memory, "blocks": await rendered_unkept(memory["body"])}
            return _json(opened, {"ETag": etag(memory["version"]), "Cache-Control": "private, no-store"})
    tag = etag(memory["version"])
    headers = {"ETag": tag, "Cache-Control": PRIVATE}
    if words_of(me) is not None:  # the same version has other words in another language
        headers["Cache-Control"] = "private, no-store"
    elif if_none_match(known, tag):
        return Response(status_code=304, headers=headers)
    return _json(await _whole(parts, memory), headers)


@router.patch(
    "/memories/{memory_id}",
    summary="Edit a memory",
    dependencies=[requires("memories:write")],
    response_class=Response,
    responses=responses(InvalidInput, MemoryNotFound, NotesLocked, ScopeMissing, VersionConflict)
    | {200: {"model": wire.OneMemory}},
)
async def edit_memory(
    memory_id: UUID, patch: wire.MemoryPatch, me: Me, parts: Parts, expected: IfMatch = None
) -> Response:
    """A merge patch: fields left out stay, null empties. Your edits outrank every import from then on."""
    check_caps(parts.settings.limits, patch)
    fields = patch.model_dump(exclude_unset=True)
    async with parts.database.write() as db:
        version = await expected_version(db, me, "memory", memory_id, expected)
        changed = await memories.edit(
            db,
            me.user_pk,
            memory_id,
            fields,
            expected_version=version,
            bearings=await _bearings(db, parts, me),
            seal=locked_notes.sealer(parts.note_keys.of(me)),
        )
        memory = await queries.get(db, me.user_pk, memory_id, url_for=media_urls(parts, me), words=words_of(me))
    announce_timeline(parts, me.user_pk, changed.revision, changed.days)
    await _name_place(parts, me, fields)
    return _json(await _whole(parts, memory), {"ETag": etag(memory["version"])})


@router.delete(
    "/memories/{memory_id}",
    summary="Move a memory to the trash",
    status_code=204,
    dependencies=[requires("memories:write")],
    responses=responses(MemoryNotFound, ScopeMissing, VersionConflict),
)
async def trash_memory(memory_id: UUID, me: Me, parts: Parts, expected: IfMatch = None) -> Response:
    """It waits there, and comes back with `restore`. Trashing it twice is harmless."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "memory", memory_id, expected)
        changed = await trash.trash(db, me.user_pk, memory_id, now=parts.now(), expected_version=version)
    announce_timeline(parts, me.user_pk, changed.revision, changed.days)
    return Response(status_code=204)


@router.post(
    "/memories/{memory_id}/restore",
    summary="Take a memory out of the trash",
    dependencies=[requires("memories:write")],
    response_class=Response,
    responses=responses(MemoryNotFound, ScopeMissing) | {200: {"model": wire.OneMemory}},
)
async def restore_memory(memory_id: UUID, me: Me, parts: Parts) -> Response:
    """It stands where it stood, under a new version. Harmless if it is not in the trash."""
    async with parts.database.write() as db:
        changed = await trash.restore(db, me.user_pk, memory_id, now=parts.now())
        memory = await queries.get(db, me.user_pk, memory_id, url_for=media_urls(parts, me), words=words_of(me))
    announce_timeline(parts, me.user_pk, changed.revision, changed.days)
    return _json(await _whole(parts, memory), {"ETag": etag(memory["version"])})


@router.post(
    "/memories/{memory_id}/purge",
    summary="Delete a trashed memory for good",
    status_code=204,
    dependencies=[requires("memories:write")],
    responses=responses(MemoryNotFound, ScopeMissing, WrongState),
)
async def purge_memory(memory_id: UUID, me: Me, parts: Parts) -> Response:
    """Its files go too, unless other memories have them. No import brings it back."""
    async with parts.database.write() as db:
        purged = await trash.purge(db, me.user_pk, memory_id, now=parts.now())
        await record(db, actor_of(me), "memory.purged", now=parts.now(), object_kind="memory", object_id=memory_id)
    await forget_rendered(parts.cache, memory_id)
    await forget_files(parts.previews, purged.blobs)
    announce_timeline(parts, me.user_pk, purged.revision)
    return Response(status_code=204)


@router.post(
    "/trash/empty",
    summary="Delete everything in the trash for good",
    dependencies=[requires("memories:write")],
    responses=responses(ScopeMissing),
)
async def empty_trash(me: Me, parts: Parts) -> wire.Emptied:
    """As `purge`, for all of it."""
    async with parts.database.write() as db:
        purged = await trash.empty(db, me.user_pk, now=parts.now())
        await trash.record_emptied(db, actor_of(me), purged, now=parts.now())
    await forget_files(parts.previews, purged.blobs)
    announce_timeline(parts, me.user_pk, purged.revision)
    return wire.Emptied(purged=purged.count, files=purged.files)


@router.get(
    "/memories/{memory_id}/why",
    summary="Why it has this date, and who said what",
    dependencies=[requires("memories:read")],
    response_class=Response,
    responses=responses(MemoryNotFound, ScopeMissing) | {200: {"model": wire.Why}},
)
async def why_memory(memory_id: UUID, me: Me, parts: Parts) -> Response:
    """Every piece of evidence for the date with its fate, and every statement about every field."""
    async with parts.database.read() as db:
        return _json(await why_of(db, me.user_pk, memory_id), {"Cache-Control": PRIVATE})


def _json(value: Any, headers: dict[str, str], *, status: int = 200) -> Response:  # noqa: ANN401 - any JSON value
    body = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    return Response(body, status_code=status, headers=headers, media_type=JSON)


async def _whole(parts: Runtime, memory: dict[str, Any]) -> dict[str, Any]:
    """With its text as blocks. A locked one has no text."""
    return {**memory, "blocks": await rendered(parts.cache, parts.cipher, memory["id"], memory["body"])}


async def _name_place(parts: Runtime, me: Caller, fields: Mapping[str, Any]) -> None:
    """Coordinates that came by hand get their names in a while."""
    if fields.get("lat") is not None:
        await ask_for_names(parts, me.user_pk, after=WHILE_EDITING)


async def _bearings(db: ReadDb, parts: Runtime, me: Caller) -> Bearings:
    home_zone = await home_zone_of(db, me.user_pk, fallback=parts.home_zone)
    return Bearings(now=parts.now(), home_zone=home_zone, zone_of=parts.zone_of)
