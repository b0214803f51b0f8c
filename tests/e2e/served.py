"""A real server with a library of its own, for the browser tests; it can be stopped and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from timeline_local.core.local_client import LocalClient, NoServer, find_server

ROOT = Path(__file__).parents[2]
API = "/api/v1"
WAIT_S = 90.0
REST = ("planned", "paused", "done", "cancelled", "failed", "undone")


def clean_environment(home: Path) -> dict[str, str]:
    """No settings, no folders and no display of whoever runs the tests."""
    dropped = ("TIMELINE_", "XDG_", "DISPLAY", "WAYLAND_DISPLAY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "TZ": "Europe/Amsterdam"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Server:
    """`timeline-local serve` in a process of its own, on the same port after every start."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.home = folder
        self._settings = dict(settings or {})
        self.data = folder / "library"
        self.port = free_port()
        self.log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it proves itself."""
        command = [sys.executable, "-m", "timeline_local", "serve", "--data", str(self.data), "--no-browser"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                stdout=log,
                stderr=log,
                cwd=self.home,
                env=clean_environment(self.home) | self._settings,
            )
        until = time.monotonic() + WAIT_S
        while find_server(self.data) is None:
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal; its exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(30)

    def close(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait(30)

    def client(self) -> LocalClient:
        """A signed-in client of its own."""
        return LocalClient.connect(self.data)

    def address(self) -> str:
        """A fresh address that signs a browser in."""
        with LocalClient.find(self.data) as client:
            return client.ticket().url

    def import_folder(self, folder: Path, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Import a folder to its end through the API; the finished import."""
        with self.client() as client:
            planned = settled(client, client.post(f"{API}/imports", {"path": str(folder), "options": options})["id"])
            client.post(f"{API}/imports/{planned['id']}/start")
            return settled(client, planned["id"], leaving="planned")


def settled(client: LocalClient, import_id: str, *, leaving: str = "") -> dict[str, Any]:
    """The import once it rests, in another state than `leaving`."""
    until = time.monotonic() + WAIT_S
    while True:
        with suppress(NoServer):
            found: dict[str, Any] = client.get(f"{API}/imports/{import_id}")
            if found["state"] in REST and found["state"] != leaving:
                return found
        assert time.monotonic() < until, f"the import did not settle within {WAIT_S} s"
        time.sleep(0.1)
