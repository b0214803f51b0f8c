"""How the parts of this process stand: what readiness, the administrator's page and `/metrics` are made of.

Nothing here raises because a part is away: that is what it is there to tell.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from functools import cache
from typing import Literal

from timeline_local import __version__
from timeline_local.core.database import has_wal_reset_fix, sqlite_module
from timeline_local.core.metrics import Family, Sample, gauge
from timeline_local.core.migrations import head_revision
from timeline_local.exceptions import DiskFull, LibraryReadOnly, TimelineError
from timeline_local.queries import health as queries
from timeline_local.runtime import Runtime
from timeline_local.schemas import health as wire

DiskWord = Literal["ok", "full", "read-only", "cannot be read"]
DATABASE_S = 2.0
SLOWEST = 20

schema_of_this_version = cache(head_revision)


async def readiness(parts: Runtime) -> dict[str, str]:
    """A word for each part, `ok` or what is wrong in general terms."""
    found = await database_facts(parts)
    report = await parts.cache.report()
    checks = {
        "database": "ok" if found is not None else "does not answer",
        "migrations": _migrations(found),
        "media": await asyncio.to_thread(_media, parts),
        "disk": await asyncio.to_thread(disk_word, parts),
        "cache": "ok" if report.state == "ok" else "away",
    }
    return checks | ({"server": "draining"} if parts.is_draining else {})


def is_ready(checks: dict[str, str]) -> bool:
    """Whether requests should be sent here. Without the cache everything works."""
    return all(word == "ok" for part, word in checks.items() if part != "cache")


async def database_facts(parts: Runtime) -> queries.DatabaseFacts | None:
    """Version, schema and size; None while the database is away."""
    try:
        async with asyncio.timeout(DATABASE_S), parts.database.read() as db:
            return await queries.facts(db)
    except (TimelineError, TimeoutError):
        return None


async def job_queue(parts: Runtime) -> wire.QueueHealth | None:
    """How the jobs of all users stand; None while the database is away."""
    now = parts.now()
    try:
        async with asyncio.timeout(DATABASE_S), parts.database.read() as db:
            found = await queries.queue(db, now=now)
    except (TimelineError, TimeoutError):
        return None
    oldest = None if found.oldest_due is None else max(0.0, (now - found.oldest_due).total_seconds())
    return wire.QueueHealth(
        waiting=found.waiting,
        running=found.running,
        paused=found.paused,
        failed=found.failed,
        oldest_waiting_s=oldest,
    )


async def everything(parts: Runtime) -> wire.AdminHealth:
    """The administrator's page."""
    found = await database_facts(parts)
    size, in_use = parts.database.pool_use()
    report = await parts.cache.report()
    module = sqlite_module()
    return wire.AdminHealth(
        version=__version__,
        uptime_s=round(time.monotonic() - parts.started, 1),
        database=wire.DatabaseHealth(
            state="away" if found is None else "ok",
            dialect=parts.database.dialect,
            version=found.version if found else None,
            schema_version=found.schema_version if found else None,
            size_bytes=found.size_bytes if found else None,
            wal_bytes=await asyncio.to_thread(_wal_bytes, parts),
        ),
        pool=wire.PoolHealth(size=size, in_use=in_use),
        cache=wire.CacheHealth.model_validate(report, from_attributes=True),
        queue=await job_queue(parts),
        disk=await asyncio.to_thread(_disk_sizes, parts),
        sqlite=wire.SqliteHealth(
            version=module.sqlite_version,
            wal_reset_fixed=has_wal_reset_fix(module.sqlite_version_info),
            fts5=True,  # a SQLite without it is refused at the start
        ),
        slowest_routes=[
            wire.SlowRoute.model_validate(row, from_attributes=True) for row in parts.route_times.slowest(SLOWEST)
        ],
    )


async def families(parts: Runtime) -> list[Family]:
    """What `/metrics` shows."""
    now = await everything(parts)
    found = [
        gauge("timeline_info", "The version that runs.", 1, version=now.version, dialect=now.database.dialect),
        gauge("timeline_uptime_seconds", "Seconds since the process opened the library.", now.uptime_s),
        gauge("timeline_database_up", "1 while the database answers.", float(now.database.state == "ok")),
        gauge("timeline_database_bytes", "Size of the database.", now.database.size_bytes),
        gauge("timeline_database_wal_bytes", "Size of SQLite's write-ahead log.", now.database.wal_bytes),
        gauge("timeline_pool_connections", "Connections there may be.", now.pool.size),
        gauge("timeline_pool_in_use_connections", "Connections in use.", now.pool.in_use),
        gauge("timeline_cache_up", "1 while the cache works.", float(now.cache.state == "ok"), kind=now.cache.kind),
        _counter("timeline_cache_hits_total", "Values found in the cache.", now.cache.hits),
        _counter("timeline_cache_misses_total", "Values not found in the cache.", now.cache.misses),
        _counter("timeline_cache_failures_total", "Times the cache went away.", now.cache.failures),
    ]
    if now.queue is not None:
        states = {name: getattr(now.queue, name) for name in ("waiting", "running", "paused", "failed")}
        samples = [Sample("", {"state": name}, count) for name, count in states.items()]
        found.append(Family("timeline_jobs", "gauge", "Jobs by state; waiting ones that could run.", samples))
        waited = now.queue.oldest_waiting_s
        found.append(gauge("timeline_jobs_oldest_waiting_seconds", "How long the oldest of them has waited.", waited))
    if now.disk is not None:
        found.append(gauge("timeline_disk_free_bytes", "Free bytes on the library's disk.", now.disk.free_bytes))
        found.append(gauge("timeline_disk_bytes", "Size of the library's disk.", now.disk.total_bytes))
    return found + parts.route_times.families()


def _counter(name: str, about: str, value: int) -> Family:
    return Family(name, "counter", about, [Sample("", {}, value)])


def _migrations(found: queries.DatabaseFacts | None) -> str:
    if found is None:
        return "not known"
    return "ok" if found.schema_version == schema_of_this_version() else "of another version"


def _media(parts: Runtime) -> str:
    return "ok" if os.access(parts.library.media, os.R_OK | os.W_OK | os.X_OK) else "cannot be written"


def disk_word(parts: Runtime) -> DiskWord:
    """How the library's disk is, by its free space and by what became of the last write. Blocks for a look at it."""
    sizes = _disk_sizes(parts)
    if sizes is None:
        return "cannot be read"
    if isinstance(parts.database.trouble, LibraryReadOnly):
        return "read-only"
    is_full = sizes.free_bytes < sizes.reserve_bytes or isinstance(parts.database.trouble, DiskFull)
    return "full" if is_full else "ok"


def _disk_sizes(parts: Runtime) -> wire.DiskHealth | None:
    try:
        usage = shutil.disk_usage(parts.library.root)
    except OSError:
        return None
    reserve = parts.settings.media.reserve_bytes
    return wire.DiskHealth(free_bytes=usage.free, total_bytes=usage.total, reserve_bytes=reserve)


def _wal_bytes(parts: Runtime) -> int | None:
    if parts.settings.database.url is not None:
        return None
    log = parts.library.database.with_name(parts.library.database.name + "-wal")
    try:
        return log.stat().st_size
    except OSError:
        return 0
