"""How long each route that a screen asks takes over HTTP: median and 95th percentile, all below one bound.

tests/unit/bench holds the list against what the web UI asks for.
"""

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
from bench.furnishing import furnish
from bench.measures import Result
from bench.servers import Served, start
from bench.sketches import lexicon_of, rare_word
from bench.wire import Wire

API = "/api/v1"
P95_MS = 100
ROUNDS = 40
_WARM_UP = 2

ROUTES = (
    *("/bootstrap", "/settings", "/settings/effective", "/api-keys", "/users/me", "/auth/methods", "/auth/sessions"),
    *("/health", "/health/ready", "/system", "/system/diagnostics", "/libraries", "/locked-notes", "/fs/list"),
    *("/admin/health", "/admin/users", "/admin/invitations", "/admin/settings", "/admin/audit", "/admin/audit/verify"),
    *("/jobs", "/jobs?state=running", "/jobs/{job}", "/exports", "/watched-folders", "/source-accounts"),
    *("/imports", "/imports/{import}", "/imports/{import}/items?limit=100", "/imports/{import}/items?verdict=failed"),
    *("/memories", "/memories?limit=500", "/memories?q=is%3Atrashed&limit=100"),
    *(f"/memories?q={{{word}}}&limit=60" for word in ("rare", "common", "with", "in")),
    *("/memories?q=kind%3Aphoto", "/memories?q=is%3Afavourite", "/memories?q={common}&order=relevance"),
    *("/memories/{memory}", "/memories/{memory}/why", "/memories/{memory}/relations", "/memories/{memory}/path"),
    *("/media", "/media/{media}", "/media?state=unused", "/media?state=trashed"),
    *(
        "/tags",
        "/people?order=memories&limit=100",
        "/people?q=b&order=memories",
        "/people?limit=500",
        "/people/{person}",
    ),
    *("/locations?order=memories&limit=200", "/locations?q=b&order=memories", "/locations/{location}"),
    *("/collections?limit=200", "/collections/{album}", "/collections/{album}/memories?limit=100"),
    *("/collections/{conversation}", "/collections/{conversation}/memories?limit=50"),
    *(f"/collections/{{conversation}}/memories?limit=50&{side}=2016-06-14" for side in ("since", "before")),
    *("/positions", "/positions?bbox=-10,38,-9,39", "/positions/devices"),
    *(
        "/search?q={common}&limit=1",
        "/search?q={common}",
        "/search?q={common}&order=relevance",
        "/search?q=zzzz+{rare}",
    ),
    *("/search/parse?q={common}+kind%3Aphoto+with%3Aanna", "/search/suggest?q=wi", "/search/suggest?q=in%3Ab"),
    *(f"/search/facets?limit=50&q={q}" for q in ("", "{common}", "kind%3Aphoto", "{tag}", "after%3A2012", "{in}")),
    *("/timeline/skeleton", "/timeline/skeleton?fold=true"),
    *(f"/timeline/skeleton?q={q}" for q in ("{common}", "kind%3Aphoto", "{tag}", "{with}")),
    *(f"/timeline/items?from={{{at}}}&to={{{at}_end}}&rev={{rev}}&fold=true" for at in ("top", "middle", "last")),
    *(f"/timeline/buckets?unit={unit}" for unit in ("year", "month", "day", "month&q={common}")),
    *("/timeline/buckets?unit=month&fold=true", "/timeline/days?from=2015-01-01&to=2019-12-31"),
    *("/on-this-day?day=06-14&year=2026", "/guides", "/guides/{guide}"),
)
"""What screens ask for, with names in braces that `Screen.names` fills in."""

AFTER_AN_EDIT = (
    *("/bootstrap", "/timeline/skeleton", "/timeline/skeleton?fold=true", "/timeline/skeleton?q={common}"),
    *(f"/search/facets?limit=50&q={q}" for q in ("", "{common}", "kind%3Aphoto", "{tag}")),
    *("/search?q={common}", "/timeline/buckets?unit=month&q={common}", "/collections/{conversation}"),
)
"""The same when what was kept in memory has become old: every change of a timeline does that to all of it."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One server over one library. seed: the library's, for words that are in it."""

    served: Served
    wire: Wire
    count: int
    seed: int

    def json(self, path: str) -> Any:  # noqa: ANN401 - whatever the route answers
        return orjson.loads(self.wire.ask(self.wire.request("GET", API + path)).body)

    def first(self, path: str) -> dict[str, Any]:
        """The first item of a list."""
        found: dict[str, Any] = self.json(path)["items"][0]
        return found

    def names(self) -> dict[str, object]:
        """Words and ids of this library, by their names in ROUTES."""
        lexicon = lexicon_of(self.seed)
        photo = self.first("/memories?q=kind%3Aphoto&limit=1")
        folded = self.count * 9 // 10  # so many tiles there are at least
        places = {"top": 0, "middle": folded // 2, "last": folded - 256}
        ids = {
            noun: self.first(path)["id"]
            for noun, path in {
                "job": "/jobs",
                "import": "/imports",
                "person": "/people",
                "location": "/locations",
            }.items()
        }
        groups = {each["kind"]: each["id"] for each in self.json("/collections?limit=200")["items"]}
        return {
            **{name: quote(str(word)) for name, word in self._words().items()},
            **ids,
            **groups,
            "guide": "google_takeout",
            "memory": photo["id"],
            "media": photo["media"][0]["id"],
            "with": quote(f'with:"{lexicon.people[0].name}"'),
            "in": quote(f'in:"{lexicon.places[0].country}"'),
            "tag": quote(f'tag:"{lexicon.tags[0]}"'),
            **places,
            **{f"{name}_end": at + 256 for name, at in places.items()},
        }

    def path(self, route: str, names: dict[str, object]) -> str:
        """A route of ROUTES as it is asked now. The work that follows a start may still change the revision."""
        return route.format(**names, rev=self.json("/bootstrap")["revision"] if "{rev}" in route else 0)

    def _words(self) -> dict[str, str]:
        lexicon = lexicon_of(self.seed)
        common = max(lexicon.words[:40], key=lexicon.pool.count)
        return {"rare": rare_word((self.count - 1) // 10 * 10), "common": common}


def latency_results(library: Path, count: int, seed: int, log: IO[bytes]) -> Iterator[Result]:
    """One line a route, slowest last."""
    key = servers.make_key(library)
    furnish(library, seed)
    with (
        start(servers.application(library), f"{API}/health", log=log) as served,
        Wire(served.port, {"Authorization": f"Bearer {key}"}) as wire,
    ):
        screen = Screen(served, wire, count, seed)
        names = screen.names()
        results = [_timed(screen, route, screen.path(route, names)) for route in ROUTES]
        change = _edit(screen)
        results += [
            _timed(screen, f"{route} after an edit", screen.path(route, names), before=change)
            for route in AFTER_AN_EDIT
        ]
    yield from sorted(results, key=lambda result: result.ours)


def _edit(screen: Screen) -> Callable[[], object]:
    """A change that makes everything kept of the timeline old."""
    memory = screen.first("/memories?limit=1")["id"]
    favourite = False

    def change() -> None:
        nonlocal favourite
        favourite = not favourite
        body = orjson.dumps({"favourite": favourite})
        headers = {"Content-Type": "application/merge-patch+json"}
        screen.wire.ask(screen.wire.request("PATCH", f"{API}/memories/{memory}", body, headers))

    return change


def _timed(screen: Screen, name: str, path: str, *, before: Callable[[], object] | None = None) -> Result:
    """The 95th percentile as the result; beside it the median, and both of processor time, which others leave be."""
    request = screen.wire.request("GET", API + path)
    spent: list[float] = []
    worked: list[float] = []
    for number in range(_WARM_UP + ROUNDS):
        if before is not None:
            before()
        busy, started = screen.served.busy_ms(), time.perf_counter()
        answer = screen.wire.ask(request)
        if number >= _WARM_UP:
            spent.append((time.perf_counter() - started) * 1000)
            worked.append(screen.served.busy_ms() - busy)
    p95, p95_cpu = (statistics.quantiles(each, n=20)[-1] for each in (spent, worked))
    note = f"p50 {statistics.median(spent):.1f} ms; processor {statistics.median(worked):.1f}, p95 {p95_cpu:.1f} ms"
    return Result(name, "ms", None, p95, P95_MS, is_absolute=True, note=f"{note}; {len(answer.body):,} bytes")
