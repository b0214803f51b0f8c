"""What a request costs more while its Redis is killed, frozen, flushed, full or answers late.

Asked in turns with a server that has none, so that whatever else the machine does hits both alike.
"""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench import servers
from bench.measures import Result
from bench.mixed import owner_of
from bench.wire import Wire
from tests.redis_server import PROGRAM, PrivateRedis, private_redis
from timeline_local.core.limits import Rate
from timeline_local.core.local_client import LocalClient

API = "/api/v1"
LATE_S = 2.0
ASKED, PAUSE_S = 400, 0.005
SLOW_MS, ONCE_MS, THEN_MS = 50, 300, 1
OK = 200
LIMIT, TRIED = Rate(2_000, 4_000).at_most(20), 400  # of a key that asks too often meanwhile


class Proxy:
    """Between a server and its Redis: what comes back can be made late."""

    def __init__(self, port: int) -> None:
        self.late_s = 0.0
        self._behind = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(("127.0.0.1", self._behind), timeout=5) as far:
            far.settimeout(None)
            back = threading.Thread(target=self._pass, args=(far, near, True), daemon=True)
            back.start()
            self._pass(near, far, False)

    def _pass(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:  # noqa: FBT001
        with suppress(OSError):
            while part := source.recv(65536):
                if is_answer:
                    time.sleep(self.late_s)
                sink.sendall(part)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Asked:
    """A served library. request: for a note whose rendered text is cached; limited: a key that asks too often."""

    served: servers.Served
    owner: LocalClient
    wire: Wire
    request: bytes
    limited: Wire

    def time_ms(self, statuses: Counter[int]) -> float:
        """One round trip."""
        began = time.perf_counter()
        self.wire.send(self.request)
        statuses[self.wire.receive().status] += 1
        return (time.perf_counter() - began) * 1000

    def let_through(self, count: int) -> int:
        """How many of so many requests of the limited key."""
        request = self.limited.request("GET", f"{API}/tags")
        self.limited.connect()  # it was idle
        passed = 0
        for _ in range(count):
            self.limited.send(request)
            passed += self.limited.receive().status == OK
        return passed


@contextmanager
def _served(folder: Path, settings: str = "") -> Iterator[Asked]:
    data = folder / "library"
    data.mkdir(mode=0o700, parents=True)
    (data / "timeline.env").write_text(settings)
    with (
        (folder / "server.log").open("wb") as log,
        servers.start(servers.application(data), f"{API}/health", log=log) as served,
        owner_of(data) as owner,
    ):
        own = owner.post(f"{API}/api-keys", {"name": "bench"})["key"]
        slow = owner.post(f"{API}/api-keys", {"name": "limited", "requests_per_s": int(LIMIT.per_s)})["key"]
        note = owner.post(f"{API}/memories", {"title": "a", "body": "*words* " * 200})["id"]
        with _wire(served, own) as wire, _wire(served, slow) as limited:
            yield Asked(served, owner, wire, wire.request("GET", f"{API}/memories/{note}"), limited)


def _wire(served: servers.Served, key: str) -> Wire:
    return Wire(served.port, {"Authorization": f"Bearer {key}"})


FAULTS: dict[str, Callable[[PrivateRedis, Proxy], object]] = {
    "killed": lambda redis, _: redis.kill(),
    "frozen": lambda redis, _: redis.freeze(),
    "flushed": lambda redis, _: redis.ask("FLUSHALL"),
    "full": lambda redis, _: redis.ask("CONFIG", "SET", "maxmemory", "1"),
    "late": lambda _, proxy: setattr(proxy, "late_s", LATE_S),
}


def redis_results(folder: Path) -> Iterator[Result]:
    """Four lines for each fault; none where there is no redis-server."""
    if PROGRAM is None:
        return
    with _served(folder / "without") as without:
        for fault, happen in FAULTS.items():
            (folder / fault / "redis").mkdir(parents=True)
            with private_redis(folder / fault / "redis") as redis, closing(Proxy(redis.port)) as proxy:
                settings = f"TIMELINE_CACHE__URL=redis://127.0.0.1:{proxy.port}/0\n"
                with _served(folder / fault, settings) as ours:
                    _in_turns(without, ours)
                    happen(redis, proxy)
                    yield from _lines(f"Redis {fault}", _in_turns(without, ours))
                    ours.owner.get(f"{API}/settings")  # the session is known as before
                    yield _limit(f"Redis {fault}", ours)
                    redis.thaw()


@dataclass(slots=True)
class Turns:
    """What both were asked in turns. busy_ms: of processor, for each request; that of others is not in it."""

    statuses: Counter[int] = field(default_factory=Counter)
    floor_ms: list[float] = field(default_factory=list)
    ours_ms: list[float] = field(default_factory=list)
    busy_ms: tuple[float, float] = (0.0, 0.0)


def _in_turns(floor: Asked, ours: Asked) -> Turns:
    turns, before = Turns(), [side.served.busy_ms() for side in (floor, ours)]
    for _ in range(ASKED):
        turns.floor_ms.append(floor.time_ms(Counter()))
        turns.ours_ms.append(ours.time_ms(turns.statuses))
        time.sleep(PAUSE_S)
    after = [side.served.busy_ms() for side in (floor, ours)]
    turns.busy_ms = ((after[0] - before[0]) / ASKED, (after[1] - before[1]) / ASKED)
    return turns


def _lines(name: str, turns: Turns) -> Iterator[Result]:
    usual, longest, longest_without = statistics.median(turns.floor_ms), max(turns.ours_ms), max(turns.floor_ms)
    failed = sum(count for status, count in turns.statuses.items() if status != OK)
    waited, without = (sum(each > usual + SLOW_MS for each in taken) for taken in (turns.ours_ms, turns.floor_ms))
    told = f"{longest:.0f} for {longest_without:.0f}; {waited} for {without} waited over {SLOW_MS} ms more than usual"
    yield Result(f"{name}: failed of {ASKED}", "", None, failed, 0, is_absolute=True)
    more_ms = longest - longest_without
    yield Result(f"{name}: longest wait more", "ms", None, more_ms, ONCE_MS, is_absolute=True, note=told)
    busy, more = turns.busy_ms, statistics.median(turns.ours_ms) - usual
    note = f"of processor: {busy[1]:.2f} for {busy[0]:.2f}; median of the wall {more:+.2f} to {usual:.2f}"
    yield Result(f"{name}: work more", "ms", None, busy[1] - busy[0], THEN_MS, is_absolute=True, note=note)


def _limit(name: str, ours: Asked) -> Result:
    began = time.monotonic()
    passed = ours.let_through(TRIED)
    most = LIMIT.burst + LIMIT.per_s * (time.monotonic() - began) + 1
    note = f"burst {LIMIT.burst}, {LIMIT.per_s}/s"
    return Result(f"{name}: let through of {TRIED}", "", None, passed, int(most), is_absolute=True, note=note)
