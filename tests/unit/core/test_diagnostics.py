"""What is told to somebody who helps holds nothing private, whatever the log and the library hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from timeline_local.core.diagnostics import as_text, diagnostics
from timeline_local.desktop.clipboard import copy, keep
from timeline_local.desktop.crashes import MOST, keep_report

PRIVATE = ("anna", "lisbon", "/home/", "38.71", "secret", "holiday")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with much that is private in its log."""
    folder = tmp_path / "home" / "anna"
    (folder / "logs").mkdir(parents=True)
    (folder / "library.json").write_text("{}")
    (folder / "timeline.db").write_bytes(b"x" * 1000)
    trace = 'Traceback\n  File "/home/anna/x.py"\nFileNotFoundError: /home/anna/holiday.jpg'
    lines = [
        {"level": "ERROR", "logger": "timeline_local.jobs.holding", "message": "lisbon", "error": trace},
        {"level": "ERROR", "logger": "timeline_local.jobs.holding", "message": "lisbon", "error": trace},
        {"level": "WARNING", "logger": "timeline_local.media", "message": "38.71 secret"},
        {"level": "ERROR", "logger": "Anna's own /home/", "message": ""},
        {"level": "ERROR", "logger": "timeline_local", "message": "", "error": "anna in lisbon"},
        {"level": "INFO", "logger": "timeline_local.quiet", "message": "anna"},
    ]
    written = "\n".join([*map(json.dumps, lines), "no json: anna", "[]", ""])
    (folder / "logs" / "timeline.log").write_text(written)
    return folder


def test_diagnostics_tell_versions_sizes_and_kinds_of_errors(library: Path) -> None:
    found = diagnostics(library)
    assert (found["database_bytes"], found["wal_bytes"], found["library_there"]) == (1000, 0, "yes")
    assert found["log ERROR timeline_local.jobs.holding FileNotFoundError"] == 2
    assert found["log WARNING timeline_local.media"] == 1


def test_diagnostics_tell_nothing_private(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "Anna's secret desktop")
    told = as_text(diagnostics(library)).lower()
    assert [word for word in PRIVATE if word in told] == []


def test_a_library_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    found = diagnostics(tmp_path / "gone")
    assert (found["library_there"], found["log_bytes"], found["port"]) == ("no", 0, "none")


def test_of_crash_reports_the_newest_stay_and_only_their_owner_reads_them(library: Path) -> None:
    for number in range(MOST + 2):
        keep_report(library, -9, f"last words {number} Bearer tl_abcdefgh_{'x' * 43}")
    reports = sorted((library / "logs").glob("crash-*.txt"))
    assert len(reports) == MOST
    text = reports[-1].read_text()
    assert "exit status: -9" in text
    assert f"last words {MOST + 1}" in text
    assert "x" * 43 not in text
    assert reports[-1].stat().st_mode & 0o777 == 0o600
    assert diagnostics(library)["crash_reports"] == MOST


def test_text_is_put_on_the_clipboard_or_kept_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert not copy("text")
    assert keep("text", tmp_path / "logs").read_text() == "text"
    for name, program in (
        ("wl-copy", "#!/bin/sh\nexit 1\n"),
        ("xclip", f"#!/bin/sh\nread a; echo $a > {tmp_path}/clip\n"),
    ):
        (tmp_path / name).write_text(program)
        (tmp_path / name).chmod(0o755)
    assert copy("the text\n")
    assert (tmp_path / "clip").read_text() == "the text\n"
