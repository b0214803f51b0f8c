"""The run of an import: copy the bytes, then write the memories, batch by batch, each item exactly once.

Bytes come first and rows after them, in one transaction with the state of the items: whatever is killed between the
two finds the bytes again under their hash and writes the rows then. What the plan saw is compared once more at the
moment of writing, so two imports of the same folder at the same time add nothing twice. Originals are only read.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeAlias

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.blobs import Offer, Stored
from timeline_local.domain.drafts import Draft, Problem
from timeline_local.domain.times import day_number
from timeline_local.exceptions import TimelineError
from timeline_local.importers.archive import Folder
from timeline_local.models import Import
from timeline_local.queries import imports
from timeline_local.queries.imports import AnyRow, ImportRow
from timeline_local.services import import_asides, import_parts, jobs, relation_refs, revision
from timeline_local.services.import_files import decode, look_at, where
from timeline_local.services.import_folder import folder_of
from timeline_local.services.import_items import RunItem, is_aside, is_memory, item_of
from timeline_local.services.import_rows import know_home
from timeline_local.services.import_verdicts import compare
from timeline_local.services.import_work import AsidePlan, BatchResult, ImportWork, Plan, Progress, unpack_plan
from timeline_local.services.import_writing import mark, settle_twins, write_memories
from timeline_local.services.ingest import FoundFile, Placement, store_media
from timeline_local.services.memory_content import MemoryContent
from timeline_local.services.originals import hold_originals
from timeline_local.services.tally import VERDICTS

BATCH_FILES = 64 * 1024 * 1024  # of originals copied for one transaction: a second's work on a slow disk
_STORED = "stored"  # under which the memo has the items of the next batch
BATCH_BYTES = 500_000  # of packed plans in one transaction: about 50,000 positions, a tenth of a second

AnyItem: TypeAlias = RunItem[Plan] | RunItem[AsidePlan]

log = logging.getLogger(__name__)


async def run_batch(work: ImportWork) -> BatchResult:
    """Write the next planned items, at most `settings.imports.batch`; the last batch ends the import.

    While their rows are written, the originals of the items after them are stored. Raises DiskFull and
    DatabaseUnavailable: nothing of the batch is written then, and it can be run again.
    """
    async with work.database.read() as db:
        row = await imports.by_pk(db, work.owner_pk, work.import_pk)
        await know_home(db, work)
    folder = folder_of(work, row, include_hidden=True)
    items = work.memo.pop(_STORED, None) or await _stored(work, folder, row, after=None)
    if not items:
        return await _link(work, row) or await _finish(work, row)
    following = asyncio.create_task(_stored(work, folder, row, after=items[-1]))
    try:
        revised, days = await _write_safely(work, folder, row, items)
    except BaseException:
        following.cancel()
        raise
    finally:
        await asyncio.wait([following])
    if following.exception() is None:  # else the next batch meets it again, and tells
        work.memo[_STORED] = following.result()
    return BatchResult(done=False, progress=_progress(work, row, items), revision=revised, days=days)


async def _stored(work: ImportWork, folder: Folder, row: ImportRow, *, after: AnyItem | None) -> list[AnyItem]:
    """The planned items that come after this one, their originals in the library; or why they are not."""
    items = [_unpacked(each) for each in await _following(work, after)]
    await _secure(work, folder, row, [each for each in items if each.problem is None])
    return items


async def _following(work: ImportWork, after: AnyItem | None) -> Sequence[AnyRow]:
    """Positions first, whichever source they are of: they tell pictures where and in which zone these were taken."""
    is_at_positions = after is None or after.row.kind == imports.POSITIONS
    last = 0 if after is None else after.row.pk
    async with work.database.read() as db:
        if is_at_positions and (rows := await _planned(db, work, after=last, are_positions=True)):
            return rows
        return await _planned(db, work, after=0 if is_at_positions else last, are_positions=False)


async def _planned(
    db: AsyncConnection, work: ImportWork, *, after: int = 0, are_positions: bool, batches: int = 1
) -> Sequence[AnyRow]:
    return await imports.planned(
        db,
        work.owner_pk,
        work.import_pk,
        after=after,
        are_positions=are_positions,
        limit=batches * work.settings.imports.batch,
        most_bytes=batches * BATCH_BYTES,
        most_in_files=batches * BATCH_FILES,
    )


async def stored_ahead(db: AsyncConnection, work: ImportWork) -> set[bytes]:
    """The hashes of what a run that was ended may have stored of items that it did not write: of two batches."""
    found = [await _planned(db, work, are_positions=each, batches=2) for each in (True, False)]
    return {file.sha256 for rows in found for each in rows for file in _unpacked(each).plan.files}


def _unpacked(row: AnyRow) -> AnyItem:
    try:
        plan = unpack_plan(row.draft)
    except (ValueError, KeyError, TypeError):
        lost = Plan("", Draft(source_key=row.source_key), ())
        return RunItem(row, lost, problem=Problem(row.path, "plan-damaged", "Its plan cannot be read; scan again."))
    return item_of(row, plan)


# --- the bytes -----------------------------------------------------------------------


async def _secure(work: ImportWork, folder: Folder, row: ImportRow, items: list[AnyItem]) -> None:
    """Make the bytes of items safe, reading again what changed since the plan."""
    stale = await asyncio.to_thread(lambda: [each for each in items if not _is_as_planned(folder, each.plan.files)])
    await _reread(work, folder, stale)
    sound = [each for each in items if each.problem is None]
    wanted = [(each, file) for each in sound for file in each.plan.files if _is_copied(folder, row, file)]
    offers = {file.sha256: _offer(folder, file, sha256=file.sha256) for _, file in wanted}
    stored = dict(zip(offers, await work.blobs.put_all(list(offers.values())), strict=True))
    others: list[tuple[AnyItem, FoundFile]] = []
    for item, file in wanted:
        result = stored[file.sha256]
        if isinstance(result, ValueError):
            others.append((item, file))
        elif isinstance(result, OSError):
            item.problem = _unreadable(item, result)
    for item, file in others:
        await _take_other(work, folder, item, file)


async def _reread(work: ImportWork, folder: Folder, items: list[AnyItem]) -> None:
    looked = await look_at(work.hand, folder, [each.plan.refs for each in items])
    found = [(item, files) for item, files in zip(items, looked, strict=True) if not isinstance(files, Problem)]
    told = await decode(work, folder, [files for _, files in found])
    fresh = {id(item): files for (item, _), files in zip(found, told, strict=True)}
    for item, first in zip(items, looked, strict=True):
        result = fresh.get(id(item), first)
        if isinstance(result, Problem):
            detail = "It was there when the folder was scanned, and is not any more. Everything else goes on."
            item.problem = Problem(result.locator, "vanished", detail)
        else:
            item.take_files(result)


async def _take_other(work: ImportWork, folder: Folder, item: AnyItem, file: FoundFile) -> None:
    """Same size and date, other bytes: take what is there now, under its own hash."""
    (stored,) = await work.blobs.put_all([_offer(folder, file)])
    if not isinstance(stored, Stored):
        item.problem = _unreadable(item, stored)
        return
    fresh = replace(file, sha256=stored.sha256, size_bytes=stored.size_bytes, facts=None)
    (told,) = await decode(work, folder, [(fresh,)])
    if isinstance(told, Problem):
        item.problem = told
        return
    item.take_files(tuple(told[0] if each is file else each for each in item.plan.files))


def _offer(folder: Folder, file: FoundFile, *, sha256: bytes | None = None) -> Offer:
    locator = file.ref.locator
    return Offer(partial(folder.open, locator), file.size_bytes, sha256, where(folder, locator) if sha256 else None)


def _unreadable(item: AnyItem, error: OSError | ValueError) -> Problem:
    why = (getattr(error, "strerror", None) or "it changes while it is read").lower()
    return Problem(item.row.path, "unreadable", f"This file cannot be read ({why}). Try it again.")


def _is_as_planned(folder: Folder, files: Sequence[FoundFile]) -> bool:
    for file in files:
        try:
            now = folder.stat(file.ref.locator)
        except (OSError, ValueError):
            return False
        if (now.size, now.mtime_ns) != (file.size_bytes, file.mtime_ns):
            return False
    return True


def _is_copied(folder: Folder, row: ImportRow, file: FoundFile) -> bool:
    """Whether its bytes go into the library: originals can only be left in place where they are files."""
    return row.options.get("mode", "copy") == "copy" or folder.place(file.ref.locator) is None


# --- the rows ------------------------------------------------------------------------


async def _write_safely(
    work: ImportWork, folder: Folder, row: ImportRow, items: list[AnyItem]
) -> tuple[int | None, tuple[int, ...]]:
    """Write a batch in one transaction; if an item makes that impossible, each by itself: one stops no other."""
    try:
        return await _write(work, folder, row, items)
    except TimelineError:
        raise
    except Exception:
        log.exception("a batch of an import could not be written", extra={"import_id": str(row.id)})
        if len(items) == 1:
            items[0].known = None
            items[0].problem = Problem(
                items[0].row.path, "not-written", "It could not be written; the log of today says why."
            )
            return await _write(work, folder, row, items)
    found: list[tuple[int | None, tuple[int, ...]]] = []
    for item in items:
        item.start_afresh()
        found.append(await _write_safely(work, folder, row, [item]))
    return found[-1][0], tuple(sorted({day for _, days in found for day in days}))


async def _write(
    work: ImportWork, folder: Folder, row: ImportRow, items: list[AnyItem]
) -> tuple[int | None, tuple[int, ...]]:
    sound = [item for item in items if item.problem is None and is_memory(item)]
    asides = [item for item in items if item.problem is None and is_aside(item)]
    async with work.database.write() as db:
        await _know(db, work, row, sound, asides)
        await _check_bytes(db, work, folder, row, [*sound, *asides])
        media = await _media(db, work, folder, row, [*sound, *asides])
        contents = await write_memories(db, work, row, sound, media)
        await import_parts.write(db, work, row, sound, contents, media)
        brought = await import_asides.write(db, work, asides, media)
        await mark(db, work, items)
        await _count(db, work, row, items)
        await jobs.checkpoint(db, work.job, _advanced(work, items))
        days = _days(contents)
        is_changed = bool(contents or brought or any(each.known and each.known.brings for each in sound))
        revised = await revision.bump(db, work.owner_pk) if is_changed else None
    return revised, days


async def _know(
    db: AsyncConnection,
    work: ImportWork,
    row: ImportRow,
    memories: list[RunItem[Plan]],
    asides: list[RunItem[AsidePlan]],
) -> None:
    """The verdicts at the moment of writing."""
    found = await compare(db, work.owner_pk, row, [each.plan for each in memories])
    for item, known in zip(memories, found, strict=True):
        item.known = known
    settle_twins(memories)
    for aside, known in zip(asides, await import_asides.compare(db, work, [each.plan for each in asides]), strict=True):
        aside.known = known


async def _check_bytes(
    db: AsyncConnection, work: ImportWork, folder: Folder, row: ImportRow, items: list[AnyItem]
) -> None:
    """Under the write lock, where bytes are also deleted: an undo may have removed what was here when we copied."""
    copied = [file.sha256 for item in items for file in item.plan.files if _is_copied(folder, row, file)]
    await hold_originals(db, work.blobs, copied)


async def _media(
    db: AsyncConnection, work: ImportWork, folder: Folder, row: ImportRow, items: list[AnyItem]
) -> dict[bytes, int]:
    """Rows for the files of new and changed items, by hash."""
    wanted = [item for item in items if item.verdict in ("new", "changed")]
    files = {file.sha256: (file, _placement(folder, row, file)) for item in wanted for file in item.plan.files}
    return await store_media(db, work.owner_pk, files, now=work.now())


def _placement(folder: Folder, row: ImportRow, file: FoundFile) -> Placement:
    if _is_copied(folder, row, file):
        return Placement()
    return Placement(str(folder.path(file.ref.locator)), file.mtime_ns)


async def _count(db: AsyncConnection, work: ImportWork, row: ImportRow, items: list[AnyItem]) -> None:
    """Move items between the counts whose verdict turned out to be another than planned."""
    moved = [(item.row.verdict, item.verdict) for item in items if item.row.verdict != item.verdict]
    if not moved:
        return
    counts = {name: row.counts.get(name, 0) for name in VERDICTS}
    for before, after in moved:
        counts[before] -= 1
        counts[after] += 1
    row.counts.update(counts)
    await db.execute(
        update(Import).where(Import.owner_pk == work.owner_pk, Import.pk == work.import_pk).values(counts=counts)
    )


def _days(contents: dict[int, MemoryContent]) -> tuple[int, ...]:
    days = {content.moment.local_on for content in contents.values()}
    return tuple(sorted(day_number(day) for day in days if day is not None))


# --- how far it is, and the end --------------------------------------------------------


def _advanced(work: ImportWork, items: list[AnyItem]) -> dict[str, int]:
    so_far = work.memo.get("advance") or work.job.checkpoint or {"done": 0, "bytes": 0}
    done = int(so_far.get("done", 0)) + len(items)
    size = int(so_far.get("bytes", 0)) + sum(item.row.size_bytes for item in items)
    work.memo["advancing"] = {"done": done, "bytes": size}
    return {"done": done, "bytes": size}


def _progress(work: ImportWork, row: ImportRow, items: list[AnyItem]) -> Progress:
    work.memo["advance"] = work.memo.get("advancing") or {"done": 0, "bytes": 0}
    return _as_progress(work, row, items[-1].row.path if items else None)


def _as_progress(work: ImportWork, row: ImportRow, current: str | None) -> Progress:
    advance = work.memo.get("advance") or work.job.checkpoint or {"done": 0, "bytes": 0}
    plan = row.plan or {}
    return Progress(
        done=int(advance.get("done", 0)),
        total=plan.get("new", 0) + plan.get("changed", 0),
        bytes_done=int(advance.get("bytes", 0)),
        bytes_total=plan.get("bytes_new", 0),
        current=current,
    )


async def _link(work: ImportWork, row: ImportRow) -> BatchResult | None:
    """Link the next memories that tell of one another; None when all are."""
    async with work.database.write() as db:
        if not await relation_refs.resolve(db, work.owner_pk, import_pk=work.import_pk, now=work.now()):
            return None
        await jobs.checkpoint(db, work.job, work.memo.get("advance") or work.job.checkpoint)
        revised = await revision.bump(db, work.owner_pk)
    return BatchResult(done=False, progress=_as_progress(work, row, None), revision=revised)


async def _finish(work: ImportWork, row: ImportRow) -> BatchResult:
    now = work.now()
    values = {
        "state": "done",
        "finished_at": now,
        "undoable_until": now + timedelta(days=work.settings.imports.undo_days),
        "updated_at": now,
    }
    async with work.database.write() as db:
        await jobs.checkpoint(db, work.job, work.memo.get("advance") or work.job.checkpoint)
        await db.execute(
            update(Import).where(Import.owner_pk == work.owner_pk, Import.pk == work.import_pk).values(**values)
        )
    if row.is_upload:
        await asyncio.to_thread(shutil.rmtree, row.path, ignore_errors=True)
    return BatchResult(done=True, progress=_as_progress(work, row, None))
