"""Exports: asked for, found, deleted, and forgotten when their days are over. `export_work` writes them."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import Database
from timeline_local.core.library import Library
from timeline_local.core.private_files import make_private_dir
from timeline_local.core.security import Caller
from timeline_local.domain.ids import new_id
from timeline_local.domain.query import Query, parse
from timeline_local.exceptions import DiskFull, ExportNotFound, WrongState
from timeline_local.models import Export
from timeline_local.queries import exports as queries
from timeline_local.queries import memories
from timeline_local.queries.exports import ENDED, ExportRow
from timeline_local.services import audit, jobs
from timeline_local.services.export_files import NO_COUNTS, PACKING, SUFFIX, final_path, work_folder
from timeline_local.services.export_rows import encode, line

KIND = "export"
UNFINISHED_KEPT = timedelta(days=2)
STREAMED = 200  # memories read at once by `stream`


async def ask(
    db: AsyncConnection,
    caller: Caller,
    *,
    format: str,  # noqa: A002 - the name on the wire
    query: str | None = None,
    account: bool = False,
    originals: bool = True,
    today: date,
    now: datetime,
    free_bytes: int | None = None,
) -> ExportRow:
    """Put an export in line; wake the jobs after the commit.

    format      ndjson | csv | zip | markdown.   query: only what it finds; None for everything outside the trash.
    account     everything of the caller's: the trash, people, locations, collections, tags and settings too; a zip.
    originals   whether a zip holds the files.   free_bytes: what may be filled, to refuse what surely does not fit.
    Raises InvalidQuery and DiskFull.
    """
    asked = parse(query, today) if query else None
    if free_bytes is not None:
        await _check_space(db, caller.user_pk, asked, format, account=account, originals=originals, free=free_bytes)
    options = {"query": None if asked is None else asked.canonical(), "account": account, "originals": originals}
    job = await jobs.enqueue(db, caller.user_pk, kind=KIND, now=now)
    name = "account" if account else "timeline"
    made = new_id()
    await db.execute(
        insert(Export).values(
            id=made,
            owner_pk=caller.user_pk,
            created_at=now,
            updated_at=now,
            version=1,
            format="zip" if account else format,
            options=options,
            state="waiting",
            counts=NO_COUNTS,
            job_pk=job.pk,
            file_name=f"{name}-{today.isoformat()}{'-notes' if format == 'markdown' else ''}.{SUFFIX[format]}",
        )
    )
    details = {"format": format, "account": account, "originals": originals, "whole": asked is None}
    await _record(db, caller, "export.created", made, now=now, details=details)
    return await get(db, caller.user_pk, made)


async def get(db: AsyncConnection, owner_pk: int, export_id: UUID) -> ExportRow:
    """One export. Raises ExportNotFound."""
    found = await queries.get(db, owner_pk, export_id)
    if found is None:
        raise ExportNotFound(f"You have no export {export_id}. Exports are deleted some days after they were made.")
    return found


def finished_path(library: Library, export: ExportRow) -> Path:
    """The file of a finished export. Raises WrongState before its end, ExportNotFound if it is gone."""
    if export.state != "done":
        raise WrongState(f"The export is {export.state}, so there is no file yet. Ask again when it is done.")
    path = final_path(library.exports, export)
    if not path.is_file():
        raise ExportNotFound("The file of this export is not there any more. Make a new export.")
    return path


async def fetched(db: AsyncConnection, caller: Caller, export: ExportRow, *, now: datetime) -> None:
    """Note in the audit log that the file was fetched."""
    await _record(db, caller, "export.fetched", export.id, now=now, details={"format": export.format})


async def discard(db: AsyncConnection, caller: Caller, export_id: UUID, *, now: datetime) -> ExportRow:
    """Delete an export, and stop it if it is still written; then call `remove_files`. Raises ExportNotFound."""
    export = await get(db, caller.user_pk, export_id)
    if export.job_id is not None and export.state not in ENDED:
        with contextlib.suppress(WrongState):  # it ended this very moment
            await jobs.cancel(db, caller.user_pk, export.job_id, now=now)
    await db.execute(delete(Export).where(Export.owner_pk == caller.user_pk, Export.pk == export.pk))
    await _record(db, caller, "export.deleted", export.id, now=now, details={"format": export.format})
    return export


async def forget_old(db: AsyncConnection, owner_pk: int, *, now: datetime) -> list[ExportRow]:
    """Delete the exports whose days are over; call `remove_files` for each after the commit."""
    old = await queries.expired(db, owner_pk, now=now, made_before=now - UNFINISHED_KEPT)
    gone = [each for each in old if each.state in ENDED]
    for each in gone:
        await db.execute(delete(Export).where(Export.owner_pk == owner_pk, Export.pk == each.pk))
        await audit.record(
            db, audit.SYSTEM, "export.deleted", now=now, object_kind="export", object_id=each.id,
            details={"format": each.format, "expired": True},
        )  # fmt: skip
    return gone


def remove_files(library: Library, export: ExportRow) -> None:
    """Delete what an export has on the disk, finished or not."""
    shutil.rmtree(work_folder(library.exports, export), ignore_errors=True)
    final_path(library.exports, export).unlink(missing_ok=True)


async def sweep(database: Database, library: Library) -> int:
    """Delete files that belong to no export, left behind by a kill; how many. For the start."""
    make_private_dir(library.exports)
    found = list(library.exports.iterdir())  # before the rows: whoever begins in between is not taken for lost
    async with database.read() as db:
        known = {str(each) for each in await queries.all_ids(db)}
    lost = [path for path in found if path.name.partition(".")[0] not in known]
    for path in lost:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(lost)


async def stream(database: Database, owner_pk: int, query: Query | None) -> AsyncIterator[bytes]:
    """The memories as lines, some hundred at a time, the oldest first; the connection is given back in between."""
    async with database.snapshot() as db:
        keys = await queries.keys(db, owner_pk, query, with_trash=False)
    for start in range(0, len(keys), STREAMED):
        pks = keys[start : start + STREAMED].tolist()
        async with database.snapshot() as db:
            found = await memories.by_pks(db, owner_pk, pks, url_for=lambda *_: "")
            files = await queries.media_of(db, owner_pk, pks)
            extras = await queries.extras(db, owner_pk, pks)
        lines = [
            encode(line(found[pk], files.get(pk, []), extras[pk].extra, extras[pk].locked_body, with_files=False))
            for pk in pks
            if pk in found and pk in extras
        ]
        yield b"".join(lines)


async def _check_space(
    db: AsyncConnection,
    owner_pk: int,
    query: Query | None,
    format_: str,
    *,
    account: bool,
    originals: bool,
    free: int,
) -> None:
    if (format_ not in PACKING and not account) or not originals:
        return
    needed = await queries.media_bytes(db, owner_pk, query, with_trash=account)
    if needed > free:
        raise DiskFull(
            f"The originals take {needed:,} bytes, and {max(0, free):,} are free. Nothing was written. "
            "Free some space, narrow the query, or leave the originals out."
        )


async def _record(
    db: AsyncConnection, caller: Caller, action: str, export_id: UUID, *, now: datetime, details: dict[str, Any]
) -> None:
    actor = audit.actor_of(caller)
    await audit.record(db, actor, action, now=now, object_kind="export", object_id=export_id, details=details)
