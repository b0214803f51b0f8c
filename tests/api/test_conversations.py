"""Conversations on the timeline: one tile for a day of one, every message for who searches, and the chat behind it."""

from __future__ import annotations

import struct
from typing import Any

import httpx
import pytest

from timeline_local.schemas import timeline as wire

API = "/api/v1"
SAID = (
    ("2019-06-14T09:00:00", "Good morning"),
    ("2019-06-14T09:01:00", "Where are you?"),
    ("2019-06-14T22:00:00", "Good night"),
    ("2019-06-15T08:00:00", "Alone on its day"),
)


async def write(client: httpx.AsyncClient, at: str, body: str, kind: str = "message") -> str:
    made = await client.post(f"{API}/memories", json={"local_at": at, "body": body, "kind": kind})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def gather(client: httpx.AsyncClient, name: str, ids: list[str], kind: str = "conversation") -> str:
    made = await client.post(f"{API}/collections", json={"name": name, "kind": kind})
    added = await client.post(f"{API}/collections/{made.json()['id']}/memories", json={"memories": ids})
    assert added.status_code == 200, added.text
    return str(made.json()["id"])


@pytest.fixture
async def chat(client: httpx.AsyncClient) -> dict[str, Any]:
    """A note between the messages of two days; the collection and the messages' ids."""
    ids = [await write(client, at, body) for at, body in SAID]
    await write(client, "2019-06-14T12:00:00", "A note", kind="note")
    return {"ids": ids, "id": await gather(client, "Anna", ids)}


async def items(client: httpx.AsyncClient, **params: str | int | bool) -> dict[str, Any]:
    """All positions of a skeleton asked for with the same parameters."""
    body = (await client.get(f"{API}/timeline/skeleton", params=params)).content
    revision = int.from_bytes(body[12:16], "little")
    asked: dict[str, str | int | bool] = {"from": 0, "to": 100, "rev": revision, **params}
    answer = await client.get(f"{API}/timeline/items", params=asked)
    assert answer.status_code == 200, answer.text
    wire.Items.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    assert int.from_bytes(body[4:8], "little") == len(found["id"])
    return found


async def test_a_day_of_a_conversation_is_one_tile_in_the_place_of_its_last_message(
    client: httpx.AsyncClient, chat: dict[str, Any]
) -> None:
    found = await items(client, fold=True)
    assert found["text"] == ["Alone on its day", "Good night", "A note"]
    assert found["id"][1] == chat["ids"][2]
    assert found["conversation"] == [
        None,
        {"id": chat["id"], "name": "Anna", "count": 3, "first": "Good morning", "people": []},
        None,
    ]


@pytest.mark.parametrize("params", [{}, {"fold": False}, {"q": "kind:message", "fold": True}])
async def test_who_does_not_ask_for_it_or_searches_finds_every_message(
    client: httpx.AsyncClient, chat: dict[str, Any], params: dict[str, str | bool]
) -> None:
    found = await items(client, **params)
    assert [text for text in found["text"] if text != "A note"] == [body for _, body in reversed(SAID)]
    assert set(found["conversation"]) == {None}


async def test_only_messages_of_conversations_are_folded(client: httpx.AsyncClient) -> None:
    notes = [await write(client, f"2019-06-14T09:0{n}:00", "n", kind="note") for n in range(2)]
    loose = [await write(client, f"2019-06-14T09:0{n}:00", "m") for n in range(2)]
    await gather(client, "Choir", notes)
    await gather(client, "Album", loose, kind="album")
    assert len((await items(client, fold=True))["id"]) == 4


async def test_what_is_written_or_goes_is_folded_anew(client: httpx.AsyncClient, chat: dict[str, Any]) -> None:
    await items(client, fold=True)
    await client.delete(f"{API}/memories/{chat['ids'][2]}")
    found = await items(client, fold=True)
    assert (found["text"][1:], found["conversation"][2]["count"]) == (["A note", "Where are you?"], 2)
    await client.delete(f"{API}/memories/{chat['ids'][0]}")
    found = await items(client, fold=True)
    assert (found["text"], set(found["conversation"])) == (["Alone on its day", "A note", "Where are you?"], {None})
    await client.post(f"{API}/memories/{chat['ids'][0]}/restore")
    assert (await items(client, fold=True))["conversation"][2]["count"] == 2


async def test_leaving_a_conversation_unfolds(client: httpx.AsyncClient, chat: dict[str, Any]) -> None:
    await items(client, fold=True)
    await client.delete(f"{API}/collections/{chat['id']}")
    assert len((await items(client, fold=True))["id"]) == 5


async def test_the_chat_goes_on_from_a_day_in_both_directions(client: httpx.AsyncClient, chat: dict[str, Any]) -> None:
    path = f"{API}/collections/{chat['id']}/memories"

    async def said(**params: str | int) -> list[str]:
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await client.get(path, params={"limit": 2, **params, **cursor})).json()
            found += [each["body"] for each in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    bodies = [body for _, body in SAID]
    assert await said(since="2019-06-14") == bodies
    assert await said(since="2019-06-15") == bodies[3:]
    assert await said(before="2019-06-15") == bodies[2::-1]
    assert await said(before="2019-06-14") == []


@pytest.mark.parametrize(
    "params", [{"since": "2019-06-14", "before": "2019-06-15"}, {"before": "0001-01-01"}, {"since": "0"}]
)
async def test_days_that_cannot_be_are_told(
    client: httpx.AsyncClient, chat: dict[str, Any], params: dict[str, str]
) -> None:
    answer = await client.get(f"{API}/collections/{chat['id']}/memories", params=params)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-input")


@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("q", ["", "kind:message"])
async def test_buckets_and_days_count_as_the_skeleton_with_the_same_word(
    client: httpx.AsyncClient, chat: dict[str, Any], q: str, *, fold: bool
) -> None:
    asked: dict[str, str | bool] = {"q": q, "fold": fold}
    body = (await client.get(f"{API}/timeline/skeleton", params=asked)).content
    shown = struct.unpack_from("<2i2I", body, 16)[2:]
    days = (await client.get(f"{API}/timeline/buckets", params={"unit": "day", **asked})).json()["items"]
    assert [each["count"] for each in days] == list(shown)
    months = (await client.get(f"{API}/timeline/buckets", params=asked)).json()["items"]
    assert [each["count"] for each in months] == [sum(shown)]
    month = {"from": "2019-06-01", "to": "2019-06-30", **asked}
    listed = (await client.get(f"{API}/timeline/days", params=month)).json()["items"]
    assert [each["count"] for each in listed] == list(shown)
