"""Watched folders: what is new comes by itself, a look that finds nothing leaves no trace, a lost disk says so."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from tests.api.callers import new_user
from tests.desk import note
from timeline_local.jobs.watching import WATCH
from timeline_local.models import User, WatchedFolder
from timeline_local.runtime import Runtime

URL = "/api/v1/watched-folders"
one_database = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
JSON = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notes"
    note(made / "2026-03-01.md", "First")
    return made


async def watched(client: httpx.AsyncClient, folder: Path) -> JSON:
    answer = await client.post(URL, json={"path": str(folder), "every_min": 60})
    assert answer.status_code == httpx.codes.CREATED, answer.text
    return dict(answer.json())


async def until(client: httpx.AsyncClient, is_there: Callable[[JSON], object]) -> JSON:
    """The one watched folder, once this holds of it."""
    async with asyncio.timeout(40):
        while True:
            (found,) = (await client.get(URL)).json()["items"]
            if is_there(found):
                return dict(found)
            await asyncio.sleep(0.05)


async def looked(client: httpx.AsyncClient, known: JSON) -> JSON:
    """Look now, and wait until that is through."""
    assert (await client.post(f"{URL}/{known['id']}/look")).status_code == httpx.codes.OK
    return await until(client, lambda now: now["last_at"] != known["last_at"] and not now["is_looking"])


def is_imported(found: JSON) -> bool:
    return found["last_import"] is not None and found["last_import"]["state"] == "done"


async def titles(client: httpx.AsyncClient) -> list[str]:
    return sorted(each["body"].strip() for each in (await client.get("/api/v1/memories")).json()["items"])


async def test_what_is_new_comes_and_a_look_that_finds_nothing_leaves_no_import(
    client: httpx.AsyncClient, folder: Path
) -> None:
    await watched(client, folder)
    first = await until(client, is_imported)
    assert await titles(client) == ["First"]
    again = await looked(client, first)
    assert (again["last_import"]["id"], again["problem"]) == (first["last_import"]["id"], None)
    note(folder / "2026-03-02.md", "Second")
    await looked(client, again)
    last = await until(
        client, lambda found: is_imported(found) and found["last_import"]["id"] != first["last_import"]["id"]
    )
    assert await titles(client) == ["First", "Second"]
    assert last["last_import"]["counts"]["new"] == 1
    assert len((await client.get("/api/v1/imports")).json()["items"]) == 2
    items = (await client.get(f"/api/v1/imports/{first['last_import']['id']}/items")).json()["items"]
    assert [each["verdict"] for each in items] == ["new"]


async def fall_due(runtime: Runtime) -> None:
    """As if the program had been closed, and was started after the time of the next look."""
    async with runtime.database.write() as db:
        await db.execute(update(WatchedFolder).values(next_at=runtime.now()))
    assert WATCH.prepare is not None
    await WATCH.prepare(runtime)
    runtime.wake_jobs.set()


@one_database
async def test_what_fell_due_while_the_program_was_closed_is_looked_at(
    client: httpx.AsyncClient, runtime: Runtime, folder: Path
) -> None:
    await watched(client, folder)
    first = await until(client, lambda found: is_imported(found) and not found["is_looking"])
    note(folder / "2026-03-02.md", "Second")
    await fall_due(runtime)
    await until(client, lambda found: is_imported(found) and found["last_import"]["id"] != first["last_import"]["id"])
    assert await titles(client) == ["First", "Second"]


@one_database
async def test_a_folder_that_vanished_says_so_and_stops_no_other(
    client: httpx.AsyncClient, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    note(other / "2026-03-05.md", "Elsewhere")
    lost = await watched(client, folder)
    await until(client, is_imported)
    shutil.rmtree(folder)
    told = await looked(client, await until(client, lambda found: not found["is_looking"]))
    assert told["problem"]["type"] == "/problems/folder-not-found"
    assert (await client.post(URL, json={"path": str(other)})).status_code == httpx.codes.CREATED
    async with asyncio.timeout(40):
        while "Elsewhere" not in await titles(client):  # noqa: ASYNC110 - asked as a client asks
            await asyncio.sleep(0.05)
    note(folder / "2026-03-02.md", "Back")
    await client.post(f"{URL}/{lost['id']}/look")
    async with asyncio.timeout(40):
        while "Back" not in await titles(client):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


@one_database
async def test_undoing_an_import_pauses_the_watch(client: httpx.AsyncClient, folder: Path) -> None:
    await watched(client, folder)
    found = await until(client, is_imported)
    await client.post(f"/api/v1/imports/{found['last_import']['id']}/undo")
    told = await until(client, lambda now: now["last_import"]["state"] == "undone")
    assert (told["is_paused"], told["next_at"]) == (True, None)
    assert await titles(client) == []
    answer = await client.patch(f"{URL}/{found['id']}", json={"is_paused": False})
    assert answer.json()["is_paused"] is False


@one_database
async def test_an_empty_folder_is_no_problem(client: httpx.AsyncClient, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    await watched(client, empty)
    told = await until(client, lambda found: found["last_at"] is not None and not found["is_looking"])
    assert (told["problem"], told["last_import"]) == (None, None)
    assert (await client.get("/api/v1/imports")).json()["items"] == []


@one_database
async def test_who_may_no_longer_read_the_disk_has_nothing_looked_at(
    client: httpx.AsyncClient, runtime: Runtime, folder: Path
) -> None:
    await watched(client, folder)
    found = await until(client, is_imported)
    async with runtime.database.write() as db:
        await db.execute(update(User).where(User.pk == runtime.owner_pk).values(role="member"))
    await fall_due(runtime)
    told = await until(client, lambda now: now["problem"] is not None)
    assert told["problem"]["type"] == "/problems/forbidden"
    assert told["last_import"]["id"] == found["last_import"]["id"]


@one_database
async def test_only_those_who_may_read_the_disk_watch_and_everybody_their_own(
    client: httpx.AsyncClient, folder: Path
) -> None:
    app = client._transport.app  # type: ignore[attr-defined]
    member, admin = await new_user(app, "mia", "member"), await new_user(app, "ada", "admin")
    assert (await member("POST", URL, {"path": str(folder)})).status == httpx.codes.FORBIDDEN
    mine = await watched(client, folder)
    assert (await admin("GET", URL)).json == {"items": []}
    assert (await admin("DELETE", f"{URL}/{mine['id']}")).status == httpx.codes.NOT_FOUND
    assert (await admin("POST", f"{URL}/{mine['id']}/look")).status == httpx.codes.NOT_FOUND
    (folder / "within").mkdir()
    answers = [
        await client.post(URL, json={"path": str(folder)}),
        await client.post(URL, json={"path": str(folder / "within")}),
        await client.post(URL, json={"path": str(folder / "nothing")}),
        await client.post(URL, json={"path": "relative"}),
        await client.post(URL, json={"path": str(folder), "every_min": 0}),
        await client.post(URL, json={"path": str(folder), "options": {"zone": "Europe/Atlantis"}}),
    ]
    assert [answer.status_code for answer in answers] == [409, 409, 404, 422, 422, 422]
    assert (await client.delete(f"{URL}/{mine['id']}")).status_code == httpx.codes.NO_CONTENT
    assert (await client.get(URL)).json() == {"items": []}
    assert (await client.delete(f"{URL}/{mine['id']}")).status_code == httpx.codes.NOT_FOUND
