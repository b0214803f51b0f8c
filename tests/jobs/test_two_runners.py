"""Two holders never work on the same job, on either database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from timeline_local.config import load_settings
from timeline_local.core.database import Database
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import JobTakenOver
from timeline_local.jobs.runner import Runner
from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.models import Import, Job
from timeline_local.queries import jobs as queries
from timeline_local.queries.jobs import JobRow
from timeline_local.runtime import Runtime, open_runtime
from timeline_local.services import jobs as services

LEASE = timedelta(seconds=60)


def now() -> datetime:
    return datetime.now(UTC)


async def claim(database: Database, holder: str, *, at: datetime | None = None) -> JobRow | None:
    async with database.write() as db:
        return await services.claim(db, holder=holder, kinds=("x",), held=(), now=at or now(), lease=LEASE)


async def put(database: Database, owner: Any, number: int = 1) -> None:  # noqa: ANN401 - the fixture's Owner
    async with database.write() as db:
        for _ in range(number):
            await services.enqueue(db, owner.pk, kind="x", now=now())


async def test_each_job_is_claimed_once_however_many_want_it(database: Database, owner: Any) -> None:  # noqa: ANN401
    await put(database, owner, 20)
    claimed = await asyncio.gather(*(claim(database, f"holder-{number}") for number in range(30)))
    taken = [job.pk for job in claimed if job]
    # PostgreSQL may find nothing while another transaction holds the row; nobody may find the same.
    assert len(taken) == len(set(taken))
    rest = [await claim(database, "late") for _ in range(20)]
    assert len(set(taken) | {job.pk for job in rest if job}) == 20


async def test_a_job_is_taken_over_when_its_lease_has_run_out(database: Database, owner: Any) -> None:  # noqa: ANN401
    await put(database, owner)
    first = await claim(database, "first")
    assert first
    assert await claim(database, "second") is None
    second = await claim(database, "second", at=now() + 2 * LEASE)
    assert second
    assert (second.pk, second.lease_holder, second.attempts) == (first.pk, "second", 2)
    async with database.write() as db:
        assert not await services.renew(db, first, now=now(), lease=LEASE)
        assert not await services.finish(db, first, state="done", now=now(), progress={})
        with pytest.raises(JobTakenOver):
            await services.checkpoint(db, first, {"done": 1})
        await services.checkpoint(db, second, {"done": 2})
    async with database.read() as db:
        found = await queries.get(db, owner.pk, first.id)
    assert found
    assert (found.state, found.checkpoint) == ("running", {"done": 2})


async def test_a_job_that_was_started_too_often_is_given_up(database: Database, owner: Any) -> None:  # noqa: ANN401
    await put(database, owner)
    for round_ in range(10):
        assert await claim(database, "x", at=now() + round_ * 2 * LEASE)
    assert await claim(database, "x", at=now() + 40 * LEASE) is None
    async with database.write() as db:
        (failed,) = await services.give_up_exhausted(db, now=now() + 40 * LEASE)
    assert (failed.state, (failed.error or {})["type"]) == ("failed", "/problems/job-gave-up")


async def test_old_jobs_without_an_import_are_forgotten(database: Database, owner: Any) -> None:  # noqa: ANN401
    await put(database, owner, 2)
    job = await claim(database, "x")
    assert job
    async with database.write() as db:
        await services.finish(db, job, state="done", now=now(), progress={})
        await db.execute(update(Job).where(Job.pk == job.pk).values(finished_at=now() - timedelta(days=8)))
        assert await services.forget_ended(db, owner.pk, before=now() - timedelta(days=7)) == 1
        assert [row.state for row in await queries.page(db, owner.pk)] == ["waiting"]


@pytest.fixture
async def two_processes(dialect: str, database_url: str | None, tmp_path: Path) -> AsyncIterator[list[Runtime]]:
    """Two runtimes, as two processes would have them, on one PostgreSQL."""
    if dialect == "sqlite":
        pytest.skip("a SQLite library has one process")
    jobs = {"poll_s": 0.05, "lease_s": 2}
    opened = []
    for name in ("one", "two"):
        settings = load_settings(
            environment="test", data_dir=tmp_path / name, database={"url": database_url}, jobs=jobs
        )
        opened.append(await open_runtime(settings))
    yield opened
    for runtime in opened:
        await runtime.close()


async def test_two_processes_share_the_jobs_and_neither_repeats_the_others(two_processes: list[Runtime]) -> None:
    done: Counter[int] = Counter()
    by: Counter[int] = Counter()

    async def step(work: Work) -> Batch:
        await asyncio.sleep(0.01)
        done[work.job.pk] += 1
        by[id(work.runtime)] += 1
        return Batch(is_last=True, progress=Progress(done=1))

    one = two_processes[0]
    async with one.database.write() as db:
        for _ in range(40):
            await services.enqueue(db, one.owner_pk, kind="x", now=one.now())
    runners = [Runner(runtime, (JobKind(name="x", step=step),)) for runtime in two_processes]
    for runner in runners:
        await runner.start()
    async with asyncio.timeout(60):
        while len(done) < 40:  # noqa: ASYNC110 - what it waits for is done by both runners
            await asyncio.sleep(0.02)
    for runner in runners:
        await runner.stop()
    assert set(done.values()) == {1}
    assert len(by) == 2


async def test_an_undo_waits_until_the_run_it_undoes_has_ended(database: Database, owner: Any) -> None:  # noqa: ANN401
    async with database.write() as db:
        made = {"id": new_id(), "owner_pk": owner.pk, "created_at": now(), "updated_at": now(), "version": 1}
        told = {"source": "x", "label": "x", "path": "/x", "is_upload": False, "options": {}, "counts": {}}
        pk = (
            await db.execute(insert(Import).values(**made, **told, state="undoing").returning(Import.pk))
        ).scalar_one()
        run = await services.enqueue(db, owner.pk, kind="import", import_pk=pk, now=now())
        held = await services.claim(db, holder="one", kinds=("import", "undo"), held=(), now=now(), lease=LEASE)
        undo = await services.enqueue(db, owner.pk, kind="undo", import_pk=pk, now=now())
        await db.execute(update(Import).values(job_pk=undo.pk, state="undoing"))
        assert held
        assert held.pk == run.pk
        assert await services.claim(db, holder="two", kinds=("undo",), held=(), now=now(), lease=LEASE) is None
        await services.finish(db, held, state="cancelled", now=now(), progress={})
        next_ = await services.claim(db, holder="two", kinds=("undo",), held=(), now=now(), lease=LEASE)
    assert next_
    assert (next_.pk, next_.import_state) == (undo.pk, "undoing")
