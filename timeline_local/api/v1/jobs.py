"""Background jobs: look at them, pause, resume, cancel, try again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response

from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.pages import decode_cursor, encode_cursor
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.exceptions import InvalidCursor, JobNotFound, ScopeMissing, WrongState
from timeline_local.queries import jobs as queries
from timeline_local.queries.jobs import JobRow
from timeline_local.runtime import Runtime
from timeline_local.schemas.jobs import JobOut, JobPage, JobState
from timeline_local.services import jobs as services

router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=StrictRoute)

Change = Callable[..., Awaitable[JobRow]]


@router.get(
    "",
    summary="List the jobs, newest first",
    responses={200: {"model": JobPage}, **responses(InvalidCursor, ScopeMissing)},
    dependencies=[requires("jobs:read")],
)
async def list_jobs(
    db: ReadDb,
    me: Me,
    state: Annotated[JobState | None, Query(description="Only jobs in this state.")] = None,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Jobs of imports stay with their import; others are forgotten a week after their end."""
    after = UUID(bytes=decode_cursor(cursor)[2]) if cursor else None
    rows = await queries.page(db, me.user_pk, state=state and state.value, after=after, limit=limit + 1)
    more = encode_cursor((0, 0, rows[limit - 1].id.bytes)) if len(rows) > limit else None
    return _json({"items": [row.to_wire() for row in rows[:limit]], "next_cursor": more})


@router.get(
    "/{job_id}",
    summary="Look at one job",
    responses={200: {"model": JobOut}, **responses(JobNotFound, ScopeMissing)},
    dependencies=[requires("jobs:read")],
)
async def get_job(db: ReadDb, me: Me, job_id: UUID) -> Response:
    """State and progress; `GET /events` tells them as they change."""
    found = await queries.get(db, me.user_pk, job_id)
    if found is None:
        raise JobNotFound(f"There is no job {job_id} of yours.")
    return _json(found.to_wire())


@router.post(
    "/{job_id}/pause",
    summary="Pause a job",
    responses={200: {"model": JobOut}, **responses(JobNotFound, WrongState, ScopeMissing)},
    dependencies=[requires("jobs:write")],
)
async def pause_job(parts: Parts, me: Me, job_id: UUID) -> Response:
    """A waiting job pauses at once, a running one at the end of its batch; until then its state is `running`."""
    return await _change(parts, me, job_id, services.pause)


@router.post(
    "/{job_id}/resume",
    summary="Let a paused job go on",
    responses={200: {"model": JobOut}, **responses(JobNotFound, WrongState, ScopeMissing)},
    dependencies=[requires("jobs:write")],
)
async def resume_job(parts: Parts, me: Me, job_id: UUID) -> Response:
    """It goes on where it was paused."""
    return await _change(parts, me, job_id, services.resume)


@router.post(
    "/{job_id}/cancel",
    summary="Cancel a job",
    responses={200: {"model": JobOut}, **responses(JobNotFound, WrongState, ScopeMissing)},
    dependencies=[requires("jobs:write")],
)
async def cancel_job(parts: Parts, me: Me, job_id: UUID) -> Response:
    """What it has finished stays; a running job ends with its batch."""
    return await _change(parts, me, job_id, services.cancel)


@router.post(
    "/{job_id}/retry",
    summary="Start a failed or cancelled job again",
    responses={200: {"model": JobOut}, **responses(JobNotFound, WrongState, ScopeMissing)},
    dependencies=[requires("jobs:write")],
)
async def retry_job(parts: Parts, me: Me, job_id: UUID) -> Response:
    """It goes on where it ended."""
    return await _change(parts, me, job_id, services.retry)


async def _change(parts: Runtime, me: Caller, job_id: UUID, change: Change) -> Response:
    async with parts.database.write() as db:
        job = await change(db, me.user_pk, job_id, now=parts.now())
    parts.wake_jobs.set()
    document = job.to_wire()
    parts.changes.publish(me.user_pk, "job", document)
    if job.import_id is not None:
        news = {"id": str(job.import_id), "state": job.import_state, "progress": job.progress}
        parts.changes.publish(me.user_pk, "import", news)
    return _json(document)


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
