"""Many programs that count one note up at the same time, over HTTP: no count is lost."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.blackbox.boxed import API, Server

CLIENTS, EACH = 16, 60
PAUSE_S = 0.5  # at most; of those who come again at once, fifteen of sixteen are refused again


@pytest.fixture
def server(tmp_path: Path, database_url: str | None) -> Iterator[Server]:
    """A server on each database in turn."""
    settings = {} if database_url is None else {"TIMELINE_DATABASE__URL": database_url}
    with Server(tmp_path / "library", settings=settings) as running:
        yield running


def count_up(server: Server, key: str, path: str) -> int:
    """How often somebody else was quicker, until each of ours was taken."""
    refused, dice = 0, random.Random()  # noqa: S311 - no secret
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:

        def ask(method: str, body: str | None = None, **more: str) -> tuple[http.client.HTTPResponse, bytes]:
            connection.request(method, path, body, headers | more)
            answer = connection.getresponse()
            return answer, answer.read()

        for _ in range(EACH):
            status = HTTPStatus.PRECONDITION_FAILED
            while status == HTTPStatus.PRECONDITION_FAILED:
                found, seen = ask("GET")
                more = json.dumps({"body": str(int(json.loads(seen)["body"]) + 1)})
                answer, _ = ask("PATCH", more, **{"If-Match": str(found.headers["ETag"])})
                status = HTTPStatus(answer.status)
                if status == HTTPStatus.PRECONDITION_FAILED:
                    refused += 1
                    time.sleep(dice.random() * PAUSE_S)
            assert status == HTTPStatus.OK
    return refused


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_sixteen_programs_lose_none_of_960_increments(server: Server) -> None:
    key = server.api_key()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    made = server.ask("POST", f"{API}/memories", headers, b'{"title": "counted", "body": "0"}').json
    path = f"{API}/memories/{made['id']}"
    with ThreadPoolExecutor(CLIENTS) as pool:
        refused = list(pool.map(lambda _: count_up(server, key, path), range(CLIENTS)))
    assert server.ask("GET", path, headers).json["body"] == str(CLIENTS * EACH)
    assert sum(refused) > 0
