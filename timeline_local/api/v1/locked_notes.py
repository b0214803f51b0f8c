"""Locked notes: the passphrase, unlocking for a session, and single memories in and out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import orjson
from fastapi import APIRouter, Response

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.dependencies import Me, Parts, requires
from timeline_local.api.errors import responses
from timeline_local.api.languages import words_of
from timeline_local.api.media_urls import media_urls
from timeline_local.api.pages import etag
from timeline_local.api.strict import StrictRoute
from timeline_local.core.passwords import check_rules
from timeline_local.core.security import Caller
from timeline_local.exceptions import (
    MemoryNotFound,
    NotesLocked,
    PassphraseMissing,
    PasswordTooWeak,
    RateLimited,
    ScopeMissing,
    WrongPassphrase,
)
from timeline_local.queries import locked_notes as queries
from timeline_local.queries import memories
from timeline_local.runtime import Runtime
from timeline_local.schemas import locked_notes as wire
from timeline_local.schemas.memories import OneMemory
from timeline_local.services import attempts
from timeline_local.services import locked_notes as services
from timeline_local.services.audit import actor_of, record
from timeline_local.services.memories import Changed
from timeline_local.services.rendered import forget_rendered, rendered_unkept

router = APIRouter(tags=["locked-notes"], route_class=StrictRoute)

Change = Callable[..., Awaitable[Changed]]


@router.get(
    "/locked-notes",
    summary="Whether notes are locked",
    dependencies=[requires("memories:read")],
    responses=responses(ScopeMissing),
)
async def read_lock(me: Me, parts: Parts) -> wire.LockedNotes:
    """Asking counts as use: it keeps unlocked notes unlocked."""
    async with parts.database.read() as db:
        lock = await queries.lock_of(db, me.user_pk)
        count = await queries.locked_count(db, me.user_pk)
    return wire.LockedNotes(
        has_passphrase=lock is not None,
        unlocked=parts.note_keys.of(me) is not None,
        idle_s=int(parts.note_keys.idle_s),
        notes=count,
    )


@router.put(
    "/locked-notes/passphrase",
    summary="Set or change the passphrase of locked notes",
    status_code=204,
    dependencies=[requires("memories:write")],
    responses=responses(PasswordTooWeak, RateLimited, ScopeMissing, WrongPassphrase),
)
async def set_passphrase(given: wire.NewPassphrase, me: Me, parts: Parts) -> Response:
    """Nobody can recover a forgotten passphrase: the locked texts are then lost, for us too.

    The first one is set as it is, and unlocks this session; after that the current one is needed.
    """
    check_rules(given.passphrase, email=None, name=None)
    async with parts.database.read() as db:
        present = await queries.lock_of(db, me.user_pk)
    if present is None:
        key = services.new_key()
    else:
        key = await _checked_key(parts, me, given.current_passphrase or "", present)
    derivation, wrapped = await services.wrap(given.passphrase, me.user_id, key)
    async with parts.database.write() as db:
        if present != await queries.lock_of(db, me.user_pk):
            raise WrongPassphrase("The passphrase was set elsewhere at this moment. Nothing was changed.")
        await services.store_lock(db, me, derivation, wrapped, is_first=present is None, now=parts.now())
    parts.note_keys.hold(me, key)
    return Response(status_code=204)


@router.post(
    "/locked-notes/unlock",
    summary="Unlock the notes for this session",
    dependencies=[requires("memories:read")],
    responses=responses(PassphraseMissing, RateLimited, ScopeMissing, WrongPassphrase),
)
async def unlock(given: wire.GivenPassphrase, me: Me, parts: Parts) -> wire.LockedNotes:
    """For this session or key alone and in memory alone, until five idle minutes have passed."""
    async with parts.database.read() as db:
        lock = await services.found_lock(db, me.user_pk)
        count = await queries.locked_count(db, me.user_pk)
    parts.note_keys.hold(me, await _checked_key(parts, me, given.passphrase, lock))
    async with parts.database.write() as db:
        await record(db, actor_of(me), "notes.unlocked", now=parts.now())
    return wire.LockedNotes(has_passphrase=True, unlocked=True, idle_s=int(parts.note_keys.idle_s), notes=count)


@router.post(
    "/locked-notes/lock",
    summary="Lock the notes again for this session",
    status_code=204,
    dependencies=[requires("memories:read")],
    responses=responses(ScopeMissing),
)
async def lock_again(me: Me, parts: Parts) -> Response:
    """At once, and harmless if they are locked. Other sessions are not touched."""
    parts.note_keys.forget(me)
    return Response(status_code=204)


@router.post(
    "/memories/{memory_id}/lock",
    summary="Lock the text of a memory",
    dependencies=[requires("memories:write")],
    response_class=Response,
    responses=responses(MemoryNotFound, NotesLocked, PassphraseMissing, ScopeMissing) | {200: {"model": OneMemory}},
)
async def lock_memory(memory_id: UUID, me: Me, parts: Parts) -> Response:
    """Its text is sealed and leaves search, exports and history; title, date, place and files stay as they are.

    What imports kept of it goes too. A job takes its single words out of the search index in the next moments. Backups
    made before, and the file it came from, still hold the text.
    """
    answer = await _change(parts, me, memory_id, services.lock_memory)
    await forget_rendered(parts.cache, memory_id)
    parts.wake_jobs.set()
    await parts.database.checkpoint()  # the write-ahead log still had the text
    return answer


@router.post(
    "/memories/{memory_id}/unlock",
    summary="Take the lock off a memory for good",
    dependencies=[requires("memories:write")],
    response_class=Response,
    responses=responses(MemoryNotFound, NotesLocked, PassphraseMissing, ScopeMissing) | {200: {"model": OneMemory}},
)
async def unlock_memory(memory_id: UUID, me: Me, parts: Parts) -> Response:
    """Its text is stored in the clear again and can be found. Harmless if it is not locked."""
    return await _change(parts, me, memory_id, services.unlock_memory)


async def _checked_key(parts: Runtime, me: Caller, passphrase: str, lock: queries.Lock) -> bytes:
    """The note key. Ten wrong passphrases in fifteen minutes are all there are, restarts included."""
    async with parts.database.write() as db:
        attempt = await attempts.admit(db, services.attempts_account(me.user_id), now=parts.now())
    try:
        key = await services.unwrap(passphrase, me.user_id, lock)
    except WrongPassphrase:
        async with parts.database.write() as db:
            await record(db, actor_of(me), "notes.unlock_failed", now=parts.now())
        raise
    async with parts.database.write() as db:
        await attempts.take_back(db, attempt)
    return key


async def _change(parts: Runtime, me: Caller, memory_id: UUID, change: Change) -> Response:
    async with parts.database.write() as db:
        await services.found_lock(db, me.user_pk)
        changed = await change(db, me.user_pk, memory_id, key=parts.note_keys.of(me), now=parts.now())
        memory = await memories.get(db, me.user_pk, memory_id, url_for=media_urls(parts, me), words=words_of(me))
    announce_timeline(parts, me.user_pk, changed.revision, changed.days)
    body = orjson.dumps({**memory, "blocks": await rendered_unkept(memory["body"])}, option=orjson.OPT_UTC_Z)
    headers = {"ETag": etag(memory["version"]), "Cache-Control": "private, no-store"}
    return Response(body, headers=headers, media_type="application/json")
