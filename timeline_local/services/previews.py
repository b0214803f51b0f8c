"""Pictures derived from originals: made by the decoding process, kept by hash, always re-creatable."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.blobs import Blobs
from timeline_local.core.database import Database
from timeline_local.core.disks import why_unwritten
from timeline_local.core.private_files import make_private_dir
from timeline_local.exceptions import Unavailable
from timeline_local.media.facts import PreviewResult, Undecodable
from timeline_local.media.worker import DecodePool
from timeline_local.models import MediaFile
from timeline_local.queries import media
from timeline_local.queries.media import AnyRow
from timeline_local.services import revision
from timeline_local.services.derived import refresh_derived
from timeline_local.services.originals import forget_originals, in_parts, original_path

BATCH = 16
SIZES = ("grid", "screen")


@dataclass(frozen=True, slots=True)
class PreviewMaker:
    """What making previews takes."""

    database: Database
    blobs: Blobs
    decoder: DecodePool
    root: Path

    def path(self, sha256: bytes, size: str) -> Path:
        """Where a preview of these bytes lies, whether or not it exists."""
        return self.folder(sha256) / f"{size}.webp"

    def folder(self, sha256: bytes) -> Path:
        """The folder of all previews of these bytes."""
        name = sha256.hex()
        return self.root / name[:2] / name


@dataclass(frozen=True, slots=True)
class PreviewBatch:
    """is_last: nothing was left to do. revision: the owner's, after the batch; None if nothing changed."""

    is_last: bool
    made: int
    failed: int
    revision: int | None


async def preview_batch(maker: PreviewMaker, owner_pk: int, *, now: datetime, limit: int = BATCH) -> PreviewBatch:
    """Make the previews of the newest files that lack them, at most `limit`, in one transaction at the end.

    Raises DiskFull and LibraryReadOnly: nothing is noted then.
    """
    async with maker.database.read() as db:
        rows = await media.without_preview(db, owner_pk, limit=limit)
    if not rows:
        return PreviewBatch(is_last=True, made=0, failed=0, revision=None)
    outcomes = await asyncio.gather(*(_attempt(maker, row) for row in rows))
    if any(_was_stopped(outcome) for outcome in outcomes):
        return PreviewBatch(is_last=True, made=0, failed=0, revision=None)
    async with maker.database.write() as db:
        await media.hold_memories_of(db, owner_pk, [row.pk for row in rows])
        for row, outcome in zip(rows, outcomes, strict=True):
            await _record(db, owner_pk, row.pk, outcome, now=now)
        touched = await media.memories_covered_by(db, owner_pk, [row.pk for row in rows])
        await refresh_derived(db, owner_pk, touched)
        number = await revision.bump(db, owner_pk)
    failed = sum(isinstance(outcome, Undecodable) for outcome in outcomes)
    return PreviewBatch(is_last=len(rows) < limit, made=len(rows) - failed, failed=failed, revision=number)


async def preview_now(maker: PreviewMaker, owner_pk: int, row: AnyRow, *, now: datetime) -> int | None:
    """Make one file's previews because somebody looks at it; the new revision, or None if it has none to give."""
    outcome = await _attempt(maker, row)
    if _was_stopped(outcome):
        raise Unavailable("The server is stopping; nothing was changed.")
    async with maker.database.write() as db:
        await media.hold_memories_of(db, owner_pk, [row.pk])
        await _record(db, owner_pk, row.pk, outcome, now=now)
        await refresh_derived(db, owner_pk, await media.memories_covered_by(db, owner_pk, [row.pk]))
        number = await revision.bump(db, owner_pk)
    return None if isinstance(outcome, Undecodable) else number


async def forget_files(maker: PreviewMaker, hashes: Sequence[bytes]) -> None:
    """Delete the bytes that no row of anybody names, and their previews, in transactions of its own.

    Call it once the rows are gone for good. What fails is left to the sweep.
    """
    for some in in_parts(hashes):
        async with maker.database.write() as db:
            gone = await forget_originals(db, maker.blobs, some)
        await forget_previews(maker, gone)


async def forget_previews(maker: PreviewMaker, hashes: Sequence[bytes]) -> None:
    """Remove the pictures of files that are gone."""
    await asyncio.to_thread(_remove, [maker.folder(sha256) for sha256 in hashes])


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        for size in SIZES:
            (folder / f"{size}.webp").unlink(missing_ok=True)
        if folder.is_dir():
            folder.rmdir()


async def _attempt(maker: PreviewMaker, row: AnyRow) -> PreviewResult | Undecodable:
    try:
        source = original_path(maker.blobs, row)
        folder = maker.folder(row.sha256)
        await asyncio.to_thread(make_private_dir, folder, inside=maker.root)
        return await maker.decoder.previews(source, folder, name_hint=row.file_name)
    except Undecodable as error:
        return error
    except OSError as error:
        if reason := why_unwritten(error):  # no fault of the file: it is tried again
            raise reason from error
        return Undecodable("original-missing", "The original file could not be read.")


def _was_stopped(outcome: PreviewResult | Undecodable) -> bool:
    """Whether the process is ending, which says nothing about the file."""
    return isinstance(outcome, Undecodable) and outcome.slug == "decoder-stopped"


async def _record(
    db: AsyncConnection, owner_pk: int, media_pk: int, outcome: PreviewResult | Undecodable, *, now: datetime
) -> None:
    change = update(MediaFile).where(MediaFile.owner_pk == owner_pk, MediaFile.pk == media_pk)
    if isinstance(outcome, Undecodable):
        await db.execute(change.values(preview_state="none", preview_reason=outcome.slug, updated_at=now))
        return
    await db.execute(
        change.values(
            preview_state="ready",
            preview_reason=None,
            preview_version=MediaFile.preview_version + 1,
            thumbhash=outcome.thumbhash,
            tint=outcome.tint,
            width=outcome.width,
            height=outcome.height,
            updated_at=now,
        )
    )
