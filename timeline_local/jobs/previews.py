"""Pictures for media files that have none yet; runs after imports and uploads, behind everything else.

While an import runs it mostly rests: somebody waits for the import, and the picture of a tile that comes into view is
made at once when it is asked for.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.queries import jobs as job_queries
from timeline_local.queries import media
from timeline_local.services import jobs as services
from timeline_local.services.previews import preview_batch

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime


REST = 7  # times as long as it worked: a picture of 12 megapixels takes ten times as long to make as to import
LONGEST_REST_S = 1.0  # of one step, so that wishes of its owner are seen
COUNT_EVERY_S = 1.0


async def _make_some(work: Work) -> Batch:
    runtime, owner_pk, started = work.runtime, work.job.owner_pk, time.monotonic()
    rest_s = work.memo.get("rest_until", started) - started
    if rest_s > 0 and await _is_importing(runtime):
        await asyncio.sleep(min(rest_s, LONGEST_REST_S))
        return Batch(is_last=False, progress=await _progress(work))
    made = await preview_batch(runtime.previews, owner_pk, now=runtime.now())
    work.memo["done"] = work.memo.get("done", 0) + made.made + made.failed
    ended = time.monotonic()
    work.memo["rest_until"] = ended + REST * (ended - started)
    if made.is_last:
        return Batch(is_last=True, progress=Progress(done=work.memo["done"], total=work.memo["done"]))
    return Batch(is_last=False, progress=await _progress(work))


async def _is_importing(runtime: Runtime) -> bool:
    async with runtime.database.read() as db:
        return await job_queries.is_running(db, kinds=("scan", "import"))


async def _progress(work: Work) -> Progress:
    """How far it is; how much is left is counted now and then, since that takes longer the more it is."""
    done, now = work.memo.get("done", 0), time.monotonic()
    if now >= work.memo.get("count_at", now):
        async with work.runtime.database.read() as db:
            work.memo["total"] = done + await media.preview_backlog(db, work.job.owner_pk)
        work.memo["count_at"] = now + COUNT_EVERY_S
    return Progress(done=done, total=max(done, work.memo["total"]))


async def _line_up(runtime: Runtime) -> None:
    """Go on with what a former run left without pictures."""
    async with runtime.database.write() as db:
        for owner_pk in await job_queries.owners(db):
            if await media.without_preview(db, owner_pk, limit=1):
                await services.ensure(db, owner_pk, kind=PREVIEWS.name, now=runtime.now())


PREVIEWS = JobKind(name="previews", step=_make_some, prepare=_line_up, is_background=True)
