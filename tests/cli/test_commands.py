"""Commands that need no server, and how errors are told."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

KEY = re.compile(r"tl_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}\n")


def test_a_fresh_key_is_the_only_thing_on_stdout(run: Command, data: Path) -> None:
    made = run("api-key", "create", "--data", str(data), "--name", "backup", "--scopes", "memories:read,tags:read")
    assert (made.returncode, made.stderr) == (0, "")
    assert KEY.fullmatch(made.stdout)
    listed = json.loads(run("api-key", "list", "--data", str(data), "--json").stdout)["items"]
    assert [(key["name"], key["scopes"]) for key in listed] == [("backup", ["memories:read", "tags:read"])]
    revoked = run("api-key", "revoke", made.stdout.strip(), "--data", str(data))
    assert revoked.returncode == 0
    assert json.loads(run("api-key", "list", "--data", str(data), "--json").stdout) == {"items": []}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["api-key", "create", "--name", "x", "--scopes", "everything"], 1, "There is no scope 'everything'"),
        (["api-key", "create", "--name", "x", "--expires", "soon"], 1, "'soon' is no date like 2027-01-31"),
        (["api-key", "create"], 2, "Missing option '--name'"),
        (["watch", "--pause"], 1, "Name one watched folder, and one thing to do with it."),
        (["jobs", "--state", "busy"], 1, "A job is never 'busy'"),
        (["open"], 1, "No server of the library in"),
        (["serve", "--port", "99999"], 2, "Invalid value for '--port'"),
        (["serve", "--host", "192.0.2.1"], 1, "Other machines could reach 192.0.2.1. Nothing was started."),
        (["serve", "--host", "nowhere.invalid"], 1, "Other machines could reach nowhere.invalid."),
        (["doctor"], 1, "There is no library in"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence_on_stderr(
    run: Command, data: Path, arguments: list[str], status: int, said: str
) -> None:
    ended = run(*arguments, "--data", str(data))
    assert ended.returncode == status
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_settings_are_shown_with_their_origin_and_without_secrets(run: Command, data: Path) -> None:
    data.mkdir(mode=0o700)
    (data / "timeline.env").write_text("TIMELINE_DATABASE__URL=postgresql://me:hunter2@db/x\n")
    shown = run("config", "--data", str(data), "--json")
    rows = {row["name"]: row for row in json.loads(shown.stdout)["items"]}
    assert rows["data_dir"]["source"] == "command line"
    assert rows["database.url"]["source"] == str(data / "timeline.env")
    assert "hunter2" not in shown.stdout + run("config", "--data", str(data)).stdout


def test_an_unusable_setting_is_named(run: Command, data: Path) -> None:
    data.mkdir(mode=0o700)
    (data / "timeline.env").write_text("TIMELINE_JOBS__PARALLEL=many\n")
    ended = run("config", "--data", str(data))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("These settings cannot be used: jobs.parallel ")


def test_the_version_is_told(run: Command) -> None:
    assert re.fullmatch(r"Timeline Local \d+\.\d+\.\d+\n", run("version").stdout)
    assert set(json.loads(run("version", "--json").stdout)) == {"version", "python", "system"}


@pytest.mark.parametrize(("arguments", "status"), [(["version"], 0), (["jobs", "--state", "busy"], 1), (["sing"], 2)])
def test_a_process_tells_how_it_went_by_its_exit_status(arguments: list[str], status: int) -> None:
    ended = subprocess.run([sys.executable, "-m", "timeline_local", *arguments], capture_output=True, check=False)
    assert ended.returncode == status
