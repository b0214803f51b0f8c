"""`timeline-local audit`: checks and prints the log, and says what was tampered with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import blocking
from timeline_local.config import load_settings
from timeline_local.runtime import open_runtime
from timeline_local.services.audit import COMMAND, record

Command = Callable[..., Any]


async def _library(data: Path) -> None:
    runtime = await open_runtime(load_settings(data_dir=data, environment="test"))
    async with runtime.database.write() as db:
        for number in range(5):
            await record(db, COMMAND, "login", now=runtime.now(), details={"n": number})
    await runtime.close()


def test_an_untouched_log_is_intact_and_printed_whole(run: Command, data: Path) -> None:
    blocking(_library(data))
    told = run("audit", "verify", "--data", str(data))
    printed = run("audit", "export", "--data", str(data)).stdout.splitlines()
    assert (told.returncode, told.stderr, "is intact" in told.stdout) == (0, "", True)
    assert [json.loads(line)["details"] for line in printed] == [{"n": number} for number in range(5)]


def test_what_was_tampered_with_is_named(run: Command, data: Path) -> None:
    blocking(_library(data))
    with sqlite3.connect(data / "timeline.db") as plain:
        plain.execute("DROP TRIGGER audit_event_update")
        plain.execute("DROP TRIGGER audit_event_delete")
        plain.execute("UPDATE audit_event SET action = 'logout' WHERE seq = 2")
        plain.execute("DELETE FROM audit_event WHERE seq = 5")
    plain.close()
    told = run("audit", "verify", "--data", str(data))
    assert told.returncode == 1
    assert told.stderr.splitlines() == ["entry 2 was edited.", "entries from 5 on were cut off."]
    found = json.loads(run("audit", "verify", "--json", "--data", str(data)).stdout)
    assert (found["intact"], found["findings"]) == (
        False,
        [{"fault": "edited", "seq": 2}, {"fault": "truncated", "seq": 5}],
    )


def test_without_a_library_there_is_nothing_to_check(run: Command, data: Path) -> None:
    assert run("audit", "verify", "--data", str(data)).returncode == 1
    assert run("audit", "export", "--data", str(data)).returncode == 1
