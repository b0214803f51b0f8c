"""Pictures in the background: they stand back for an import."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from timeline_local.jobs import previews
from timeline_local.jobs.previews import PREVIEWS
from timeline_local.jobs.work import Work
from timeline_local.queries.jobs import JobRow
from timeline_local.runtime import Runtime
from timeline_local.services import imports, jobs
from timeline_local.services.ingest import Surroundings
from timeline_local.services.uploads import Upload, add_upload, examine

NOW = datetime(2026, 6, 14, 12, tzinfo=UTC)


async def add(runtime: Runtime, colour: str) -> None:
    """An uploaded picture without previews."""
    data = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(data, "JPEG")

    async def chunks() -> AsyncIterator[bytes]:
        yield data.getvalue()

    stored = await runtime.blobs.put_stream(chunks())
    sent = Upload(stored=stored, file_name="IMG_20190614_184200.jpg")
    draft, found = await examine(sent, blobs=runtime.blobs, decoder=runtime.decoder, incoming=runtime.library.incoming)
    around = Surroundings(zone_of=runtime.zone_of, home_zone="Europe/Lisbon", now=NOW)
    async with runtime.database.write() as db:
        await add_upload(db, runtime.owner_pk, draft, found, blobs=runtime.blobs, with_memory=True, around=around)


async def claim(runtime: Runtime, kind: str) -> JobRow:
    async with runtime.database.write() as db:
        job = await jobs.claim(db, holder="here", kinds=[kind], held=[], now=runtime.now(), lease=timedelta(minutes=1))
    assert job is not None
    return job


async def test_while_an_import_runs_it_rests_after_each_batch(
    opened: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "LONGEST_REST_S", 0.0)
    monkeypatch.setattr(previews, "REST", 10**6)
    (tmp_path / "export").mkdir()
    async with opened.database.write() as db:
        await jobs.ensure(db, opened.owner_pk, kind=PREVIEWS.name, now=NOW)
        await imports.create(db, opened.owner_pk, paths=[tmp_path / "export"], options={}, now=NOW)
    scan = await claim(opened, "scan")
    work = Work(opened, await claim(opened, PREVIEWS.name))
    await add(opened, "red")
    assert (await PREVIEWS.step(work)).progress.done == 1
    await add(opened, "green")
    resting = await PREVIEWS.step(work)
    assert (resting.is_last, resting.progress.done, resting.progress.total) == (False, 1, 2)
    async with opened.database.write() as db:
        await jobs.finish(db, scan, state="done", now=NOW, progress={})
    made = await PREVIEWS.step(work)
    assert (made.is_last, made.progress.done) == (True, 2)
