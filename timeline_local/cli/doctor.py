"""`timeline-local doctor`: looks at everything, changes nothing; works beside a running server too."""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local import __version__
from timeline_local.cli.output import as_json, as_table, complain, say, size
from timeline_local.config import Settings, load_settings
from timeline_local.core.database import open_database, sqlite_module
from timeline_local.core.local_client import find_server
from timeline_local.core.migrations import head_revision
from timeline_local.exceptions import TimelineError
from timeline_local.queries import integrity
from timeline_local.queries.identity import first_owner

HASHED = 50  # media files whose bytes are read in full, spread over all
STEP = 1000
NAMED = 5  # of each fault, so many are named
LITTLE_SPACE = 200_000_000

JSON = dict[str, Any]


@dataclass(slots=True)
class Report:
    """facts: name → value, in the order they are printed. problems: sentences; none means all is well."""

    facts: JSON = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def examine(given: JSON, *, as_json_: bool) -> int:
    """Print what was found; 1 if something is wrong."""
    settings = load_settings(**given)
    report = Report()
    _look_at_program(report)
    if not (settings.data_dir / "library.json").is_file():
        report.problems.append(f"There is no library in {settings.data_dir}; `timeline-local serve` makes one.")
    else:
        _look_at_folder(report, settings)
        try:
            asyncio.run(_look_at_database(report, settings))
        except TimelineError as error:
            report.problems.append(error.detail)
    _print(report, as_json_=as_json_)
    return 1 if report.problems else 0


def _print(report: Report, *, as_json_: bool) -> None:
    if as_json_:
        as_json({"healthy": not report.problems, "facts": report.facts, "problems": report.problems})
        return
    as_table(("EXAMINED", "FOUND"), [(name.replace("_", " "), _text(value)) for name, value in report.facts.items()])
    for problem in report.problems:
        complain(problem)
    if not report.problems:
        say("All is well.")


def _text(value: object) -> str:
    return "yes" if value is True else "no" if value is False else str(value)


def _look_at_program(report: Report) -> None:
    sqlite = sqlite_module()
    report.facts |= {
        "version": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "sqlite": sqlite.sqlite_version,
        "sqlite_module": sqlite.__name__,
        "full_text_search": _has_fts5(sqlite),
    }


def _has_fts5(sqlite: Any) -> bool:  # noqa: ANN401 - a module
    connection = sqlite.connect(":memory:")
    try:
        return any(row[0] == "ENABLE_FTS5" for row in connection.execute("PRAGMA compile_options"))
    finally:
        connection.close()


def _look_at_folder(report: Report, settings: Settings) -> None:
    free = shutil.disk_usage(settings.data_dir).free
    report.facts |= {
        "library": str(settings.data_dir),
        "server_running": find_server(settings.data_dir) is not None,
        "free_space": size(free),
    }
    if free < max(LITTLE_SPACE, settings.media.reserve_bytes):
        report.problems.append(f"Only {size(free)} are free on the disk of the library.")
    loose = list(_readable_by_others(settings.data_dir))
    if loose:
        report.problems.append(f"Others could read {_named(loose)}; run `chmod -R go= {settings.data_dir}`.")


def _readable_by_others(root: Path) -> Iterator[str]:
    """The library's own files and folders that are open to others; media are covered by the folder above them."""
    if os.name != "posix":
        return
    for path in (root, *sorted(root.iterdir()), *sorted((root / "run").glob("*"))):
        mode = path.lstat().st_mode
        if stat.S_IMODE(mode) & 0o077 and not stat.S_ISLNK(mode):
            yield path.name


async def _look_at_database(report: Report, settings: Settings) -> None:
    path = settings.data_dir / "timeline.db"
    if settings.database.url is None and not path.is_file():
        report.problems.append("timeline.db is missing; put it back from a backup. No new one was made.")
        return
    database = open_database(settings.database, path)
    try:
        async with database.read() as db:
            await _look_at_rows(report, settings, db)
    finally:
        await database.leave()


async def _look_at_rows(report: Report, settings: Settings, db: AsyncConnection) -> None:
    owner = await first_owner(db)
    report.facts |= {"database": db.dialect.name, "schema": head_revision()}
    if owner is None:
        report.problems.append("The library has no owner yet; start it once with `timeline-local serve`.")
        return
    for line in await integrity.quick_check(db, owner.pk):
        report.problems.append(f"The database is damaged: {line}.")
    found = await integrity.totals(db, owner.pk)
    report.facts |= {"memories": found.memories, "on_timeline": found.on_timeline, "media_files": found.media}
    if found.searchable != found.memories or found.indexed != found.searchable:
        report.problems.append(
            f"Search knows {min(found.searchable, found.indexed)} of {found.memories} memories; its index has gaps."
        )
    wrong = await integrity.wrong_buckets(db, owner.pk)
    report.facts["calendar_counts_right"] = wrong == 0
    if wrong:
        report.problems.append(f"{wrong} calendar counts differ from a recount.")
    await _look_at_media(report, settings, db, owner.pk, total=found.media)


async def _look_at_media(report: Report, settings: Settings, db: AsyncConnection, owner_pk: int, *, total: int) -> None:
    missing: list[str] = []
    damaged: list[str] = []
    seen = hashed = after = 0
    every = max(1, total // HASHED)
    while rows := await integrity.media_sample(db, owner_pk, after_pk=after, limit=STEP):
        after = rows[-1].pk
        for row in rows:
            path = _path(settings, row)
            seen += 1
            if not path.is_file():
                missing.append(_name(row))
            elif path.stat().st_size != row.size_bytes:
                damaged.append(_name(row))
            elif seen % every == 0:
                hashed += 1
                if await asyncio.to_thread(_sha256, path) != row.sha256:
                    damaged.append(_name(row))
    report.facts |= {"media_present": seen - len(missing), "media_read_in_full": hashed}
    if missing:
        report.problems.append(f"{len(missing)} originals are missing: {_named(missing)}.")
    if damaged:
        report.problems.append(f"{len(damaged)} originals are not what they were: {_named(damaged)}.")


def _path(settings: Settings, row: Any) -> Path:  # noqa: ANN401 - a row
    if row.storage == "referenced":
        return Path(row.path)
    name: str = row.sha256.hex()
    return settings.data_dir / "media" / name[:2] / name


def _name(row: Any) -> str:  # noqa: ANN401 - a row
    return str(row.path) if row.storage == "referenced" else str(row.sha256.hex())


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
