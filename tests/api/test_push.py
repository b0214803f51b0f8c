"""What programs send by themselves: verdicts, idempotence, undo."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.api.callers import new_user, with_key

INGEST = "/api/v1/ingest"
WALK = {"key": "w1", "title": "A walk", "happened_at": "2026-03-01T09:00:00+00:00", "tags": ["out"]}


def batch(*items: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"source": "diary_bot", "items": list(items), **more}


async def send(client: httpx.AsyncClient, *items: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    answer = await client.post(INGEST, json=batch(*items, **more))
    assert answer.status_code == httpx.codes.OK, answer.text
    return dict(answer.json())


def verdicts(answer: dict[str, Any]) -> list[str]:
    return [each["verdict"] for each in answer["items"]]


async def memory(client: httpx.AsyncClient, answer: dict[str, Any], at: int = 0) -> dict[str, Any]:
    return dict((await client.get(f"/api/v1/memories/{answer['items'][at]['memory_id']}")).json())


async def positions(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await client.get("/api/v1/positions")).json()["items"])


async def undone(client: httpx.AsyncClient, import_id: str) -> None:
    """Take an import back, and wait until it is."""
    assert (await client.post(f"/api/v1/imports/{import_id}/undo")).status_code == httpx.codes.OK
    async with asyncio.timeout(20):
        while (await client.get(f"/api/v1/imports/{import_id}")).json()["state"] != "undone":  # noqa: ASYNC110 - asked as a client asks
            await asyncio.sleep(0.02)


async def test_sending_again_adds_nothing(client: httpx.AsyncClient) -> None:
    first = await send(client, WALK, {"key": "w2", "body": "Rain"})
    again = await send(client, WALK, {"key": "w2", "body": "Rain"})
    assert verdicts(first) == ["new", "new"]
    assert verdicts(again) == ["same", "same"]
    assert again["import_id"] is None
    assert [each["memory_id"] for each in again["items"]] == [each["memory_id"] for each in first["items"]]
    assert len((await client.get("/api/v1/imports")).json()["items"]) == 1


async def test_what_was_sent_is_kept_with_its_date_and_its_names(client: httpx.AsyncClient) -> None:
    place = {"lat": 38.711, "lon": -9.139, "name": "Miradouro"}
    said = {**WALK, "place": place, "people": [{"name": "Ana"}], "rating": 4, "kind": "visit", "zone": "Europe/Lisbon"}
    told = await memory(client, await send(client, said))
    assert (told["title"], told["kind"], told["rating"], told["tags"]) == ("A walk", "visit", 4, ["out"])
    assert (told["local_at"], told["zone"], told["time_basis"]) == ("2026-03-01T09:00:00", "Europe/Lisbon", "source")
    assert (told["location"]["name"], told["people"][0]["name"]) == ("Miradouro", "Ana")
    assert told["source"] == "diary_bot"


async def test_a_changed_item_changes_its_memory_except_where_it_was_edited(client: httpx.AsyncClient) -> None:
    first = await send(client, {**WALK, "body": "short"})
    url = f"/api/v1/memories/{first['items'][0]['memory_id']}"
    assert (await client.patch(url, json={"title": "My walk"})).status_code == httpx.codes.OK
    again = await send(client, {**WALK, "title": "Other", "body": "longer"})
    told = await memory(client, again)
    assert (verdicts(again), told["title"], told["body"]) == (["changed"], "My walk", "longer")


async def test_what_was_deleted_does_not_come_back(client: httpx.AsyncClient) -> None:
    first = await send(client, WALK)
    url = f"/api/v1/memories/{first['items'][0]['memory_id']}"
    await client.delete(url)
    assert verdicts(await send(client, WALK)) == ["same"]
    assert (await client.get(url)).json()["trashed_at"] is not None
    await client.post(f"{url}/purge")
    gone = await send(client, WALK)
    assert verdicts(gone) == ["skipped"]
    assert gone["items"][0]["reason"]["slug"] == "deleted-here"


async def test_a_day_of_sending_is_one_import_and_undo_takes_it_back(client: httpx.AsyncClient) -> None:
    track = {"device": "watch", "positions": [{"at": "2026-03-01T09:00:00Z", "lat": 38.7, "lon": -9.1}]}
    first = await send(client, WALK, tracks=[track])
    second = await send(client, {"key": "w2", "title": "Another"})
    assert (first["import_id"], first["tracks"]) == (second["import_id"], [{"device": "watch", "new": 1}])
    told = (await client.get(f"/api/v1/imports/{first['import_id']}")).json()
    assert (told["state"], told["source"], told["counts"]["new"], told["path"]) == ("done", "diary_bot", 3, None)
    await undone(client, first["import_id"])
    assert (await client.get("/api/v1/memories")).json()["items"] == []
    assert await positions(client) == []
    assert verdicts(await send(client, WALK)) == ["new"]


async def test_undoing_a_change_gives_back_what_was_before(client: httpx.AsyncClient) -> None:
    first = await send(client, WALK)
    second = await send(client, {**WALK, "title": "A long walk"})
    assert first["import_id"] != second["import_id"]
    await undone(client, second["import_id"])
    assert (await memory(client, first))["title"] == "A walk"


async def test_two_accounts_may_use_the_same_key(client: httpx.AsyncClient) -> None:
    ana = await send(client, WALK, account="ana")
    bob = await send(client, {**WALK, "title": "Bob's"}, account="bob")
    assert (verdicts(ana), verdicts(bob)) == (["new"], ["new"])
    assert ana["import_id"] != bob["import_id"]


async def test_an_item_may_tell_of_one_that_comes_later(client: httpx.AsyncClient) -> None:
    first = await send(client, {"key": "r", "body": "Yes!", "relations": [{"kind": "reply", "key": "q"}]})
    await send(client, {"key": "q", "body": "Coming?"})
    found = await client.get(f"/api/v1/memories/{first['items'][0]['memory_id']}/relations")
    assert [each["kind"] for each in found.json()["items"]] == ["reply"]


async def test_an_item_that_cannot_be_meant_fails_and_stops_no_other(client: httpx.AsyncClient) -> None:
    answer = await send(client, WALK, {"key": "w2", "when": "next week"}, {"key": "w3", "title": "After"})
    assert verdicts(answer) == ["new", "failed", "new"]
    assert answer["items"][1]["reason"]["slug"] == "invalid-input"


REFUSED = {
    "no source": {"items": []},
    "a source of ours": batch(WALK) | {"source": "photo_folder"},
    "the owner's own": batch(WALK) | {"source": "user"},
    "an unknown member": batch({**WALK, "colour": "red"}),
    "no key": batch({"title": "x"}),
    "a latitude beyond the pole": batch({**WALK, "place": {"lat": 91, "lon": 0}}),
    "a date without an offset": batch({**WALK, "happened_at": "2026-03-01T09:00:00"}),
    "too many items": batch(*[{"key": str(n)} for n in range(501)]),
    "no list": {"source": "diary_bot", "items": {}},
}


async def test_batches_that_do_not_fit_are_refused_whole(client: httpx.AsyncClient) -> None:
    answers = {name: await client.post(INGEST, json=body) for name, body in REFUSED.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(REFUSED, 422)
    assert {answer.json()["errors"][0]["pointer"][:2] for answer in answers.values()} == {"#/"}
    assert (await client.get("/api/v1/memories")).json()["items"] == []


async def test_a_batch_larger_than_the_cap_is_refused_unread(client: httpx.AsyncClient) -> None:
    answer = await client.post(INGEST, json=batch(*[{"key": str(n), "body": "x" * 90_000} for n in range(15)]))
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


async def test_batches_at_the_same_time_add_everything_once(client: httpx.AsyncClient) -> None:
    items = [{"key": str(n), "title": f"Number {n}"} for n in range(8)]
    answers = await asyncio.gather(*(send(client, *items) for _ in range(4)))
    assert sorted(verdict for answer in answers for verdict in verdicts(answer)) == ["new"] * 8 + ["same"] * 24
    assert len((await client.get("/api/v1/memories")).json()["items"]) == 8


async def test_everybody_sends_into_their_own_timeline(client: httpx.AsyncClient) -> None:
    app = client._transport.app  # type: ignore[attr-defined]
    other = await new_user(app, "bea", "member")
    key = await with_key(app, other, ["ingest:write"])
    assert (await key("POST", INGEST, batch(WALK))).json["items"][0]["verdict"] == "new"
    assert (await client.get("/api/v1/memories")).json()["items"] == []
    assert verdicts(await send(client, WALK)) == ["new"]
    assert (await key("GET", "/api/v1/memories")).status == httpx.codes.FORBIDDEN
