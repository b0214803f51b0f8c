"""Exports that come as archives: planned, imported, imported again and undone without being unpacked."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from timeline_local.runtime import Runtime


def picture(shade: int) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), (shade * 25, 0, 0)).save(made, "JPEG")
    return made.getvalue()


def sidecar(title: str, second: int) -> str:
    return json.dumps({"title": title, "photoTakenTime": {"timestamp": str(1_560_000_000 + second)}})


def pack(path: Path, files: dict[str, bytes | str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content)
    return path


def takeout(folder: Path, export: str = "20240101T000000Z") -> Path:
    """An export of three pictures in two zips: what describes a picture lies in the other one."""
    place = "Takeout/Google Photos/Photos from 2019"
    names = ["IMG_1.jpg", "IMG_2.jpg", "IMG_3.jpg"]
    pictures = {f"{place}/{name}": picture(number) for number, name in enumerate(names)}
    sidecars = {f"{place}/{name}.json": sidecar(name, number) for number, name in enumerate(names)}
    pack(folder / f"takeout-{export}-001.zip", dict(list(sidecars.items())[:2]) | dict(list(pictures.items())[2:]))
    pack(folder / f"takeout-{export}-002.zip", dict(list(pictures.items())[:2]) | dict(list(sidecars.items())[2:]))
    return folder


async def settled(client: httpx.AsyncClient, found: dict[str, Any], *states: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            body: dict[str, Any] = (await client.get(f"/api/v1/imports/{found['id']}")).json()
            if body["state"] in (*states, "failed"):
                return body
            await asyncio.sleep(0.02)


async def planned(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/api/v1/imports", json=body)
    assert answer.status_code == 201, answer.text
    return await settled(client, answer.json(), "planned")


async def imported(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    plan = await planned(client, body)
    await client.post(f"/api/v1/imports/{plan['id']}/start", json={})
    return await settled(client, plan, "done")


async def memories(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await client.get("/api/v1/memories")).json()["items"])


async def test_a_zip_is_imported_without_being_unpacked(
    client: httpx.AsyncClient, runtime: Runtime, tmp_path: Path
) -> None:
    archive = pack(tmp_path / "notes.zip", {"diary/2019-06-14.md": "# Sun\n![[a.jpg]]", "diary/a.jpg": picture(9)})
    done = await imported(client, {"path": str(archive)})
    assert (done["state"], done["counts"]["new"], done["counts"]["failed"]) == ("done", 1, 0)
    (memory,) = await memories(client)
    assert (memory["title"], memory["local_on"]) == ("Sun", "2019-06-14")
    (media,) = (await client.get(f"/api/v1/memories/{memory['id']}")).json()["media"]
    assert media["width"] == 64
    assert [each for each in runtime.library.incoming.rglob("*") if each.is_file()] == []


async def test_what_describes_a_picture_may_lie_in_another_part(client: httpx.AsyncClient, tmp_path: Path) -> None:
    done = await imported(client, {"path": str(takeout(tmp_path / "t"))})
    assert done["counts"] == {"new": 3, "changed": 0, "same": 0, "skipped": 0, "failed": 0}
    assert {each["local_on"] for each in await memories(client)} == {"2019-06-08"}


async def test_importing_a_later_export_of_the_same_adds_nothing(client: httpx.AsyncClient, tmp_path: Path) -> None:
    await imported(client, {"path": str(takeout(tmp_path / "then"))})
    again = await planned(client, {"path": str(takeout(tmp_path / "now", "20250101T000000Z"))})
    assert again["counts"] == {"new": 0, "changed": 0, "same": 3, "skipped": 0, "failed": 0}


async def test_an_import_of_a_zip_is_undone(client: httpx.AsyncClient, runtime: Runtime, tmp_path: Path) -> None:
    done = await imported(client, {"path": str(takeout(tmp_path / "t"))})
    await client.post(f"/api/v1/imports/{done['id']}/undo", json={})
    await settled(client, done, "undone")
    assert await memories(client) == []
    assert [each for each in runtime.library.media.rglob("*") if each.is_file()] == []


async def test_originals_in_a_zip_are_copied_even_when_others_are_left_in_place(
    client: httpx.AsyncClient, runtime: Runtime, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    pack(folder / "some.zip", {"packed.jpg": picture(1)})
    (folder / "plain.jpg").write_bytes(picture(2))
    await imported(client, {"path": str(folder), "options": {"mode": "reference"}})
    assert len(await memories(client)) == 2
    assert [each.read_bytes() for each in runtime.library.media.rglob("*") if each.is_file()] == [picture(1)]


async def test_a_single_file_is_imported(client: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "2019-06-14.md").write_text("# Alone")
    (tmp_path / "2019-06-15.md").write_text("# Not asked for")
    done = await imported(client, {"path": str(tmp_path / "2019-06-14.md")})
    assert done["counts"]["new"] == 1
    assert [each["title"] for each in await memories(client)] == ["Alone"]


async def test_an_archive_that_cannot_be_read_says_what_to_do(client: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "half.zip").write_bytes(pack(tmp_path / "whole.zip", {"a.md": "# A" * 99}).read_bytes()[:40])
    failed = await planned(client, {"path": str(tmp_path / "half.zip")})
    assert failed["error"]["type"] == "/problems/nothing-to-import"
    assert "not downloaded completely. Download it again." in failed["error"]["detail"]


async def test_an_archive_without_its_end_gives_what_was_downloaded_of_it(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "half.zip").write_bytes(pack(tmp_path / "w.zip", {"a.md": "# A", "b.md": "# B" * 99}).read_bytes()[:70])
    done = await imported(client, {"path": str(tmp_path / "half.zip")})
    assert done["counts"] == {"new": 1, "changed": 0, "same": 0, "skipped": 0, "failed": 2}
    assert [each["title"] for each in await memories(client)] == ["A"]


async def test_the_parts_of_an_export_are_imported_together_wherever_they_lie(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    first, second = sorted(takeout(tmp_path / "t").iterdir())
    second = second.rename(tmp_path / second.name)
    done = await imported(client, {"paths": [str(second), str(first)]})
    assert (done["path"], done["paths"]) == (None, sorted([str(first), str(second)]))
    assert done["label"] == f"{second.name} +1"
    assert done["counts"] == {"new": 3, "changed": 0, "same": 0, "skipped": 0, "failed": 0}
    again = await planned(client, {"paths": [str(first), str(second), str(first)]})
    assert again["counts"]["same"] == 3


async def test_what_lies_in_a_chosen_folder_is_not_chosen_again(client: httpx.AsyncClient, tmp_path: Path) -> None:
    folder = takeout(tmp_path / "t")
    body = {"paths": [str(folder), *map(str, folder.iterdir())]}
    answer = await client.post("/api/v1/imports", json=body)
    assert answer.json()["paths"] == [str(folder)]


async def test_a_plan_tells_what_each_source_finds_and_what_must_be_copied(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    pack(folder / "some.zip", {"packed.jpg": picture(1), "2019-06-14.md": "# Sun"})
    (folder / "plain.jpg").write_bytes(picture(2))
    (folder / "broken.zip").write_bytes(b"no zip")
    plan = (await planned(client, {"path": str(folder)}))["plan"]
    assert {name: (each["title"], each["new"], each["failed"]) for name, each in plan["by_source"].items()} == {
        "folder": ("Folders and archives", 0, 1),
        "notes_folder": ("Markdown and text notes", 1, 0),
        "photo_folder": ("Photos and videos", 2, 0),
    }
    assert plan["bytes_packed"] == len(picture(1))
    assert plan["bytes_new"] == len(picture(1)) + len(picture(2))


async def test_a_report_is_a_table_that_calculates_nothing(client: httpx.AsyncClient, tmp_path: Path) -> None:
    archive = pack(tmp_path / "some.zip", {"=1+1.md": "# Sun", "a.exe": "x", "b.jpg": picture(3)})
    plan = await planned(client, {"path": str(archive)})
    answer = await client.get(f"/api/v1/imports/{plan['id']}/report", params={"format": "csv"})
    assert answer.headers["content-disposition"].endswith('.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(each["path"], each["verdict"], each["reason"]) for each in rows] == [
        ("'=1+1.md", "new", ""),
        ("b.jpg", "new", ""),
        ("a.exe", "skipped", "unsupported"),
    ]


async def test_an_archive_that_is_sent_is_read_like_one_on_the_disk(
    client: httpx.AsyncClient, runtime: Runtime, tmp_path: Path
) -> None:
    made = (await client.post("/api/v1/imports", json={"upload": True, "name": "Dropped"})).json()
    for part in takeout(tmp_path / "t").iterdir():
        sent = await client.post(f"/api/v1/imports/{made['id']}/files", files={"file": (part.name, part.read_bytes())})
        assert sent.status_code == 201
    await client.post(f"/api/v1/imports/{made['id']}/scan")
    await settled(client, made, "planned")
    await client.post(f"/api/v1/imports/{made['id']}/start", json={})
    done = await settled(client, made, "done")
    assert done["counts"]["new"] == 3
    assert [each for each in runtime.library.incoming.rglob("*") if each.is_file()] == []
