"""The library's folder goes away under a running server, as when its disk is pulled out, and comes back."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Server

WAIT_S = 60.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def server(data: Path) -> Iterator[Server]:
    running = Server(data, "--port", "0")
    yield running
    running.close()


@pytest.fixture
def key(data: Path, server: Server) -> str:
    from timeline_local.core.local_client import LocalClient

    with LocalClient.connect(data) as client:
        return str(client.post("/api/v1/api-keys", {"name": "test"})["key"])


def write(server: Server, key: str, text: str) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        connection.request("POST", "/api/v1/memories", json.dumps({"kind": "note", "body": text}), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def test_nothing_is_taken_while_it_is_away_and_everything_is_there_when_it_is_back(
    server: Server, key: str, data: Path
) -> None:
    kept = [text for number in range(5) if write(server, key, text := f"before {number}")[0] == 201]
    elsewhere = data.with_name("pulled out")
    data.rename(elsewhere)
    data.mkdir()  # the folder that the disk was mounted on
    refused = [write(server, key, "while away") for _ in range(3)]
    assert [(status, answer["type"]) for status, answer in refused] == [(503, "/problems/library-away")] * 3
    until(lambda: server.request("GET", "/api/v1/memories", key)[0] == 503)
    assert server.request("GET", "/api/v1/health", key)[0] == 200
    assert list(data.iterdir()) == []
    data.rmdir()
    elsewhere.rename(data)
    until(lambda: server.request("GET", "/api/v1/memories", key)[0] == 200)
    assert write(server, key, "after")[0] == 201
    found = server.request("GET", "/api/v1/memories?limit=50", key)[1]["items"]
    assert sorted(memory["body"] for memory in found) == sorted([*kept, "after"])
    assert (data / "run" / "runtime.json").exists()
    assert server.end(signal.SIGTERM)[0] == 0


@pytest.mark.slow
def test_a_library_that_was_deleted_is_waited_for_until_the_end(server: Server, key: str, data: Path) -> None:
    shutil.rmtree(data)
    until(lambda: write(server, key, "lost")[0] == 503)
    until(lambda: server.request("GET", "/api/v1/memories", key)[0] == 503)
    status, seconds = server.end(signal.SIGTERM)
    assert status == 0
    assert seconds < 20  # it ends by itself, it is not killed
    assert not data.exists()


@pytest.mark.slow
def test_another_library_in_its_place_is_left_alone(server: Server, key: str, data: Path, tmp_path: Path) -> None:
    other = Server(tmp_path / "other", "--port", "0")
    other.end()
    other.close()
    elsewhere = data.with_name("pulled out")
    data.rename(elsewhere)
    (tmp_path / "other").rename(data)
    until(lambda: server.request("GET", "/api/v1/memories", key)[0] == 503)
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*")}
    time.sleep(2)
    assert {path: path.stat().st_mtime_ns for path in data.rglob("*")} == before
    assert server.request("GET", "/api/v1/memories", key)[0] == 503
