"""Once a day: emptying the trash of what has been in it for too long, forgetting old exports and audit entries."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.queries import jobs as queries
from timeline_local.services import jobs as services

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

EVERY = timedelta(days=1)
SOON = timedelta(seconds=30)  # not in the way of a start
JOBS_KEPT = timedelta(days=7)


async def _purge(work: Work) -> Batch:
    from timeline_local.services import exports, positions  # noqa: PLC0415 - once a day
    from timeline_local.services.audit import SYSTEM  # noqa: PLC0415 - once a day
    from timeline_local.services.audit_chain import prune  # noqa: PLC0415 - once a day
    from timeline_local.services.previews import forget_files  # noqa: PLC0415 - once a day
    from timeline_local.services.registration import forget_unconfirmed  # noqa: PLC0415 - once a day
    from timeline_local.services.trash import empty, record_emptied  # noqa: PLC0415 - once a day

    runtime, owner_pk, now = work.runtime, work.job.owner_pk, work.runtime.now()
    before = now - timedelta(days=runtime.settings.trash.days)
    async with runtime.database.write() as db:
        purged = await empty(db, owner_pk, now=now, before=before)
        await services.forget_ended(db, owner_pk, before=now - JOBS_KEPT)
        await services.again_at(db, work.job, now + EVERY)
        await record_emptied(db, SYSTEM, purged, now=now)
    if owner_pk == runtime.owner_pk:  # the audit log and who may join are the install's, not one user's
        async with runtime.database.write() as db:
            await forget_unconfirmed(db, now=now)
        async with runtime.database.write() as db:
            await prune(
                db, runtime.audit_head, before=now - timedelta(days=runtime.settings.logging.audit_days), now=now
            )
    is_more = True
    while is_more:  # a step each, so that nobody waits for millions of them
        async with runtime.database.write() as db:
            is_more = await positions.purge(db, owner_pk, now=now)
    async with runtime.database.write() as db:
        old = await exports.forget_old(db, owner_pk, now=now)
    for export in old:
        await asyncio.to_thread(exports.remove_files, runtime.library, export)
    await forget_files(runtime.previews, purged.blobs)
    return Batch(is_last=True, progress=Progress(done=purged.count, total=purged.count))


async def _line_up(runtime: Runtime) -> None:
    """Each owner has one such job waiting, always."""
    async with runtime.database.write() as db:
        for owner_pk in await queries.owners(db):
            now = runtime.now()
            if await queries.newest_active(db, owner_pk, kind=PURGE_TRASH.name) is None:
                await services.enqueue(db, owner_pk, kind=PURGE_TRASH.name, now=now, run_after=now + SOON)


PURGE_TRASH = JobKind(name="purge_trash", step=_purge, prepare=_line_up, is_background=True)
