"""Connections to PostgreSQL: each that is made also ends, whatever happens to whoever asked for it."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from timeline_local.config import Settings
from timeline_local.core.database import open_database
from timeline_local.core.postgres import PostgresWatch


@pytest.fixture
def dialect() -> str:
    """These are about PostgreSQL alone."""
    return "postgresql"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[asyncpg.Connection]:
    """Every connection of the driver that was made during the test."""
    connections: list[asyncpg.Connection] = []
    connect = asyncpg.connect

    async def noted(*address: Any, **options: Any) -> asyncpg.Connection:  # noqa: ANN401 - asyncpg's own
        connections.append(await connect(*address, **options))
        return connections[-1]

    monkeypatch.setattr(asyncpg, "connect", noted)
    return connections


@pytest.mark.parametrize("after_ms", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0])
async def test_a_request_that_is_cancelled_while_it_connects_leaves_no_connection(
    after_ms: float, settings: Settings, made: list[asyncpg.Connection]
) -> None:
    database = open_database(settings.database, settings.data_dir)

    async def ask() -> None:
        async with database.read() as db:
            await db.execute(text("SELECT 1"))

    asking = asyncio.create_task(ask())
    while not made:  # noqa: ASYNC110 - the driver has no event to wait for
        await asyncio.sleep(0)
    await asyncio.sleep(after_ms / 1000)  # the driver's session is set up in several round trips
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await database.close()
    assert [one for one in made if not one.is_closed()] == []


async def test_the_watch_leaves_no_connection_that_it_was_making(
    settings: Settings, made: list[asyncpg.Connection]
) -> None:
    watch = PostgresWatch(settings.database)
    connecting = asyncio.create_task(watch._connect())
    await asyncio.sleep(0)
    await watch.close()
    await asyncio.gather(connecting, return_exceptions=True)
    assert made
    assert [one for one in made if not one.is_closed()] == []
