"""`timeline-local doctor` finds what tests break."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


def break_counts(data: Path) -> None:
    change(data, "INSERT INTO bucket_count (owner_pk, unit, start, kind, count) VALUES (1, 0, 17000, 0, 3)")


def break_media(data: Path) -> None:
    change(
        data,
        "INSERT INTO media_file (id, owner_pk, created_at, updated_at, version, sha256, size_bytes, mime, file_name,"
        " storage, facts, preview_state, preview_version) VALUES"
        " (randomblob(16), 1, 0, 0, 1, randomblob(32), 5, 'image/jpeg', 'a.jpg', 'managed', '{}', 'none', 0)",
    )


def break_database(data: Path) -> None:
    (data / "timeline.db").unlink()


def break_privacy(data: Path) -> None:
    (data / "secrets.json").chmod(0o644)


def change(data: Path, statement: str) -> None:
    connection = sqlite3.connect(data / "timeline.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.fixture
def library(run: Command, data: Path) -> Path:
    assert run("api-key", "create", "--data", str(data), "--name", "x").returncode == 0
    return data


def test_a_sound_library_is_called_sound(run: Command, library: Path) -> None:
    examined = run("doctor", "--data", str(library))
    assert (examined.returncode, examined.stderr) == (0, "")
    assert examined.stdout.endswith("All is well.\n")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (break_counts, "1 calendar counts differ"),
        (break_media, "1 originals are missing"),
        (break_database, "timeline.db is missing"),
        (break_privacy, "Others could read secrets.json"),
    ],
)
def test_harm_is_found(run: Command, library: Path, harm: Callable[[Path], None], said: str) -> None:
    harm(library)
    examined = run("doctor", "--data", str(library), "--json")
    assert examined.returncode == 1
    found = json.loads(examined.stdout)
    assert not found["healthy"]
    assert said in " ".join(found["problems"])
