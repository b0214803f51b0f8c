"""The command: make the libraries, start both servers, ask them in turns, print the table."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import orjson

from bench import servers
from bench.bulk import bulk_result
from bench.files import file_results
from bench.generate import SEED, generate
from bench.latency import latency_results
from bench.measures import Result
from bench.plans import plan_complaints
from bench.requests import http_results, pair
from bench.starting import start_results
from bench.table import as_json, head, line
from timeline_local.core.migrations import migrations_folder

SIZES = (10_000, 100_000)
PARTS = ("http", "latency", "bulk", "start", "files", "plans")


def main() -> int:
    """Measure everything that was asked for; 1 when a goal is missed and --strict was given."""
    given = _arguments()
    given.cache.mkdir(parents=True, exist_ok=True)
    sizes = tuple(given.sizes) + ((1_000_000,) if given.million else ())
    results: list[tuple[int, Result]] = []
    with (given.cache / "servers.log").open("wb") as log:
        for size in sizes:
            print(f"\n{size:,} memories\n{head()}", flush=True)
            results += _shown(size, _of_size(given, size, log))
        if "files" in given.parts:
            print(f"\nfiles\n{head()}", flush=True)
            results += _shown(0, _of_files(given, log))
    if given.json:
        given.json.write_bytes(orjson.dumps(as_json(results), option=orjson.OPT_INDENT_2))
    missed = [result for _, result in results if result.is_met is False]
    print(f"\n{len(results)} measured, {len(missed)} beyond their goal.")
    return int(bool(missed) and given.strict)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Ratios to a bare server on the same machine.")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "timeline-bench")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="libraries to measure")
    parser.add_argument("--million", action="store_true", help="also a library of a million")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", type=Path, help="write the results to this file too")
    parser.add_argument("--strict", action="store_true", help="end with status 1 when a goal is missed")
    return parser.parse_args()


def _shown(size: int, results: Iterator[Result]) -> list[tuple[int, Result]]:
    shown = []
    for result in results:
        print(line(result), flush=True)
        shown.append((size, result))
    return shown


def _of_size(given: argparse.Namespace, size: int, log: IO[bytes]) -> Iterator[Result]:
    """Everything that depends on how much a library holds. Works on a copy, so that the next run finds the same."""
    library = _copy(given.cache, _cached(given.cache, size, given.seed))
    if "plans" in given.parts:
        complaints = plan_complaints(library)
        for complaint in complaints:
            print(f"  {complaint}")
        yield Result("statements without an index", "", None, len(complaints), 0, is_absolute=True)
    if "start" in given.parts:
        yield from start_results(library, servers.make_key(library), log)
    if "http" in given.parts:
        with pair(library, size, given.seed, log) as both:
            yield from http_results(both)
            yield Result("memory after all this", "MB", None, both.ours.rss_mb(), 220, is_absolute=True)
    if "latency" in given.parts:
        yield from latency_results(library, size, given.seed, log)
    if "bulk" in given.parts:
        yield bulk_result(library, given.seed)


def _of_files(given: argparse.Namespace, log: IO[bytes]) -> Iterator[Result]:
    library = _copy(given.cache, _cached(given.cache, 0, given.seed))
    yield from file_results(library, given.cache / "photos", given.seed, log)


def _cached(cache: Path, size: int, seed: int) -> Path:
    """The pristine library of this size, made now if it is not there or has another schema."""
    schema = b"".join(path.read_bytes() for path in sorted((migrations_folder() / "versions").glob("*.py")))
    library = cache / f"{size}-{seed}-{zlib.crc32(schema):08x}"
    if not library.exists():
        started = time.monotonic()
        unfinished = library.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        generate(unfinished, size, seed)
        unfinished.rename(library)
        print(f"  made in {time.monotonic() - started:.0f} s")
    return library


def _copy(cache: Path, library: Path) -> Path:
    working = cache / "working"
    shutil.rmtree(working, ignore_errors=True)
    return Path(shutil.copytree(library, working))
