"""Deleting media files over HTTP: never what is shown, never at once, never for another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.api.test_media import picture, upload
from timeline_local.runtime import Runtime
from timeline_local.services import trash

JSON = dict[str, Any]
MEDIA = "/api/v1/media"


async def kept(client: httpx.AsyncClient, colour: str = "teal") -> str:
    """The id of a file that no memory shows."""
    answer = await client.post(f"{MEDIA}?memory=false", files={"file": ("a.jpg", picture(colour=colour))})
    return str(answer.json()["media"]["id"])


async def listed(client: httpx.AsyncClient, **query: Any) -> list[str]:  # noqa: ANN401 - query parameters
    return [each["id"] for each in (await client.get(MEDIA, params=query)).json()["items"]]


async def trashed_since(client: httpx.AsyncClient, media_id: str) -> str | None:
    since: str | None = (await client.get(f"{MEDIA}/{media_id}")).json()["trashed_at"]
    return since


async def test_a_file_that_a_memory_shows_stays(client: httpx.AsyncClient) -> None:
    made = (await upload(client, "a.jpg", picture())).json()
    media_id, memory_id = made["media"]["id"], made["memory"]["id"]
    refused = await client.delete(f"{MEDIA}/{media_id}")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/media-in-use")
    assert {name: refused.json()[name] for name in ("memories", "people", "collections")} == {
        "memories": 1,
        "people": 0,
        "collections": 0,
    }
    told = (await client.get(f"{MEDIA}/{media_id}")).json()
    assert (told["memories"], told["trashed_at"]) == ([memory_id], None)
    assert (await client.get(told["original"])).content == picture()


async def test_a_file_of_a_memory_in_the_trash_goes_with_its_memory(client: httpx.AsyncClient) -> None:
    made = (await upload(client, "a.jpg", picture())).json()
    memory, media = f"/api/v1/memories/{made['memory']['id']}", f"{MEDIA}/{made['media']['id']}"
    await client.delete(memory)
    assert (await client.delete(media)).status_code == httpx.codes.CONFLICT
    assert (await client.post(f"{memory}/purge")).status_code == httpx.codes.NO_CONTENT
    assert (await client.get(media)).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("noun", ["people", "collections"])
async def test_a_cover_stays(client: httpx.AsyncClient, noun: str) -> None:
    media_id = await kept(client)
    made = (await client.post(f"/api/v1/{noun}", json={"name": "Ana"})).json()
    await client.patch(f"/api/v1/{noun}/{made['id']}", json={"cover": media_id})
    refused = await client.delete(f"{MEDIA}/{media_id}")
    assert (refused.status_code, refused.json()[noun]) == (httpx.codes.CONFLICT, 1)
    assert await listed(client, state="unused") == []


async def test_an_unused_file_waits_in_the_trash_and_comes_back_whole(client: httpx.AsyncClient) -> None:
    media_id = await kept(client)
    assert await listed(client, state="unused") == [media_id]
    assert (await client.delete(f"{MEDIA}/{media_id}")).status_code == httpx.codes.NO_CONTENT
    assert (await client.delete(f"{MEDIA}/{media_id}")).status_code == httpx.codes.NO_CONTENT
    assert [await listed(client, state=state) for state in ("unused", "trashed")] == [[], [media_id]]
    assert await listed(client) == []
    back = (await client.post(f"{MEDIA}/{media_id}/restore")).json()
    assert (back["id"], back["trashed_at"]) == (media_id, None)
    assert (await client.get(back["original"])).content == picture()
    assert await listed(client) == [media_id]


async def test_only_what_is_in_the_trash_is_deleted_for_good(client: httpx.AsyncClient, runtime: Runtime) -> None:
    media_id = await kept(client)
    media = (await client.get(f"{MEDIA}/{media_id}")).json()
    original = runtime.blobs.path(bytes.fromhex(media["sha256"]))
    refused = await client.post(f"{MEDIA}/{media_id}/purge")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-state")
    assert original.exists()
    await client.delete(f"{MEDIA}/{media_id}")
    assert original.exists()
    assert (await client.post(f"{MEDIA}/{media_id}/purge")).status_code == httpx.codes.NO_CONTENT
    assert (await client.get(f"{MEDIA}/{media_id}")).status_code == httpx.codes.NOT_FOUND
    assert not original.exists()
    entry = (await client.get("/api/v1/admin/audit")).json()["items"][0]
    assert (entry["action"], entry["object_kind"], entry["object_id"]) == ("media.purged", "media", media_id)


async def test_a_deletion_on_an_older_version_is_refused(client: httpx.AsyncClient) -> None:
    media_id = await kept(client)
    seen = (await client.get(f"{MEDIA}/{media_id}")).headers["etag"]
    await client.delete(f"{MEDIA}/{media_id}")
    await client.post(f"{MEDIA}/{media_id}/restore")
    stale = await client.delete(f"{MEDIA}/{media_id}", headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/version-conflict")
    now = (await client.get(f"{MEDIA}/{media_id}")).headers["etag"]
    assert (await client.delete(f"{MEDIA}/{media_id}", headers={"If-Match": now})).status_code == 204


async def test_emptying_the_trash_takes_its_files_along(client: httpx.AsyncClient) -> None:
    gone, stays = await kept(client), await kept(client, "red")
    await client.delete(f"{MEDIA}/{gone}")
    assert (await client.post("/api/v1/trash/empty")).json() == {"purged": 0, "files": 1}
    assert await listed(client) == [stays]
    entry = (await client.get("/api/v1/admin/audit")).json()["items"][0]
    assert (entry["action"], entry["details"]) == ("media.purged", {"files": 1})


async def test_the_daily_emptying_leaves_what_went_there_lately(client: httpx.AsyncClient, runtime: Runtime) -> None:
    media_id, now = await kept(client), runtime.now()
    await client.delete(f"{MEDIA}/{media_id}")
    async with runtime.database.write() as db:
        early = await trash.empty(db, runtime.owner_pk, now=now, before=now - timedelta(days=1))
        late = await trash.empty(db, runtime.owner_pk, now=now, before=now + timedelta(days=1))
    assert (early.files, late.files) == (0, 1)


async def _uploaded_again(client: httpx.AsyncClient, _: str) -> httpx.Response:
    return await client.post(f"{MEDIA}?memory=false", files={"file": ("b.jpg", picture())})


async def _shown(client: httpx.AsyncClient, media_id: str) -> httpx.Response:
    return await client.post("/api/v1/memories", json={"body": "With it", "media": [media_id]})


async def _attached(client: httpx.AsyncClient, media_id: str) -> httpx.Response:
    memory = (await client.post("/api/v1/memories", json={"body": "Without"})).json()
    return await client.patch(f"/api/v1/memories/{memory['id']}", json={"media": [media_id]})


async def _as_a_cover(client: httpx.AsyncClient, media_id: str) -> httpx.Response:
    return await client.post("/api/v1/collections", json={"name": "Rome", "cover": media_id})


async def _as_a_face(client: httpx.AsyncClient, media_id: str) -> httpx.Response:
    return await client.post("/api/v1/people", json={"name": "Ana", "cover": media_id})


@pytest.mark.parametrize("use", [_uploaded_again, _shown, _attached, _as_a_cover, _as_a_face])
async def test_using_a_file_takes_it_out_of_the_trash(client: httpx.AsyncClient, use: Any) -> None:  # noqa: ANN401 - a function
    media_id = await kept(client)
    await client.delete(f"{MEDIA}/{media_id}")
    assert await trashed_since(client, media_id) is not None
    assert (await use(client, media_id)).is_success
    assert await trashed_since(client, media_id) is None


async def test_files_are_paged_the_newest_first(client: httpx.AsyncClient) -> None:
    made = [await kept(client, colour) for colour in ("red", "green", "blue")]
    first = (await client.get(MEDIA, params={"limit": 2})).json()
    rest = (await client.get(MEDIA, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [each["id"] for each in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next_cursor"] is None
