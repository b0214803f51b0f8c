"""What can be imported: one page for each source, the same as in the documentation."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from timeline_local.importers.registry import SOURCES
from timeline_local.schemas import guides as wire
from timeline_local.services.guides import guides

API = "/api/v1"


async def page(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    answer = await client.get(f"{API}/guides/{name}")
    assert answer.status_code == 200, answer.text
    wire.GuidePage.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


def texts(tokens: list[dict[str, Any]]) -> str:
    return "".join(token.get("s", "") + texts(token.get("c", [])) for token in tokens)


def links(tokens: list[dict[str, Any]]) -> list[str]:
    return [
        href for token in tokens for href in (*([token["href"]] if "href" in token else []), *links(token.get("c", [])))
    ]


async def test_the_list_says_what_each_of_them_is(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{API}/guides")
    wire.Guides.model_validate_json(answer.content)
    found = {each["name"]: each for each in answer.json()["items"]}
    assert found["day_one"]["title"] == "Day One"
    assert found["day_one"]["what"].startswith("the JSON export and Day One Classic")


async def test_a_row_of_several_pages_is_one_entry_for_each(client: httpx.AsyncClient) -> None:
    found = {each["name"]: each["title"] for each in (await client.get(f"{API}/guides")).json()["items"]}
    assert {name: found[name] for name in ("gpx", "fit", "tcx")} == {"gpx": "GPX", "fit": "FIT", "tcx": "TCX"}


def test_every_source_has_a_page_in_the_list() -> None:
    """Day One Classic stands on the page of Day One."""
    listed = {each.name for each in guides()}
    assert {source.name for source in SOURCES} - listed == {"day_one_classic"}


async def test_a_page_tells_how_to_get_the_export(client: httpx.AsyncClient) -> None:
    found = await page(client, "day_one")
    assert found["title"] == "Day One"
    assert texts(found["blocks"]).startswith("How to get it. In Day One, choose")
    assert any(block["t"] == "table" for block in found["blocks"])


@pytest.mark.parametrize("name", [each.name for each in guides()])
async def test_every_link_of_a_page_leads_somewhere_from_inside_the_program(
    name: str, client: httpx.AsyncClient
) -> None:
    inside = {f"/guides/{each.name}" for each in guides()}
    found = await page(client, name)
    assert found["blocks"]
    assert [href for href in links(found["blocks"]) if href not in inside and not href.startswith("https://")] == []


@pytest.mark.parametrize("name", ["README", "..", "day_one.md", "..%2Fapi"])
async def test_a_page_that_is_none_is_a_clear_problem(name: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{API}/guides/{name}")
    assert answer.status_code == 404
    assert answer.json()["type"].rpartition("/")[2] in ("guide-not-found", "not-found")
