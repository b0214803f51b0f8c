"""Connections that never finish what they began: half a head and then nothing, or a byte of a body now and then."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar

HALF_OPEN, SLOW = 150, 50
_EVERY_S = 1.0


@dataclass(slots=True)
class Held:
    """longest_s: how long the server put up with the most patient half-open connection."""

    GOAL_S: ClassVar[float] = 15.0
    half_open: int = HALF_OPEN
    count: int = HALF_OPEN + SLOW
    longest_s: float = 0.0


@contextmanager
def holding(port: int, key: str, over: threading.Event) -> Iterator[Held]:
    """Hold them until `over`."""
    head = f"POST /api/v1/memories HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    body = f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n"
    held = Held()
    threads = [threading.Thread(target=_wait, args=(_connect(port, head), held)) for _ in range(HALF_OPEN)]
    slow = [_connect(port, head + body) for _ in range(SLOW)]
    threads.append(threading.Thread(target=_trickle, args=(slow, over)))
    for thread in threads:
        thread.start()
    try:
        yield held
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _connect(port: int, sent: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.sendall(sent.encode())
    return connection


def _wait(connection: socket.socket, held: Held) -> None:
    began = time.monotonic()
    with connection, suppress(OSError):
        while connection.recv(4096):
            pass
    held.longest_s = max(held.longest_s, time.monotonic() - began)


def _trickle(connections: list[socket.socket], over: threading.Event) -> None:
    while not over.wait(_EVERY_S):
        for connection in connections:
            with suppress(OSError):
                connection.sendall(b" ")
    for connection in connections:
        connection.close()
