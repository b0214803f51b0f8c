"""Maintenance tasks run as jobs, find what was broken, and repair what can be derived."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from timeline_local.runtime import Runtime
from timeline_local.services.identity import create_api_key

API = "/api/v1"


async def _run(client: httpx.AsyncClient, task: str) -> dict[str, Any]:
    """Start a task and wait for its result."""
    started = await client.post(f"{API}/admin/maintenance/{task}")
    assert started.status_code == httpx.codes.ACCEPTED, started.text
    async with asyncio.timeout(60):
        while True:
            job = (await client.get(started.headers["location"])).json()
            if job["state"] not in ("waiting", "running"):
                break
            await asyncio.sleep(0.02)
    assert (job["state"], job["error"]) == ("done", None)
    return dict(job["result"])


async def _sql(runtime: Runtime, *statements: str) -> None:
    async with runtime.database.write() as db:
        for statement in statements:
            await db.execute(text(statement))


@pytest.fixture
async def memories(client: httpx.AsyncClient) -> list[str]:
    """The ids of three notes."""
    made = [(await client.post(f"{API}/memories", json={"body": f"note {number}"})).json() for number in range(3)]
    return [str(each["id"]) for each in made]


async def test_a_sound_library_verifies(client: httpx.AsyncClient, memories: list[str]) -> None:
    found = await _run(client, "verify")
    assert (found["problems"], found["memories"]) == ([], len(memories))
    entries = (await client.get(f"{API}/admin/audit?action=library.verified")).json()["items"]
    assert (len(entries), entries[0]["details"]["memories"], entries[0]["actor_kind"]) == (1, 3, "system")


async def test_verifying_names_what_is_damaged(
    client: httpx.AsyncClient, runtime: Runtime, memories: list[str]
) -> None:
    upload = await client.post(f"{API}/media", files={"file": ("a.txt", b"some original bytes", "text/plain")})
    assert upload.is_success, upload.text
    await _sql(runtime, "UPDATE memory SET title = 'changed behind our back' WHERE body = 'note 1'")
    await _sql(runtime, "UPDATE bucket_count SET count = count + 5")
    (blob,) = [path for path in runtime.library.media.rglob("*") if path.is_file()]
    blob.chmod(0o600)
    blob.write_bytes(b"same original bytes")
    found = await _run(client, "verify")
    problems = {(problem["what"], problem["which"]) for problem in found["problems"]}
    assert ("memory_changed", memories[1]) in problems
    assert ("original_damaged", blob.name) in problems
    assert {what for what, _ in problems} == {"memory_changed", "original_damaged", "wrong_counts"}
    blob.unlink()
    again = await _run(client, "verify")
    assert {"what": "original_missing", "which": blob.name} in again["problems"]


async def test_recounting_corrects_the_calendar(
    client: httpx.AsyncClient, runtime: Runtime, memories: list[str]
) -> None:
    del memories
    await _sql(runtime, "UPDATE bucket_count SET count = count + 5")
    assert (await _run(client, "recount"))["corrected"] == 3
    assert (await _run(client, "verify"))["problems"] == []


async def test_reindexing_finds_again_what_search_had_lost(
    client: httpx.AsyncClient, runtime: Runtime, memories: list[str]
) -> None:
    await _sql(runtime, "DELETE FROM memory_text")
    assert (await client.get(f"{API}/memories?q=note")).json()["items"] == []
    assert (await _run(client, "reindex"))["memories"] == len(memories)
    assert len((await client.get(f"{API}/memories?q=note")).json()["items"]) == len(memories)


async def test_sweeping_takes_old_originals_that_nobody_has_and_no_others(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    await client.post(f"{API}/media", files={"file": ("a.txt", b"known", "text/plain")})
    for content in (b"old and unknown", b"new and unknown"):

        async def chunks(content: bytes = content) -> Any:  # noqa: ANN401 - an async generator
            yield content

        stored = await runtime.blobs.put_stream(chunks())
        if content.startswith(b"old"):
            os.utime(runtime.blobs.path(stored.sha256), (0, 0))
    for path in runtime.library.media.rglob("*"):
        if path.is_file() and path.read_bytes() == b"known":
            os.utime(path, (0, 0))
    found = await _run(client, "sweep")
    left = sorted(path.read_bytes() for path in runtime.library.media.rglob("*") if path.is_file())
    assert (found["deleted"], left) == (1, [b"known", b"new and unknown"])


async def test_vacuuming_leaves_everything_as_it_was(client: httpx.AsyncClient, memories: list[str]) -> None:
    assert (await _run(client, "vacuum"))["problems"] == []
    assert len((await client.get(f"{API}/memories")).json()["items"]) == len(memories)


async def test_an_unknown_task_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{API}/admin/maintenance/format-disk")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/task-not-found")


async def test_the_settings_report_shows_no_password(client: httpx.AsyncClient, runtime: Runtime) -> None:
    items = (await client.get(f"{API}/admin/settings")).json()["items"]
    by_name = {item["name"]: item for item in items}
    assert by_name["data_dir"]["value"] == str(runtime.library.root)
    url = runtime.settings.database.url
    assert by_name["database.url"]["value"] == (None if url is None else "**********")


@pytest.mark.parametrize(("method", "path"), [("GET", "settings"), ("POST", "maintenance/verify")])
async def test_only_administrators_look_after_the_install(
    client: httpx.AsyncClient, runtime: Runtime, method: str, path: str
) -> None:
    async with runtime.database.write() as db:
        made = await create_api_key(db, runtime.owner_pk, name="plain", scopes=None, expires_at=None, now=runtime.now())
    answer = await client.request(method, f"{API}/admin/{path}", headers={"Authorization": f"Bearer {made.key}"})
    assert answer.status_code == httpx.codes.FORBIDDEN
