"""Ending the server in the middle of everything: it ends, and what it said it kept is kept.

Status 0 says that it ended in order and in time: past 4.8 s it would have cut itself off, with another one.
"""

from __future__ import annotations

import http.client
import json
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bench import ending
from tests.blackbox.boxed import API, Server, all_memories, planned, settled
from timeline_local.core.local_client import LocalClient

STREAMS = 5
WRITERS = 3
LONG_S = 20  # any of the streams, or the upload, would hold it for ever


@pytest.fixture
def server(tmp_path: Path, database_url: str | None) -> Iterator[Server]:
    """A server on each database in turn, with small import batches, so that an import is met at work."""
    settings = {"TIMELINE_IMPORTS__BATCH": "5"}
    if database_url is not None:
        settings["TIMELINE_DATABASE__URL"] = database_url
    with Server(tmp_path / "library", settings=settings) as running:
        yield running


def write_on(server: Server, headers: dict[str, str]) -> list[str]:
    """The titles of notes that were acknowledged, one after the other until nobody answers."""
    kept: list[str] = []
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
        while True:
            title = f"note {id(kept)} {len(kept)}"
            try:
                connection.request("POST", f"{API}/memories", json.dumps({"title": title}), headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                return kept
            if answer.status != http.client.CREATED:
                return kept
            kept.append(title)


def open_stream(server: Server, headers: dict[str, str]) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LONG_S)
    connection.request("GET", f"{API}/events", headers=headers)
    assert connection.getresponse().status == http.client.OK
    return connection


def begin_upload(server: Server, headers: dict[str, str]) -> socket.socket:
    """An upload of 50 MB of which a little was sent."""
    head = f"POST {API}/media HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 50000000\r\n"
    head += f"Content-Type: multipart/form-data; boundary=b\r\nAuthorization: {headers['Authorization']}\r\n\r\n"
    part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=LONG_S)
    connection.sendall((head + part).encode() + b"a" * 200_000)
    return connection


def wait_for(server: Server, import_id: str, headers: dict[str, str]) -> None:
    """Until a part of the import, and not all of it, is there."""
    until = time.monotonic() + 60
    while server.ask("GET", f"{API}/imports/{import_id}", headers).json["progress"]["done"] == 0:
        assert time.monotonic() < until
        time.sleep(0.01)


def by_sigterm(server: Server) -> int:
    return server.end(signal.SIGTERM)[0]


def by_ctrl_c(server: Server) -> int:
    return server.end(signal.SIGINT)[0]


def by_the_tray(server: Server) -> int:
    LocalClient.find(server.data).tray("quit")
    return server.process.wait(60)


@pytest.mark.parametrize(
    "end", [by_sigterm, *(pytest.param(each, marks=pytest.mark.slow) for each in (by_ctrl_c, by_the_tray))]
)
def test_it_ends_in_time_and_nothing_acknowledged_is_lost(
    server: Server, folder: Path, end: Callable[[Server], int]
) -> None:
    headers = {"Authorization": f"Bearer {server.api_key()}", "Content-Type": "application/json"}
    with server.client() as client:
        plan = planned(client, folder)
    with ExitStack() as held, ThreadPoolExecutor(WRITERS) as pool:
        for _ in range(STREAMS):
            held.enter_context(closing(open_stream(server, headers)))
        held.enter_context(begin_upload(server, headers))
        writers = [pool.submit(write_on, server, headers) for _ in range(WRITERS)]
        assert server.ask("POST", f"{API}/imports/{plan['id']}/start", headers).status == http.client.OK
        wait_for(server, plan["id"], headers)
        status = end(server)
        acknowledged = [title for writer in writers for title in writer.result()]
    assert status == 0, server.log.read_text()
    assert list((server.data / "incoming").glob("*.part")) == []
    assert list(server.data.glob("timeline.db-*")) == []  # the database's log is in its file
    assert len(acknowledged) > WRITERS
    server.restart()
    with server.client() as client:
        done = settled(client, plan["id"], leaving=("planned",))
        found = all_memories(client)
    assert (done["state"], done["counts"]["new"]) == ("done", len(list(folder.iterdir())))
    assert set(acknowledged) <= {one["title"] for one in found}
    files = Counter(one["media"][0]["file_name"] for one in found if one["media"])
    assert files == dict.fromkeys((path.name for path in folder.iterdir()), 1)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_ends_in_order_whenever_it_is_told_to_also_after_it_stood_still(
    tmp_path: Path, database_url: str | None
) -> None:
    tally = ending.run(tmp_path, rounds=6, seed=1, database_url=database_url)
    assert (tally.statuses, tally.lost) == ({0: 6}, 0)
