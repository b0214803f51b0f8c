"""A real server: slow heads, endless heads and ambiguous requests are refused on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from timeline_local.api.middleware.trusted_host import TrustedHost
from timeline_local.api.middleware.wire import uvicorn_options
from timeline_local.config import Settings

if TYPE_CHECKING:
    from tests.unit.api.conftest import Bare


@pytest.fixture
async def port(tmp_path: Path, bare: Bare) -> AsyncIterator[int]:
    settings = Settings(
        data_dir=tmp_path,
        server={"header_timeout_s": 0.3, "max_connections": 8, "shutdown_timeout_s": 1},
    )
    options = uvicorn_options(settings) | {"lifespan": "off", "loop": "asyncio"}
    app = TrustedHost(bare, names=["127.0.0.1"])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, **options))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


async def talk(port: int, raw: bytes) -> bytes:
    """Everything the server answers until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw.replace(b"PORT", str(port).encode()))
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


HOST = b"Host: 127.0.0.1:PORT\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST


async def test_a_plain_request_is_answered(port: int) -> None:
    answer = await talk(port, b"GET / HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "raw",
    [
        POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n{}xx",
        POST + b"Content-Length: +2\r\n\r\n{}",
        b"GET / HTTP/1.1\nHost: 127.0.0.1:PORT\n\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : 127.0.0.1:PORT\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 2000 + b"\r\n",
        b"CONNECT evil.test:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
)
async def test_ambiguous_and_endless_heads_are_refused_and_the_connection_closed(
    port: int, bare: Bare, raw: bytes
) -> None:
    answer = await talk(port, raw)
    assert answer.split(b" ")[1] in (b"400", b"431")
    assert bare.reached == 0


@pytest.mark.parametrize("raw", [b"", b"GET / HTTP/1.1\r\nHo"])
async def test_half_a_head_is_given_up_in_time(port: int, raw: bytes) -> None:
    assert (await talk(port, raw)).startswith(b"HTTP/1.1 408")


async def test_a_second_head_on_the_same_connection_must_come_in_time_too(port: int) -> None:
    answer = await talk(port, b"GET / HTTP/1.1\r\n" + HOST + b"\r\nGET / HTT")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 408" in answer


async def test_an_absolute_target_of_another_host_is_refused(port: int) -> None:
    answer = await talk(port, b"GET http://evil.test/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 421")


async def test_an_absolute_target_of_ours_is_answered(port: int) -> None:
    answer = await talk(port, b"GET http://127.0.0.1:PORT/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


async def test_sockets_beyond_the_bound_are_closed_at_once(port: int) -> None:
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
    try:
        assert (await talk(port, b"")).startswith(b"HTTP/1.1 503")
    finally:
        for _, writer in held:
            writer.close()
