"""The bare server every figure is divided by: uvicorn, Starlette, raw sqlite3 and orjson over the same database file.

No authentication, no middleware, no validation; each request is one hop to one thread that holds one connection. It
answers with about the same bytes as the application: tags, people and media embedded, one statement a page.
`python -m bench.floor DATABASE PORT`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from timeline_local.core.database import sqlite_module

Db = Any
OWNER = 1
FEW = 1000
PLACED = "m.owner_pk = 1 AND m.trashed_at IS NULL AND m.archived = false"
NEWEST = "ORDER BY m.local_on DESC, m.happened_at DESC, m.id DESC"
COLUMNS = """
SELECT m.id, m.kind, m.title, m.body, m.happened_at, m.happened_until, m.local_at, m.local_on, m.utc_offset_min, m.zone,
  m.precision, m.time_basis, m.zone_basis, m.lat, m.lon, m.accuracy_m, m.altitude_m, m.favourite, m.rating, m.archived,
  m.trashed_at, m.source, m.source_key, m.created_at, m.updated_at, m.version, l.name, l.city, l.region, l.country,
  (SELECT json_group_array(t.name) FROM memory_tag mt JOIN tag t ON t.pk = mt.tag_pk WHERE mt.memory_pk = m.pk),
  (SELECT json_group_array(json_object('id', hex(p.id), 'name', p.name)) FROM memory_person mp
     JOIN identity i ON i.pk = mp.identity_pk JOIN person p ON p.pk = i.person_pk WHERE mp.memory_pk = m.pk),
  (SELECT json_group_array(json_object('id', hex(f.id), 'role', mm.role, 'position', mm.position, 'mime', f.mime,
     'width', f.width, 'height', f.height, 'duration_ms', f.duration_ms, 'size_bytes', f.size_bytes,
     'file_name', f.file_name, 'preview_state', f.preview_state, 'placeholder', hex(f.thumbhash))) FROM memory_media mm
     JOIN media_file f ON f.pk = mm.media_pk WHERE mm.memory_pk = m.pk)
FROM memory m LEFT JOIN location l ON l.pk = m.location_pk
"""
NAMES = [
    "id",
    "kind",
    "title",
    "body",
    "happened_at",
    "happened_until",
    "local_at",
    "local_on",
    "utc_offset_min",
    "zone",
    "precision",
    "time_basis",
    "zone_basis",
    "lat",
    "lon",
    "accuracy_m",
    "altitude_m",
    "favourite",
    "rating",
    "archived",
    "trashed_at",
    "source",
    "source_key",
    "created_at",
    "updated_at",
    "version",
    "place",
    "city",
    "region",
    "country",
    "tags",
    "people",
    "media",
]
JSON_FIELDS = ("tags", "people", "media")


def page(db: Db, where: str, values: tuple[Any, ...], limit: int) -> bytes:
    """A page of memories, newest first, and the cursor behind its last one."""
    return _page(db.execute(f"{COLUMNS} WHERE {PLACED} {where} {NEWEST} LIMIT {limit}", values).fetchall())


def page_of(db: Db, pks: list[int]) -> bytes:
    """The newest 50 of these memories; the plus sign keeps the timeline index out of a handful of lookups."""
    keys = ",".join(map(str, pks))
    statement = f"{COLUMNS} WHERE {PLACED.replace('m.owner_pk', '+m.owner_pk')} AND m.pk IN ({keys}) {NEWEST} LIMIT 50"
    return _page(db.execute(statement).fetchall())


def _page(rows: list[Any]) -> bytes:
    items = []
    for row in rows:
        item = dict(zip(NAMES, row, strict=True))
        item["id"] = row[0].hex()
        for name in JSON_FIELDS:
            item[name] = orjson.Fragment(item[name])
        items.append(item)
    after = [rows[-1][7], rows[-1][4], rows[-1][0].hex()] if rows else None
    return orjson.dumps({"items": items, "next_cursor": after})


def list_page(db: Db, query: dict[str, str]) -> bytes:
    """The first page, or the one behind ?day=&at=&id=."""
    if "day" not in query:
        return page(db, "", (), 50)
    place = (int(query["day"]), int(query["at"]), bytes.fromhex(query["id"]))
    return page(db, "AND (m.local_on, m.happened_at, m.id) < (?, ?, ?)", place, 50)


def search(db: Db, query: dict[str, str]) -> bytes:
    """The newest 50 hits of a word: looked up when it is rare, filtered along the timeline when it is common."""
    word = f'"{query["q"]}"*'
    hits = db.execute("SELECT rowid FROM memory_fts WHERE memory_fts MATCH ? LIMIT ?", (word, FEW + 1)).fetchall()
    if len(hits) <= FEW:
        return page_of(db, [pk for (pk,) in hits])
    return page(db, "AND +m.pk IN (SELECT rowid FROM memory_fts WHERE memory_fts MATCH ?)", (word,), 50)


def ranked(db: Db, query: dict[str, str]) -> bytes:
    """The best 50 of the newest 2,000 hits."""
    word = f'"{query["q"]}"*'
    found = "+m.pk IN (SELECT rowid FROM memory_fts WHERE memory_fts MATCH ?)"
    newest = [
        pk for (pk,) in db.execute(f"SELECT m.pk FROM memory m WHERE {PLACED} AND {found} {NEWEST} LIMIT 2000", (word,))
    ]
    keys = ",".join(map(str, newest))  # with a plus, so that the full text is walked once and not once for each key
    statement = (
        f"SELECT rowid, bm25(memory_fts, 8.0, 1.0, 3.0) FROM memory_fts WHERE memory_fts MATCH ? AND +rowid IN ({keys})"
    )
    scores = dict(db.execute(statement, (word,)).fetchall())
    best = sorted(newest, key=lambda pk: scores.get(pk, 0.0))[:50]
    return page_of(db, best)


def skeleton(db: Db, query: dict[str, str]) -> bytes:
    """Three bytes a memory, and days with counts."""
    del query
    rows = db.execute(f"SELECT m.local_on, m.tile FROM memory m WHERE {PLACED} {NEWEST}").fetchall()
    days = [(day, sum(1 for _ in run)) for day, run in groupby(row[0] for row in rows)]
    tiles = b"".join(row[1].to_bytes(3, "little") for row in rows)
    return orjson.dumps(days) + tiles[0::3] + tiles[1::3] + tiles[2::3]


def items(db: Db, query: dict[str, str]) -> bytes:
    """What 256 tiles show. The keys come with the request: a skeleton's order is not the floor's business."""
    found = db.execute(
        "SELECT m.id, m.kind, m.title, substr(m.body, 1, 280), m.local_at, m.utc_offset_min, m.zone, m.precision, "
        "m.favourite, f.id, f.thumbhash, f.duration_ms, l.name FROM memory m "
        "LEFT JOIN media_file f ON f.pk = m.cover_pk "
        f"LEFT JOIN location l ON l.pk = m.location_pk WHERE m.pk IN ({query['pks']})"
    ).fetchall()
    return orjson.dumps(list(zip(*found, strict=True)), default=bytes.hex)


def buckets(db: Db, query: dict[str, str]) -> bytes:
    """Counts per month from the maintained table."""
    del query
    statement = (
        "SELECT start, sum(count) FROM bucket_count WHERE owner_pk = 1 AND unit = 1 GROUP BY start ORDER BY start DESC"
    )
    return orjson.dumps(db.execute(statement).fetchall())


def create(db: Db, query: dict[str, str]) -> bytes:
    """One note, durable and searchable when the answer is sent; counts, tag and revision as we keep them."""
    key, at = bytes.fromhex(query["id"]), int(query["at"])
    day, body = at // 86_400_000_000, query["body"]
    db.execute("BEGIN IMMEDIATE")
    pk = db.execute(
        "INSERT INTO memory (id, owner_pk, created_at, updated_at, version, kind, title, body, happened_at, local_at, "
        "local_on, utc_offset_min, zone, precision, time_basis, favourite, archived, source, content_hash, row_hash, "
        "extra, tile) VALUES (?, 1, ?, ?, 1, 2, 'A note', ?, ?, ?, ?, 0, 'UTC', 'instant', 'user', 0, 0, 'user', ?, ?, "
        "'{}', 70)",
        (key, at, at, body, at, at, day, key * 2, key * 2),
    ).lastrowid
    db.execute("INSERT INTO memory_text VALUES (?, 'a note', ?, '')", (pk, body.lower()))
    db.execute("INSERT INTO memory_tag SELECT ?, pk FROM tag LIMIT 1", (pk,))
    count = "INSERT INTO bucket_count VALUES (1, ?, ?, 2, 1) ON CONFLICT DO UPDATE SET count = count + 1"
    db.executemany(count, [(0, day), (1, day), (2, day)])
    db.execute("UPDATE change_counter SET revision = revision + 1 WHERE owner_pk = 1")
    db.execute("COMMIT")
    return page_of(db, [pk])


def health(db: Db, query: dict[str, str]) -> bytes:
    """One statement, to see that it is up."""
    del query
    return orjson.dumps(db.execute("SELECT 1").fetchone())


ANSWERS = (list_page, search, ranked, skeleton, items, buckets, create, health)


def build(database: str) -> Starlette:
    """The application over one file; a route for each of ANSWERS, named as it is."""
    thread = ThreadPoolExecutor(1)
    db = thread.submit(_connect, database).result()

    def route(answer: Callable[[Db, dict[str, str]], bytes]) -> Route:
        async def endpoint(request: Request) -> Response:
            query = dict(request.query_params)
            body = await asyncio.get_running_loop().run_in_executor(thread, answer, db, query)
            return Response(body, media_type="application/json")

        return Route(f"/{answer.__name__}", endpoint)

    return Starlette(routes=[route(answer) for answer in ANSWERS])


def _connect(database: str) -> Db:
    db = sqlite_module().connect(database, isolation_level=None, check_same_thread=False, cached_statements=256)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -32768", "busy_timeout = 5000"):
        db.execute(f"PRAGMA {pragma}")
    return db


def main() -> None:
    """DATABASE PORT"""
    database, port = sys.argv[1:]
    uvicorn.run(build(database), host="127.0.0.1", port=int(port), access_log=False, log_level="error")


if __name__ == "__main__":
    main()
