"""The audit log over HTTP: pages, filters, verification and export, for administrators alone."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest

from timeline_local.domain.ids import new_id
from timeline_local.runtime import Runtime
from timeline_local.services.audit import SYSTEM, Actor, record
from timeline_local.services.identity import create_api_key

AUDIT = "/api/v1/admin/audit"


async def _fill(runtime: Runtime, *actions: str, actor: Actor = SYSTEM) -> None:
    async with runtime.database.write() as db:
        for action in actions:
            await record(db, actor, action, now=runtime.now(), details={"n": 1})


async def test_pages_follow_each_other_newest_first(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await _fill(runtime, *["test.page"] * 7)
    seen: list[int] = []
    cursor: str | None = None
    for _ in range(3):
        query = {"limit": "3", "action": "test.page"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(AUDIT, params=query)).json()
        seen += [entry["seq"] for entry in page["items"]]
        cursor = page["next_cursor"]
    assert (len(seen), seen, cursor) == (7, sorted(seen, reverse=True), None)


async def test_entries_are_found_by_action_actor_and_time(client: httpx.AsyncClient, runtime: Runtime) -> None:
    someone = Actor("session", new_id(), new_id())
    await _fill(runtime, "probe.one", "probe.two", "probex.three")
    await _fill(runtime, "probe.one", actor=someone)

    async def found(**query: str) -> list[str]:
        answer = await client.get(AUDIT, params=query)
        assert answer.status_code == httpx.codes.OK, answer.text
        return [entry["action"] for entry in answer.json()["items"]]

    assert await found(action="probe.one") == ["probe.one", "probe.one"]
    assert await found(action="probe.") == ["probe.one", "probe.two", "probe.one"]
    assert await found(actor=str(someone.user_id)) == ["probe.one"]
    later = (runtime.now() + timedelta(hours=1)).isoformat()
    assert await found(action="probe.", until=later) == await found(action="probe.")
    assert await found(since=later) == []


async def test_verification_and_export_tell_the_whole_log(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await _fill(runtime, "probe.one", "probe.two")
    told = (await client.get(f"{AUDIT}/verify")).json()
    answer = await client.get(f"{AUDIT}/export")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert (told["intact"], told["findings"], told["kept_seq"]) == (True, [], told["head_seq"])
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [line["seq"] for line in lines] == list(range(1, told["entries"] + 1))
    assert (lines[-1]["hash"], lines[-1]["action"]) == (told["head_hash"], "probe.two")


@pytest.mark.parametrize("path", ["", "/verify", "/export"])
async def test_only_administrators_read_the_log(client: httpx.AsyncClient, runtime: Runtime, path: str) -> None:
    async with runtime.database.write() as db:
        made = await create_api_key(db, runtime.owner_pk, name="plain", scopes=None, expires_at=None, now=runtime.now())
    answer = await client.get(AUDIT + path, headers={"Authorization": f"Bearer {made.key}"})
    assert answer.status_code == httpx.codes.FORBIDDEN


@pytest.mark.parametrize(
    "query", [{"action": "A b"}, {"cursor": "x"}, {"since": "2026-01-01T00:00:00"}, {"actor": "me"}, {"limit": "501"}]
)
async def test_what_cannot_be_asked_is_refused(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await client.get(AUDIT, params=query)).status_code in (400, 422)


async def test_purging_and_changed_settings_are_in_the_log_without_content(client: httpx.AsyncClient) -> None:
    made = [(await client.post("/api/v1/memories", json={"body": "Qwertz"})).json()["id"] for _ in range(3)]
    for memory_id in made:
        await client.delete(f"/api/v1/memories/{memory_id}")
    assert (await client.post(f"/api/v1/memories/{made[0]}/purge")).status_code == httpx.codes.NO_CONTENT
    assert (await client.post("/api/v1/trash/empty")).json() == {"purged": 2, "files": 0}
    assert (await client.post("/api/v1/trash/empty")).json() == {"purged": 0, "files": 0}
    assert (await client.patch("/api/v1/settings", json={"home_zone": "Europe/Rome"})).is_success
    entries = (await client.get(AUDIT)).json()["items"][:3]
    assert [(entry["action"], entry["object_id"], entry["details"]) for entry in entries] == [
        ("settings.changed", None, {"names": ["home_zone"]}),
        ("memory.purged", None, {"memories": 2}),
        ("memory.purged", made[0], {}),
    ]
    assert {entry["actor_kind"] for entry in entries} == {"api_key"}
