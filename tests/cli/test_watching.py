"""`timeline-local watch` through a server of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.mark.slow
def test_a_folder_is_watched_listed_paused_and_removed(run: Command, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    added = run("watch", str(folder), "--every", "15", "--data", str(data))
    assert (added.returncode, added.stdout) == (0, f"Watching {folder}, every 15 minutes.\n")
    assert run("watch", str(folder), "--pause", "--data", str(data)).returncode == 0
    (listed,) = json.loads(run("watch", "--json", "--data", str(data)).stdout)["items"]
    assert (listed["path"], listed["every_min"], listed["is_paused"]) == (str(folder), 15, True)
    assert run("watch", str(folder), "--remove", "--data", str(data)).returncode == 0
    assert json.loads(run("watch", "--json", "--data", str(data)).stdout) == {"items": []}
    lost = run("watch", str(folder), "--now", "--data", str(data))
    assert (lost.returncode, "is not watched" in lost.stderr) == (1, True)
