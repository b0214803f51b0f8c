"""Migrations: one line of revisions, the schema of the models, all or nothing, with a checked snapshot before."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from timeline_local.core import migrations
from timeline_local.core.database import Database, sqlite_module
from timeline_local.core.library import Library
from timeline_local.core.migrations import alembic_config, head_revision, migrations_folder, upgrade
from timeline_local.exceptions import LibraryNewer, MigrationFailed
from timeline_local.models import Base


def _compare(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    ours = set(Base.metadata.tables)
    return [
        change
        for change in compare_metadata(context, Base.metadata)
        if not (change[0] == "remove_table" and change[1].name not in ours)
        and not (change[0] == "remove_column" and change[3].name == "document")
        and not (change[0] == "remove_index" and change[1].name == "ix_memory_text_document")
    ]


def test_revisions_form_one_line() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert script.get_heads() == [head_revision()]
    assert all(not isinstance(revision.down_revision, tuple) for revision in script.walk_revisions())


async def test_the_migrated_schema_is_that_of_the_models(database: Database) -> None:
    async with database.write() as db:
        assert await db.run_sync(_compare) == []


async def test_a_current_schema_is_left_alone(database: Database, library: Library) -> None:
    assert await upgrade(database, library) is None
    assert list(library.backups.iterdir()) == []


async def test_a_newer_schema_is_refused(database: Database, library: Library) -> None:
    async with database.write() as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LibraryNewer, match="9999"):
        await upgrade(database, library)


async def test_a_failing_migration_leaves_the_old_schema_and_a_snapshot(
    database: Database, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_halfway(config: object, revision: str) -> None:
        connection: Connection = config.attributes["connection"]  # type: ignore[attr-defined]
        connection.execute(text("CREATE TABLE half_done (pk INTEGER)"))
        raise RuntimeError(revision)

    monkeypatch.setattr(command, "upgrade", fail_halfway)
    monkeypatch.setattr(migrations, "head_revision", lambda: "9998")
    with pytest.raises(MigrationFailed, match="rolled back"):
        await upgrade(database, library)
    async with database.write() as db:
        assert not await db.run_sync(lambda connection: inspect(connection).has_table("half_done"))
    snapshots = list(library.backups.iterdir())
    assert len(snapshots) == (database.dialect == "sqlite")
    assert all(_is_whole(path) for path in snapshots)


def _is_whole(path: Path) -> bool:
    connection = sqlite_module().connect(str(path))
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        return bool(verdict == "ok" and connection.execute("SELECT count(*) FROM memory").fetchone()[0] == 0)
    finally:
        connection.close()


def test_the_revisions_are_found_in_a_checkout() -> None:
    assert (migrations_folder() / "env.py").is_file()
