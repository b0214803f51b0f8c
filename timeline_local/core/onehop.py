"""aiosqlite under SQLAlchemy with one thread hop per statement instead of five.

SQLAlchemy's adapter makes a hop each for the cursor, the statement, the rows and the closing, and one more to roll
back a transaction that was never begun. Here a statement runs, is fetched and closed in a single hop, and commit and
rollback hop only when a transaction is open. It also lets the SQLite library be another module than the interpreter's.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.util import await_only

Rows = deque[Any]
T = TypeVar("T")


class OneHopCursor:
    """A DBAPI cursor whose rows are all there when execute returns."""

    server_side = False
    __slots__ = ("_connection", "_rows", "arraysize", "description", "lastrowid", "rowcount")

    def __init__(self, connection: OneHopConnection) -> None:
        """Open nothing: the real cursor lives only during execute."""
        self._connection = connection
        self._rows: Rows = deque()
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, operation: str, parameters: Any = None) -> None:  # noqa: ANN401 - the DBAPI's own shape
        self._run(lambda cursor: cursor.execute(operation, parameters if parameters is not None else ()))

    def executemany(self, operation: str, seq_of_parameters: Sequence[Any]) -> None:
        self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def _run(self, statement: Callable[[Any], Any]) -> None:
        found = self._connection.hop(functools.partial(_execute, statement))
        self.description, self.rowcount, self.lastrowid, self._rows = found

    async def _async_soft_close(self) -> None:
        """Nothing is open; SQLAlchemy calls this on every driver."""

    def close(self) -> None:
        self._rows.clear()

    def setinputsizes(self, *inputsizes: Any) -> None:  # noqa: ANN401 - part of the DBAPI, without meaning here
        del inputsizes

    def fetchone(self) -> Any:  # noqa: ANN401 - a row of the driver
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        take = min(self.arraysize if size is None else size, len(self._rows))
        return [self._rows.popleft() for _ in range(take)]

    def fetchall(self) -> list[Any]:
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def __iter__(self) -> Iterator[Any]:
        while self._rows:
            yield self._rows.popleft()


def _execute(statement: Callable[[Any], Any], raw: Any) -> tuple[Any, int, int | None, Rows]:  # noqa: ANN401
    cursor = raw.cursor()
    try:
        statement(cursor)
        rows = deque(cursor.fetchall()) if cursor.description else deque()
        return cursor.description, cursor.rowcount, cursor.lastrowid, rows
    finally:
        cursor.close()


def _fetch(raw: Any, sql: str, values: Sequence[Any], make: Callable[[Sequence[Any]], T]) -> T:  # noqa: ANN401
    cursor = raw.execute(sql, values)
    try:
        rows = cursor.fetchall()
    finally:
        cursor.close()
    return make(rows)


def _write(raw: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:  # noqa: ANN401
    raw.executemany(sql, rows).close()


class OneHopConnection(AsyncAdapt_aiosqlite_connection):
    """SQLAlchemy's adapted connection with our cursor; `hop` runs a function of the raw connection in its thread."""

    __slots__ = ()

    def cursor(self, server_side: bool = False) -> OneHopCursor:  # type: ignore[override]  # noqa: FBT001, FBT002
        del server_side
        return OneHopCursor(self)

    def hop(self, function: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - the function's own
        try:
            return await_only(self._connection._execute(lambda: function(self._connection._conn)))  # noqa: SLF001
        except Exception as error:  # noqa: BLE001 - SQLAlchemy sorts driver errors from others
            self._handle_exception(error)

    async def fetch(self, sql: str, values: Sequence[Any], make: Callable[[Sequence[Any]], T]) -> T:
        """What `make` turns all rows of one statement into, in the same hop; for code outside SQLAlchemy's greenlets.

        Raises the driver's own errors, and those of `make`.
        """
        raw = self._connection
        made: T = await raw._execute(_fetch, raw._conn, sql, values, make)  # noqa: SLF001
        return made

    async def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of these rows, in one hop; as `fetch`."""
        raw = self._connection
        await raw._execute(_write, raw._conn, sql, rows)  # noqa: SLF001

    def commit(self) -> None:
        if self._in_transaction():
            super().commit()

    def rollback(self) -> None:
        if self._in_transaction():
            super().rollback()

    def _in_transaction(self) -> bool:
        raw = self._connection._connection  # noqa: SLF001
        return raw is not None and bool(raw.in_transaction)


class OneHopDbapi(AsyncAdapt_aiosqlite_dbapi):
    """The DBAPI module SQLAlchemy sees: errors and constants of `sqlite`, connections of aiosqlite."""

    def _init_dbapi_attributes(self) -> None:
        super()._init_dbapi_attributes()
        for name in ("DatabaseError", "Error", "IntegrityError", "NotSupportedError", "OperationalError"):
            setattr(self, name, getattr(self.sqlite, name))
        for name in ("ProgrammingError", "sqlite_version", "sqlite_version_info"):
            setattr(self, name, getattr(self.sqlite, name))

    def connect(self, *arg: Any, **kw: Any) -> OneHopConnection:  # noqa: ANN401 - the dialect's arguments
        creator = kw.pop("async_creator_fn")
        return OneHopConnection(self, await_only(creator(*arg, **kw)))


def onehop_dbapi(module: ModuleType) -> OneHopDbapi:
    """The adapter over a sqlite3-like module."""
    return OneHopDbapi(aiosqlite, module)


async def open_connection(module: ModuleType, uri: str, pragmas: dict[str, str]) -> aiosqlite.Connection:
    """An aiosqlite connection to a `file:` URI in autocommit mode, its pragmas set, its thread a daemon."""

    def connect() -> Any:  # noqa: ANN401 - the module's connection
        raw = module.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256)
        for name, value in pragmas.items():
            raw.execute(f"PRAGMA {name} = {value}")
        return raw

    connection = aiosqlite.Connection(connect, iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - a server that fails to start must still be able to end
    return await connection
