from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from timeline_local.api.middleware.head import Head, head_of
from timeline_local.api.middleware.security_headers import with_headers

_METHODS = b"GET, HEAD, POST, PATCH, PUT, DELETE"
_REQUEST_HEADERS = b"authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, range"
_RESPONSE_HEADERS = b"content-disposition, content-range, etag, location, retry-after, x-request-id"
_MAX_AGE_S = b"600"


class Cors:
    """Lets scripts of the configured origins read answers; by default there are none, and no answer names any.

    Never a wildcard and never credentials: such a script must hold an API key.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str] = ()) -> None:
        self.app = app
        self._origins = frozenset(origin.encode("latin-1", "replace") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._origins or scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = head_of(scope)
        origin = head.values.get(b"origin")
        if origin not in self._origins or origin is None:
            await self.app(scope, receive, send)
            return
        if _is_preflight(scope, head):
            await _allow(send, origin)
            return
        headers = [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _RESPONSE_HEADERS),
            (b"cross-origin-resource-policy", b"cross-origin"),
            (b"vary", b"origin"),
        ]
        await self.app(scope, receive, with_headers(send, headers))


def _is_preflight(scope: Scope, head: Head) -> bool:
    return scope["method"] == "OPTIONS" and b"access-control-request-method" in head.values


async def _allow(send: Send, origin: bytes) -> None:
    headers = [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _REQUEST_HEADERS),
        (b"access-control-max-age", _MAX_AGE_S),
        (b"vary", b"origin"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
