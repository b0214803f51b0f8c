"""What trying a built program needs: a clean environment, a running server, questions with one right answer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

START_S = 60
STOP_S = 20
OK, ACCEPTED, NOT_SIGNED_IN = 200, 202, 401
DROPPED = ("VIRTUAL_ENV", "PYTHONPATH")


@dataclass(frozen=True, slots=True)
class Program:
    """A program and what it may see of this machine. command: how it is started, before its arguments."""

    command: tuple[str, ...]
    environment: Mapping[str, str]

    def output(self, *arguments: str | Path) -> str:
        """What one run prints; ends everything if it fails."""
        return output(*self.command, *arguments, environment=self.environment)

    @contextmanager
    def serving(self, library: Path) -> Iterator[Server]:
        """A server of this library, started now; stopped, and asked whether it stopped well, at the end."""
        port, log = free_port(), library.parent / "output.txt"
        with log.open("a") as written:
            began = time.monotonic()
            process = subprocess.Popen(
                (*self.command, "serve", "--data", library, "--port", str(port), "--no-browser"),
                stdout=written,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=library.parent,
            )
            try:
                wait_for_health(port, process, log)
                yield Server(port, process, time.monotonic() - began)
                process.terminate()
                status = process.wait(STOP_S)
            finally:
                process.kill()
        if status not in (0, -15):
            sys.exit(f"the server ended with {status}:\n{log.read_text()}")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers. first_answer_s: from its start."""

    port: int
    process: subprocess.Popen[bytes]
    first_answer_s: float

    def get(self, path: str, key: str = "") -> tuple[int, str, bytes]:
        """(status, content type, body)."""
        return request(self.port, "GET", path, {"Authorization": f"Bearer {key}"} if key else {})


def own_environment() -> dict[str, str]:
    """This process's, without what belongs to the development environment or to another library."""
    ours = ("TIMELINE_", "COVERAGE_")
    return {name: value for name, value in os.environ.items() if name not in DROPPED and not name.startswith(ours)}


def output(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """What a command prints on stdout; ends everything if it fails."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=own_environment() if environment is None else environment,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for_health(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return with the first answer; ends everything if there is none, or the process ended."""
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and process.poll() is None:
        try:
            status, _, _ = request(port, "GET", "/api/v1/health")
        except OSError:
            time.sleep(0.02)
            continue
        if status == OK:
            return
    sys.exit(f"no answer on port {port}:\n{log.read_text()}")


def request(port: int, method: str, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str, bytes]:
    """(status, content type, body)."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read()
    finally:
        connection.close()


def expect(what: str, found: object, wanted: object) -> None:
    """End everything unless the answer is the right one."""
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")
