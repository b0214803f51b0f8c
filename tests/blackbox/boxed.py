"""A real `timeline-local serve` seen from the outside: processes, sockets and files only."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from timeline_local.core.local_client import LocalClient, find_server

ROOT = Path(__file__).parents[2]
API = "/api/v1"
WAIT_S = 60.0
REST = ("planned", "paused", "done", "cancelled", "failed", "undone")


def clean_environment(home: Path) -> dict[str, str]:
    """No settings, no folders and no display of whoever runs the tests."""
    dropped = ("TIMELINE_", "XDG_", "DISPLAY", "WAYLAND_DISPLAY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT)}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "timeline_local", *arguments]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.body)


class Server:
    """A server process of a library; `restart` brings it back after any end."""

    def __init__(
        self,
        data: Path,
        *,
        umask: int = 0o022,
        port: int = 0,
        settings: Mapping[str, str] | None = None,
        home: Path | None = None,
    ) -> None:
        """settings: TIMELINE_… variables of the process. home: the account's folder; else the one the library is in."""
        self.data = data
        self.home = home or data.parent
        self.settings = dict(settings or {})
        self.umask = umask
        self.port = port
        self.log = self.home / "server.out"
        self.process = self._spawn()
        self._wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        arguments = command("serve", "--data", str(self.data), "--no-browser", "--port", str(self.port))
        with self.log.open("ab") as log:
            return subprocess.Popen(
                arguments,
                stdout=log,
                stderr=log,
                cwd=self.home,
                env=clean_environment(self.home) | self.settings,
                umask=self.umask,
            )

    def _wait(self) -> None:
        until = time.monotonic() + WAIT_S
        while (found := find_server(self.data)) is None:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)
        self.port = found[0].port

    def restart(self) -> None:
        self.process = self._spawn()
        self._wait()

    def kill(self) -> None:
        """As a power cut does it to a process."""
        self.process.kill()
        self.process.wait(60)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """(exit status, seconds it took)"""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(60), time.monotonic() - began

    def close(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def client(self) -> LocalClient:
        """A signed-in client, as the command line has it."""
        return LocalClient.connect(self.data)

    def api_key(self, *scopes: str) -> str:
        """A key made as the owner makes one."""
        with self.client() as client:
            return str(client.post(f"{API}/api-keys", {"name": "test"} | ({"scopes": scopes} if scopes else {}))["key"])

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """One request by an ordinary HTTP client."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def raw(self, request: bytes, *, timeout_s: float = 20.0) -> bytes:
        """What comes back for exactly these bytes, until the server closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as connection:
            received = b""
            with suppress(OSError):
                connection.sendall(request)
            with suppress(OSError):
                while part := connection.recv(65536):
                    received += part
            return received


def status_of(received: bytes) -> int:
    """The status of a raw answer; 0 if the connection was just closed."""
    line = received.split(b"\r\n", 1)[0].split(b" ")
    return int(line[1]) if len(line) > 1 and line[0].startswith(b"HTTP/1.") else 0


def settled(client: LocalClient, import_id: str, *, leaving: Sequence[str] = ()) -> dict[str, Any]:
    """The import once it rests, in none of the states `leaving`."""
    until = time.monotonic() + WAIT_S
    while True:
        found: dict[str, Any] = client.get(f"{API}/imports/{import_id}")
        if found["state"] in REST and found["state"] not in leaving:
            return found
        assert time.monotonic() < until, f"the import still says {found['state']}"
        time.sleep(0.05)


def planned(client: LocalClient, folder: Path, **options: str) -> dict[str, Any]:
    """A fresh import of the folder, scanned."""
    return settled(client, client.post(f"{API}/imports", {"path": str(folder), "options": options})["id"])


def imported(client: LocalClient, folder: Path, **options: str) -> dict[str, Any]:
    """The folder imported to the end."""
    plan = planned(client, folder, **options)
    client.post(f"{API}/imports/{plan['id']}/start")
    return settled(client, plan["id"], leaving=("planned",))


def all_memories(client: LocalClient) -> list[dict[str, Any]]:
    """Every memory on the timeline."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = client.get(f"{API}/memories", limit=500, cursor=cursor)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
