"""`timeline-local serve` from the outside."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

HEALTH = "/api/v1/health"


def key_of(run: Command, data: Path) -> str:
    return str(run("api-key", "create", "--data", str(data), "--name", "test").stdout.strip())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_with_status_0_and_takes_its_run_file_along(
    serving: Command, data: Path, number: int
) -> None:
    with serving() as server:
        assert server.request("GET", HEALTH) == (200, {"status": "ok"})
        assert (data / "run" / "runtime.json").exists()
        status, seconds = server.end(number)
    assert status == 0
    assert seconds < 20
    assert not (data / "run" / "runtime.json").exists()


def test_open_streams_of_events_do_not_hold_up_the_end(serving: Command, run: Command, data: Path) -> None:
    with serving() as server:
        key = key_of(run, data)
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as stream:
            stream.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {key}"})
            answer = stream.getresponse()
            assert answer.status == 200
            assert answer.getheader("Cache-Control") == "no-store, no-transform"
            assert answer.readline() == b"retry: 2000\n"
            status, seconds = server.end()
            rest = answer.read()
    assert status == 0
    assert seconds < 20
    assert rest == b"\n"


def test_a_second_server_of_the_same_library_is_refused(serving: Command, run: Command, data: Path) -> None:
    with serving() as server:
        refused = run("serve", "--data", str(data), "--port", "0", "--no-browser")
        assert refused.returncode == 3
        assert f"It answers on port {server.port}" in refused.stderr


def test_a_demanded_port_that_is_taken_is_told_with_the_name_of_who_has_it(run: Command, data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as squatter:
        port = squatter.getsockname()[1]
        refused = run("serve", "--data", str(data), "--port", str(port), "--no-browser")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Port {port} is taken by ")
    assert f"(process {os.getpid()})" in refused.stderr


def test_commands_go_through_the_running_server(serving: Command, run: Command, data: Path) -> None:
    with serving() as server:
        key = key_of(run, data)
        assert server.request("GET", "/api/v1/jobs", key)[0] == 200
        assert json.loads(run("jobs", "--data", str(data), "--json").stdout) == {"items": []}
        opened = run("open", "--data", str(data))
        assert opened.returncode == 0
        assert f".localhost:{server.port}/#ticket=" in opened.stdout
        examined = json.loads(run("doctor", "--data", str(data), "--json").stdout)
        assert (examined["problems"], examined["healthy"]) == ([], True)
        assert examined["facts"]["server_running"] is True
        run("api-key", "revoke", key, "--data", str(data))
        assert server.request("GET", "/api/v1/jobs", key)[0] == 401


def test_the_server_can_be_asked_to_quit(serving: Command, run: Command, data: Path) -> None:
    with serving() as server:
        key = key_of(run, data)
        assert server.request("POST", "/api/v1/system/quit", key)[0] == 202
        assert server.process.wait(60) == 0


def test_a_server_for_others_prints_a_setup_link_until_its_owner_has_a_password(serving: Command, data: Path) -> None:
    data.mkdir(mode=0o700)
    (data / "timeline.env").write_text("TIMELINE_SERVER__PUBLIC_URL=https://timeline.example.org\n")
    with serving() as server:
        assert "within 60 minutes" in server.process.stdout.readline()
        address, _, token = server.process.stdout.readline().strip().partition("#invitation=")
        body = {"email": "ana@example.org", "password": "seven green tortoises", "name": "Ana", "invitation": token}
        answers = [server.request("POST", "/api/v1/auth/register", body=body)[0] for _ in range(2)]
    assert (address, answers) == ("https://timeline.example.org/register", [201, 422])
    with serving() as server:
        server.request("GET", "/api/v1/health/ready")
        server.end()
        assert "register" not in server.process.stdout.read()


def test_everything_in_the_library_is_the_owners_alone(serving: Command, data: Path) -> None:
    before = os.umask(0)
    try:
        with serving():
            loose = [path for path in (data, *data.rglob("*")) if path.stat().st_mode & 0o077]
    finally:
        os.umask(before)
    assert loose == []
