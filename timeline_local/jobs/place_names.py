"""Giving places to memories that have coordinates: those of an import when it ends, those there are at a start."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.queries import jobs as queries
from timeline_local.queries import place_names
from timeline_local.services import jobs as services
from timeline_local.services.place_names import JOB
from timeline_local.services.revision import bump

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

WHILE_EDITING = timedelta(minutes=1)  # what somebody just wrote is not changed under their hands


async def _name(work: Work) -> Batch:
    from timeline_local.services.place_levels import bare_places, look_up_levels, write_levels  # noqa: PLC0415 - as below
    from timeline_local.services.place_names import look_up, rows_to_name, write  # noqa: PLC0415 - with the first batch

    runtime, owner_pk = work.runtime, work.job.owner_pk
    position = work.memo.get("position") or work.job.checkpoint or {"after": 0, "done": 0}
    behind = int(position.get("places", 0))
    async with runtime.database.read() as db:
        rows, last = await rows_to_name(db, owner_pk, after=int(position["after"]))
        own = await place_names.own_places(db, owner_pk) if rows else ()
        bare = await bare_places(db, owner_pk, after=behind)
    found = await asyncio.to_thread(look_up, rows, own, runtime.place_of)
    levels = await asyncio.to_thread(look_up_levels, bare, runtime.place_of)
    position = {
        "after": position["after"] if last is None else last,
        "done": int(position["done"]) + len(found) + len(levels),
        "places": bare[-1].pk if bare else behind,
    }
    is_last = last is None and not bare
    async with runtime.database.write() as db:
        named = await write(db, owner_pk, found, now=runtime.now())
        waits = await write_levels(db, owner_pk, levels, now=runtime.now())
        if named or levels:
            await bump(db, owner_pk)
        # From the start when it is asked again: memories that were passed may have lost their place since.
        await services.checkpoint(db, work.job, None if is_last else position)
    if waits:
        runtime.wake_jobs.set()
    work.memo["position"] = position
    return Batch(is_last=is_last, progress=Progress(done=position["done"]))


async def ask_for_names(runtime: Runtime, owner_pk: int, *, after: timedelta = timedelta()) -> None:
    """Have memories named that have coordinates and no location, and places completed; after: how long to wait."""
    now = runtime.now()
    async with runtime.database.write() as db:
        from timeline_local.services.place_levels import bare_places  # noqa: PLC0415 - as above

        if not (await place_names.is_any_unnamed(db, owner_pk) or await bare_places(db, owner_pk, limit=1)):
            return
        await services.ensure(db, owner_pk, kind=JOB, now=now, run_after=now + after)
    runtime.wake_jobs.set()


async def _line_up(runtime: Runtime) -> None:
    """Memories from before there were names, and what the end of the last process cut off."""
    async with runtime.database.read() as db:
        owners = await queries.owners(db)
    for owner_pk in owners:
        await ask_for_names(runtime, owner_pk)


NAME_PLACES = JobKind(name=JOB, step=_name, prepare=_line_up, is_background=True)
