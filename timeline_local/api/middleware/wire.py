"""What must be refused before there is an ASGI request: slow, endless or ambiguous heads, and too many sockets.

uvicorn bounds neither the time nor the size of a request head with httptools, and drops the host of an absolute
request target. `uvicorn_options` is what a server of ours is started with.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from timeline_local.config import Settings

MOST_HEAD_BYTES = 64 * 1024
MOST_HEADERS = 100
KEEP_ALIVE_S = 75


class HeadTooLarge(Exception):
    """Raised inside the parser, which turns it into its own error; the protocol then answers 431."""


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with bounded heads. `guarded_protocol` sets the two figures."""

    most_connections = 512
    head_timeout_s = 10.0

    _timer: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0
    _too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, or close it with 503 if there are too many; its first head must come in time."""
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            self._close_with(b"503 Service Unavailable", b"retry-after: 1\r\n")
            return
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and watch the head while it is incomplete."""
        was_in_head = self._in_head
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._close_with(b"431 Request Header Fields Too Large")
            elif not was_in_head or self._timer is None:
                self._arm()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed: 431 if it was too large, else 400; the connection is closed."""
        self._disarm()
        if self._too_large:
            self._close_with(b"431 Request Header Fields Too Large")
        else:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count the fields of a head that arrives in one piece."""
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value)
        if len(self.headers) > MOST_HEADERS or self._head_bytes > MOST_HEAD_BYTES:
            self._too_large = True
            raise HeadTooLarge

    def on_headers_complete(self) -> None:
        """Hand the request on; an absolute target's host is kept for the Host check."""
        self._in_head = False
        self._head_bytes = 0
        self._disarm()
        if not self.url.startswith(b"/"):
            _, separator, rest = self.url.partition(b"://")
            self.scope["state"]["target_authority"] = rest.partition(b"/")[0] if separator else b""
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.pipeline:
            self._in_head = False

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.head_timeout_s, self._expire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self._close_with(b"408 Request Timeout")

    def _close_with(self, status: bytes, extra: bytes = b"") -> None:
        self._disarm()
        self.transport.write(
            b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n" + extra + b"\r\n"
        )
        self.transport.close()


def guarded_protocol(*, most_connections: int, head_timeout_s: float) -> type[GuardedProtocol]:
    """The protocol class with these bounds, for uvicorn's `http=`."""
    bounds = {"most_connections": most_connections, "head_timeout_s": head_timeout_s}
    return type("BoundedProtocol", (GuardedProtocol,), bounds)


def uvicorn_options(settings: Settings) -> dict[str, Any]:
    """The keyword arguments of `uvicorn.Config` that the rules of this folder rely on. Host and port are not in it."""
    server = settings.server
    return {
        "http": guarded_protocol(most_connections=server.max_connections, head_timeout_s=server.header_timeout_s),
        "ws": "none",
        "lifespan": "on",
        "interface": "asgi3",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": server.trust_proxy,
        "forwarded_allow_ips": list(server.trusted_proxies),
        "timeout_keep_alive": KEEP_ALIVE_S,
        "timeout_graceful_shutdown": server.shutdown_timeout_s,
    }
