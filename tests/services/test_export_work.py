"""Writing exports in batches: killed at any of them, the export is the same; what is missing is told."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from timeline_local.core.security import SCOPES, Caller
from timeline_local.domain.drafts import Sample
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import DiskFull
from timeline_local.queries.exports import ExportRow
from timeline_local.queries.jobs import JobRow
from timeline_local.runtime import Runtime
from timeline_local.services import export_files, export_packing, export_work, exports, jobs, memories, positions
from timeline_local.services.export_files import ExportWork
from timeline_local.services.export_work import write_batch
from timeline_local.services.ingest import Surroundings
from timeline_local.services.positions import Track
from timeline_local.services.uploads import Upload, add_upload, examine
from timeline_local.services.user_time import Bearings

JSON = dict[str, Any]
FILES = 5


def caller(runtime: Runtime) -> Caller:
    return Caller(user_pk=runtime.owner_pk, user_id=new_id(), role="owner", scopes=SCOPES, kind="session")


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def a_library(runtime: Runtime) -> None:
    """Some notes, and some documents that are files."""
    bearings = Bearings(now=runtime.now(), home_zone="Europe/Lisbon", zone_of=runtime.zone_of)
    around = Surroundings(zone_of=runtime.zone_of, home_zone="Europe/Lisbon", now=runtime.now())
    for number in range(FILES):
        stored = await runtime.blobs.put_stream(chunks(b"%PDF-1.4 " + bytes([number]) * 3000))
        sent = Upload(stored=stored, file_name=f"paper {number}.pdf", sidecar=None, modified_ns=None)
        draft, found = await examine(
            sent, blobs=runtime.blobs, decoder=runtime.decoder, incoming=runtime.library.incoming
        )
        async with runtime.database.write() as db:
            await add_upload(db, runtime.owner_pk, draft, found, blobs=runtime.blobs, with_memory=True, around=around)
            fields = {"title": f"Note {number}", "when": f"19{number}7", "body": "x" * 100}
            await memories.create(db, runtime.owner_pk, fields, bearings=bearings)


async def some_positions(runtime: Runtime) -> None:
    """Five of a telephone."""
    start = datetime(2024, 5, 1, 10, tzinfo=UTC)
    samples = [Sample(start + timedelta(minutes=n), 41.9, 12.5 + n / 100, 4.0) for n in range(5)]
    async with runtime.database.write() as db:
        tracks = [Track("phone", samples)]
        await positions.add(db, runtime.owner_pk, tracks, source="told", import_pk=None, now=runtime.now())


async def claimed(runtime: Runtime) -> JobRow:
    async with runtime.database.write() as db:
        job = await jobs.claim(
            db, holder="test", kinds=("export",), held=(), now=runtime.now(), lease=timedelta(minutes=5)
        )
    assert job is not None
    return job


def at_work(runtime: Runtime, job: JobRow) -> ExportWork:
    return ExportWork(
        database=runtime.database,
        blobs=runtime.blobs,
        root=runtime.library.exports,
        reserve_bytes=0,
        keep=timedelta(days=7),
        now=runtime.now,
        job=job,
    )


async def asked(runtime: Runtime, **options: Any) -> tuple[ExportRow, ExportWork]:  # noqa: ANN401 - passed on
    async with runtime.database.write() as db:
        now = runtime.now()
        made = await exports.ask(db, caller(runtime), today=now.date(), now=now, **options)
    return made, at_work(runtime, await claimed(runtime))


async def write_all(work: ExportWork) -> None:
    while not (await write_batch(work)).is_last:
        pass


async def found(runtime: Runtime, made: ExportRow) -> ExportRow:
    async with runtime.database.read() as db:
        return await exports.get(db, runtime.owner_pk, made.id)


def killed(runtime: Runtime, made: ExportRow, work: ExportWork) -> ExportWork:
    """What a new process finds: the checkpoint, and files with something behind what it counts."""
    folder = export_files.work_folder(runtime.library.exports, made)
    for name in ("lines", "positions", "files", "packed", "directory", "sums"):
        if (folder / name).exists():
            with (folder / name).open("ab") as file:
                file.write(os.urandom(500))
    return at_work(runtime, replace(work.job, checkpoint=json.loads(json.dumps(work.state))))


def contents(path: Path, format_: str) -> object:
    if format_ not in export_files.PACKING:
        return path.read_bytes()
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist() if not name.startswith("README")}


@pytest.mark.parametrize("format_", ["ndjson", "csv", "zip", "markdown"])
async def test_a_killed_export_is_the_one_that_was_not_killed(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    monkeypatch.setattr(export_work, "MEMORIES", 3)
    monkeypatch.setattr(export_packing, "ORIGINALS", 2)
    await a_library(runtime)
    whole: list[object] = []
    for kills in (False, True):
        made, work = await asked(runtime, format=format_)
        while not (await write_batch(work)).is_last:
            work = killed(runtime, made, work) if kills else work
        done = await found(runtime, made)
        path = exports.finished_path(runtime.library, done)
        assert hashlib.sha256(path.read_bytes()).digest() == done.sha256
        assert done.counts["memories"] == 2 * FILES
        whole.append(contents(path, format_))
    if format_ == "zip":
        for each in whole:
            assert isinstance(each, dict)
            each.pop("manifest.ndjson")  # names the README, which tells when it was made
    assert whole[0] == whole[1]


async def test_an_account_takes_its_positions_along_however_often_it_is_killed(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_work, "POSITIONS", 2)
    await some_positions(runtime)
    made, work = await asked(runtime, format="zip", account=True)
    while not (await write_batch(work)).is_last:
        work = killed(runtime, made, work)
    done = await found(runtime, made)
    packed: Any = contents(export_files.final_path(runtime.library.exports, done), "zip")
    lines = [json.loads(line) for line in packed["positions.ndjson"].splitlines()]
    (device,) = [json.loads(line) for line in packed["devices.ndjson"].splitlines()]
    assert [each["lon"] for each in lines] == [12.5, 12.51, 12.52, 12.53, 12.54]
    assert lines[0] == {
        "device": device["id"], "at": "2024-05-01T10:00:00Z", "lat": 41.9, "lon": 12.5, "accuracy_m": 4.0
    }  # fmt: skip
    assert done.counts["positions"] == 5


async def test_a_missing_and_a_damaged_original_are_told(runtime: Runtime) -> None:
    await a_library(runtime)
    lost, hurt = sorted(path for path in runtime.library.media.rglob("*") if path.is_file())[:2]
    lost.unlink()
    hurt.write_bytes(b"z" * hurt.stat().st_size)
    made, work = await asked(runtime, format="zip")
    await write_all(work)
    done = await found(runtime, made)
    assert (done.counts["originals"], done.counts["missing"], done.counts["damaged"]) == (FILES - 1, 1, 1)
    with zipfile.ZipFile(exports.finished_path(runtime.library, done)) as packed:
        sums = [json.loads(each) for each in packed.read("manifest.ndjson").splitlines()]
        assert b"1 originals could not be read" in packed.read("README.txt")
    assert [each["sha256"] for each in sums if each.get("missing")] == [lost.name]
    assert [each["expected_sha256"] for each in sums if each.get("damaged")] == [hurt.name]


async def test_a_full_disk_leaves_nothing_behind(runtime: Runtime) -> None:
    await a_library(runtime)
    _, work = await asked(runtime, format="zip")
    work.reserve_bytes = 2**62
    with pytest.raises(DiskFull):
        await write_all(work)
    assert list(runtime.library.exports.iterdir()) == []
    assert work.state is None


async def test_a_deleted_export_ends_at_once(runtime: Runtime) -> None:
    await a_library(runtime)
    made, work = await asked(runtime, format="ndjson")
    await write_batch(work)
    async with runtime.database.write() as db:
        await exports.discard(db, caller(runtime), made.id, now=runtime.now())
    exports.remove_files(runtime.library, made)
    assert (await write_batch(work)).is_last
    assert list(runtime.library.exports.iterdir()) == []


async def test_what_is_over_is_forgotten_and_what_is_lost_swept(runtime: Runtime) -> None:
    made, work = await asked(runtime, format="ndjson")
    await write_all(work)
    stray = runtime.library.exports / f"{new_id()}.part"
    stray.mkdir()
    assert await exports.sweep(runtime.database, runtime.library) == 1
    assert exports.finished_path(runtime.library, await found(runtime, made)).exists()
    async with runtime.database.write() as db:
        assert await exports.forget_old(db, runtime.owner_pk, now=runtime.now() + timedelta(days=6)) == []
        (gone,) = await exports.forget_old(db, runtime.owner_pk, now=runtime.now() + timedelta(days=8))
    exports.remove_files(runtime.library, gone)
    assert (gone.id, list(runtime.library.exports.iterdir())) == (made.id, [])


async def test_what_changes_meanwhile_comes_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_work, "MEMORIES", 2)
    await a_library(runtime)
    made, work = await asked(runtime, format="ndjson", query="note")
    await write_batch(work)
    bearings = Bearings(now=runtime.now(), home_zone="Europe/Lisbon", zone_of=runtime.zone_of)
    async with runtime.database.write() as db:
        await memories.create(db, runtime.owner_pk, {"title": "Note too late", "when": "1900"}, bearings=bearings)
    await write_all(work)
    done = await found(runtime, made)
    lines = [json.loads(each) for each in exports.finished_path(runtime.library, done).read_bytes().splitlines()]
    assert [each["title"] for each in lines] == [f"Note {number}" for number in range(FILES)]
