"""Previews: made for what lacks them, recorded once, never mistaken for damage when the server stops."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from PIL import Image
from sqlalchemy import select, update

from timeline_local.exceptions import Unavailable
from timeline_local.models import MediaFile, Memory
from timeline_local.queries import media
from timeline_local.runtime import Runtime
from timeline_local.services.ingest import Surroundings
from timeline_local.services.previews import forget_previews, preview_batch, preview_now
from timeline_local.services.uploads import Added, Upload, add_upload, examine

NOW = datetime(2026, 6, 14, 12, tzinfo=UTC)


def picture(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(buffer, "JPEG")
    return buffer.getvalue()


async def add(runtime: Runtime, data: bytes) -> Added:
    """An uploaded file with its memory."""

    async def chunks() -> AsyncIterator[bytes]:
        yield data

    stored = await runtime.blobs.put_stream(chunks())
    draft, found = await examine(
        Upload(stored=stored, file_name="IMG_20190614_184200.jpg"),
        blobs=runtime.blobs,
        decoder=runtime.decoder,
        incoming=runtime.library.incoming,
    )
    around = Surroundings(zone_of=runtime.zone_of, home_zone="Europe/Lisbon", now=NOW)
    async with runtime.database.write() as db:
        return await add_upload(
            db, runtime.owner_pk, draft, found, blobs=runtime.blobs, with_memory=True, around=around
        )


async def states(runtime: Runtime) -> list[str]:
    async with runtime.database.read() as db:
        return list((await db.execute(select(MediaFile.preview_state).order_by(MediaFile.pk))).scalars())


async def test_a_batch_makes_what_is_missing_and_says_when_it_is_the_last(runtime: Runtime) -> None:
    for colour in ("red", "green", "blue"):
        await add(runtime, picture(colour))
    first = await preview_batch(runtime.previews, runtime.owner_pk, now=NOW, limit=2)
    last = await preview_batch(runtime.previews, runtime.owner_pk, now=NOW, limit=2)
    assert (first.made, first.is_last, last.made, last.is_last) == (2, False, 1, True)
    assert await states(runtime) == ["ready"] * 3
    assert (await preview_batch(runtime.previews, runtime.owner_pk, now=NOW)).revision is None


async def test_a_picture_being_made_and_a_purge_wait_for_each_other_in_one_direction(runtime: Runtime) -> None:
    added = await add(runtime, picture("red"))
    async with runtime.database.write() as db:
        await db.execute(select(Memory.pk).with_for_update())
        making = asyncio.create_task(preview_batch(runtime.previews, runtime.owner_pk, now=NOW))
        async with asyncio.timeout(60):
            while not runtime.previews.path(added.media.sha256, "grid").exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.01)
        await db.execute(update(MediaFile).values(file_name="purged.jpg"))
    assert (await making).made == 1


async def test_the_newest_files_come_first(runtime: Runtime) -> None:
    await add(runtime, picture("red"))
    await add(runtime, picture("green"))
    await preview_batch(runtime.previews, runtime.owner_pk, now=NOW, limit=1)
    assert await states(runtime) == ["pending", "ready"]


async def test_the_tile_takes_the_colour_of_the_picture(runtime: Runtime) -> None:
    await add(runtime, picture("red"))
    await preview_batch(runtime.previews, runtime.owner_pk, now=NOW)
    async with runtime.database.read() as db:
        tile = (await db.execute(select(Memory.tile))).scalar_one()
    assert (tile >> 16, tile & 0xFF) == (0b111_000_00, 67)


async def test_a_picture_that_cannot_be_made_says_why_and_is_not_tried_again(runtime: Runtime) -> None:
    await add(runtime, picture("red"))
    async with runtime.database.read() as db:
        sha256 = (await db.execute(select(MediaFile.sha256))).scalar_one()
    runtime.blobs.path(sha256).write_bytes(b"\xff\xd8\xff\xe0 damaged")
    batch = await preview_batch(runtime.previews, runtime.owner_pk, now=NOW)
    assert (batch.made, batch.failed) == (0, 1)
    async with runtime.database.read() as db:
        row = (await db.execute(select(MediaFile.preview_state, MediaFile.preview_reason))).one()
        assert await media.preview_backlog(db, runtime.owner_pk) == 0
    assert (row.preview_state, row.preview_reason) == ("none", "image-unreadable")


async def test_an_original_that_is_away_is_named(runtime: Runtime) -> None:
    await add(runtime, picture("red"))
    async with runtime.database.write() as db:
        await db.execute(update(MediaFile).values(storage="referenced", path="/nowhere/at/all.jpg"))
    await preview_batch(runtime.previews, runtime.owner_pk, now=NOW)
    assert await states(runtime) == ["none"]


async def test_a_server_that_stops_says_nothing_about_the_files(runtime: Runtime) -> None:
    await add(runtime, picture("red"))
    await runtime.decoder.stop()
    batch = await preview_batch(runtime.previews, runtime.owner_pk, now=NOW)
    assert (batch.is_last, await states(runtime)) == (True, ["pending"])
    async with runtime.database.read() as db:
        (row,) = await media.without_preview(db, runtime.owner_pk, limit=1)
    with pytest.raises(Unavailable):
        await preview_now(runtime.previews, runtime.owner_pk, row, now=NOW)


async def test_previews_of_what_is_gone_are_removed(runtime: Runtime) -> None:
    added = await add(runtime, picture("red"))
    await preview_batch(runtime.previews, runtime.owner_pk, now=NOW)
    folder = runtime.previews.folder(added.media.sha256)
    assert sorted(path.name for path in folder.iterdir()) == ["grid.webp", "screen.webp"]
    await forget_previews(runtime.previews, [added.media.sha256])
    await forget_previews(runtime.previews, [added.media.sha256])
    assert not folder.exists()
