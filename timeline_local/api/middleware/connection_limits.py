from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from timeline_local.api.middleware.head import head_of, refuse, state_of
from timeline_local.api.middleware.security_headers import API_HEADERS, with_headers
from timeline_local.exceptions import Unavailable

POLICY_VIOLATION = 1008


class ConnectionLimits:
    """Answers at most so many requests at once, and speaks nothing but HTTP.

    Sockets, half-sent heads and idle connections never reach an ASGI application; `wire.py` bounds those.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self._most = most
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state_of(scope)
        head_of(scope)
        if self._running >= self._most:
            busy = Unavailable("Too many requests are running at once. Try again in a moment.")
            await refuse(scope, receive, with_headers(send, API_HEADERS), busy)
            return
        self._running += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._running -= 1
