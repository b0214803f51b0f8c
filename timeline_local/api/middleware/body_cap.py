from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from timeline_local.api.middleware.head import Head, head_of, refuse
from timeline_local.exceptions import BodyTooLarge, MalformedRequest, TimelineError

IDLE_S = 60.0
FORM_OVERHEAD = 1024 * 1024  # boundaries, part headers and the small fields beside the file


class BodyCap:
    """Bounds a body by what it says and by what it sends; a client that stops sending for a minute is given up.

    The size a route takes depends on its path: uploads are files, everything else is JSON.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        json_bytes: int,
        upload_bytes: int,
        is_upload: Callable[[str, str], bool],
        idle_s: float = IDLE_S,
    ) -> None:
        self.app = app
        self._json_bytes = json_bytes
        self._upload_bytes = upload_bytes
        self._is_upload = is_upload
        self._idle_s = idle_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (head := head_of(scope)).body_pending:
            await self.app(scope, receive, send)
            return
        upload = self._is_upload(scope["method"], scope["path"])
        most = self._upload_bytes + FORM_OVERHEAD if upload else self._json_bytes
        error = _wrong_framing(head) or _too_large(head, most)
        if error is not None:
            await refuse(scope, receive, send, error)
            return
        await _Counted(most, self._idle_s, receive, send).run(self.app, scope)


class _Counted:
    """One request whose body is counted while it is read."""

    def __init__(self, most: int, idle_s: float, receive: Receive, send: Send) -> None:
        self._most = most
        self._left = most
        self._idle_s = idle_s
        self._receive = receive
        self._send = send
        self._reading = True
        self._started = False
        self._error: TimelineError | None = None

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Run the application; whatever it made of a body cut short, the client is told the true reason."""
        try:
            await app(scope, self.receive, self.send)
        except Exception:
            if self._error is None:
                raise
        if self._error is not None and not self._started:
            await refuse(scope, self._receive, self._send, self._error)

    async def receive(self) -> Message:
        if not self._reading:
            return await self._receive()
        try:
            async with asyncio.timeout(self._idle_s):
                message = await self._receive()
        except TimeoutError:
            self._error = MalformedRequest("The rest of the request did not arrive. Nothing was saved.")
            raise self._error from None
        self._left -= len(message.get("body", b""))
        self._reading = message.get("more_body", False)
        if self._left < 0:
            self._error = _over(self._most)
            raise self._error
        return message

    async def send(self, message: Message) -> None:
        if self._error is not None and not self._started:
            return
        self._started = True
        await self._send(message)


def _wrong_framing(head: Head) -> TimelineError | None:
    """Bodies whose length two readers could understand differently: the shapes of request smuggling."""
    length = head.values.get(b"content-length")
    encoding = head.values.get(b"transfer-encoding")
    repeated = b"content-length" in head.repeated or b"transfer-encoding" in head.repeated
    both = length is not None and encoding is not None
    unknown = (encoding is not None and encoding.lower() != b"chunked") or (
        length is not None and not (length.isdigit() and len(length) <= 18)  # noqa: PLR2004 - below 2**63
    )
    return MalformedRequest("The length of the request is not clear.") if repeated or both or unknown else None


def _too_large(head: Head, most: int) -> TimelineError | None:
    return _over(most) if int(head.values.get(b"content-length", b"0")) > most else None


def _over(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"At most {most} bytes are taken here. Nothing was saved.", facts={"limit_bytes": most})
