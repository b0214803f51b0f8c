"""Locations over HTTP, on both databases: lists, circles, edits, merges and what memories say of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from timeline_local.domain.drafts import PlaceRef
from timeline_local.runtime import Runtime
from timeline_local.schemas import locations as wire
from timeline_local.services.locations import location_pks

JSON = dict[str, Any]
API = "/api/v1"
ROME = {"lat": 41.9, "lon": 12.5}


async def add(client: httpx.AsyncClient, name: str, **fields: object) -> JSON:
    answer = await client.post(f"{API}/locations", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    made: JSON = answer.json()
    return made


async def write(client: httpx.AsyncClient, **fields: object) -> JSON:
    answer = await client.post(f"{API}/memories", json={"title": "A day", **fields})
    assert answer.status_code == 201, answer.text
    made: JSON = answer.json()
    return made


async def listed(client: httpx.AsyncClient, **query: Any) -> list[str]:  # noqa: ANN401 - query parameters
    answer = await client.get(f"{API}/locations", params=query)
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


async def finds(client: httpx.AsyncClient, q: str) -> set[str]:
    return {each["id"] for each in (await client.get(f"{API}/memories", params={"q": q})).json()["items"]}


async def test_a_location_reads_back_as_the_documented_shape(client: httpx.AsyncClient) -> None:
    body = {"name": "Trastevere", **ROME, "radius_m": 300, "city": "Rome", "region": "Lazio", "country_code": "it"}
    made = await client.post(f"{API}/locations", json=body)
    answer = await client.get(made.headers["Location"])
    read = wire.Location.model_validate_json(answer.content)
    assert (made.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert (read.zone, read.country_code, read.source, read.memories) == ("Europe/Rome", "IT", "user", 0)
    assert (read.lat, read.lon, read.radius_m, read.distance_m) == (41.9, 12.5, 300, None)


async def test_what_makes_no_location_is_refused(client: httpx.AsyncClient) -> None:
    wrong: dict[str, JSON] = {
        "#/lon": {"lat": 41.9},
        "#/zone": {"zone": "Europe/Nowhere"},
        "#/country_code": {"country_code": "ITA"},
        "#/radius_m": {"radius_m": 0},
        "#/name": {"name": " "},
        "#/colour": {"colour": "red"},
    }
    answers = [await client.post(f"{API}/locations", json={"name": "Rome", **fields}) for fields in wrong.values()]
    assert {each.status_code for each in answers} == {422}
    assert [each.json()["errors"][0]["pointer"] for each in answers] == list(wrong)


async def test_locations_come_by_name_and_by_number_of_memories_in_pages_that_meet(client: httpx.AsyncClient) -> None:
    for name, count in (("Zürich", 1), ("agora", 0), ("Bar", 2)):
        made = await add(client, name)
        for _ in range(count):
            await write(client, location=made["id"])
    seen: dict[str, list[str]] = {"name": [], "memories": []}
    for order, names in seen.items():
        cursor: str | None = ""
        while cursor is not None:
            query = {"order": order, "limit": "1", **({"cursor": cursor} if cursor else {})}
            page = (await client.get(f"{API}/locations", params=query)).json()
            names += [each["name"] for each in page["items"]]
            cursor = page["next_cursor"]
    assert seen == {"name": ["agora", "Bar", "Zürich"], "memories": ["Bar", "Zürich", "agora"]}


async def test_a_list_is_narrowed_by_name_city_or_country(client: httpx.AsyncClient) -> None:
    await add(client, "Trastevere", city="Rome", country="Italy")
    await add(client, "Café Central", city="Wien")
    found = [await listed(client, q=q) for q in ("tras", "ROM", "ital", "central", "entral", "%", "…")]
    assert found == [["Trastevere"]] * 3 + [["Café Central"], [], [], []]


async def test_a_circle_finds_what_is_in_it_the_nearest_first(client: httpx.AsyncClient) -> None:
    await add(client, "Nowhere")
    for name, lat, lon in (
        ("Naples", 40.85, 14.27),
        ("Here", 41.9, 12.5),
        ("A kilometre north", 41.9095, 12.5),
        ("East of the line", 0, -179.999),
        ("West of the line", 0, 179.999),
        ("Near the pole", 89, 120),
    ):
        await add(client, name, lat=lat, lon=lon)
    circles: dict[tuple[str, float], list[str]] = {
        ("41.9,12.5", 1000): ["Here"],
        ("41.9,12.5", 1200): ["Here", "A kilometre north"],
        ("41.9,12.5", 200_000): ["Here", "A kilometre north", "Naples"],
        ("0,-179.999", 500): ["East of the line", "West of the line"],
        ("90,0", 200_000): ["Near the pole"],
    }
    found = {(near, within): await listed(client, near=near, within_m=within) for near, within in circles}
    assert found == circles


async def test_the_pages_of_a_circle_meet(client: httpx.AsyncClient) -> None:
    for name, lat in (("Far", 41.92), ("Here", 41.9), ("Near", 41.91)):
        await add(client, name, lat=lat, lon=12.5)
    query: JSON = {"near": "41.9,12.5", "within_m": 5000, "limit": 2}
    first = (await client.get(f"{API}/locations", params=query)).json()
    rest = await listed(client, **query, cursor=first["next_cursor"])
    assert [each["name"] for each in first["items"]] + rest == ["Here", "Near", "Far"]
    assert [round(each["distance_m"]) for each in first["items"]] == [0, 1112]


async def test_what_is_no_point_is_refused(client: httpx.AsyncClient) -> None:
    wrong = ("rome", "41.9", "91,0", "0,181", "nan,0", "1,2,3", "inf,0")
    answers = [await client.get(f"{API}/locations", params={"near": near}) for near in wrong]
    assert {(each.status_code, each.json()["errors"][0]["pointer"]) for each in answers} == {(422, "?near")}


async def test_a_zone_follows_the_coordinates_unless_it_was_set(client: httpx.AsyncClient) -> None:
    moving, set_ = await add(client, "Van", **ROME), await add(client, "Boat", **ROME, zone="Europe/Lisbon")
    tokyo = {"lat": 35.68, "lon": 139.69}
    zones = [
        (await client.patch(f"{API}/locations/{each['id']}", json=tokyo)).json()["zone"] for each in (moving, set_)
    ]
    assert zones == ["Asia/Tokyo", "Europe/Lisbon"]


async def test_a_memory_takes_a_location_by_name_by_id_and_as_it_was_read(client: httpx.AsyncClient) -> None:
    first = await write(client, location="Old mill", **ROME)
    assert (await client.get(f"{API}/locations/{first['location']['id']}")).json()["lat"] == ROME["lat"]
    ways = [await write(client, location=way) for way in ("old  MILL", first["location"]["id"], first["location"])]
    assert {each["location"]["id"] for each in ways} == {first["location"]["id"]}
    path = f"{API}/memories/{ways[0]['id']}"
    moved = (await client.patch(path, json={"location": "Harbour"})).json()
    gone = (await client.patch(path, json={"location": None})).json()
    assert (moved["location"]["name"], gone["location"]) == ("Harbour", None)


async def test_a_renamed_location_is_found_under_its_new_name_and_meant_by_its_old_one(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    place = PlaceRef(name="Casa", city="Roma")
    async with runtime.database.write() as db:
        await location_pks(db, runtime.owner_pk, [place], source="import", now=runtime.now())
    (casa,) = (await client.get(f"{API}/locations")).json()["items"]
    memory = await write(client, location=casa["id"])
    patch = {"name": "Home", "city": "Rome"}
    edited = await client.patch(f"{API}/locations/{casa['id']}", json=patch, headers={"If-Match": '"1"'})
    assert (edited.status_code, edited.headers["ETag"]) == (200, '"2"')
    for q in ("home", "in:home", "in:rome"):
        assert await finds(client, q) == {memory["id"]}
    assert await finds(client, "in:casa") == await finds(client, "roma") == set()
    after = await client.get(f"{API}/memories/{memory['id']}", headers={"If-None-Match": '"1"'})
    assert after.json()["location"]["name"] == "Home"
    async with runtime.database.write() as db:
        await location_pks(db, runtime.owner_pk, [place], source="import", now=runtime.now())
    assert await listed(client) == ["Home"]


async def test_a_merge_moves_memories_and_its_undo_takes_them_back(client: httpx.AsyncClient, runtime: Runtime) -> None:
    home, casa = await add(client, "Home"), await add(client, "Casa", **ROME, city="Rome", kind="house")
    here, there = await write(client, location=home["id"]), await write(client, location=casa["id"])
    merged = (await client.post(f"{API}/locations/{home['id']}/merge", json={"locations": [casa["id"]]})).json()
    one = merged["location"]
    assert (one["memories"], one["lat"], one["city"], one["kind"]) == (2, 41.9, "Rome", "house")
    assert await finds(client, "in:home") == await finds(client, "home") == {here["id"], there["id"]}
    async with runtime.database.write() as db:
        place = PlaceRef(name="Casa", city="Rome")
        await location_pks(db, runtime.owner_pk, [place], source="import", now=runtime.now())
    assert await listed(client) == ["Home"]
    undone = await client.post(f"{API}/undo/{merged['undo_token']}")
    assert undone.json() == {"restored": 1}
    ignored = {"version", "updated_at", "memories"}
    for before in (home, casa):
        after = (await client.get(f"{API}/locations/{before['id']}")).json()
        assert {k: v for k, v in after.items() if k not in ignored} == {
            k: v for k, v in before.items() if k not in ignored
        }
        assert after["memories"] == 1
    assert await finds(client, "in:casa") == await finds(client, "casa") == {there["id"]}


async def test_a_deleted_location_leaves_its_memories_their_coordinates(client: httpx.AsyncClient) -> None:
    made = await add(client, "Cabin")
    memory = await write(client, location=made["id"], **ROME)
    stale = await client.delete(f"{API}/locations/{made['id']}", headers={"If-Match": '"9"'})
    gone = await client.delete(f"{API}/locations/{made['id']}")
    read = (await client.get(f"{API}/memories/{memory['id']}")).json()
    assert (stale.status_code, gone.status_code) == (412, 204)
    assert (read["location"], read["lat"], await finds(client, "cabin")) == (None, 41.9, set())


async def test_what_cannot_be_merged_is_named(client: httpx.AsyncClient) -> None:
    home = await add(client, "Home")
    path = f"{API}/locations/{home['id']}/merge"
    answers = [await client.post(path, json={"locations": [other]}) for other in (home["id"], str(uuid4()))]
    assert {(each.status_code, each.json()["errors"][0]["pointer"]) for each in answers} == {(422, "#/locations/0")}


async def test_creating_twice_with_one_key_makes_one_location(client: httpx.AsyncClient) -> None:
    answers = [
        await client.post(f"{API}/locations", json={"name": "Home"}, headers={"Idempotency-Key": "one"})
        for _ in range(2)
    ]
    assert (answers[0].json(), len(await listed(client))) == (answers[1].json(), 1)


async def test_an_unknown_location_is_not_there(client: httpx.AsyncClient) -> None:
    path = f"{API}/locations/{uuid4()}"
    answers = [await client.get(path), await client.patch(path, json={}), await client.delete(path)]
    assert {each.json()["type"] for each in answers} == {"/problems/location-not-found"}
