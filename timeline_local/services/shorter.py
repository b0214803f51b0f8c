"""Where a search finds nothing: which of its terms to drop, and how many memories that would give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.query import Query, QuerySyntaxError, parse
from timeline_local.domain.query_reading import without
from timeline_local.queries import found

MOST_TERMS = 8  # whose absence is tried; each costs a count


@dataclass(frozen=True, slots=True)
class Shorter:
    """q: the query without the terms in `dropped`, all as they were typed. count: at most found.MOST_COUNTED + 1."""

    q: str
    dropped: tuple[str, ...]
    count: int


async def shorter(db: AsyncConnection, owner_pk: int, text: str, query: Query, today: date) -> list[Shorter]:
    """Queries of one term less that find something, the most first; if there are none, those of one term alone.

    text    what `query` was read from.   Cost   a count, capped, for each of the first MOST_TERMS terms, or two.
    """
    terms = range(len(query.terms))
    tried = terms[:MOST_TERMS]
    ways = await _found(db, owner_pk, text, query, ({number} for number in tried), today)
    if not ways and len(terms) > 2:  # noqa: PLR2004 - of two, one term alone is one term less
        ways = await _found(db, owner_pk, text, query, (set(terms) - {number} for number in tried), today)
    return sorted(ways, key=lambda way: -way.count)  # stable: as they stand in the query


async def _found(
    db: AsyncConnection, owner_pk: int, text: str, query: Query, ways: Iterable[set[int]], today: date
) -> list[Shorter]:
    found_: list[Shorter] = []
    for dropped in ways:
        q = without(text, query.spans, dropped)
        try:
            # Read anew: words that were apart may name a day together.
            rest = parse(q, today)
        except QuerySyntaxError:
            continue
        if rest.terms and (count := await found.count(db, owner_pk, rest)):
            spans = [query.spans[number] for number in sorted(dropped)]
            found_.append(Shorter(q, tuple(text[span.start : span.end] for span in spans), count))
    return found_
