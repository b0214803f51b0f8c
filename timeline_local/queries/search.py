"""The query language as SQL conditions on `memory`, the same on both databases.

`where` is the whole condition. `plan` and `plan_whole` are the same for a page and for everything in timeline order,
with the cheaper way chosen by a capped count: a rare word is looked up and sorted, a common one is a filter on a walk
along the timeline (measured for a page at a million memories: 0.8 against 9-112 ms for common words, seconds for rare
ones the other way round; for all 40,000 hits of 100,000 memories: 25 against 62 ms).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Integer,
    String,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.domain.query import AllOf, Flag, IsFlag, Not, Or, Phrase, Query, Term, Word
from timeline_local.models import Memory
from timeline_local.queries.dialect import (
    all_of,
    as_filter,
    in_key_list,
    key_list,
    scored_key,
    text_matches,
    text_scores,
    words_expression,
)
from timeline_local.queries.search_terms import condition
from timeline_local.queries.words import searchable

FEW = 1000
RANKED = 2000
WALKED = 25  # looking one memory up costs as much as walking past so many (26 to 30; 2026-11, SQLite, 100,000)
SHORTEST_PREFIX = 3
_TIMELINE = 2  # conditions of `_shelf` where neither trash nor archive is asked for, which no walk along it meets
_LONGEST_WORD = 200  # PostgreSQL refuses words above 2 KiB


def where(query: Query, *, owner_pk: int, dialect: str) -> ColumnElement[bool]:
    """Everything of this owner that the query means, whose names `named.resolved` has replaced.

    Without `is:trashed` the trash is left out, and without `is:archived` or `is:trashed` so is the archive.
    """
    expression = text_expression(query, dialect)
    return _whole(query, owner_pk, dialect, None if expression is None else _found(dialect, expression))


async def plan(db: AsyncConnection, owner_pk: int, query: Query) -> ColumnElement[bool]:
    """As `where`, for one page in timeline order. One probe statement if the query has words, else none."""
    dialect = db.dialect.name
    expression = text_expression(query, dialect)
    if expression is None:
        return _whole(query, owner_pk, dialect, None)
    hits = (await db.execute(text_matches(dialect, expression).limit(FEW + 1))).scalars().all()
    if len(hits) <= FEW:
        return _whole(query, owner_pk, dialect, Memory.pk.in_(hits), looks_up=True)
    return walked(owner_pk, query, dialect)


def walked(owner_pk: int, query: Query, dialect: str) -> ColumnElement[bool]:
    """As `where`, for memories that something else names: words never look them up, they only filter. No statement."""
    expression = text_expression(query, dialect)
    found = None if expression is None else as_filter(Memory.pk).in_(text_matches(dialect, expression))
    return _whole(query, owner_pk, dialect, found)


async def plan_whole(db: AsyncConnection, owner_pk: int, query: Query, *, of: int) -> ColumnElement[bool]:
    """As `where`, for everything in timeline order. of: memories on the timeline. One probe statement as in `plan`."""
    dialect = db.dialect.name
    expression = text_expression(query, dialect)
    if expression is None:
        return _whole(query, owner_pk, dialect, None)
    some = text_matches(dialect, expression).limit(of // WALKED + 1).subquery()
    hits = (await db.execute(select(func.count()).select_from(some))).scalar_one()
    walks = hits > of // WALKED and len(list(_shelf(query))) == _TIMELINE
    key = as_filter(Memory.pk) if walks else Memory.pk
    return _whole(query, owner_pk, dialect, key.in_(text_matches(dialect, expression)))


async def word_search(db: AsyncConnection, owner_pk: int, query: Query) -> dict[str, Any] | None:
    """The parameters of a page's statement for a query of nothing but words; None for every other query.

    owner_pk, and either `keys`, of FEW hits or less, which are looked up, or the `expression` of more, which filters
    a walk along the timeline. One probe statement, prepared once; as in `plan` it may count hits of other owners.
    """
    dialect = db.dialect
    expression = text_expression(query, dialect.name) if all(_is_text(term) for term in query.terms) else None
    if expression is None:
        return None
    hits = await _probe(dialect, dialect.name).rows(db, expression=expression, most=FEW + 1)
    if len(hits) > FEW:
        return {"owner_pk": owner_pk, "expression": expression}
    return {"owner_pk": owner_pk, "keys": key_list(dialect.name, [pk for (pk,) in hits])}


@lru_cache(maxsize=4)
def _probe(dialect: Dialect, name: str) -> Prepared:
    matching = text_matches(name, bindparam("expression", type_=String))
    return Prepared.of(matching.limit(bindparam("most", type_=Integer)), dialect)


async def scores(db: AsyncConnection, query: Query, pks: list[int]) -> dict[int, float]:
    """How well each of these memories matches the words of the query; empty when it has none. One statement."""
    dialect = db.dialect.name
    expression = text_expression(query, dialect)
    if expression is None or not pks:
        return {}
    ranked = text_scores(dialect, expression)
    # As a filter: looked up, FTS5 would run once per key. In one pass only these are scored (2026-11: 13 ms, and 84 for
    # all between the first and the last, of 39,869 hits).
    ranked = ranked.where(in_key_list(dialect, scored_key(dialect)))
    return {row[0]: row[1] for row in await db.execute(ranked, {"keys": key_list(dialect, pks)})}


def text_expression(query: Query, dialect: str) -> str | None:
    """The full text expression of all words and phrases that must hold; None when there are none."""
    last = len(query.terms) - 1
    parts = [
        words_expression(dialect, words, is_prefix=index == last and _may_be_prefix(term, words))
        for index, term in enumerate(query.terms)
        if isinstance(term, Word | Phrase) and (words := words_of(term.text))
    ]
    return all_of(dialect, parts) if parts else None


def words_of(text_: str) -> list[str]:
    """The words of a text as they are indexed."""
    return [word[:_LONGEST_WORD] for word in searchable(text_).split()]


def _may_be_prefix(term: Term, words: list[str]) -> bool:
    return isinstance(term, Word) and len(words[-1]) >= SHORTEST_PREFIX


def _found(dialect: str, expression: str) -> ColumnElement[bool]:
    return Memory.pk.in_(text_matches(dialect, expression))


def _whole(
    query: Query,
    owner_pk: int,
    dialect: str,
    found: ColumnElement[bool] | None,
    *,
    looks_up: bool = False,
) -> ColumnElement[bool]:
    """Owner, shelf, words and every other term. looks_up: the words name the rows, so the owner only filters."""
    others = [condition(term, owner_pk=owner_pk, dialect=dialect) for term in query.terms if not _is_text(term)]
    if query.terms and found is None and all(_is_text(term) for term in query.terms):
        return false()  # nothing but punctuation was asked for
    owner = as_filter(Memory.owner_pk) if looks_up else Memory.owner_pk
    parts: list[ColumnElement[bool]] = [
        owner == owner_pk,
        *_shelf(query),
        *([] if found is None else [found]),
        *others,
    ]
    return and_(true(), *parts)


def _is_text(term: Term) -> bool:
    return isinstance(term, Word | Phrase)


def _shelf(query: Query) -> Iterator[ColumnElement[bool]]:
    named = {flag for term in query.terms for flag in _flags(term)}
    if Flag.TRASHED not in named:
        yield Memory.trashed_at.is_(None)
        if Flag.ARCHIVED not in named:
            # Spelled as in the partial index, which SQLite otherwise would not use.
            yield literal_column("(memory.archived = false)")


def _flags(term: Term) -> Iterator[Flag]:
    if isinstance(term, IsFlag):
        yield term.flag
    elif isinstance(term, Not):
        # "Not in the trash" keeps the trash out, so it lifts nothing.
        yield from (flag for flag in _flags(term.term) if flag is not Flag.TRASHED)
    elif isinstance(term, Or | AllOf):
        for each in term.terms:
            yield from _flags(each)
