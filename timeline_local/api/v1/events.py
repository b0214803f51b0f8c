"""Live changes as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from timeline_local.api.dependencies import Me, Parts, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.core.changes import Event, Subscription
from timeline_local.exceptions import ScopeMissing
from timeline_local.runtime import Runtime
from timeline_local.services import revision

router = APIRouter(tags=["events"], route_class=StrictRoute)

HEARTBEAT_S = 15.0
RETRY_MS = 2000

_EXAMPLE = (
    "retry: 2000\n\n"
    'id: 1763800000000-7\nevent: timeline\ndata: {"rev":42,"days":["2019-06-01"]}\n\n'
    'id: 1763800000000-8\nevent: import\ndata: {"id":"019a…","state":"running","progress":{"done":400}}\n\n'
)


@router.get(
    "/events",
    summary="Follow what changes",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A stream without end: `timeline` {rev, days?}, `job` (the job), `import` {id, state, "
            "progress}, `system` {paused}, `move` (of the library); a comment every 15 s. Send the last `id` back as "
            "`Last-Event-ID` to miss nothing.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        },
        **responses(ScopeMissing),
    },
    dependencies=[requires("events:read")],
)
async def events(
    parts: Parts, me: Me, last_event_id: Annotated[str | None, Header(max_length=64)] = None
) -> StreamingResponse:
    """After an id that is not known any more comes a `timeline` event: whatever was shown may be old."""
    subscription = parts.changes.subscribe(me.user_pk, last_event_id, credential_id=me.credential_id)
    return StreamingResponse(
        _stream(parts, me.user_pk, subscription),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"},
    )


async def _stream(parts: Runtime, owner_pk: int, subscription: Subscription) -> AsyncIterator[bytes]:
    """Bytes until the client goes, lags too far behind or the server shuts down."""
    try:
        yield b"retry: %d\n\n" % RETRY_MS
        while True:
            event = await subscription.next(timeout_s=HEARTBEAT_S)
            yield b": still here\n\n" if event is None else await _encoded(parts, owner_pk, event)
    except StopAsyncIteration:
        return
    finally:
        subscription.close()


async def _encoded(parts: Runtime, owner_pk: int, event: Event) -> bytes:
    data = dict(event.data)
    if event.event == "timeline" and data.get("rev") is None:
        async with parts.database.read() as db:
            data["rev"] = await revision.current(db, owner_pk)
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.event.encode(), orjson.dumps(data))
