"""One job while this process holds it: its batches, its lease, what is told about it, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from timeline_local.core.disks import why_unwritten
from timeline_local.domain.times import UNDATED_DAY, from_day_number
from timeline_local.exceptions import JobTakenOver, TimelineError
from timeline_local.jobs.meter import Meter
from timeline_local.jobs.work import Batch, JobKind, Work
from timeline_local.queries import jobs as queries
from timeline_local.queries.jobs import MAX_ATTEMPTS, JobRow, Pulse
from timeline_local.services import jobs as services

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

STORE_S = 1.0  # progress reaches the disk at most this often: each time costs a sync
TELL_S = 0.25  # and listeners at most this often
BACK_OFF_S = 2
MOST_DAYS = 50

log = logging.getLogger(__name__)


class Holding:
    """Runs one claimed job until it ends, is paused or cancelled by its owner, or `stopping` is set."""

    def __init__(self, runtime: Runtime, job: JobRow, kind: JobKind, *, stopping: asyncio.Event) -> None:
        self._runtime = runtime
        self._job = job
        self._kind = kind
        self._stopping = stopping
        self._lease = timedelta(seconds=runtime.settings.jobs.lease_s)
        self._meter = Meter()
        self._document: dict[str, Any] = job.progress
        self._attempts = job.attempts
        self._stored_at = self._told_at = float("-inf")
        self._revision = -1
        self._days: set[int] = set()
        self._days_are_known = True

    async def run(self) -> None:
        """Never raises but CancelledError; whatever goes wrong is stored with the job."""
        keeper = asyncio.create_task(self._keep_lease())
        try:
            await self._batches()
        except JobTakenOver:
            log.warning("job taken over by another process", extra={"job_id": str(self._job.id)})
        except asyncio.CancelledError:
            with contextlib.suppress(TimelineError):  # the lease is the backstop
                await asyncio.shield(self._release())
            raise
        except Exception as error:  # noqa: BLE001 - the edge of a job
            await self._fail(error)
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper

    async def _batches(self) -> None:
        work = Work(self._runtime, self._job)
        await self._tell(await self._pulse())
        while True:
            pulse = await self._pulse()
            if self._stopping.is_set():
                return await self._release()
            if self._runtime.pause.is_on and not self._kind.while_paused:
                await self._release()
                return await self._ended(kept=True)
            if pulse.wish == "pause" and await self._park():
                return None
            if pulse.wish == "cancel":
                return await self._finish("cancelled")
            batch = await self._kind.step(work)
            self._document = self._meter.document(batch.progress)
            self._note(batch)
            if batch.is_last:
                return await self._finish("done")
            await self._report()

    async def _pulse(self) -> Pulse:
        async with self._runtime.database.read() as db:
            found = await queries.pulse(db, self._job.owner_pk, self._job.pk)
        if found is None or found.holder != self._job.lease_holder:
            raise JobTakenOver
        return found

    async def _report(self) -> None:
        """Store and tell how far it is, each no more often than it should be."""
        now = time.monotonic()
        if now - self._stored_at >= STORE_S:
            self._stored_at = now
            self._attempts = 1
            await self._renew(self._document)
        if now - self._told_at >= TELL_S:
            await self._tell(await self._pulse())

    async def _renew(self, progress: dict[str, Any] | None = None) -> None:
        async with self._runtime.database.write() as db:
            kept = await services.renew(db, self._job, now=self._runtime.now(), lease=self._lease, progress=progress)
        if not kept:
            raise JobTakenOver

    async def _keep_lease(self) -> None:
        """Prolong the lease while a batch takes long; the loss of it is noticed between batches."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            with contextlib.suppress(TimelineError):
                await self._renew()

    # --- the ends ---------------------------------------------------------------

    async def _release(self) -> None:
        async with self._runtime.database.write() as db:
            await services.release(db, self._job, now=self._runtime.now(), progress=self._document)

    async def _park(self) -> bool:
        """Pause, unless the wish was taken back since it was read; the next look also finds a lost lease."""
        async with self._runtime.database.write() as db:
            parked = await services.park(db, self._job, now=self._runtime.now(), progress=self._document)
        if parked:
            await self._ended(kept=True)
        return parked

    async def _finish(self, state: str, error: dict[str, Any] | None = None) -> None:
        progress = self._document | {"current": None, "per_second": None, "eta_s": None}
        async with self._runtime.database.write() as db:
            kept = await services.finish(
                db, self._job, state=state, now=self._runtime.now(), progress=progress, error=error
            )
        await self._ended(kept=kept)

    async def _fail(self, error: Exception) -> None:
        """Line up for another try where that may help, else fail for good. Never raises: the lease is the backstop."""
        facts = {"job_id": str(self._job.id), "kind": self._job.kind}
        known = error if isinstance(error, TimelineError) else _of_the_disk(error)
        if known is not None:  # what its owner is told; no fault of ours that a stack would explain
            log.warning("job failed", extra=facts | {"problem": known.slug})
        else:
            log.error("job failed", exc_info=error, extra=facts)
        told = known or TimelineError()
        document = services.problem(told)
        try:
            if told.status < HTTPStatus.INTERNAL_SERVER_ERROR or self._attempts >= MAX_ATTEMPTS:
                return await self._finish("failed", document)
            await self._postpone(document)
        except Exception:  # still the edge of a job
            log.exception("job could not be put back", extra={"job_id": str(self._job.id)})

    async def _postpone(self, document: dict[str, Any]) -> None:
        now = self._runtime.now()
        until = now + timedelta(seconds=BACK_OFF_S**self._attempts)
        async with self._runtime.database.write() as db:
            kept = await services.postpone(db, self._job, now=now, until=until, error=document)
        await self._ended(kept=kept)

    async def _ended(self, *, kept: bool) -> None:
        if not kept:
            raise JobTakenOver
        async with self._runtime.database.read() as db:
            found = await queries.pulse(db, self._job.owner_pk, self._job.pk)
        if found is not None:
            await self._tell(found)

    # --- what listeners hear ------------------------------------------------------

    async def _tell(self, pulse: Pulse) -> None:
        """Publish the job, its import and, if the revision has grown, the timeline."""
        self._told_at = time.monotonic()
        async with self._runtime.database.read() as db:
            job = await queries.get_by_pk(db, self._job.owner_pk, self._job.pk)
        if job is None:
            return
        progress = self._document if job.state == "running" else job.progress
        publish = self._runtime.changes.publish
        if pulse.revision > self._revision >= 0:
            publish(job.owner_pk, "timeline", self._timeline_news(pulse.revision))
        self._revision = pulse.revision
        if job.import_id is not None:
            news = {"id": str(job.import_id), "state": job.import_state, "progress": progress}
            publish(job.owner_pk, "import", news)
        publish(job.owner_pk, "job", job.to_wire() | {"progress": progress})

    def _note(self, batch: Batch) -> None:
        self._days.update(batch.days)
        self._days_are_known &= bool(batch.days)

    def _timeline_news(self, revision: int) -> dict[str, Any]:
        """The revision, and the days that changed where they are known and few."""
        news: dict[str, Any] = {"rev": revision}
        if self._days_are_known and 0 < len(self._days) <= MOST_DAYS and UNDATED_DAY not in self._days:
            news["days"] = [from_day_number(day).isoformat() for day in sorted(self._days)]
        self._days, self._days_are_known = set(), True
        return news


def _of_the_disk(error: Exception) -> TimelineError | None:
    return why_unwritten(error) if isinstance(error, OSError) else None
