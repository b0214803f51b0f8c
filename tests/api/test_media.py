"""Media files over HTTP: nothing twice, bit for bit, upright previews, no active content."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.corpora import CORPORA, corpus

ORACLE: dict[str, Any] = (
    json.loads((CORPORA / "tables/media_oracle.json").read_bytes()) if CORPORA.exists() else {"files": []}
)


def picture(width: int = 64, height: int = 48, colour: str = "teal") -> bytes:
    """A small JPEG."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "JPEG")
    return buffer.getvalue()


async def upload(client: httpx.AsyncClient, name: str, data: bytes, **parts: Any) -> httpx.Response:  # noqa: ANN401
    return await client.post("/api/v1/media", files={"file": (name, data)} | parts)


def _upright(entry: dict[str, Any]) -> tuple[int, int]:
    turned = entry.get("orientation", 1) >= 5 or entry.get("rotation", 0) in (90, 270)
    size = entry["width"], entry["height"]
    return size[::-1] if turned else size


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("entry", ORACLE["files"], ids=lambda entry: entry["file"].rpartition("/")[2])
async def test_an_uploaded_file_tells_what_the_oracle_says(client: httpx.AsyncClient, entry: dict[str, Any]) -> None:
    path = corpus(*entry["file"].split("/"))
    answer = await upload(client, path.name, path.read_bytes())
    assert answer.status_code == 201
    media, memory = answer.json()["media"], answer.json()["memory"]
    assert (media["width"], media["height"]) == _upright(entry)
    assert media["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert media["mime"] == entry["mime"]
    assert memory["lat"] == pytest.approx(entry.get("lat"), abs=1e-6)
    assert memory["lon"] == pytest.approx(entry.get("lon"), abs=1e-6)


async def test_the_same_bytes_again_add_nothing(client: httpx.AsyncClient) -> None:
    first = await upload(client, "a.jpg", picture())
    again = await upload(client, "another name.jpg", picture())
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["duplicate"], again.json()["memory"]["id"]) == (True, first.json()["memory"]["id"])
    assert len((await client.get("/api/v1/memories")).json()["items"]) == 1


async def test_the_original_comes_back_bit_for_bit(client: httpx.AsyncClient) -> None:
    data = picture()
    media = (await upload(client, "IMG_20190614_184200.jpg", data)).json()["media"]
    answer = await client.get(media["original"])
    assert answer.content == data
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_range_of_the_original(client: httpx.AsyncClient) -> None:
    data = picture()
    media = (await upload(client, "a.jpg", data)).json()["media"]
    answer = await client.get(media["original"], headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, data[10:20])


async def test_a_thousand_ranges_are_answered_with_the_whole(client: httpx.AsyncClient) -> None:
    data = picture()
    media = (await upload(client, "a.jpg", data)).json()["media"]
    many = ",".join(f"{k}-{k}" for k in range(1000))
    answer = await client.get(media["original"], headers={"Range": f"bytes={many}"})
    assert (answer.status_code, answer.content) == (200, data)


@pytest.mark.parametrize(("size", "expected"), [("grid", (427, 320)), ("screen", (1440, 1080))])
async def test_previews_fit_their_boxes(client: httpx.AsyncClient, size: str, expected: tuple[int, int]) -> None:
    media = (await upload(client, "a.jpg", picture(2000, 1500))).json()["media"]
    answer = await client.get(f"/api/v1/media/{media['id']}/preview/{size}")
    assert answer.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.content)).size == expected


async def test_a_file_without_a_picture_keeps_its_original(client: httpx.AsyncClient) -> None:
    broken = b"\xff\xd8\xff\xe0" + b"no picture at all" * 10
    media = (await upload(client, "broken.jpg", broken)).json()["media"]
    preview = await client.get(f"/api/v1/media/{media['id']}/preview/grid")
    assert (preview.status_code, preview.json()["type"]) == (404, "/problems/preview-not-found")
    assert (await client.get(media["original"])).content == broken


async def test_a_page_never_leaves_as_a_page(client: httpx.AsyncClient) -> None:
    page = b"<!doctype html><script>alert(1)</script>"
    media = (await upload(client, "page.html", page)).json()["media"]
    answer = await client.get(media["original"])
    assert not answer.headers["content-type"].startswith(("text/html", "image/svg"))


async def test_a_date_in_the_name_dates_the_memory(client: httpx.AsyncClient) -> None:
    memory = (await upload(client, "IMG_20190614_184200.jpg", picture())).json()["memory"]
    assert (memory["local_at"], memory["time_basis"]) == ("2019-06-14T18:42:00", "file_name")


async def test_a_sidecar_speaks_for_its_file(client: httpx.AsyncClient) -> None:
    sidecar = {"title": "a.jpg", "photoTakenTime": {"timestamp": "1556568359"}, "description": "Hut", "people": []}
    memory = (await upload(client, "a.jpg", picture(), sidecar=("a.jpg.json", json.dumps(sidecar).encode()))).json()[
        "memory"
    ]
    assert (memory["happened_at"], memory["body"]) == ("2019-04-29T20:05:59Z", "Hut")


async def test_an_undated_file_stands_on_the_no_date_shelf(client: httpx.AsyncClient) -> None:
    memory = (await upload(client, "scan.jpg", picture())).json()["memory"]
    assert (memory["precision"], memory["local_on"]) == ("unknown", None)


async def test_an_attachment_is_no_memory_of_its_own(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/media?memory=false", files={"file": ("a.jpg", picture())})
    assert (answer.status_code, answer.json()["memory"]) == (201, None)
    note = await client.post("/api/v1/memories", json={"body": "With it", "media": [answer.json()["media"]["id"]]})
    assert note.json()["media"][0]["id"] == answer.json()["media"]["id"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--\r\n", 400),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--y\r\n", 400),
        ({"Content-Type": "multipart/form-data"}, b"", 415),
        ({"Content-Type": "application/json"}, b"{}", 415),
        (
            {"Content-Type": "multipart/form-data; boundary=x"},
            b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--",
            400,
        ),
    ],
)
async def test_a_form_that_is_none_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str], body: bytes, status: int
) -> None:
    assert (await client.post("/api/v1/media", headers=headers, content=body)).status_code == status


async def test_a_form_that_breaks_off_leaves_nothing(client: httpx.AsyncClient, runtime: Any) -> None:  # noqa: ANN401
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + picture()
    answer = await client.post(
        "/api/v1/media", headers={"Content-Type": "multipart/form-data; boundary=x"}, content=body
    )
    assert answer.status_code == 400
    assert [path for path in runtime.library.media.rglob("*") if path.is_file()] == []
    assert list(runtime.library.incoming.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["a/../../b.jpg", "\u202egpj.jpg", "x" * 3000 + ".jpg", "CON.jpg", "a\r\nSet-Cookie: b"]
)
async def test_a_naughty_name_is_only_a_name(client: httpx.AsyncClient, name: str) -> None:
    answer = await upload(client, name, picture())
    assert answer.status_code == 201
    original = await client.get(answer.json()["media"]["original"])
    assert (original.status_code, original.headers.get("set-cookie")) == (200, None)


async def test_another_id_is_nothing(client: httpx.AsyncClient) -> None:
    for tail in ("", "/original", "/preview/grid"):
        answer = await client.get(f"/api/v1/media/01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f{tail}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/media-not-found")


async def test_an_original_that_vanished_is_named(client: httpx.AsyncClient, runtime: Any) -> None:  # noqa: ANN401
    media = (await upload(client, "a.jpg", picture())).json()["media"]
    runtime.blobs.path(bytes.fromhex(media["sha256"])).unlink()
    answer = await client.get(media["original"])
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/original-missing")
