"""Undoing an import: the memories it made go, those it changed get back what they were, the rest stays.

What the owner edited since is kept and told, unless undoing is forced. No tombstones are left: importing the same
folder again brings everything back. Bytes go after the rows that name them.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.domain.times import day_number
from timeline_local.exceptions import MemoryNotFound
from timeline_local.models import (
    Identity,
    Import,
    ImportItem,
    Location,
    MediaFile,
    Memory,
    MemoryMedia,
    MemoryPerson,
    MemoryTag,
    MemoryText,
    Person,
    Tag,
)
from timeline_local.queries import imports
from timeline_local.queries.dialect import hold_files_alone
from timeline_local.queries.imports import AnyRow, ImportRow
from timeline_local.services import buckets, import_asides, import_parts, jobs, positions, reimport, revision
from timeline_local.services.import_run import stored_ahead
from timeline_local.services.import_work import BatchResult, ImportWork, Progress
from timeline_local.services.locations import GAZETTEER
from timeline_local.services.media_trash import drop_orphans
from timeline_local.services.originals import forget_originals, in_parts

BATCH = 200
WAIT_S = 0.2
KEPT = "edited-since"


@dataclass(frozen=True, slots=True)
class _Undone:
    """blobs: hashes whose files go once the transaction is kept. days: where the timeline changed."""

    blobs: tuple[bytes, ...]
    days: tuple[int, ...]


async def undo_batch(work: ImportWork) -> BatchResult:
    """Take back the next items, the last first. Waits while another job of the import is still finishing."""
    async with work.database.read() as db:
        if await imports.busy_jobs(db, work.owner_pk, work.import_pk, besides=work.job.pk):
            await asyncio.sleep(WAIT_S)
            return BatchResult(done=False, progress=_progress(work))
        row = await imports.by_pk(db, work.owner_pk, work.import_pk)
        below = _position(work).get("below")
        items = await imports.undoable(db, work.owner_pk, work.import_pk, below=below, limit=BATCH)
    if not items:
        return await _undo_positions(work)
    async with work.database.write() as db:
        undone = await _undo(db, work, row, items)
        position = {"below": items[-1].pk, "done": int(_position(work).get("done", 0)) + len(items)}
        await jobs.checkpoint(db, work.job, position)
        revised = await revision.bump(db, work.owner_pk)
    work.memo["position"] = position
    await _forget_bytes(work, undone.blobs)
    return BatchResult(done=False, progress=_progress(work, current=items[-1].path), revision=revised, days=undone.days)


async def _undo(db: AsyncConnection, work: ImportWork, row: ImportRow, items: Sequence[AnyRow]) -> _Undone:
    await hold_files_alone(db)  # before any row, as in services.trash
    now = work.now()
    started = row.started_at or row.created_at
    edited: set[int] = set()
    if not work.job.payload.get("force"):
        pks = [item.memory_pk for item in items]
        edited = await imports.edited_since(db, work.owner_pk, import_pk=work.import_pk, memory_pks=pks, since=started)
    days: set[int] = set()
    await import_asides.take_back(db, work, items)
    for item in (each for each in items if each.verdict == "changed" and _is_to_go(each, edited)):
        await _restore(db, work, item, now=now)
    made = [item for item in items if item.verdict == "new" and _is_to_go(item, edited)]
    blobs = await _remove(db, work, [item.memory_pk for item in made], since=started, days=days)
    taken_back = [item.pk for item in items if item.memory_pk not in edited]
    await _mark(db, work, taken_back, {"state": "undone", "draft": None, "before": None}, now=now)
    kept = [item.pk for item in items if item.memory_pk in edited]
    detail = "You changed it since it was imported, so it was kept."
    await _mark(db, work, kept, {"reason_slug": KEPT, "reason_detail": detail}, now=now)
    return _Undone(tuple(blobs), tuple(sorted(days)))


def _is_to_go(item: AnyRow, edited: Collection[int]) -> bool:
    return item.memory_pk is not None and item.memory_pk not in edited


async def _undo_positions(work: ImportWork) -> BatchResult:
    """Take back the next positions; at the end of them, end the undo."""
    async with work.database.write() as db:
        is_more = await positions.take_back(db, work.owner_pk, work.import_pk)
        if not is_more:
            await import_parts.take_back_rest(db, work)
        await jobs.checkpoint(db, work.job, _position(work))
    return BatchResult(done=False, progress=_progress(work)) if is_more else await _finish(work)


async def _restore(db: AsyncConnection, work: ImportWork, item: AnyRow, *, now: datetime) -> None:
    before = item.before or {}
    work.memo.setdefault("media", []).extend(before.get("tracks", ()))
    await import_parts.take_back_one(db, work, item.memory_pk, before)
    if "row" not in before:  # it only joined collections, or got the file it was read from
        return
    media = await _media_of(db, [item.memory_pk])
    try:
        await reimport.restore_content(db, work.owner_pk, item.memory_pk, before, now=now)
    except MemoryNotFound:
        return
    work.memo.setdefault("media", []).extend(media)


async def _remove(
    db: AsyncConnection, work: ImportWork, memory_pks: list[int], *, since: datetime, days: set[int]
) -> list[bytes]:
    """Delete memories with what only they had; hashes of the bytes nobody needs any more."""
    owned = (Memory.owner_pk == work.owner_pk, Memory.pk.in_(memory_pks))
    placed = (
        await db.execute(
            select(Memory.local_on, Memory.kind, Memory.archived, Memory.trashed_at, Memory.location_pk).where(*owned)
        )
    ).all()
    tags = await _linked(db, MemoryTag.tag_pk, MemoryTag.memory_pk, memory_pks)
    identities = await _linked(db, MemoryPerson.identity_pk, MemoryPerson.memory_pk, memory_pks)
    media = [*await _media_of(db, memory_pks), *work.memo.pop("media", [])]
    # The search text goes first, by its own statement: the full text index follows its trigger.
    await db.execute(delete(MemoryText).where(MemoryText.memory_pk.in_(memory_pks)))
    await db.execute(delete(Memory).where(*owned))
    await buckets.move(
        db,
        work.owner_pk,
        gone=[buckets.placement(each.local_on, each.kind) for each in placed if _counts(each)],
    )
    await _drop_tags(db, work.owner_pk, tags, since=since)
    await _drop_people(db, work.owner_pk, identities, since=since)
    await _drop_locations(db, work.owner_pk, {each.location_pk for each in placed if each.location_pk}, since=since)
    days.update(day_number(each.local_on) for each in placed if each.local_on is not None)
    fresh = select(MediaFile.pk).where(
        MediaFile.owner_pk == work.owner_pk, MediaFile.pk.in_(media), MediaFile.created_at >= since
    )
    return await drop_orphans(db, work.owner_pk, list((await db.execute(fresh)).scalars()))


def _counts(row: AnyRow) -> bool:
    return row.trashed_at is None and not row.archived


async def _linked(db: AsyncConnection, target: Any, memory: Any, memory_pks: Collection[int]) -> set[int]:  # noqa: ANN401 - columns
    return set((await db.execute(select(target).where(memory.in_(memory_pks)))).scalars())


async def _media_of(db: AsyncConnection, memory_pks: Collection[int]) -> set[int]:
    return await _linked(db, MemoryMedia.media_pk, MemoryMedia.memory_pk, memory_pks)


async def _drop_tags(db: AsyncConnection, owner_pk: int, pks: Collection[int], *, since: datetime) -> None:
    unused = ~exists().where(MemoryTag.tag_pk == Tag.pk)
    await db.execute(delete(Tag).where(Tag.owner_pk == owner_pk, Tag.pk.in_(pks), Tag.created_at >= since, unused))


async def _drop_people(db: AsyncConnection, owner_pk: int, pks: Collection[int], *, since: datetime) -> None:
    unnamed = ~exists().where(MemoryPerson.identity_pk == Identity.pk)
    gone = (
        delete(Identity)
        .where(Identity.owner_pk == owner_pk, Identity.pk.in_(pks), Identity.created_at >= since, unnamed)
        .returning(Identity.person_pk, Identity.former_person_pk)
    )
    people = {pk for row in await db.execute(gone) for pk in row if pk is not None}
    nobody = ~exists().where(or_(Identity.person_pk == Person.pk, Identity.former_person_pk == Person.pk))
    mine = (Person.owner_pk == owner_pk, Person.pk.in_(people), Person.created_at >= since, nobody)
    # Nobody goes into whom others were merged: they would be given back without the identities they came with.
    merged = aliased(Person)
    is_last = ~exists().where(merged.merged_into_pk == Person.pk)
    await db.execute(delete(Person).where(*mine, Person.merged_into_pk.is_not(None), is_last))
    await db.execute(delete(Person).where(*mine, Person.note == "", is_last))


async def _drop_locations(db: AsyncConnection, owner_pk: int, pks: Collection[int], *, since: datetime) -> None:
    unused = ~exists().where(Memory.location_pk == Location.pk)
    mine = (Location.owner_pk == owner_pk, Location.pk.in_(pks), Location.source.in_(("import", GAZETTEER)))
    await db.execute(delete(Location).where(*mine, Location.created_at >= since, unused))


async def _mark(
    db: AsyncConnection, work: ImportWork, pks: list[int], values: dict[str, Any], *, now: datetime
) -> None:
    if pks:
        mine = update(ImportItem).where(ImportItem.owner_pk == work.owner_pk, ImportItem.pk.in_(pks))
        await db.execute(mine.values(updated_at=now, **values))


async def _forget_bytes(work: ImportWork, hashes: Collection[bytes]) -> None:
    """Delete bytes that no row names any more, and their previews."""
    for some in in_parts(sorted(hashes)):
        async with work.database.write() as db:
            gone = await forget_originals(db, work.blobs, some)
        await asyncio.to_thread(_forget_previews, work.previews_root, [sha256.hex() for sha256 in gone])


def _forget_previews(root: Path, names: Iterable[str]) -> None:
    for name in names:
        shutil.rmtree(root / name[:2] / name, ignore_errors=True)


async def _finish(work: ImportWork) -> BatchResult:
    now = work.now()
    async with work.database.read() as db:
        ahead = await stored_ahead(db, work)
    await _forget_bytes(work, ahead)
    async with work.database.write() as db:
        rest = update(ImportItem).where(
            ImportItem.owner_pk == work.owner_pk,
            ImportItem.import_pk == work.import_pk,
            or_(
                ImportItem.state == "planned",
                and_(ImportItem.kind == import_asides.POSITIONS, ImportItem.verdict == "new"),
            ),
        )
        await db.execute(rest.values(state="undone", draft=None, updated_at=now))
        mine = update(Import).where(Import.owner_pk == work.owner_pk, Import.pk == work.import_pk)
        await db.execute(mine.values(state="undone", finished_at=now, undoable_until=None, updated_at=now))
        await jobs.checkpoint(db, work.job, _position(work))
    return BatchResult(done=True, progress=_progress(work))


def _position(work: ImportWork) -> dict[str, Any]:
    return work.memo.get("position") or work.job.checkpoint or {}


def _progress(work: ImportWork, *, current: str | None = None) -> Progress:
    return Progress(done=int(_position(work).get("done", 0)), total=work.job.payload.get("total"), current=current)
