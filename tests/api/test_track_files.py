"""The file that a move was read from, over HTTP: on the memory, as a download, in an export."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Any

import httpx

from timeline_local.schemas import memories as wire

TRACK = (
    b'<gpx creator="watch"><trk><trkseg>'
    b'<trkpt lat="46.5" lon="7.9"><time>2024-05-01T10:00:00Z</time></trkpt>'
    b'<trkpt lat="46.6" lon="7.9"><time>2024-05-01T11:00:00Z</time></trkpt>'
    b"</trkseg></trk></gpx><!-- <script>alert(1)</script> -->"
)
HOSTILE = 'evil\\..\\page"; filename="page.html\r\nX-Evil: 1\n<b>=1+1.gpx'


async def settled(client: httpx.AsyncClient, address: str, *states: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            found: dict[str, Any] = (await client.get(address)).json()
            assert found["state"] != "failed", found
            if found["state"] in states:
                return found
            await asyncio.sleep(0.02)


async def imported(client: httpx.AsyncClient, folder: Path, name: str) -> dict[str, Any]:
    """The one memory that comes of importing a folder with a track of this name."""
    folder.mkdir()
    (folder / name).write_bytes(TRACK)
    address = f"/api/v1/imports/{(await client.post('/api/v1/imports', json={'path': str(folder)})).json()['id']}"
    await settled(client, address, "planned")
    await client.post(f"{address}/start", json={})
    await settled(client, address, "done")
    (memory,) = (await client.get("/api/v1/memories")).json()["items"]
    wire.Memory.model_validate(memory)
    return dict(memory)


async def test_a_recording_comes_back_as_it_was_whatever_it_was_called(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    memory = await imported(client, tmp_path / "in", HOSTILE)
    (file,) = memory["media"]
    assert (memory["kind"], file["role"], file["grid"], file["has_preview"]) == ("move", "track", None, False)
    given = await client.get(file["original"])
    assert given.content == TRACK
    assert given.headers["Content-Disposition"].startswith("attachment;")
    assert "\n" not in given.headers["Content-Disposition"]
    assert "X-Evil" not in given.headers
    assert not given.headers["Content-Type"].startswith(("text/html", "image/"))


async def test_the_timeline_has_no_picture_to_fetch_for_it(client: httpx.AsyncClient, tmp_path: Path) -> None:
    await imported(client, tmp_path / "in", "ride.gpx")
    skeleton = (await client.get("/api/v1/timeline/skeleton")).content
    rev = int.from_bytes(skeleton[12:16], "little")
    page = await client.get("/api/v1/timeline/items", params={"from": 0, "to": 1, "rev": rev})
    assert (len(page.json()["id"]), "/grid" in page.text) == (1, False)


async def test_an_export_with_originals_holds_it(client: httpx.AsyncClient, tmp_path: Path) -> None:
    await imported(client, tmp_path / "in", HOSTILE)
    for wanted in ("zip", "markdown"):
        made = await client.post("/api/v1/exports", json={"format": wanted})
        found = await settled(client, made.headers["Location"], "done")
        with zipfile.ZipFile(io.BytesIO((await client.get(found["file"])).content)) as zip_:
            (name,) = [each for each in zip_.namelist() if each.startswith("originals/")]
            assert zip_.read(name) == TRACK
            assert not set(name) & set('\\"\r\n<>:')
            notes = [zip_.read(each).decode() for each in zip_.namelist() if each.endswith(".md")]
        assert all(f"[Track](<../../{name}>)" in each for each in notes)
