"""Bulk import of memories, fifty to a transaction, against the same rows inserted by the driver alone."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.measures import Result
from bench.rows import OWNER, Binder, Piece, RowMaker, keys_of, made_up_file
from bench.sketches import Sketch, lexicon_of, sketches
from timeline_local.config import load_settings
from timeline_local.core.database import Database, open_database, sqlite_module
from timeline_local.services import revision
from timeline_local.services.memory_writes import insert_memories

BATCH = 50
_TURN = 500
_TURNS = 4
_TABLES = ("memory", "memory_text", "memory_tag", "memory_person", "provenance")
_COUNTED = (
    "INSERT INTO bucket_count (owner_pk, unit, start, kind, count) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (owner_pk, unit, start, kind) DO UPDATE SET count = count + excluded.count"
)
Clock = tuple[float, float]


def bulk_result(library: Path, seed: int) -> Result:
    """Memories a second, both ways in turns, into a library that already holds many."""
    return asyncio.run(_bulk(library, seed))


async def _bulk(library: Path, seed: int) -> Result:
    database = open_database(load_settings(data_dir=library).database, library / "timeline.db")
    raw, ours = [0.0, 0.0], [0.0, 0.0]
    try:
        with closing(_connect(library / "timeline.db")) as db:
            (count,) = db.execute("SELECT max(pk) FROM memory").fetchone()
            for turn in range(_TURNS):
                start = count + turn * 2 * _TURN
                first, second = (_drawn(start + _TURN * side, count, seed) for side in range(2))
                _add(raw, _insert_raw(db, first, seed))
                _add(ours, await _insert_ours(database, second))
    finally:
        await database.close()
    memories = _TURNS * _TURN
    return Result(
        f"memories imported a second, by {BATCH}",
        "/s",
        memories / raw[0],
        memories / ours[0],
        0.37,
        cpu_floor=raw[1] / memories * 1000,
        cpu_ours=ours[1] / memories * 1000,
        more_is_better=True,
        note="floor: prepared rows by executemany",
    )


def _add(total: list[float], spent: Clock) -> None:
    total[0] += spent[0]
    total[1] += spent[1]


def _drawn(start: int, count: int, seed: int) -> list[Sketch]:
    """New memories without files: storing those is measured elsewhere."""
    numbers = range(start, start + _TURN)
    return [replace(each, picture=None) for each in sketches(numbers, count=count + 2 * _TURN * _TURNS, seed=seed)]


def _insert_raw(db: Any, drawn: Sequence[Sketch], seed: int) -> Clock:  # noqa: ANN401 - a connection
    maker = RowMaker(keys_of(lexicon_of(seed)), made_up_file)
    pieces = []
    for batch in _batches(drawn):
        pieces.append(piece := Piece())
        for sketch in batch:
            maker.add(piece, sketch)
    statements = {name: Binder(name).statement for name in _TABLES}
    started = _now()
    for piece in pieces:
        db.execute("BEGIN IMMEDIATE")
        for name in _TABLES:
            db.executemany(statements[name], piece.rows[name])
        for (day, kind), many in piece.placed.items():
            db.executemany(_COUNTED, [(OWNER, unit, day - day % width, kind, many) for unit, width in _WIDTHS])
        db.execute("UPDATE change_counter SET revision = revision + 1")
        db.execute("COMMIT")
    return _since(started)


_WIDTHS = ((0, 1), (1, 30), (2, 365))  # near enough: the cost of an upsert is what matters


async def _insert_ours(database: Database, drawn: Sequence[Sketch]) -> Clock:
    started = _now()
    for batch in _batches(drawn):
        contents = [sketch.content for sketch in batch]
        async with database.write() as db:
            await insert_memories(db, OWNER, contents, import_pk=None, now=batch[0].written_at)
            await revision.bump(db, OWNER)
    return _since(started)


def _batches(drawn: Sequence[Sketch]) -> Iterator[Sequence[Sketch]]:
    for start in range(0, len(drawn), BATCH):
        yield drawn[start : start + BATCH]


def _connect(path: Path) -> Any:  # noqa: ANN401 - a connection of whichever SQLite is newest
    db: sqlite3.Connection = sqlite_module().connect(str(path), isolation_level=None)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "cache_size = -32768", "busy_timeout = 5000"):
        db.execute(f"PRAGMA {pragma}")
    return db


def _now() -> Clock:
    return time.perf_counter(), time.process_time()


def _since(started: Clock) -> Clock:
    wall, cpu = _now()
    return wall - started[0], cpu - started[1]
