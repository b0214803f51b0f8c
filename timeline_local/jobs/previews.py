"""Pictures for media files that have none yet; runs after imports and uploads, behind everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.queries import jobs as job_queries
from timeline_local.queries import media
from timeline_local.services import jobs as services
from timeline_local.services.previews import preview_batch

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime


async def _make_some(work: Work) -> Batch:
    runtime, owner_pk = work.runtime, work.job.owner_pk
    made = await preview_batch(runtime.previews, owner_pk, now=runtime.now())
    done = work.memo["done"] = work.memo.get("done", 0) + made.made + made.failed
    async with runtime.database.read() as db:
        left = await media.preview_backlog(db, owner_pk)
    return Batch(is_last=made.is_last, progress=Progress(done=done, total=done + left))


async def _line_up(runtime: Runtime) -> None:
    """Go on with what a former run left without pictures."""
    async with runtime.database.write() as db:
        for owner_pk in await job_queries.owners(db):
            if await media.without_preview(db, owner_pk, limit=1):
                await services.ensure(db, owner_pk, kind=PREVIEWS.name, now=runtime.now())


PREVIEWS = JobKind(name="previews", step=_make_some, prepare=_line_up, is_background=True)
