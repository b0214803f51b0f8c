"""Scanning, running and undoing an import. The rules live in services; here they meet the runtime and the runner.

Services of the importers are loaded by the first batch, not with this module: the server's first answer comes sooner.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from timeline_local.jobs.place_names import ask_for_names
from timeline_local.jobs.previews import PREVIEWS
from timeline_local.jobs.visits import ask_for_visits
from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.services import jobs as services
from timeline_local.services.preferences import home_zone_of

if TYPE_CHECKING:
    from timeline_local.services.import_work import BatchResult, ImportWork

PREVIEWS_EVERY_S = 5.0
WORTH_ANALYSING = 1000  # after fewer items the planner's picture of the library still holds


async def _scan(work: Work) -> Batch:
    parts = await _parts(work)
    from timeline_local.services.import_plan import scan_batch  # noqa: PLC0415 - as said above

    return _batch(await scan_batch(parts))


async def _import(work: Work) -> Batch:
    parts = await _parts(work)
    from timeline_local.services.import_run import run_batch  # noqa: PLC0415 - as said above

    batch = _batch(await run_batch(parts))
    await _ask_for_previews(work, is_last=batch.is_last)
    if batch.is_last:
        await ask_for_visits(work.runtime, work.job.owner_pk)
        await ask_for_names(work.runtime, work.job.owner_pk)
    if batch.is_last and batch.progress.done >= WORTH_ANALYSING:
        await work.runtime.database.optimize()
    return batch


async def _undo(work: Work) -> Batch:
    parts = await _parts(work)
    from timeline_local.services.import_undo import undo_batch  # noqa: PLC0415 - as said above

    batch = _batch(await undo_batch(parts))
    if batch.is_last:
        await ask_for_visits(work.runtime, work.job.owner_pk)
    return batch


async def _parts(work: Work) -> ImportWork:
    """What a batch needs of the runtime; made once, so that its memo lives from batch to batch."""
    made: ImportWork | None = work.memo.get("import")
    if made is None:
        await asyncio.to_thread(_load)
        from timeline_local.services.import_work import ImportWork  # noqa: PLC0415 - as said above

        runtime = work.runtime
        async with runtime.database.read() as db:
            home_zone = await home_zone_of(db, work.job.owner_pk, fallback=runtime.home_zone)
        assert work.job.import_pk is not None  # noqa: S101 - jobs of these kinds are made with their import
        made = work.memo["import"] = ImportWork(
            database=runtime.database,
            blobs=runtime.blobs,
            hand=runtime.hand,
            decoder=runtime.decoder,
            library_root=runtime.library.root,
            previews_root=runtime.library.previews,
            settings=runtime.settings,
            zone_of=runtime.zone_of,
            home_zone=home_zone,
            now=runtime.now,
            owner_pk=work.job.owner_pk,
            import_pk=work.job.import_pk,
            job=work.job,
        )
    return made


def _load() -> None:
    """Load what imports need: it takes a third of a second, for which the event loop would stand still."""
    import timeline_local.services.import_plan  # noqa: PLC0415 - as said above
    import timeline_local.services.import_undo  # noqa: F401, PLC0415 - as said above


def _batch(result: BatchResult) -> Batch:
    told = result.progress
    progress = Progress(
        done=told.done,
        total=told.total,
        bytes_done=told.bytes_done,
        bytes_total=told.bytes_total,
        current=told.current,
    )
    return Batch(is_last=result.done, progress=progress, days=result.days)


async def _ask_for_previews(work: Work, *, is_last: bool) -> None:
    """Let pictures appear while the import still runs, and surely after it."""
    now = time.monotonic()
    if not is_last and now - work.memo.get("previews_at", float("-inf")) < PREVIEWS_EVERY_S:
        return
    work.memo["previews_at"] = now
    async with work.runtime.database.write() as db:
        await services.ensure(db, work.job.owner_pk, kind=PREVIEWS.name, now=work.runtime.now())
    work.runtime.wake_jobs.set()


SCAN = JobKind(name="scan", step=_scan)
IMPORT = JobKind(name="import", step=_import)
UNDO = JobKind(name="undo", step=_undo)
