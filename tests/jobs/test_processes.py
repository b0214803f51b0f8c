"""Real processes that are killed: a job is finished exactly once by whoever comes next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from timeline_local.config import load_settings
from timeline_local.models import Job, Tag
from timeline_local.queries import jobs as queries
from timeline_local.queries.jobs import JobRow
from timeline_local.runtime import open_runtime
from timeline_local.services import jobs as services

SCRIPT = Path(__file__).with_name("counting.py")


@contextmanager
def process(data_dir: Path, until: str = "forever") -> Iterator[subprocess.Popen[str]]:
    """A process that runs jobs; killed at the end whatever happens."""
    started = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(data_dir), until],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert started.stdout
        assert started.stdout.readline() == "ready\n"
        yield started
    finally:
        started.kill()
        started.wait()
        assert started.stdout
        started.stdout.close()


def hear(started: subprocess.Popen[str], batches: int) -> None:
    """Wait until the process has committed so many batches."""
    assert started.stdout
    assert [started.stdout.readline() for _ in range(batches)] == ["batch\n"] * batches


async def enqueue(data_dir: Path, kind: str, *, attempts: int = 0, **payload: Any) -> JobRow:  # noqa: ANN401
    runtime = await open_runtime(load_settings(data_dir=data_dir))
    async with runtime.database.write() as db:
        job = await services.enqueue(db, runtime.owner_pk, kind=kind, payload=payload, now=runtime.now())
        await db.execute(update(Job).values(attempts=attempts))
    await runtime.close()
    return job


async def look(data_dir: Path, job: JobRow) -> tuple[JobRow, int]:
    """The job and the number of tags, once no process holds the library any more."""
    runtime = await open_runtime(load_settings(data_dir=data_dir))
    async with runtime.database.read() as db:
        found = await queries.get(db, runtime.owner_pk, job.id)
        tags = (await db.execute(select(func.count()).select_from(Tag))).scalar_one()
    await runtime.close()
    assert found
    return found, tags


@pytest.mark.parametrize("batches", [1, pytest.param(10, marks=pytest.mark.slow)])
async def test_a_job_killed_in_the_middle_is_finished_with_every_item_once(tmp_path: Path, batches: int) -> None:
    data = tmp_path / "library"
    job = await enqueue(data, "count", items=200, pause_s=0.03)
    with process(data) as first:
        hear(first, batches)
        first.send_signal(signal.SIGKILL)
        first.wait()
    killed, before = await look(data, job)
    assert (killed.state, before) == ("running", (killed.checkpoint or {}).get("done", 0))
    assert before < 200
    with process(data, "finish") as second:
        assert second.wait(90) == 0
    finished, after = await look(data, job)
    assert (finished.state, after) == ("done", 200)


async def test_a_job_that_ended_the_process_ten_times_is_given_up(tmp_path: Path) -> None:
    data = tmp_path / "library"
    job = await enqueue(data, "crash", attempts=9)
    with process(data) as crashing:
        assert crashing.wait(90) == -signal.SIGKILL
    with process(data, "finish") as surviving:
        assert surviving.wait(90) == 0
    ended, _ = await look(data, job)
    assert ended.state == "failed"
    assert (ended.error or {})["type"] == "/problems/job-gave-up"


async def test_a_job_whose_process_is_killed_again_and_again_waits_and_is_not_given_up(tmp_path: Path) -> None:
    data = tmp_path / "library"
    job = await enqueue(data, "crash", attempts=4)
    with process(data) as crashing:
        assert crashing.wait(90) == -signal.SIGKILL
    runtime = await open_runtime(load_settings(data_dir=data))
    async with runtime.database.write() as db:
        await services.take_back_all(db, now=runtime.now())
    async with runtime.database.read() as db:
        waiting = await queries.get(db, runtime.owner_pk, job.id)
    now = runtime.now()
    await runtime.close()
    assert waiting is not None
    assert (waiting.state, waiting.attempts) == ("waiting", 5)
    assert timedelta(seconds=10) < waiting.run_after - now <= timedelta(seconds=16)


async def test_a_batch_ends_the_count_of_starts_in_vain_with_its_own_transaction(tmp_path: Path) -> None:
    runtime = await open_runtime(load_settings(data_dir=tmp_path / "library"))
    async with runtime.database.write() as db:
        await services.enqueue(db, runtime.owner_pk, kind="count", now=runtime.now())
        await db.execute(update(Job).values(attempts=7))
        job = await services.claim(
            db, holder="me", kinds=["count"], held=[], now=runtime.now(), lease=timedelta(minutes=1)
        )
        assert job is not None
        assert job.attempts == 8
        await services.checkpoint(db, job, {"done": 1})
    async with runtime.database.read() as db:
        found = await queries.get(db, runtime.owner_pk, job.id)
    await runtime.close()
    assert found is not None
    assert found.attempts == 1


async def test_a_stopped_process_puts_its_job_back_instead_of_finishing_it(tmp_path: Path) -> None:
    data = tmp_path / "library"
    job = await enqueue(data, "count", items=10_000, pause_s=0.2)
    with process(data) as running:
        hear(running, 2)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0  # the job itself would take 400 s
    stopped, tags = await look(data, job)
    assert (stopped.state, stopped.lease_holder) == ("waiting", None)
    assert tags == stopped.progress["done"]
