"""Names of places in the language of who asks: told so, found so, written so; stored as they are."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

API = "/api/v1"
GERMAN = {"Accept-Language": "de-CH, en;q=0.5"}
FLORENCE = {"lat": 43.7711, "lon": 11.2486}
MUNICH = {"lat": 48.1374, "lon": 11.5755}


@pytest.fixture
async def walks(client: httpx.AsyncClient) -> dict[str, str]:
    """Title → id of two walks, which have their names by now."""
    items = [{"key": title, "title": title, "place": at} for title, at in (("Arno", FLORENCE), ("Isar", MUNICH))]
    sent = (await client.post(f"{API}/ingest", json={"source": "diary_bot", "items": items})).json()["items"]
    async with asyncio.timeout(40):
        for each in sent:
            url = f"{API}/memories/{each['memory_id']}"
            while (await client.get(url)).json()["location"] is None:  # noqa: ASYNC110 - asked as a client asks
                await asyncio.sleep(0.05)
    return {each["key"]: each["memory_id"] for each in sent}


async def get(client: httpx.AsyncClient, path: str, language: str = "de-CH", **params: Any) -> Any:  # noqa: ANN401 - JSON
    answer = await client.get(f"{API}{path}", params=params, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de-CH, en;q=0.5", ("Florenz", "Florenz", "Toskana", "Italien", "IT")),
        ("fr", ("Florence", "Florence", "Toscane", "Italie", "IT")),
        ("ja", ("フィレンツェ", "フィレンツェ", "トスカーナ", "イタリア", "IT")),
        ("tlh", ("Florence", "Florence", "Tuscany", "Italy", "IT")),
        ("en-GB", ("Florence", "Florence", "Tuscany", "Italy", "IT")),
    ],
)
async def test_the_place_of_a_memory_is_told_in_the_language_asked_for(
    client: httpx.AsyncClient, walks: dict[str, str], language: str, told: tuple[str, ...]
) -> None:
    levels = ("name", "city", "region", "country", "country_code")
    one = (await get(client, f"/memories/{walks['Arno']}", language))["location"]
    page = (await get(client, "/memories", language, q="arno"))["items"]
    assert tuple(one[level] for level in levels) == told
    assert page[0]["location"] == one
    place = await get(client, f"/locations/{one['id']}", language)
    assert tuple(place[level] for level in levels) == told
    assert [each["location"] for each in (await get(client, "/search", language, q="arno"))["items"]] == [told[0]]


async def test_the_same_version_is_not_unchanged_in_another_language(
    client: httpx.AsyncClient, walks: dict[str, str]
) -> None:
    url = f"{API}/memories/{walks['Arno']}"
    tag = (await client.get(url)).headers["ETag"]
    german = await client.get(url, headers={"If-None-Match": tag, **GERMAN})
    assert (german.status_code, german.json()["location"]["name"]) == (200, "Florenz")
    assert (await client.get(url, headers={"If-None-Match": tag})).status_code == 304


@pytest.mark.parametrize("q", ["in:florenz", "in:Toskana", "in:toscane", "in:イタリア", "in:italy", "in:Florence"])
async def test_a_place_is_found_by_its_name_in_any_language(
    client: httpx.AsyncClient, walks: dict[str, str], q: str
) -> None:
    assert [each["id"] for each in (await get(client, "/memories", "en", q=q))["items"]] == [walks["Arno"]]
    assert [each["id"] for each in (await get(client, "/memories", "en", q=f"-{q}"))["items"]] == [walks["Isar"]]


async def test_what_is_near_a_place_is_found_by_its_name_in_any_language(
    client: httpx.AsyncClient, walks: dict[str, str]
) -> None:
    found = await get(client, "/memories", q="near:florenz 5km")
    assert [each["id"] for each in found["items"]] == [walks["Arno"]]


async def test_facets_and_tiles_say_it_in_the_language_too(client: httpx.AsyncClient, walks: dict[str, str]) -> None:
    places = (await get(client, "/search/facets", q=""))["places"]["values"]
    assert {each["label"]: each["term"] for each in places} == {"Florenz": "in:Florence", "München": "in:Munich"}
    skeleton = (await client.get(f"{API}/timeline/skeleton")).content
    rev = int.from_bytes(skeleton[12:16], "little")
    tiles = (await client.get(f"{API}/timeline/items", params={"from": 0, "to": 2, "rev": rev}, headers=GERMAN)).json()
    assert dict(zip(tiles["title"], tiles["location"], strict=True)) == {"Arno": "Florenz", "Isar": "München"}
    assert [each["name"] for each in (await get(client, "/locations", q="florenz"))["items"]] == ["Florenz"]


@pytest.mark.parametrize(("typed", "label"), [("in:flore", "Florenz"), ("in:ital", "Italien"), ("in:mün", "München")])
async def test_what_is_typed_in_either_language_is_offered_in_the_own(
    client: httpx.AsyncClient, walks: dict[str, str], typed: str, label: str
) -> None:
    offered = (await get(client, "/search/suggest", q=typed))["items"]
    assert [(each["label"], each["insert"]) for each in offered] == [(label, f"in:{label}")]


async def test_a_place_written_as_it_is_read_is_the_same_place(
    client: httpx.AsyncClient, walks: dict[str, str]
) -> None:
    florence = (await get(client, f"/memories/{walks['Arno']}"))["location"]["id"]
    written = await client.patch(f"{API}/memories/{walks['Isar']}", json={"location": "Florenz"}, headers=GERMAN)
    assert written.json()["location"]["id"] == florence
    assert len((await get(client, "/locations"))["items"]) == 2


async def test_what_somebody_named_keeps_its_name_and_exports_say_what_is_stored(
    client: httpx.AsyncClient, walks: dict[str, str]
) -> None:
    place = (await get(client, f"/memories/{walks['Arno']}"))["location"]["id"]
    await client.patch(f"{API}/locations/{place}", json={"name": "At Nonna's"})
    told = (await get(client, f"/memories/{walks['Arno']}"))["location"]
    assert (told["name"], told["city"]) == ("At Nonna's", "Florenz")
    stream = await client.get(f"{API}/exports/stream", params={"q": "arno"}, headers=GERMAN)
    assert '"city":"Florence"' in stream.text
