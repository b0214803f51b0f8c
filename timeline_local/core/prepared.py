"""Statements compiled once, and run on the driver without SQLAlchemy's result objects.

For what is asked on every screen: naming a statement for the cache, describing its columns and wrapping its rows cost
more than SQLite takes to find them (0.25 of 0.65 ms for a page of 50; 2026-11). One thread hop on SQLite; on PostgreSQL
one round trip outside a transaction, where SQLAlchemy's BEGIN and ROLLBACK make three.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Dialect, Insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Executable

from timeline_local.core.onehop import OneHopConnection

RawRow = Sequence[Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """The text for one kind of driver, and its parameters in order: their names, and the values of those fixed.

    as_stored  how a value of a parameter becomes what the driver takes, by name, where it is not that already.
    """

    sql: str
    params: tuple[tuple[str, Any], ...]
    as_stored: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, statement: Executable, dialect: Dialect) -> Self:
        """The statement as this dialect spells it; it has no lists to expand. Costs a millisecond: keep it."""
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        names = compiled.positiontup or ()
        return cls(str(compiled), tuple((name, compiled.params[name]) for name in names))

    @classmethod
    def insert(cls, statement: Insert, dialect: Dialect, columns: Sequence[str]) -> Self:
        """An INSERT of rows with these columns, to be given to `written` or `made_row`. Costs as `of`."""
        compiled = statement.compile(dialect=dialect, column_keys=list(columns))
        assert not compiled.insert_prefetch  # noqa: S101 - a default that only SQLAlchemy's own execution would fill in
        names = compiled.positiontup or ()
        types = {name: compiled.binds[name].type.dialect_impl(dialect) for name in names}
        processors = {name: type_.bind_processor(dialect) for name, type_ in types.items()}
        return cls(
            str(compiled),
            tuple((name, compiled.params[name]) for name in names),
            {name: processor for name, processor in processors.items() if processor is not None},
        )

    async def rows(self, db: AsyncConnection, **values: Any) -> Sequence[RawRow]:  # noqa: ANN401 - as the driver takes them
        """All rows as the driver gives them; parameters are raw values too. Raises what `db.execute` would raise."""
        return await self.made(db, _as_they_are, **values)

    async def made(self, db: AsyncConnection, make: Callable[[Sequence[RawRow]], T], **values: Any) -> T:  # noqa: ANN401
        """What `make` turns the rows into. On SQLite it runs in the thread that read them.

        There they are still in the cache of its core: for a page of 50 that is worth 0.15 ms (2026-11).
        """
        given = tuple([values.get(name, value) for name, value in self.params])
        with _running(db, self.sql, given) as adapted:
            if isinstance(adapted, OneHopConnection):
                return await adapted.fetch(self.sql, given, make)
            async with _postgres(db, adapted) as driver:
                rows = await driver.fetch(self.sql, *given)
        return make(rows)

    async def made_row(self, db: AsyncConnection, row: Mapping[str, Any]) -> RawRow:
        """The row that an INSERT … RETURNING gives back. Values are of the columns' types, as for `db.execute`."""
        stored = {name: process(row[name]) for name, process in self.as_stored.items()}
        (made,) = await self.rows(db, **{**row, **stored})
        return made

    async def written(self, db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run an INSERT for each of these rows, in one hop; values as in `made_row`."""
        given = [self._stored(row) for row in rows]
        with _running(db, self.sql, given[0]) as adapted:
            if isinstance(adapted, OneHopConnection):
                await adapted.write(self.sql, given)
                return
            async with _postgres(db, adapted) as driver:
                await driver.executemany(self.sql, given)

    def _stored(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        processed = self.as_stored
        return tuple(
            [processed[name](row[name]) if name in processed else row.get(name, value) for name, value in self.params]
        )


def _as_they_are(rows: Sequence[RawRow]) -> Sequence[RawRow]:
    return rows


@contextmanager
def _running(db: AsyncConnection, sql: str, values: tuple[Any, ...]) -> Iterator[Any]:
    """SQLAlchemy's adapted connection; what the driver raises becomes what SQLAlchemy would raise."""
    connection = db.sync_connection
    assert connection is not None  # noqa: S101 - an open connection has one
    _tell(connection, sql, values)
    try:
        yield connection.connection.dbapi_connection
    except Exception as error:
        if not isinstance(error, connection.dialect.loaded_dbapi.Error):
            raise
        raise _as_sqlalchemy(error, connection, sql, values) from error


@asynccontextmanager
async def _postgres(db: AsyncConnection, adapted: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - SQLAlchemy's of asyncpg
    """The driver's own connection, inside the transaction that SQLAlchemy has or is about to begin, else in none."""
    async with adapted._execute_mutex:  # noqa: SLF001 - as its own cursor does
        if db.in_transaction() and adapted._transaction is None:  # noqa: SLF001
            await adapted._start_transaction()  # noqa: SLF001
        try:
            yield adapted.driver_connection
        except asyncio.CancelledError:
            adapted.terminate()  # nobody knows what the server is still doing for us
            raise
        except Exception as error:
            adapted._handle_exception(error)  # noqa: SLF001
            raise


def _tell(connection: Connection, sql: str, values: tuple[Any, ...]) -> None:
    """What listens for statements hears of these, too."""
    if connection._has_events or connection.engine._has_events:  # noqa: SLF001 - SQLAlchemy's own way to ask
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, None, sql, values, None, False)


def _as_sqlalchemy(error: Exception, connection: Connection, sql: str, values: tuple[Any, ...]) -> BaseException:
    """The driver's error in SQLAlchemy's clothes, by which `core.database` knows what it means."""
    dialect = connection.dialect
    is_gone = dialect.is_disconnect(error, None, None)  # type: ignore[arg-type]
    if is_gone:
        connection.connection.invalidate(error)
    return DBAPIError.instance(
        sql,
        values,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=connection.engine.hide_parameters,
        connection_invalidated=is_gone,
        dialect=dialect,
    )
