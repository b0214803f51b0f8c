"""Connections: one writer and a few read-only readers on SQLite, a pool on PostgreSQL.

Measured on this stack: SQLAlchemy on aiosqlite sends no BEGIN before a SELECT, and 896 of 960 concurrent
read-modify-writes were lost without an error. So a SQLite write begins IMMEDIATE, behind a fair lock, on the one
connection that alone writes and checkpoints; synchronous=FULL, because NORMAL lost acknowledged rows in 11 of 12
simulated power cuts. PostgreSQL relies on the version column of each row.

Edges (a request, a job step, the command line) open `write()` or `read()`; everything below is given the connection.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from timeline_local.config import DatabaseSettings
from timeline_local.core import postgres
from timeline_local.core.onehop import onehop_dbapi, open_connection
from timeline_local.core.postgres import PostgresWatch
from timeline_local.exceptions import DatabaseTooOld, DatabaseUnavailable, DiskFull, Unavailable

# The WAL-reset bug: up to 3.51.2 two connections that both write or checkpoint can lose a commit. Inside one process we
# have one writer, so older versions are safe for us; features decide what is too old.
OLDEST_SQLITE = (3, 38, 0)
OLDEST_SHIPPED_SQLITE = (3, 51, 3)  # a self-contained build brings its own, which leaves no reason for an older one
BUSY_TIMEOUT_MS = 5000
BUSY_READERS_S = 30.0
LAST_WRITE_S = 0.5  # after which what still writes at the end is broken off; jobs and requests had their time before
NOTE = "timeline_note"  # under which a connection holds what its transaction wants told once it is durable


log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Engines:
    """writer and reader are the same engine on PostgreSQL."""

    writer: AsyncEngine
    reader: AsyncEngine


class Database:
    """The one way to a connection. dialect is "sqlite" or "postgresql"."""

    def __init__(self, engines: Engines, dialect: str, watch: PostgresWatch | None = None) -> None:
        """Take open engines; `open_database` builds them. watch: PostgreSQL's."""
        self._engines = engines
        self._watch = watch
        self._readers = KeptReaders(engines.reader) if watch is None else None
        self._writing: Any = None  # aiosqlite's connection, once there is one
        self._is_closed = False
        self.dialect = dialect
        self._write_lock = asyncio.Lock() if dialect == "sqlite" else None
        self.check: Callable[[], None] | None = None  # raises where nothing may be written just now
        self.explain: Callable[[], Unavailable | None] | None = None  # what is wrong with the disk, if it is that
        self.trouble: Unavailable | None = None  # why the last write failed; None after one that did not
        self.after_commit: Callable[[Any], Awaitable[None]] | None = None  # is given the note of a transaction
        if watch is None:
            event.listen(engines.writer.sync_engine, "connect", self._note_writer)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits when the block ends and rolls back when it raises.

        Durable once the block has been left without an error. On SQLite writers wait for one another in order.
        """
        async with self._write_lock or nullcontext(), self._translated(), self._begun() as connection:
            self._check()
            connection.info.pop(NOTE, None)  # of a transaction that was rolled back
            yield connection
            note = connection.info.pop(NOTE, None)
        self._check()  # a deleted file takes a commit, too
        self.trouble = None
        if note is not None and self.after_commit is not None:
            await self.after_commit(note)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; each statement sees the newest committed state. Nothing can be written."""
        async with self._translated(), self._connected() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """As `read`, but all statements see the same state: for answers made of several."""
        async with self._translated(), self._connected() as connection:
            if self.dialect == "sqlite":
                await connection.exec_driver_sql("BEGIN")
            else:
                await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        """Say in our words that the database is away or the disk is full; everything else passes as it is."""
        try:
            yield
        except PoolTimeout as error:
            raise DatabaseUnavailable("All connections are busy; try again in a moment.") from error
        except DBAPIError as error:
            reason = _reason(error)
            if reason is None:
                raise
            if self.explain is not None and self._watch is None:
                reason = await asyncio.to_thread(self.explain) or reason
            self.trouble = reason
            raise reason from error
        except (ConnectionError, TimeoutError) as error:
            raise DatabaseUnavailable("The database does not answer; try again in a moment.") from error

    def _check(self) -> None:
        if self.check is not None:
            self.check()

    async def check_writable(self) -> None:
        """Raise StartRefused for a PostgreSQL that is a standby; a SQLite file has been probed with its folder."""
        if self._watch is not None:
            async with self.read() as connection:
                await postgres.refuse_standby(connection)

    def pool_use(self) -> tuple[int, int]:
        """(connections there may be, connections in use) for reading; on PostgreSQL for everything."""
        if self._readers is not None:
            return self._readers.size, self._readers.in_use
        pool = cast("QueuePool", self._engines.reader.sync_engine.pool)
        return pool.size(), pool.checkedout()

    async def optimize(self) -> None:
        """Let the database refresh what its planner knows; cheap, for after large imports."""
        statement = "PRAGMA optimize" if self.dialect == "sqlite" else "ANALYZE memory"
        async with self.write() as connection:
            await connection.exec_driver_sql(statement)

    async def checkpoint(self) -> None:
        """Fold SQLite's write-ahead log back into the file; nothing to do on PostgreSQL."""
        if self._write_lock is None:
            return
        async with self._write_lock, self._engines.writer.connect() as connection:
            raw = await connection.get_raw_connection()
            await raw.driver_connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]

    async def vacuum(self) -> None:
        """Rewrite the database without its free space and refresh what the planner knows. Writers wait until it ends.

        SQLite needs the size of its file once more on the disk meanwhile.
        """
        if self._write_lock is None:
            async with self._connected() as connection:
                alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await alone.exec_driver_sql("VACUUM (ANALYZE)")
            return
        async with self._write_lock, self._translated(), self._engines.writer.connect() as connection:
            raw = await connection.get_raw_connection()
            await raw.driver_connection.execute_fetchall("VACUUM")  # type: ignore[union-attr]
        await self.optimize()
        await self.checkpoint()

    async def leave(self) -> None:
        """Close what was read from, and nothing else: `close` would also write, beside a server that alone may."""
        await (self._leave_readers() if self._watch is None else self._watch.close())

    async def close(self) -> None:
        """Checkpoint and close every connection; idempotent. A write that still goes on is broken off and rolls back.

        Whoever comes later is refused with DatabaseUnavailable: the library may be another process's by then.
        """
        self._is_closed = True
        if self._watch is not None:
            await self._watch.close()
            return
        try:
            await self._end_writing()
            await self.checkpoint()
        except sqlite_module().Error as error:  # on a disk that is full, read-only or gone; the log is whole as it is
            log.warning("the database's log stays beside it", extra={"reason": str(error)})
        finally:
            await self._leave_readers()
            await self._engines.writer.dispose()

    async def _end_writing(self) -> None:
        """Wait a little for the last write; break off what takes longer, a VACUUM for one."""
        assert self._write_lock is not None  # noqa: S101 - of SQLite
        try:
            async with asyncio.timeout(LAST_WRITE_S), self._write_lock, self._engines.writer.connect() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except TimeoutError:
            log.warning("the database is closed while something is written; that is rolled back")
            await self._writing.interrupt()

    def _note_writer(self, connection: Any, _record: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapted connection
        self._writing = connection.driver_connection

    async def _leave_readers(self) -> None:
        if self._readers is not None:
            await self._readers.close()
        await self._engines.reader.dispose()

    def _connected(self) -> AbstractAsyncContextManager[AsyncConnection]:
        self._check_open()
        if self._watch is not None:
            return self._watch.connected()
        return self._engines.reader.connect() if self._readers is None else self._readers.connected()

    def _check_open(self) -> None:
        if self._is_closed:
            raise DatabaseUnavailable("The server is shutting down; nothing was changed.")

    def _begun(self) -> AbstractAsyncContextManager[AsyncConnection]:
        self._check_open()
        return self._engines.writer.begin() if self._watch is None else self._watch.begun()


class KeptReaders:
    """SQLite's connections for reading, kept open between their users, the last one used first.

    Taking one out of SQLAlchemy's pool and putting it back cost 40 of the 500 µs of a short page (2026-11).
    """

    def __init__(self, engine: AsyncEngine) -> None:
        """engine: its pool gives as many connections as may be open at once."""
        self._engine = engine
        self.size = cast("QueuePool", engine.sync_engine.pool).size()
        self._free = asyncio.Semaphore(self.size)
        self._idle: list[AsyncConnection] = []
        self._is_closed = False
        self.in_use = 0

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncConnection]:
        """A connection without an open transaction. Raises DatabaseUnavailable when none becomes free in time."""
        await self._wait()
        self.in_use += 1
        try:
            connection = self._idle.pop() if self._idle else await self._engine.connect()
            try:
                yield connection
            except BaseException:
                # Its thread may still be busy with what was given up: whoever comes next takes another one.
                await self._give_back(connection, at=0)
                raise
            await self._give_back(connection, at=len(self._idle))
        finally:
            self.in_use -= 1
            self._free.release()

    async def close(self) -> None:
        """Close those that nobody uses, and the others when they come back; idempotent."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().close()

    async def _wait(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(BUSY_READERS_S):
                await self._free.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("All connections are busy; try again in a moment.") from error

    async def _give_back(self, connection: AsyncConnection, *, at: int) -> None:
        if self._is_closed or connection.closed or connection.invalidated:
            await connection.close()
            return
        if connection.in_transaction():
            await asyncio.shield(connection.rollback())
        self._idle.insert(at, connection)


# What SQLite says when the disk or the file is at fault; other operational errors are our own mistakes.
SQLITE_AWAY = (
    "disk I/O error",
    "unable to open",
    "readonly database",
    "database is locked",
    "malformed",
    "interrupted",
)


def _reason(error: DBAPIError) -> Unavailable | None:
    words = str(error.orig)
    if "disk is full" in words or "No space left" in words:
        return DiskFull("There is no space left for the database. Nothing was changed. Free some and try again.")
    if error.connection_invalidated or postgres.is_away(error) or any(phrase in words for phrase in SQLITE_AWAY):
        return DatabaseUnavailable("The database does not answer; nothing was changed. Try again in a moment.")
    return None


def sqlite_module() -> ModuleType:
    """The SQLite to use: the newer of the sqlcipher3 wheel's and the interpreter's own.

    The wheel brings one version to every system, unencrypted at the same speed; docs/adr/0003 has the comparison.
    """
    try:
        bundled: ModuleType = importlib.import_module("sqlcipher3.dbapi2")
    except ImportError:
        return sqlite3
    return bundled if bundled.sqlite_version_info >= sqlite3.sqlite_version_info else sqlite3


def has_wal_reset_fix(version: tuple[int, ...]) -> bool:
    """Whether this SQLite cannot lose a commit to the WAL-reset bug; we work around it on the others, see above."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def check_sqlite(module: ModuleType) -> None:
    """Refuse a SQLite that lacks what we need. Raises DatabaseTooOld."""
    oldest = OLDEST_SHIPPED_SQLITE if getattr(sys, "frozen", False) else OLDEST_SQLITE
    if module.sqlite_version_info < oldest:
        found, needed = module.sqlite_version, ".".join(map(str, oldest))
        raise DatabaseTooOld(f"SQLite {found} is too old; {needed} or newer is needed. Nothing was changed.")
    with_fts = module.connect(":memory:")
    try:
        options = {row[0] for row in with_fts.execute("PRAGMA compile_options")}
    finally:
        with_fts.close()
    if "ENABLE_FTS5" not in options:
        raise DatabaseTooOld(f"SQLite {module.sqlite_version} comes without FTS5, which searching needs.")


def open_database(settings: DatabaseSettings, path: Path) -> Database:
    """The database of a library: SQLite at `path`, or the PostgreSQL that the settings name. Opens nothing yet."""
    if settings.url is not None:
        watch = PostgresWatch(settings)
        return Database(Engines(writer=watch.engine, reader=watch.engine), "postgresql", watch)
    module = sqlite_module()
    check_sqlite(module)
    return Database(
        Engines(writer=_sqlite_writer(settings, path, module), reader=_sqlite_reader(settings, path, module)), "sqlite"
    )


def _sqlite_engine(
    path: Path, module: ModuleType, *, pool_size: int, query: str, pragmas: dict[str, str]
) -> AsyncEngine:
    async def connect() -> Any:  # noqa: ANN401 - aiosqlite's connection
        return await open_connection(module, f"{path.as_uri()}?{query}", pragmas)

    return create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        module=onehop_dbapi(module),
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=BUSY_READERS_S,
        hide_parameters=True,  # an error that is logged must not tell what somebody wrote
    )


def _sqlite_writer(settings: DatabaseSettings, path: Path, module: ModuleType) -> AsyncEngine:
    pragmas = {
        "journal_mode": "WAL",
        "synchronous": "FULL",
        "fullfsync": "ON",
        "foreign_keys": "ON",
        "trusted_schema": "OFF",
        "secure_delete": "ON",  # what is deleted or locked is overwritten, not only unlinked
        "busy_timeout": str(BUSY_TIMEOUT_MS),
        "cache_size": str(-1024 * settings.cache_mib),
        "mmap_size": "0",
        "journal_size_limit": str(64 * 1024 * 1024),
    }
    engine = _sqlite_engine(path, module, pool_size=1, query="mode=rwc", pragmas=pragmas)

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event signature
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _sqlite_reader(settings: DatabaseSettings, path: Path, module: ModuleType) -> AsyncEngine:
    pragmas = {
        "query_only": "ON",
        "trusted_schema": "OFF",
        "busy_timeout": str(BUSY_TIMEOUT_MS),
        "cache_size": str(-1024 * settings.cache_mib),
        "mmap_size": "0",
        "wal_autocheckpoint": "0",
    }
    return _sqlite_engine(path, module, pool_size=settings.readers, query="mode=rw", pragmas=pragmas)


async def ping(database: Database) -> None:
    """One round trip. Raises DatabaseUnavailable."""
    async with database.read() as connection:
        await connection.execute(text("SELECT 1"))
