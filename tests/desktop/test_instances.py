"""One instance for a library, whoever else is about: parallel launches, killed ones, squatters on the port."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.conftest import ROOT, Launch, Launched, ended, eventually
from timeline_local.core.install_secrets import read_secrets
from timeline_local.core.instance import read_runtime
from timeline_local.core.local_client import LocalClient, find_server

# Notes every request and answers each as a server would that knows no secret.
SQUATTER = """
import http.server, json, sys

class Squatter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        print(json.dumps([self.command, self.path, self.rfile.read(length).decode()]), flush=True)
        answer = json.dumps({"nonce": "ab" * 40, "proof": "cd" * 32, "ticket": "x", "url": "http://x/"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Squatter)
print(server.server_port, flush=True)
server.serve_forever()
"""
CLAIM = """
import sys, time
from pathlib import Path
from timeline_local.core.instance import claim_library

with claim_library(Path(sys.argv[1])):
    print("mine", flush=True)
    time.sleep(600)
"""


def another_user() -> str | None:
    """A user of this computer who is not us, where we may start programs as one."""
    return "nobody" if os.geteuid() == 0 else None


@pytest.fixture(params=["same user", "other user"])
def squatter(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    user = another_user() if request.param == "other user" else None
    if request.param == "other user" and user is None:
        pytest.skip("only root can start programs as another user")
    program = subprocess.Popen(
        ["/usr/bin/env", sys.executable, "-I", "-c", SQUATTER] if user is None else ["python3", "-I", "-c", SQUATTER],
        stdout=subprocess.PIPE,
        text=True,
        user=user,
        cwd="/",
    )
    yield program
    ended(program)


def address_told(app: Launched) -> str:
    assert app.process.stdout
    told = ""
    for line in app.process.stdout:
        told += line
        if found := re.search(r"http://tl-\S+#ticket=\S+", line):
            return found[0]
    assert app.process.stderr
    raise AssertionError(told + app.process.stderr.read())


def test_of_twenty_launches_at_once_one_runs_and_the_others_open_it(launch: Launch) -> None:
    apps = [launch() for _ in range(20)]
    addresses = [address_told(app) for app in apps]
    assert len({address.partition("#")[0] for address in addresses}) == 1
    assert len(set(addresses)) == 20
    eventually(lambda: sum(app.process.poll() is None for app in apps) == 1, "more than one stays")
    assert {app.process.poll() for app in apps} == {None, 0}
    (resident,) = [app for app in apps if app.process.poll() is None]
    assert resident.end() == 0


def test_no_lock_outlives_its_process(tmp_path: Path) -> None:
    for _ in range(100):
        holder = subprocess.Popen(
            [sys.executable, "-c", CLAIM, str(tmp_path / "library")],
            stdout=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert holder.stdout
        assert holder.stdout.readline() == "mine\n"
        holder.kill()
        holder.communicate()


def test_a_launch_after_a_kill_starts_anew_and_a_linked_folder_is_the_same_library(
    launch: Launch, tmp_path: Path
) -> None:
    first = launch()
    address_told(first)
    info = read_runtime(first.data)
    assert info
    first.process.kill()
    os.kill(info.pid, signal.SIGKILL)
    (tmp_path / "link").symlink_to(first.data)
    second = launch(TIMELINE_DATA_DIR=str(tmp_path / "link"))
    address = address_told(second)
    third = launch("--new")
    again = address_told(third)
    assert third.process.wait(60) == 0
    assert again.partition("#")[0] == address.partition("#")[0] + "new"
    assert second.end() == 0


def test_a_squatter_on_the_port_gets_no_ticket(squatter: subprocess.Popen[str], launch: Launch, tmp_path: Path) -> None:
    before = launch()
    address_told(before)
    assert before.end() == 0
    assert squatter.stdout
    port = int(squatter.stdout.readline())
    held = read_secrets(before.data)
    assert held
    (before.data / "run" / "port").write_text(str(port))
    stale = {"host": "127.0.0.1", "port": port, "pid": 1, "instance_id": held.instance_id, "label": held.label}
    (before.data / "run" / "runtime.json").write_text(json.dumps(stale | {"version": "0"}))
    after = launch()
    assert f":{port}/" not in address_told(after)
    found = find_server(after.data)
    assert found
    assert LocalClient(*found).tray("look")["moved_port"] == port
    with LocalClient.connect(after.data) as client:
        told, text = client.get("/api/v1/system"), client.get("/api/v1/system/diagnostics")["text"]
    assert (told["port"], told["moved_port"]) == (found[0].port, port)
    assert f"port: {found[0].port}\nport_wanted: {port}\n" in text
    assert after.end() == 0
    squatter.terminate()
    asked = [json.loads(line) for line in squatter.stdout]
    assert asked
    assert {(method, path.partition("=")[0], body) for method, path, body in asked} == {
        ("GET", "/api/v1/auth/challenge?nonce", "")
    }


READABLE = """
import os, sys

seen = b""
for name in filter(str.isdigit, os.listdir("/proc")):
    try:
        seen += open(f"/proc/{name}/cmdline", "rb").read()
    except OSError:
        pass
for top in sys.argv[1:]:
    for folder, _, names in os.walk(top):
        for name in names:
            try:
                seen += open(os.path.join(folder, name), "rb").read(1000000)
            except OSError:
                pass
sys.stdout.buffer.write(seen)
"""


def test_no_other_user_can_read_a_ticket_anywhere(display: str, launch: Launch, tmp_path: Path) -> None:
    user = another_user()
    if user is None:
        pytest.skip("only root can look with the eyes of another user")
    temporary = tmp_path / "temporary"
    temporary.mkdir(mode=0o777)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and str(folder).startswith(("/tmp/pytest", str(tmp_path))):
            folder.chmod(folder.stat().st_mode | 0o055)
    app = launch(DISPLAY=display, TMPDIR=str(temporary))
    eventually(lambda: len(app.opened()) == 1, "the first page was not opened")
    ticket = app.opened()[0].partition("#ticket=")[2]
    assert len(ticket) >= 43
    places = [str(temporary), str(app.data)]
    seen = subprocess.run(
        ["python3", "-I", "-c", READABLE, *places], user=user, capture_output=True, check=True, cwd="/"
    )
    assert b"timeline_local" in seen.stdout
    assert ticket.encode() not in seen.stdout
    assert list(temporary.rglob("open-*.html"))  # it was there to be read
    assert app.end() == 0
    assert not list(temporary.rglob("open-*.html"))
    assert ticket not in (app.data / "logs" / "timeline.log").read_text()


def test_a_frozen_server_is_told_as_such_and_goes_on_where_it_was(launch: Launch) -> None:
    app = launch(TIMELINE_JOBS__LEASE_S="2")
    address_told(app)
    info = read_runtime(app.data)
    assert info
    os.kill(info.pid, signal.SIGSTOP)
    assert find_server(app.data) is None
    second = launch()
    os.kill(info.pid, signal.SIGCONT)
    assert address_told(second)
    assert second.process.wait(60) == 0
    found = read_runtime(app.data)
    assert found
    assert found.pid == info.pid
    assert app.end() == 0


def test_a_killed_server_is_started_again_three_times_and_then_it_is_told(launch: Launch) -> None:
    app = launch()
    address_told(app)
    killed: set[int] = set()
    for _ in range(4):
        eventually(lambda: find_server(app.data) is not None, "it was not started again")
        info = read_runtime(app.data)
        assert info
        os.kill(info.pid, signal.SIGKILL)
        killed.add(info.pid)
    assert app.process.stdout
    assert any("three times within ten minutes" in line for line in app.process.stdout)
    assert len(killed) == 4
    assert find_server(app.data) is None


def test_the_tray_app_moves_with_its_library_and_goes_over_to_another(launch: Launch, tmp_path: Path) -> None:
    app = launch()
    first = address_told(app)
    moved, other = tmp_path / "moved", tmp_path / "Family"
    with LocalClient.connect(app.data) as client:
        client.post("/api/v1/libraries/move", {"path": str(moved)})
    eventually(lambda: find_server(moved) is not None, "it is not served at its new place")
    eventually(lambda: [each.name for each in app.data.iterdir()] == ["library.json"], "the old files stay")
    with LocalClient.connect(moved) as client:
        client.post("/api/v1/libraries/open", {"path": str(other)})
    second = address_told(app)
    assert second.partition(".localhost")[0] != first.partition(".localhost")[0]
    third = launch(TIMELINE_DATA_DIR=str(other))
    assert address_told(third).partition(".localhost")[0] == second.partition(".localhost")[0]
    assert third.process.wait(60) == 0
    assert app.end() == 0
