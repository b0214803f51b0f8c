"""GET /api/v1/events: the stream of one caller, driven as an ASGI application so that it can be read bit by bit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from timeline_local.api.v1 import events
from timeline_local.core.changes import Subscription
from timeline_local.domain.ids import new_id
from timeline_local.runtime import Runtime
from timeline_local.services import revision


async def read(runtime: Runtime, subscription: Subscription) -> AsyncIterator[bytes]:
    """The stream without its first line."""
    stream = events._stream(runtime, runtime.owner_pk, subscription)
    assert await anext(stream) == b"retry: 2000\n\n"
    async for piece in stream:
        yield piece


def parsed(piece: bytes) -> tuple[str, str, Any]:
    fields = dict(line.split(": ", 1) for line in piece.decode().splitlines() if line)
    return fields["id"], fields["event"], orjson.loads(fields["data"])


async def test_what_is_published_is_streamed_in_order(runtime: Runtime) -> None:
    stream = read(runtime, runtime.changes.subscribe(runtime.owner_pk))
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.01)
    runtime.changes.publish(runtime.owner_pk, "timeline", {"rev": 7, "days": ["2019-06-01"]})
    runtime.changes.publish(runtime.owner_pk, "job", {"id": "x"})
    one, two = parsed(await first), parsed(await anext(stream))
    assert [one[1:], two[1:]] == [("timeline", {"rev": 7, "days": ["2019-06-01"]}), ("job", {"id": "x"})]
    assert one[0] < two[0]


async def test_after_a_restart_the_present_revision_is_sent_first(runtime: Runtime) -> None:
    async with runtime.database.write() as db:
        number = await revision.bump(db, runtime.owner_pk)
    stream = read(runtime, runtime.changes.subscribe(runtime.owner_pk, "1-17"))
    assert parsed(await anext(stream))[1:] == ("timeline", {"rev": number})


async def test_silence_is_filled_with_comments(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.01)
    stream = read(runtime, runtime.changes.subscribe(runtime.owner_pk))
    assert await anext(stream) == b": still here\n\n"


async def test_the_stream_ends_with_the_server(runtime: Runtime) -> None:
    stream = read(runtime, runtime.changes.subscribe(runtime.owner_pk))
    runtime.changes.close()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_stream_ends_with_the_key_it_was_opened_with(runtime: Runtime, client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/v1/api-keys", json={"name": "listener"})).json()
    ended = read(runtime, runtime.changes.subscribe(runtime.owner_pk, credential_id=UUID(made["id"])))
    other = read(runtime, runtime.changes.subscribe(runtime.owner_pk, credential_id=new_id()))
    assert (await client.delete(f"/api/v1/api-keys/{made['id']}")).status_code == 204
    runtime.changes.publish(runtime.owner_pk, "job", {"id": "x"})
    with pytest.raises(StopAsyncIteration):
        await anext(ended)
    assert parsed(await anext(other))[1] == "job"


async def test_nobody_follows_events_without_a_key(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/api/v1/events")).status_code == 401
