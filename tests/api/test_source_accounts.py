"""Accounts of sources: kept with a sealed token, listed without it, forgotten; each one owner's alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update

from timeline_local.domain.ids import new_id
from timeline_local.exceptions import SourceAccountNotFound, SourceTokenBroken
from timeline_local.models import SourceAccount
from timeline_local.runtime import Runtime
from timeline_local.services import source_accounts as services

URL = "/api/v1/source-accounts"
TOKEN = "a-token-that-nobody-else-may-see"
GIVEN = {"source": "mastodon", "label": "@ana@example.org", "token": TOKEN}


@pytest.fixture
async def account(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post(URL, json=GIVEN)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    return dict(answer.json())


async def token(runtime: Runtime, account_id: str) -> str:
    async with runtime.database.write() as db:
        return await services.token_of(db, runtime.owner_pk, UUID(account_id), runtime.cipher, now=runtime.now())


async def test_an_account_is_listed_without_its_token_and_forgotten(
    client: httpx.AsyncClient, account: dict[str, Any]
) -> None:
    listed = await client.get(URL)
    assert listed.json()["items"] == [account]
    assert account.keys() == {"id", "source", "label", "created_at", "last_used_at"}
    assert (await client.delete(f"{URL}/{account['id']}")).status_code == httpx.codes.NO_CONTENT
    assert (await client.get(URL)).json()["items"] == []
    again = await client.delete(f"{URL}/{account['id']}")
    assert (again.status_code, again.json()["type"]) == (404, "/problems/source-account-not-found")


async def test_its_token_opens_for_the_source_that_uses_it_and_the_use_is_noted(
    client: httpx.AsyncClient, runtime: Runtime, account: dict[str, Any]
) -> None:
    assert account["last_used_at"] is None
    assert await token(runtime, account["id"]) == TOKEN
    assert (await client.get(URL)).json()["items"][0]["last_used_at"] is not None
    with pytest.raises(SourceAccountNotFound):
        await token(runtime, str(new_id()))


async def test_the_token_stands_nowhere_in_the_clear(
    client: httpx.AsyncClient, runtime: Runtime, account: dict[str, Any]
) -> None:
    made = (await client.post("/api/v1/exports", json={"format": "zip"})).json()
    async with asyncio.timeout(60):
        while (await client.get(f"/api/v1/exports/{made['id']}")).json()["state"] != "done":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await runtime.database.checkpoint()
    files = [path for path in runtime.library.root.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert [path.name for path in files if TOKEN.encode() in path.read_bytes()] == []
    async with runtime.database.read() as db:
        sealed = (await db.execute(select(SourceAccount.sealed_token))).scalar_one()
    assert TOKEN.encode() not in sealed


async def test_a_token_that_was_moved_to_another_account_does_not_open(
    client: httpx.AsyncClient, runtime: Runtime, account: dict[str, Any]
) -> None:
    other = (await client.post(URL, json={**GIVEN, "label": "another"})).json()
    async with runtime.database.write() as db:
        theirs = (
            await db.execute(select(SourceAccount.sealed_token).where(SourceAccount.id == UUID(other["id"])))
        ).scalar_one()
        this = update(SourceAccount).where(SourceAccount.id == UUID(account["id"]))
        await db.execute(this.values(sealed_token=theirs))
    with pytest.raises(SourceTokenBroken):
        await token(runtime, account["id"])


async def test_the_same_account_is_kept_once(client: httpx.AsyncClient, account: dict[str, Any]) -> None:
    again = await client.post(URL, json={**GIVEN, "token": "another"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/source-account-taken")
    assert (await client.post(URL, json={**GIVEN, "source": "pixelfed"})).status_code == httpx.codes.CREATED


async def test_a_hundred_accounts_are_all_there_are(client: httpx.AsyncClient) -> None:
    answers = [await client.post(URL, json={**GIVEN, "label": f"number {n}"}) for n in range(services.MOST + 1)]
    assert [answer.status_code for answer in answers] == [201] * services.MOST + [413]


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "Mastodon!"},
        {"source": ""},
        {"label": "  "},
        {"label": "a\0b"},
        {"token": ""},
        {"token": "x" * 8001},
        {"owner": "me"},
    ],
)
async def test_what_cannot_be_used_is_refused_and_the_token_is_not_repeated(
    client: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await client.post(URL, json=GIVEN | wrong)
    assert answer.status_code in {400, 422}
    assert TOKEN not in answer.text
    assert (await client.get(URL)).json()["items"] == []


async def test_adding_and_forgetting_are_in_the_audit_log(client: httpx.AsyncClient, account: dict[str, Any]) -> None:
    await client.delete(f"{URL}/{account['id']}")
    log = await client.get("/api/v1/admin/audit", params={"action": "source_account."})
    entries = log.json()["items"]
    assert [entry["action"] for entry in entries] == ["source_account.removed", "source_account.added"]
    assert {entry["object_id"] for entry in entries} == {account["id"]}
    assert TOKEN not in log.text
    assert GIVEN["label"] not in log.text


async def test_a_use_later_than_the_first_is_noted_too(runtime: Runtime, account: dict[str, Any]) -> None:
    later = runtime.now() + timedelta(days=1)
    async with runtime.database.write() as db:
        await services.token_of(db, runtime.owner_pk, UUID(account["id"]), runtime.cipher, now=later)
        used = (await db.execute(select(SourceAccount.last_used_at))).scalar_one()
    assert used == later
