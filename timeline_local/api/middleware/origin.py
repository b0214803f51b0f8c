from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from timeline_local.api.middleware.head import Head, head_of, refuse
from timeline_local.exceptions import ForeignRequest

_OURS = (b"same-origin", b"none")
_SINGLE = (b"origin", b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest")


class OriginCheck:
    """Refuses what another page makes the browser send.

    An Origin, wherever it is sent, must be exactly the one this request came to (scheme, host, port) or a configured
    one; `null` is nobody's. Sec-Fetch-Site, where the browser sends it, must be same-origin or none, for reads too.
    The shell, which holds no data, may also be opened by a link (a top-level navigation). Absence of both proves
    nothing and allows nothing: authentication still asks for two secrets or a key.
    """

    def __init__(self, app: ASGIApp, *, is_shell: Callable[[str], bool], cors_origins: Sequence[str] = ()) -> None:
        self.app = app
        self._is_shell = is_shell
        self._cors = frozenset(origin.encode("latin-1", "replace") for origin in cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._accepts(scope, head_of(scope)):
            await self.app(scope, receive, send)
            return
        foreign = ForeignRequest("Another page or program made this request in your browser. Nothing was changed.")
        await refuse(scope, receive, send, foreign)

    def _accepts(self, scope: Scope, head: Head) -> bool:
        values = head.values
        if head.repeated and any(name in head.repeated for name in _SINGLE):
            return False
        origin = values.get(b"origin")
        if origin is not None:
            if origin in self._cors:
                return True
            if origin != scope.get("scheme", "http").encode() + b"://" + values.get(b"host", b""):
                return False
        site = values.get(b"sec-fetch-site")
        return site is None or site in _OURS or self._is_navigation(scope, head)

    def _is_navigation(self, scope: Scope, head: Head) -> bool:
        return (
            scope["method"] in ("GET", "HEAD")
            and head.values.get(b"sec-fetch-mode") == b"navigate"
            and head.values.get(b"sec-fetch-dest") == b"document"
            and self._is_shell(scope["path"])
        )
