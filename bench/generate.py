"""A whole library of made-up memories, equal for equal seeds, through the product's own schema.

`uv run python -m bench.generate FOLDER COUNT` writes one. Rows are inserted in bulk; indexes and the full text index
are built afterwards. tests/unit/bench compares the outcome with what `insert_memories` writes.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench.rows import OWNER, WRITTEN_PER_MEMORY, Binder, Piece, RowMaker, keys_of, made_up_file, shared_rows
from bench.sketches import WRITTEN, Sketch, chunks, id_at, lexicon_of, sketches
from timeline_local.config import load_settings
from timeline_local.core.database import open_database, sqlite_module
from timeline_local.core.library import Library, open_library
from timeline_local.core.migrations import upgrade
from timeline_local.domain.times import UNDATED_DAY, day_number, from_day_number

SEED = 20260201
_AHEAD = 4  # pieces drawn before they are written; each holds some 40 MB
_UNITS = (0, 1, 2)  # day, month, year, as in bucket_count.unit


def generate(path: Path, count: int, seed: int = SEED, *, with_pictures: bool = False, workers: int = 2) -> Library:
    """Write a library of `count` memories into a new folder. Its rows are the same for the same count and seed.

    with_pictures   also writes a small real JPEG for each photo, so that originals and previews can be fetched.
    workers         processes that draw memories; 0 draws them in this one.
    """
    with ThreadPoolExecutor(1) as pool:  # the caller may have a loop of its own
        library = pool.submit(lambda: asyncio.run(_empty(path))).result()
    database = library.database
    with closing(sqlite_module().connect(str(database), isolation_level=None)) as db, _bulk(db):
        rng = random.Random(seed)
        _write_owner(db, rng)
        for table, rows in shared_rows(lexicon_of(seed), partial(id_at, rng, WRITTEN), WRITTEN).items():
            db.executemany(Binder(table).statement, rows)
        statements = {name: Binder(name).statement for name in WRITTEN_PER_MEMORY}
        placed: Counter[tuple[int, int]] = Counter()
        media = library.media if with_pictures else None
        for piece in _pieces(count, seed, media, workers):
            for table in WRITTEN_PER_MEMORY:
                db.executemany(statements[table], piece.rows[table])
            placed.update(piece.placed)
        db.executemany(Binder("bucket_count").statement, _buckets(placed))
    return library


async def _empty(path: Path) -> Library:
    settings = load_settings(data_dir=path, environment="test")
    library = open_library(path, uses_sqlite=True)
    database = open_database(settings.database, library.database)
    await upgrade(database, library)
    await database.close()
    return library


@contextmanager
def _bulk(db: Any) -> Iterator[None]:  # noqa: ANN401 - a connection of whichever SQLite is newest
    """Without fsync, triggers and indexes while rows are written; with all of them afterwards."""
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -400000")
    kept = db.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('index', 'trigger')"
    ).fetchall()
    told = _statistics(db)
    for kind, name, _ in kept:
        db.execute(f'DROP {kind} "{name}"')
    db.execute("BEGIN")
    yield
    db.execute("INSERT INTO memory_fts(memory_fts) VALUES ('rebuild')")
    for _, _, sql in kept:
        db.execute(sql)
    if told:
        db.execute("DELETE FROM sqlite_stat1")
        db.executemany("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", told)
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = WAL")


def _statistics(db: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - see _bulk
    """What the planner was told by the schema; it goes with the indexes."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone():
        return []
    return list(db.execute("SELECT * FROM sqlite_stat1").fetchall())


def _write_owner(db: Any, rng: random.Random) -> None:  # noqa: ANN401 - see _bulk
    owner = {
        "pk": OWNER,
        "id": id_at(rng, WRITTEN),
        "created_at": WRITTEN,
        "updated_at": WRITTEN,
        "version": 1,
        "name": "",
        "email": None,
        "password_hash": None,
        "role": "owner",
        "is_active": True,
    }
    db.execute(Binder("user").statement, Binder("user")(owner))
    counter = Binder("change_counter")
    db.execute(counter.statement, counter({"owner_pk": OWNER, "revision": 1}))


def _pieces(count: int, seed: int, media: Path | None, workers: int) -> Iterator[Piece]:
    """The rows of the whole library, in order."""
    waiting = iter(chunks(count))
    if not workers:
        yield from (piece_of(numbers, count, seed, media) for numbers in waiting)
        return
    with ProcessPoolExecutor(workers) as pool:
        drawn: list[Future[Piece]] = []
        for numbers in waiting:
            drawn.append(pool.submit(piece_of, numbers, count, seed, media))
            if len(drawn) >= _AHEAD:
                yield drawn.pop(0).result()
        while drawn:
            yield drawn.pop(0).result()


def piece_of(numbers: range, count: int, seed: int, media: Path | None) -> Piece:
    """The rows of these memories. Runs in a worker process."""
    maker = RowMaker(keys_of(lexicon_of(seed)), made_up_file if media is None else partial(written_file, media))
    piece = Piece()
    for sketch in sketches(numbers, count=count, seed=seed):
        maker.add(piece, sketch)
    piece.rows, piece.placed = dict(piece.rows), dict(piece.placed)  # plain ones travel between processes
    for table in WRITTEN_PER_MEMORY:
        piece.rows.setdefault(table, [])
    return piece


def written_file(media: Path, sketch: Sketch) -> tuple[bytes, int]:
    """Write a JPEG of 64 by 48 pixels where the library looks for it; its hash and size."""
    from PIL import Image  # noqa: PLC0415 - only with real pictures

    red, green, blue = (sketch.number >> shift & 255 for shift in (0, 8, 16))
    image = Image.linear_gradient("L").resize((64, 48))
    shade = Image.merge(
        "RGB", (image, image.point(lambda value: value ^ green), image.point(lambda value: value ^ red))
    )
    shade.putpixel((0, 0), (red, green, blue))
    data = io.BytesIO()
    shade.save(data, "JPEG", quality=80, comment=sketch.id.bytes)
    digest = hashlib.sha256(data.getvalue())
    path = media / digest.hexdigest()[:2] / digest.hexdigest()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(data.getvalue())
    return digest.digest(), len(data.getvalue())


def _buckets(placed: Counter[tuple[int, int]]) -> list[tuple[int, ...]]:
    totals: Counter[tuple[int, int, int]] = Counter()
    for (day, kind), count in placed.items():
        for unit, start in zip(_UNITS, _starts(day), strict=True):
            totals[unit, start, kind] += count
    return [(OWNER, unit, start, kind, count) for (unit, start, kind), count in sorted(totals.items())]


def _starts(day: int) -> tuple[int, int, int]:
    if day == UNDATED_DAY:
        return day, day, day
    month = from_day_number(day).replace(day=1)
    return day, day_number(month), day_number(month.replace(month=1))


def main() -> None:
    """FOLDER COUNT [SEED]"""
    folder, count, *seed = sys.argv[1:]
    started = time.monotonic()
    generate(Path(folder), int(count), *map(int, seed))
    print(f"{count} memories in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
