"""Looking at watched folders: one job an owner, which lines up for the next time that one of them is due."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from timeline_local.exceptions import NotAllowed, TimelineError
from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.queries import jobs as queries
from timeline_local.queries import watched_folders
from timeline_local.queries.watched_folders import AnyRow
from timeline_local.services import imports, watching
from timeline_local.services import jobs as services
from timeline_local.services.folders import DISK_ROLES

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime


async def _watch(work: Work) -> Batch:
    runtime, owner_pk, now = work.runtime, work.job.owner_pk, work.runtime.now()
    free = await asyncio.to_thread(runtime.library.free_bytes)
    async with runtime.database.write() as db:
        looks = await watching.carry_on(db, owner_pk, settings=runtime.settings, free_bytes=free, now=now)
        if looks.next_at is not None:
            await services.again_at(db, work.job, looks.next_at)
    for row in looks.due:
        await _look(runtime, owner_pk, row)
    runtime.wake_jobs.set()
    return Batch(is_last=True, progress=Progress(done=len(looks.due), total=len(looks.due)))


async def _look(runtime: Runtime, owner_pk: int, row: AnyRow) -> None:
    """Begin one look; what is wrong with the folder is noted at it, and the others go on."""
    try:
        async with runtime.database.read() as db:
            if not await watched_folders.may_look(db, owner_pk, roles=DISK_ROLES):
                raise NotAllowed("Only the owner and admins may import from folders of the server.")
        (path,) = await asyncio.to_thread(imports.check_paths, [row.path], runtime.settings)
        async with runtime.database.write() as db:
            await watching.look(db, owner_pk, row, path, now=runtime.now())
    except TimelineError as error:
        async with runtime.database.write() as db:
            await watching.note_problem(db, owner_pk, row, error, now=runtime.now())
    runtime.changes.publish(owner_pk, "import", {"id": None, "state": "watching", "progress": None})


async def _line_up(runtime: Runtime) -> None:
    """Whoever watches something has one such job waiting, always."""
    async with runtime.database.write() as db:
        for owner_pk in await queries.owners(db):
            if await watched_folders.is_any_awake(db, owner_pk):
                await services.ensure(db, owner_pk, kind=watching.JOB, now=runtime.now())


WATCH = JobKind(name=watching.JOB, step=_watch, prepare=_line_up, is_background=True)
