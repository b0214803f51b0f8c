"""Changes in bulk, their rehearsal and their undo, over HTTP; and the tags they leave."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

JSON = dict[str, Any]


async def write(client: httpx.AsyncClient, **fields: object) -> str:
    answer = await client.post("/api/v1/memories", json=fields)
    return str(answer.json()["id"])


async def batch(client: httpx.AsyncClient, **asked: object) -> JSON:
    answer = await client.post("/api/v1/memories/batch", json=asked)
    assert answer.status_code == 200, answer.text
    done: JSON = answer.json()
    return done


async def memory(client: httpx.AsyncClient, memory_id: str) -> JSON:
    found: JSON = (await client.get(f"/api/v1/memories/{memory_id}")).json()
    return found


@pytest.mark.parametrize(
    ("action", "field", "before", "after"),
    [
        ("favourite", "favourite", False, True),
        ("archive", "archived", False, True),
        ("tag", "tags", ["old"], ["New", "old"]),
        ("untag", "tags", ["old"], ["old"]),
    ],
)
async def test_an_action_is_rehearsed_done_and_taken_back(
    client: httpx.AsyncClient, action: str, field: str, before: object, after: object
) -> None:
    one = await write(client, title="One", tags=["old"])
    asked = {"ids": [one], "action": action, "tags": ["New"]}
    rehearsed = await batch(client, **asked, dry_run=True)
    assert (await memory(client, one))[field] == before
    done = await batch(client, **asked)
    assert (await memory(client, one))[field] == after
    assert (rehearsed["changed"], rehearsed["undo_token"]) == (done["changed"], None)
    await client.post(f"/api/v1/undo/{done['undo_token']}")
    assert (await memory(client, one))[field] == before


async def test_a_batch_by_query_changes_what_was_not_so_already(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await write(client, title=f"sea {number}", favourite=number == 0)
    await write(client, title="mountain")
    done = await batch(client, q="sea", action="favourite")
    assert (done["matched"], done["changed"]) == (3, 2)
    undone = await client.post(f"/api/v1/undo/{done['undo_token']}")
    assert undone.json() == {"restored": 2}
    found = (await client.get("/api/v1/memories", params={"q": "is:favourite"})).json()["items"]
    assert [each["title"] for each in found] == ["sea 0"]


async def test_trash_and_restore_in_bulk(client: httpx.AsyncClient) -> None:
    ids = [await write(client, title=str(number)) for number in range(3)]
    done = await batch(client, ids=ids, action="trash")
    assert (await client.get("/api/v1/memories")).json()["items"] == []
    await client.post(f"/api/v1/undo/{done['undo_token']}")
    assert len((await client.get("/api/v1/memories")).json()["items"]) == 3
    assert (await batch(client, ids=ids, action="restore"))["changed"] == 0


async def test_a_token_is_good_once(client: httpx.AsyncClient) -> None:
    one = await write(client, title="One")
    token = (await batch(client, ids=[one], action="trash"))["undo_token"]
    assert (await client.post(f"/api/v1/undo/{token}")).status_code == 200
    again = await client.post(f"/api/v1/undo/{token}")
    assert (again.status_code, again.json()["type"]) == (410, "/problems/undo-expired")


@pytest.mark.parametrize(
    "asked",
    [
        {"action": "trash"},
        {"action": "trash", "ids": [], "q": "x"},
        {"action": "tag", "ids": []},
        {"action": "purge", "ids": []},
    ],
)
async def test_a_batch_that_says_too_little_or_too_much_is_refused(client: httpx.AsyncClient, asked: JSON) -> None:
    assert (await client.post("/api/v1/memories/batch", json=asked)).status_code == 422


async def test_a_batch_by_a_broken_query_changes_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/memories/batch", json={"q": "kind:dream", "action": "trash"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-query")


async def test_tags_are_counted_without_the_trash(client: httpx.AsyncClient) -> None:
    await write(client, title="1", tags=["b", "A"])
    two = await write(client, title="2", tags=["b", "gone"])
    await client.delete(f"/api/v1/memories/{two}")
    tags = (await client.get("/api/v1/tags")).json()["items"]
    assert [(tag["name"], tag["memories"]) for tag in tags] == [("A", 1), ("b", 1)]


@pytest.mark.parametrize(
    ("asked", "field", "before", "after"),
    [
        ({"action": "rate", "rating": 5}, "rating", 2, 5),
        ({"action": "rate", "rating": None}, "rating", 2, None),
        ({"action": "mood", "mood": 1}, "mood", None, 1),
        ({"action": "shift", "shift_s": -3661}, "local_at", "2019-06-14T18:30:00", "2019-06-14T17:28:59"),
        ({"action": "shift", "shift_s": 86400 * 17}, "happened_at", "2019-06-14T16:30:00Z", "2019-07-01T16:30:00Z"),
        ({"action": "locate", "lat": 41.9, "lon": 12.5}, "lat", None, 41.9),
    ],
)
async def test_a_field_is_rehearsed_changed_and_put_back(
    client: httpx.AsyncClient, asked: JSON, field: str, before: object, after: object
) -> None:
    one = await write(client, title="One", rating=2, local_at="2019-06-14T18:30:00", zone="Europe/Rome")
    whole = await memory(client, one)
    rehearsed = await batch(client, ids=[one], **asked, dry_run=True)
    assert (await memory(client, one))[field] == before
    done = await batch(client, ids=[one], **asked)
    assert (await memory(client, one))[field] == after
    assert (rehearsed["changed"], rehearsed["undo_token"], done["changed"]) == (1, None, 1)
    assert (await batch(client, ids=[one], **asked))["changed"] == (1 if asked["action"] == "shift" else 0)
    assert (await client.post(f"/api/v1/undo/{done['undo_token']}")).json() == {"restored": 1}
    same = {"updated_at", "version"}
    back = await memory(client, one)
    assert {name: back[name] for name in back.keys() - same} == {name: whole[name] for name in whole.keys() - same}


async def test_a_shift_moves_counts_and_leaves_fuzzy_dates(client: httpx.AsyncClient) -> None:
    ids = [await write(client, title="x", **date) for date in ({"local_at": "2019-12-31T23:30:00"}, {"when": "2019"})]
    day = await write(client, title="day", when="2019-12-31")
    done = await batch(client, ids=[*ids, day], action="shift", shift_s=86_400)
    assert (done["matched"], done["changed"]) == (3, 2)
    assert (await memory(client, day))["when"] == "2020-01-01"
    counts = (await client.get("/api/v1/timeline/buckets", params={"unit": "year"})).json()
    assert "2020" in str(counts)


async def test_people_are_added_and_removed_in_bulk(client: httpx.AsyncClient) -> None:
    ids = [await write(client, title=str(number), people=["Ana"]) for number in range(2)]
    asked = {"ids": ids, "action": "add_people", "people": ["Bo", "ana"]}
    assert (await batch(client, **asked, dry_run=True))["changed"] == 2
    done = await batch(client, **asked)
    assert [each["name"] for each in (await memory(client, ids[0]))["people"]] == ["Ana", "Bo"]
    assert len((await client.get("/api/v1/memories", params={"q": "with:bo"})).json()["items"]) == 2
    removed = await batch(client, ids=ids[:1], action="remove_people", people=["BO"])
    assert [each["name"] for each in (await memory(client, ids[0]))["people"]] == ["Ana"]
    await client.post(f"/api/v1/undo/{removed['undo_token']}")
    await client.post(f"/api/v1/undo/{done['undo_token']}")
    assert [each["name"] for each in (await memory(client, ids[1]))["people"]] == ["Ana"]


async def test_members_are_put_in_and_taken_out_in_bulk(client: httpx.AsyncClient) -> None:
    ids = [await write(client, title=str(number)) for number in range(3)]
    album = (await client.post("/api/v1/collections", json={"name": "Album"})).json()["id"]
    path = f"/api/v1/collections/{album}/memories"

    async def titles() -> list[str]:
        return [each["title"] for each in (await client.get(path)).json()["items"]]

    asked = {"ids": ids, "action": "add_to_collection", "collection": album}
    assert (await batch(client, **asked, dry_run=True))["changed"] == 3
    put = await batch(client, **asked)
    order = await titles()
    taken = await batch(client, ids=ids[1:2], action="remove_from_collection", collection=album)
    assert "1" not in await titles()
    await client.post(f"/api/v1/undo/{taken['undo_token']}")
    assert await titles() == order
    await client.post(f"/api/v1/undo/{put['undo_token']}")
    assert await titles() == []


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"action": "rate"}, "#/rating"),
        ({"action": "shift"}, "#/shift_s"),
        ({"action": "locate"}, "#/location"),
        ({"action": "locate", "lat": 1}, "#/lon"),
        ({"action": "add_people"}, "#/people"),
        ({"action": "add_to_collection"}, "#/collection"),
    ],
)
async def test_an_action_without_what_it_needs_is_refused(client: httpx.AsyncClient, asked: JSON, pointer: str) -> None:
    one = await write(client, title="One")
    answer = await client.post("/api/v1/memories/batch", json={"ids": [one], **asked})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
