"""Collections over HTTP: by hand and by query, and in the query language."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from timeline_local.schemas import collections as wire

JSON = dict[str, Any]
NOWHERE = "01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"


async def write(client: httpx.AsyncClient, *titles: str, **fields: object) -> list[str]:
    return [(await client.post("/api/v1/memories", json={"title": title, **fields})).json()["id"] for title in titles]


async def make(client: httpx.AsyncClient, name: str, **fields: object) -> JSON:
    answer = await client.post("/api/v1/collections", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    made: JSON = answer.json()
    return made


async def put(client: httpx.AsyncClient, made: JSON, **asked: object) -> JSON:
    answer = await client.post(f"/api/v1/collections/{made['id']}/memories", json=asked)
    assert answer.status_code == 200, answer.text
    done: JSON = answer.json()
    return done


async def titles(client: httpx.AsyncClient, path: str, **params: Any) -> list[str]:  # noqa: ANN401 - passed on
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.json()["items"]]


async def test_a_collection_is_made_read_changed_and_deleted(client: httpx.AsyncClient) -> None:
    made = await make(client, "  Trip   to Rome ", description="Five days")
    path = f"/api/v1/collections/{made['id']}"
    read = await client.get(path)
    whole = wire.Collection.model_validate_json(read.content)
    assert (whole.name, whole.members, read.headers["ETag"]) == ("Trip to Rome", 0, '"1"')
    assert (await client.get(path, headers={"If-None-Match": '"1"'})).status_code == 304
    changed = await client.patch(path, json={"name": "Rome", "description": None}, headers={"If-Match": '"1"'})
    assert (changed.json()["name"], changed.json()["description"], changed.headers["ETag"]) == ("Rome", "", '"2"')
    late = await client.delete(path, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["version"]) == (412, 2)
    assert (await client.delete(path)).status_code == 204
    gone = await client.get(path)
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/collection-not-found")


async def test_a_name_is_taken_once_and_a_key_makes_one(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await client.post("/api/v1/collections", json={"name": "Café"}, headers=headers)
    again = await client.post("/api/v1/collections", json={"name": "Café"}, headers=headers)
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    taken = await client.post("/api/v1/collections", json={"name": " CAFE "})
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/collection-name-taken")
    other = await make(client, "Other")
    renamed = await client.patch(f"/api/v1/collections/{other['id']}", json={"name": "cafe"})
    assert renamed.status_code == 409


async def test_the_list_goes_on_by_cursor(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await make(client, f"Number {number}")
    first = (await client.get("/api/v1/collections", params={"limit": 2})).json()
    rest = (await client.get("/api/v1/collections", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [each["name"] for each in first["items"] + rest["items"]] == ["Number 2", "Number 1", "Number 0"]
    assert rest["next_cursor"] is None


async def test_the_list_can_be_of_some_kinds_or_of_what_holds_a_memory(client: httpx.AsyncClient) -> None:
    _, chat, _ = [await make(client, kind, kind=kind) for kind in ("album", "conversation", "trip")]
    (memory,) = await write(client, "x")
    await put(client, chat, memories=[memory])

    async def listed(**params: str | list[str]) -> list[str]:
        found = await client.get("/api/v1/collections", params=params)
        assert found.status_code == 200, found.text
        return [each["name"] for each in found.json()["items"]]

    assert await listed() == ["trip", "conversation", "album"]
    assert await listed(kind="conversation") == ["conversation"]
    assert await listed(kind=["album", "trip"]) == ["trip", "album"]
    assert await listed(memory=memory) == ["conversation"]
    assert await listed(memory=memory, kind="album") == []


async def test_members_are_put_in_moved_and_taken_out(client: httpx.AsyncClient) -> None:
    one, two, three = await write(client, "one", "two", "three")
    made = await make(client, "Numbers")
    path = f"/api/v1/collections/{made['id']}"
    assert (await put(client, made, memories=[one, two, NOWHERE]))["changed"] == 2
    assert (await put(client, made, memories=[three, one], position="start"))["changed"] == 1
    assert await titles(client, f"{path}/memories") == ["three", "one", "two"]
    moved = await client.post(f"{path}/move", json={"memories": [three], "after": two}, headers={"If-Match": '"3"'})
    assert moved.json() == {"changed": 1, "version": 4}
    assert await titles(client, f"{path}/memories") == ["one", "two", "three"]
    removed = await client.request("DELETE", f"{path}/memories", json={"memories": [two]})
    assert removed.json()["changed"] == 1
    assert await titles(client, f"{path}/memories") == ["one", "three"]
    assert (await client.get(f"/api/v1/memories/{two}")).status_code == 200
    late = await client.post(f"{path}/move", json={"memories": [one], "after": three}, headers={"If-Match": '"4"'})
    assert late.status_code == 412


async def test_members_by_query_come_oldest_first(client: httpx.AsyncClient) -> None:
    await write(client, "sea later", when="2020")
    await write(client, "sea first", when="1990")
    await write(client, "hills", when="2000")
    made = await make(client, "Sea")
    await put(client, made, query="sea")
    assert await titles(client, f"/api/v1/collections/{made['id']}/memories") == ["sea first", "sea later"]


async def test_both_kinds_are_searched_by_name(client: httpx.AsyncClient) -> None:
    by_hand, other = await write(client, "by hand", "other")
    await put(client, await make(client, "Trip to Rome"), memories=[by_hand])
    await make(client, "Others", query="other OR nothing")
    q = 'collection:"trip  to ROME"'
    assert await titles(client, "/api/v1/memories", q=q) == ["by hand"]
    assert await titles(client, "/api/v1/memories", q=f"-{q}") == ["other"]
    assert await titles(client, "/api/v1/memories", q="collection:others") == ["other"]
    assert await titles(client, "/api/v1/memories", q="-collection:others") == ["by hand"]
    assert sorted(await titles(client, "/api/v1/memories", q=f"collection:others OR {q}")) == ["by hand", "other"]
    assert await titles(client, "/api/v1/memories", q="collection:nowhere") == []
    done = await client.post("/api/v1/memories/batch", json={"q": "collection:others", "action": "favourite"})
    assert done.json()["changed"] == 1
    assert (await client.get(f"/api/v1/memories/{other}")).json()["favourite"] is True
    skeleton = await client.get("/api/v1/timeline/skeleton", params={"q": "collection:others"})
    assert skeleton.content[4:8] == (1).to_bytes(4, "little")


async def test_a_skeleton_follows_what_is_put_in(client: httpx.AsyncClient) -> None:
    one, two = await write(client, "one", "two")
    made = await make(client, "Numbers")
    params = {"q": "collection:numbers"}
    for expected, memory in enumerate((one, two), 1):
        await put(client, made, memories=[memory])
        skeleton = await client.get("/api/v1/timeline/skeleton", params=params)
        assert skeleton.content[4:8] == expected.to_bytes(4, "little")


async def test_a_query_decides_what_is_in_its_collection(client: httpx.AsyncClient) -> None:
    (one,) = await write(client, "sea", rating=5)
    made = await make(client, "Best", query="rating:>=4")
    path = f"/api/v1/collections/{made['id']}"
    assert (made["members"], await titles(client, f"{path}/memories")) == (1, ["sea"])
    for answer in (
        await client.post(f"{path}/memories", json={"memories": [one]}),
        await client.request("DELETE", f"{path}/memories", json={"memories": [one]}),
        await client.post(f"{path}/move", json={"memories": [one], "after": one}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/collection-is-computed")
    changed = await client.patch(path, json={"query": "rating:1"})
    assert (changed.json()["members"], changed.status_code) == (0, 200)


@pytest.mark.parametrize("query", ["collection:a", "-collection:A", "sea OR collection:a", "x collection:b"])
async def test_a_collection_never_leads_back_to_itself(client: httpx.AsyncClient, query: str) -> None:
    await make(client, "B", query="collection:C hills")
    await make(client, "C", query="sea collection:A")
    refused = await client.post("/api/v1/collections", json={"name": "A", "query": query})
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/invalid-query")
    assert "leads back to itself" in refused.json()["detail"]
    names = [each["name"] for each in (await client.get("/api/v1/collections")).json()["items"]]
    assert names == ["C", "B"]


async def test_renaming_closes_no_circle(client: httpx.AsyncClient) -> None:
    await make(client, "One", query="collection:Two")
    three = await make(client, "Three", query="collection:One")
    refused = await client.patch(f"/api/v1/collections/{three['id']}", json={"name": "Two"})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("fields", "status", "pointer"),
    [
        ({}, 422, "#/name"),
        ({"name": "   "}, 422, "#/name"),
        ({"name": "x" * 201}, 422, "#/name"),
        ({"name": "x", "query": "a is:trashed"}, 422, "#/query"),
        ({"name": "x", "cover": NOWHERE}, 422, "#/cover"),
        ({"name": "x", "members": []}, 422, "#/members"),
    ],
)
async def test_a_refused_field_is_named(client: httpx.AsyncClient, fields: JSON, status: int, pointer: str) -> None:
    answer = await client.post("/api/v1/collections", json=fields)
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (status, [pointer])


async def test_by_hand_stays_by_hand(client: httpx.AsyncClient) -> None:
    by_hand, by_query = await make(client, "Hand"), await make(client, "Query", query="sea")
    for made, query in ((by_hand, "sea"), (by_query, None)):
        refused = await client.patch(f"/api/v1/collections/{made['id']}", json={"query": query})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/query")
