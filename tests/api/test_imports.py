"""Imports over HTTP: the wizard's whole way, uploads, errors, and what each answer looks like."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.desk import picture
from timeline_local.runtime import Runtime
from timeline_local.schemas import imports as wire


def notes(root: Path, count: int = 3) -> Path:
    root.mkdir(parents=True)
    for number in range(1, count + 1):
        (root / f"2020-01-{number:02}.md").write_text(f"# Day {number}\nwords #tag{number}")
    (root / "notes.xcf").write_bytes(b"x")
    (root / "photo.png").write_bytes(b"not really a picture")
    return root


async def settled(client: httpx.AsyncClient, found: dict[str, Any], *states: str) -> dict[str, Any]:
    """The import once it is in one of these states; also checks its shape each time."""
    async with asyncio.timeout(30):
        while True:
            answer = await client.get(f"/api/v1/imports/{found['id']}")
            body: dict[str, Any] = answer.json()
            wire.ImportOut.model_validate(body)
            if body["state"] in (*states, "failed"):
                return body
            await asyncio.sleep(0.02)


async def post(client: httpx.AsyncClient, path: str, body: object = None, status: int = 200) -> dict[str, Any]:
    answer = await client.post(f"/api/v1/imports{path}", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def test_a_folder_is_planned_imported_and_undone(client: httpx.AsyncClient, tmp_path: Path) -> None:
    made = await post(client, "", {"path": str(notes(tmp_path / "n"))}, 201)
    planned = await settled(client, made, "planned")
    assert planned["counts"] == {"new": 3, "changed": 0, "same": 0, "skipped": 1, "failed": 1}
    assert planned["plan"]["by_year"] == {"2020": 3}
    assert planned["plan"]["fits"] is True
    await post(client, f"/{made['id']}/start", {"options": {"tags": ["imported"]}})
    done = await settled(client, made, "done")
    assert done["progress"]["done"] == 3
    memories = (await client.get("/api/v1/memories")).json()["items"]
    assert [each["title"] for each in memories] == ["Day 3", "Day 2", "Day 1"]
    assert memories[0]["tags"] == ["imported", "tag3"]
    await post(client, f"/{made['id']}/undo")
    await settled(client, made, "undone")
    assert (await client.get("/api/v1/memories")).json()["items"] == []


async def test_items_are_paged_filtered_and_reported(client: httpx.AsyncClient, tmp_path: Path) -> None:
    made = await post(client, "", {"path": str(notes(tmp_path / "n"))}, 201)
    await settled(client, made, "planned")
    address = f"/api/v1/imports/{made['id']}"
    first = (await client.get(f"{address}/items", params={"limit": 2})).json()
    rest = (await client.get(f"{address}/items", params={"cursor": first["next_cursor"], "limit": 500})).json()
    wire.ItemPage.model_validate(first)
    paths = [each["path"] for each in first["items"] + rest["items"]]
    assert paths == ["2020-01-01.md", "2020-01-02.md", "2020-01-03.md", "photo.png", "notes.xcf"]
    failed = (await client.get(f"{address}/items", params={"verdict": "failed"})).json()["items"]
    assert [(each["path"], each["reason"]["slug"]) for each in failed] == [("photo.png", "not-what-it-says")]
    report = await client.get(f"{address}/report")
    assert [json.loads(line)["path"] for line in report.text.splitlines()] == paths


async def test_items_say_what_they_are_called_and_where_from_before_and_after(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "2020-01-04.md").write_text("# Tea\n\nwith Ana")
    (tmp_path / "2020-01-05.md").write_text("**Rain** all day\n\nand all night")
    picture(tmp_path / "2020-01-06.png")
    made = await post(client, "", {"path": str(tmp_path)}, 201)
    await settled(client, made, "planned")
    address = f"/api/v1/imports/{made['id']}"
    told = [("photo_folder", None), ("notes_folder", "Tea"), ("notes_folder", "Rain all day")]

    async def items() -> list[tuple[str, str]]:
        page = (await client.get(f"{address}/items")).json()["items"]
        return [(each["source"], each["title"]) for each in page]

    assert sorted(await items(), key=str) == sorted(told, key=str)
    await post(client, f"/{made['id']}/start")
    await settled(client, made, "done")
    assert sorted(await items(), key=str) == sorted(told, key=str)


@pytest.mark.parametrize(
    ("slug", "paths"),
    [
        ("file-date-only", ["someday.md"]),
        ("failed", ["photo.png"]),
        ("skipped", ["notes.xcf"]),
        ("undated", []),
    ],
)
async def test_the_items_behind_a_point_of_attention_are_listed(
    client: httpx.AsyncClient, tmp_path: Path, slug: str, paths: list[str]
) -> None:
    root = notes(tmp_path / "n")
    (root / "someday.md").write_text("no day is named here")
    made = await post(client, "", {"path": str(root)}, 201)
    planned = await settled(client, made, "planned")
    found = await client.get(f"/api/v1/imports/{made['id']}/items", params={"attention": slug})
    assert [each["path"] for each in found.json()["items"]] == paths
    counts = {point["slug"]: point["count"] for point in planned["plan"]["attention"]}
    assert counts.get(slug, 0) == len(paths)


async def test_imports_are_listed_newest_first(client: httpx.AsyncClient, tmp_path: Path) -> None:
    made = [await post(client, "", {"path": str(notes(tmp_path / name))}, 201) for name in "abc"]
    first = (await client.get("/api/v1/imports", params={"limit": 2})).json()
    wire.ImportPage.model_validate(first)
    rest = (await client.get("/api/v1/imports", params={"cursor": first["next_cursor"]})).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [each["id"] for each in reversed(made)]
    assert rest["next_cursor"] is None


async def test_dropped_files_are_imported_and_their_staging_removed(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    made = await post(client, "", {"upload": True, "name": "Dropped"}, 201)
    assert (made["state"], made["label"], made["path"]) == ("receiving", "Dropped", None)
    sent = await client.post(
        f"/api/v1/imports/{made['id']}/files",
        files={"file": ("x.md", b"# Hello\nworld")},
        data={"path": "../evil\\2019-06-14.md", "modified": "2019-06-14T12:00:00Z"},
    )
    assert (sent.status_code, sent.json()) == (201, {"path": "evil/2019-06-14.md", "size_bytes": 13})
    undated = await client.post(f"/api/v1/imports/{made['id']}/files", files={"file": ("plain.txt", b"no date")})
    assert undated.status_code == 201
    await post(client, f"/{made['id']}/scan")
    planned = await settled(client, made, "planned")
    assert planned["counts"]["new"] == 2
    assert [each["slug"] for each in planned["plan"]["attention"]] == ["undated"]
    await post(client, f"/{made['id']}/start")
    await settled(client, made, "done")
    days = [each["local_on"] for each in (await client.get("/api/v1/memories")).json()["items"]]
    assert days == ["2019-06-14", None]
    assert not list((runtime.library.incoming / "imports").rglob("*.md"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"path": "relative"}, 422),
        ({"path": "/no/such/folder"}, 404),
        ({"path": "/dev/null"}, 404),
        ({"path": "/tmp", "upload": True}, 422),
        ({"path": "/tmp", "options": {"zone": "Mars/Olympus"}}, 422),
        ({"path": "/tmp", "options": {"mode": "move"}}, 422),
        ({"path": "/tmp", "owner": 1}, 422),
    ],
)
async def test_what_cannot_be_imported_is_refused_with_a_problem(
    client: httpx.AsyncClient, body: dict[str, Any], status: int
) -> None:
    answer = await client.post("/api/v1/imports", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_the_library_itself_is_not_imported(client: httpx.AsyncClient, runtime: Runtime) -> None:
    answer = await client.post("/api/v1/imports", json={"path": str(runtime.library.media)})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/folder-not-allowed")


async def test_a_folder_without_anything_to_import_says_so(client: httpx.AsyncClient, tmp_path: Path) -> None:
    made = await post(client, "", {"path": str(tmp_path)}, 201)
    failed = await settled(client, made, "planned")
    assert (failed["state"], failed["error"]["type"]) == ("failed", "/problems/nothing-to-import")


@pytest.mark.parametrize("action", ["scan", "pause", "resume", "undo"])
async def test_an_action_that_does_not_fit_the_state_changes_nothing(
    client: httpx.AsyncClient, tmp_path: Path, action: str
) -> None:
    made = await post(client, "", {"path": str(notes(tmp_path / "n"))}, 201)
    await settled(client, made, "planned")
    answer = await client.post(f"/api/v1/imports/{made['id']}/{action}")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")
    assert (await settled(client, made, "planned"))["state"] == "planned"


async def test_a_planned_import_can_be_cancelled(client: httpx.AsyncClient, tmp_path: Path) -> None:
    made = await post(client, "", {"path": str(notes(tmp_path / "n"))}, 201)
    await settled(client, made, "planned")
    assert (await post(client, f"/{made['id']}/cancel", {"keep": True}))["state"] == "cancelled"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", ""),
        ("GET", "/019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4"),
        ("GET", "/019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4/items"),
        ("GET", "/019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4/report"),
        ("POST", "/019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4/files"),
        ("POST", "/019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4/start"),
        ("POST", "/019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4/undo"),
    ],
)
async def test_nobody_imports_without_signing_in(anonymous: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await anonymous.request(method, f"/api/v1/imports{path}")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/items"),
        ("GET", "/report"),
        *(("POST", f"/{each}") for each in ("start", "pause", "undo")),
    ],
)
async def test_an_import_that_is_not_there_is_not_found(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, f"/api/v1/imports/019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/import-not-found")


async def test_an_import_asked_for_twice_with_one_key_is_one_import(client: httpx.AsyncClient, tmp_path: Path) -> None:
    headers = {"Idempotency-Key": "the-same"}
    asked = {"path": str(notes(tmp_path / "n"))}
    first, second = [await client.post("/api/v1/imports", json=asked, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    other = await client.post("/api/v1/imports", json={"upload": True}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/idempotency-conflict")
    assert len((await client.get("/api/v1/imports")).json()["items"]) == 1
