"""What a query names and only the database knows: the queries of collections, the places near which something is.

`resolved` puts what the names stand for in their place, so that everything behind it sees a query without names; only
collections put together by hand stay, they are a condition of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.fingerprints import fold
from timeline_local.domain.query import AllOf, CollectionIs, Near, Not, Or, Phrase, Query, Term, Word, parse
from timeline_local.exceptions import InvalidQuery
from timeline_local.models import Collection, Location
from timeline_local.queries.search_terms import is_place

MOST_TERMS = 300  # of a query with all that its names stand for
MOST_PLACES = 20


def folded_name(name: str) -> str:
    """What makes two names of collections the same: case, accents and runs of spaces do not count."""
    return fold(" ".join(name.split()))


def names_anything(query: Query) -> bool:
    """Whether `resolved` has anything to do."""
    return any(_names(term) for term in query.terms)


async def resolved(db: AsyncConnection, owner_pk: int, query: Query) -> Query:
    """The query with its names replaced by what they stand for. Without names no statement, else one for each.

    Raises InvalidQuery for a collection whose query leads back to itself, and above MOST_TERMS.
    """
    if not names_anything(query):
        return query
    resolving = _Resolving(db, owner_pk, [0])
    terms: list[Term] = []
    for term in query.terms:
        found = await resolving.term(term, ())
        # Words of a collection are whole words: only what is typed last may be the beginning of one.
        if isinstance(found, AllOf):
            terms += (Phrase(each.text) if isinstance(each, Word) else each for each in found.terms)
        else:
            terms.append(found)
    return Query(tuple(terms))


def collections_named(query: Query) -> set[str]:
    """The folded names of the collections that a query names."""
    return set(_collections(query.terms))


def _collections(terms: Iterable[Term]) -> Iterable[str]:
    for term in terms:
        if isinstance(term, CollectionIs):
            yield folded_name(term.name)
        elif isinstance(term, Not):
            yield from _collections([term.term])
        elif isinstance(term, Or | AllOf):
            yield from _collections(term.terms)


def _names(term: Term) -> bool:
    if isinstance(term, Not):
        return _names(term.term)
    if isinstance(term, Or | AllOf):
        return any(_names(each) for each in term.terms)
    return isinstance(term, CollectionIs) or (isinstance(term, Near) and term.lat is None)


@dataclass(frozen=True, slots=True)
class _Resolving:
    """One query being resolved; `counted` holds the number of terms so far."""

    db: AsyncConnection
    owner_pk: int
    counted: list[int]

    async def term(self, term: Term, path: tuple[int, ...]) -> Term:
        """The term with its names replaced; path: the collections that led here."""
        self.counted[0] += 1
        if self.counted[0] > MOST_TERMS:
            raise InvalidQuery(f"With the collections it names the query has more than {MOST_TERMS} terms.")
        if isinstance(term, Not):
            return Not(await self.term(term.term, path))
        if isinstance(term, Or):
            return Or(tuple([await self.term(each, path) for each in term.terms]))
        if isinstance(term, CollectionIs):
            return await self._collection(term, path)
        if isinstance(term, Near) and term.lat is None:
            return await self._near(term)
        return term

    async def _collection(self, term: CollectionIs, path: tuple[int, ...]) -> Term:
        row = await by_name(self.db, self.owner_pk, term.name)
        if row is None or row.query is None:
            return term
        if row.pk in path:
            raise InvalidQuery(f"The query of the collection “{term.name}” leads back to itself. Change its query.")
        inner = parse(row.query, term.today)
        return AllOf(tuple([await self.term(each, (*path, row.pk)) for each in inner.terms]))

    async def _near(self, term: Near) -> Term:
        statement = (
            select(Location.lat, Location.lon)
            .where(Location.owner_pk == self.owner_pk, is_place(term.place))
            .where(Location.lat.is_not(None), Location.lon.is_not(None))
            .order_by(Location.pk)
            .limit(MOST_PLACES)
        )
        found = [Near(row.lat, row.lon, "", term.radius_km) for row in await self.db.execute(statement)]
        return Or(tuple(found)) if found else term


async def by_name(db: AsyncConnection, owner_pk: int, name: str) -> Row[int, str, str | None] | None:
    """pk, name and query of the owner's collection of this name."""
    statement = select(Collection.pk, Collection.name, Collection.query).where(
        Collection.owner_pk == owner_pk, Collection.folded == folded_name(name)
    )
    return (await db.execute(statement)).one_or_none()
