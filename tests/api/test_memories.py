"""Memories over HTTP, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from timeline_local.domain.drafts import PlaceRef
from timeline_local.models import Location
from timeline_local.runtime import Runtime
from timeline_local.schemas import memories as wire
from timeline_local.services.locations import location_pks

JSON = dict[str, Any]


async def write(client: httpx.AsyncClient, **fields: object) -> JSON:
    answer = await client.post("/api/v1/memories", json=fields)
    assert answer.status_code == 201, answer.text
    made: JSON = answer.json()
    return made


async def test_a_written_memory_reads_back_as_the_documented_shape(client: httpx.AsyncClient) -> None:
    made = await client.post(
        "/api/v1/memories",
        json={
            "title": "Bakery",
            "body": "The smell at **6**. #lisbon",
            "happened_at": "2019-06-14T18:30:00+02:00",
            "lat": 41.9,
            "lon": 12.5,
            "tags": ["Trip/Rome", "trip/rome", "family"],
            "people": ["Ana", "ana "],
            "favourite": True,
            "rating": 4,
        },
    )
    answer = await client.get(made.headers["Location"])
    memory = wire.OneMemory.model_validate_json(answer.content)
    assert (answer.headers["ETag"], made.status_code) == ('"1"', 201)
    assert memory.tags == ["family", "Trip/Rome"]
    assert [person.name for person in memory.people] == ["Ana"]
    assert answer.json()["local_at"] == "2019-06-14T18:30:00"
    assert answer.json()["happened_at"] == "2019-06-14T16:30:00Z"
    assert (memory.utc_offset_min, memory.time_basis, memory.source) == (120, "user", "user")
    assert memory.blocks[0]["c"][1] == {"t": "strong", "c": [{"t": "text", "s": "6"}]}


async def test_without_a_date_it_happened_now_at_home(client: httpx.AsyncClient) -> None:
    made = await write(client, body="Now")
    assert (made["zone"], made["precision"], made["kind"], made["when"]) == ("Europe/Lisbon", "instant", "note", None)


@pytest.mark.parametrize(
    ("when", "precision", "local_on"),
    [
        ("1987", "year", "1987-01-01"),
        ("1999-22", "season", "1999-06-01"),
        ("2004-06", "month", "2004-06-01"),
        ("198X", "decade", "1980-01-01"),
        ("2004-06-11", "day", "2004-06-11"),
        ("2004-06~", "month", "2004-06-01"),
        ("1984?", "year", "1984-01-01"),
        ("1999-22%", "season", "1999-06-01"),
        ("2004-06/2006-08", "decade", "2004-06-01"),
    ],
)
async def test_fuzzy_dates_go_in_and_come_out_as_edtf(
    client: httpx.AsyncClient, when: str, precision: str, local_on: str
) -> None:
    made = await write(client, title="Long ago", when=when)
    assert (made["when"], made["precision"], made["local_on"]) == (when, precision, local_on)


async def test_a_wall_clock_with_a_zone_keeps_its_reading(client: httpx.AsyncClient) -> None:
    made = await write(client, local_at="2020-01-02T03:04:05", zone="Asia/Tokyo")
    assert (made["local_at"], made["happened_at"]) == ("2020-01-02T03:04:05", "2020-01-01T18:04:05Z")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"happened_at": "2019-06-14T18:30:00"}, "#/happened_at"),
        ({"happened_at": "1560529800"}, "#/happened_at"),
        ({"local_at": "2019-06-14T18:30:00Z"}, "#/local_at"),
        ({"when": "sometime"}, "#/when"),
        ({"when": "1987", "local_at": "2019-06-14T18:30:00"}, "#/when"),
        ({"zone": "Mars/Base"}, "#/zone"),
        ({"lat": 10}, "#/lon"),
        ({"lat": 91, "lon": 0}, "#/lat"),
        ({"rating": 6}, "#/rating"),
        ({"rating": 0}, "#/rating"),
        ({"mood": 6}, "#/mood"),
        ({"happened_until": "2019-06-14T18:30:00Z"}, "#/happened_until"),
        ({"when": "2019", "happened_until": "2020-06-14T18:30:00Z"}, "#/happened_until"),
        ({"location": "01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"}, "#/location"),
        ({"title": "x" * 501}, "#/title"),
        ({"tags": ["x"] * 101}, "#/tags"),
        ({"kind": "dream"}, "#/kind"),
        ({"mood": "good"}, "#/mood"),
        ({"media": ["01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"]}, "#/media/0"),
    ],
)
async def test_a_refused_field_is_named(client: httpx.AsyncClient, fields: JSON, pointer: str) -> None:
    answer = await client.post("/api/v1/memories", json=fields)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_a_patch_changes_what_it_names_and_empties_what_is_null(client: httpx.AsyncClient) -> None:
    made = await write(client, title="T", body="B", tags=["one"], people=["Ana"], lat=1, lon=2, rating=3)
    answer = await client.patch(f"/api/v1/memories/{made['id']}", json={"title": "New", "rating": None, "tags": None})
    changed = answer.json()
    assert (changed["title"], changed["rating"], changed["tags"], changed["version"]) == ("New", None, [], 2)
    assert (changed["body"], changed["lat"], changed["people"]) == ("B", 1, made["people"])


async def test_stars_and_moods_are_set_searched_and_taken_away(client: httpx.AsyncClient) -> None:
    made = await write(client, title="T", rating=4, mood=2)
    assert (made["rating"], made["mood"]) == (4, 2)
    path = f"/api/v1/memories/{made['id']}"
    found = (await client.get("/api/v1/memories", params={"q": "rating:>=4 mood:<3"})).json()
    assert [each["id"] for each in found["items"]] == [made["id"]]
    changed = (await client.patch(path, json={"mood": 5, "rating": None})).json()
    assert (changed["rating"], changed["mood"]) == (None, 5)
    told = (await client.get(f"{path}/why")).json()["fields"]
    assert {each["field"]: each["value"] for each in told if each["field"] in {"rating", "mood"}} == {
        "rating": "",
        "mood": 5,
    }


async def test_doubts_about_a_date_stay_until_another_date_is_given(client: httpx.AsyncClient) -> None:
    made = await write(client, title="About then", when="2004-06~")
    path = f"/api/v1/memories/{made['id']}"
    assert (await client.patch(path, json={"title": "Roughly", "zone": "Europe/Rome"})).json()["when"] == "2004-06~"
    assert (await client.patch(path, json={"when": "2004-07"})).json()["when"] == "2004-07"


async def test_another_zone_keeps_the_stretch_of_a_fuzzy_date(client: httpx.AsyncClient) -> None:
    made = await write(client, title="Those years", when="2004-06/2006-08?")
    changed = (await client.patch(f"/api/v1/memories/{made['id']}", json={"zone": "Asia/Tokyo"})).json()
    assert changed["when"] == made["when"] == "2004-06?/2006-08?"


async def test_something_that_lasted_has_an_end_that_can_be_taken_away(client: httpx.AsyncClient) -> None:
    made = await write(
        client, title="Concert", happened_at="2019-06-14T20:00:00+02:00", happened_until="2019-06-14T23:00:00+02:00"
    )
    assert made["happened_until"] == "2019-06-14T21:00:00Z"
    path = f"/api/v1/memories/{made['id']}"
    longer = (await client.patch(path, json={"happened_until": "2019-06-14T22:30:00Z"})).json()
    assert (longer["happened_until"], longer["happened_at"]) == ("2019-06-14T22:30:00Z", made["happened_at"])
    assert (await client.patch(path, json={"happened_until": None})).json()["happened_until"] is None
    refused = await client.patch(path, json={"happened_until": "2019-06-14T17:00:00Z"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/happened_until")


async def test_a_location_of_the_owner_is_named_by_its_id(client: httpx.AsyncClient, runtime: Runtime) -> None:
    rome = PlaceRef(name="Trastevere", city="Rome", country="Italy")
    async with runtime.database.write() as db:
        await location_pks(db, runtime.owner_pk, [rome], source="user", now=runtime.now())
        location_id = (await db.execute(select(Location.id))).scalar_one()
    made = await write(client, title="Dinner", location=str(location_id))
    assert made["location"]["name"] == "Trastevere"
    path = f"/api/v1/memories/{made['id']}"
    assert (await client.patch(path, json={"lat": 41.9, "lon": 12.5, "location": str(location_id)})).json()["location"]
    assert (await client.patch(path, json={"location": None})).json()["location"] is None
    refused = await client.patch(path, json={"location": made["id"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/location")


async def test_a_null_date_makes_a_memory_undated(client: httpx.AsyncClient) -> None:
    made = await write(client, happened_at="2019-06-14T18:30:00+02:00")
    changed = (await client.patch(f"/api/v1/memories/{made['id']}", json={"when": None})).json()
    assert (changed["local_on"], changed["precision"], changed["time_basis"]) == (None, "unknown", "none")
    found = (await client.get("/api/v1/memories", params={"q": "is:undated"})).json()
    assert [each["id"] for each in found["items"]] == [made["id"]]


async def test_another_zone_keeps_the_wall_clock(client: httpx.AsyncClient) -> None:
    made = await write(client, local_at="2019-06-14T18:30:00", zone="Europe/Lisbon")
    changed = (await client.patch(f"/api/v1/memories/{made['id']}", json={"zone": "Europe/Rome"})).json()
    assert (changed["local_at"], changed["happened_at"]) == ("2019-06-14T18:30:00", "2019-06-14T16:30:00Z")


async def test_an_edit_of_an_old_version_is_refused(client: httpx.AsyncClient) -> None:
    made = await write(client, title="One")
    path = f"/api/v1/memories/{made['id']}"
    await client.patch(path, json={"title": "Two"}, headers={"If-Match": '"1"'})
    late = await client.patch(path, json={"title": "Three"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["type"], late.json()["version"]) == (412, "/problems/version-conflict", 2)
    assert (await client.get(path)).json()["title"] == "Two"


async def test_sixteen_clients_lose_no_increment(client: httpx.AsyncClient) -> None:
    made = await write(client, title="0")
    path = f"/api/v1/memories/{made['id']}"

    async def increment(times: int) -> None:
        while times:
            seen = (await client.get(path)).json()
            tag = f'"{seen["version"]}"'
            answer = await client.patch(path, json={"title": str(int(seen["title"]) + 1)}, headers={"If-Match": tag})
            times -= answer.status_code == 200

    async with asyncio.TaskGroup() as group:
        for _ in range(16):
            group.create_task(increment(2))
    assert (await client.get(path)).json()["title"] == "32"


async def test_an_unchanged_memory_is_not_sent_again(client: httpx.AsyncClient) -> None:
    made = await write(client, title="Same")
    answer = await client.get(f"/api/v1/memories/{made['id']}", headers={"If-None-Match": '"1"'})
    assert (answer.status_code, answer.content) == (304, b"")


async def test_trashed_memories_wait_and_come_back(client: httpx.AsyncClient) -> None:
    made = await write(client, title="Gone", happened_at="2019-06-14T18:30:00+02:00")
    path = f"/api/v1/memories/{made['id']}"
    assert (await client.delete(path)).status_code == 204
    assert (await client.get("/api/v1/memories")).json()["items"] == []
    trashed = (await client.get("/api/v1/memories", params={"q": "is:trashed"})).json()["items"]
    assert [each["id"] for each in trashed] == [made["id"]]
    assert (await client.post(f"{path}/restore")).json()["trashed_at"] is None
    assert len((await client.get("/api/v1/memories")).json()["items"]) == 1


async def test_only_the_trash_is_purged(client: httpx.AsyncClient) -> None:
    made = await write(client, title="Keep")
    path = f"/api/v1/memories/{made['id']}"
    assert (await client.post(f"{path}/purge")).status_code == 409
    await client.delete(path)
    assert (await client.post(f"{path}/purge")).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_emptying_the_trash_says_how_many(client: httpx.AsyncClient) -> None:
    made = [await write(client, title=str(number)) for number in range(3)]
    for each in made[:2]:
        await client.delete(f"/api/v1/memories/{each['id']}")
    assert (await client.post("/api/v1/trash/empty")).json() == {"purged": 2, "files": 0}


async def test_a_retried_create_gives_the_same_memory(client: httpx.AsyncClient) -> None:
    body = {"title": "Once", "tags": ["a"]}
    key = {"Idempotency-Key": "try-1"}
    first = await client.post("/api/v1/memories", json=body, headers=key)
    again = await client.post("/api/v1/memories", json=body, headers=key)
    other = await client.post("/api/v1/memories", json={"title": "Other"}, headers=key)
    assert (first.json(), first.headers["Location"]) == (again.json(), again.headers["Location"])
    assert (again.status_code, other.status_code, other.json()["type"]) == (201, 409, "/problems/idempotency-conflict")
    assert len((await client.get("/api/v1/memories")).json()["items"]) == 1


async def test_creates_racing_with_one_key_make_one_memory(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(
            client.post("/api/v1/memories", json={"title": "Once"}, headers={"Idempotency-Key": "race"})
            for _ in range(8)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_pages_go_on_where_they_ended_though_memories_are_written_meanwhile(client: httpx.AsyncClient) -> None:
    made = [await write(client, title=str(day), local_at=f"2019-06-{day:02}T12:00:00") for day in range(1, 8)]
    first = (await client.get("/api/v1/memories", params={"limit": 3})).json()
    await write(client, title="newer", local_at="2019-06-20T12:00:00")
    await write(client, title="older", local_at="2019-06-02T13:00:00")
    second = (await client.get("/api/v1/memories", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    third = (await client.get("/api/v1/memories", params={"limit": 3, "cursor": second["next_cursor"]})).json()
    titles = [each["title"] for page in (first, second, third) for each in page["items"]]
    assert titles == ["7", "6", "5", "4", "3", "older", "2", "1"]
    assert third["next_cursor"] is None
    assert len(made) == 7


async def test_oldest_first_is_the_timeline_backwards(client: httpx.AsyncClient) -> None:
    for day in (3, 1, 2):
        await write(client, title=str(day), local_at=f"2019-06-{day:02}T12:00:00")
    await write(client, title="sometime", when=None)
    first = (await client.get("/api/v1/memories", params={"limit": 2, "order": "oldest"})).json()
    rest = (
        await client.get("/api/v1/memories", params={"limit": 9, "order": "oldest", "cursor": first["next_cursor"]})
    ).json()
    assert [each["title"] for each in first["items"] + rest["items"]] == ["1", "2", "3", "sometime"]


@pytest.mark.parametrize("params", [{"cursor": "nonsense"}, {"q": "kind:dream"}, {"q": "on:never"}])
async def test_unreadable_pages_are_refused_with_a_reason(client: httpx.AsyncClient, params: JSON) -> None:
    assert (await client.get("/api/v1/memories", params=params)).status_code == 400


async def test_why_names_the_owner_and_the_evidence(client: httpx.AsyncClient) -> None:
    made = await write(client, title="T", happened_at="2019-06-14T18:30:00+02:00")
    await client.patch(f"/api/v1/memories/{made['id']}", json={"when": "1987", "title": "U"})
    why = wire.Why.model_validate_json((await client.get(f"/api/v1/memories/{made['id']}/why")).content)
    assert why.time.winner is not None
    assert (why.time.winner.basis, why.time.winner.local_at) == ("user", "1987-01-01T00:00:00")
    assert {(each.field, each.value, each.source) for each in why.fields if each.field == "title"} == {
        ("title", "U", "user")
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/memories"),
        ("POST", "/memories"),
        ("POST", "/memories/batch"),
        ("GET", "/memories/01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"),
        ("PATCH", "/memories/01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"),
        ("DELETE", "/memories/01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"),
        ("GET", "/memories/01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f/why"),
        ("POST", "/memories/01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f/purge"),
        ("POST", "/trash/empty"),
        ("POST", "/undo/01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"),
        ("GET", "/tags"),
    ],
)
async def test_nobody_gets_anything_without_signing_in(anonymous: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await anonymous.request(method, f"/api/v1{path}", json={})).status_code == 401


@pytest.mark.parametrize("call", [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/why"), ("POST", "/restore")])
async def test_what_is_not_yours_is_not_found(client: httpx.AsyncClient, call: tuple[str, str]) -> None:
    method, tail = call
    answer = await client.request(method, f"/api/v1/memories/01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f{tail}", json={})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/memory-not-found")
