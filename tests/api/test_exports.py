"""Exports over HTTP: each format read back and compared with what the API tells."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Precision
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import ReadOptions
from timeline_local.importers.sources.notes_folder import NotesFolder
from timeline_local.runtime import Runtime
from timeline_local.schemas import exports as wire

JSON = dict[str, Any]
ONLY_EXPORTED = ("sha256", "path", "camera_make", "camera_model", "lens")
MADE_FOR_SCREENS = ("has_preview", "preview_state", "placeholder", "original", "grid", "screen")


def picture(colour: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(made, "JPEG")
    return made.getvalue()


async def write(client: httpx.AsyncClient, **fields: object) -> JSON:
    answer = await client.post("/api/v1/memories", json=fields)
    assert answer.status_code == 201, answer.text
    made: JSON = answer.json()
    return made


async def a_diary(client: httpx.AsyncClient) -> None:
    """One of everything an export has to carry."""
    files = {"file": ("Beach (1).jpg", picture("teal"), "image/jpeg")}
    shown = (await client.post("/api/v1/media", files=files)).json()
    other = (await client.post("/api/v1/media?memory=false", files={"file": ("../=x.jpg", picture("red"))})).json()
    await write(
        client, title="Known to the minute", local_at="2019-06-14T18:30:00", zone="Europe/Rome", lat=41.9, lon=12.5
    )
    await write(client, title="About then", when="2004-06~", tags=["a/b", "c"], people=["Ana", "Bo"], rating=5, mood=2)
    await write(client, title="Those years", when="1990/1995?", favourite=True, archived=True, body="*text*\n\n- list")
    await write(client, body="With pictures 日本 🙂", media=[shown["media"]["id"], other["media"]["id"]])
    gone = await write(client, title="Thrown away")
    await client.delete(f"/api/v1/memories/{gone['id']}")


async def dump(client: httpx.AsyncClient, *queries: str) -> dict[str, JSON]:
    """What the API tells of these, by id."""
    found: dict[str, JSON] = {}
    for q in queries:
        page = (await client.get("/api/v1/memories", params={"q": q, "limit": 500})).json()
        found |= {each["id"]: each for each in page["items"]}
    return found


async def export(client: httpx.AsyncClient, **asked: object) -> JSON:
    answer = await client.post("/api/v1/exports", json=asked)
    assert answer.status_code == 202, answer.text
    path = answer.headers["Location"]
    async with asyncio.timeout(60):
        while True:
            found: JSON = (await client.get(path)).json()
            wire.Export.model_validate(found)
            if found["state"] in ("done", "failed", "cancelled"):
                assert found["state"] == "done", found
                return found
            await asyncio.sleep(0.02)


async def fetch(client: httpx.AsyncClient, made: JSON) -> bytes:
    answer = await client.get(made["file"])
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == made["sha256"]
    return answer.content


def as_told(line: JSON) -> JSON:
    """A line without what only exports have."""
    media = [{name: each[name] for name in each if name not in ONLY_EXPORTED} for each in line["media"]]
    return {name: value for name, value in line.items() if name != "extra"} | {"media": media}


def for_lines(memory: JSON) -> JSON:
    """What the API tells without what only screens need."""
    media = [{name: each[name] for name in each if name not in MADE_FOR_SCREENS} for each in memory["media"]]
    return memory | {"media": media}


async def test_lines_hold_every_field_that_the_api_tells(client: httpx.AsyncClient) -> None:
    await a_diary(client)
    made = await export(client, format="ndjson")
    lines = [json.loads(each) for each in (await fetch(client, made)).splitlines()]
    told = await dump(client, "", "is:archived")
    assert {each["id"]: as_told(each) for each in lines} == {id_: for_lines(each) for id_, each in told.items()}
    assert made["memories"] == len(lines) == 5
    days = [each["local_on"] or "undated" for each in lines]
    assert days == sorted(days)
    streamed = await client.get("/api/v1/exports/stream")
    assert [json.loads(each)["id"] for each in streamed.text.splitlines()] == [each["id"] for each in lines]


async def test_a_zip_holds_lines_originals_and_their_sums(client: httpx.AsyncClient) -> None:
    await a_diary(client)
    made = await export(client, format="zip")
    with zipfile.ZipFile(io.BytesIO(await fetch(client, made))) as found:
        assert found.testzip() is None
        entries = {name: found.read(name) for name in found.namelist()}
    sums = {each["path"]: each for each in map(json.loads, entries.pop("manifest.ndjson").splitlines())}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in entries.items()} == {
        name: each["sha256"] for name, each in sums.items()
    }
    lines = [json.loads(each) for each in entries["memories.ndjson"].splitlines()]
    told = await dump(client, "", "is:archived")
    assert {each["id"]: as_told(each) for each in lines} == {id_: for_lines(each) for id_, each in told.items()}
    paths = {media["path"]: media["sha256"] for each in lines for media in each["media"]}
    assert {hashlib.sha256(entries[path]).hexdigest() for path in paths} == set(paths.values())
    assert len(paths) == len([name for name in entries if name.startswith("originals/")]) == 2
    assert not [name for name in entries if ".." in name or name.startswith("/")]
    assert b"5 memories, 2 originals" in entries["README.txt"]


async def test_notes_are_read_back_by_our_own_importer(client: httpx.AsyncClient, tmp_path: Path) -> None:
    await a_diary(client)
    made = await export(client, format="markdown")
    with zipfile.ZipFile(io.BytesIO(await fetch(client, made))) as found:
        found.extractall(tmp_path / "notes")
    items = NotesFolder().read(Folder(tmp_path / "notes"), ReadOptions(), None)
    drafts = [each for each in items if isinstance(each, Draft)]
    read = {draft.extra["id"]: draft for draft in drafts}
    told = await dump(client, "", "is:archived")
    assert set(read) == set(told)
    for id_, memory in told.items():
        draft = read[id_]
        (said, *_) = draft.evidence
        assert (draft.kind, draft.title, sorted(draft.tags)) == (Kind.NOTE, memory["title"], sorted(memory["tags"]))
        assert draft.body.split("![](<")[0].strip() == memory["body"]
        assert len(draft.media) == len(memory["media"])
        if memory["local_on"] is None:
            continue  # the file's own date is all that a reader finds
        assert (said.precision is Precision.INSTANT) == (memory["when"] is None)
        assert str(said.local_at) == memory["local_at"].replace("T", " ")


async def test_a_table_opens_in_a_spreadsheet_and_calculates_nothing(client: httpx.AsyncClient) -> None:
    await write(client, title='=HYPERLINK("http://evil")', body="two\nlines", tags=["@x"], lat=-1, lon=-2)
    made = await export(client, format="csv", query="lines")
    text = (await fetch(client, made)).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["title"], row["tags"], row["body"]) == ('\'=HYPERLINK("http://evil")', "'@x", "two\nlines")
    assert (row["lat"], row["lon"]) == ("-1.0", "-2.0")


async def test_an_account_is_exported_whole(client: httpx.AsyncClient) -> None:
    await a_diary(client)
    one = (await client.get("/api/v1/memories", params={"q": "about"})).json()["items"][0]["id"]
    album = (await client.post("/api/v1/collections", json={"name": "Album"})).json()["id"]
    await client.post(f"/api/v1/collections/{album}/memories", json={"memories": [one]})
    made = await export(client, format="zip", account=True)
    with zipfile.ZipFile(io.BytesIO(await fetch(client, made))) as found:
        entries = {name: found.read(name) for name in found.namelist()}
    names = ("memories", "people", "tags", "collections", "locations", "relations")
    lines = {name: [json.loads(each) for each in entries[f"{name}.ndjson"].splitlines()] for name in names}
    assert len(lines["memories"]) == 6
    assert sorted(each["name"] for each in lines["people"]) == ["Ana", "Bo"]
    assert lines["people"][0]["identities"][0]["kind"] == "name"
    assert sorted(each["name"] for each in lines["tags"]) == ["a/b", "c"]
    assert [(each["name"], each["memories"]) for each in lines["collections"]] == [("Album", [one])]
    assert "password" not in entries["account.json"].decode()


async def test_an_empty_timeline_is_exported_too(client: httpx.AsyncClient) -> None:
    for format_ in ("ndjson", "csv", "zip", "markdown"):
        assert (await export(client, format=format_))["memories"] == 0


async def test_a_file_is_fetched_in_ranges_and_gone_after_deleting(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await write(client, title="One")
    made = await export(client, format="ndjson")
    whole = await fetch(client, made)
    part = await client.get(made["file"], headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, whole[2:6])
    assert "attachment" in part.headers["Content-Disposition"]
    assert "no-store" in part.headers["Cache-Control"]
    assert (await client.delete(f"/api/v1/exports/{made['id']}")).status_code == 204
    gone = await client.get(made["file"])
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/export-not-found")
    assert list(runtime.library.exports.iterdir()) == []


async def test_the_same_key_makes_one_export(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = [await client.post("/api/v1/exports", json={"format": "csv"}, headers=headers) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len((await client.get("/api/v1/exports")).json()["items"]) == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"format": "xml"},
        {},
        {"format": "csv", "account": True},
        {"format": "zip", "account": True, "query": "x"},
        {"format": "zip", "memories": []},
    ],
)
def test_what_cannot_be_exported_is_refused(asked: JSON) -> None:
    with pytest.raises(ValueError, match=r"format|account|memories"):
        wire.NewExport.model_validate(asked)


async def test_a_query_that_cannot_be_read_leaves_no_export(client: httpx.AsyncClient) -> None:
    refused = await client.post("/api/v1/exports", json={"format": "zip", "query": 'tag:"'})
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/invalid-query")
    assert (await client.get("/api/v1/exports/stream", params={"q": 'tag:"'})).status_code == 400
    assert (await client.get("/api/v1/exports")).json()["items"] == []


async def test_an_export_that_cannot_fit_is_refused_at_once(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_diary(client)
    monkeypatch.setattr("timeline_local.core.library.Library.free_bytes", lambda _: 0)
    refused = await client.post("/api/v1/exports", json={"format": "zip"})
    assert (refused.status_code, refused.json()["type"]) == (507, "/problems/disk-full")
    assert (await client.post("/api/v1/exports", json={"format": "zip", "originals": False})).status_code == 202


async def test_the_audit_log_tells_of_exports(client: httpx.AsyncClient) -> None:
    made = await export(client, format="ndjson")
    await fetch(client, made)
    await client.get(made["file"], headers={"Range": "bytes=5-"})
    await client.delete(f"/api/v1/exports/{made['id']}")
    entries = (await client.get("/api/v1/admin/audit", params={"limit": 100})).json()["items"]
    told = [each["action"] for each in entries if each["object_id"] == made["id"]]
    assert sorted(told) == ["export.created", "export.deleted", "export.fetched"]


async def test_a_browser_fetches_by_a_signed_address(anonymous: httpx.AsyncClient, runtime: Runtime) -> None:
    ticket = runtime.tickets.issue(runtime.owner_pk)
    redeemed = await anonymous.post("/api/v1/auth/redeem", json={"ticket": ticket})
    cookie = redeemed.headers["set-cookie"].split(";")[0]
    anonymous.cookies.clear()
    anonymous.headers.update({"Cookie": cookie, "X-TL-Session": redeemed.json()["session_secret"]})
    made = await export(anonymous, format="ndjson")
    del anonymous.headers["Cookie"], anonymous.headers["X-TL-Session"]
    anonymous.cookies.clear()
    assert (await anonymous.get(made["file"])).status_code == 200
    unsigned = made["file"].partition("?")[0]
    assert (await anonymous.get(unsigned)).status_code == 401
    assert (await anonymous.get(made["file"].replace("/file", ""))).status_code == 401
