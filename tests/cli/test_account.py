"""`timeline-local account`: for a forgotten password, with and without a running server."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EMAIL, FIRST, SECOND = "ana@example.org", "four quiet words apart", "another four quiet words"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def typed(run: Run, monkeypatch: pytest.MonkeyPatch, data: Path) -> Run:
    """Run a command of this library with a line on its standard input."""

    def go(line: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{line}\n"))
        return run(*arguments, "--data", str(data))

    return go


def log_in(server: Any, password: str) -> tuple[int, Any]:  # noqa: ANN401 - tests/cli/conftest.py's Server
    asked = {"email": EMAIL, "password": password, "client": "token"}
    status, answer = server.request("POST", "/api/v1/auth/login", body=asked)
    return status, answer


def test_a_forgotten_password_is_set_with_and_without_a_server(typed: Run, serving: Callable[..., Any]) -> None:
    assert typed(FIRST, "account", "set-password", "--email", EMAIL).returncode == 0
    with serving() as server:
        status, pair = log_in(server, FIRST)
        assert status == 200
        token = pair["access_token"]
        lock = {"enabled": True, "password": FIRST}
        assert server.request("PUT", "/api/v1/auth/app-lock", token, lock)[0] == 200
        locked = typed("", "jobs")
        assert (locked.returncode, "password" in locked.stderr) == (1, True)
        done = typed(SECOND, "account", "set-password")
        assert (done.returncode, done.stderr) == (0, "")
        assert server.request("GET", "/api/v1/settings", token)[0] == 401
        assert [log_in(server, password)[0] for password in (FIRST, SECOND)] == [401, 200]
        assert typed("", "account", "disable-second-factor", "--email", EMAIL).returncode == 0


@pytest.mark.parametrize(
    ("line", "arguments", "told"),
    [
        ("short", (), "at least 8 characters"),
        (EMAIL, ("--email", EMAIL), "your own"),
        (FIRST, ("--email", "nobody"), "cannot be used"),
    ],
)
def test_what_cannot_be_set_is_said_in_a_sentence(typed: Run, line: str, arguments: tuple[str, ...], told: str) -> None:
    done = typed(line, "account", "set-password", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_nobody_has_is_refused(typed: Run) -> None:
    assert typed(FIRST, "account", "set-password", "--email", EMAIL).returncode == 0
    done = typed(FIRST, "account", "disable-second-factor", "--email", "eve@example.org")
    assert (done.returncode, "Nobody has an account" in done.stderr) == (1, True)


def test_the_two_typed_at_a_terminal_must_be_the_same(run: Run, monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    typed_in = iter([FIRST, SECOND, FIRST, FIRST])
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("timeline_local.cli.account.getpass", lambda _: next(typed_in))
    assert "not the same" in run("account", "set-password", "--data", str(data)).stderr
    assert run("account", "set-password", "--data", str(data)).returncode == 0
