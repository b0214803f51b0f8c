"""The tray's one route, and the switches that the interface has too."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from timeline_local.config import load_settings
from timeline_local.core.security import client_proof
from timeline_local.queries import audit
from timeline_local.runtime import Runtime, updates_of

API = "/api/v1"


async def proof(client: httpx.AsyncClient, runtime: Runtime) -> dict[str, str]:
    answer = await client.get(f"{API}/auth/challenge", params={"nonce": "ab" * 32})
    nonce = answer.json()["nonce"]
    return {"nonce": nonce, "proof": client_proof(runtime.claim.secrets.instance, nonce)}


async def tray(client: httpx.AsyncClient, runtime: Runtime, **asked: str) -> httpx.Response:
    return await client.post(f"{API}/system/tray", json=await proof(client, runtime) | asked)


async def recorded(runtime: Runtime) -> list[tuple[str, str]]:
    async with runtime.database.read() as db:
        rows = await audit.after(db, seq=0, limit=50)
    return [(row["action"], row["actor_kind"]) for row in rows if row["action"].startswith(("work.", "server."))]


async def test_who_holds_the_secret_is_told_how_it_goes(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    told = (await tray(anonymous, runtime)).json()
    names = ("memories", "paused", "failed", "disk", "recent", "port", "moved_port", "update", "url")
    assert {name: told[name] for name in names} == {
        "memories": 0,
        "paused": False,
        "failed": None,
        "disk": "ok",
        "recent": [],
        "port": None,
        "moved_port": None,
        "update": None,
        "url": None,
    }


async def test_a_proof_works_once_and_a_stranger_has_none(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    used = await proof(anonymous, runtime)
    assert (await anonymous.post(f"{API}/system/tray", json=used)).status_code == 200
    for wrong in (used, used | {"proof": "0" * 64}, {"nonce": "x", "proof": "y"}):
        refused = await anonymous.post(f"{API}/system/tray", json=wrong | {"action": "quit"})
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert not runtime.quit.is_set()


async def test_the_browser_is_led_to_a_page_of_ours_with_a_ticket(
    anonymous: httpx.AsyncClient, runtime: Runtime
) -> None:
    told = (await tray(anonymous, runtime, action="open", target="/imports/new?path=%2Fa%20b")).json()
    label = runtime.claim.secrets.label
    address, _, ticket = told["url"].partition("#ticket=")
    assert address.startswith(f"http://{label}.localhost:")
    assert address.endswith("/imports/new?path=%2Fa%20b")
    redeemed = await anonymous.post(f"{API}/auth/redeem", json={"ticket": ticket})
    assert redeemed.status_code == 200


@pytest.mark.parametrize("target", ["//evil.test/", "/\\evil.test", "evil.test", "/x#ticket=1", "/a b", ""])
async def test_the_browser_is_led_nowhere_else(anonymous: httpx.AsyncClient, runtime: Runtime, target: str) -> None:
    assert (await tray(anonymous, runtime, action="open", target=target)).status_code == 422


async def test_pausing_is_kept_told_and_recorded_once(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    events = runtime.changes.subscribe(runtime.owner_pk)
    for _ in range(2):
        assert (await tray(anonymous, runtime, action="pause")).json()["paused"] is True
    assert runtime.pause.is_on
    told = await events.next(timeout_s=5)
    assert told
    assert (told.event, told.data) == ("system", {"paused": True})
    assert (await tray(anonymous, runtime, action="resume")).json()["paused"] is False
    assert await recorded(runtime) == [("work.paused", "command"), ("work.resumed", "command")]


async def test_quitting_is_recorded(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    assert (await tray(anonymous, runtime, action="quit")).status_code == 200
    assert runtime.quit.is_set()
    assert await recorded(runtime) == [("server.stopped", "command")]


async def test_the_interface_has_the_same_switches(client: httpx.AsyncClient, runtime: Runtime) -> None:
    assert (await client.get(f"{API}/system")).json()["paused"] is False
    assert (await client.patch(f"{API}/system", json={"paused": True})).json()["paused"] is True
    assert (await client.get(f"{API}/system")).json()["paused"] is True
    assert (await client.post(f"{API}/system/quit")).status_code == 202
    assert runtime.quit.is_set()
    assert [action for action, _ in await recorded(runtime)] == ["work.paused", "server.stopped"]


async def test_the_desktop_is_changed_only_where_the_person_sits(
    client: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert (await client.get(f"{API}/system")).json()["starts_at_login"] is False
    assert (await client.patch(f"{API}/system", json={"starts_at_login": True})).json()["starts_at_login"] is True
    assert str(runtime.library.root) in (tmp_path / "autostart" / "timeline-local.desktop").read_text()
    runtime.settings = load_settings(
        data_dir=runtime.settings.data_dir, server={"public_url": "https://timeline.example.org"}
    )
    assert (await client.get(f"{API}/system")).json()["starts_at_login"] is None
    refused = await client.patch(f"{API}/system", json={"starts_at_login": False})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-state")
    assert (tmp_path / "autostart" / "timeline-local.desktop").exists()


async def test_diagnostics_are_for_administrators_and_tell_no_path(client: httpx.AsyncClient, runtime: Runtime) -> None:
    text = (await client.get(f"{API}/system/diagnostics")).json()["text"]
    assert text.startswith("version: ")
    assert str(runtime.library.root) not in text


async def test_a_newer_version_that_is_known_of_is_told_where_it_is_asked_for(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    wanted = {"check": True, "url": "https://timeline.example.org/newest.json"}
    note = {"asked_at": runtime.now().isoformat(), "version": "99.1", "page": "https://timeline.example.org/99"}
    (runtime.library.run / "update.json").write_text(json.dumps(note))
    settings = load_settings(data_dir=runtime.settings.data_dir, updates=wanted)
    assert (await client.get(f"{API}/system")).json()["update"] is None
    runtime.updates = updates_of(settings, runtime.library, now=runtime.now)
    told = (await client.get(f"{API}/system")).json()["update"]
    assert told == {"version": "99.1", "page": "https://timeline.example.org/99"}
    assert (await tray(client, runtime)).json()["update"] == "99.1"
