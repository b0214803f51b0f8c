"""Tags over HTTP: renamed, joined and deleted on every memory that carries them, and for good."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

API = "/api/v1"


@pytest.fixture
async def tagged(client: httpx.AsyncClient) -> dict[str, str]:
    """Three memories; the ids of their tags by name."""
    for number, tags in enumerate((["italy", "sea"], ["italy"], ["rome"])):
        made = await client.post(f"{API}/memories", json={"title": f"day {number}", "tags": tags})
        assert made.status_code == httpx.codes.CREATED
    return {tag["name"]: tag["id"] for tag in (await client.get(f"{API}/tags")).json()["items"]}


async def counts(client: httpx.AsyncClient) -> dict[str, int]:
    return {tag["name"]: tag["memories"] for tag in (await client.get(f"{API}/tags")).json()["items"]}


async def found(client: httpx.AsyncClient, q: str) -> list[str]:
    items = (await client.get(f"{API}/memories", params={"q": q})).json()["items"]
    return sorted(item["title"] for item in items)


async def patched(client: httpx.AsyncClient, tag_id: str, body: object, **headers: str) -> httpx.Response:
    return await client.patch(f"{API}/tags/{tag_id}", json=body, headers=headers)


async def test_a_renamed_tag_is_on_its_memories_and_found_by_its_new_name(
    client: httpx.AsyncClient, tagged: dict[str, str]
) -> None:
    before = (await client.get(f"{API}/tags/{tagged['italy']}")).json()
    answer = await patched(client, tagged["italy"], {"name": "Italia"})
    assert (answer.status_code, answer.json()["name"], answer.json()["memories"]) == (200, "Italia", 2)
    assert answer.headers["etag"] == f'"{before["version"] + 1}"'
    assert await counts(client) == {"Italia": 2, "rome": 1, "sea": 1}
    assert await found(client, "tag:italia") == await found(client, "italia") == ["day 0", "day 1"]
    assert await found(client, "italy") == []


async def test_a_name_that_is_taken_joins_only_when_asked(client: httpx.AsyncClient, tagged: dict[str, str]) -> None:
    refused = await patched(client, tagged["italy"], {"name": "SEA"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/tag-name-taken")
    assert await counts(client) == {"italy": 2, "rome": 1, "sea": 1}
    joined = await patched(client, tagged["italy"], {"name": "sea", "join": True})
    assert (joined.json()["id"], joined.json()["memories"]) == (tagged["sea"], 2)
    assert await counts(client) == {"rome": 1, "sea": 2}
    assert await found(client, "tag:sea") == ["day 0", "day 1"]
    assert (await client.get(f"{API}/tags/{tagged['italy']}")).status_code == httpx.codes.NOT_FOUND


async def test_another_spelling_of_its_own_name_is_a_rename(client: httpx.AsyncClient, tagged: dict[str, str]) -> None:
    assert (await patched(client, tagged["rome"], {"name": "Rome"})).json()["name"] == "Rome"
    assert await counts(client) == {"Rome": 1, "italy": 2, "sea": 1}


async def test_a_deleted_tag_leaves_its_memories(client: httpx.AsyncClient, tagged: dict[str, str]) -> None:
    assert (await client.delete(f"{API}/tags/{tagged['italy']}")).status_code == httpx.codes.NO_CONTENT
    assert await counts(client) == {"rome": 1, "sea": 1}
    assert await found(client, "italy") == []
    assert await found(client, "") == ["day 0", "day 1", "day 2"]
    again = await client.delete(f"{API}/tags/{tagged['italy']}")
    assert (again.status_code, again.json()["type"]) == (404, "/problems/tag-not-found")


async def test_a_change_made_elsewhere_is_not_overwritten(client: httpx.AsyncClient, tagged: dict[str, str]) -> None:
    tag = f"{API}/tags/{tagged['italy']}"
    old = (await client.get(tag)).headers["etag"]
    assert (await patched(client, tagged["italy"], {"name": "Italia"}, **{"If-Match": old})).status_code == 200
    late = await patched(client, tagged["italy"], {"name": "Italien"}, **{"If-Match": old})
    assert (late.status_code, late.json()["type"]) == (412, "/problems/version-conflict")
    assert (await client.delete(tag, headers={"If-Match": old})).status_code == httpx.codes.PRECONDITION_FAILED
    assert await counts(client) == {"Italia": 2, "rome": 1, "sea": 1}


@pytest.mark.parametrize("name", ["", "#", "  ", "x" * 101])
async def test_a_name_that_is_none_is_refused(client: httpx.AsyncClient, tagged: dict[str, str], name: str) -> None:
    assert (await patched(client, tagged["italy"], {"name": name})).status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert await counts(client) == {"italy": 2, "rome": 1, "sea": 1}


async def test_the_versions_of_its_memories_grow(client: httpx.AsyncClient, tagged: dict[str, str]) -> None:
    async def versions() -> dict[str, Any]:
        items = (await client.get(f"{API}/memories")).json()["items"]
        return {item["title"]: item["version"] for item in items}

    before = await versions()
    await patched(client, tagged["italy"], {"name": "Italia"})
    after = await versions()
    assert {title: after[title] - before[title] for title in after} == {"day 0": 1, "day 1": 1, "day 2": 0}


async def test_no_import_puts_back_what_was_renamed_or_deleted(client: httpx.AsyncClient, tmp_path: Path) -> None:
    note = tmp_path / "notes" / "2020-01-01.md"
    note.parent.mkdir()
    for text in ("# A day\nwords #italy #rain", "# A day\nother words #italy #rain"):
        note.write_text(text)
        made = (await client.post(f"{API}/imports", json={"path": str(note.parent)})).json()
        await reach(client, made["id"], "planned")
        await client.post(f"{API}/imports/{made['id']}/start")
        await reach(client, made["id"], "done")
        if "other" not in text:
            ids = {tag["name"]: tag["id"] for tag in (await client.get(f"{API}/tags")).json()["items"]}
            await patched(client, ids["italy"], {"name": "Italia"})
            await client.delete(f"{API}/tags/{ids['rain']}")
    (memory,) = (await client.get(f"{API}/memories")).json()["items"]
    assert (memory["tags"], "other" in memory["body"]) == (["Italia"], True)


async def reach(client: httpx.AsyncClient, import_id: str, state: str) -> None:
    async with asyncio.timeout(60):
        while (await client.get(f"{API}/imports/{import_id}")).json()["state"] != state:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
