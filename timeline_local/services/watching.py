"""Watched folders: looked at every so often; what is new there is imported, what is not leaves no trace.

A look is an ordinary import whose plan is carried out without asking. One that finds nothing goes again, so the list of
imports tells what came. What cannot be looked at (a disk that is not there) says so, and hinders no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.config import Settings
from timeline_local.core.security import Caller
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import (
    NothingToImport,
    TimelineError,
    TooMuch,
    WatchedAlready,
    WatchedFolderNotFound,
)
from timeline_local.models import Import, ImportItem, WatchedFolder
from timeline_local.queries import watched_folders as queries
from timeline_local.queries.dialect import in_key_list, key_list
from timeline_local.queries.watched_folders import AnyRow
from timeline_local.services import imports, jobs
from timeline_local.services.audit import actor_of, record

MOST = 50
JOB = "watch"
SOON = timedelta(milliseconds=500)  # while a look is under way
PRUNED = 20_000  # rows deleted at once: some tenths of a second
AT_ONCE = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""As the time of the next look: it was asked for, so a pause does not count."""
_AT_WORK = ("receiving", "scanning", "running", "paused", "undoing")


async def get(db: AsyncConnection, owner_pk: int, folder_id: UUID) -> AnyRow:
    """One watched folder. Raises WatchedFolderNotFound."""
    found = await queries.by_id(db, owner_pk, folder_id)
    if found is None:
        raise WatchedFolderNotFound(f"You watch no folder {folder_id}.")
    return found


async def add(
    db: AsyncConnection, me: Caller, *, path: Path, every_min: int, options: Mapping[str, Any], now: datetime
) -> UUID:
    """Watch what `imports.check_paths` let pass, from now on; its id. Raises WatchedAlready, and TooMuch above MOST."""
    known = [Path(each) for each in await queries.paths(db, me.user_pk)]
    if any(path == each or each in path.parents for each in known):
        raise WatchedAlready("That folder is watched already, or lies in one that is. Nothing was changed.")
    if len(known) >= MOST:
        raise TooMuch(f"At most {MOST} folders are watched. Nothing was added; remove one first.")
    id_ = new_id()
    values = {
        "id": id_,
        "owner_pk": me.user_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "path": str(path),
        "options": {"mode": "copy", **options},
        "every_min": every_min,
        "is_paused": False,
        "next_at": now,
    }
    await db.execute(insert(WatchedFolder).values(values))
    await _record(db, me, "watched_folder.added", id_, now)
    await jobs.ensure(db, me.user_pk, kind=JOB, now=now)
    return id_


async def change(
    db: AsyncConnection, me: Caller, folder_id: UUID, *, every_min: int | None, is_paused: bool | None, now: datetime
) -> None:
    """Look more or less often, pause or go on. Raises WatchedFolderNotFound."""
    found = await get(db, me.user_pk, folder_id)
    every = found.every_min if every_min is None else every_min
    paused = found.is_paused if is_paused is None else is_paused
    # The interval counts from the last look; one that goes on is looked at when its time has come.
    next_at = now if found.last_at is None else max(now, found.last_at + timedelta(minutes=every))
    await _set(db, me.user_pk, found.pk, now=now, every_min=every, is_paused=paused, next_at=next_at)
    await jobs.ensure(db, me.user_pk, kind=JOB, now=now)


async def ask_for_look(db: AsyncConnection, me: Caller, folder_id: UUID, *, now: datetime) -> None:
    """Look at once, also at one that is paused. Raises WatchedFolderNotFound."""
    found = await get(db, me.user_pk, folder_id)
    await _set(db, me.user_pk, found.pk, now=now, next_at=AT_ONCE)
    await jobs.ensure(db, me.user_pk, kind=JOB, now=now)


async def remove(db: AsyncConnection, me: Caller, folder_id: UUID, *, now: datetime) -> None:
    """Watch it no more. What came from it stays. Raises WatchedFolderNotFound."""
    found = await get(db, me.user_pk, folder_id)
    await db.execute(delete(WatchedFolder).where(WatchedFolder.owner_pk == me.user_pk, WatchedFolder.pk == found.pk))
    await _record(db, me, "watched_folder.removed", folder_id, now)


# --- what the job does ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looks:
    """due: what is to be looked at now. next_at: when there is something to do again; None: no more."""

    due: Sequence[AnyRow]
    next_at: datetime | None


async def carry_on(db: AsyncConnection, owner_pk: int, *, settings: Settings, free_bytes: int, now: datetime) -> Looks:
    """Carry out the plans of looks that are through, forget those that found nothing, and say what is due."""
    rows = await queries.every(db, owner_pk)
    is_busy = False
    for row in rows:
        if row.looking_pk is not None:
            is_busy |= not await _settle(db, owner_pk, row, settings=settings, free_bytes=free_bytes, now=now)
    rows = await queries.every(db, owner_pk)
    awake = [row for row in rows if row.looking_pk is None and (not row.is_paused or row.next_at == AT_ONCE)]
    due = [row for row in awake if row.next_at <= now]
    times = [row.next_at for row in awake if row.next_at > now]
    if is_busy or due:
        times.append(now + SOON)
    return Looks(due, min(times, default=None))


async def look(db: AsyncConnection, owner_pk: int, row: AnyRow, path: Path, *, now: datetime) -> None:
    """Look at what `imports.check_paths` let pass. While its last import is at work, its turn is left out."""
    later = now + timedelta(minutes=row.every_min)
    if row.import_state in _AT_WORK:
        await _set(db, owner_pk, row.pk, now=now, next_at=later)
        return
    made = await imports.create(db, owner_pk, paths=[path], options=row.options, now=now)
    await _set(db, owner_pk, row.pk, now=now, looking_pk=made.pk, last_at=now, next_at=later)


async def note_problem(db: AsyncConnection, owner_pk: int, row: AnyRow, error: TimelineError, *, now: datetime) -> None:
    """Say why it cannot be looked at; it is tried again when its turn comes."""
    later = now + timedelta(minutes=row.every_min)
    await _set(db, owner_pk, row.pk, now=now, last_at=now, next_at=later, problem=jobs.problem(error))


async def _settle(
    db: AsyncConnection, owner_pk: int, row: AnyRow, *, settings: Settings, free_bytes: int, now: datetime
) -> bool:
    """What becomes of a look; False while it is under way."""
    if row.looking_state in _AT_WORK or row.job_state in ("waiting", "running"):
        return False
    if row.looking_state != "planned":
        await _drop(db, owner_pk, row, _failure(row), now=now)
        return True
    plan = row.looking_plan
    if not plan["new"] + plan["changed"]:
        await _drop(db, owner_pk, row, _unusable(plan), now=now)
        return True
    try:
        await imports.start(db, owner_pk, row.looking_id, options={}, free_bytes=free_bytes, settings=settings, now=now)
    except TimelineError as error:  # no room: the plan is made anew when its turn comes
        await _drop(db, owner_pk, row, jobs.problem(error), now=now)
        return True
    await _set(db, owner_pk, row.pk, now=now, import_pk=row.looking_pk, looking_pk=None, problem=_unusable(plan))
    await _forget_older(db, owner_pk, row)
    return True


async def _drop(db: AsyncConnection, owner_pk: int, row: AnyRow, problem: Any, *, now: datetime) -> None:  # noqa: ANN401
    """Forget a look that wrote nothing, but not why."""
    await _set(db, owner_pk, row.pk, now=now, looking_pk=None, problem=problem)
    if row.looking_state != "cancelled":
        await db.execute(delete(Import).where(Import.owner_pk == owner_pk, Import.pk == row.looking_pk))


def _failure(row: AnyRow) -> dict[str, Any] | None:
    """Why a look failed; that there is nothing in the folder yet is no failure."""
    error: dict[str, Any] | None = row.looking_error
    return None if error is None or error["type"].endswith(f"/{NothingToImport.slug}") else error


def _unusable(plan: Mapping[str, Any]) -> dict[str, Any] | None:
    """Said of files that are there and cannot be imported."""
    if not plan["failed"]:
        return None
    detail = f"{plan['failed']:,} items in it cannot be imported. Import the folder by hand to see which, and why."
    return jobs.problem(NothingToImport(detail)) | {"title": "Some of what is there cannot be imported"}


async def _forget_older(db: AsyncConnection, owner_pk: int, row: AnyRow) -> None:
    """Each import notes everything that is here already; of a watched folder only the newest keeps that."""
    keys = await queries.stale_items(db, owner_pk, path=row.path, besides=row.looking_pk, limit=PRUNED)
    if keys:
        dialect = db.dialect.name
        mine = delete(ImportItem).where(ImportItem.owner_pk == owner_pk, in_key_list(dialect, ImportItem.pk))
        await db.execute(mine, {"keys": key_list(dialect, keys)})


async def _set(db: AsyncConnection, owner_pk: int, pk: int, *, now: datetime, **values: Any) -> None:  # noqa: ANN401
    mine = update(WatchedFolder).where(WatchedFolder.owner_pk == owner_pk, WatchedFolder.pk == pk)
    await db.execute(mine.values(updated_at=now, version=WatchedFolder.version + 1, **values))


async def _record(db: AsyncConnection, me: Caller, action: str, folder_id: UUID, now: datetime) -> None:
    await record(db, actor_of(me), action, now=now, object_kind="watched_folder", object_id=folder_id)
