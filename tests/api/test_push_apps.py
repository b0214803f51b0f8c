"""OwnTracks and Overland as their apps send: positions once, answers they understand, keys in ways of their own."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.api.callers import Asker, owner_of, with_key

INGEST, OWNTRACKS, OVERLAND = "/api/v1/ingest", "/api/v1/owntracks", "/api/v1/overland"
FIX = {"_type": "location", "topic": "owntracks/ana/phone", "lat": 38.711, "lon": -9.139, "tst": 1772355600, "vel": 36}
SAID = {"timestamp": "2026-03-01T09:00:00Z", "device_id": "phone", "speed": 2, "horizontal_accuracy": 5}
FEATURE = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-9.139, 38.711]}, "properties": SAID}


@pytest.fixture
def dialect() -> str:
    """One database is enough: how positions are stored in both is tested with imports and with batches."""
    return "sqlite"


async def positions(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await client.get("/api/v1/positions")).json()["items"])


# --- OwnTracks -------------------------------------------------------------------------


async def test_an_owntracks_location_becomes_a_position_once(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        answer = await client.post(OWNTRACKS, json=FIX)
        assert (answer.status_code, answer.json()) == (httpx.codes.OK, [])
    (told,) = await positions(client)
    assert (told["lat"], told["lon"], told["at"], told["speed_mps"]) == (38.711, -9.139, "2026-03-01T09:00:00Z", 10)
    (device,) = (await client.get("/api/v1/positions/devices")).json()["items"]
    assert device["name"] == "owntracks/ana/phone"


async def test_an_owntracks_waypoint_becomes_a_visit_once(client: httpx.AsyncClient) -> None:
    mark = {"_type": "waypoint", "desc": "Home", "lat": 38.7, "lon": -9.1, "tst": 1772355600, "rad": 50}
    for _ in range(2):
        assert (await client.post(OWNTRACKS, json=mark)).json() == []
    (told,) = (await client.get("/api/v1/memories")).json()["items"]
    assert (told["kind"], told["title"], told["source"]) == ("visit", "Home", "owntracks_rec")


async def test_owntracks_messages_of_other_kinds_are_taken(client: httpx.AsyncClient) -> None:
    messages = [
        {**FIX, "_type": "transition", "event": "enter"},
        {"_type": "cmd", "action": "dump"},
        {"_type": "lwt", "tst": 1},
        {"_type": "of a later version", "lat": 1, "lon": 2},
    ]
    answers = [await client.post(OWNTRACKS, json=message) for message in messages]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(httpx.codes.OK, [])] * 4
    assert len(await positions(client)) == 1


async def test_a_device_without_a_topic_is_named_by_its_headers(client: httpx.AsyncClient) -> None:
    told = {name: value for name, value in FIX.items() if name != "topic"}
    await client.post(OWNTRACKS, json=told, headers={"X-Limit-U": "ana", "X-Limit-D": "watch"})
    (device,) = (await client.get("/api/v1/positions/devices")).json()["items"]
    assert device["name"] == "owntracks/ana/watch"


async def test_an_owntracks_message_that_cannot_be_read_is_a_problem(client: httpx.AsyncClient) -> None:
    bodies = [{}, {"_type": 5}, {"_type": "encrypted", "data": "x"}, [FIX]]
    answers = [await client.post(OWNTRACKS, json=body) for body in bodies]
    told = {(answer.status_code, answer.headers["content-type"]) for answer in answers}
    assert told == {(httpx.codes.UNPROCESSABLE_ENTITY, "application/problem+json")}
    assert await positions(client) == []


@pytest.mark.parametrize("lacking", [{"lat": None}, {"lat": 0, "lon": 0}, {"tst": 1}, {"tst": None}])
async def test_an_owntracks_position_that_says_nothing_is_taken_so_that_it_does_not_come_again(
    lacking: dict[str, Any], client: httpx.AsyncClient
) -> None:
    answer = await client.post(OWNTRACKS, json={**FIX, **lacking})
    assert (answer.status_code, answer.json()) == (httpx.codes.OK, [])
    assert await positions(client) == []


# --- Overland --------------------------------------------------------------------------


async def test_an_overland_batch_becomes_positions_once(client: httpx.AsyncClient) -> None:
    later = {**FEATURE, "properties": {**SAID, "timestamp": "2026-03-01T09:01:00Z"}}
    lost = [{"type": "Feature"}, {**FEATURE, "properties": {}}, {**FEATURE, "geometry": {"type": "Point"}}]
    for _ in range(2):
        answer = await client.post(OVERLAND, json={"locations": [later, FEATURE, *lost], "current": {}})
        assert (answer.status_code, answer.json()) == (httpx.codes.OK, {"result": "ok"})
    told = await positions(client)
    assert [(each["at"], each["speed_mps"], each["accuracy_m"]) for each in told] == [
        ("2026-03-01T09:00:00Z", 2, 5),
        ("2026-03-01T09:01:00Z", 2, 5),
    ]


async def test_what_is_no_overland_batch_is_a_problem(client: httpx.AsyncClient) -> None:
    bodies: list[Any] = [{}, {"locations": 1}, {"locations": [1]}, []]
    answers = [await client.post(OVERLAND, json=body) for body in bodies]
    assert {answer.status_code for answer in answers} == {httpx.codes.UNPROCESSABLE_ENTITY}


async def test_positions_that_were_sent_become_visits_when_no_more_come(client: httpx.AsyncClient) -> None:
    await client.post(OWNTRACKS, json=FIX)
    jobs = (await client.get("/api/v1/jobs")).json()["items"]
    assert [each["state"] for each in jobs if each["kind"] == "derive_visits"] == ["waiting"]


# --- keys of the two apps --------------------------------------------------------------


def basic(password: str, name: str = "phone") -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.fixture
async def phone(client: httpx.AsyncClient) -> Asker:
    """A key that may send and nothing else."""
    app = client._transport.app  # type: ignore[attr-defined]
    return await with_key(app, await owner_of(app), ["ingest:write"])


async def test_the_apps_bring_their_key_in_ways_of_their_own(anonymous: httpx.AsyncClient, phone: Asker) -> None:
    key = phone.headers["authorization"].removeprefix("Bearer ")
    anonymous.headers.pop("authorization", None)
    sent = {"locations": [FEATURE]}
    answers = [
        await anonymous.post(OWNTRACKS, json=FIX, headers={"authorization": basic(key)}),
        await anonymous.post(OWNTRACKS, json=FIX, headers={"authorization": basic(key, "")}),
        await anonymous.post(OVERLAND, json=sent, params={"token": key}),
        await anonymous.post(OVERLAND, json=sent, headers={"authorization": f"Bearer {key}"}),
    ]
    assert [answer.status_code for answer in answers] == [httpx.codes.OK] * 4


async def test_those_ways_open_no_other_route(anonymous: httpx.AsyncClient, phone: Asker) -> None:
    key = phone.headers["authorization"].removeprefix("Bearer ")
    anonymous.headers.pop("authorization", None)
    wrong = "tl_AAAAAAAA_" + "x" * 43
    answers = [
        await anonymous.post(INGEST, json={"source": "bot"}, headers={"authorization": basic(key)}),
        await anonymous.post(INGEST, json={"source": "bot"}, params={"token": key}),
        await anonymous.post(OVERLAND, json={"locations": []}, headers={"authorization": basic(key)}),
        await anonymous.post(OWNTRACKS, json=FIX, params={"token": key}),
        await anonymous.post(OWNTRACKS, json=FIX, headers={"authorization": basic(wrong)}),
        await anonymous.post(OWNTRACKS, json=FIX, headers={"authorization": "Basic ???"}),
        await anonymous.post(OVERLAND, json={"locations": []}, params={"token": wrong}),
        await anonymous.post(OVERLAND, json={"locations": []}, params={"token": [key, key]}),
    ]
    assert [answer.status_code for answer in answers] == [httpx.codes.UNAUTHORIZED] * 8
