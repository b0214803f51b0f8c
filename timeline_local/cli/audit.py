"""`timeline-local audit`: reads the audit log beside a running server or without one, and changes nothing."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.cli.output import as_json, complain, say
from timeline_local.config import Settings, load_settings
from timeline_local.core.database import open_database
from timeline_local.core.install_secrets import read_secrets
from timeline_local.exceptions import LibraryDamaged
from timeline_local.services.audit_chain import Verification, lines, verification_to_wire, verify
from timeline_local.services.audit_head import FILE, HeadFile

T = TypeVar("T")
WORDS = {
    "edited": "entry {seq} was edited",
    "missing": "entries before {seq} are missing",
    "unlinked": "entry {seq} does not follow the one before it",
    "beginning": "the log begins at {seq}, and nothing says that it was pruned up to there",
    "truncated": "entries from {seq} on were cut off",
    "rewritten": "entry {seq} is not the one whose hash was kept",
    "head_missing": f"{FILE} is missing",
    "head_broken": f"{FILE} is not what this install wrote",
}


def check(given: dict[str, Any], *, as_json_: bool) -> int:
    """Verify the log and tell; 1 if something is wrong."""
    settings = load_settings(**given)
    secrets = read_secrets(settings.data_dir)
    if secrets is None:
        raise LibraryDamaged(f"There are no secrets in {settings.data_dir}, so nothing can be checked.")
    head_file = HeadFile(settings.data_dir / FILE, secrets.audit)
    found = asyncio.run(_reading(settings, lambda db: verify(db, head_file)))
    if as_json_:
        as_json(verification_to_wire(found))
    else:
        _tell(found)
    return 0 if found.is_intact else 1


def _tell(found: Verification) -> None:
    say(f"{found.entries} entries, the newest is {found.head_seq} with the hash {found.head_hash.hex()}.")
    for finding in found.findings:
        complain(f"{WORDS[finding.fault].format(seq=finding.seq)}.")
    if found.is_intact:
        say("The audit log is intact.")


def export(given: dict[str, Any]) -> None:
    """Write every entry to stdout, one JSON object a line, oldest first."""

    async def write(db: AsyncConnection) -> None:
        async for line in lines(db):
            sys.stdout.write(line.decode())

    asyncio.run(_reading(load_settings(**given), write))


async def _reading(settings: Settings, act: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    path = settings.data_dir / "timeline.db"
    if settings.database.url is None and not path.is_file():
        raise LibraryDamaged(f"There is no library in {settings.data_dir}.")
    database = open_database(settings.database, path)
    try:
        async with database.snapshot() as db:
            return await act(db)
    finally:
        await database.leave()
