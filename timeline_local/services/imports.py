"""What an owner may ask of an import, and in which state.

    receiving → scanning → planned → running → done → undoing → undone
    paused from scanning, running and undoing; cancelled and failed from all of these; both can be undone.

Each state from scanning on is carried by a job: pausing, resuming and cancelling is said to it, and the import follows.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import orjson
from sqlalchemy import delete, exists, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.config import Settings
from timeline_local.domain.ids import new_id, parse_id
from timeline_local.exceptions import (
    DiskFull,
    FieldError,
    FolderNotAllowed,
    FolderNotFound,
    ImportNotFound,
    InvalidInput,
    UndoExpired,
    WrongState,
)
from timeline_local.models import Import, ImportItem, WatchedFolder
from timeline_local.queries import imports
from timeline_local.queries.imports import ImportRow
from timeline_local.services import jobs
from timeline_local.services.tally import VERDICTS

__all__ = [
    "cancel",
    "check_paths",
    "checked_options",
    "copied_bytes",
    "create",
    "create_sent",
    "create_upload",
    "drop_staging",
    "forget_unused",
    "get",
    "pause",
    "resume",
    "scan",
    "start",
    "sweep_staging",
    "undo",
]

_UNDOABLE = frozenset({"done", "cancelled", "failed"})
_AT_WORK = frozenset({"scanning", "running", "paused", "undoing"})


def check_paths(paths: Sequence[str], settings: Settings) -> list[Path]:
    """The folders, archives and files to import, each once, links resolved. Blocks: call it from a worker thread.

    Raises FolderNotFound, and FolderNotAllowed for the library itself and for what lies outside the configured roots.
    """
    checked = list(dict.fromkeys(_checked(path, settings) for path in paths))
    return [path for path in checked if not any(other in path.parents for other in checked)]


def _checked(path: str, settings: Settings) -> Path:
    given = Path(path)
    if "\x00" in path or not given.is_absolute():
        raise FolderNotAllowed("Give the whole path of the folder or file, from the root of the disk on.")
    try:
        folder = given.resolve(strict=True)
        is_readable = folder.is_dir() or folder.is_file()
    except (OSError, RuntimeError) as error:
        raise FolderNotFound("There is no such folder or file on this computer, or it cannot be read.") from error
    if not is_readable:
        raise FolderNotFound("That is neither a folder nor a file. Choose what the export was saved as.")
    library = settings.data_dir.resolve()
    if folder == library or library in folder.parents:
        raise FolderNotAllowed("That folder is the library itself; what is in it is on your timeline already.")
    roots = [root.expanduser().resolve() for root in settings.imports.roots]
    if roots and not any(folder == root or root in folder.parents for root in roots):
        raise FolderNotAllowed("Only folders below those set in TIMELINE_IMPORTS__ROOTS can be imported.")
    return folder


def checked_options(options: dict[str, Any]) -> dict[str, Any]:
    """The options as they were chosen. Raises InvalidInput for a zone that does not exist."""
    zone = options.get("zone")
    if zone is not None and zone not in available_timezones():
        error = FieldError("#/options/zone", "is not the name of a time zone, such as Europe/Lisbon")
        raise InvalidInput("That time zone is not known. Nothing was started.", errors=(error,))
    return options


async def get(db: AsyncConnection, owner_pk: int, import_id: UUID) -> ImportRow:
    """One import. Raises ImportNotFound."""
    found = await imports.by_id(db, owner_pk, import_id)
    if found is None:
        raise ImportNotFound(f"There is no import {import_id} of yours.")
    return found


async def create(
    db: AsyncConnection, owner_pk: int, *, paths: Sequence[Path], options: Mapping[str, Any], now: datetime
) -> ImportRow:
    """An import of what `check_paths` let pass; its scan is put in line."""
    label = paths[0].name or str(paths[0])
    if len(paths) > 1:
        label = f"{label} +{len(paths) - 1}"
    # A list for several: whole paths begin with no bracket.
    path = str(paths[0]) if len(paths) == 1 else orjson.dumps(sorted(map(str, paths))).decode()
    pk = await _insert(db, owner_pk, path=path, label=label, options=options, is_upload=False, now=now)
    return await _begin(db, owner_pk, pk, kind="scan", state="scanning", now=now)


async def create_upload(
    db: AsyncConnection, owner_pk: int, *, staging: Path, label: str, options: Mapping[str, Any], now: datetime
) -> ImportRow:
    """An import of files that are still to be sent; they are kept in a folder below `staging` until it ends."""
    id_ = new_id()
    path = str(staging / str(id_))
    pk = await _insert(db, owner_pk, path=path, label=label, options=options, is_upload=True, now=now, id_=id_)
    return await imports.by_pk(db, owner_pk, pk)


async def create_sent(
    db: AsyncConnection, owner_pk: int, *, source: str, path: str, label: str, undoable_until: datetime, now: datetime
) -> int:
    """The key of an import of what is sent by itself: nothing is planned and no job runs, it is done as it is made."""
    pk = await _insert(db, owner_pk, path=path, label=label, options={}, is_upload=True, now=now)
    told = {"source": source, "state": "done", "started_at": now, "finished_at": now, "undoable_until": undoable_until}
    await _change(db, owner_pk, pk, now=now, **told)
    return pk


async def forget_unused(db: AsyncConnection, owner_pk: int, import_pk: int) -> None:
    """Remove an import of `create_sent` into which nothing came."""
    unused = ~exists().where(ImportItem.import_pk == Import.pk)
    await db.execute(delete(Import).where(Import.owner_pk == owner_pk, Import.pk == import_pk, unused))


async def scan(db: AsyncConnection, owner_pk: int, import_id: UUID, *, now: datetime) -> ImportRow:
    """All files of an upload are there. Raises ImportNotFound, WrongState."""
    found = await get(db, owner_pk, import_id)
    _require(found, {"receiving"})
    return await _begin(db, owner_pk, found.pk, kind="scan", state="scanning", now=now)


async def start(
    db: AsyncConnection,
    owner_pk: int,
    import_id: UUID,
    *,
    options: Mapping[str, Any],
    free_bytes: int,
    settings: Settings,
    now: datetime,
) -> ImportRow:
    """Carry out the plan. Raises ImportNotFound, WrongState, and DiskFull when copying cannot fit."""
    found = await get(db, owner_pk, import_id)
    _require(found, {"planned"})
    chosen = {**found.options, **options}
    if found.is_upload:
        chosen["mode"] = "copy"
    mode = str(chosen.get("mode", "copy"))
    needed = copied_bytes(found.plan or {}, mode)
    if needed and needed + settings.media.reserve_bytes > free_bytes:
        advice = "Free some space, or leave the originals where they are." if mode == "copy" else "Free some space."
        raise DiskFull(f"Copying takes {needed:,} bytes, and {free_bytes:,} are free. Nothing was imported. {advice}")
    values = {
        "options": chosen,
        "started_at": now,
        # Also what a cancelled import has written can be taken back.
        "undoable_until": now + timedelta(days=settings.imports.undo_days),
    }
    await _change(db, owner_pk, found.pk, now=now, **values)
    return await _begin(db, owner_pk, found.pk, kind="import", state="running", now=now)


def copied_bytes(plan: Mapping[str, Any], mode: str) -> int:
    """How much room a plan takes: what lies in archives is copied also where originals are left in place."""
    return int(plan.get("bytes_new" if mode == "copy" else "bytes_packed", 0))


async def pause(db: AsyncConnection, owner_pk: int, import_id: UUID, *, now: datetime) -> ImportRow:
    """Pause after the batch it is at. Raises ImportNotFound, WrongState."""
    found = await get(db, owner_pk, import_id)
    _require(found, {"scanning", "running", "undoing"})
    await jobs.pause(db, owner_pk, _job_of(found), now=now)
    return await imports.by_pk(db, owner_pk, found.pk)


async def resume(db: AsyncConnection, owner_pk: int, import_id: UUID, *, now: datetime) -> ImportRow:
    """Go on where it was paused or failed. Raises ImportNotFound, WrongState."""
    found = await get(db, owner_pk, import_id)
    _require(found, {"paused", "scanning", "running", "undoing", "failed"})
    if found.job_state == "failed":
        await jobs.retry(db, owner_pk, _job_of(found), now=now)
    else:
        await jobs.resume(db, owner_pk, _job_of(found), now=now)
    return await imports.by_pk(db, owner_pk, found.pk)


async def cancel(
    db: AsyncConnection, owner_pk: int, import_id: UUID, *, keep: bool, settings: Settings, now: datetime
) -> ImportRow:
    """End it before its end. keep: what it added stays (and can be undone later); else that is undone at once.

    Raises ImportNotFound, WrongState.
    """
    found = await get(db, owner_pk, import_id)
    _require(found, {"receiving", "planned", *_AT_WORK} - {"undoing"})
    await _watch_no_more(db, owner_pk, found.path, now=now)
    if found.job_state in ("waiting", "running", "paused"):
        await jobs.cancel(db, owner_pk, _job_of(found), now=now)
    else:
        await _change(db, owner_pk, found.pk, now=now, state="cancelled", finished_at=now)
    if not keep and found.started_at is not None:
        until = now + timedelta(days=settings.imports.undo_days)
        await _change(db, owner_pk, found.pk, now=now, undoable_until=until)
        return await _begin(db, owner_pk, found.pk, kind="undo", state="undoing", now=now)
    return await imports.by_pk(db, owner_pk, found.pk)


async def undo(db: AsyncConnection, owner_pk: int, import_id: UUID, *, force: bool, now: datetime) -> ImportRow:
    """Take back what it did; force: also what was edited since. Raises ImportNotFound, WrongState, UndoExpired."""
    found = await get(db, owner_pk, import_id)
    _require(found, _UNDOABLE)
    if found.undoable_until is None:
        raise WrongState("This import wrote nothing, so there is nothing to undo.")
    if now > found.undoable_until:
        raise UndoExpired("This import is too old to be undone. What it added can be moved to the trash instead.")
    await _watch_no_more(db, owner_pk, found.path, now=now)
    payload = {"force": force, "total": found.counts.get("new", 0) + found.counts.get("changed", 0)}
    return await _begin(db, owner_pk, found.pk, kind="undo", state="undoing", now=now, payload=payload)


async def _watch_no_more(db: AsyncConnection, owner_pk: int, path: str, *, now: datetime) -> None:
    """What its owner took back or cancelled does not come again by itself: they let the watch go on when they like."""
    mine = update(WatchedFolder).where(WatchedFolder.owner_pk == owner_pk, WatchedFolder.path == path)
    await db.execute(mine.values(is_paused=True, updated_at=now))


async def drop_staging(row: ImportRow) -> None:
    """Remove the files of an upload that has ended; after the commit. Harmless for imports of folders."""
    if row.is_upload and row.state == "cancelled":
        await asyncio.to_thread(shutil.rmtree, row.path, ignore_errors=True)


async def sweep_staging(db: AsyncConnection, owner_pk: int, staging: Path) -> list[Path]:
    """Folders of uploads that have ended without removing them: a cancelled job, a kill. The caller removes them."""
    folders = await asyncio.to_thread(lambda: [each for each in staging.glob("*") if each.is_dir()])
    ended: list[Path] = []
    for folder in folders:
        try:
            found = await imports.by_id(db, owner_pk, parse_id(folder.name))
        except ValueError:
            continue
        if found is not None and found.state in ("cancelled", "done", "undone"):
            ended.append(folder)
    return ended


async def _insert(
    db: AsyncConnection,
    owner_pk: int,
    *,
    path: str,
    label: str,
    options: Mapping[str, Any],
    is_upload: bool,
    now: datetime,
    id_: UUID | None = None,
) -> int:
    values = {
        "id": id_ or new_id(),
        "owner_pk": owner_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "source": "folder",
        "label": label,
        "path": path,
        "is_upload": is_upload,
        "options": {"mode": "copy", **options},
        "state": "receiving",
        "counts": dict.fromkeys(VERDICTS, 0),
    }
    return int((await db.execute(insert(Import).values(values).returning(Import.pk))).scalar_one())


async def _begin(
    db: AsyncConnection,
    owner_pk: int,
    pk: int,
    *,
    kind: str,
    state: str,
    now: datetime,
    payload: dict[str, Any] | None = None,
) -> ImportRow:
    job = await jobs.enqueue(db, owner_pk, kind=kind, now=now, import_pk=pk, payload=payload)
    await _change(db, owner_pk, pk, now=now, state=state, job_pk=job.pk, error=None, finished_at=None)
    return await imports.by_pk(db, owner_pk, pk)


async def _change(db: AsyncConnection, owner_pk: int, pk: int, *, now: datetime, **values: Any) -> None:  # noqa: ANN401
    mine = update(Import).where(Import.owner_pk == owner_pk, Import.pk == pk)
    await db.execute(mine.values(updated_at=now, version=Import.version + 1, **values))


def _require(found: ImportRow, states: frozenset[str] | set[str]) -> None:
    if found.state not in states:
        raise WrongState(f"The import is {found.state}, so that is not possible. Nothing was changed.")


def _job_of(found: ImportRow) -> UUID:
    if found.job_id is None:
        raise WrongState(f"The import is {found.state}, and nothing works on it. Nothing was changed.")
    return found.job_id
