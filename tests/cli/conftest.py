"""The command line as a black box: real processes, a real library, a real port."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from timeline_local.cli.app import run as command_line
from timeline_local.core.logging import close_logging

ROOT = Path(__file__).parents[2]


def clean_environment(home: Path) -> dict[str, str]:
    """No settings and no display of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIMELINE_", "XDG_"))}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        kept.pop(name, None)
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT)}


class Server:
    """A running `timeline-local serve`."""

    def __init__(self, data: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "timeline_local", "serve", "--data", str(data), "--no-browser", *arguments]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=data.parent,
            env=clean_environment(data.parent),
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.startswith("Timeline Local is running at http://127.0.0.1:"), self._why(line)
        self.port = int(line.rstrip("/\n").rpartition(":")[2])

    def _why(self, line: str) -> str:
        self.process.kill()
        return line + self.process.communicate()[1]

    def request(self, method: str, path: str, key: str = "", body: Any = None) -> tuple[int, Any]:  # noqa: ANN401
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        data = None if body is None else json.dumps(body)
        headers |= {"Content-Type": "application/json"} if data else {}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """(exit status, seconds it took)"""
        began = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(60)
        return status, time.monotonic() - began

    def close(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run a command to its end, in this process: most of a command's time is the start of the interpreter."""
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    before = os.umask(0o022)

    def go(*arguments: str) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        status = command_line(list(arguments))
        close_logging()
        told = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, told.out, told.err)

    yield go
    os.umask(before)


@pytest.fixture
def serving(data: Path) -> Callable[..., Any]:
    """Start servers of this library, killed at the end of the `with`."""

    @contextmanager
    def serve(*arguments: str) -> Iterator[Server]:
        server = Server(data, *(arguments or ("--port", "0")))
        try:
            yield server
        finally:
            server.close()

    return serve
