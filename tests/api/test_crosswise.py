"""Requests that want the same rows and files at the same moment: each gets them in the same order, so both end.

On PostgreSQL two transactions that wait for each other are found after a second, and one of them is broken off.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.api.test_media import picture
from timeline_local.queries.dialect import hold_files
from timeline_local.runtime import Runtime

API = "/api/v1"
ROUNDS = 4
AT_ONCE = 40
NUMBERS = itertools.count()  # other bytes each time


@pytest.fixture
def dialect() -> str:
    """SQLite has one writer."""
    return "postgresql"


async def upload(client: httpx.AsyncClient, *, memory: bool) -> dict[str, Any]:
    """A new file, with a memory that shows it or without one."""
    sent = picture() + next(NUMBERS).to_bytes(4)
    answer = await client.post(f"{API}/media?memory={str(memory).lower()}", files={"file": ("a.jpg", sent)})
    assert answer.status_code == httpx.codes.CREATED
    made: dict[str, Any] = answer.json()
    return made


async def trashed(client: httpx.AsyncClient) -> tuple[str, str]:
    """(the address of a memory in the trash, the id of the file that only it shows)"""
    made = await upload(client, memory=True)
    memory = f"{API}/memories/{made['memory']['id']}"
    assert (await client.delete(memory)).is_success
    return memory, made["media"]["id"]


async def itself(client: httpx.AsyncClient, memory: str, _: str) -> tuple[str, str]:
    return memory, "media"


async def covered(client: httpx.AsyncClient, noun: str, media_id: str) -> str:
    made = await client.post(f"{API}/{noun}", json={"name": f"Ana {media_id}", "cover": media_id})
    assert made.status_code == httpx.codes.CREATED
    return f"{API}/{noun}/{made.json()['id']}"


async def person(client: httpx.AsyncClient, _: str, media_id: str) -> tuple[str, str]:
    return await covered(client, "people", media_id), "cover"


async def collection(client: httpx.AsyncClient, _: str, media_id: str) -> tuple[str, str]:
    return await covered(client, "collections", media_id), "cover"


async def waiting(runtime: Runtime, count: int) -> None:
    """Until so many transactions of this database wait for a lock."""
    statement = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(20), runtime.database.read() as db:
        while (await db.execute(statement)).scalar_one() < count:
            await db.commit()  # the statistics are those of the first look in a transaction
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("shown_by", [itself, person, collection])
async def test_showing_a_file_while_the_one_before_it_is_deleted_waits_and_ends(
    client: httpx.AsyncClient,
    runtime: Runtime,
    shown_by: Callable[[httpx.AsyncClient, str, str], Awaitable[tuple[str, str]]],
) -> None:
    memory, media_id = await trashed(client)
    address, field = await shown_by(client, memory, media_id)
    other = (await upload(client, memory=False))["media"]["id"]
    seen = (await client.get(address)).headers["etag"]
    change = {field: [other] if field == "media" else other}
    async with runtime.database.write() as db:
        await hold_files(db)  # what both wait for, the deletion first
        purge = asyncio.create_task(client.post(f"{memory}/purge"))
        await waiting(runtime, 1)
        edit = asyncio.create_task(client.patch(address, json=change, headers={"If-Match": seen}))
        await waiting(runtime, 2)
    purged, edited = await asyncio.gather(purge, edit)
    assert purged.status_code == httpx.codes.NO_CONTENT
    assert edited.status_code in {httpx.codes.OK, httpx.codes.NOT_FOUND}, edited.text


class Crowd:
    """Requests about the same few things, each chosen by dice; half of them say which version they have seen."""

    def __init__(self, client: httpx.AsyncClient, dice: random.Random) -> None:
        self._client = client
        self._dice = dice
        self.memories: list[str] = []
        self.media: list[str] = []
        self.covered: list[str] = []
        self.statuses: Counter[int] = Counter()

    async def gather_things(self, count: int) -> None:
        for _ in range(count):
            made = await upload(self._client, memory=True)
            self.memories.append(f"{API}/memories/{made['memory']['id']}")
            self.media.append(made["media"]["id"])
            self.media.append((await upload(self._client, memory=False))["media"]["id"])
        for noun, media_id in zip(("people", "collections"), self.media[-2:], strict=True):
            self.covered.append(await covered(self._client, noun, media_id))

    async def act(self) -> None:
        (do,) = self._dice.choices(
            [self._show, self._cover, self._trash, self._restore, self._purge, self._empty, self._drop, self._many],
            [6, 4, 4, 3, 4, 1, 3, 2],
        )
        answer = await do()
        self.statuses[answer.status_code] += 1

    async def _seen(self, address: str) -> dict[str, str]:
        found = await self._client.get(address) if self._dice.random() < 0.5 else None
        return {} if found is None or not found.is_success else {"If-Match": found.headers["etag"]}

    async def _show(self) -> httpx.Response:
        address, files = self._dice.choice(self.memories), self._dice.sample(self.media, 2)
        return await self._client.patch(address, json={"media": files}, headers=await self._seen(address))

    async def _cover(self) -> httpx.Response:
        address, file = self._dice.choice(self.covered), self._dice.choice([*self.media, None])
        return await self._client.patch(address, json={"cover": file}, headers=await self._seen(address))

    async def _trash(self) -> httpx.Response:
        address = self._dice.choice(self.memories)
        return await self._client.delete(address, headers=await self._seen(address))

    async def _restore(self) -> httpx.Response:
        return await self._client.post(f"{self._dice.choice(self.memories)}/restore")

    async def _purge(self) -> httpx.Response:
        return await self._client.post(f"{self._dice.choice(self.memories)}/purge")

    async def _empty(self) -> httpx.Response:
        return await self._client.post(f"{API}/trash/empty")

    async def _drop(self) -> httpx.Response:
        address = f"{API}/media/{self._dice.choice(self.media)}"
        await self._client.delete(address)
        return await self._client.post(f"{address}/purge")

    async def _many(self) -> httpx.Response:
        ids = [each.rpartition("/")[2] for each in self._dice.sample(self.memories, 6)]
        action = self._dice.choice(("trash", "restore", "favourite", "unfavourite"))
        return await self._client.post(f"{API}/memories/batch", json={"ids": ids, "action": action})


@pytest.mark.slow
async def test_in_a_crowd_that_shows_and_deletes_the_same_files_nobody_is_broken_off(client: httpx.AsyncClient) -> None:
    crowd = Crowd(client, random.Random(7))  # noqa: S311 - no secret
    for _ in range(ROUNDS):
        await crowd.gather_things(8)
        await asyncio.gather(*(crowd.act() for _ in range(AT_ONCE)))
    assert {status: count for status, count in crowd.statuses.items() if status >= 500} == {}
    assert crowd.statuses[httpx.codes.OK] > ROUNDS
