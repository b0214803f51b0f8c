"""Durable jobs: putting them in line, claiming them under a lease, and every change of their state.

States: waiting → running → done | failed | cancelled, and paused, from which a job goes back to waiting. One statement
per change, conditional on the state or the holder it comes from, so that two processes cannot both win. An import
follows its job: pausing, cancelling or failing a job does the same to the import, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, delete, func, insert, literal, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.ids import new_id
from timeline_local.exceptions import JobGaveUp, JobNotFound, JobTakenOver, TimelineError, WrongState
from timeline_local.models import Import, Job
from timeline_local.models.base import Instant
from timeline_local.queries import jobs as queries
from timeline_local.queries.jobs import MAX_STARTS, JobRow

JSON = dict[str, Any]
IMPORT_KINDS = ("scan", "import", "undo")
NO_PROGRESS: JSON = {
    "done": 0,
    "total": None,
    "bytes_done": 0,
    "bytes_total": None,
    "current": None,
    "per_second": None,
    "eta_s": None,
}


def problem(error: TimelineError) -> JSON:
    """An error as the problem document that a job carries."""
    return {"type": f"/problems/{error.slug}", "title": error.title, "status": error.status, "detail": error.detail}


# By the number of starts that brought it no further.
_PATIENCE = tuple(timedelta(seconds=seconds) for seconds in (0, 0, 0, 4, 8, 16, 32, 60))

EXHAUSTED = problem(
    JobGaveUp(
        f"It was given up after {MAX_STARTS} starts without progress. What it had finished is kept; "
        "look at the log, then try it again."
    )
)


async def enqueue(
    db: AsyncConnection,
    owner_pk: int,
    *,
    kind: str,
    now: datetime,
    payload: JSON | None = None,
    import_pk: int | None = None,
    run_after: datetime | None = None,
) -> JobRow:
    """Put a job in line. Set `runtime.wake_jobs` after the commit, so that it starts at once."""
    values = {
        "id": new_id(),
        "owner_pk": owner_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "kind": kind,
        "state": "waiting",
        "payload": payload or {},
        "progress": NO_PROGRESS,
        "attempts": 0,
        "import_pk": import_pk,
        "run_after": run_after or now,
    }
    pk = (await db.execute(insert(Job).values(values).returning(Job.pk))).scalar_one()
    return await _found(db, owner_pk, pk)


async def ensure(
    db: AsyncConnection, owner_pk: int, *, kind: str, now: datetime, run_after: datetime | None = None
) -> JobRow:
    """The owner's one active job of this kind, made now if there is none.

    One that is just running is asked to look once more before it ends, so nothing added meanwhile is missed.
    """
    found = await queries.newest_active(db, owner_pk, kind=kind)
    if found is None:
        return await enqueue(db, owner_pk, kind=kind, now=now, run_after=run_after)
    if found.state == "running":
        again = update(Job).where(Job.pk == found.pk, Job.state == "running")
        await db.execute(again.values(run_after=run_after or now))
    elif found.state == "waiting" and (run_after or now) < found.run_after and found.attempts == 0:
        await db.execute(update(Job).where(Job.pk == found.pk).values(run_after=run_after or now))
    return await _found(db, owner_pk, found.pk)


# --- what the owner asks for ---------------------------------------------------


async def pause(db: AsyncConnection, owner_pk: int, job_id: UUID, *, now: datetime) -> JobRow:
    """Pause a job: a waiting one at once, a running one at the end of its batch. Raises JobNotFound, WrongState."""
    job = await _mine(db, owner_pk, job_id)
    return await _ask(db, job, wish="pause", state="paused", from_states=("waiting",), now=now)


async def cancel(db: AsyncConnection, owner_pk: int, job_id: UUID, *, now: datetime) -> JobRow:
    """Cancel a job; what it has committed stays. A running one ends with its batch. Raises as `pause`."""
    job = await _mine(db, owner_pk, job_id)
    return await _ask(db, job, wish="cancel", state="cancelled", from_states=("waiting", "paused"), now=now)


async def resume(db: AsyncConnection, owner_pk: int, job_id: UUID, *, now: datetime) -> JobRow:
    """Let a paused job go on, or take back the wish to pause a running one. Raises as `pause`."""
    job = await _mine(db, owner_pk, job_id)
    return await _line_up(db, job, from_states=("paused",), now=now)


async def retry(db: AsyncConnection, owner_pk: int, job_id: UUID, *, now: datetime) -> JobRow:
    """Start a failed or cancelled job again; it goes on where it ended. Raises as `pause`."""
    job = await _mine(db, owner_pk, job_id)
    return await _line_up(db, job, from_states=("failed", "cancelled"), now=now)


async def _ask(
    db: AsyncConnection, job: JobRow, *, wish: str, state: str, from_states: Collection[str], now: datetime
) -> JobRow:
    ended = now if state == "cancelled" else None
    at_once = update(Job).where(Job.pk == job.pk, Job.state.in_(from_states))
    values = {"state": state, "wish": None, "finished_at": ended, "updated_at": now}
    if (await db.execute(at_once.values(values))).rowcount:
        await follow(db, job, state=state, now=now)
        return await _found(db, job.owner_pk, job.pk)
    later = update(Job).where(Job.pk == job.pk, Job.state == "running").values(wish=wish, updated_at=now)
    if not (await db.execute(later)).rowcount:
        raise _not_possible(job)
    return await _found(db, job.owner_pk, job.pk)


async def _line_up(db: AsyncConnection, job: JobRow, *, from_states: Collection[str], now: datetime) -> JobRow:
    values = {
        "state": "waiting",
        "wish": None,
        "attempts": 0,
        "error": None,
        "finished_at": None,
        "run_after": now,
        "updated_at": now,
    }
    again = update(Job).where(Job.pk == job.pk, Job.state.in_(from_states))
    if (await db.execute(again.values(values))).rowcount:
        await follow(db, job, state="running", now=now)
        return await _found(db, job.owner_pk, job.pk)
    kept = update(Job).where(Job.pk == job.pk, Job.state == "running", Job.wish == "pause")
    if "paused" not in from_states or not (await db.execute(kept.values(wish=None))).rowcount:
        raise _not_possible(job)
    return await _found(db, job.owner_pk, job.pk)


def _not_possible(job: JobRow) -> WrongState:
    return WrongState(f"The job is {job.state}, so that is not possible. Nothing was changed.")


# --- what the runner does --------------------------------------------------------


async def claim(
    db: AsyncConnection,
    *,
    holder: str,
    kinds: Collection[str],
    held: Collection[int],
    now: datetime,
    lease: timedelta,
) -> JobRow | None:
    """Take the next due job for this holder; None if there is none. held: what this holder already works on."""
    statement = (
        update(Job)
        .where(Job.pk == queries.due(now=now, kinds=kinds, held=held).scalar_subquery())
        .values(
            state="running",
            lease_holder=holder,
            lease_until=now + lease,
            attempts=Job.attempts + 1,
            started_at=func.coalesce(Job.started_at, literal(now, Instant)),
            updated_at=now,
        )
        .returning(Job.pk, Job.owner_pk)
    )
    taken = (await db.execute(statement)).first()
    if taken is None:
        return None
    job = await _found(db, taken.owner_pk, taken.pk)
    await follow(db, job, state="running", now=now)
    return await _found(db, taken.owner_pk, taken.pk)


async def take_back_all(db: AsyncConnection, *, now: datetime) -> None:
    """Put every running job back in line: for a start that knows no other process can hold one.

    What two starts did not bring further waits longer from start to start: if it is the job that ends the process, its
    owner finds a moment to cancel it; if it is somebody who ends it every other second, the job does not pay for it.
    """
    values = {"state": "waiting", "lease_holder": None, "lease_until": None, "updated_at": now}
    waits = [(Job.attempts == starts, literal(now + wait, Instant)) for starts, wait in enumerate(_PATIENCE)]
    last = literal(now + _PATIENCE[-1], Instant)
    await db.execute(update(Job).where(Job.state == "running").values(**values, run_after=case(*waits, else_=last)))


async def give_up_exhausted(db: AsyncConnection, *, now: datetime) -> list[JobRow]:
    """Fail the jobs that were started too often without finishing a batch; the jobs that failed."""
    hopeless = (
        update(Job)
        .where(
            Job.attempts >= MAX_STARTS,
            (Job.state == "waiting") | ((Job.state == "running") & (Job.lease_until < now)),
        )
        .values(state="failed", error=EXHAUSTED, lease_holder=None, lease_until=None, finished_at=now, updated_at=now)
        .returning(Job.pk, Job.owner_pk)
    )
    failed = [await _found(db, row.owner_pk, row.pk) for row in (await db.execute(hopeless)).all()]
    for job in failed:
        await follow(db, job, state="failed", error=EXHAUSTED, now=now)
    return failed


async def renew(
    db: AsyncConnection, job: JobRow, *, now: datetime, lease: timedelta, progress: JSON | None = None
) -> bool:
    """Prolong the lease and store the progress; False if another process holds the job now.

    progress  given after a finished batch, which also clears the count of starts without progress.
    """
    values: JSON = {"lease_until": now + lease}
    if progress is not None:
        values |= {"progress": progress, "attempts": 1, "updated_at": now}
    return bool((await db.execute(_held(job).values(values))).rowcount)


async def checkpoint(db: AsyncConnection, job: JobRow, data: JSON | None) -> None:
    """Store where the job can go on, inside the transaction of the batch that it stands for.

    The count of starts without progress begins anew with it.

    Also a fence: raises JobTakenOver, which rolls the batch back, if another process holds the job now.
    """
    if not (await db.execute(_held(job).values(checkpoint=data, attempts=1))).rowcount:
        raise JobTakenOver


async def again_at(db: AsyncConnection, job: JobRow, at: datetime) -> None:
    """Let a running job line up again for this time once it is done, instead of ending. Raises JobTakenOver."""
    if not (await db.execute(_held(job).values(run_after=at))).rowcount:
        raise JobTakenOver


async def release(db: AsyncConnection, job: JobRow, *, now: datetime, progress: JSON) -> bool:
    """Put a job back in line as it was before it was claimed: the process is about to end."""
    values = {"state": "waiting", "progress": progress, "run_after": now, "updated_at": now} | _no_lease()
    values["attempts"] = case((Job.attempts > 0, Job.attempts - 1), else_=0)
    return bool((await db.execute(_held(job).values(values))).rowcount)


async def postpone(db: AsyncConnection, job: JobRow, *, now: datetime, until: datetime, error: JSON) -> bool:
    """Put a job back in line for a later time, with the reason."""
    values = {"state": "waiting", "run_after": until, "error": error, "updated_at": now} | _no_lease()
    return bool((await db.execute(_held(job).values(values))).rowcount)


async def park(db: AsyncConnection, job: JobRow, *, now: datetime, progress: JSON) -> bool:
    """Pause a running job, as its owner wished; False if the wish was taken back or the job is another's now."""
    values = {"state": "paused", "wish": None, "progress": progress, "updated_at": now} | _no_lease()
    if not (await db.execute(_held(job).where(Job.wish == "pause").values(values))).rowcount:
        return False
    await follow(db, job, state="paused", now=now)
    return True


async def finish(
    db: AsyncConnection, job: JobRow, *, state: str, now: datetime, progress: JSON, error: JSON | None = None
) -> bool:
    """End a running job as done, failed or cancelled; one that was asked meanwhile to look again goes on waiting."""
    values: JSON = {"progress": progress, "error": error, "wish": None, "finished_at": now, "updated_at": now}
    values |= _no_lease() | {"state": state}
    if state == "done":
        again = Job.run_after > job.run_after
        values["state"] = case((again, "waiting"), else_="done")
        values["attempts"] = case((again, 0), else_=Job.attempts)
    if not (await db.execute(_held(job).values(values))).rowcount:
        return False
    await follow(db, job, state=state, error=error, now=now)
    return True


async def forget_ended(db: AsyncConnection, owner_pk: int, *, before: datetime) -> int:
    """Delete ended jobs that belong to no import and are older than this; how many."""
    ended = delete(Job).where(
        Job.owner_pk == owner_pk,
        Job.import_pk.is_(None),
        Job.state.in_(("done", "failed", "cancelled")),
        Job.finished_at < before,
    )
    return (await db.execute(ended)).rowcount


async def follow(db: AsyncConnection, job: JobRow, *, state: str, now: datetime, error: JSON | None = None) -> None:
    """Bring the import of a job into the state that goes with the job's new one; `done` its own code sets."""
    target = _import_state(job.kind, state)
    if job.import_pk is None or target is None:
        return
    values: JSON = {"state": target, "updated_at": now, "error": error}
    if target in ("cancelled", "failed"):
        values["finished_at"] = now
    is_newest = Import.job_pk.is_(None) | (Import.job_pk == job.pk)  # one that is being undone follows its undo
    mine = update(Import).where(Import.pk == job.import_pk, is_newest, Import.state != target)
    await db.execute(mine.values(values))


def _import_state(kind: str, state: str) -> str | None:
    if state == "running":
        return {"scan": "scanning", "import": "running", "undo": "undoing"}.get(kind)
    return state if state in ("paused", "cancelled", "failed") and kind in IMPORT_KINDS else None


def _held(job: JobRow) -> Any:  # noqa: ANN401 - SQLAlchemy's update of unknown row shape
    return update(Job).where(Job.pk == job.pk, Job.lease_holder == job.lease_holder, Job.state == "running")


def _no_lease() -> JSON:
    return {"lease_holder": None, "lease_until": None}


async def _mine(db: AsyncConnection, owner_pk: int, job_id: UUID) -> JobRow:
    found = await queries.get(db, owner_pk, job_id)
    if found is None:
        raise JobNotFound(f"There is no job {job_id} of yours.")
    return found


async def _found(db: AsyncConnection, owner_pk: int, pk: int) -> JobRow:
    found = await queries.get_by_pk(db, owner_pk, pk)
    assert found is not None  # noqa: S101 - written in this very transaction
    return found
