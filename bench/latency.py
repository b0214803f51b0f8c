"""How long each route that a screen asks takes over HTTP: median and 95th percentile, all below one bound."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import orjson

from bench import servers
from bench.measures import Result
from bench.servers import start
from bench.sketches import lexicon_of, rare_word
from bench.wire import Wire

API = "/api/v1"
P95_MS = 100
ROUNDS = 40
_WARM_UP = 2


@dataclass(frozen=True, slots=True)
class Screen:
    """One server over one library. seed: the library's, for words that are in it."""

    wire: Wire
    count: int
    seed: int

    def json(self, path: str) -> Any:  # noqa: ANN401 - whatever the route answers
        return orjson.loads(self.wire.ask(self.wire.request("GET", API + path)).body)

    def first(self, path: str) -> str:
        """The id of the first item of a list; "" if there is none."""
        items = self.json(path)["items"]
        return str(items[0]["id"]) if items else ""


def latency_results(library: Path, count: int, seed: int, log: IO[bytes]) -> Iterator[Result]:
    """One line a route, slowest last."""
    key = servers.make_key(library)
    with (
        start(servers.application(library), f"{API}/health", log=log) as server,
        Wire(server.port, {"Authorization": f"Bearer {key}"}) as wire,
    ):
        screen = Screen(wire, count, seed)
        results = [_timed(screen, path, path) for path in _paths(screen)]
        results.append(_timed(screen, "/timeline/skeleton after an edit", "/timeline/skeleton", before=_edit(screen)))
    yield from sorted(results, key=lambda result: result.ours)


def _paths(screen: Screen) -> Iterator[str]:
    rare = rare_word((screen.count - 1) // 10 * 10)
    lexicon = lexicon_of(screen.seed)
    common = max(lexicon.words[:40], key=lexicon.pool.count)
    last, middle = max(0, screen.count - 600), screen.count // 2
    yield from ("/bootstrap", "/settings", "/settings/effective", "/api-keys", "/users/me", "/auth/methods")
    yield from ("/auth/sessions", "/health", "/health/ready", "/admin/health", "/admin/users", "/admin/invitations")
    yield from ("/admin/audit", "/jobs", "/imports", "/exports", "/collections", "/locked-notes", "/fs/list")
    yield from ("/tags", "/people", "/locations", "/memories", "/memories?limit=500", "/memories?trashed=true")
    yield from (f"/memories?q={quote(word)}" for word in (rare, common, "kind:photo", "is:favourite", "in:rome"))
    yield from ("/timeline/skeleton", f"/timeline/skeleton?q={common}", "/timeline/skeleton?q=kind%3Aphoto")
    revision = screen.json("/bootstrap")["revision"]  # by now the work that follows a start is done
    yield from (f"/timeline/items?from={at}&to={at + 256}&rev={revision}" for at in (0, middle, last))
    yield from (f"/timeline/buckets?unit={unit}" for unit in ("year", "month", "day"))
    yield from ("/timeline/days?from=2015-01-01&to=2019-12-31", f"/timeline/buckets?unit=month&q={common}")
    yield from ("/timeline/buckets?unit=month&fold=true", "/on-this-day?day=06-14&year=2026")
    memory = screen.first("/memories?q=kind%3Aphoto&limit=1")
    yield from (f"/memories/{memory}", f"/memories/{memory}/why", f"/memories/{memory}/relations")
    for noun in ("people", "locations", "imports"):
        if found := screen.first(f"/{noun}"):
            yield f"/{noun}/{found}"


def _edit(screen: Screen) -> Callable[[], object]:
    """A change that makes every kept skeleton old."""
    memory = screen.first("/memories?limit=1")
    favourite = False

    def change() -> None:
        nonlocal favourite
        favourite = not favourite
        body = orjson.dumps({"favourite": favourite})
        headers = {"Content-Type": "application/merge-patch+json"}
        screen.wire.ask(screen.wire.request("PATCH", f"{API}/memories/{memory}", body, headers))

    return change


def _timed(screen: Screen, name: str, path: str, *, before: Callable[[], object] | None = None) -> Result:
    """The 95th percentile as the result, the median beside it."""
    request = screen.wire.request("GET", API + path)
    spent: list[float] = []
    for number in range(_WARM_UP + ROUNDS):
        if before is not None:
            before()
        started = time.perf_counter()
        answer = screen.wire.ask(request)
        if number >= _WARM_UP:
            spent.append((time.perf_counter() - started) * 1000)
    p95 = statistics.quantiles(spent, n=20)[-1]
    note = f"p50 {statistics.median(spent):.1f} ms, {len(answer.body):,} bytes"
    return Result(name.partition("&rev")[0], "ms", None, p95, P95_MS, is_absolute=True, note=note)
