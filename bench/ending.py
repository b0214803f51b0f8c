"""A server asked to end in the middle of its work, also after it stood still: `python -m bench.ending --rounds 200`.

Each round imports pictures, which are decoded meanwhile, keeps streams and an upload open and writes notes. At a random
moment the server is stopped for a while, as a computer that sleeps does it, for less or more than the lease of its job;
it goes on, and is told to end. It must do so by itself, with status 0, within 5 s in which it could run, and what it
acknowledged must be there at the next start. Exit status 1 if anything of it was otherwise.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from bench.mixed import owner_of
from bench.servers import Served, application, start
from timeline_local.core.local_client import LocalClient, NoServer, ServerProblem

API = "/api/v1"
GOAL_S = 5.0
LEASE_S = 1.1
HUNG_S = 60.0
PICTURES = 60
SETTINGS = f"TIMELINE_JOBS__LEASE_S={LEASE_S}\nTIMELINE_IMPORTS__BATCH=5\n"


@dataclass(slots=True)
class Tally:
    """What came of the rounds. seconds: how long each end took, without the time in which the server was stopped."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int | None, int] = field(default_factory=dict)  # None: it had to be killed
    acknowledged: int = 0
    lost: int = 0

    def ended(self, status: int | None, seconds: float) -> None:
        self.seconds.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    @property
    def is_sound(self) -> bool:
        return set(self.statuses) == {0} and max(self.seconds) <= GOAL_S and not self.lost


class Work:
    """What a server has to do in one round, each part in a thread, until it is gone."""

    def __init__(self, port: int, client: LocalClient, dice: random.Random) -> None:
        self.kept: list[str] = []
        self._port = port
        self._client = client
        self._dice = dice
        key = client.post(f"{API}/api-keys", {"name": "ending"})["key"]
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    @contextmanager
    def going_on(self, pictures: Path) -> Iterator[None]:
        parts: list[Callable[[], object]] = [self._write, self._write, self._listen, self._listen]
        parts += [lambda: self._import(pictures)]
        if self._dice.random() < 0.5:  # an upload takes all the time that requests have, and most ends have none
            parts.append(self._dice.choice((self._upload, self._fall_silent)))
        threads = [threading.Thread(target=self._until_it_is_gone, args=(part,)) for part in parts]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join()

    def _until_it_is_gone(self, part: Callable[[], object]) -> None:
        with suppress(NoServer, ServerProblem, OSError, http.client.HTTPException):
            part()

    def _write(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=HUNG_S)) as connection:
            while True:
                connection.request("POST", f"{API}/memories", json.dumps({"title": "kept"}), self._headers)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != http.client.CREATED:
                    return
                self.kept.append(json.loads(content)["id"])

    def _listen(self) -> None:
        for _ in self._client.stream_events():
            pass

    def _import(self, pictures: Path) -> None:
        made = self._client.post(f"{API}/imports", {"path": str(pictures)})["id"]
        while self._client.get(f"{API}/imports/{made}")["state"] == "scanning":
            time.sleep(0.05)
        self._client.post(f"{API}/imports/{made}/start")

    def _fall_silent(self) -> None:
        """A sender that has fallen silent: the rest of its file never comes."""
        with self._begun(size=50_000_000) as connection:
            connection.recv(1)

    def _upload(self) -> None:
        """A slow one: a little every few milliseconds."""
        with self._begun(size=50_000_000) as connection:
            while True:
                connection.sendall(b"a" * 20_000)
                time.sleep(0.02)

    def _begun(self, *, size: int) -> socket.socket:
        head = f"POST {API}/media HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Length: {size}\r\n"
        head += f"Content-Type: multipart/form-data; boundary=b\r\nAuthorization: {self._headers['Authorization']}\r\n"
        part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=HUNG_S)
        connection.sendall(f"{head}\r\n{part}".encode() + b"a" * 100_000)
        return connection


def make_pictures(folder: Path, number: int) -> Path:
    """A folder of pictures that no round before had."""
    folder.mkdir()
    buffer = io.BytesIO()
    Image.effect_noise((800, 600), 60).convert("RGB").save(buffer, "JPEG", quality=80)
    for each in range(PICTURES):
        (folder / f"{number}-{each}.jpg").write_bytes(buffer.getvalue() + f"{number} {each}".encode())
    return folder


def stand_still(process: subprocess.Popen[bytes], dice: random.Random) -> float:
    """Stop the process for a while; how long."""
    began = time.monotonic()
    process.send_signal(signal.SIGSTOP)
    time.sleep(dice.choice((dice.uniform(0.01, 0.2), dice.uniform(LEASE_S, LEASE_S + 0.6))))
    process.send_signal(signal.SIGCONT)
    return time.monotonic() - began


def ask_to_end(served: Served, client: LocalClient, dice: random.Random) -> None:
    """By a signal, or as the tray does."""
    how = dice.choice((signal.SIGTERM, signal.SIGTERM, signal.SIGINT, None))
    if how is not None:
        served.process.send_signal(how)
        return
    with suppress(NoServer):
        client.tray("quit")


def play(served: Served, client: LocalClient, pictures: Path, dice: random.Random, tally: Tally) -> list[str]:
    """One round: the ids of what was acknowledged in it."""
    work = Work(served.port, client, dice)
    with work.going_on(pictures):
        time.sleep(dice.uniform(0.2, 2.5))
        if dice.random() < 0.7:
            stand_still(served.process, dice)
            time.sleep(dice.uniform(0, 1.2))
        began, still = time.monotonic(), 0.0
        ask_to_end(served, client, dice)
        if dice.random() < 0.3:
            time.sleep(dice.uniform(0, 0.5))
            still = stand_still(served.process, dice)
        try:
            status: int | None = served.process.wait(HUNG_S)
        except subprocess.TimeoutExpired:
            status = None
            served.process.kill()
        tally.ended(status, time.monotonic() - began - still)
    return work.kept


def count_lost(client: LocalClient, kept: list[str]) -> int:
    """How many of these memories are not there."""
    lost = 0
    for each in kept:
        try:
            client.get(f"{API}/memories/{each}")
        except ServerProblem:
            lost += 1
    return lost


def last_words(data: Path) -> list[str]:
    """What the server complained of at its end."""
    lines = (data / "logs" / "timeline.log").read_text().splitlines()[-50:]
    return [line for line in lines if json.loads(line)["level"] != "INFO"]


def run(folder: Path, *, rounds: int, seed: int, database_url: str | None) -> Tally:
    tally, dice, kept = Tally(), random.Random(seed), list[str]()
    data = folder / "library"
    data.mkdir(mode=0o700)
    named = f"TIMELINE_DATABASE__URL={database_url}\n" if database_url else ""
    (data / "timeline.env").write_text(SETTINGS + named)
    with (folder / "server.log").open("wb") as log:
        for number in range(rounds + 1):
            with start(application(data), f"{API}/health", log=log) as served, owner_of(data) as client:
                tally.acknowledged += len(kept)
                tally.lost += count_lost(client, kept)
                if number < rounds:
                    pictures = make_pictures(folder / f"pictures-{number}", number)
                    kept = play(served, client, pictures, dice, tally)
                    print(f"{number:4} {tally.seconds[-1]:6.2f} s  {tally.statuses}", flush=True)
                    if tally.seconds[-1] > GOAL_S or set(tally.statuses) != {0}:
                        print(*last_words(data), sep="\n")
    return tally


def main() -> int:
    """Run it; 0 if every end was as it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench.ending")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database-url", help="a PostgreSQL to use instead of SQLite; an empty database")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="timeline-ending-") as name:
        tally = run(Path(name), rounds=given.rounds, seed=given.seed, database_url=given.database_url)
    middle, most = statistics.median(tally.seconds), max(tally.seconds)
    print(f"ends             {len(tally.seconds)}, statuses {tally.statuses} (None: hung, killed after {HUNG_S:.0f} s)")
    print(f"seconds          {middle:.2f} in the middle, {most:.2f} at most; {GOAL_S} allowed")
    print(f"acknowledged     {tally.acknowledged} notes, {tally.lost} lost")
    return int(not tally.is_sound)


if __name__ == "__main__":
    sys.exit(main())
