"""Working out visits and moves from positions that came or went."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from timeline_local.jobs.place_names import ask_for_names
from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.queries import jobs as queries
from timeline_local.queries.visits import has_stale
from timeline_local.services import jobs as services
from timeline_local.services.preferences import home_zone_of
from timeline_local.services.revision import bump

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

JOB = "derive_visits"


async def _derive(work: Work) -> Batch:
    from timeline_local.services.visits import derive  # noqa: PLC0415 - loads the importers' services

    runtime, owner_pk = work.runtime, work.job.owner_pk
    done = int((work.memo.get("position") or work.job.checkpoint or {}).get("done", 0))
    async with runtime.database.write() as db:
        home = await home_zone_of(db, owner_pk, fallback=runtime.home_zone)
        step = await derive(db, owner_pk, zone_of=runtime.zone_of, home_zone=home, now=runtime.now())
        if step.days:
            await bump(db, owner_pk)
        work.memo["position"] = {"done": done + 1}
        await services.checkpoint(db, work.job, work.memo["position"])
    if step.is_last:
        await ask_for_names(runtime, owner_pk)
    current = None if step.until is None else step.until.date().isoformat()
    return Batch(is_last=step.is_last, progress=Progress(done=done + 1, current=current), days=step.days)


async def ask_for_visits(runtime: Runtime, owner_pk: int, *, after: timedelta = timedelta()) -> None:
    """Have visits derived anew where positions changed; after: how long to wait for more of them."""
    now = runtime.now()
    async with runtime.database.write() as db:
        if not await has_stale(db, owner_pk):
            return
        await services.ensure(db, owner_pk, kind=JOB, now=now, run_after=now + after)
    runtime.wake_jobs.set()


async def _line_up(runtime: Runtime) -> None:
    """What was cut off by the end of the last process goes on."""
    async with runtime.database.read() as db:
        owners = await queries.owners(db)
    for owner_pk in owners:
        await ask_for_visits(runtime, owner_pk)


DERIVE_VISITS = JobKind(name=JOB, step=_derive, prepare=_line_up, is_background=True)
