"""Hundreds of connections that never finish what they began: others are answered, and the server lets go of them."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.blackbox.boxed import API, Server

HALF_OPEN = 150
SLOW = 50
LET_GO_S = 15


@pytest.fixture
def server(tmp_path: Path, head_s: int) -> Iterator[Server]:
    """A server that waits this long for a request head."""
    with Server(tmp_path / "library", settings={"TIMELINE_SERVER__HEADER_TIMEOUT_S": str(head_s)}) as running:
        yield running


def connect(server: Server, sent: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall(sent.encode())
    return connection


def trickle(connections: list[socket.socket], ended: Event) -> None:
    """A byte of each body now and then."""
    while not ended.wait(0.2):
        for each in connections:
            with suppress(OSError):
                each.sendall(b" ")


def ends(connection: socket.socket) -> bytes:
    """What came before the server closed it."""
    received = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(4096):
            received += part
    return received


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="/proc tells which connections are open")
@pytest.mark.parametrize("head_s", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_half_open_and_slow_connections_hold_up_nobody_and_are_let_go(server: Server, head_s: int) -> None:
    headers = {"Authorization": f"Bearer {server.api_key()}"}
    head = f"POST {API}/memories HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    body = (
        f"Content-Type: application/json\r\nContent-Length: 5000\r\nAuthorization: {headers['Authorization']}\r\n\r\n"
    )
    with ExitStack() as held:
        began = time.monotonic()
        half_open = [held.enter_context(connect(server, head)) for _ in range(HALF_OPEN)]
        slow = [held.enter_context(connect(server, f"{head}{body}\r\n\r\n")) for _ in range(SLOW)]
        ended = Event()
        trickling = Thread(target=trickle, args=(slow, ended))
        trickling.start()
        try:
            statuses = [server.ask("GET", f"{API}/memories", headers).status for _ in range(20)]
            said = [ends(each) for each in half_open]
            seconds = time.monotonic() - began
            afterwards = server.ask("GET", f"{API}/health", headers).status
        finally:
            ended.set()
            trickling.join()
    assert set(statuses) == {http.client.OK}
    assert [each for each in said if each and not each.startswith(b"HTTP/1.1 408")] == []
    assert head_s <= seconds <= LET_GO_S
    assert afterwards == http.client.OK
    until = time.monotonic() + 30
    while open_connections(server) and time.monotonic() < until:
        time.sleep(0.1)
    assert open_connections(server) == 0


def open_connections(server: Server) -> int:
    """Connections of the server's port that it has not let go of."""
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    mine = f"0100007F:{server.port:04X}"
    return sum(line.split()[1] == mine and line.split()[3] in {"01", "08"} for line in table)
