"""What answers while the application is being loaded."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from timeline_local.cli.front import ALIVE, Front

LIVENESS = "/api/v1/health"


def scope(path: str = LIVENESS, *, host: str = "127.0.0.1:8765", **more: str) -> dict[str, Any]:
    """A GET as the server hands it on."""
    fields = [(b"host", host.encode()), *((name.encode(), value.encode()) for name, value in more.items())]
    return {"type": "http", "method": "GET", "path": path, "headers": fields, "server": ("127.0.0.1", 8765)}


async def answer(front: Front, asked: dict[str, Any]) -> list[Any]:
    """What is sent back, within a second; raises TimeoutError if the request waits."""
    sent: list[Any] = []

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async with asyncio.timeout(1):
        await front(asked, receive, send)
    return sent


async def application(asked: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - an ASGI application
    await send({"status": 299})


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765", "tl-abc.localhost:8765"])
async def test_liveness_is_answered_at_once(host: str) -> None:
    start, body = await answer(Front("tl-abc"), scope(host=host))
    assert (start["status"], body["body"]) == (200, ALIVE)


@pytest.mark.parametrize(
    "asked",
    [
        scope("/api/v1/memories"),
        scope("/"),
        scope(host="evil.test:8765"),
        scope(host="127.0.0.1:9"),
        scope(host="127.0.0.1"),
        scope(host=""),
        scope(origin="http://evil.test"),
        scope(**{"sec-fetch-site": "cross-site"}),
        scope() | {"state": {"target_authority": b"evil.test"}},
        scope() | {"method": "POST"},
    ],
)
async def test_everything_else_waits_for_the_application_and_its_checks(asked: dict[str, Any]) -> None:
    front = Front("tl-abc")
    waiting = asyncio.create_task(answer(front, asked))
    await asyncio.sleep(0)
    assert not waiting.done()
    front.put(application)
    assert await waiting == [{"status": 299}]


async def test_who_waits_too_long_is_still_waiting() -> None:
    with pytest.raises(TimeoutError):
        await answer(Front("tl-abc"), scope("/"))


async def test_the_application_answers_liveness_once_it_is_there() -> None:
    front = Front("tl-abc")
    front.put(application)
    assert await answer(front, scope()) == [{"status": 299}]
