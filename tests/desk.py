"""Whole imports in tests: a desk at which they are planned, run and undone; a source that says what a test tells."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import func, select, text

from timeline_local.backends.blobs_fs import FileBlobs
from timeline_local.config import Settings
from timeline_local.core.database import Database
from timeline_local.core.library import Library
from timeline_local.domain.draft_json import item_from_json, item_to_json
from timeline_local.domain.drafts import JSON, Contact, Draft, Samples
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition, Source
from timeline_local.importers.registry import SOURCES
from timeline_local.media.file_hand import FileHand
from timeline_local.media.worker import DecodePool
from timeline_local.queries import imports as queries
from timeline_local.queries.imports import ImportRow
from timeline_local.services import imports, jobs
from timeline_local.services.import_plan import scan_batch
from timeline_local.services.import_run import run_batch
from timeline_local.services.import_undo import undo_batch
from timeline_local.services.import_work import BatchResult, ImportWork

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MTIME = 1_714_557_600  # 2024-05-01 10:00 UTC
STEPS: dict[str, Callable[[ImportWork], Awaitable[BatchResult]]] = {
    "scan": scan_batch,
    "import": run_batch,
    "undo": undo_batch,
}


@dataclass(frozen=True, slots=True)
class ToldSource:
    """Hands over what stands in told.jsonl, a JSON value a line, as `item_to_json` writes them."""

    name: str = "told"
    title: str = "What a test tells"

    def recognise(self, folder: Folder) -> Recognition:
        is_told = (folder.root / "told.jsonl").exists()
        return Recognition(float(is_told), "It holds told.jsonl." if is_told else "There is no told.jsonl.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        del checkpoint
        options.claimed.add("told.jsonl")
        for line in folder.path("told.jsonl").read_text(encoding="utf-8").splitlines():
            yield item_from_json(json.loads(line))


def tell(folder: Path, *items: Draft | Samples | Contact) -> Path:
    """A folder from which `ToldSource` reads these items."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(item_to_json(item)) for item in items]
    (folder / "told.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


class Desk:
    """Drives imports the way the runner does, one batch at a time."""

    def __init__(self, database: Database, library: Library, settings: Settings, owner_pk: int) -> None:
        self.database, self.library, self.settings, self.owner_pk = database, library, settings, owner_pk
        self.hand = FileHand()
        self.blobs = FileBlobs(library.media, library.incoming, reserve_bytes=0, hand=self.hand)
        self.decoder = DecodePool(size=2)
        self.now = NOW
        self.sources: Sequence[Source] = SOURCES
        self.zone_of: Callable[[float, float], str | None] = lambda _lat, _lon: None

    async def begin(self, folder: Path, **options: Any) -> ImportRow:  # noqa: ANN401 - options of an import
        checked = imports.check_paths([str(folder)], self.settings)
        async with self.database.write() as db:
            return await imports.create(db, self.owner_pk, paths=checked, options=options, now=self.now)

    async def plan(self, folder: Path, **options: Any) -> ImportRow:  # noqa: ANN401 - options of an import
        row = await self.begin(folder, **options)
        await self.work("scan")
        return await self.row(row)

    async def start(self, row: ImportRow, *, free_bytes: int = 10**12) -> None:
        async with self.database.write() as db:
            await imports.start(
                db,
                self.owner_pk,
                row.id,
                options={},
                free_bytes=free_bytes,
                settings=self.settings,
                now=self.now,
            )

    async def run(self, folder: Path, **options: Any) -> ImportRow:  # noqa: ANN401 - options of an import
        row = await self.plan(folder, **options)
        await self.start(row)
        await self.work("import")
        return await self.row(row)

    async def undo(self, row: ImportRow, *, force: bool = False) -> ImportRow:
        async with self.database.write() as db:
            await imports.undo(db, self.owner_pk, row.id, force=force, now=self.now)
        await self.work("undo")
        return await self.row(row)

    async def claim(self, kind: str) -> ImportWork:
        async with self.database.write() as db:
            job = await jobs.claim(
                db, holder=os.urandom(4).hex(), kinds=[kind], held=[], now=self.now, lease=timedelta(minutes=1)
            )
        assert job is not None
        assert job.import_pk is not None
        return ImportWork(
            database=self.database,
            blobs=self.blobs,
            hand=self.hand,
            decoder=self.decoder,
            library_root=self.library.root,
            previews_root=self.library.previews,
            settings=self.settings,
            zone_of=self.zone_of,
            home_zone="Europe/Lisbon",
            now=lambda: self.now,
            owner_pk=self.owner_pk,
            import_pk=job.import_pk,
            job=job,
            sources=self.sources,
        )

    async def work(self, kind: str) -> list[BatchResult]:
        work = await self.claim(kind)
        results: list[BatchResult] = []
        while not results or not results[-1].done:
            results.append(await STEPS[kind](work))
        async with self.database.write() as db:
            await jobs.finish(db, work.job, state="done", now=self.now, progress={})
        return results

    async def kill(self) -> None:
        """As after kill -9 and a new start: running jobs go back in line; what only lived in memory is gone."""
        async with self.database.write() as db:
            await jobs.take_back_all(db, now=self.now)

    async def row(self, row: ImportRow) -> ImportRow:
        async with self.database.read() as db:
            return await queries.by_pk(db, self.owner_pk, row.pk)

    async def items(self, row: ImportRow) -> dict[str, tuple[str, str | None]]:
        async with self.database.read() as db:
            found = await queries.items_page(db, self.owner_pk, row.pk, verdict=None, after=None, limit=10_000)
        return {each.path: (each.verdict, each.reason_slug) for each in found}

    async def count(self, table: Any) -> int:  # noqa: ANN401 - a mapped class
        async with self.database.read() as db:
            return int((await db.execute(select(func.count()).select_from(table))).scalar_one())

    async def dump(self) -> dict[str, list[Any]]:
        """Everything of the owner that an undone import must leave as it was, and the files of the store."""
        tables = {
            "memory": "title, body, happened_at, local_at, local_on, source, source_key, tile, trashed_at, favourite",
            "memory_text": "title, body, other",
            "tag": "name",
            "person": "name, note, born",
            "identity": "value",
            "location": "name",
            "media_file": "sha256, storage, path, file_name",
            "bucket_count": "unit, start, kind, count",
            "provenance": "field, source, rank",
            "tombstone": "hash",
            "position": "device_pk, at, lat_e7, lon_e7",
            "source_link": "source, noun, source_key, said",
        }
        found: dict[str, list[Any]] = {}
        async with self.database.read() as db:
            for table, columns in tables.items():
                rows = await db.execute(text(f"SELECT {columns} FROM {table}"))  # noqa: S608 - the names above
                found[table] = sorted((tuple(row) for row in rows), key=repr)
        found["files"] = sorted(path.name for path in self.library.media.rglob("*") if path.is_file())
        return found


def picture(path: Path, colour: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 24), (colour * 53 % 256, colour * 97 % 256, 60)).save(
        path, "JPEG" if path.suffix != ".png" else "PNG"
    )
    os.utime(path, (MTIME, MTIME))
    return path


def note(path: Path, words: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8")
    os.utime(path, (MTIME, MTIME))
    return path
