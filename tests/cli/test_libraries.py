"""`timeline-local library`: the list, the choice, and a real library on its way to another folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from timeline_local.core import libraries

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


def listed(run: Command) -> list[tuple[str, str, bool]]:
    items = json.loads(run("library", "list", "--json").stdout)["items"]
    return [(each["name"], each["state"], each["is_chosen"]) for each in items]


def test_libraries_are_added_chosen_by_name_and_forgotten(run: Command, tmp_path: Path) -> None:
    assert listed(run) == [("timeline-local", "new", True)]
    assert run("library", "add", str(tmp_path / "Family")).returncode == 0
    assert "opened from now on" in run("library", "use", "Family").stdout
    assert listed(run) == [("Family", "new", True)]
    run("api-key", "create", "--name", "first use")
    assert listed(run) == [("Family", "closed", True)]
    assert run("library", "forget", str(tmp_path / "Family")).returncode == 0
    assert listed(run) == [("timeline-local", "new", True)]
    assert (tmp_path / "Family" / "timeline.db").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("use", "Nothing"), "There is no library called 'Nothing'"),
        (("add", "."), "holds no library, but other files"),
        (("forget", "./x"), "is not in the list"),
    ],
)
def test_what_is_no_library_is_refused(run: Command, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "letter.txt").touch()
    refused = run("library", *arguments)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert not (tmp_path / "config").exists()


def test_the_choice_says_when_something_stronger_is_set(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMELINE_DATA_DIR", str(tmp_path / "other"))
    assert "TIMELINE_DATA_DIR is set" in run("library", "use", str(tmp_path / "Family")).stderr


def test_a_library_moves_and_is_found_under_its_old_name(run: Command, data: Path, tmp_path: Path) -> None:
    key = run("api-key", "create", "--data", str(data), "--name", "kept").stdout.strip()
    moved = run("library", "move", str(tmp_path / "disk" / "new"), "--data", str(data), "--json")
    told = json.loads(moved.stdout)
    assert (told["path"], told["damaged"]) == (str(tmp_path / "disk" / "new"), [])
    assert [path.name for path in data.iterdir()] == ["library.json"]
    examined = json.loads(run("doctor", "--data", str(data), "--json").stdout)
    assert (examined["healthy"], examined["facts"]["library"]) == (True, str(tmp_path / "disk" / "new"))
    assert key[3:11] in run("api-key", "list", "--data", str(data)).stdout


def test_a_library_with_postgresql_is_not_moved_by_us(
    run: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMELINE_DATABASE__URL", "postgresql://ana@127.0.0.1/timeline")
    refused = run("library", "move", str(tmp_path / "new"), "--data", str(data))
    assert (refused.returncode, "PostgreSQL" in refused.stderr) == (1, True)
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_running_server_moves_with_its_library_and_goes_over_to_another(
    serving: Command, run: Command, data: Path, tmp_path: Path
) -> None:
    new, other = tmp_path / "new", tmp_path / "Family"
    with serving() as server:
        told = json.loads(run("library", "move", str(new), "--data", str(data), "--json").stdout)
        assert told == {"path": str(new)}
        assert server.process.stdout.readline() == f"The library is in {new} now.\n"
        assert server.process.stdout.readline().startswith("Timeline Local is running at ")
        assert json.loads(run("doctor", "--data", str(data), "--json").stdout)["facts"]["server_running"] is True
        libraries.choose(new)
        assert "opened from now on" in run("library", "use", str(other)).stdout
        assert server.process.stdout.readline() == f"Opening the library in {other}.\n"
        assert server.process.stdout.readline().startswith("Timeline Local is running at ")
        assert listed(run) == [("new", "closed", False), ("Family", "open", True)]
        assert server.end()[0] == 0
    assert [path.name for path in data.iterdir()] == ["library.json"]


@pytest.mark.slow
def test_a_server_of_the_tray_leaves_word_and_ends(run: Command, data: Path, tmp_path: Path, serving: Command) -> None:
    with serving("--for-tray", "--port", "0") as server:
        assert run("library", "move", str(tmp_path / "new"), "--data", str(data)).returncode == 0
        assert server.process.wait(60) == libraries.SWITCHED
    assert libraries.take_word(data) == libraries.Word(tmp_path / "new", shows=False)
