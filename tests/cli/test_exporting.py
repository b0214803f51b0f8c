"""`timeline-local export`, with and without a running server."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


def test_what_was_imported_is_exported_with_and_without_a_server(
    serving: Command, run: Command, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "things"
    folder.mkdir()
    for number in range(3):
        (folder / f"2019-06-0{number + 1}.md").write_text(f"# Note {number}\n\nText {number}.\n")
    with serving():
        assert run("import", str(folder), "--data", str(data), "--yes").returncode == 0
        ended = run("export", str(tmp_path / "all.zip"), "--data", str(data), "--json")
        assert (ended.returncode, json.loads(ended.stdout)["memories"]) == (0, 3)
    with zipfile.ZipFile(tmp_path / "all.zip") as found:
        assert len(found.read("memories.ndjson").splitlines()) == 3
    some = tmp_path / "some.ndjson"
    ended = run("export", str(some), "--data", str(data), "--query", "on:2019-06-02")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"1 memories in {some}, ")
    assert json.loads(some.read_text())["title"] == "Note 1"
    assert list((data / "exports").iterdir()) == []
    again = run("export", str(some), "--data", str(data))
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
    unknown = run("export", str(tmp_path / "file.xyz"), "--data", str(data))
    assert (unknown.returncode, "--format" in unknown.stderr) == (1, True)
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_behind_the_app_lock_an_export_asks_for_the_password_at_a_terminal_only(
    serving: Command, run: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, password, export = "ana@example.org", "four quiet words apart", tmp_path / "all.ndjson"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    assert run("account", "set-password", "--email", email, "--data", str(data)).returncode == 0
    with serving() as server:
        asked = {"email": email, "password": password, "client": "token"}
        token = server.request("POST", "/api/v1/auth/login", body=asked)[1]["access_token"]
        lock = {"enabled": True, "password": password}
        assert server.request("PUT", "/api/v1/auth/app-lock", token, lock)[0] == 200
        refused = run("export", str(export), "--data", str(data))
        assert (refused.returncode, "password" in refused.stderr, export.exists()) == (1, True, False)
        monkeypatch.setattr("sys.stdin", Terminal())
        monkeypatch.setattr("timeline_local.cli.access.getpass", lambda _: password)
        done = run("export", str(export), "--data", str(data))
    assert (done.returncode, done.stderr, export.exists()) == (0, "", True)
