from __future__ import annotations

import logging
import os
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from timeline_local.api.middleware.head import state_of
from timeline_local.core.logging import request_id as current_request_id
from timeline_local.core.metrics import RouteTimes

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

logger = logging.getLogger("timeline_local.access")


def new_request_id() -> str:
    """20 hex digits that sort by time. Ours always: an id sent by the client could be made to lie in the log."""
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(4).hex()}"


class RequestLog:
    """Gives each request its id and writes one line about it: method, route template, status, bytes, milliseconds.

    The template is the route's (`/api/v1/memories/{id}`), known once it has run; never the path or the query string,
    which hold what the owner searches for and opens. Answers from memory (the static UI) are logged at DEBUG.
    How long an answer took to begin is noted in `times`; the end of a download or stream is up to its client.
    """

    def __init__(self, app: ASGIApp, *, times: RouteTimes | None = None) -> None:
        self.app = app
        self._times = times or RouteTimes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = new_request_id()
        state = state_of(scope)
        state["request_id"] = request_id
        header = (b"x-request-id", request_id.encode())
        status = 0
        size = 0
        began_ms = 0.0

        async def send_with_id(message: Message) -> None:
            nonlocal status, size, began_ms
            if message["type"] == "http.response.start":
                status = message["status"]
                began_ms = (time.perf_counter() - started) * 1000
                message["headers"] = [*message.get("headers", ()), header]
            elif "body" in message:
                size += len(message["body"])
            await send(message)

        token = current_request_id.set(request_id)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            if status and not state.get("from_memory"):
                method = scope["method"] if scope["method"] in METHODS else "OTHER"
                self._times.note(method, route_template(scope), status=status, ms=began_ms)
            level = logging.DEBUG if state.get("from_memory") else logging.INFO
            if logger.isEnabledFor(level):
                extra = {
                    "method": scope["method"],
                    "route": route_template(scope),
                    "status": status,
                    "bytes": size,
                    "ms": round((time.perf_counter() - started) * 1000, 2),
                }
                # A record made by hand spares the search for the calling line, which is always this one.
                logger.handle(logger.makeRecord(logger.name, level, "", 0, "request", (), None, extra=extra))
            current_request_id.reset(token)


def route_template(scope: Scope) -> str:
    """The template of the route that answered, `-` if none did.

    FastAPI keeps the full template of an included router's route in its own part of the scope; the route object
    itself knows only the part below the router's prefix.
    """
    context = scope.get("fastapi", {}).get("effective_route_context")
    template = getattr(context, "path_format", None) or getattr(scope.get("route"), "path_format", None)
    return str(template or state_of(scope).get("template", "-"))
