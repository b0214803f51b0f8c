"""Bytes that are deleted while the same bytes are added: what is acknowledged has its file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from timeline_local.exceptions import Unavailable
from timeline_local.models import MediaFile
from timeline_local.runtime import Runtime
from timeline_local.services.ingest import Surroundings
from timeline_local.services.maintenance import sweep_blobs
from timeline_local.services.originals import forget_originals
from timeline_local.services.trash import purge
from timeline_local.services.uploads import Upload, add_upload, examine

API = "/api/v1"
BYTES = b"what happened that day\n" * 200
ROUNDS = 15


async def stream() -> AsyncIterator[bytes]:
    yield BYTES


async def upload(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post(f"{API}/media", files={"file": ("a.txt", BYTES)})


async def trashed(client: httpx.AsyncClient) -> str:
    """The id of a memory of these bytes, in the trash."""
    id_ = str((await upload(client)).json()["memory"]["id"])
    assert (await client.delete(f"{API}/memories/{id_}")).is_success
    return id_


async def without_file(runtime: Runtime) -> list[str]:
    """The rows whose bytes are not there."""
    async with runtime.database.read() as db:
        hashes = (await db.execute(select(MediaFile.sha256))).scalars().all()
    return [sha256.hex() for sha256 in await runtime.blobs.missing(hashes)]


async def add(runtime: Runtime, sent: Upload) -> None:
    draft, found = await examine(sent, blobs=runtime.blobs, decoder=runtime.decoder, incoming=runtime.library.incoming)
    around = Surroundings(zone_of=runtime.zone_of, home_zone="UTC", now=runtime.now())
    async with runtime.database.write() as db:
        await add_upload(db, runtime.owner_pk, draft, found, blobs=runtime.blobs, with_memory=True, around=around)


async def test_an_upload_whose_bytes_were_deleted_on_its_way_is_refused_and_can_be_sent_again(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    id_ = await trashed(client)
    stored = await runtime.blobs.put_stream(stream())
    assert not stored.is_new
    assert (await client.post(f"{API}/memories/{id_}/purge")).is_success
    with pytest.raises(Unavailable):
        await add(runtime, Upload(stored=stored, file_name="a.txt"))
    assert await without_file(runtime) == []
    assert (await upload(client)).status_code == httpx.codes.CREATED
    assert await without_file(runtime) == []


async def test_bytes_that_were_added_again_before_they_were_deleted_stay(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    id_ = await trashed(client)
    async with runtime.database.write() as db:
        purged = await purge(db, runtime.owner_pk, UUID(id_), now=runtime.now())
    assert (await upload(client)).status_code == httpx.codes.CREATED
    async with runtime.database.write() as db:
        assert await forget_originals(db, runtime.blobs, purged.blobs) == []
    assert await without_file(runtime) == []


@pytest.mark.parametrize("deletes", ["purge", "sweep"])
async def test_whatever_the_order_no_row_is_without_its_file(
    client: httpx.AsyncClient, runtime: Runtime, deletes: str
) -> None:
    async def delete(id_: str) -> None:
        if deletes == "purge":
            await client.post(f"{API}/memories/{id_}/purge")
        else:
            await client.post(f"{API}/trash/empty")
            async with runtime.database.write() as db:
                await sweep_blobs(db, runtime.blobs, [sha256])

    sha256 = (await runtime.blobs.put_stream(stream())).sha256
    for number in range(ROUNDS):
        id_ = await trashed(client)

        async def late(pause: float) -> httpx.Response:
            await asyncio.sleep(pause)
            return await upload(client)

        deleting = asyncio.create_task(delete(id_))
        answers = await asyncio.gather(*(late(number * 0.001 + n * 0.002) for n in range(3)))
        await deleting
        assert {answer.status_code for answer in answers} <= {200, 201, 503}
        assert await without_file(runtime) == []
        for answer in (each for each in answers if each.is_success and each.json()["memory"] is not None):
            memory = await client.get(f"{API}/memories/{answer.json()['memory']['id']}")
            if memory.is_success:
                media = memory.json()["media"][0]["id"]
                assert (await client.get(f"{API}/media/{media}/original")).content == BYTES


async def test_deleting_for_good_deletes_the_file(client: httpx.AsyncClient, runtime: Runtime) -> None:
    id_ = await trashed(client)
    before = [path for path in runtime.library.media.rglob("*") if path.is_file()]
    await client.post(f"{API}/memories/{id_}/purge")
    after: list[Path] = [path for path in runtime.library.media.rglob("*") if path.is_file()]
    assert (len(before), after) == (1, [])
