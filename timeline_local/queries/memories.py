"""Whole memories as they go over the wire: one statement a page, its rows turned into JSON as directly as possible.

Tags, people and media come as JSON text from the database and are embedded as they are; only media, whose addresses are
signed for the caller, are taken apart. Rows come raw (integers and bytes): converting them by column type would cost
more than reading them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Literal, TypeAlias
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    Integer,
    LargeBinary,
    Select,
    String,
    Uuid,
    bindparam,
    literal_column,
    outerjoin,
    select,
    text,
    tuple_,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.place_words import PlaceWords
from timeline_local.core.prepared import Prepared, RawRow
from timeline_local.domain.query import Query
from timeline_local.exceptions import MemoryNotFound
from timeline_local.models import Import, Location, Memory
from timeline_local.queries import search
from timeline_local.queries.dialect import as_filter, in_key_list, key_list, key_param, text_matches
from timeline_local.queries.memory_rows import PK, PLACE, UrlFor, memory_json, page_columns
from timeline_local.queries.named import resolved

Order: TypeAlias = Literal["newest", "oldest", "relevance"]
Way: TypeAlias = Literal["all", "looked up", "walked"]
"""The whole timeline; the memories of `:keys`; what matches `:expression`, along the timeline."""

Position: TypeAlias = tuple[int, int, bytes]
"""Where a page ended: (day number, microseconds, 16 id bytes); for relevance (how many were shown, 0, zeros)."""

_NO_KEY = bytes(16)


@dataclass(frozen=True, slots=True)
class Keys:
    """pks: inner keys in order. next: where the next page begins, None at the end."""

    pks: list[int]
    next: Position | None


@dataclass(frozen=True, slots=True)
class Page:
    """items: memories in order, as orjson takes them. next: where the next page begins, None at the end."""

    items: orjson.Fragment
    next: Position | None


async def page(
    db: AsyncConnection,
    owner_pk: int,
    query: Query,
    *,
    cursor: Position | None,
    limit: int,
    order: Order,
    url_for: UrlFor,
    words: PlaceWords | None = None,
) -> Page:
    """One page of the memories a query means. Cost does not grow with the depth of the cursor.

    relevance  the newest 2,000 hits, best first; without words in the query the same as newest.
    """
    query = await resolved(db, owner_pk, query)
    if order == "relevance" and search.text_expression(query, db.dialect.name) is not None:
        return await _ranked(db, owner_pk, query, cursor=cursor, limit=limit, url_for=url_for, words=words)
    make = partial(_page_of, limit=limit, url_for=url_for, words=words)
    is_newest = order != "oldest"
    place = {"page_limit": limit + 1, **_cursor_values(db.dialect.name, cursor)}
    sought = await search.word_search(db, owner_pk, query) if query.terms else {"owner_pk": owner_pk}
    if sought is not None:
        way: Way = "looked up" if "keys" in sought else "walked" if "expression" in sought else "all"
        prepared = _prepared(db.dialect, way, is_newest=is_newest, goes_on=cursor is not None)
        return await prepared.made(db, make, **sought, **place)
    condition = await search.plan(db, owner_pk, query)
    statement = _ordered(_statement(db.dialect).where(condition), is_newest=is_newest)
    if cursor is not None:
        statement = statement.where(_behind(db.dialect.name, is_newest=is_newest))
    return make((await db.execute(statement.limit(limit + 1), place)).all())


async def page_keys(
    db: AsyncConnection, owner_pk: int, query: Query, *, cursor: Position | None, limit: int, order: Order
) -> Keys:
    """The inner keys of one page of `page`. At most three statements, and one for each name in the query."""
    query = await resolved(db, owner_pk, query)
    if order == "relevance" and search.text_expression(query, db.dialect.name) is not None:
        ranked = await _ranked_keys(db, owner_pk, query)
        start = 0 if cursor is None else max(0, cursor[0])
        return Keys(ranked[start : start + limit], _rank_behind(start + limit, ranked))
    is_newest = order != "oldest"
    key = type_coerce(Memory.id, _key_type(db.dialect.name)).label("key")
    place = type_coerce(Memory.local_on, Integer), type_coerce(Memory.happened_at, BigInteger)
    condition = await search.plan(db, owner_pk, query)
    columns: list[ColumnElement[Any]] = [key, *place, type_coerce(Memory.pk, BigInteger).label("pk")]
    statement = _ordered(select(*columns).where(condition), is_newest=is_newest)
    if cursor is not None:
        statement = statement.where(_behind(db.dialect.name, is_newest=is_newest))
    rows = (await db.execute(statement.limit(limit + 1), _cursor_values(db.dialect.name, cursor))).all()
    shown = rows[:limit]
    return Keys([row.pk for row in shown], _position(shown[-1]) if len(rows) > limit else None)


async def get(
    db: AsyncConnection, owner_pk: int, memory_id: UUID, *, url_for: UrlFor, words: PlaceWords | None = None
) -> dict[str, Any]:
    """One memory, wherever it is, trash and archive included, as orjson takes it. Raises MemoryNotFound."""
    name = db.dialect.name
    rows = await _one(db.dialect, name).rows(db, owner_pk=owner_pk, id=key_param(name, memory_id.bytes))
    if not rows:
        raise MemoryNotFound(f"No memory {memory_id} in your timeline.")
    return memory_json(rows[0], url_for, words)


async def pk_of(db: AsyncConnection, owner_pk: int, memory_id: UUID) -> int:
    """The inner key of a memory. Raises MemoryNotFound."""
    statement = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.id == memory_id)
    pk = (await db.execute(statement)).scalar_one_or_none()
    if pk is None:
        raise MemoryNotFound(f"No memory {memory_id} in your timeline.")
    return pk


async def pks_of(db: AsyncConnection, owner_pk: int, query: Query) -> list[int]:
    """The inner keys of everything a query means, in no order: for changes in bulk."""
    condition = search.where(await resolved(db, owner_pk, query), owner_pk=owner_pk, dialect=db.dialect.name)
    return list((await db.execute(select(Memory.pk).where(condition))).scalars())


async def pks_of_ids(db: AsyncConnection, owner_pk: int, ids: Sequence[UUID]) -> list[int]:
    """The inner keys of those of these memories that exist, trash and archive included."""
    statement = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.id.in_(ids))
    return list((await db.execute(statement)).scalars())


async def by_pks(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, url_for: UrlFor, words: PlaceWords | None = None
) -> dict[int, dict[str, Any]]:
    """Memories by their inner keys, wherever they are, as orjson takes them; those that are gone are absent."""
    statement = _statement(db.dialect).where(
        as_filter(Memory.owner_pk) == owner_pk, in_key_list(db.dialect.name, Memory.pk)
    )
    rows = await db.execute(statement, {"keys": key_list(db.dialect.name, pks)})
    return {row[PK]: memory_json(row, url_for, words) for row in rows}


# --- statements ----------------------------------------------------------------


def _statement(dialect: Dialect) -> Select[Any]:
    """The columns as ready text: naming forty expressions for SQLAlchemy's cache costs more than the whole page."""
    return select(text(_columns_text(dialect, dialect.name))).select_from(_JOINED)


_JOINED = outerjoin(
    outerjoin(Memory, Location, Location.pk == Memory.location_pk), Import, Import.pk == Memory.import_pk
)


@lru_cache(maxsize=4)
def _columns_text(dialect: Dialect, name: str) -> str:
    whole = str(select(*page_columns(name)).select_from(_JOINED).compile(dialect=dialect))
    columns = whole.removeprefix("SELECT ")
    return columns[: columns.rindex(" \nFROM memory LEFT OUTER JOIN")].replace(":", "\\:")


def _ordered(statement: Select[Any], *, is_newest: bool) -> Select[Any]:
    keys = (Memory.local_on, Memory.happened_at, Memory.id)
    return statement.order_by(*(key.desc() for key in keys)) if is_newest else statement.order_by(*keys)


def _behind(dialect: str, *, is_newest: bool) -> ColumnElement[bool]:
    """Further down the list than the cursor: a row value, so that the index finds it at any depth."""
    keys = tuple_(
        type_coerce(Memory.local_on, Integer),
        type_coerce(Memory.happened_at, BigInteger),
        type_coerce(Memory.id, _key_type(dialect)),
    )
    place = tuple_(
        bindparam("at_day", type_=Integer),
        bindparam("at_instant", type_=BigInteger),
        bindparam("at_id", type_=_key_type(dialect)),
    )
    return keys < place if is_newest else keys > place


def _key_type(dialect: str) -> LargeBinary | Uuid[UUID]:
    return LargeBinary(16) if dialect == "sqlite" else Uuid(as_uuid=True)


def _cursor_values(dialect: str, cursor: Position | None) -> dict[str, Any]:
    if cursor is None:
        return {}
    day, instant, key = cursor
    return {"at_day": day, "at_instant": instant, "at_id": key if dialect == "sqlite" else UUID(bytes=key)}


@lru_cache(maxsize=4)
def _one(dialect: Dialect, name: str) -> Prepared:
    owner = Memory.owner_pk == bindparam("owner_pk", type_=BigInteger)
    this = type_coerce(Memory.id, _key_type(name)) == bindparam("id", type_=_key_type(name))
    return Prepared.of(_statement(dialect).where(owner, this), dialect)


@lru_cache(maxsize=16)
def _prepared(dialect: Dialect, way: Way, *, is_newest: bool, goes_on: bool) -> Prepared:
    """Spelled out once: building and naming a page's statement costs more than running it."""
    return Prepared.of(_page_statement(dialect, dialect.name, way, is_newest=is_newest, goes_on=goes_on), dialect)


def _page_statement(dialect: Dialect, name: str, way: Way, *, is_newest: bool, goes_on: bool) -> Select[Any]:
    owner = as_filter(Memory.owner_pk) if way == "looked up" else Memory.owner_pk
    on_timeline: ColumnElement[bool] = literal_column("(memory.trashed_at IS NULL AND memory.archived = false)")
    conditions = [owner == bindparam("owner_pk", type_=BigInteger), on_timeline]
    if way == "looked up":
        conditions.append(in_key_list(name, Memory.pk))
    if way == "walked":
        matching = text_matches(name, bindparam("expression", type_=String))
        conditions.append(as_filter(Memory.pk).in_(matching))
    if goes_on:
        conditions.append(_behind(name, is_newest=is_newest))
    most = bindparam("page_limit", type_=Integer)
    if way == "looked up":
        # Chosen first: everything embedded would be read for up to a thousand hits before they are put in order.
        chosen = _ordered(select(Memory.pk).where(*conditions), is_newest=is_newest).limit(most)
        return _ordered(_statement(dialect).where(Memory.pk.in_(chosen.correlate(None))), is_newest=is_newest)
    return _ordered(_statement(dialect).where(*conditions), is_newest=is_newest).limit(most)


# --- relevance -------------------------------------------------------------------


async def _ranked(
    db: AsyncConnection,
    owner_pk: int,
    query: Query,
    *,
    cursor: Position | None,
    limit: int,
    url_for: UrlFor,
    words: PlaceWords | None,
) -> Page:
    ranked = await _ranked_keys(db, owner_pk, query)
    start = 0 if cursor is None else max(0, cursor[0])
    wanted = ranked[start : start + limit]
    rows = (await db.execute(_statement(db.dialect).where(Memory.pk.in_(wanted)))).all()
    by_pk = {row[PK]: row for row in rows}
    shown = [by_pk[pk] for pk in wanted if pk in by_pk]
    return Page(_items(shown, url_for, words), _rank_behind(start + limit, ranked))


async def _ranked_keys(db: AsyncConnection, owner_pk: int, query: Query) -> list[int]:
    """The newest RANKED hits, best first."""
    condition = await search.plan(db, owner_pk, query)
    newest = _ordered(select(Memory.pk).where(condition), is_newest=True).limit(search.RANKED)
    candidates = list((await db.execute(newest)).scalars())
    scores = await search.scores(db, query, candidates)
    return sorted(candidates, key=lambda pk: -scores.get(pk, 0.0))  # stable: the newest first among equals


def _rank_behind(shown: int, ranked: Sequence[int]) -> Position | None:
    return (shown, 0, _NO_KEY) if shown < len(ranked) else None


# --- rows ------------------------------------------------------------------------


def _page_of(rows: Sequence[RawRow], *, limit: int, url_for: UrlFor, words: PlaceWords | None) -> Page:
    """rows: one more than the page shows, if there are as many."""
    shown = rows[:limit]
    return Page(_items(shown, url_for, words), _position(shown[-1]) if len(rows) > limit else None)


def _items(rows: Iterable[RawRow], url_for: UrlFor, words: PlaceWords | None) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps([memory_json(row, url_for, words) for row in rows], option=orjson.OPT_UTC_Z))


def _position(row: RawRow) -> Position:
    key, day, instant = row[:PLACE]
    return day, instant, key if isinstance(key, bytes) else key.bytes
