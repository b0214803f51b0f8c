"""What comes with coordinates gets its names by itself, and is found by them."""

from __future__ import annotations

import asyncio

import httpx


async def test_a_place_is_named_by_itself_found_by_its_names_and_explained(client: httpx.AsyncClient) -> None:
    item = {"key": "1", "title": "A walk", "place": {"lat": 38.711, "lon": -9.137}}
    sent = await client.post("/api/v1/ingest", json={"source": "diary_bot", "items": [item]})
    url = f"/api/v1/memories/{sent.json()['items'][0]['memory_id']}"
    async with asyncio.timeout(40):
        while (told := (await client.get(url)).json())["location"] is None:  # noqa: ASYNC110 - asked as a client asks
            await asyncio.sleep(0.05)
    place = {"name": "Lisbon", "city": "Lisbon", "region": "Lisbon", "country": "Portugal", "country_code": "PT"}
    assert {name: value for name, value in told["location"].items() if name != "id"} == place
    why = (await client.get(f"{url}/why")).json()["fields"]
    assert [each["value"]["basis"] for each in why if each["field"] == "location"] == ["gazetteer"]
    for words in ("place:portugal", "in:PT", "lisbon"):
        found = (await client.get("/api/v1/memories", params={"q": words})).json()["items"]
        assert [each["id"] for each in found] == [told["id"]]
