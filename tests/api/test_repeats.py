"""The same request with the same `Idempotency-Key`: done once, whatever it makes, and never a secret twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

API = "/api/v1"
KEY = {"Idempotency-Key": "once"}
SECRETIVE = [
    ("api-keys", {"name": "script", "scopes": ["memories:read"]}, {"name": "another"}),
    ("admin/invitations", {"role": "viewer"}, {"role": "member"}),
    ("admin/invitations", {"email": "cleo@example.org"}, {"email": "ben@example.org"}),
]


@pytest.mark.parametrize(("path", "body", "other"), SECRETIVE)
async def test_a_secret_is_made_once_and_shown_once(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], other: dict[str, Any]
) -> None:
    before = len((await client.get(f"{API}/{path}")).json()["items"])
    made = (await client.post(f"{API}/{path}", json=body, headers=KEY)).json()
    again = await client.post(f"{API}/{path}", json=body, headers=KEY)
    assert (again.status_code, again.json()["type"], again.json()["id"]) == (409, "/problems/made-already", made["id"])
    assert made.get("key", made.get("token")) not in again.text
    different = await client.post(f"{API}/{path}", json=other, headers=KEY)
    assert (different.status_code, different.json()["type"]) == (409, "/problems/idempotency-conflict")
    assert len((await client.get(f"{API}/{path}")).json()["items"]) == before + 1
    assert (await client.delete(f"{API}/{path}/{made['id']}")).status_code == httpx.codes.NO_CONTENT


async def test_of_requests_at_once_one_makes_a_key(client: httpx.AsyncClient) -> None:
    before = len((await client.get(f"{API}/api-keys")).json()["items"])
    asked = [client.post(f"{API}/api-keys", json={"name": "script"}, headers=KEY) for _ in range(6)]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert len((await client.get(f"{API}/api-keys")).json()["items"]) == before + 1


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        (
            "source-accounts",
            {"source": "mastodon", "label": "@ana", "token": "a secret of theirs"},
            {"label": "@ben"},
        ),
        (
            "admin/users",
            {"email": "ben@example.org", "name": "Ben", "password": "four quiet words apart"},
            {"email": "cleo@example.org"},
        ),
    ],
)
async def test_what_comes_with_a_secret_is_there_once(
    client: httpx.AsyncClient, path: str, body: dict[str, str], other: dict[str, str]
) -> None:
    first, again = [await client.post(f"{API}/{path}", json=body, headers=KEY) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    different = await client.post(f"{API}/{path}", json=body | other, headers=KEY)
    assert (different.status_code, different.json()["type"]) == (409, "/problems/idempotency-conflict")


async def test_a_folder_is_watched_once(client: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    body = {"path": str(tmp_path / "pictures")}
    first, again = [await client.post(f"{API}/watched-folders", json=body, headers=KEY) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 201, first.json()["id"])


@pytest.mark.parametrize("path", ["admin/maintenance/recount", "admin/anonymised-copies"])
async def test_a_job_is_begun_once(client: httpx.AsyncClient, path: str) -> None:
    first, again = [await client.post(f"{API}/{path}", headers=KEY) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()["id"]) == (202, 202, first.json()["id"])
    other = await client.post(f"{API}/admin/maintenance/sweep", headers=KEY)
    assert other.status_code == httpx.codes.CONFLICT


async def test_a_change_in_bulk_is_made_once(client: httpx.AsyncClient) -> None:
    at = {"local_at": "2019-06-14T18:00:00", "zone": "Europe/Rome"}
    made = (await client.post(f"{API}/memories", json={"title": "Pier", **at})).json()
    shift = {"ids": [made["id"]], "action": "shift", "shift_s": 3600}
    first, again = [await client.post(f"{API}/memories/batch", json=shift, headers=KEY) for _ in range(2)]
    assert (first.json()["changed"], again.json()) == (1, first.json())
    moved = (await client.get(f"{API}/memories/{made['id']}")).json()
    assert moved["local_at"] == "2019-06-14T19:00:00"
    other = await client.post(f"{API}/memories/batch", json=shift | {"shift_s": 60}, headers=KEY)
    assert other.status_code == httpx.codes.CONFLICT
    assert (await client.post(f"{API}/undo/{again.json()['undo_token']}")).json() == {"restored": 1}
    late = await client.post(f"{API}/memories/batch", json=shift, headers=KEY)
    assert late.json() == first.json()
    assert (await client.get(f"{API}/memories/{made['id']}")).json()["local_at"] == at["local_at"]


async def test_a_rehearsal_takes_no_key(client: httpx.AsyncClient) -> None:
    made = (await client.post(f"{API}/memories", json={"title": "Pier"})).json()
    batch = {"ids": [made["id"]], "action": "favourite"}
    assert (await client.post(f"{API}/memories/batch", json=batch | {"dry_run": True}, headers=KEY)).is_success
    assert (await client.post(f"{API}/memories/batch", json=batch, headers=KEY)).json()["changed"] == 1
