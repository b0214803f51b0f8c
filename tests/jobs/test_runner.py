"""The runner in this process, on a real SQLite library."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select, update

from timeline_local.core.changes import Event
from timeline_local.exceptions import DatabaseUnavailable, FolderNotFound
from timeline_local.jobs.holding import TELL_S
from timeline_local.jobs.runner import Runner
from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.models import Job, Tag
from timeline_local.queries import jobs as queries
from timeline_local.queries.jobs import JobRow
from timeline_local.runtime import Runtime
from timeline_local.services import jobs as services


@pytest.fixture
async def runner(opened: Runtime, counting: ModuleType) -> AsyncIterator[Runner]:
    made = Runner(opened, (counting.COUNT,))
    await made.start()
    yield made
    await made.stop()


async def put(opened: Runtime, kind: str = "count", **payload: Any) -> JobRow:  # noqa: ANN401 - any JSON
    async with opened.database.write() as db:
        job = await services.enqueue(db, opened.owner_pk, kind=kind, payload=payload, now=opened.now())
    opened.wake_jobs.set()
    return job


async def look(opened: Runtime, job: JobRow) -> JobRow:
    async with opened.database.read() as db:
        found = await queries.get(db, opened.owner_pk, job.id)
    assert found
    return found


async def until(opened: Runtime, job: JobRow, wanted: Callable[[JobRow], bool], *, within_s: float = 60) -> JobRow:
    end = time.monotonic() + within_s
    while not wanted(found := await look(opened, job)):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.01)
    return found


async def ask(opened: Runtime, change: Any, job: JobRow) -> JobRow:  # noqa: ANN401 - one of the service's functions
    async with opened.database.write() as db:
        found: JobRow = await change(db, opened.owner_pk, job.id, now=opened.now())
    opened.wake_jobs.set()
    return found


async def tags(opened: Runtime) -> int:
    async with opened.database.read() as db:
        return (await db.execute(select(func.count()).select_from(Tag))).scalar_one()


def in_state(*states: str) -> Callable[[JobRow], bool]:
    return lambda job: job.state in states


async def test_a_job_runs_to_its_end(opened: Runtime, runner: Runner) -> None:
    job = await until(opened, await put(opened, items=23), in_state("done"))
    assert await tags(opened) == 23
    assert (job.progress["done"], job.progress["total"], job.progress["eta_s"]) == (23, 23, None)
    assert job.finished_at
    assert job.lease_holder is None


async def test_a_job_put_in_line_before_the_start_runs_too(opened: Runtime, counting: ModuleType) -> None:
    job = await put(opened, items=3)
    runner = Runner(opened, (counting.COUNT,))
    await runner.start()
    await until(opened, job, in_state("done"))
    await runner.stop()


async def test_pausing_stops_between_two_batches_and_resuming_goes_on(opened: Runtime, runner: Runner) -> None:
    job = await put(opened, items=60, pause_s=0.05)
    await until(opened, job, in_state("running"))
    await ask(opened, services.pause, job)
    await until(opened, job, in_state("paused"))
    before = await tags(opened)
    await asyncio.sleep(0.2)
    assert await tags(opened) == before < 60
    await ask(opened, services.resume, job)
    await until(opened, job, in_state("done"))
    assert await tags(opened) == 60


@pytest.mark.parametrize("jump", [timedelta(hours=3), timedelta(hours=-3), timedelta(days=3650)], ids=str)
async def test_a_clock_that_is_set_in_the_middle_of_a_job_makes_nothing_twice(
    opened: Runtime, runner: Runner, jump: timedelta
) -> None:
    job = await put(opened, items=60, pause_s=0.02)
    await until(opened, job, lambda found: found.checkpoint is not None)
    before = opened.now
    opened.now = lambda: before() + jump
    done = await until(opened, job, in_state("done", "failed"))
    assert (done.state, done.attempts, await tags(opened)) == ("done", 1, 60)


async def test_cancelling_keeps_what_is_done_and_retrying_finishes_it(opened: Runtime, runner: Runner) -> None:
    job = await put(opened, items=120, pause_s=0.05)
    await until(opened, job, in_state("running"))
    await ask(opened, services.cancel, job)
    ended = await until(opened, job, in_state("cancelled"))
    assert ended.finished_at
    assert await tags(opened) < 120
    await ask(opened, services.retry, job)
    await until(opened, job, in_state("done"))
    assert await tags(opened) == 120


async def test_a_wish_to_pause_can_be_taken_back(opened: Runtime) -> None:
    go_on = asyncio.Event()

    async def wait(work: Work) -> Batch:
        await go_on.wait()
        return Batch(is_last=True, progress=Progress())

    job = await put(opened, "wait")
    runner = Runner(opened, (JobKind(name="wait", step=wait),))
    await runner.start()
    await until(opened, job, in_state("running"))
    await ask(opened, services.pause, job)
    assert (await ask(opened, services.resume, job)).wish is None
    go_on.set()
    await until(opened, job, in_state("done"))
    await runner.stop()


async def test_no_more_jobs_run_at_once_than_allowed(opened: Runtime) -> None:
    at_once, most = 0, 0
    limit_reached = asyncio.Event()

    async def watch(work: Work) -> Batch:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if at_once == opened.settings.jobs.parallel:
            limit_reached.set()
        async with asyncio.timeout(60):
            await limit_reached.wait()
        await asyncio.sleep(0.03)  # a third one, were it let in, would be seen here
        at_once -= 1
        return Batch(is_last=True, progress=Progress())

    jobs = [await put(opened, "watch") for _ in range(7)]
    runner = Runner(opened, (JobKind(name="watch", step=watch),))
    await runner.start()
    for job in jobs:
        await until(opened, job, in_state("done"))
    await runner.stop()
    assert most == opened.settings.jobs.parallel == 2


async def test_background_work_leaves_a_slot_for_what_somebody_waits_for(opened: Runtime, counting: ModuleType) -> None:
    release = asyncio.Event()

    async def wait(work: Work) -> Batch:
        await release.wait()
        return Batch(is_last=True, progress=Progress())

    background = [await put(opened, "background") for _ in range(3)]
    runner = Runner(opened, (JobKind(name="background", step=wait, is_background=True), counting.COUNT))
    await runner.start()
    await until(opened, await put(opened, items=1), in_state("done"))
    release.set()
    for job in background:
        await until(opened, job, in_state("done"))
    await runner.stop()


async def test_stopping_ends_the_batch_and_puts_the_job_back_in_line(opened: Runtime, runner: Runner) -> None:
    job = await put(opened, items=10_000, pause_s=0.1)
    await until(opened, job, lambda found: found.checkpoint is not None)
    began = time.monotonic()
    await runner.stop()
    assert time.monotonic() - began < 60  # of the 200 s that the whole job takes
    stopped = await look(opened, job)
    assert (stopped.state, stopped.lease_holder, stopped.attempts) == ("waiting", None, 0)
    assert stopped.progress["done"] == (stopped.checkpoint or {})["done"] == await tags(opened)


async def test_a_batch_that_takes_too_long_is_cut_off_and_rolled_back(opened: Runtime, runner: Runner) -> None:
    job = await put(opened, items=100, pause_s=60)
    await until(opened, job, in_state("running"))
    began = time.monotonic()
    await runner.stop()
    assert time.monotonic() - began < 30
    assert (await look(opened, job)).state == "waiting"
    assert await tags(opened) == 0


async def test_a_failing_job_is_tried_again_later(opened: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timeline_local.jobs.holding.BACK_OFF_S", 0.01)
    tries: list[int] = []

    async def fail_twice(work: Work) -> Batch:
        tries.append(work.job.attempts)
        if len(tries) < 3:
            raise DatabaseUnavailable
        return Batch(is_last=True, progress=Progress())

    job = await put(opened, "fail")
    runner = Runner(opened, (JobKind(name="fail", step=fail_twice),))
    await runner.start()
    ended = await until(opened, job, in_state("done"))
    await runner.stop()
    assert tries == [1, 2, 3]
    assert ended.error is None


@pytest.mark.parametrize(
    ("error", "attempts", "slug"),
    [(ValueError("our bug"), 5, "internal"), (FolderNotFound("/x is gone"), 1, "folder-not-found")],
)
async def test_a_job_that_cannot_succeed_fails_with_a_problem(
    opened: Runtime, monkeypatch: pytest.MonkeyPatch, error: Exception, attempts: int, slug: str
) -> None:
    monkeypatch.setattr("timeline_local.jobs.holding.BACK_OFF_S", 0.01)

    async def fail(work: Work) -> Batch:
        raise error

    job = await put(opened, "fail")
    runner = Runner(opened, (JobKind(name="fail", step=fail),))
    await runner.start()
    ended = await until(opened, job, in_state("failed"))
    await runner.stop()
    assert ended.attempts == attempts
    assert (ended.error or {})["type"] == f"/problems/{slug}"
    assert "our bug" not in str(ended.error)


async def test_an_expired_lease_of_our_own_does_not_start_the_job_twice(opened: Runtime, runner: Runner) -> None:
    job = await put(opened, items=20, pause_s=0.1)
    await until(opened, job, in_state("running"))
    async with opened.database.write() as db:
        await db.execute(update(Job).values(lease_until=opened.now().replace(year=2000)))
    opened.wake_jobs.set()
    ended = await until(opened, job, in_state("done"))
    assert ended.attempts == 1
    assert await tags(opened) == 20


async def test_a_job_taken_over_by_another_process_is_left_alone(opened: Runtime, runner: Runner) -> None:
    job = await put(opened, items=100, pause_s=0.05)
    await until(opened, job, lambda found: found.checkpoint is not None)
    async with opened.database.write() as db:
        await db.execute(update(Job).values(lease_holder="another", lease_until=opened.now().replace(year=2999)))
    at = await tags(opened)
    await asyncio.sleep(0.3)
    left = await look(opened, job)
    assert (left.state, left.lease_holder) == ("running", "another")
    assert await tags(opened) == at


async def test_what_is_added_while_a_job_looks_is_not_missed(opened: Runtime) -> None:
    looks = 0
    looking, go_on = asyncio.Event(), asyncio.Event()

    async def look_around(work: Work) -> Batch:
        nonlocal looks
        looks += 1
        looking.set()
        await go_on.wait()
        return Batch(is_last=True, progress=Progress())

    job = await put(opened, "look")
    runner = Runner(opened, (JobKind(name="look", step=look_around),))
    await runner.start()
    await looking.wait()
    async with opened.database.write() as db:
        same = await services.ensure(db, opened.owner_pk, kind="look", now=opened.now())
    go_on.set()
    await until(opened, job, in_state("done"))
    await runner.stop()
    assert (same.id, looks) == (job.id, 2)


async def test_listeners_hear_how_a_job_goes_but_not_too_often(opened: Runtime, runner: Runner) -> None:
    listener = opened.changes.subscribe(opened.owner_pk)
    began = time.monotonic()
    job = await put(opened, items=100, pause_s=0.05)
    await until(opened, job, in_state("done"))
    seconds = time.monotonic() - began
    await asyncio.sleep(0.05)
    listener.close()
    heard: list[Event] = [event async for event in listener]
    states = [event.data["state"] for event in heard if event.event == "job"]
    assert states[0] == "running"
    assert states[-1] == "done"
    assert 3 <= len(states) <= 4 + seconds / TELL_S
    assert heard[-1].data["id"] == str(job.id)


async def test_paused_work_stops_after_its_batch_and_goes_on_where_it_was(opened: Runtime, runner: Runner) -> None:
    job = await put(opened, items=400, pause_s=0.01)
    await until(opened, job, lambda found: found.progress.get("done", 0) > 0)
    opened.pause.set(on=True)
    stopped = await until(opened, job, in_state("waiting"))
    written = await tags(opened)
    assert 0 < written < 400
    assert stopped.attempts == 0
    opened.wake_jobs.set()
    await asyncio.sleep(0.2)
    assert (await look(opened, job)).state == "waiting"
    assert await tags(opened) == written
    opened.pause.set(on=False)
    opened.wake_jobs.set()
    await until(opened, job, in_state("done"))
    assert await tags(opened) == 400


async def test_stopping_waits_for_no_database_that_is_held(opened: Runtime, counting: ModuleType) -> None:
    runner = Runner(opened, (counting.COUNT,))
    await runner.start()
    job = await put(opened, items=10_000, pause_s=0.01)
    await until(opened, job, in_state("running"))
    async with opened.database.write(), asyncio.timeout(60):
        opened.wake_jobs.set()
        await asyncio.sleep(0.1)  # it looks for another job now, and waits as well
        await runner.stop()
    assert not runner.is_running
