"""What goes wrong inside is told by a number to ask for, and nothing of what was sent or is there."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.blackbox.boxed import API, Answer, Server
from tests.blackbox.described import routes
from timeline_local.core.security import SCOPES

SECRET = "hunter2-do-not-repeat"
INTERNALS = (b"Traceback", b"sqlite", b"asyncpg", b"postgres", b"SELECT", b"relation", b"site-packages", b".py")
MASKED = {"type", "title", "status", "detail", "request_id"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def dialect(request: pytest.FixtureRequest) -> str:
    """The errors of both are looked through; in the quick run those of one."""
    return str(request.param)


@pytest.fixture
def own_server(tmp_path: Path, database_url: str | None) -> Iterator[Server]:
    """A server of this test alone, on each database in turn."""
    settings = {} if database_url is None else {"TIMELINE_DATABASE__URL": database_url}
    with Server(tmp_path / "library", settings=settings) as running:
        yield running


def run(server: Server, url: str | None, statement: str) -> None:
    """Beside the server."""
    if url is None:
        with closing(sqlite3.connect(server.data / "timeline.db", timeout=30)) as db:
            db.execute(statement)
        return

    async def carry_out() -> None:
        link = await asyncpg.connect(url)
        await link.execute(statement)
        await link.close()

    asyncio.run(carry_out())


@contextmanager
def without_table(server: Server, url: str | None) -> Iterator[None]:
    """While the table of tags is not there."""
    run(server, url, "ALTER TABLE tag RENAME TO elsewhere")
    try:
        yield
    finally:
        run(server, url, "ALTER TABLE elsewhere RENAME TO tag")


def leaks(answer: Answer, *more: str) -> list[bytes]:
    """What an answer says and should not."""
    words = (*INTERNALS, SECRET.encode(), *(each.encode() for each in more))
    return [word for word in words if word in answer.body]


def test_a_fault_of_the_database_is_masked(own_server: Server, database_url: str | None) -> None:
    headers = {"Authorization": f"Bearer {own_server.api_key()}", "Content-Type": "application/json"}
    note = json.dumps({"title": SECRET, "tags": [SECRET]}).encode()
    with without_table(own_server, database_url):
        answers = [
            own_server.ask("GET", f"{API}/tags", headers),
            own_server.ask("GET", f"{API}/memories?q=%23{SECRET}", headers),
            own_server.ask("POST", f"{API}/memories", headers, note),
        ]
        alive = own_server.ask("GET", f"{API}/health").status
    assert {answer.status for answer in answers} <= {500, 503}
    assert [leak for answer in answers for leak in leaks(answer, str(own_server.data), "elsewhere")] == []
    assert {frozenset(answer.json) for answer in answers} == {frozenset(MASKED)}
    assert alive == 200
    log = "".join(path.read_text() for path in (own_server.data / "logs").glob("*.log"))
    assert all(answer.json["request_id"] in log for answer in answers)
    assert SECRET not in log
    assert own_server.ask("GET", f"{API}/tags", headers).status == 200


def test_an_original_that_cannot_be_read_is_told_without_its_path(server: Server) -> None:
    headers = {"Authorization": f"Bearer {server.api_key()}", "Content-Type": "multipart/form-data; boundary=b"}
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nwords\r\n--b--\r\n'
    media = server.ask("POST", f"{API}/media", headers, form).json["media"]
    (original,) = (path for path in (server.data / "media").rglob("*") if path.is_file())
    original.unlink()
    original.mkdir()  # as root, no file is unreadable
    answer = server.ask("GET", f"{API}/media/{media['id']}/original", headers)
    assert answer.status >= 400
    assert leaks(answer, str(server.data), original.name) == []


def test_no_route_repeats_a_secret_that_it_refuses(server: Server) -> None:
    headers = {"Authorization": f"Bearer {server.api_key(*sorted(SCOPES))}", "Content-Type": "application/json"}
    fields = ("password", "new_password", "current_password", "passphrase", "token", "ticket", "code", "refresh_token")
    told = {}
    for each in routes(server):
        if each.takes("application/json"):
            for value in (SECRET, [SECRET], {SECRET: SECRET}):
                body = json.dumps(dict.fromkeys((*fields, "unknown"), value)).encode()
                answer = server.ask(each.method, each.path, headers, body)
                told[each.method, each.path] = leaks(answer, str(server.data))
    assert len(told) > 40
    assert {one: found for one, found in told.items() if found} == {}
