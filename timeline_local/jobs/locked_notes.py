"""After a note was locked: its single words leave the full text index, in small steps."""

from __future__ import annotations

from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.queries import dialect
from timeline_local.services.locked_notes import FORGET_WORDS as NAME


async def _forget(work: Work) -> Batch:
    database = work.runtime.database
    steps = work.memo["steps"] = work.memo.get("steps", 0) + 1
    async with database.write() as db:
        if steps == 1:
            await dialect.begin_forgetting(db)
            return Batch(is_last=False, progress=Progress())
        if not await dialect.go_on_forgetting(db):
            return Batch(is_last=False, progress=Progress(done=steps))
        await dialect.end_forgetting(db)
    await database.checkpoint()
    return Batch(is_last=True, progress=Progress(done=steps, total=steps))


FORGET_WORDS = JobKind(name=NAME, step=_forget, is_background=True)
