"""Revisions form one line, run on a database with rows, and end where the tables are."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from timeline_local.config import load_settings
from timeline_local.core.database import Database, open_database
from timeline_local.core.library import Library, open_library
from timeline_local.core.migrations import alembic_config, head_revision, upgrade
from timeline_local.models import Base
from timeline_local.services.identity import ensure_owner

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _tree() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


def test_revisions_form_one_line() -> None:
    revisions = list(_tree().walk_revisions())
    parents = [revision.down_revision for revision in reversed(revisions)]
    assert parents == [None, *(revision.revision for revision in reversed(revisions[1:]))]


def test_revisions_are_numbered_as_their_files_are() -> None:
    files = [(revision.revision, Path(revision.path).name.split("_", 1)[0]) for revision in _tree().walk_revisions()]
    assert [pair for pair in files if pair[0] != pair[1]] == []


def test_the_newest_revision_is_found_without_loading_alembic() -> None:
    assert head_revision() == _tree().get_current_head()


# What a dialect needs for searching stands in the migration alone: FTS5's tables, PostgreSQL's generated column.
SEARCH = ("memory_fts", "alembic_version", "document", "ix_memory_text_document")


def _differences(connection: Connection) -> list[object]:
    def wanted(name: str | None, _kind: str, _parents: object) -> bool:
        return not str(name).startswith(SEARCH)

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": wanted})
    return list(compare_metadata(context, Base.metadata))


async def test_the_revisions_end_where_the_tables_are(database: Database) -> None:
    async with database.write() as db:
        assert await db.run_sync(_differences) == []


@pytest.fixture
def fresh(tmp_path: Path) -> Library:
    """A library without a database."""
    return open_library(tmp_path, uses_sqlite=True)


def _open(library: Library) -> Database:
    settings = load_settings(data_dir=library.root, environment="test")
    return open_database(settings.database, library.database)


def _upgrade_to(connection: Connection, revision: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.mark.parametrize("revision", [revision.revision for revision in reversed(list(_tree().walk_revisions()))])
async def test_every_revision_is_left_behind_by_a_database_that_holds_rows(revision: str, fresh: Library) -> None:
    database = _open(fresh)
    async with database.write() as db:
        await db.run_sync(_upgrade_to, revision)
        owner_pk, _ = await ensure_owner(db, now=NOW)
    await upgrade(database, fresh)
    async with database.read() as db:
        kept = (await db.execute(text('SELECT pk FROM "user"'))).scalars().all()
        at = (await db.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
    await database.close()
    assert (list(kept), at) == ([owner_pk], head_revision())


async def test_a_second_start_changes_nothing(fresh: Library) -> None:
    database = _open(fresh)
    await upgrade(database, fresh)
    again = await upgrade(database, fresh)
    await database.close()
    assert again is None
    assert list(fresh.backups.iterdir()) == []


async def test_the_migrated_file_is_sound(fresh: Library) -> None:
    database = _open(fresh)
    await upgrade(database, fresh)
    await database.close()
    with sqlite3.connect(fresh.database) as plain:
        verdict = plain.execute("PRAGMA integrity_check").fetchone()
    plain.close()
    assert verdict == ("ok",)


async def test_the_planner_is_told_of_every_full_index_of_the_tables_it_was_told_of(fresh: Library) -> None:
    """What SQLite was not told, it takes to find ten rows: an index by owner sent facets through every file."""
    database = _open(fresh)
    await upgrade(database, fresh)
    await database.close()
    with sqlite3.connect(fresh.database) as plain:
        told = set(plain.execute("SELECT tbl, idx FROM sqlite_stat1").fetchall())
        lists = {
            table: plain.execute(f'PRAGMA index_list("{table}")').fetchall() for table in {table for table, _ in told}
        }
    plain.close()
    full = {(table, row[1]) for table, rows in lists.items() for row in rows if not row[4]}
    assert full - told == {("identity", "ix_identity_former_person_pk")}  # nearly all of it is null
