"""An upgrade of a library with rows: whole, or not at all, wherever it is interrupted."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, event, select, text

from timeline_local.config import load_settings
from timeline_local.core.database import Database, open_database
from timeline_local.core.library import Library, open_library
from timeline_local.core.migrations import alembic_config, head_revision, upgrade
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import MigrationFailed
from timeline_local.models.base import Uid

NOW = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1e6)
OLD = [each.revision for each in ScriptDirectory.from_config(alembic_config()).walk_revisions()][1:]
NAMES = {"Zoë Åström": "zoe astrom", "ANNA": "anna", "李小龙": "李小龙"}  # each with how it is folded


def upgrade_to(connection: Connection, revision: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def fill(connection: Connection) -> None:
    """An owner, people, and a session, as a revision knew them: the first had no folded names."""
    tables = MetaData()
    tables.reflect(connection, only=["user", "person", "session"])
    common = {"created_at": NOW, "updated_at": NOW, "version": 1}

    def add(table_name: str, /, **values: Any) -> None:  # noqa: ANN401 - a column's value
        table = tables.tables[table_name]
        table.c.id.type = Uid()
        connection.execute(table.insert().values(id=new_id(), **common, **values))

    add("user", pk=1, name="Mia", role="owner", is_active=True)
    for name, folded in NAMES.items():
        known = {"name": name, "folded": folded}
        add("person", owner_pk=1, **{column: known[column] for column in known if column in tables.tables["person"].c})
    hashes = {"token_hash": b"t" * 32, "secret_hash": b"s" * 32}
    add("session", owner_pk=1, device="Firefox", last_seen_at=NOW, expires_at=NOW + 1, **hashes)


def picture(connection: Connection) -> dict[str, Any]:
    """Everything in the database: the columns of each table with its rows."""
    tables = MetaData()
    tables.reflect(connection)
    ours = [table for name, table in sorted(tables.tables.items()) if not name.startswith(("memory_fts", "sqlite_"))]
    return {
        table.name: (
            sorted(column.name for column in table.columns),
            sorted(index.name or "" for index in table.indexes),
            sorted(map(repr, connection.execute(select(table)).all())),
        )
        for table in ours
    }


@contextmanager
def failing_at(number: int) -> Iterator[list[int]]:
    """Let the number-th statement that changes anything fail; yields the count of those that came."""
    seen = [0]

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event
        if statement.lstrip().upper().startswith(("CREATE", "ALTER", "INSERT", "UPDATE", "DELETE", "DROP")):
            seen[0] += 1
            if seen[0] == number:
                raise OSError("the disk went away")

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", before)


@pytest.fixture(params=OLD)
def old(request: pytest.FixtureRequest) -> str:
    """A revision that a user's library may still have."""
    return str(request.param)


@pytest.fixture
async def outdated(
    old: str, dialect: str, postgres_server: str | None, tmp_path: Path
) -> AsyncIterator[tuple[Database, Library]]:
    """A library of that revision, with rows."""
    url = None
    if dialect == "postgresql":
        if postgres_server is None:
            pytest.skip("no PostgreSQL")
        name = f"tl_old_{uuid4().hex[:12]}"
        server = await asyncpg.connect(postgres_server)
        await server.execute(f'CREATE DATABASE "{name}"')
        url = f"{postgres_server.partition('?')[0].rsplit('/', 1)[0]}/{name}"
        query = postgres_server.partition("?")[2]
        url += f"?{query}" if query else ""
    settings = load_settings(data_dir=tmp_path, environment="test", database={"url": url} if url else {})
    library = open_library(tmp_path, uses_sqlite=url is None)
    database = open_database(settings.database, library.database)
    async with database.write() as db:
        await db.run_sync(upgrade_to, old)
        await db.run_sync(fill)
    yield database, library
    await database.close()
    if url is not None:
        await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await server.close()


async def look(database: Database) -> dict[str, Any]:
    async with database.read() as db:
        return await db.run_sync(picture)


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.slow)])
async def test_an_upgrade_that_fails_at_any_statement_leaves_everything_as_it_was(
    outdated: tuple[Database, Library], step: int
) -> None:
    database, library = outdated
    before = await look(database)
    number = 1 - step
    while True:
        number += step
        with failing_at(number) as seen:
            try:
                await upgrade(database, library)
            except MigrationFailed:
                assert seen[0] == number
                assert await look(database) == before
                continue
        break
    assert number > 1  # else nothing was interrupted
    async with database.read() as db:
        assert (await db.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == head_revision()


async def test_an_upgrade_keeps_every_row_and_fills_what_is_new(outdated: tuple[Database, Library]) -> None:
    database, library = outdated
    await upgrade(database, library)
    async with database.read() as db:
        people = (await db.execute(text("SELECT name, folded, note FROM person ORDER BY pk"))).all()
        kinds = (await db.execute(text("SELECT kind, device FROM session"))).all()
    assert [tuple(row) for row in people] == [(name, folded, "") for name, folded in NAMES.items()]
    assert [tuple(row) for row in kinds] == [("browser", "Firefox")]


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from timeline_local.config import load_settings
from timeline_local.core.database import open_database
from timeline_local.core.library import open_library
from timeline_local.core.migrations import upgrade

left = int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def die(connection, cursor, statement, *rest):
    global left
    left -= statement.lstrip().upper().startswith(("CREATE", "ALTER", "INSERT", "UPDATE"))
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    settings = load_settings(data_dir=Path(sys.argv[1]), environment="test")
    library = open_library(settings.data_dir, uses_sqlite=True)
    database = open_database(settings.database, library.database)
    await upgrade(database, library)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("statements", range(1, 30, 3))
async def test_a_process_killed_while_it_upgrades_leaves_the_old_library(
    statements: int, old: str, tmp_path: Path
) -> None:
    settings = load_settings(data_dir=tmp_path, environment="test")
    library = open_library(tmp_path, uses_sqlite=True)
    database = open_database(settings.database, library.database)
    async with database.write() as db:
        await db.run_sync(upgrade_to, old)
        await db.run_sync(fill)
    before = await look(database)
    await database.close()
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED, str(tmp_path), str(statements)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
        timeout=100,
    )
    is_through = ended.returncode == 0  # the upgrade has fewer statements
    assert ended.returncode in (0, -signal.SIGKILL)
    assert statements > 1 or not is_through
    again = open_database(settings.database, library.database)
    assert (await look(again) == before) is not is_through
    assert await upgrade(again, library) == (None if is_through else old)
    await again.close()
