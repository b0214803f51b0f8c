"""Rewriting the search text of the many memories that mention somebody or some place renamed or merged."""

from __future__ import annotations

from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.services import jobs as services
from timeline_local.services.retelling import JOB, retell_some
from timeline_local.services.revision import bump


async def _retell_some(work: Work) -> Batch:
    owner_pk = work.job.owner_pk
    position = work.memo.get("position") or work.job.checkpoint or {"after": 0, "done": 0}
    async with work.runtime.database.write() as db:
        pks = await retell_some(db, owner_pk, work.job.payload, after=position["after"])
        if pks:
            position = {"after": pks[-1], "done": position["done"] + len(pks)}
            await bump(db, owner_pk)
        await services.checkpoint(db, work.job, position)
    work.memo["position"] = position
    return Batch(is_last=not pks, progress=Progress(done=position["done"]))


RETELL = JobKind(name=JOB, step=_retell_some, is_background=True)
