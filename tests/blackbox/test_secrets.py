"""Tickets, cookies, keys and files: what must not be seen, and by whom."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from PIL import Image

from tests.blackbox.boxed import API, WAIT_S, Server, clean_environment, command
from timeline_local.core.security import SCOPES


def redeem(server: Server, ticket: str) -> int:
    headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{server.port}"}
    return server.ask("POST", f"{API}/auth/redeem", headers, json.dumps({"ticket": ticket}).encode()).status


def ticket_of(server: Server) -> str:
    with server.client() as client:
        return client.ticket().ticket


def test_one_of_fifty_wins_the_race_for_a_ticket(server: Server) -> None:
    ticket = ticket_of(server)
    assert len(ticket) >= 32
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: redeem(server, ticket), range(50)))
    assert statuses.count(200) == 1
    assert {status for status in statuses if status != 200} <= {401, 403, 410, 422, 429}
    assert redeem(server, ticket) != 200


@pytest.mark.parametrize("ticket", ["", "x", "0" * 43, "../../etc/passwd", "a" * 5000, "\u00e9" * 20])
def test_a_guessed_ticket_is_refused(server: Server, ticket: str) -> None:
    assert 400 <= redeem(server, ticket) < 500


def test_nothing_secret_is_told_to_other_programs(own_server: Server) -> None:
    with own_server.client() as client:
        ticket = client.ticket().ticket
        secrets = [ticket, client._session_secret, client._cookie.partition("=")[2], own_server.api_key()]
    redeem(own_server, ticket)
    told = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if readable(path)]
    told += [path.read_bytes() for path in (own_server.data / "logs").rglob("*") if path.is_file()]
    told += [own_server.log.read_bytes()]
    assert [secret for secret in secrets for text in told if secret.encode() in text] == []


def readable(path: Path) -> bool:
    """Processes end while one looks."""
    try:
        path.read_bytes()
    except OSError:
        return False
    return True


def test_a_key_is_nowhere_on_the_disk(own_server: Server) -> None:
    key = own_server.api_key()
    assert own_server.ask("GET", f"{API}/memories", {"Authorization": f"Bearer {key}"}).status == 200
    own_server.end()
    found = [path for path in own_server.data.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]
    assert found == []


def fill(server: Server) -> None:
    """Make every kind of file that a library holds: an original, its previews, an export, an import, a cache."""
    headers = {"Authorization": f"Bearer {server.api_key(*sorted(SCOPES))}"}
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "JPEG")
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + buffer.getvalue()
    sent = {**headers, "Content-Type": "multipart/form-data; boundary=b"}
    made = server.ask("POST", f"{API}/media", sent, form + b"\r\n--b--\r\n").json["media"]["id"]
    assert server.ask("GET", f"{API}/media/{made}/preview/grid", headers).status == 200
    with server.client() as client:
        begun = client.post(f"{API}/imports", {"upload": True})["id"]
        assert server.ask("POST", f"{API}/imports/{begun}/files", sent, form + b"\r\n--b--\r\n").status == 201
        export = client.post(f"{API}/exports", {"format": "zip"})["id"]
        until = time.monotonic() + WAIT_S
        while client.get(f"{API}/exports/{export}")["state"] != "done" and time.monotonic() < until:
            time.sleep(0.1)


@pytest.mark.parametrize("umask", [0o000, *(pytest.param(one, marks=pytest.mark.slow) for one in (0o022, 0o077))])
def test_everything_in_the_library_is_the_owners_alone(tmp_path: Path, umask: int) -> None:
    data = tmp_path / "library"
    with Server(data, umask=umask) as server:
        fill(server)
        found = {path: path.stat() for path in (data, *data.rglob("*"))}
        wanted = {path: 0o700 if path.is_dir() else 0o600 for path in found}
    assert {path: oct(kept.st_mode) for path, kept in found.items() if stat.S_IMODE(kept.st_mode) != wanted[path]} == {}
    assert {kept.st_uid for kept in found.values()} == {os.geteuid()}
    assert {"media", "previews", "exports", "incoming", "logs", "run"} <= {path.name for path in found}


def owned_by_another(data: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    os.chown(data, 65_534, -1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unsafe",
    [lambda data: data.chmod(0o777), lambda data: data.chmod(0o770), owned_by_another],
    ids=["all", "group", "owner"],
)
def test_a_folder_that_others_may_write_is_refused_and_left_alone(
    tmp_path: Path, unsafe: Callable[[Path], None]
) -> None:
    data = tmp_path / "library"
    with Server(data) as server:
        server.end()
    unsafe(data)
    before = {path: path.stat() for path in (data, *data.rglob("*"))}
    ended = subprocess.run(
        command("serve", "--data", str(data), "--port", "0", "--no-browser"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
        env=clean_environment(tmp_path),
    )
    assert ended.returncode != 0
    assert str(data) in ended.stderr
    assert "Traceback" not in ended.stderr
    after = {path: path.stat() for path in (data, *data.rglob("*"))}
    assert {path: kept.st_mtime_ns for path, kept in before.items()} == {
        path: kept.st_mtime_ns for path, kept in after.items()
    }


def test_the_cookie_is_strict_and_its_name_belongs_to_this_library(server: Server) -> None:
    headers = {"Content-Type": "application/json"}
    answer = server.ask("POST", f"{API}/auth/redeem", headers, json.dumps({"ticket": ticket_of(server)}).encode())
    cookie = SimpleCookie(answer.headers["set-cookie"])
    (name,) = cookie
    assert re.fullmatch(r"__Host-tl[_-][a-z0-9-]+", name)
    parts = cookie[name]
    assert (parts["secure"], parts["httponly"], parts["path"], parts["domain"]) == (True, True, "/", "")
    assert parts["samesite"].lower() == "strict"
    assert answer.json["session_secret"] not in answer.headers["set-cookie"]
