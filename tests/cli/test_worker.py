"""`timeline-local worker`, and a server that drains before it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
READY = "/api/v1/health/ready"
LIMIT_S = 60.0


@contextmanager
def process(home: Path, *arguments: str, says: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command of ours and its first line; killed at the end whatever happens."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIMELINE_", "XDG_", "DISPLAY"))}
    started = subprocess.Popen(
        [sys.executable, "-m", "timeline_local", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        env=kept | {"HOME": str(home), "PYTHONPATH": str(ROOT)} | settings,
    )
    try:
        assert started.stdout
        line = started.stdout.readline()
        assert line.startswith(says), line + (started.communicate()[1] if started.poll() is not None else "")
        yield started, line
    finally:
        started.kill()
        started.communicate()


@contextmanager
def server(home: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    arguments = ("serve", "--data", str(home / "library"), "--port", "0", "--no-browser")
    with process(home, *arguments, says="Timeline Local is running", **settings) as (started, line):
        yield started, int(line.rstrip("/\n").rpartition(":")[2])


def asked(port: int, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


def test_a_draining_server_is_not_ready_but_serves_until_a_second_signal(tmp_path: Path) -> None:
    with server(tmp_path, TIMELINE_SERVER__DRAIN_S="300") as (started, port):
        assert asked(port, READY) == 200
        started.send_signal(signal.SIGTERM)
        until = time.monotonic() + LIMIT_S
        while asked(port, READY) != 503:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert asked(port, "/api/v1/health") == 200
        started.send_signal(signal.SIGTERM)
        assert started.wait(LIMIT_S) == 0


def test_a_worker_is_refused_on_sqlite(run: Callable[..., Any], tmp_path: Path) -> None:
    refused = run("worker", "--data", str(tmp_path / "library"))
    assert refused.returncode == 1
    assert "A worker needs PostgreSQL" in refused.stderr
    assert not (tmp_path / "library").exists()


@pytest.fixture
def dialect() -> str:
    return "postgresql"


def test_a_worker_is_refused_before_there_is_a_library(
    run: Callable[..., Any], tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMELINE_DATABASE__URL", database_url)
    refused = run("worker", "--data", str(tmp_path / "library"))
    assert refused.returncode == 1
    assert "There is no library" in refused.stderr
    assert not (tmp_path / "library").exists()


@pytest.mark.slow
def test_a_worker_runs_the_jobs_of_a_server_that_runs_none(tmp_path: Path, database_url: str) -> None:
    settings = {"TIMELINE_DATABASE__URL": database_url, "TIMELINE_JOBS__EMBEDDED": "false"}
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "2019-06-01 one.md").write_text("# One\n")
    data = str(tmp_path / "library")
    with server(tmp_path, **settings) as (serving, port):
        with process(tmp_path, "worker", "--data", data, says="Running jobs as worker-1", **settings) as (first, _):
            with process(tmp_path, "worker", "--data", data, says="Running jobs as worker-2", **settings):
                command = ["import", str(tmp_path / "notes"), "--data", data, "--yes", "--json"]
                imported = subprocess.run(
                    [sys.executable, "-m", "timeline_local", *command],
                    capture_output=True,
                    text=True,
                    timeout=LIMIT_S,
                    check=False,
                    cwd=tmp_path,
                    env=os.environ | settings | {"PYTHONPATH": str(ROOT)},
                )
                assert imported.returncode == 0, imported.stderr
                assert json.loads(imported.stdout)
            first.send_signal(signal.SIGTERM)
            assert first.wait(LIMIT_S) == 0
        assert asked(port, READY) == 200
        assert (tmp_path / "library" / "run" / "runtime.json").exists()
        assert (tmp_path / "library" / "logs" / "worker-1.log").exists()
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(LIMIT_S) == 0
