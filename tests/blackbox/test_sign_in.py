"""Signing in as a stranger sees it: memory, limits that outlive the process, nothing on the disk.

The tests share a server, and so the limit of thirty attempts a minute for all accounts: together they make 27.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.blackbox.boxed import API, Answer, Server
from timeline_local.core.local_client import LocalClient

PASSWORD = "four quiet words apart"
MIB = 1024 * 1024


def post(server: Server, path: str, body: object, headers: dict[str, str] | None = None) -> Answer:
    sent = {"Content-Type": "application/json"} | (headers or {})
    return server.ask("POST", f"{API}{path}", sent, json.dumps(body).encode())


def log_in(server: Server, email: str, password: str, **headers: str) -> Answer:
    return post(server, "/auth/login", {"email": email, "password": password, "client": "token"}, headers)


def give_password(server: Server, email: str, password: str = PASSWORD) -> None:
    """As `timeline-local account set-password` does it."""
    with closing(LocalClient.find(server.data)) as client:
        asked = {"action": "set-password", "email": email, "password": password}
        client.post(f"{API}/auth/recovery", client.proof() | asked)


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose owner has a password."""
    with Server(tmp_path_factory.mktemp("boxed") / "library") as running:
        give_password(running, "ana@example.org")
        yield running


def memory_kib(server: Server, line: str) -> int:
    """A figure of the process (VmHWM: the most it ever took)."""
    told = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(each.split()[1] for each in told.splitlines() if each.startswith(f"{line}:")))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="/proc tells the peak of a process's memory")
def test_sixteen_wrong_passwords_at_once_take_less_than_100_mb_and_hold_up_nobody(open_server: Server) -> None:
    assert log_in(open_server, "warm@example.org", "what loads the packages").status == 401
    key = {"Authorization": f"Bearer {open_server.api_key()}"}
    before = memory_kib(open_server, "VmHWM")
    with ThreadPoolExecutor(16) as pool:
        wrong = [pool.submit(log_in, open_server, f"{number}@example.org", "wrong guess") for number in range(16)]
        others = []
        while not all(each.done() for each in wrong):
            others.append(open_server.ask("GET", f"{API}/memories", key).status)
    grown = memory_kib(open_server, "VmHWM") - before
    assert {each.result().status for each in wrong} == {401}
    assert len(others) >= 2  # answered while passwords were still being checked, not after them
    assert set(others) == {200}
    assert grown * 1024 < 100_000_000, f"{grown} KiB"


def test_guesses_are_counted_over_a_killed_server_and_the_ticket_still_opens(open_server: Server) -> None:
    first = [guess(open_server, number) for number in range(6)]
    open_server.kill()
    open_server.restart()
    second = [guess(open_server, number) for number in range(6, 40)]
    assert (first + second).count(401) == 10
    assert (first + second).count(429) == 30
    with open_server.client() as client:
        assert client.get(f"{API}/settings")["theme"] == "system"


@pytest.mark.slow
def test_of_a_thousand_guesses_ten_are_looked_at(own_server: Server) -> None:
    give_password(own_server, "guessed@example.org")
    first = [guess(own_server, number) for number in range(500)]
    own_server.kill()
    own_server.restart()
    statuses = first + [guess(own_server, number) for number in range(500, 1000)]
    assert (statuses.count(401), statuses.count(429)) == (10, 990)
    assert log_in(own_server, "guessed@example.org", PASSWORD).status == 429
    with own_server.client() as client:
        assert client.get(f"{API}/settings")["theme"] == "system"


def guess(server: Server, number: int) -> int:
    address = f"203.0.{number // 250}.{number % 250}"
    rotating = {"X-Forwarded-For": address, "X-Real-IP": address, "Forwarded": f"for={address};proto=https"}
    rotating |= {"X-Forwarded-Proto": "https", "X-Forwarded-Host": f"{number}.example.org"}
    return log_in(server, "guessed@example.org", f"guess {number}", **rotating).status


def test_what_was_ended_stays_ended_after_a_restart_and_no_secret_is_on_the_disk(open_server: Server) -> None:
    kept, ended = (log_in(open_server, "ana@example.org", PASSWORD).json for _ in range(2))
    key = open_server.api_key("settings:read")
    assert post(open_server, "/auth/logout", None, bearer(ended)).status == 204
    assert [status(open_server, pair) for pair in (kept, ended)] == [200, 401]
    open_server.end()
    secrets = [PASSWORD, key, kept["access_token"], kept["refresh_token"], ended["refresh_token"]]
    files = [path for path in open_server.data.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert [path.name for path in files for secret in secrets if secret.encode() in path.read_bytes()] == []
    assert [secret for secret in secrets if secret.encode() in open_server.log.read_bytes()] == []
    open_server.restart()
    assert [status(open_server, pair) for pair in (kept, ended)] == [200, 401]
    assert post(open_server, "/auth/refresh", {"refresh_token": ended["refresh_token"]}).status == 401


def bearer(pair: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair['access_token']}"}


def status(server: Server, pair: dict[str, str]) -> int:
    return server.ask("GET", f"{API}/settings", bearer(pair)).status
