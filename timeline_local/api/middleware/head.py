"""What every layer asks of a request's head, read once, and the one way a layer refuses a request."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

from starlette.types import Receive, Scope, Send

from timeline_local.api.errors import problem_parts
from timeline_local.exceptions import TimelineError

# After a refusal, this much of a body on its way is thrown away: closing a socket with unread bytes resets it, and the
# client loses the answer. The socket buffers of loopback hold about 3 MB (measured 2026-11).
DRAIN_BYTES = 4 * 1024 * 1024
DRAIN_S = 1.0


class Head:
    """The header fields of one request: first value of each name, and the names that came more than once."""

    __slots__ = ("repeated", "values")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        values: dict[bytes, bytes] = {}
        repeated: set[bytes] = set()
        for name, value in headers:
            if name in values:
                repeated.add(name)
            else:
                values[name] = value
        self.values = values
        self.repeated = repeated

    def text(self, name: bytes) -> str:
        """The value as text, empty if absent."""
        return self.values.get(name, b"").decode("latin-1")

    @property
    def body_pending(self) -> bool:
        """Whether the client sends, or will send, a body."""
        return b"transfer-encoding" in self.values or self.values.get(b"content-length", b"0") != b"0"


def state_of(scope: Scope) -> dict[str, Any]:
    """The request's own state; layers and routes talk through it."""
    state: dict[str, Any] = scope.setdefault("state", {})
    return state


def head_of(scope: Scope) -> Head:
    """The request's head, parsed on first use."""
    state = state_of(scope)
    head: Head | None = state.get("head")
    if head is None:
        head = state["head"] = Head(scope["headers"])
    return head


async def refuse(scope: Scope, receive: Receive, send: Send, error: TimelineError) -> None:
    """Answer with the problem at once, the body unread; a connection on which a body is pending is closed."""
    status, headers, body = problem_parts(error, state_of(scope).get("request_id", ""))
    head = head_of(scope)
    pending = head.body_pending
    if pending:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": pending})
    if pending:
        if b"expect" not in head.values:
            await _drain(receive)
        await send({"type": "http.response.body", "body": b""})


async def _drain(receive: Receive) -> None:
    left = DRAIN_BYTES
    try:
        async with asyncio.timeout(DRAIN_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


@lru_cache(maxsize=64)
def best_encoding(accept: bytes) -> str:
    """`br`, `gzip` or `identity`, by an Accept-Encoding value; brotli wins a tie. Unreadable weights count as 0."""
    weights: dict[str, float] = {}
    for part in accept.decode("latin-1").lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _weight(parameters)
    other = weights.get("*", 0.0)
    brotli, gzip = weights.get("br", other), weights.get("gzip", other)
    if max(brotli, gzip) <= 0:
        return "identity"
    return "br" if brotli >= gzip else "gzip"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
