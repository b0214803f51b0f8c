"""The smallest HTTP client that can time a server: one socket, prepared bytes, no parsing but the length of the body.

A real client would add the same half millisecond to both servers and so hide the difference that is looked for.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_PIECE = 1 << 20


class UnexpectedAnswer(Exception):
    """A server answered something else than what the operation needs."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """A header's value; "" if it is missing."""
        for line in self.head.split(b"\r\n")[1:]:
            found, _, value = line.partition(b":")
            if found.strip().lower() == name.encode():
                return value.strip().decode()
        return ""


class Wire:
    """One kept connection to a server on this computer."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._port = port
        self.connect()
        self._head = "".join(
            f"{name}: {value}\r\n" for name, value in {"Host": f"127.0.0.1:{port}", **(headers or {})}.items()
        )

    def connect(self) -> None:
        """Open the connection; servers close those that were idle for some seconds."""
        self.socket = socket.create_connection(("127.0.0.1", self._port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
        """The bytes of a request."""
        extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        return f"{method} {path} HTTP/1.1\r\n{self._head}{extra}{length}\r\n".encode() + body

    def send(self, request: bytes) -> None:
        self.socket.sendall(request)

    def receive(self) -> Answer:
        """The answer to what was sent. Raises UnexpectedAnswer when the server hangs up."""
        data = bytearray()
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = bytes(data[:end])
        length = int(Answer(0, head, b"").header("content-length") or 0)
        while len(data) < end + 4 + length:
            data += self._more()
        return Answer(int(head.split(b" ", 2)[1]), head, bytes(data[end + 4 :]))

    def ask(self, request: bytes, *, status: int = 200) -> Answer:
        """One round trip. Raises UnexpectedAnswer on another status."""
        self.socket.sendall(request)
        answer = self.receive()
        if answer.status != status:
            raise UnexpectedAnswer(f"{request[:80]!r} → {answer.status}: {answer.body[:300]!r}")
        return answer

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _more(self) -> bytes:
        piece = self.socket.recv(_PIECE)
        if not piece:
            raise UnexpectedAnswer("the server closed the connection")
        return piece


def throughput(wires: list[Wire], request: bytes, *, seconds: float) -> float:
    """Answers per second with one request always under way on each connection."""
    selector = selectors.DefaultSelector()
    for wire in wires:
        selector.register(wire.socket, selectors.EVENT_READ, wire)
        wire.send(request)
    answers, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        for key, _ in selector.select():
            key.data.receive()
            answers += 1
            key.data.send(request)
    for wire in wires:
        wire.receive()
    selector.close()
    return answers / spent
