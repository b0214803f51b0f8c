"""Many clients of one server for minutes: `python -m bench.mixed --minutes 5 --clients 64 [--database-url URL]`.

Counts what must not happen: answers that are our failure, "database is locked" in the log, acknowledged edits that are
gone. Exit status 1 if anything of it did. The server is a real one, in a library of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from PIL import Image

from bench.servers import START_S, start
from timeline_local.core.local_client import LocalClient, NoServer

API = "/api/v1"
SHARED = 8  # memories that all clients count up together
WORDS = ("sea", "bread", "Lisbon", "train", "rain", "Anna", "birthday", "window", "north", "letter")
OUR_FAILURE = 500
CHANGED_ELSEWHERE = 412


@dataclass(slots=True)
class Tally:
    """What happened. acknowledged: edits the server said it kept, by memory."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)


class Client:
    """One of the many: does one thing after another, chosen by its own dice."""

    def __init__(self, http: httpx.AsyncClient, tally: Tally, shared: list[str], seed: int) -> None:
        self._http = http
        self._tally = tally
        self._shared = shared
        self._dice = random.Random(seed)
        self._own: list[str] = []
        self._works: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (30, self._count_up),
            (15, self._write),
            (10, self._edit),
            (20, self._read),
            (10, self._search),
            (5, self._tag_many),
            (5, self._upload),
            (5, self._trash),
        ]

    async def run(self, until: float) -> None:
        weights = [weight for weight, _ in self._works]
        while time.monotonic() < until:
            ((_, work),) = self._dice.choices(self._works, weights)
            try:
                await work()
            except httpx.HTTPError as error:
                self._tally.broken[type(error).__name__] += 1

    async def _ask(self, name: str, method: str, path: str, **more: object) -> httpx.Response:
        began = time.perf_counter()
        answer = await self._http.request(method, API + path, **more)  # type: ignore[arg-type]
        self._tally.seconds[name].append(time.perf_counter() - began)
        self._tally.statuses[name, answer.status_code] += 1
        return answer

    async def _count_up(self) -> None:
        id_ = self._dice.choice(self._shared)
        while True:
            found = await self._ask("get", "GET", f"/memories/{id_}")
            if not found.is_success:
                return
            body = {"body": str(int(found.json()["body"]) + 1)}
            kept = await self._ask(
                "count up", "PATCH", f"/memories/{id_}", json=body, headers={"If-Match": found.headers["etag"]}
            )
            if kept.status_code != CHANGED_ELSEWHERE:
                self._tally.acknowledged[id_] += kept.is_success
                return

    async def _write(self) -> None:
        body = {"title": " ".join(self._dice.sample(WORDS, 3)), "tags": [self._dice.choice(WORDS)]}
        made = await self._ask("write", "POST", "/memories", json=body)
        if made.is_success:
            self._own.append(made.json()["id"])

    async def _edit(self) -> None:
        if self._own:
            body = {"title": self._dice.choice(WORDS), "rating": self._dice.randint(1, 5), "people": ["Anna"]}
            await self._ask("edit", "PATCH", f"/memories/{self._dice.choice(self._own)}", json=body)

    async def _read(self) -> None:
        path = self._dice.choice(
            ("/bootstrap", "/timeline/skeleton", "/timeline/buckets", "/memories", "/tags", "/jobs")
        )
        await self._ask("read", "GET", path)

    async def _search(self) -> None:
        await self._ask("search", "GET", "/memories", params={"q": self._dice.choice(WORDS), "limit": 50})

    async def _tag_many(self) -> None:
        body = {"ids": self._own[-20:], "action": "tag", "tags": [self._dice.choice(WORDS)]}
        await self._ask("tag many", "POST", "/memories/batch", json=body)

    async def _upload(self) -> None:
        colour = tuple(self._dice.randrange(256) for _ in range(3))
        buffer = io.BytesIO()
        Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
        await self._ask("upload", "POST", "/media", files={"file": ("a.jpg", buffer.getvalue())})

    async def _trash(self) -> None:
        if self._own:
            id_ = self._own.pop(self._dice.randrange(len(self._own)))
            await self._ask("trash", "DELETE", f"/memories/{id_}")


async def run(base_url: str, key: str, *, clients: int, minutes: float, seed: int) -> tuple[Tally, int]:
    """(what happened, acknowledged edits that are gone)"""
    tally = Tally()
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, limits=limits, timeout=60) as http:
        made = [await http.post(f"{API}/memories", json={"title": f"shared {n}", "body": "0"}) for n in range(SHARED)]
        shared = [str(answer.json()["id"]) for answer in made]
        until = time.monotonic() + minutes * 60
        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(Client(http, tally, shared, seed * 1000 + number).run(until))
        ends = {id_: int((await http.get(f"{API}/memories/{id_}")).json()["body"]) for id_ in shared}
    return tally, sum(tally.acknowledged[id_] - end for id_, end in ends.items())


def report(tally: Tally, *, minutes: float) -> None:
    """The table: for each kind of request how many, how fast, and every status but success."""
    total = sum(tally.statuses.values())
    print(f"{total} requests, {total / (minutes * 60):.0f}/s")
    print(f"{'':10} {'count':>8} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8}  other answers")
    for name, seconds in sorted(tally.seconds.items()):
        cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
        p50, p95, p99 = (cuts[at] * 1000 for at in (49, 94, 98))
        others = {
            status: count for (of, status), count in sorted(tally.statuses.items()) if of == name and status >= 300
        }
        print(f"{name:10} {len(seconds):8} {p50:8.1f} {p95:8.1f} {p99:8.1f}  {others or ''}")


def owner_of(data: Path) -> LocalClient:
    """A signed-in client, once the server has written down where it is."""
    until = time.monotonic() + START_S
    while True:
        try:
            return LocalClient.connect(data)
        except NoServer:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def main() -> int:
    """Run it; 0 if nothing happened that must not."""
    parser = argparse.ArgumentParser(prog="python -m bench.mixed")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database-url", help="a PostgreSQL to use instead of SQLite; an empty database")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="timeline-mixed-") as folder:
        data, log_path = Path(folder) / "library", Path(folder) / "server.log"
        data.mkdir(mode=0o700)
        if given.database_url:
            (data / "timeline.env").write_text(f"TIMELINE_DATABASE__URL={given.database_url}\n")
        arguments = ["-m", "timeline_local", "serve", "--data", str(data), "--no-browser", "--port", "{port}"]
        with log_path.open("wb") as log, start(arguments, f"{API}/health", log=log) as served:
            with owner_of(data) as owner:
                key = owner.post(f"{API}/api-keys", {"name": "mixed load"})["key"]
            load = run(
                f"http://127.0.0.1:{served.port}", key, clients=given.clients, minutes=given.minutes, seed=given.seed
            )
            tally, lost = asyncio.run(load)
            wal = data / "timeline.db-wal"
            wal_mb = wal.stat().st_size / 1e6 if wal.exists() else 0.0
        written = log_path.read_bytes() + b"".join(path.read_bytes() for path in (data / "logs").glob("*"))
    report(tally, minutes=given.minutes)
    failed = sum(count for (_, status), count in tally.statuses.items() if status >= OUR_FAILURE)
    locked = written.count(b"is locked")
    edits, broken = tally.acknowledged.total(), dict(tally.broken)
    print(
        f"5xx {failed}, locked {locked}, lost {lost} of {edits} edits, broken connections {broken}, WAL {wal_mb:.1f} MB"
    )
    return int(bool(failed or locked or lost or broken))


if __name__ == "__main__":
    sys.exit(main())
