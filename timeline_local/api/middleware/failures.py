from __future__ import annotations

import logging

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from timeline_local.api.middleware.head import refuse
from timeline_local.core.disks import why_unwritten
from timeline_local.exceptions import TimelineError

logger = logging.getLogger("timeline_local.api")


class Failures:
    """The edge of a request: an error of ours becomes its problem, a full or read-only disk becomes one of ours, and

    anything else a 500 that names only its request id.

    Inside the security headers, so that failures carry them too. If the answer had already begun, the connection is
    cut: the client must not take half an answer for a whole one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except TimelineError as error:
            if not started:
                await refuse(scope, receive, send, error)
        except ClientDisconnect:
            logger.info("the client went away before its request was complete")
        except Exception as error:
            reason = why_unwritten(error) if isinstance(error, OSError) else None
            if reason is None:
                logger.exception("request failed")
            else:
                logger.warning("the disk could not be written", extra={"problem": reason.slug})
            if not started:
                await refuse(scope, receive, send, reason or TimelineError(_DETAIL))


_DETAIL = "That is our fault, and it was written to the log under this request id. Nothing half-done was kept."
