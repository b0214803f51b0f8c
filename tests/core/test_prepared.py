"""Prepared statements: the same answers, errors and transactions as SQLAlchemy's own, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import BigInteger, bindparam, event, insert, literal, select, table, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import Owner
from timeline_local.core.database import Database
from timeline_local.core.prepared import Prepared, RawRow
from timeline_local.domain.ids import new_id
from timeline_local.models import ChangeCounter, Tag

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def revision(db: AsyncConnection) -> Prepared:
    statement = select(ChangeCounter.revision, literal("fixed").label("word"))
    return Prepared.of(statement.where(ChangeCounter.owner_pk == bindparam("owner_pk", type_=BigInteger)), db.dialect)


async def revisions(database: Database, owner: Owner) -> list[int]:
    async with database.read() as db:
        return [row[0] for row in await revision(db).rows(db, owner_pk=owner.pk)]


async def test_rows_are_the_drivers_own_and_fixed_values_stay(database: Database, owner: Owner) -> None:
    async with database.read() as db:
        (row,) = await revision(db).rows(db, owner_pk=owner.pk)
    assert tuple(row) == (1, "fixed")


async def test_what_is_made_of_the_rows_comes_back(database: Database, owner: Owner) -> None:
    def first(rows: Sequence[RawRow]) -> int:
        number: int = rows[0][0]
        return number

    async with database.read() as db:
        assert await revision(db).made(db, first, owner_pk=owner.pk) == 1


async def test_a_write_sees_its_own_changes_and_a_rollback_undoes_them(database: Database, owner: Owner) -> None:
    raised = text("UPDATE change_counter SET revision = revision + 1")

    async def fail() -> None:
        async with database.write() as db:
            await db.execute(raised)
            assert [row[0] for row in await revision(db).rows(db, owner_pk=owner.pk)] == [2]
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await fail()
    assert await revisions(database, owner) == [1]


async def test_a_statement_that_comes_first_in_a_write_is_part_of_it(database: Database, owner: Owner) -> None:
    adding = update(ChangeCounter).values(revision=ChangeCounter.revision + 1).returning(ChangeCounter.revision)

    async def fail() -> None:
        async with database.write() as db:
            (row,) = await Prepared.of(adding, db.dialect).rows(db)
            assert row[0] == 2
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await fail()
    assert await revisions(database, owner) == [1]


async def test_all_statements_of_a_snapshot_see_the_same_state(database: Database, owner: Owner) -> None:
    async with database.snapshot() as db:
        before = [row[0] for row in await revision(db).rows(db, owner_pk=owner.pk)]
        async with database.write() as writing:
            await writing.execute(update(ChangeCounter).values(revision=9))
        assert [row[0] for row in await revision(db).rows(db, owner_pk=owner.pk)] == before
    assert await revisions(database, owner) == [9]


async def test_an_error_of_the_database_is_sqlalchemys_and_the_connection_goes_on(
    database: Database, owner: Owner
) -> None:
    async with database.read() as db:
        with pytest.raises(DBAPIError, match="no_such_table"):
            await Prepared("SELECT 1 FROM no_such_table", ()).rows(db)
        assert [row[0] for row in await revision(db).rows(db, owner_pk=owner.pk)] == [1]


async def test_an_error_of_the_database_repeats_no_values(database: Database) -> None:
    async with database.read() as db:
        wrong = Prepared.of(select(literal("Zimtstern")).select_from(table("no_such_table")), db.dialect)
        with pytest.raises(DBAPIError, match="no_such_table") as found:
            await wrong.rows(db)
    assert "Zimtstern" not in str(found.value)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_reader_cannot_write(database: Database, owner: Owner) -> None:
    async with database.read() as db:
        with pytest.raises(DBAPIError, match="readonly"):
            await Prepared("DELETE FROM change_counter", ()).rows(db)
    assert await revisions(database, owner) == [1]


async def test_who_listens_for_statements_hears_of_these(database: Database, owner: Owner) -> None:
    heard: list[str] = []
    async with database.read() as db:
        event.listen(db.engine.sync_engine, "before_cursor_execute", lambda *given: heard.append(given[2]))
        prepared = revision(db)
        await prepared.rows(db, owner_pk=owner.pk)
    assert heard == [prepared.sql]


async def test_a_connection_whose_statement_was_given_up_serves_the_next(database: Database, owner: Owner) -> None:
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*) FROM n"

    async def ask() -> None:
        async with database.read() as db:
            await Prepared(slow, ()).rows(db)

    asking = asyncio.create_task(ask())
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await revisions(database, owner) == [1]


COLUMNS = ("owner_pk", "created_at", "updated_at", "version", "id", "name", "folded")


def adding(db: AsyncConnection) -> Prepared:
    return Prepared.insert(insert(Tag).inline(), db.dialect, COLUMNS)


def tag(owner: Owner, name: str) -> dict[str, Any]:
    made = {"owner_pk": owner.pk, "created_at": NOW, "updated_at": NOW, "version": 1}
    return made | {"id": new_id(), "name": name, "folded": name}


async def test_rows_are_written_as_the_types_of_their_columns_say(database: Database, owner: Owner) -> None:
    rows = [tag(owner, "one"), tag(owner, "two")]
    async with database.write() as db:
        await adding(db).written(db, rows)
    async with database.read() as db:
        found = (await db.execute(select(Tag.name, Tag.id, Tag.created_at).order_by(Tag.pk))).all()
    assert [tuple(row) for row in found] == [(row["name"], row["id"], NOW) for row in rows]


async def test_one_row_is_written_and_what_it_returns_is_told(database: Database, owner: Owner) -> None:
    async with database.write() as db:
        returning = Prepared.insert(insert(Tag).returning(Tag.pk), db.dialect, COLUMNS)
        made = await returning.made_row(db, tag(owner, "one"))
    async with database.read() as db:
        assert (await db.execute(select(Tag.pk))).scalar_one() == made[0]


async def test_a_broken_constraint_undoes_every_row_of_the_transaction(database: Database, owner: Owner) -> None:
    async def twice() -> None:
        async with database.write() as db:
            await adding(db).written(db, [tag(owner, "one"), tag(owner, "one")])

    with pytest.raises(IntegrityError):
        await twice()
    async with database.read() as db:
        assert (await db.execute(select(Tag.name))).all() == []
