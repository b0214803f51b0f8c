"""A job that writes one tag per item, with its checkpoint in the same transaction; also a process that runs it.

python counting.py DATA_DIR   opens the library and runs jobs until it is told to end
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.config import load_settings
from timeline_local.domain.ids import new_id
from timeline_local.jobs.runner import Runner
from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.models import Job, Tag
from timeline_local.queries import jobs as queries
from timeline_local.runtime import Runtime, open_runtime
from timeline_local.services import jobs as services

PER_BATCH = 5


async def count(work: Work) -> Batch:
    """Write the next few items: tags `item-<n>`, of which the database refuses a second one."""
    total, pause_s = int(work.job.payload["items"]), float(work.job.payload.get("pause_s", 0))
    async with work.runtime.database.write() as db:
        start = await _done(db, work)
        end = min(start + PER_BATCH, total)
        await db.execute(insert(Tag), [_tag(work, number) for number in range(start, end)])
        await services.checkpoint(db, work.job, {"done": end})
        await asyncio.sleep(pause_s)
    return Batch(is_last=end == total, progress=Progress(done=end, total=total, current=f"item-{end}"))


async def _done(db: AsyncConnection, work: Work) -> int:
    job = await queries.get_by_pk(db, work.job.owner_pk, work.job.pk)
    return int((job.checkpoint or {}).get("done", 0)) if job else 0


def _tag(work: Work, number: int) -> dict[str, object]:
    at, name = datetime.now(UTC), f"{work.job.payload.get('name', 'item')}-{number}"
    common = {"id": new_id(), "owner_pk": work.job.owner_pk, "created_at": at, "updated_at": at, "version": 1}
    return common | {"name": name, "folded": name}


async def count_aloud(work: Work) -> Batch:
    """As `count`, with a line on stdout for each batch that is committed."""
    batch = await count(work)
    say("batch")
    return batch


def say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


async def crash(work: Work) -> Batch:
    """End the whole process, as a damaged file might."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


COUNT = JobKind(name="count", step=count)
CRASH = JobKind(name="crash", step=crash)


async def serve(data_dir: Path, until: str) -> None:
    """Run jobs until SIGTERM, or until none is left."""
    runtime = await open_runtime(load_settings(data_dir=data_dir))
    runner = Runner(runtime, (JobKind(name="count", step=count_aloud), CRASH))
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    say("ready")
    await runner.start()
    waits: dict[str, Callable[[], Awaitable[object]]] = {
        "forever": ending.wait,
        "finish": partial(_none_left, runtime),
    }
    await waits[until]()
    await runner.stop()
    await runtime.close()


async def _none_left(runtime: Runtime) -> None:
    left = select(func.count()).select_from(Job).where(Job.state.in_(("waiting", "running")))
    async with runtime.database.read() as db:
        while (await db.execute(left)).scalar_one():  # noqa: ASYNC110 - what it waits for is in the database
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
