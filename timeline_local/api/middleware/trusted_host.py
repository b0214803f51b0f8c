from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from timeline_local.api.middleware.head import head_of, refuse, state_of
from timeline_local.exceptions import MalformedRequest, WrongHost

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_ENCODED_NUL = re.compile(rb"%00|\x00")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MOST_PORTS = 16


class TrustedHost:
    """Answers only to names that are ours, with our port, compared byte by byte: the wall against DNS rebinding.

    names       loopback names and the per-install label; they need the port the request came in on.
    configured  `name` or `name:port` as a reverse proxy passes them on; without a port any of ours will do.
    Also refuses request targets that no client of ours sends: absolute ones for another host, control characters.
    """

    def __init__(self, app: ASGIApp, *, names: Sequence[str], configured: Sequence[str] = ()) -> None:
        self.app = app
        self._names = tuple(names)
        self._configured = tuple(configured)
        self._allowed: dict[tuple[int | None, str], frozenset[bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = head_of(scope)
        host = head.values.get(b"host", b"")
        server = scope.get("server")
        allowed = self._hosts(server[1] if server else None, scope.get("scheme", "http"))
        authority = state_of(scope).get("target_authority", host)
        if host not in allowed or b"host" in head.repeated or authority != host:
            await refuse(scope, receive, send, WrongHost("This computer's timeline is not served under that name."))
            return
        path = scope["path"]
        if not path.startswith("/") or _CONTROLS.search(path) or _ENCODED_NUL.search(scope.get("query_string", b"")):
            await refuse(scope, receive, send, MalformedRequest("That address cannot be read."))
            return
        await self.app(scope, receive, send)

    def _hosts(self, port: int | None, scheme: str) -> frozenset[bytes]:
        found = self._allowed.get((port, scheme))
        if found is None:
            if len(self._allowed) >= _MOST_PORTS:
                self._allowed.clear()
            found = self._allowed[port, scheme] = frozenset(self._expand(port, scheme))
        return found

    def _expand(self, port: int | None, scheme: str) -> list[bytes]:
        bare = port is None or port == _DEFAULT_PORTS.get(scheme)
        hosts = [f"{name}:{port}" for name in (*self._names, *self._configured)]
        hosts += self._names if bare else ()
        hosts += self._configured
        return [host.encode("latin-1", "replace") for host in hosts]
