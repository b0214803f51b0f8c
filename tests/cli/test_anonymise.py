"""`timeline-local anonymise` and `maintenance`: what the administrator can do, from the terminal, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import blocking
from timeline_local.config import load_settings
from timeline_local.runtime import open_runtime
from timeline_local.services import memories
from timeline_local.services.user_time import Bearings

Command = Callable[..., Any]


async def _library(data: Path) -> None:
    runtime = await open_runtime(load_settings(data_dir=data, environment="test"))
    bearings = Bearings(now=runtime.now(), home_zone="Europe/Lisbon", zone_of=runtime.zone_of)
    async with runtime.database.write() as db:
        await memories.create(db, runtime.owner_pk, {"title": "Throckmorton", "body": "x"}, bearings=bearings)
    await runtime.close()


def test_a_copy_opens_as_a_healthy_library(run: Command, data: Path, tmp_path: Path) -> None:
    blocking(_library(data))
    told = run("anonymise", str(tmp_path / "copy"), "--data", str(data), "--seed", "s")
    assert (told.returncode, told.stderr) == (0, "")
    assert "1 memories and 0 files" in told.stdout
    examined = json.loads(run("doctor", "--json", "--data", str(tmp_path / "copy")).stdout)
    assert (examined["problems"], examined["facts"]["memories"]) == ([], 1)
    assert b"hrockmorton" not in (tmp_path / "copy" / "timeline.db").read_bytes()


def test_a_folder_with_something_in_it_is_left_alone(run: Command, data: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine").write_text("mine")
    told = run("anonymise", str(tmp_path / "copy"), "--data", str(data))
    assert (told.returncode, "is not empty" in told.stderr) == (1, True)
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["mine"]


def test_maintenance_runs_without_a_server_and_its_status_tells_whether_all_is_well(run: Command, data: Path) -> None:
    blocking(_library(data))
    for task in ("verify", "vacuum", "reindex", "sweep", "recount"):
        told = run("maintenance", task, "--data", str(data), "--json")
        assert (told.returncode, json.loads(told.stdout)["problems"]) == (0, [])
    (data / "audit-head.json").write_text("{}")
    told = run("maintenance", "verify", "--data", str(data))
    assert (told.returncode, told.stderr) == (1, "audit head broken 0.\n")
    assert run("maintenance", "format", "--data", str(data)).returncode == 1
