"""The first thing a process does: an environment that is its own, and streams where there are none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from timeline_local.core.process import LARGEST_LOG, restore_environment

ROOT = Path(__file__).parents[3]
CLOSED = 'exec "$0" "$@" <&- >&- 2>&-'
TALK = (
    "import os, sys; from timeline_local.core.process import fill_streams; from pathlib import Path;"
    "fill_streams(Path(sys.argv[1])); print('said'); sys.stderr.write('complained\\n'); os.write(2, b'from C\\n');"
    "assert sys.stdin.read() == ''; assert os.open(os.devnull, os.O_RDONLY) > 2"
)


def talk(folder: Path) -> None:
    """A process without any stream that writes to all of them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    subprocess.run(
        ["sh", "-c", CLOSED, sys.executable, "-c", TALK, str(folder)],
        check=True,
        env=environment | {"PYTHONPATH": str(ROOT)},
    )


def test_the_environment_of_before_the_frozen_builds_loader_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle:/usr/lib/mine")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/usr/lib/mine")
    monkeypatch.setenv("_PYI_ARCHIVE_FILE", "/bundle/timeline-local")
    restore_environment()
    assert os.environ["LD_LIBRARY_PATH"] == "/usr/lib/mine"
    assert not {"LD_LIBRARY_PATH_ORIG", "_PYI_ARCHIVE_FILE"} & set(os.environ)


def test_a_search_path_that_only_the_loader_set_is_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle")
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    restore_environment()
    assert "LD_LIBRARY_PATH" not in os.environ


def test_a_process_without_streams_writes_to_a_private_log_from_the_first_byte(tmp_path: Path) -> None:
    talk(tmp_path / "logs")
    log = tmp_path / "logs" / "console.log"
    assert log.read_text() == "said\ncomplained\nfrom C\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_log_that_has_grown_large_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "console.log").write_bytes(b"x" * (LARGEST_LOG + 1))
    talk(tmp_path)
    assert (tmp_path / "console.log").read_text().startswith("said")
    assert (tmp_path / "console.1.log").stat().st_size == LARGEST_LOG + 1


def test_a_process_that_can_write_no_log_runs_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    talk(tmp_path / "file" / "logs")
