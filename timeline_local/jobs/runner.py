"""Runs the durable jobs of the database: claims them under a lease, a bounded number at once, until it is stopped.

On SQLite one process holds the library, so a job found running at the start belongs to a process that died, and a new
job is announced by `runtime.wake_jobs`. On PostgreSQL any number of processes share the table: a dead one's jobs are
taken over when their lease runs out, and new ones are found by looking every `jobs.poll_s` seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from timeline_local.jobs.holding import Holding
from timeline_local.jobs.registry import KINDS
from timeline_local.jobs.work import JobKind
from timeline_local.queries import jobs as queries
from timeline_local.queries.jobs import JobRow
from timeline_local.services import jobs as services

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

GRACE_S = 1.2  # what running batches get at a stop, while open requests get 3 s; the whole process has 5 s
ROLLBACK_S = 0.5  # and what a batch that was cut off gets to roll back
LONGEST_SLEEP_S = 60.0  # a clock that was set, or a computer that slept, is noticed within this
AFTER_TROUBLE_S = 2.0

log = logging.getLogger(__name__)


class Runner:
    """`start` it once, `stop` it once. kinds: an explicit tuple, so that a test can bring its own."""

    def __init__(self, runtime: Runtime, kinds: tuple[JobKind, ...] = KINDS) -> None:
        self._runtime = runtime
        self._kinds = {kind.name: kind for kind in kinds}
        self._holder = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._lease = timedelta(seconds=runtime.settings.jobs.lease_s)
        self._parallel = runtime.settings.jobs.parallel
        self._is_alone = runtime.database.dialect == "sqlite"
        self._running: dict[int, tuple[JobKind, asyncio.Task[None]]] = {}
        self._stopping = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether jobs are being run: started, not stopped, not broken down."""
        return self._loop is not None and not self._loop.done()

    async def start(self) -> None:
        """Take back what a dead process held, put in line what should always be there, and begin."""
        if self._is_alone:
            async with self._runtime.database.write() as db:
                await services.take_back_all(db, now=self._runtime.now())
        for kind in self._kinds.values():
            if kind.prepare is not None:
                await kind.prepare(self._runtime)
        self._loop = asyncio.create_task(self._run(), name="job runner")
        self._ending = asyncio.create_task(self._end(self._loop), name="end of jobs")
        self._runtime.stop_jobs = self.begin_to_stop

    async def stop(self) -> None:
        """Let running batches end, put their jobs back in line, and return within 3 s. Calling it twice is harmless."""
        self.begin_to_stop()
        if self._ending is not None:
            await self._ending

    def begin_to_stop(self) -> None:
        """Stop in the background; `stop` waits for it."""
        self._stopping.set()
        self._runtime.wake_jobs.set()

    async def _end(self, loop: asyncio.Task[None]) -> None:
        """Once it is to stop, wait for what runs, and cut off what takes too long."""
        await self._stopping.wait()
        await _within(ROLLBACK_S, {loop})  # it may be about to begin one more
        await _within(GRACE_S, {task for _, task in self._running.values()})

    async def _run(self) -> None:
        while not self._stopping.is_set():
            self._runtime.wake_jobs.clear()
            try:
                await self._fill()
                sleep_s = await self._sleep_s()
            except Exception:  # the edge of all jobs: it must outlive a database that is away for a while
                log.exception("looking for jobs failed")
                sleep_s = AFTER_TROUBLE_S
            if not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(sleep_s):
                        await self._runtime.wake_jobs.wait()

    async def _fill(self) -> None:
        while len(self._running) < self._parallel and not self._stopping.is_set():
            job = await self._claim()
            if job is None:
                return
            kind = self._kinds[job.kind]
            holding = Holding(self._runtime, job, kind, stopping=self._stopping)
            task = asyncio.create_task(holding.run(), name=f"job {job.kind}")
            self._running[job.pk] = (kind, task)
            task.add_done_callback(partial(self._free, job.pk))

    def _free(self, pk: int, _task: asyncio.Task[None]) -> None:
        self._running.pop(pk, None)
        self._runtime.wake_jobs.set()

    async def _claim(self) -> JobRow | None:
        now = self._runtime.now()
        async with self._runtime.database.write() as db:
            failed = await services.give_up_exhausted(db, now=now)
            job = await services.claim(
                db, holder=self._holder, kinds=self._wanted(), held=tuple(self._running), now=now, lease=self._lease
            )
        for hopeless in failed:
            self._runtime.changes.publish(hopeless.owner_pk, "job", hopeless.to_wire())
        return job

    def _wanted(self) -> tuple[str, ...]:
        """The kinds that may start now: the last free slot is kept for what somebody waits for."""
        busy = sum(kind.is_background for kind, _ in self._running.values())
        full = busy >= max(1, self._parallel - 1)
        paused = self._runtime.pause.is_on
        return tuple(
            name
            for name, kind in self._kinds.items()
            if not (full and kind.is_background) and (kind.while_paused or not paused)
        )

    async def _sleep_s(self) -> float | None:
        if not self._is_alone:
            return self._runtime.settings.jobs.poll_s
        if len(self._running) >= self._parallel:
            return LONGEST_SLEEP_S
        async with self._runtime.database.read() as db:
            at = await queries.next_due_at(db, kinds=self._wanted())
        if at is None:
            return LONGEST_SLEEP_S
        return min(LONGEST_SLEEP_S, max(0.01, (at - self._runtime.now()).total_seconds()))


async def _within(seconds: float, tasks: set[asyncio.Task[None]]) -> None:
    """Wait for these tasks; those that take longer are cancelled, and may roll back."""
    late = tasks and (await asyncio.wait(tasks, timeout=seconds))[1]
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=ROLLBACK_S)
