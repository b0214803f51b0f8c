"""What a stranger could learn or hold up by time, of a real server: `python -m bench.trust [--seconds 60]`.

How long a refusal takes for what is there and what is not; how much memory and time of others guesses at passwords
take; whether half-open and slow clients hold up anybody; what a Redis costs that is killed, frozen, flushed, full or
slow. Exit status 1 if a goal is not met. On a machine that others use, medians say more than maxima.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import table
from bench.held_connections import holding
from bench.measures import Result
from bench.mixed import owner_of
from bench.redis_faults import redis_results
from bench.servers import Served, application, start
from bench.wire import Answer, Wire
from timeline_local.domain.ids import new_id

API = "/api/v1"
PASSWORD = "four quiet words apart"  # noqa: S105 - of a library that lives for a minute
PAIRS, ROUNDS, GUESSERS = 200, 60, 16
PRIVACY_MS, OTHERS_P95_MS, GUESSING_MB, SAME_RATIO = 2, 500, 100, 1.05


@dataclass(frozen=True, slots=True)
class House:
    """A served library, its owner's key, and a way to forget how often was guessed."""

    data: Path
    served: Served
    key: str

    def wire(self, *, signed_in: bool = False) -> Wire:
        return Wire(self.served.port, {"Authorization": f"Bearer {self.key}"} if signed_in else None)

    def post(self, wire: Wire, path: str, value: Mapping[str, object], *, status: int) -> Answer:
        body = json.dumps(value).encode()
        return wire.ask(wire.request("POST", API + path, body, {"Content-Type": "application/json"}), status=status)

    def run_sql(self, statement: str) -> None:
        """Beside the server, for what no client can do."""
        with closing(sqlite3.connect(self.data / "timeline.db", timeout=30, isolation_level=None)) as db:
            db.execute(statement)

    def forget_attempts(self) -> None:
        self.run_sql("DELETE FROM login_attempt")

    def most_memory_mb(self) -> float:
        """The most the process ever took."""
        status = Path(f"/proc/{self.served.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) / 1024


@contextmanager
def house(folder: Path, settings: str = "") -> Iterator[House]:
    """A fresh library whose owner has a password."""
    data = folder / "library"
    data.mkdir(mode=0o700)
    (data / "timeline.env").write_text(settings)
    with (folder / "server.log").open("wb") as log, start(application(data), f"{API}/health", log=log) as served:
        with owner_of(data) as owner:
            key = owner.post(f"{API}/api-keys", {"name": "bench"})["key"]
            asked = {"action": "set-password", "email": "known@example.org", "password": PASSWORD}
            owner.post(f"{API}/auth/recovery", owner.proof() | asked)
        yield House(data, served, key)


def timed_ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def p95(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=20)[-1]


def existence(home: House) -> Iterator[Result]:
    """Strangers who ask for a memory that is there, and for one that is not, in turns."""
    with home.wire(signed_in=True) as owner, home.wire() as stranger:
        hit = json.loads(home.post(owner, "/memories", {"title": "here"}, status=201).body)["id"]
        asked = [stranger.request("GET", f"{API}/memories/{one}") for one in (hit, new_id())]
        taken: tuple[list[float], list[float]] = ([], [])
        for turn in range(PAIRS):
            for at in (0, 1) if turn % 2 else (1, 0):
                taken[at].append(timed_ms(lambda at=at: stranger.ask(asked[at], status=401)))  # type: ignore[misc]
    here, nowhere = map(statistics.median, taken)
    yield Result(
        "refused: is there or is not", "ms", None, abs(here - nowhere), PRIVACY_MS, is_absolute=True,
        note=f"medians of {PAIRS} pairs: {here:.2f} and {nowhere:.2f}",
    )  # fmt: skip


def guessing(home: House) -> Iterator[Result]:
    """Many wrong passwords at once, and somebody else who reads."""
    home.forget_attempts()
    with home.wire(signed_in=True) as owner, ThreadPoolExecutor(GUESSERS) as pool:
        request = owner.request("GET", f"{API}/memories")
        wrong_password(home, "warm@example.org")
        before = home.most_memory_mb()
        guesses = [pool.submit(wrong_password, home, f"{number}@example.org") for number in range(GUESSERS)]
        others: list[float] = []
        while not all(guess.done() for guess in guesses) or len(others) < GUESSERS:
            others.append(timed_ms(lambda: owner.ask(request)))
        for guess in guesses:
            guess.result()
    grown = home.most_memory_mb() - before
    note = f"{GUESSERS} wrong passwords at once"
    yield Result("guessing: memory grows", "MB", None, grown, GUESSING_MB, is_absolute=True, note=note)
    yield Result(
        "guessing: others, p95", "ms", None, p95(others), OTHERS_P95_MS, is_absolute=True,
        note=f"{len(others)} reads meanwhile",
    )  # fmt: skip


def wrong_password(home: House, email: str) -> bytes:
    """What is answered, without the id of the request."""
    with home.wire() as wire:
        given = {"email": email, "password": "wrong guess", "client": "token"}
        told = json.loads(home.post(wire, "/auth/login", given, status=401).body)
    return json.dumps({**told, "request_id": ""}).encode()


def sameness(home: House) -> Iterator[Result]:
    """Wrong passwords of four kinds of accounts, in turns; every count of attempts starts anew each time.

    Compared by the server's processor time: whoever else uses the machine makes the clock on the wall say anything.
    """
    kinds = ("known", "unknown", "disabled", "empty")
    with owner_of(home.data) as owner:
        for kind in ("disabled", "empty"):
            owner.post(f"{API}/admin/users", {"email": f"{kind}@example.org", "name": kind, "password": PASSWORD})
    home.run_sql("UPDATE user SET is_active = 0 WHERE email = 'disabled@example.org'")
    home.run_sql("UPDATE user SET password_hash = NULL WHERE email = 'empty@example.org'")
    busy: dict[str, list[float]] = {kind: [] for kind in kinds}
    wall: dict[str, list[float]] = {kind: [] for kind in kinds}
    told: set[bytes] = set()
    for turn in range(ROUNDS):
        for kind in (*kinds[turn % 4 :], *kinds[: turn % 4]):
            home.forget_attempts()
            before, began = home.served.busy_ms(), time.perf_counter()
            told.add(wrong_password(home, f"{kind}@example.org"))
            wall[kind].append((time.perf_counter() - began) * 1000)
            busy[kind].append(home.served.busy_ms() - before)
    medians = {kind: statistics.median(each) for kind, each in busy.items()}
    seen = ", ".join(f"{kind} {medians[kind]:.1f} ({statistics.median(wall[kind]):.1f})" for kind in kinds)
    yield Result(
        "refused: dearest / cheapest account", "", None, max(medians.values()) / min(medians.values()), SAME_RATIO,
        is_absolute=True, note=f"ms of processor (wall): {seen}",
    )  # fmt: skip
    yield Result("refused: different bodies", "", None, len(told), 1, is_absolute=True, note=f"{ROUNDS} of each kind")


def held_up(home: House, *, seconds: float) -> Iterator[Result]:
    """Half-open and slow clients, and somebody else who reads."""
    with home.wire(signed_in=True) as owner:
        request = owner.request("GET", f"{API}/memories")
        over = threading.Event()
        with holding(home.served.port, home.key, over) as held:
            others: list[float] = []
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                others.append(timed_ms(lambda: owner.ask(request)))
                time.sleep(0.05)
            over.set()
    note = f"{len(others)} reads in {seconds:.0f} s beside {held.count} connections"
    yield Result("held: others, p95", "ms", None, p95(others), OTHERS_P95_MS, is_absolute=True, note=note)
    yield Result(
        "held: half-open let go after", "s", None, held.longest_s, held.GOAL_S, is_absolute=True,
        note=f"{held.half_open} of them",
    )  # fmt: skip


def results(folder: Path, *, seconds: float) -> Iterator[Result]:
    """Every line, as it is known."""
    (folder / "alone").mkdir()
    with house(folder / "alone") as home:
        yield from existence(home)
        yield from guessing(home)
        yield from sameness(home)
        yield from held_up(home, seconds=seconds)
    yield from redis_results(folder)


def main() -> int:
    """Run it; 0 if every goal is met."""
    parser = argparse.ArgumentParser(prog="python -m bench.trust")
    parser.add_argument("--seconds", type=float, default=60, help="how long slow clients are held")
    given = parser.parse_args()
    print(table.head())
    missed = False
    with tempfile.TemporaryDirectory(prefix="timeline-trust-") as folder:
        for result in results(Path(folder), seconds=given.seconds):
            print(table.line(result), flush=True)
            missed |= result.is_met is False
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
