"""Folders of this computer that are looked at again and again."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter, Response

from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.exceptions import (
    FolderNotAllowed,
    FolderNotFound,
    IdempotencyConflict,
    InvalidInput,
    NotAllowed,
    ScopeMissing,
    TooMuch,
    WatchedAlready,
    WatchedFolderNotFound,
)
from timeline_local.queries import watched_folders as queries
from timeline_local.queries.watched_folders import AnyRow
from timeline_local.schemas import watched_folders as wire
from timeline_local.services import imports, watching
from timeline_local.services.folders import check_may_read_disk

router = APIRouter(prefix="/watched-folders", tags=["imports"], route_class=StrictRoute)

_WRITE = requires("imports:write")


@router.get(
    "", summary="Folders that are watched", dependencies=[requires("imports:read")], responses=responses(ScopeMissing)
)
async def list_watched_folders(me: Me, db: ReadDb) -> wire.WatchedFolders:
    """Yours, by path, at most 50."""
    return wire.WatchedFolders(items=[_told(row) for row in await queries.every(db, me.user_pk)])


@router.post(
    "",
    summary="Watch a folder",
    status_code=201,
    dependencies=[_WRITE],
    responses=responses(
        FolderNotAllowed,
        FolderNotFound,
        IdempotencyConflict,
        InvalidInput,
        NotAllowed,
        ScopeMissing,
        TooMuch,
        WatchedAlready,
        WatchedFolderNotFound,
    ),
)
async def watch_folder(given: wire.NewWatchedFolder, me: Me, parts: Parts, key: RepeatKey = None) -> wire.WatchedFolder:
    """It is looked at at once, and from then on every so often. What is new is imported without a question."""
    check_may_read_disk(me)
    (path,) = await asyncio.to_thread(imports.check_paths, [given.path], parts.settings)
    options = imports.checked_options(given.options.chosen())
    async with parts.database.write() as db:
        id_ = await made_before(db, parts, me, key, given, what="watched-folders")
        if id_ is None:
            id_ = await watching.add(db, me, path=path, every_min=given.every_min, options=options, now=parts.now())
            await remember(db, me, key, id_)
        row = await watching.get(db, me.user_pk, id_)
    parts.wake_jobs.set()
    return _told(row)


@router.patch(
    "/{folder_id}",
    summary="Look more or less often, pause, go on",
    dependencies=[_WRITE],
    responses=responses(InvalidInput, NotAllowed, ScopeMissing, WatchedFolderNotFound),
)
async def change_watched_folder(
    folder_id: UUID, given: wire.WatchedFolderPatch, me: Me, parts: Parts
) -> wire.WatchedFolder:
    """Undoing or cancelling an import of a watched folder pauses it, too."""
    check_may_read_disk(me)
    async with parts.database.write() as db:
        await watching.change(db, me, folder_id, every_min=given.every_min, is_paused=given.is_paused, now=parts.now())
        row = await watching.get(db, me.user_pk, folder_id)
    parts.wake_jobs.set()
    return _told(row)


@router.post(
    "/{folder_id}/look",
    summary="Look now",
    dependencies=[_WRITE],
    responses=responses(NotAllowed, ScopeMissing, WatchedFolderNotFound),
)
async def look_at_watched_folder(folder_id: UUID, me: Me, parts: Parts) -> wire.WatchedFolder:
    """Also at one that is paused, this once."""
    check_may_read_disk(me)
    async with parts.database.write() as db:
        await watching.ask_for_look(db, me, folder_id, now=parts.now())
        row = await watching.get(db, me.user_pk, folder_id)
    parts.wake_jobs.set()
    return _told(row)


@router.delete(
    "/{folder_id}",
    summary="Watch a folder no more",
    status_code=204,
    dependencies=[_WRITE],
    responses=responses(ScopeMissing, WatchedFolderNotFound),
)
async def remove_watched_folder(folder_id: UUID, me: Me, parts: Parts) -> Response:
    """What was imported from it stays, and so do the originals."""
    async with parts.database.write() as db:
        await watching.remove(db, me, folder_id, now=parts.now())
    return Response(status_code=204)


def _told(row: AnyRow) -> wire.WatchedFolder:
    last = None
    if row.import_pk is not None:
        last = wire.LookImport(
            id=row.import_id, state=row.import_state, counts=row.import_counts, finished_at=row.import_finished_at
        )
    is_waiting = row.next_at == watching.AT_ONCE
    return wire.WatchedFolder(
        id=row.id,
        path=row.path,
        every_min=row.every_min,
        options=row.options,
        is_paused=row.is_paused,
        is_looking=row.looking_pk is not None or is_waiting,
        last_at=row.last_at,
        next_at=None if row.is_paused or is_waiting else row.next_at,
        problem=row.problem,
        last_import=last,
        created_at=row.created_at,
    )
