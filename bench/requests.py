"""The operations that both servers answer over HTTP, each as one line of the table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import orjson

from bench import servers
from bench.measures import Crowd, Result, Side, asking, compared, rates
from bench.servers import Served, start
from bench.sketches import id_at, lexicon_of, rare_word
from bench.wire import Wire
from timeline_local.core.database import sqlite_module

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both servers over one library, and a connection to each. words: (a rare one, a common one)."""

    library: Path
    floor: Served
    ours: Served
    below: Wire
    above: Wire
    key: str
    words: tuple[str, str]

    def compare(
        self, name: str, below: str, above: str, *, goal: float | None, rounds: int = 5, each: int = 40
    ) -> Result:
        """One line for a GET of each side."""
        return compared(
            name,
            Side(self.floor, self.below, asking(self.below, self.below.request("GET", below))),
            Side(self.ours, self.above, asking(self.above, self.above.request("GET", above))),
            goal=goal,
            rounds=rounds,
            each=each,
        )


@contextmanager
def pair(library: Path, count: int, seed: int, log: IO[bytes]) -> Iterator[Pair]:
    """Start both servers over a library; stop them."""
    key = servers.make_key(library)
    common = max(lexicon_of(seed).words[:40], key=lexicon_of(seed).pool.count)
    words = (rare_word((count - 1) // 10 * 10), common)
    database = library / "timeline.db"
    with (
        start(servers.floor(database), "/health", log=log) as floor,
        start(servers.application(library), f"{API}/health", log=log) as ours,
        Wire(floor.port) as below,
        Wire(ours.port, {"Authorization": f"Bearer {key}"}) as above,
    ):
        yield Pair(library, floor, ours, below, above, key, words)


def http_results(pair: Pair) -> Iterator[Result]:
    """Every operation over HTTP, cheapest first."""
    yield pair.compare("liveness", "/health", f"{API}/health", goal=None)
    yield pair.compare("first page of 50", "/list_page", f"{API}/memories", goal=3, rounds=8)
    yield _deep_page(pair)
    yield pair.compare("buckets by month", "/buckets", f"{API}/timeline/buckets?unit=month", goal=4)
    yield from _skeletons(pair)
    yield _items(pair)
    rare, common = pair.words
    yield pair.compare("search, rare word", f"/search?q={rare}", f"{API}/memories?q={rare}", goal=4)
    yield pair.compare(
        "search, common word", f"/search?q={common}", f"{API}/memories?q={common}", goal=4, rounds=3, each=5
    )
    yield pair.compare(
        "search, common word, ranked",
        f"/ranked?q={common}",
        f"{API}/memories?q={common}&order=relevance",
        goal=4,
        rounds=3,
        each=5,
    )
    yield _throughput(pair)
    yield _create(pair)


def _deep_page(pair: Pair) -> Result:
    """The page behind a cursor in the middle of the years."""
    day = (datetime(2015, 6, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days
    at = pair.above.ask(pair.above.request("GET", f"{API}/memories?q=before:2015-06-01&limit=1"))
    cursor = orjson.loads(at.body)["next_cursor"]
    below = f"/list_page?day={day}&at=0&id={'00' * 16}"
    return pair.compare("page in the middle", below, f"{API}/memories?cursor={cursor}", goal=4)


def _skeletons(pair: Pair) -> Iterator[Result]:
    """Cold: the revision has grown. Warm: the client has it already."""
    path = f"{API}/timeline/skeleton"
    request = pair.above.request("GET", path)
    with closing(sqlite_module().connect(str(pair.library / "timeline.db"), isolation_level=None)) as db:

        def grow(_: int) -> None:
            db.execute("UPDATE change_counter SET revision = revision + 1")

        yield compared(
            "skeleton, timeline changed",
            Side(pair.floor, pair.below, asking(pair.below, pair.below.request("GET", "/skeleton"))),
            Side(pair.ours, pair.above, asking(pair.above, request), before=grow),
            goal=1.5,
            rounds=3,
            each=3,
        )
    known = {"If-None-Match": pair.above.ask(request).header("etag")}
    yield compared(
        "skeleton, unchanged (304)",
        Side(pair.floor, pair.below, asking(pair.below, pair.below.request("GET", "/health"))),
        Side(pair.ours, pair.above, asking(pair.above, pair.above.request("GET", path, headers=known), status=304)),
        goal=None,
        note="floor: one statement",
    )


def _items(pair: Pair) -> Result:
    """The 256 tiles of a screen, a thousand from the top."""
    with closing(sqlite_module().connect(str(pair.library / "timeline.db"))) as db:
        statement = (
            "SELECT pk FROM memory WHERE owner_pk = 1 AND trashed_at IS NULL AND archived = false "
            "ORDER BY local_on DESC, happened_at DESC, id DESC LIMIT 256 OFFSET 1000"
        )
        pks = ",".join(str(pk) for (pk,) in db.execute(statement))
    tag = pair.above.ask(pair.above.request("GET", f"{API}/timeline/skeleton")).header("etag")
    revision = tag.removeprefix('W/"').rstrip('"')
    ours = f"{API}/timeline/items?from=1000&to=1256&rev={revision}"
    return pair.compare("256 tiles", f"/items?pks={pks}", ours, goal=4, each=20)


def _throughput(pair: Pair) -> Result:
    """Pages a second over eight connections."""
    below = [Wire(pair.floor.port) for _ in range(8)]
    above = [Wire(pair.ours.port, {"Authorization": f"Bearer {pair.key}"}) for _ in range(8)]
    try:
        return rates(
            "pages of 50 a second, 8 connections",
            Crowd(pair.floor, below, below[0].request("GET", "/list_page")),
            Crowd(pair.ours, above, above[0].request("GET", f"{API}/memories")),
            goal=0.25,
        )
    finally:
        for wire in (*below, *above):
            wire.close()


def _create(pair: Pair) -> Result:
    """A note with a tag: on the disk, counted and searchable when the answer comes."""
    import random  # noqa: PLC0415 - ids of the floor's notes

    rng = random.Random(time.time_ns())
    body = "Walked to the lighthouse and back before the rain came in from the west"
    tag = orjson.loads(pair.above.ask(pair.above.request("GET", f"{API}/tags")).body)["items"][0]["name"]
    content = orjson.dumps({"kind": "note", "title": "A note", "body": body, "tags": [tag]})
    post = pair.above.request("POST", f"{API}/memories", content, {"Content-Type": "application/json"})

    def create_below(_: int) -> None:
        now = datetime.now(UTC)
        at = int(now.timestamp() * 1_000_000)
        words = body.replace(" ", "%20")
        pair.below.ask(pair.below.request("GET", f"/create?id={id_at(rng, now).hex}&at={at}&body={words}"))

    ours = Side(pair.ours, pair.above, asking(pair.above, post, status=201))
    return compared(
        "write a note, durable", Side(pair.floor, pair.below, create_below), ours, goal=3, rounds=4, each=20
    )
