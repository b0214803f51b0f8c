"""/api/v1/jobs over the whole application."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from timeline_local.queries.jobs import JobRow
from timeline_local.runtime import Runtime
from timeline_local.schemas.jobs import JobOut, JobPage
from timeline_local.services import jobs as services

JOBS = "/api/v1/jobs"


async def put(runtime: Runtime, number: int = 1) -> list[JobRow]:
    """Jobs of a kind that nobody runs, so that they stay where they are put."""
    async with runtime.database.write() as db:
        return [await services.enqueue(db, runtime.owner_pk, kind="nobodys", now=runtime.now()) for _ in range(number)]


async def test_jobs_are_listed_newest_first_page_by_page(client: httpx.AsyncClient, runtime: Runtime) -> None:
    made = await put(runtime, 5)
    first = (await client.get(JOBS, params={"limit": 2})).json()
    second = (await client.get(JOBS, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    third = (await client.get(JOBS, params={"limit": 2, "cursor": second["next_cursor"]})).json()
    listed = [job["id"] for page in (first, second, third) for job in page["items"]]
    assert listed == [str(job.id) for job in reversed(made)]
    assert third["next_cursor"] is None
    JobPage.model_validate(first)


async def test_a_job_is_paused_resumed_cancelled_and_tried_again(client: httpx.AsyncClient, runtime: Runtime) -> None:
    (job,) = await put(runtime)
    steps = [("pause", "paused"), ("resume", "waiting"), ("cancel", "cancelled"), ("retry", "waiting")]
    answers = [(await client.post(f"{JOBS}/{job.id}/{verb}")) for verb, _ in steps]
    assert [answer.json()["state"] for answer in answers] == [state for _, state in steps]
    found = JobOut.model_validate((await client.get(f"{JOBS}/{job.id}")).json())
    assert (found.id, found.kind, found.state) == (job.id, "nobodys", "waiting")
    assert [each["id"] for each in (await client.get(JOBS, params={"state": "waiting"})).json()["items"]] == [
        str(job.id)
    ]
    assert (await client.get(JOBS, params={"state": "paused"})).json()["items"] == []


@pytest.mark.parametrize("verb", ["resume", "retry"])
async def test_what_does_not_fit_the_state_is_refused(client: httpx.AsyncClient, runtime: Runtime, verb: str) -> None:
    (job,) = await put(runtime)
    refused = await client.post(f"{JOBS}/{job.id}/{verb}")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-state")


@pytest.mark.parametrize(("method", "end"), [("GET", ""), ("POST", "/pause"), ("POST", "/retry")])
async def test_a_job_of_nobodys_is_not_found(client: httpx.AsyncClient, method: str, end: str) -> None:
    missing = await client.request(method, f"{JOBS}/{uuid4()}{end}")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/job-not-found")


@pytest.mark.parametrize(("query", "status"), [("cursor=x", 400), ("state=busy", 422), ("limit=0", 422)])
async def test_a_page_that_cannot_be_given_is_refused(client: httpx.AsyncClient, query: str, status: int) -> None:
    assert (await client.get(f"{JOBS}?{query}")).status_code == status


async def test_nobody_sees_jobs_without_a_key(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get(JOBS)).status_code == 401
