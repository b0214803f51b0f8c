"""The servers under test as processes of their own: started, waited for, measured from outside, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

from bench.wire import UnexpectedAnswer, Wire
from timeline_local.config import load_settings
from timeline_local.core.database import open_database
from timeline_local.core.library import open_library
from timeline_local.core.security import SCOPES
from timeline_local.services.identity import create_api_key, ensure_owner

START_S = 60
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class DidNotStart(Exception):
    """A server ended or did not answer in time."""


@dataclass(slots=True)
class Served:
    """A running server. started_s: from its start as a process to its first answer."""

    process: subprocess.Popen[bytes]
    port: int
    started_s: float

    def cpu_s(self) -> float:
        """Seconds of processor time used so far; 0.0 where /proc does not tell."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def busy_ms(self) -> float:
        """Processor milliseconds of the threads that live, by a finer clock than `cpu_s`; 0.0 where /proc has none."""
        try:
            threads = list(Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"))
            return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6
        except OSError:
            return 0.0

    def rss_mb(self) -> float:
        """Resident memory of the process and its children in MB; 0.0 where /proc does not tell."""
        return sum(_rss_mb(pid) for pid in [self.process.pid, *_children(self.process.pid)])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(arguments: list[str], path: str, *, log: IO[bytes]) -> Served:
    """Run `python ARGUMENTS` with `{port}` filled in until it answers 200 at `path`. Raises DidNotStart."""
    port = free_port()
    command = [sys.executable, *(part.replace("{port}", str(port)) for part in arguments)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMELINE_")}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    while not _answers(port, path):
        if process.poll() is not None or time.perf_counter() - started > START_S:
            process.kill()
            raise DidNotStart(f"{' '.join(command)}: see {log.name}")
        time.sleep(0.005)
    return Served(process, port, time.perf_counter() - started)


def application(data: Path) -> list[str]:
    """The whole product over this library, as its owner would start it."""
    return ["-m", "timeline_local", "serve", "--data", str(data), "--port", "{port}", "--no-browser"]


def floor(database: Path) -> list[str]:
    return ["-m", "bench.floor", str(database), "{port}"]


def bare_application(database: Path) -> list[str]:
    return ["-m", "bench.bare", str(database), "{port}"]


def make_key(data: Path) -> str:
    """An API key of all scopes for a library that nobody serves at the moment."""
    return asyncio.run(_make_key(data))


async def _make_key(data: Path) -> str:
    settings = load_settings(data_dir=data, environment="test")
    database = open_database(settings.database, open_library(data, uses_sqlite=True).database)
    now = datetime.now(UTC)
    async with database.write() as db:
        owner_pk, _ = await ensure_owner(db, now=now)
        made = await create_api_key(db, owner_pk, name="bench", scopes=sorted(SCOPES), expires_at=None, now=now)
    await database.close()
    return made.key


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    try:
        with Wire(port) as wire:
            wire.ask(wire.request("GET", path))
    except (OSError, UnexpectedAnswer):
        return False
    return True


def _rss_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _children(pid: int) -> list[int]:
    """Those that run a program of their own: before it is loaded, a child has all the memory of its parent."""
    try:
        command = _command(pid)
        found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [child for child in found if _command(child) != command]
    except OSError:
        return []


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
