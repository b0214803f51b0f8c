"""What a library that was lived in has besides its memories: conversations, albums, positions, an import's items, jobs.

Only screens ask for these, so a generated library is furnished in its working copy.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.rows import OWNER, Binder, Values
from bench.sketches import FIRST, SOURCES, SPAN, WRITTEN, id_at
from timeline_local.config import load_settings
from timeline_local.core.database import open_database, sqlite_module
from timeline_local.domain.drafts import CollectionKind
from timeline_local.domain.kinds import Kind
from timeline_local.domain.ordering import GAP
from timeline_local.services import buckets
from timeline_local.services.jobs import NO_PROGRESS

CONVERSATIONS, ALBUMS, ALBUM_SIZE = 12, 30, 200
DEVICES, POSITIONS = 2, 100_000  # of each device
ITEMS, JOBS = 20_000, 300
IMPORT = len(SOURCES) - 1  # the newest
_VERDICTS = ("new", "new", "new", "new", "new", "new", "same", "skipped", "failed", "changed")

Ids = Callable[[], UUID]


def furnish(library: Path, seed: int) -> None:
    """Write all of it into a library that nobody serves at the moment."""
    rng = random.Random(seed)
    ids = partial(id_at, rng, WRITTEN)
    with closing(sqlite_module().connect(str(library / "timeline.db"), isolation_level=None)) as db:
        pks = [pk for (pk,) in db.execute("SELECT pk FROM memory ORDER BY pk")]
        talked = (
            "SELECT pk, local_on FROM memory WHERE kind = ? AND local_on > -2147483648 ORDER BY local_on, happened_at"
        )
        messages = db.execute(talked, (Kind.MESSAGE.code,)).fetchall()
        rows = {
            "collection": _collections(ids),
            "collection_member": _members(rng, pks, messages),
            "device": _devices(ids),
            "position": _positions(rng),
            "import_item": _items(ids, pks),
            "job": _jobs(ids),
        }
        db.execute("BEGIN")
        for table, values in rows.items():
            bind = Binder(table)
            db.executemany(bind.statement, map(bind, values))
        db.execute("COMMIT")
    asyncio.run(_recount(library))


async def _recount(library: Path) -> None:
    """What stands folded in the tiles of conversations is counted beside what there is."""
    settings = load_settings(data_dir=library, environment="test")
    database = open_database(settings.database, library / "timeline.db")
    async with database.write() as db:
        await buckets.recount(db, OWNER)
    await database.close()


def _base(ids: Ids) -> dict[str, Any]:
    return {"id": ids(), "owner_pk": OWNER, "created_at": WRITTEN, "updated_at": WRITTEN, "version": 1}


def _collections(ids: Ids) -> Iterator[Values]:
    for pk in range(1, CONVERSATIONS + ALBUMS + 1):
        kind = CollectionKind.CONVERSATION if pk <= CONVERSATIONS else CollectionKind.ALBUM
        names = {"name": f"{kind} {pk}", "folded": f"{kind} {pk}", "kind": kind, "description": ""}
        yield {**_base(ids), "pk": pk, **names}


def _members(rng: random.Random, pks: list[int], messages: list[tuple[int, int]]) -> Iterator[Values]:
    """The messages of one day are those of one conversation, so that days fold; albums hold anything."""
    for number, (pk, day) in enumerate(messages):
        yield {"collection_pk": 1 + day % CONVERSATIONS, "memory_pk": pk, "position": GAP * number, "added_at": WRITTEN}
    for album in range(CONVERSATIONS + 1, CONVERSATIONS + ALBUMS + 1):
        for number, pk in enumerate(rng.sample(pks, min(ALBUM_SIZE, len(pks)))):
            yield {"collection_pk": album, "memory_pk": pk, "position": GAP * number, "added_at": WRITTEN}


def _devices(ids: Ids) -> Iterator[Values]:
    for pk in range(1, DEVICES + 1):
        yield {**_base(ids), "pk": pk, "key": f"phone-{pk}", "name": f"Phone {pk}", "source": "gpx"}


def _positions(rng: random.Random) -> Iterator[Values]:
    """A walk around the world, evenly in all the years."""
    step = SPAN / POSITIONS
    for device_pk in range(1, DEVICES + 1):
        lat, lon = 387_000_000, -91_000_000
        for number in range(POSITIONS):
            lat, lon = _within(lat + rng.randint(-9000, 9000), 60), _within(lon + rng.randint(-9000, 9000), 170)
            at = FIRST + number * step + timedelta(seconds=device_pk)
            yield {"owner_pk": OWNER, "device_pk": device_pk, "at": at, "lat_e7": lat, "lon_e7": lon}


def _within(value_e7: int, degrees: int) -> int:
    return max(-degrees * 10_000_000, min(degrees * 10_000_000, value_e7))


def _items(ids: Ids, pks: list[int]) -> Iterator[Values]:
    for number, memory_pk in zip(range(ITEMS), pks, strict=False):
        verdict = _VERDICTS[number % len(_VERDICTS)]
        is_kept = verdict in {"new", "changed"}
        yield {
            **_base(ids),
            "pk": number + 1,
            "import_pk": IMPORT,
            "source_key": f"item-{number}",
            "path": f"2019/IMG_{number:07}.jpg",
            "kind": Kind.PHOTO.value,
            "verdict": verdict,
            "state": "done",
            "reason_slug": None if is_kept else "unsupported",
            "size_bytes": 880_703,
            "memory_pk": memory_pk if is_kept else None,
        }


def _jobs(ids: Ids) -> Iterator[Values]:
    for pk in range(1, JOBS + 1):
        ended = {"started_at": WRITTEN, "finished_at": WRITTEN, "run_after": WRITTEN, "attempts": 1}
        yield {
            **_base(ids),
            "pk": pk,
            "kind": "previews",
            "state": "done",
            "payload": {},
            "progress": NO_PROGRESS,
            **ended,
        }
