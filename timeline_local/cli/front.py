"""What answers from the first moment: liveness at once, everything else as soon as the application is there.

Loading the application takes most of a second, and an upgrade of the library may take longer. Meanwhile requests wait
here in the order they came instead of being refused; nobody sees a half-started server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LIVENESS = "/api/v1/health"
ALIVE = b'{"status":"ok"}'
AWAY = (
    b'{"type":"/problems/library-away","title":"The disk with your library is not there","status":503,'
    b'"detail":"Nothing was changed. Connect the disk again; the timeline comes back by itself."}'
)
AWAY_HEADERS = [
    (b"content-type", b"application/problem+json"),
    (b"content-length", str(len(AWAY)).encode()),
    (b"cache-control", b"no-store"),
    (b"retry-after", b"5"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(ALIVE)).encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


class Front:
    """An ASGI application in front of one that is still being loaded. label: this install's host name."""

    def __init__(self, label: str) -> None:
        self._names = frozenset({"127.0.0.1", "localhost", "[::1]", f"{label}.localhost"})
        self._app: App | None = None
        self._is_there = asyncio.Event()
        self._is_away = False

    def put(self, app: App) -> None:
        """From now on the application answers, those who wait first."""
        self._app = app
        self._is_away = False
        self._is_there.set()

    def take(self) -> None:
        """The library has gone: until there is an application again, everything but liveness is refused at once."""
        self._app = None
        self._is_away = True
        self._is_there.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None and self._asks_for_liveness(scope):
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": ALIVE})
            return
        if self._is_away:
            await send({"type": "http.response.start", "status": 503, "headers": AWAY_HEADERS})
            await send({"type": "http.response.body", "body": AWAY})
            return
        await self._is_there.wait()
        assert self._app is not None  # noqa: S101 - set before the event
        await self._app(scope, receive, send)

    def _asks_for_liveness(self, scope: Scope) -> bool:
        """Whether it can be answered without the application: any doubt about host or origin is left to its checks."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != LIVENESS:
            return False
        fields = [name for name, _ in scope["headers"] if name in (b"host", b"origin", b"sec-fetch-site")]
        if fields != [b"host"] or "target_authority" in scope.get("state", {}):
            return False
        host = next(value for name, value in scope["headers"] if name == b"host").decode("latin-1")
        name, colon, port = host.rpartition(":")
        server = scope.get("server") or ("", 0)
        return bool(colon) and name in self._names and port == str(server[1])
