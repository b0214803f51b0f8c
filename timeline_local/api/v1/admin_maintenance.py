"""Looking after the install, for administrators: settings in force, maintenance, copies for development."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Response

from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.config import effective_settings
from timeline_local.core.security import Caller
from timeline_local.exceptions import IdempotencyConflict, JobNotFound, ScopeMissing, TaskNotFound
from timeline_local.queries import jobs as queries
from timeline_local.queries.jobs import JobRow
from timeline_local.runtime import Runtime
from timeline_local.schemas.identity import EffectiveSetting, EffectiveSettings
from timeline_local.schemas.jobs import JobOut
from timeline_local.services import jobs
from timeline_local.services.maintenance import TASKS

router = APIRouter(prefix="/admin", tags=["admin"], route_class=StrictRoute)


@router.get(
    "/settings",
    summary="The settings in force, secrets masked",
    dependencies=[requires("admin")],
    responses=responses(ScopeMissing),
)
async def report_settings(parts: Parts) -> EffectiveSettings:
    """Every setting, its value and where it came from. No password, key or address with a password is in it."""
    rows = effective_settings(parts.settings, parts.given)
    return EffectiveSettings(items=[EffectiveSetting(**row.model_dump()) for row in rows])


@router.post(
    "/maintenance/{task}",
    summary="Start a maintenance task",
    status_code=202,
    dependencies=[requires("admin")],
    response_class=Response,
    responses={202: {"model": JobOut}, **responses(IdempotencyConflict, JobNotFound, ScopeMissing, TaskNotFound)},
)
async def start_maintenance(task: str, me: Me, parts: Parts, key: RepeatKey = None) -> Response:
    """A job; what it found stands in its `result`, with at most 100 problems named.

    `verify` checks the database, the audit log, every memory's hash and every original, whole. `vacuum` gives free
    space back; writing waits meanwhile. `reindex` builds the search index anew. `sweep` deletes originals that no
    memory has, a day after they came. `recount` counts the calendar anew.
    """
    if task not in TASKS:
        raise TaskNotFound(f"There is no such task. There are: {', '.join(TASKS)}.")
    return await _enqueued(parts, me, key, kind="maintenance", payload={"task": task})


@router.post(
    "/anonymised-copies",
    summary="Make an anonymised copy of the library",
    status_code=202,
    dependencies=[requires("admin")],
    response_class=Response,
    responses={202: {"model": JobOut}, **responses(IdempotencyConflict, JobNotFound, ScopeMissing)},
)
async def make_anonymised_copy(me: Me, parts: Parts, key: RepeatKey = None) -> Response:
    """A job that writes a whole SQLite library under `anonymised/` in the library folder, for development.

    Texts, names, addresses, file names, places and pictures are made up, times are moved; counts, lengths, tags and
    links are real. Credentials, logs and locked texts are not in it. `result` says where it is.
    """
    return await _enqueued(parts, me, key, kind="anonymise", payload={})


async def _enqueued(parts: Runtime, me: Caller, key: str | None, *, kind: str, payload: dict[str, Any]) -> Response:
    async with parts.database.write() as db:
        known = await made_before(db, parts, me, key, None, what="/".join((kind, *payload.values())))
        if known is None:
            job = await jobs.enqueue(db, me.user_pk, kind=kind, now=parts.now(), payload=payload)
            await remember(db, me, key, job.id)
        else:
            job = await _job(db, me, known)
    parts.wake_jobs.set()
    location = {"Location": f"/api/v1/jobs/{job.id}"}
    return Response(orjson.dumps(job.to_wire()), status_code=202, media_type="application/json", headers=location)


async def _job(db: ReadDb, me: Caller, job_id: UUID) -> JobRow:
    found = await queries.get(db, me.user_pk, job_id)
    if found is None:
        raise JobNotFound("The job that this key began is over and forgotten. Nothing was begun; use a new key.")
    return found
