"""What the two databases say differently, as small named pieces of SQL. The only room that asks which one it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Float,
    Integer,
    LargeBinary,
    Select,
    SQLColumnExpression,
    String,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
    text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from timeline_local.models import MemoryText

KeyedColumn: TypeAlias = Any  # a column of a derived table, which knows its table
Upsert: TypeAlias = "sqlite.Insert | postgresql.Insert"

# Any number that no other program uses for a PostgreSQL advisory lock; core.migrations and queries.audit have others.
FILES_LOCK = 7_406_812_033
SENDING_LOCK = 1_406_812_034  # with the owner beside it: of two numbers, each has 32 bits

_FTS = table("memory_fts", column("rowid", Integer))
_DOCUMENT: ColumnElement[Any] = literal_column("memory_text.document")


def upsert(dialect: str, into: type[DeclarativeBase]) -> Upsert:
    """An INSERT that knows ON CONFLICT."""
    return sqlite.insert(into) if dialect == "sqlite" else postgresql.insert(into)


def key_param(dialect: str, key: bytes) -> bytes | UUID:
    """The 16 bytes of an id as the driver wants them."""
    return key if dialect == "sqlite" else UUID(bytes=key)


# --- JSON in one statement -----------------------------------------------------


def json_array(dialect: str, *values: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """A JSON array of some values of one row."""
    return func.json_array(*values) if dialect == "sqlite" else func.json_build_array(*values)


def json_member(dialect: str, column: SQLColumnExpression[Any], name: str) -> ColumnElement[str]:
    """The text under a name of a JSON object; null if it has none of that name. name: letters and underscores."""
    if dialect == "sqlite":
        return func.json_extract(column, literal_column(f"'$.{name}'"))
    return column.op("->>")(literal_column(f"'{name}'"))


def json_list(dialect: str, value: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """All values of a column, in the order of its ordered subquery, as the text of a JSON array; `[]` without rows."""
    if dialect == "sqlite":
        return func.json_group_array(value)
    return func.coalesce(func.cast(func.json_agg(value), String), literal_column("'[]'"))


def key_list(dialect: str, keys: Sequence[int]) -> str | list[int]:
    """The parameter `keys` of `in_key_list`."""
    return orjson.dumps(list(keys)).decode() if dialect == "sqlite" else list(keys)


def in_key_list(dialect: str, key: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Whether the column is one of `:keys`, in one parameter: a list of them is rendered anew for every statement."""
    keys: BindParameter[Any] = bindparam("keys", type_=String if dialect == "sqlite" else ARRAY(BigInteger))
    if dialect == "sqlite":
        return key.in_(select(func.json_each(keys).table_valued("value").c.value))
    return key == any_(keys)


def each_key(dialect: str) -> KeyedColumn:
    """`:keys` as a column to select from; its `table` goes into the FROM."""
    keys: BindParameter[Any] = bindparam("keys", type_=String if dialect == "sqlite" else ARRAY(BigInteger))
    if dialect == "sqlite":
        found = func.json_each(keys).table_valued(column("value", BigInteger), name="asked")
        return found.c.value
    return func.unnest(keys).table_valued(column("value", BigInteger), name="asked").render_derived().c.value


def text_list(dialect: str, texts: Collection[str]) -> str | list[str]:
    """The parameter `texts` of `in_text_list`."""
    return orjson.dumps(list(texts)).decode() if dialect == "sqlite" else list(texts)


def in_text_list(dialect: str, value: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Whether the column is one of `:texts`; as `in_key_list`."""
    texts: BindParameter[Any] = bindparam("texts", type_=String if dialect == "sqlite" else ARRAY(String))
    if dialect == "sqlite":
        return value.in_(select(func.json_each(texts).table_valued("value").c.value))
    return value == any_(texts)


def new_key(dialect: str) -> ColumnElement[Any]:
    """A random id for each row of an INSERT … SELECT."""
    return literal_column("randomblob(16)" if dialect == "sqlite" else "gen_random_uuid()")


def hex_text(dialect: str, value: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Bytes as lower or upper case hexadecimal digits; null becomes null or, on SQLite, an empty text."""
    raw: ColumnElement[Any] = type_coerce(value, LargeBinary)
    return func.hex(raw) if dialect == "sqlite" else func.encode(raw, literal_column("'hex'"))


def uuid_text(dialect: str, value: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """An id as the 36 characters of the wire; null stays null."""
    if dialect == "sqlite":
        places = ("1, 4", "5, 2", "7, 2", "9, 2", "11, 6")
        raw = type_coerce(value, LargeBinary)
        parts = [func.hex(func.substr(raw, literal_column(place))) for place in places]
        text: ColumnElement[str] = parts[0]
        for part in parts[1:]:
            text = text.concat(literal_column("'-'")).concat(part)
        # SQLite's hex() makes an empty text of null.
        return func.nullif(func.lower(text), literal_column("'----'"))
    return func.cast(value, String)


def id_digits(dialect: str, value: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """An id as the database spells it quickest, 32 digits or the 36 characters of the wire, for reading in bulk."""
    if dialect == "sqlite":
        return func.hex(type_coerce(value, LargeBinary))
    return func.cast(value, String)


# --- full text -------------------------------------------------------------------


def text_matches(dialect: str, expression: str | BindParameter[str]) -> Select[int]:
    """The keys of memories whose text matches an expression made by `all_of`, or one that is given later."""
    if dialect == "sqlite":
        return select(_FTS.c.rowid).where(literal_column("memory_fts").op("MATCH")(expression))
    return select(MemoryText.memory_pk).where(_DOCUMENT.op("@@")(_tsquery(expression)))


def text_scores(dialect: str, expression: str) -> Select[int, float]:
    """(memory key, score) of everything that matches; better matches score higher, titles weigh most."""
    if dialect == "sqlite":
        score: ColumnElement[Any] = type_coerce(literal_column("-bm25(memory_fts, 8.0, 1.0, 3.0)"), Float)
        return select(_FTS.c.rowid, score.label("score")).where(literal_column("memory_fts").op("MATCH")(expression))
    rank = func.ts_rank(_DOCUMENT, _tsquery(expression), literal_column("1"))
    return select(MemoryText.memory_pk, rank.label("score")).where(_DOCUMENT.op("@@")(_tsquery(expression)))


def scored_key(dialect: str) -> ColumnElement[int]:
    """The memory key inside `text_matches` and `text_scores`, as a filter only (see `as_filter`)."""
    if dialect == "sqlite":
        return literal_column("+memory_fts.rowid", BigInteger)
    return type_coerce(MemoryText.memory_pk, BigInteger)


def words_expression(dialect: str, words: list[str], *, is_prefix: bool) -> str:
    """Words in this order, side by side; the last one may be the beginning of a word.

    words  as `words.searchable` cuts them: letters and digits only, so nothing in them is syntax.
    """
    if dialect == "sqlite":
        return f'"{" ".join(words)}"{"*" if is_prefix else ""}'
    quoted = [f"'{word}'" for word in words]
    return " <-> ".join(quoted) + (":*" if is_prefix else "")


def all_of(dialect: str, expressions: list[str]) -> str:
    """An expression that holds when all of these hold."""
    return (" AND " if dialect == "sqlite" else " & ").join(
        each if dialect == "sqlite" else f"({each})" for each in expressions
    )


def _tsquery(expression: str | BindParameter[str]) -> ColumnElement[Any]:
    return func.to_tsquery(literal_column("'simple'"), expression)


# --- how to find rows ------------------------------------------------------------


def as_filter(key: InstrumentedAttribute[int]) -> ColumnElement[int]:
    """The column as a filter only: with a plus sign SQLite looks no rows up by it, so another index gives the order.

    PostgreSQL reads the sign and plans by its statistics.
    """
    return literal_column(f"+{key.class_.__tablename__}.{key.key}", BigInteger)


# --- order of names --------------------------------------------------------------

SORTED_BY = 200  # characters of a name; what follows does not change its place in a list


def by_letter(dialect: str, folded: SQLColumnExpression[str]) -> ColumnElement[str]:
    """The sort key of a folded name: by code point on both databases, whatever language the server speaks."""
    key: ColumnElement[str] = func.substr(folded, 1, SORTED_BY, type_=String)
    return key if dialect == "sqlite" else key.collate("C")


# --- forgetting ----------------------------------------------------------------

# Rowid -1 belongs to no memory. 500 pages of the index are one step.


async def forget_from_now_on(db: AsyncConnection) -> None:
    """Let SQLite's full text index take deleted words out, instead of noting only that they no longer count."""
    if db.dialect.name == "sqlite":
        await db.execute(text("INSERT INTO memory_fts(memory_fts, rank) VALUES ('secure-delete', 1)"))


async def begin_forgetting(db: AsyncConnection) -> None:
    """Give the full text index something to merge: it never rewrites what is merged already, old words included."""
    if db.dialect.name == "sqlite":
        await db.execute(text("INSERT INTO memory_fts(rowid, title) VALUES (-1, 'x')"))


async def go_on_forgetting(db: AsyncConnection) -> bool:
    """Merge a part of the full text index, words without entries dropped; whether that is done.

    PostgreSQL keeps old row versions until its own vacuum, and its log as long as it is set to: nothing to do here.
    """
    if db.dialect.name != "sqlite":
        return True
    count = text("SELECT total_changes()")
    before = (await db.execute(count)).scalar_one()
    await db.execute(text("INSERT INTO memory_fts(memory_fts, rank) VALUES ('merge', -500)"))
    return bool((await db.execute(count)).scalar_one() - before < 2)  # noqa: PLR2004 - as FTS5 tells that it is done


async def end_forgetting(db: AsyncConnection) -> None:
    """Take out again what `begin_forgetting` put in."""
    if db.dialect.name == "sqlite":
        await db.execute(text("INSERT INTO memory_fts(memory_fts, rowid, title) VALUES ('delete', -1, 'x')"))


async def rebuild_text_index(db: AsyncConnection) -> None:
    """Build the full text index anew from the search texts. One statement, as long as the library is large."""
    if db.dialect.name == "sqlite":
        await db.execute(text("INSERT INTO memory_fts(memory_fts) VALUES ('rebuild')"))
    else:
        await db.execute(text("REINDEX INDEX ix_memory_text_document"))


async def hold_files(db: AsyncConnection) -> None:
    """No original is deleted until this transaction ends. Others may hold them, too; SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        await db.execute(text(f"SELECT pg_advisory_xact_lock_shared({FILES_LOCK})"))


async def hold_files_alone(db: AsyncConnection) -> None:
    """No row that names an original comes until this transaction ends, which may delete some."""
    if db.dialect.name == "postgresql":
        await db.execute(text(f"SELECT pg_advisory_xact_lock({FILES_LOCK})"))


async def hold_sending(db: AsyncConnection, owner_pk: int) -> None:
    """No other transaction of this kind of this owner runs until this one ends; SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        await db.execute(text(f"SELECT pg_advisory_xact_lock({SENDING_LOCK}, {owner_pk % 2**31})"))
