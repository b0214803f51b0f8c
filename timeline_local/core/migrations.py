"""Bringing the schema up to date at start: one transaction, after a verified snapshot.

Alembic is imported only when there is something to do; looking costs one statement.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from timeline_local.core.database import Database, sqlite_module
from timeline_local.core.library import Library
from timeline_local.core.private_files import sync_dir
from timeline_local.exceptions import LibraryDamaged, LibraryNewer, MigrationFailed, StartRefused

if TYPE_CHECKING:
    from alembic.config import Config

# Any number that no other program uses for a PostgreSQL advisory lock.
ADVISORY_LOCK = 0x71E11AE


def migrations_folder() -> Path:
    """Where the one tree of revisions is: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "migrations"
    return shipped if shipped.is_dir() else package.parent / "migrations"


def head_revision() -> str:
    """The newest revision this program knows; revisions form one line and are numbered in their file names."""
    names = [path.name for path in (migrations_folder() / "versions").glob("[0-9]*.py")]
    return max(names).split("_", 1)[0]


async def upgrade(database: Database, library: Library) -> str | None:
    """Bring the schema to head; the revision it came from, or None when there was nothing to do.

    Raises LibraryNewer (nothing touched), LibraryDamaged, MigrationFailed (rolled back, snapshot kept).
    """
    async with database.read() if database.dialect == "postgresql" else database.write() as connection:
        current = await connection.run_sync(_current_revision)
    head = head_revision()
    if current == head:
        return None
    if current is not None and current > head:
        raise LibraryNewer(
            f"The database has schema {current}; this version knows {head}. Nothing was changed. "
            "Install the version that wrote it, or a newer one."
        )
    snapshot = _snapshot(library, current) if database.dialect == "sqlite" and current is not None else None
    try:
        async with database.write() as connection:
            await connection.run_sync(_upgrade)
    except Exception as error:
        kept = f" A snapshot from before is in backups/{snapshot.name}." if snapshot else ""
        raise MigrationFailed(
            f"The upgrade from schema {current or 'none'} to {head} failed and was rolled back; "
            f"your data is as it was.{kept} Report the error in the log, and go on with the former version."
        ) from error
    return current or ""


async def refuse_other_schema(database: Database) -> None:
    """Raise StartRefused unless the schema is the one this version knows; for a worker, which leaves upgrades alone."""
    async with database.read() as connection:
        current = await connection.run_sync(_current_revision)
    if current != head_revision():
        raise StartRefused(
            f"The database has schema {current or 'none'}; this version needs {head_revision()}. Nothing was changed. "
            "Start the server of the same version first: it brings the schema up to date."
        )


def _current_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return None if row is None else str(row[0])


def alembic_config() -> Config:
    """Alembic's configuration without an ini file."""
    from alembic.config import Config  # noqa: PLC0415 - 0.1 s that a start without a migration need not pay

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see alembic_config

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _snapshot(library: Library, revision: str) -> Path:
    """A checked copy of the database under backups/, complete under its name or not there at all."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    final = library.backups / f"before-migration-from-{revision}-{stamp}.db"
    temporary = final.with_suffix(".part")
    module = sqlite_module()
    source, copy = module.connect(str(library.database)), module.connect(str(temporary))
    try:
        source.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        source.close()
        copy.close()
    if verdict != "ok":
        temporary.unlink()
        raise LibraryDamaged(
            "timeline.db is damaged, so it was not upgraded and nothing was changed. "
            "Put it back from your newest backup, then start again."
        )
    temporary.chmod(0o600)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.rename(final)
    sync_dir(final.parent)
    return final
