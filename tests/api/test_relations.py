"""Relations between memories over HTTP, on both databases."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from timeline_local.schemas import relations as wire

JSON = dict[str, Any]
API = "/api/v1"


async def write(client: httpx.AsyncClient, title: str, **fields: object) -> str:
    return str((await client.post(f"{API}/memories", json={"title": title, **fields})).json()["id"])


async def relate(client: httpx.AsyncClient, here: str, there: str, kind: str = "reply") -> httpx.Response:
    return await client.post(f"{API}/memories/{here}/relations", json={"to": there, "kind": kind})


async def listed(client: httpx.AsyncClient, memory_id: str) -> list[tuple[str, str, str]]:
    answer = await client.get(f"{API}/memories/{memory_id}/relations")
    return [(each["kind"], each["direction"], each["memory"]["title"]) for each in answer.json()["items"]]


async def test_a_relation_is_seen_from_both_ends(client: httpx.AsyncClient) -> None:
    trip, day = await write(client, "Trip", when="2019-06"), await write(client, "Day one", when="2019-06-14")
    made = await relate(client, day, trip, "part_of")
    relation = wire.Relation.model_validate_json(made.content)
    assert (made.status_code, relation.memory.title, str(relation.memory.local_on)) == (201, "Trip", "2019-06-01")
    assert await listed(client, day) == [("part_of", "out", "Trip")]
    assert await listed(client, trip) == [("part_of", "in", "Day one")]


async def test_linking_again_changes_nothing(client: httpx.AsyncClient) -> None:
    one, two = await write(client, "One"), await write(client, "Two")
    first, again = await relate(client, one, two), await relate(client, one, two)
    mutual, back = await relate(client, one, two, "related"), await relate(client, two, one, "related")
    assert [each.status_code for each in (first, again, mutual, back)] == [201, 200, 201, 200]
    assert (again.json()["id"], back.json()["id"]) == (first.json()["id"], mutual.json()["id"])
    assert len(await listed(client, one)) == 2


async def test_the_same_key_makes_one_relation(client: httpx.AsyncClient) -> None:
    one, two = await write(client, "One"), await write(client, "Two")
    body, headers = {"to": two, "kind": "quote"}, {"Idempotency-Key": "k"}
    path = f"{API}/memories/{one}/relations"
    answers = [await client.post(path, json=body, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()


async def test_what_cannot_be_linked_is_refused(client: httpx.AsyncClient) -> None:
    one, trashed = await write(client, "One"), await write(client, "Two")
    await client.delete(f"{API}/memories/{trashed}")
    answers = [await relate(client, one, other) for other in (one, str(uuid4()), trashed)]
    assert {(each.status_code, each.json()["errors"][0]["pointer"]) for each in answers} == {(422, "#/to")}


async def test_a_relation_hides_with_the_trash_and_goes_with_the_memory(client: httpx.AsyncClient) -> None:
    one, two = await write(client, "One"), await write(client, "Two")
    await relate(client, one, two)
    await client.delete(f"{API}/memories/{two}")
    hidden = await listed(client, one)
    await client.post(f"{API}/memories/{two}/restore")
    back = await listed(client, one)
    await client.delete(f"{API}/memories/{two}")
    await client.post(f"{API}/memories/{two}/purge")
    assert (hidden, back, await listed(client, one)) == ([], [("reply", "out", "Two")], [])


async def test_a_relation_is_taken_off_from_either_end(client: httpx.AsyncClient) -> None:
    one, two, three = [await write(client, title) for title in ("One", "Two", "Three")]
    made = (await relate(client, one, two)).json()
    stranger = await client.delete(f"{API}/memories/{three}/relations/{made['id']}")
    gone = await client.delete(f"{API}/memories/{two}/relations/{made['id']}")
    assert (stranger.json()["type"], gone.status_code) == ("/problems/relation-not-found", 204)
    assert await listed(client, one) == []


async def test_relations_come_in_pages_that_meet(client: httpx.AsyncClient) -> None:
    one = await write(client, "One")
    for title in "abc":
        await relate(client, one, await write(client, title))
    path = f"{API}/memories/{one}/relations"
    first = (await client.get(path, params={"limit": 2})).json()
    rest = (await client.get(path, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [each["memory"]["title"] for each in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert rest["next_cursor"] is None


async def test_an_unknown_memory_has_no_relations(client: httpx.AsyncClient) -> None:
    one, nobody = await write(client, "One"), str(uuid4())
    listing = await client.get(f"{API}/memories/{nobody}/relations")
    linking = await relate(client, nobody, one)
    assert {listing.json()["type"], linking.json()["type"]} == {"/problems/memory-not-found"}
