"""A query as it is being typed: every term with its place, what cannot be read, and the query without some of them.

`query.parse` is the judge of what a query means; here nothing is refused, for a search box shows what it has so far.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from timeline_local.domain.query import parse, read_alternatives
from timeline_local.domain.query_nodes import Query, QuerySyntaxError, Span, Term
from timeline_local.domain.query_tokens import Token, tokens_and_gaps


@dataclass(frozen=True, slots=True)
class Piece:
    """A term and where it stands; `term` is None where the text makes no sense (yet)."""

    term: Term | None
    span: Span


@dataclass(frozen=True, slots=True)
class Reading:
    """Pieces in the order of the text. query: None if there is an error, which is the one `parse` raises."""

    pieces: tuple[Piece, ...]
    query: Query | None
    error: QuerySyntaxError | None


def read(text: str, today: date) -> Reading:
    """All that can be said about a text; `today` as in `parse`. Never raises. Linear."""
    try:
        query = parse(text, today)
    except QuerySyntaxError as error:
        return Reading(tuple(_pieces(tokens_and_gaps(text), today)), None, error)
    pieces = zip(query.terms, query.spans, strict=True)
    return Reading(tuple(Piece(term, span) for term, span in pieces), query, None)


def without(text: str, spans: Sequence[Span], dropped: Collection[int]) -> str:
    """The text without some of its terms, by their numbers; single spaces where they stood."""
    kept = [text[span.start : span.end] for number, span in enumerate(spans) if number not in dropped]
    return " ".join(kept)


def _pieces(cut: Sequence[Token | tuple[int, int]], today: date) -> Iterator[Piece]:
    """Runs of tokens as terms, and the gaps between the runs."""
    run: list[Token] = []
    for each in cut:
        if isinstance(each, Token):
            run.append(each)
            continue
        yield from _terms(run, today)
        run = []
        yield Piece(None, Span(*each))
    yield from _terms(run, today)


def _terms(run: Sequence[Token], today: date) -> Iterator[Piece]:
    index = 0
    while index < len(run):
        term: Term | None
        try:
            term, following = read_alternatives(run, index, today)
        except QuerySyntaxError:
            term, following = None, _behind(run, index)
        yield Piece(term, Span(run[index].start, run[following - 1].end))
        index = following


def _behind(run: Sequence[Token], index: int) -> int:
    """The token behind one that makes no sense, and behind all that OR ties to it."""
    following = index + 1
    while following < len(run) and (run[following].is_or or run[following - 1].is_or):
        following += 1
    return following
