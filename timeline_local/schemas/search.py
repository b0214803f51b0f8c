"""Wire shapes of search: a query as it is typed, suggestions, results and what they have in common."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from timeline_local.domain.kinds import Kind
from timeline_local.schemas.memories import LocalTime
from timeline_local.schemas.problems import Wire

Place = Field(description="In characters (Unicode code points) from 0; `end` is behind the last one.", examples=[6])


class Term(Wire):
    """One term of a query, where it stands, and what it was taken for.

    kind   word, phrase, date, near, or, the key of every other term; "unclear" where the text makes no sense (yet).
    value  what the term asks for without its key; of a date its EDTF text. first, last: its days, null for open ends.
    """

    kind: Literal[
        "word",
        "phrase",
        "date",
        "near",
        "or",
        "unclear",
        "kind",
        "tag",
        "is",
        "has",
        "from",
        "camera",
        "with",
        "in",
        "collection",
        "rating",
        "mood",
    ] = Field(examples=["with"])
    start: int = Place
    end: int = Place
    text: str = Field(description="As it was typed.", examples=["with:ana"])
    value: str = Field(examples=["ana"])
    is_negated: bool
    canonical: str | None = Field(description="Its one spelling; null where it is unclear.", examples=["with:ana"])
    first: date | None = None
    last: date | None = None
    without: str = Field(description="The query without this term.", examples=["beach"])


class Mistake(Wire):
    position: int = Place
    expected: str = Field(examples=["expected a closing quote for the one opened here"])


class Parsed(Wire):
    """canonical: the one spelling of the query, dates made absolute; null exactly when there is an error."""

    q: str = Field(examples=["beach with:ana"])
    canonical: str | None = Field(examples=["beach with:ana"])
    terms: list[Term]
    error: Mistake | None = Field(description="What every route that takes `q` would answer with 400.")


class Suggestion(Wire):
    kind: Literal[
        "key",
        "person",
        "place",
        "tag",
        "kind",
        "date",
        "flag",
        "feature",
        "camera",
        "source",
        "collection",
        "scale",
    ] = Field(examples=["person"])
    key: str = Field(description="Of the term that `insert` is.", examples=["with"])
    label: str = Field(examples=["Ana Sousa"])
    detail: str = Field(description="What tells it from others of its name; may be empty.", examples=["Portugal"])
    insert: str = Field(description="What takes the place of the token.", examples=['with:"Ana Sousa"'])
    memories: int | None = Field(description="How many it stands for; null where nobody counts.", examples=[412])
    is_open: bool = Field(description="Whether a value has to follow at once, as behind `with:`.")


class Suggestions(Wire):
    """For the characters from `start` up to `end`: the token at the caret."""

    start: int = Place
    end: int = Place
    items: list[Suggestion] = Field(description="At most eight; what stands for the most memories first.")


class Run(Wire):
    text: str = Field(examples=["sea"])
    is_match: bool = Field(description="Whether it is what was searched for.")


class Result(Wire):
    """A memory as a list of results shows it. The texts are plain, in pieces that joined are the whole."""

    id: UUID
    kind: Kind
    title: list[Run]
    snippet: list[Run] = Field(description="At most 240 characters of the text, without Markdown, around what matches.")
    local_at: LocalTime | None = Field(description="Wall clock there, no zone; null when undated.")
    utc_offset_min: int | None = Field(examples=[120])
    zone: str | None = Field(examples=["Europe/Rome"])
    precision: str = Field(examples=["instant"])
    location: str | None = Field(examples=["Trastevere"])
    favourite: bool
    grid: str | None = Field(description="Address of the grid preview; null when there is none.")
    placeholder: str | None = Field(description="ThumbHash, base64.")


class Shorter(Wire):
    q: str = Field(examples=["beach"])
    dropped: list[str] = Field(description="The terms left out, as they were typed.", examples=[["camera:leica"]])
    count: int = Field(description="How many it finds; 1000 also stands for more.", examples=[31])
    is_capped: bool = Field(description="Whether there are more than `count`.")


class Results(Wire):
    items: list[Result]
    next_cursor: str | None = Field(description="Null on the last page.")
    shorter: list[Shorter] = Field(
        description="Only where nothing was found: what fewer terms would find, the most first."
    )


class Value(Wire):
    label: str = Field(examples=["Ana Sousa"])
    term: str = Field(description="What to add to the query for these alone.", examples=['with:"Ana Sousa"'])
    count: int = Field(examples=[128])


class Facet(Wire):
    """The most frequent values first. more: whether there are others."""

    values: list[Value]
    more: bool


class Bar(Wire):
    start: date = Field(description="First day.", examples=["2019-06-01"])
    term: str = Field(examples=["on:2019-06"])
    count: int = Field(examples=[29])


class When(Wire):
    """The newest first, without empty ones; at most 200. undated: memories on the No date shelf."""

    unit: Literal["day", "month", "year"]
    values: list[Bar]
    more: bool
    undated: int


class Facets(Wire):
    """total, when and kinds are exact. The other facets count the newest `counted` memories; is_capped: not all."""

    rev: int = Field(examples=[412])
    total: int = Field(examples=[128431])
    counted: int = Field(examples=[10000])
    is_capped: bool
    when: When
    kinds: Facet
    people: Facet
    places: Facet
    cameras: Facet
    sources: Facet
    tags: Facet
