"""How long a start takes and how much memory an idle process holds, against an application with nothing in it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from bench import servers
from bench.measures import Result
from bench.servers import start
from bench.wire import Wire

_STARTS = 3


def start_results(library: Path, key: str, log: IO[bytes]) -> Iterator[Result]:
    """Cold start to the first page, processor time of it, and resident memory after a moment of rest."""
    bare, ours = [], []
    cpu: list[tuple[float, float]] = []
    rss: list[tuple[float, float]] = []
    for _ in range(_STARTS):
        with start(servers.bare_application(library / "timeline.db"), "/health", log=log) as server:
            bare.append(server.started_s * 1000)
            below = server.cpu_s(), server.rss_mb()
        with start(servers.application(library), "/api/v1/health", log=log) as server:
            ours.append(server.started_s * 1000 + _first_page_ms(server.port, key))
            above = server.cpu_s()
            time.sleep(1)
            rss.append((below[1], server.rss_mb()))
            cpu.append((below[0], above))
    yield Result(
        "start to the first page",
        "ms",
        min(bare),
        min(ours),
        2,
        cpu_floor=min(each[0] for each in cpu) * 1000,
        cpu_ours=min(each[1] for each in cpu) * 1000,
        note="floor: bare FastAPI + SQLAlchemy",
    )
    below_mb, above_mb = (statistics.median(side) for side in zip(*rss, strict=True))
    yield Result("memory when idle", "MB", below_mb, above_mb, 120, is_absolute=True, note="floor: as above")


def _first_page_ms(port: int, key: str) -> float:
    started = time.perf_counter()
    with Wire(port, {"Authorization": f"Bearer {key}"}) as wire:
        wire.ask(wire.request("GET", "/api/v1/memories"))
    return (time.perf_counter() - started) * 1000
