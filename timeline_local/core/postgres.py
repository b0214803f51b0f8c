"""PostgreSQL: the pool, and the watch over it.

A server that is frozen keeps its connections open and says nothing, which no driver notices by itself. Requests must
not wait for it: whoever wants a connection waits a bounded time, and when a statement takes long, the watch asks on a
connection of its own whether the server answers at all. If not, every connection is cut, so that what waits fails at
once, and nobody is let in until the server answers again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from timeline_local.config import DatabaseSettings
from timeline_local.exceptions import DatabaseUnavailable, StartRefused

if TYPE_CHECKING:
    import asyncpg

# Together less than the 2 s in which a request must be answered: noticed after at most 0.25 + 0.5, and given two thirds
# of the time that a connection may take, 1.0 unless set otherwise, to answer.
TICK_S = 0.25
PATIENCE_S = 0.5
ANSWER_PART = 2 / 3
OWN_CONNECTION_AFTER_S = 1.0  # commands that are done sooner need no watch
# As many times the bounded wait is the longest that anybody waits in a queue that moves.
MOVING_TIMES = 8

# Classes and codes of SQLSTATE that say "not now": connection lost, shutting down or starting, no connections left, a
# server that has become a read-only standby, and transactions of which one had to give way.
AWAY = ("08", "57P0", "53300", "25006", "40001", "40P01")

log = logging.getLogger(__name__)


class OpenConnections:
    """Every connection that was made and has not ended, so that all can be cut.

    The pool does not know them all: of a connect that is cancelled while the driver's session is being set up, it
    forgets the connection without closing it.
    """

    def __init__(self) -> None:
        self._open: set[asyncpg.Connection] = set()
        self._is_closed = False

    async def connect(self, *address: Any, **options: Any) -> asyncpg.Connection:  # noqa: ANN401 - asyncpg's own
        """As `asyncpg.connect`. Raises DatabaseUnavailable once `close` was called."""
        import asyncpg  # noqa: PLC0415 - 0.1 s and 2 MB that a library in SQLite need not pay

        made = await asyncpg.connect(*address, **options)
        if self._is_closed:
            made.terminate()
            raise DatabaseUnavailable("The database was left while a connection to it was being made.")
        self._open.add(made)
        made.add_termination_listener(self._open.discard)
        return made

    def cut(self) -> None:
        """End every connection without a word to the server, which may be frozen."""
        for connection in tuple(self._open):
            connection.terminate()
        self._open.clear()

    def close(self) -> None:
        """Cut every connection; one that is being made now is cut as soon as it stands."""
        self._is_closed = True
        self.cut()


def postgres_engine(settings: DatabaseSettings, connections: OpenConnections) -> AsyncEngine:
    """The pool that the settings describe; nothing is connected yet. Raises StartRefused for another address."""
    return create_async_engine(
        _address(settings).replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout_s * MOVING_TIMES,  # who waits shorter gives up by itself, see `_started`
        pool_pre_ping=True,
        hide_parameters=True,  # as for SQLite
        connect_args={
            "async_creator_fn": connections.connect,
            "timeout": settings.pool_timeout_s,
            "command_timeout": settings.command_timeout_s,
            "server_settings": {"application_name": "timeline-local", "timezone": "UTC"},
        },
    )


def _address(settings: DatabaseSettings) -> str:
    assert settings.url is not None  # noqa: S101 - the caller's branch
    url = settings.url.get_secret_value().replace("postgres://", "postgresql://", 1)
    url = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    if not url.startswith("postgresql://"):
        raise StartRefused("TIMELINE_DATABASE__URL must be a postgresql:// address, or be unset for SQLite.")
    return url


def is_away(error: DBAPIError) -> bool:
    """Whether the driver says that the server cannot be used now, rather than that our statement was wrong."""
    words = str(error.orig)
    if "asyncpg" not in type(error.orig).__module__ and "asyncpg" not in words:
        return False
    state = str(getattr(error.orig, "sqlstate", None) or "")
    return state.startswith(AWAY) or isinstance(error, (OperationalError, InterfaceError))


class PostgresWatch:
    """Connections of one pool, bounded in time. Its task begins with the first connection and ends with `close`."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._connections = OpenConnections()
        self.engine = postgres_engine(settings, self._connections)
        self._address = _address(settings)
        self._wait_s = settings.pool_timeout_s
        self._answer_s = settings.pool_timeout_s * ANSWER_PART
        self._busy: dict[object, float] = {}
        self._own: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_away = False
        self._given_back = 0  # connections, so far

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncConnection]:
        """A connection of the pool. Raises DatabaseUnavailable at once while the server is known to be away."""
        if self._is_away:
            raise DatabaseUnavailable("The database does not answer; try again in a moment.")
        if self._task is None:
            self._task = asyncio.create_task(self._watch(), name="database watch")
        token = object()
        self._busy[token] = time.monotonic()
        try:
            connection = await self._started()
            try:
                yield connection
            finally:
                self._given_back += 1
                await asyncio.shield(connection.close())
        finally:
            del self._busy[token]

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[AsyncConnection]:
        """As `connected`, in a transaction that commits at the end."""
        async with self.connected() as connection, connection.begin():
            yield connection

    async def close(self) -> None:
        """Cut every connection and empty the pool. Taking leave in order would hang on a frozen server."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._connections.close()
        await self.engine.dispose()

    async def _started(self) -> AsyncConnection:
        """A connection within `_wait_s`, or later while others give theirs back: a queue that moves is no failure.

        What is given up ends in the background: it may hang for a while.
        """
        connection = self.engine.connect()
        starting = asyncio.create_task(_start(connection))
        until = time.monotonic() + self._wait_s * MOVING_TIMES
        is_moving = True
        try:
            while is_moving and not starting.done():
                before = self._given_back
                await asyncio.wait({starting}, timeout=self._wait_s)
                is_moving = self._given_back > before and not self._is_away and time.monotonic() < until
        except asyncio.CancelledError:
            _give_up(starting)
            raise
        if not starting.done():
            _give_up(starting)
            raise DatabaseUnavailable("All connections are busy, or the database does not answer; try again soon.")
        try:
            return starting.result()
        except OSError as error:  # no such host, no such socket, refused
            raise DatabaseUnavailable("The database does not answer; try again in a moment.") from error

    async def _watch(self) -> None:
        began = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            waits_long = any(now - since > PATIENCE_S for since in self._busy.values())
            if not (self._is_away or waits_long):
                if not self._has_own and now - began > OWN_CONNECTION_AFTER_S:
                    await asyncio.gather(self._connect(), return_exceptions=True)
                continue
            was_away, self._is_away = self._is_away, not await self._answers()
            if self._is_away:
                self._connections.cut()
            if self._is_away != was_away:
                log.warning("the database does not answer" if self._is_away else "the database is back")

    async def _answers(self) -> bool:
        """Whether the server answers on the watch's own connection or on a new one; the new one is kept then.

        Not under `asyncio.timeout`: when this process itself was held up, an answer that has come must still count.
        """
        asked = [asyncio.create_task(self._connect())]
        if self._own is not None and self._has_own:
            asked.append(asyncio.create_task(self._own.fetchval("SELECT 1")))
        try:
            found = await _first_success(asked, within_s=self._answer_s)
        finally:
            for task in asked:
                _give_up(task)
        if not found:
            self._drop_own()
        return found

    @property
    def _has_own(self) -> bool:
        return self._own is not None and not self._own.is_closed()

    async def _connect(self) -> None:
        if self._has_own:
            await asyncio.sleep(PATIENCE_S)  # the connection there is has answered by then, if anything has
        made = await self._connections.connect(
            self._address, timeout=self._answer_s, server_settings={"application_name": "watch"}
        )
        self._drop_own()
        self._own = made

    def _drop_own(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            own.terminate()


async def _start(connection: AsyncConnection) -> AsyncConnection:
    return await connection.start()


async def _first_success(tasks: list[asyncio.Task[Any]], *, within_s: float) -> bool:
    """Whether one of them succeeds in time; returns as soon as one has, or when all have failed."""
    waiting = set(tasks)
    until = time.monotonic() + within_s
    while waiting and not any(_succeeded(task) for task in tasks):
        done, waiting = await asyncio.wait(
            waiting, timeout=max(0.0, until - time.monotonic()), return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            break
    return any(_succeeded(task) for task in tasks)


def _succeeded(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _give_up(task: asyncio.Task[Any]) -> None:
    task.cancel()  # does nothing to one that is done
    task.add_done_callback(_forget)


def _forget(task: asyncio.Task[Any]) -> None:
    """Take the outcome of a task that nobody waits for any more; a connection that it made goes back."""
    if not _succeeded(task):
        if not task.cancelled():
            task.exception()
        return
    if isinstance(task.result(), AsyncConnection):
        closing = asyncio.ensure_future(task.result().close())
        _CLOSING.add(closing)
        closing.add_done_callback(_CLOSING.discard)


_CLOSING: set[asyncio.Future[None]] = set()


async def refuse_standby(connection: AsyncConnection) -> None:
    """Raise StartRefused if this server can only be read."""
    if (await connection.exec_driver_sql("SELECT pg_is_in_recovery()")).scalar_one():
        raise StartRefused(
            "The PostgreSQL at TIMELINE_DATABASE__URL is a standby, which cannot be written. Nothing was changed. "
            "Point it at the primary server, or promote this one."
        )
