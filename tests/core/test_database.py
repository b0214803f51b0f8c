"""Reads and writes on both databases: nothing lost, nothing written by a reader, nothing kept of a failure."""

from __future__ import annotations

import asyncio
import sqlite3
import sys

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from timeline_local.core.database import Database, check_sqlite, ping, sqlite_module
from timeline_local.exceptions import DatabaseTooOld, DatabaseUnavailable, DiskFull, LibraryReadOnly
from timeline_local.models import ChangeCounter, User


async def test_960_concurrent_increments_lose_none(database: Database, owner: object) -> None:
    async def increment_often() -> None:
        for _ in range(60):
            async with database.write() as db:
                row = (await db.execute(select(ChangeCounter.revision).with_for_update())).scalar_one()
                await db.execute(update(ChangeCounter).values(revision=row + 1))

    await asyncio.gather(*(increment_often() for _ in range(16)))
    async with database.read() as db:
        assert (await db.execute(select(ChangeCounter.revision))).scalar_one() == 961


async def test_a_block_that_raises_changes_nothing(database: Database, owner: object) -> None:
    async def fail() -> None:
        async with database.write() as db:
            await db.execute(update(User).values(name="changed"))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await fail()
    async with database.read() as db:
        assert (await db.execute(select(User.name))).scalar_one() == ""


async def test_a_cancelled_writer_lets_the_next_one_write(database: Database, owner: object) -> None:
    async def write_slowly() -> None:
        async with database.write() as db:
            await db.execute(update(User).values(name="slow"))
            await asyncio.sleep(30)

    task = asyncio.create_task(write_slowly())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(25), database.write() as db:
        await db.execute(update(User).values(name="next"))
    async with database.read() as db:
        assert (await db.execute(select(User.name))).scalar_one() == "next"


async def test_a_snapshot_does_not_see_later_writes(database: Database, owner: object) -> None:
    async with database.snapshot() as before:
        first = (await before.execute(select(User.name))).scalar_one()
        async with database.write() as db:
            await db.execute(update(User).values(name="later"))
        assert (await before.execute(select(User.name))).scalar_one() == first
    async with database.snapshot() as after:
        assert (await after.execute(select(User.name))).scalar_one() == "later"


async def test_our_own_wrong_statement_is_not_called_an_outage(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with database.read() as db:
            await db.execute(text("SELECT nothing FROM nowhere"))


async def test_a_broken_constraint_stays_an_integrity_error(database: Database, owner: object) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as db:
            await db.execute(text('INSERT INTO change_counter (owner_pk, revision) SELECT pk, 1 FROM "user"'))


async def test_a_database_that_answers_can_be_pinged(database: Database) -> None:
    await ping(database)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_reader_cannot_write(database: Database, owner: object) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with database.read() as db:
            await db.execute(update(User).values(name="sneaky"))


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_the_writer_syncs_fully_and_checks_foreign_keys(database: Database) -> None:
    async with database.write() as db:
        found = [
            (await db.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("synchronous", "foreign_keys", "journal_mode", "trusted_schema")
        ]
    assert found == [2, 1, "wal", 0]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_full_disk_is_named(database: Database, owner: object) -> None:
    async with database.write() as db:
        pages = (await db.execute(text("PRAGMA page_count"))).scalar_one()
        await db.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(DiskFull):
        async with database.write() as db:
            await db.execute(update(User).values(name="x" * 1_000_000))


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_closing_folds_the_log_into_the_file(database: Database, owner: object, library: object) -> None:
    log = library.database.with_name("timeline.db-wal")  # type: ignore[attr-defined]
    assert log.stat().st_size > 0
    await database.close()
    assert not log.exists() or log.stat().st_size == 0


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_postgresql_that_is_away_is_named(settings: object) -> None:
    from pydantic import SecretStr

    from timeline_local.core.database import open_database

    group = settings.database.model_copy(update={"url": SecretStr("postgresql://nobody@127.0.0.1:9/none")})  # type: ignore[attr-defined]
    away = open_database(group, settings.data_dir / "unused.db")  # type: ignore[attr-defined]
    with pytest.raises(DatabaseUnavailable):
        await ping(away)
    await away.close()


def test_the_sqlite_in_use_is_new_enough() -> None:
    check_sqlite(sqlite_module())


def test_a_sqlite_that_is_too_old_is_refused() -> None:
    class Old:
        sqlite_version = "3.20.0"
        sqlite_version_info = (3, 20, 0)

    with pytest.raises(DatabaseTooOld, match=r"3\.20\.0 is too old"):
        check_sqlite(Old)  # type: ignore[arg-type]


def test_a_self_contained_build_refuses_a_sqlite_with_the_wal_reset_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    class Buggy:
        sqlite_version = "3.51.2"
        sqlite_version_info = (3, 51, 2)

    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(DatabaseTooOld, match=r"3\.51\.2 is too old; 3\.51\.3 or newer"):
        check_sqlite(Buggy)  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_more_readers_than_connections_take_turns(database: Database, owner: object) -> None:
    most, _ = database.pool_use()
    seen: list[int] = []

    async def look() -> None:
        async with database.read() as db:
            seen.append(database.pool_use()[1])
            await db.execute(select(User.name))

    await asyncio.gather(*(look() for _ in range(3 * most)))
    assert (len(seen), max(seen), database.pool_use()) == (3 * most, most, (most, 0))


async def test_a_reader_whose_block_failed_leaves_nothing_open(database: Database, owner: object) -> None:
    for _ in range(2 * database.pool_use()[0]):
        with pytest.raises(RuntimeError, match="stop"):
            await _stopped_in_a_snapshot(database)
    async with database.write() as db:
        await db.execute(update(User).values(name="later"))
    async with database.read() as db:
        assert (await db.execute(select(User.name))).scalar_one() == "later"


async def _stopped_in_a_snapshot(database: Database) -> None:
    async with database.snapshot() as db:
        await db.execute(select(User.name))
        raise RuntimeError("stop")


async def test_a_failed_write_says_what_is_wrong_with_the_disk_until_one_succeeds(
    database: Database, owner: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "explain", lambda: LibraryReadOnly("look at the disk"))
    failure = DBAPIError("UPDATE", (), sqlite3.OperationalError("disk I/O error"))
    with pytest.raises(DatabaseUnavailable if database.dialect == "postgresql" else LibraryReadOnly):
        async with database.write():
            raise failure
    assert database.trouble is not None
    async with database.write():
        pass
    assert database.trouble is None


async def test_an_unexpected_error_of_the_database_repeats_no_values(database: Database) -> None:
    with pytest.raises(DBAPIError) as found:
        async with database.write() as db:
            await db.execute(text("SELECT no_such_column FROM memory WHERE title = :title"), {"title": "Zimtstern"})
    assert "Zimtstern" not in str(found.value)


LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_closing_breaks_off_a_write_that_goes_on_for_ever(database: Database, owner: object) -> None:
    async def write_for_ever() -> None:
        async with database.write() as db:
            await db.execute(update(User).values(name="changed"))
            await db.exec_driver_sql(LONG)

    writing = asyncio.create_task(write_for_ever())
    await asyncio.sleep(0.2)
    async with asyncio.timeout(60):
        await database.close()
    with pytest.raises(DatabaseUnavailable):
        await writing


async def test_a_closed_database_takes_nothing_more(database: Database) -> None:
    await database.close()
    with pytest.raises(DatabaseUnavailable):
        async with database.write():
            pass
    with pytest.raises(DatabaseUnavailable):
        async with database.read():
            pass
