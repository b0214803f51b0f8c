"""The timeline over HTTP: what the skeleton lays out is what items fill and buckets count."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from datetime import date

import httpx
import pytest
from PIL import Image

UNDATED = -(2**31)
NOTES = [
    {"body": "Third", "local_at": "2019-06-14T18:42:00", "favourite": True},
    {"body": "Second", "local_at": "2019-06-14T07:12:00"},
    {"body": "First", "local_at": "2018-01-02T00:00:00", "tags": ["winter"]},
]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A parsed TLS1."""

    revision: int
    days: list[int]
    counts: list[int]
    ratio: bytes
    kind: bytes
    tint: bytes


def parse(body: bytes) -> Skeleton:
    """Read version 1 as a client would."""
    magic, items, days, revision = struct.unpack_from("<4sIII", body)
    assert magic == b"TLS1"
    numbers = struct.unpack_from(f"<{days}i{days}I", body, 16)
    columns = body[16 + 8 * days :]
    assert len(columns) == 3 * items
    return Skeleton(
        revision,
        list(numbers[:days]),
        list(numbers[days:]),
        columns[:items],
        columns[items : 2 * items],
        columns[2 * items :],
    )


def day(text: str) -> int:
    """The day number of an ISO date."""
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


@pytest.fixture
async def notes(client: httpx.AsyncClient) -> list[str]:
    """The ids of three notes, newest first."""
    made = [await client.post("/api/v1/memories", json=note) for note in NOTES]
    assert [answer.status_code for answer in made] == [201] * 3
    return [answer.json()["id"] for answer in made]


async def skeleton(client: httpx.AsyncClient, q: str = "") -> Skeleton:
    return parse((await client.get("/api/v1/timeline/skeleton", params={"q": q})).content)


async def test_an_empty_timeline_has_an_empty_skeleton(client: httpx.AsyncClient) -> None:
    found = await skeleton(client)
    assert (found.days, found.counts, found.kind) == ([], [], b"")


async def test_the_skeleton_counts_days_newest_first(client: httpx.AsyncClient, notes: list[str]) -> None:
    found = await skeleton(client)
    assert (found.days, found.counts) == ([day("2019-06-14"), day("2018-01-02")], [2, 1])
    assert found.kind == bytes([2 | 0x80, 2, 2])


async def test_items_are_the_skeletons_positions(client: httpx.AsyncClient, notes: list[str]) -> None:
    found = await skeleton(client)
    items = (await client.get("/api/v1/timeline/items", params={"from": 0, "to": 9, "rev": found.revision})).json()
    assert (items["id"], items["to"]) == (notes, 3)
    assert items["text"] == ["Third", "Second", "First"]
    assert items["local_at"][0] == "2019-06-14T18:42:00"
    assert {len(column) for column in items.values() if isinstance(column, list)} == {3}


async def test_only_what_has_a_picture_has_an_address(client: httpx.AsyncClient, notes: list[str]) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "JPEG")
    made = await client.post("/api/v1/media", files={"file": ("IMG_20200101_120000.jpg", picture.getvalue())})
    found = await skeleton(client)
    items = (await client.get("/api/v1/timeline/items", params={"from": 0, "to": 9, "rev": found.revision})).json()
    assert items["grid"][1:] == [None, None, None]
    assert items["grid"][0].startswith(f"/api/v1/media/{made.json()['media']['id']}/preview/grid")
    assert (await client.get(items["grid"][0])).status_code == 200


async def test_a_stale_revision_is_told(client: httpx.AsyncClient, notes: list[str]) -> None:
    found = await skeleton(client)
    await client.patch(f"/api/v1/memories/{notes[0]}", json={"favourite": False})
    answer = await client.get("/api/v1/timeline/items", params={"from": 0, "to": 3, "rev": found.revision})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/stale-revision")
    assert answer.json()["rev"] > found.revision


async def test_an_unchanged_skeleton_is_not_sent_again(client: httpx.AsyncClient, notes: list[str]) -> None:
    tag = (await client.get("/api/v1/timeline/skeleton")).headers["etag"]
    assert (await client.get("/api/v1/timeline/skeleton", headers={"If-None-Match": tag})).status_code == 304
    await client.post("/api/v1/memories", json={"body": "More"})
    assert (await client.get("/api/v1/timeline/skeleton", headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("second", ["Second"]),
        ("tag:winter", ["First"]),
        ("is:favourite", ["Third"]),
        ("kind:photo", []),
        ("2019", ["Third", "Second"]),
    ],
)
async def test_every_list_is_a_skeleton_of_a_query(
    client: httpx.AsyncClient, notes: list[str], q: str, expected: list[str]
) -> None:
    found = await skeleton(client, q)
    items = await client.get("/api/v1/timeline/items", params={"q": q, "from": 0, "to": 9, "rev": found.revision})
    assert items.json()["text"] == expected


async def test_the_trash_is_a_skeleton_too(client: httpx.AsyncClient, notes: list[str]) -> None:
    await client.delete(f"/api/v1/memories/{notes[1]}")
    assert (await skeleton(client)).counts == [1, 1]
    assert (await skeleton(client, "is:trashed")).counts == [1]


async def test_an_undated_memory_comes_last(client: httpx.AsyncClient, notes: list[str]) -> None:
    made = await client.post("/api/v1/media", files={"file": ("scan.bin", b"no date at all")})
    assert made.status_code == 201
    assert (await skeleton(client)).days[-1] == UNDATED


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("year", [("2019-01-01", 2), ("2018-01-01", 1)]),
        ("month", [("2019-06-01", 2), ("2018-01-01", 1)]),
        ("day", [("2019-06-14", 2), ("2018-01-02", 1)]),
    ],
)
@pytest.mark.parametrize("q", ["", "kind:note"])
async def test_buckets_count_by_local_day(
    client: httpx.AsyncClient, notes: list[str], unit: str, expected: list[tuple[str, int]], q: str
) -> None:
    found = (await client.get("/api/v1/timeline/buckets", params={"unit": unit, "q": q})).json()
    assert [(bucket["start"], bucket["count"]) for bucket in found["items"]] == expected
    assert found["undated"] == 0


@pytest.mark.parametrize("q", ["", "kind:note"])
async def test_days_count_by_kind(client: httpx.AsyncClient, notes: list[str], q: str) -> None:
    found = await client.get("/api/v1/timeline/days", params={"from": "2019-01-01", "to": "2019-12-31", "q": q})
    assert found.json()["items"] == [{"day": "2019-06-14", "count": 2, "kinds": {"note": 2}}]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("items", {"from": 0, "to": 5000, "rev": 1}),
        ("items", {"from": -1, "to": 5, "rev": 1}),
        ("days", {"from": "2020-01-01", "to": "2019-01-01"}),
        ("days", {"from": "0001-01-01", "to": "9999-12-31"}),
        ("days", {"from": "0", "to": "86400"}),
        ("buckets", {"unit": "week"}),
    ],
)
async def test_an_impossible_request_is_refused(
    client: httpx.AsyncClient, path: str, params: dict[str, str | int]
) -> None:
    answer = await client.get(f"/api/v1/timeline/{path}", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_a_mistake_in_the_query_says_where(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/timeline/skeleton", params={"q": 'beach "open'})
    assert (answer.status_code, answer.json()["type"], answer.json()["position"]) == (400, "/problems/invalid-query", 6)
