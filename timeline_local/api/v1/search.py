"""Search as somebody types: what a query means, what could follow, what it finds, and what that has in common."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Response
from starlette.background import BackgroundTask

from timeline_local.api.dependencies import Me, Parts, requires
from timeline_local.api.errors import responses
from timeline_local.api.languages import words_of
from timeline_local.api.media_urls import UrlMaker, media_urls
from timeline_local.api.pages import IfNoneMatch, decode_cursor, encode_cursor, if_none_match, weak_etag
from timeline_local.api.queries import Question, search_of, today_of
from timeline_local.api.queries import Search as Asked
from timeline_local.api.strict import StrictRoute
from timeline_local.core.place_words import Named, PlaceWords
from timeline_local.core.prepared import RawRow
from timeline_local.domain import query as terms
from timeline_local.domain.kinds import Kind
from timeline_local.domain.query_nodes import Term, valued
from timeline_local.domain.query_reading import Piece, Reading, read, without
from timeline_local.domain.times import UNDATED_DAY, from_day_number, wall_from_micros
from timeline_local.exceptions import InvalidCursor, InvalidInput, InvalidQuery, ScopeMissing
from timeline_local.queries import facets as facet_queries
from timeline_local.queries import found, memories
from timeline_local.queries.highlights import Highlighter, Run
from timeline_local.queries.memory_rows import wire_id
from timeline_local.queries.named import resolved
from timeline_local.queries.place_names import told_places
from timeline_local.queries.timeline import BucketUnit, bucket_of
from timeline_local.schemas import search as wire
from timeline_local.services.shorter import Shorter, shorter
from timeline_local.services.skeletons import Skeleton
from timeline_local.services.suggestions import suggest
from timeline_local.services.vocabulary import in_words

router = APIRouter(prefix="/search", tags=["search"], route_class=StrictRoute)

MOST = 100
MOST_BARS = 200
FEW_DAYS = 62  # shown day by day
FEW_MONTHS = 60  # shown month by month
JSON = "application/json"
PRIVATE = "private, no-cache"
_KINDS = {kind.code: kind.value for kind in Kind}


@router.get(
    "",
    summary="A page of search results",
    dependencies=[requires("memories:read")],
    response_class=Response,
    responses=responses(InvalidInput, InvalidCursor, InvalidQuery, ScopeMissing) | {200: {"model": wire.Results}},
)
async def results(
    me: Me,
    parts: Parts,
    q: Question = "",
    order: Annotated[
        Literal["relevance", "newest", "oldest"], Query(description="Relevance ranks the newest 2,000 hits.")
    ] = "relevance",
    cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> Response:
    """With the place in the text that matches, as plain pieces. Without words relevance is the same as newest.

    Where nothing is found, `shorter` tells which terms to drop and how many memories that would give.
    """
    search = search_of(parts, q)
    position = None if cursor is None else decode_cursor(cursor)
    async with parts.database.read() as db:
        page = await memories.page_keys(db, me.user_pk, search, cursor=position, limit=limit, order=order)
        marks = Highlighter.of(await resolved(db, me.user_pk, search))
        words = words_of(me)
        make = partial(_results, wanted=page.pks, marks=marks, url=media_urls(parts, me), words=words)
        in_levels = words is not None
        items = await found.results(db, me.user_pk, page.pks, make, in_levels=in_levels) if page.pks else []
        is_empty = not page.pks and position is None
        ways = await shorter(db, me.user_pk, q, search, today_of(parts)) if is_empty else []
    following = None if page.next is None else encode_cursor(page.next)
    return _json({"items": items, "next_cursor": following, "shorter": [_shorter(way) for way in ways]})


def _results(
    rows: Sequence[RawRow], *, wanted: Sequence[int], marks: Highlighter, url: UrlMaker, words: PlaceWords | None
) -> list[dict[str, Any]]:
    """In the order of the page; what has just been deleted is left out."""
    found_ = {row[0]: row for row in rows}
    return [_result(found_[pk], marks, url, words) for pk in wanted if pk in found_]


def _result(row: RawRow, marks: Highlighter, url: UrlMaker, words: PlaceWords | None) -> dict[str, Any]:
    # fmt: off
    (
        _, id_, kind, title, body, local_at, utc_offset_min, zone, precision, favourite,
        media_id, preview_state, preview_version, thumbhash, location, *levels,
    ) = row
    # fmt: on
    has_preview = bool(media_id) and preview_state != "none"
    return {
        "id": wire_id(id_),
        "kind": _KINDS[kind],
        "title": _runs(marks.runs(title)),
        "snippet": _runs(marks.snippet(body)),
        "local_at": None if precision == "unknown" else wall_from_micros(local_at),
        "utc_offset_min": utc_offset_min,
        "zone": zone,
        "precision": precision,
        "location": words.told(Named(location, *levels)).name if words is not None and location else location,
        "favourite": bool(favourite),
        "grid": url(wire_id(media_id), "grid", preview_version) if has_preview else None,
        "placeholder": base64.b64encode(thumbhash).decode() if thumbhash else None,
    }


def _runs(runs: Iterable[Run]) -> list[dict[str, Any]]:
    return [{"text": text, "is_match": is_match} for text, is_match in runs]


def _shorter(way: Shorter) -> dict[str, Any]:
    count = min(way.count, found.MOST_COUNTED)
    return {"q": way.q, "dropped": way.dropped, "count": count, "is_capped": way.count > count}


@router.get(
    "/parse",
    summary="What a query means, term by term",
    dependencies=[requires("memories:read")],
    responses=responses(InvalidInput, ScopeMissing),
)
async def parse(parts: Parts, q: Question = "") -> wire.Parsed:
    """For a search box: half a query is no failure, so a mistake is told beside the terms that are clear, with 200.

    `first` and `last` are of today: "last summer" moves on.
    """
    reading = read(q, today_of(parts))
    error = reading.error and wire.Mistake(position=reading.error.position, expected=reading.error.message)
    return wire.Parsed(
        q=q, canonical=reading.query and reading.query.canonical(), terms=list(_terms(q, reading)), error=error
    )


def _terms(q: str, reading: Reading) -> Iterable[wire.Term]:
    spans = [piece.span for piece in reading.pieces]
    for number, piece in enumerate(reading.pieces):
        yield _term(q, piece, without(q, spans, {number}))


def _term(q: str, piece: Piece, rest: str) -> wire.Term:
    text = q[piece.span.start : piece.span.end]
    inner = piece.term.term if isinstance(piece.term, terms.Not) else piece.term
    kind, value = ("unclear", text) if inner is None else _kind_and_value(inner)
    days = inner if isinstance(inner, terms.DateRange) else None
    return wire.Term.model_validate(
        {
            "kind": kind,
            "start": piece.span.start,
            "end": piece.span.end,
            "text": text,
            "value": value,
            "is_negated": piece.term is not inner,
            "canonical": piece.term and piece.term.canonical(),
            "first": None if days is None or days.first == date.min else days.first,
            "last": None if days is None or days.last == date.max else days.last,
            "without": rest,
        }
    )


def _kind_and_value(term: Term) -> tuple[str, str]:
    if isinstance(term, terms.Word | terms.Phrase):
        return ("word" if isinstance(term, terms.Word) else "phrase"), term.text
    if isinstance(term, terms.Or):
        return "or", term.canonical()
    key, _, value = term.canonical().partition(":")
    return ("date" if isinstance(term, terms.DateRange) else key), _VALUES.get(type(term), lambda _: value)(term)


_VALUES: dict[type[Any], Any] = {
    terms.TagIs: lambda term: term.name,
    terms.FromSource: lambda term: term.source,
    terms.Camera: lambda term: term.text,
    terms.With: lambda term: term.name,
    terms.In: lambda term: term.place,
    terms.CollectionIs: lambda term: term.name,
}


@router.get(
    "/suggest",
    summary="What could stand at the caret",
    dependencies=[requires("memories:read")],
    response_class=Response,
    responses=responses(InvalidInput, ScopeMissing) | {200: {"model": wire.Suggestions}},
)
async def suggestions(
    me: Me,
    parts: Parts,
    q: Question = "",
    caret: Annotated[
        int | None, Query(ge=0, le=1000, description="Characters before the caret; by default all of them.")
    ] = None,
) -> Response:
    """People, places, tags, collections, kinds, cameras, sources and dates you have, then the words of the language.

    Names match by how a word of them begins, without accents and case; those of more than 20,000 memories may be some
    seconds old, and are not counted at the first time.
    """
    known, is_behind = await parts.vocabularies.get(me.user_pk)
    if (words := words_of(me)) is not None:
        known = in_words(known, words)
    offered = suggest(q, len(q) if caret is None else min(caret, len(q)), known)
    body = {"start": offered.start, "end": offered.end, "items": [asdict(each) for each in offered.items]}
    answer = _json(body)
    if is_behind:
        answer.background = BackgroundTask(parts.vocabularies.renew, me.user_pk)
    return answer


@router.get(
    "/facets",
    summary="What the results have in common",
    dependencies=[requires("memories:read")],
    response_class=Response,
    responses=responses(InvalidInput, InvalidQuery, ScopeMissing)
    | {200: {"model": wire.Facets}, 304: {"description": "Unchanged"}},
)
async def facets(
    asked: Asked,
    me: Me,
    parts: Parts,
    limit: Annotated[int, Query(ge=1, le=50, description="Values of each facet.")] = 10,
    known: IfNoneMatch = None,
) -> Response:
    """When, what, who, where, with which camera, from where, under which tag: each with the term that narrows to it."""
    skeleton = await parts.skeletons.get(me.user_pk, asked)
    tag = weak_etag(skeleton.revision)
    headers = {"ETag": tag, "Cache-Control": PRIVATE}
    words = words_of(me)
    if words is not None:  # the same revision has other words in another language
        headers = {"Cache-Control": "private, no-store"}
    elif if_none_match(known, tag):
        return Response(status_code=304, headers=headers)
    newest = skeleton.pks[: facet_queries.MOST_COUNTED]
    async with parts.database.read() as db:
        counted = await facet_queries.facets(db, me.user_pk, newest)
        there = await told_places(db, me.user_pk, counted.places[:limit], words=words)
    kinds = Counter(skeleton.kinds()).most_common()
    body = {
        "rev": skeleton.revision,
        "total": len(skeleton.pks),
        "counted": len(newest),
        "is_capped": len(newest) < len(skeleton.pks),
        "when": _when(skeleton),
        "kinds": _facet("kind", [(_KINDS[code], count) for code, count in kinds], limit),
        "people": _facet("with", counted.people, limit),
        "places": _facet("in", counted.places, limit, there),
        "cameras": _facet("camera", counted.cameras, limit),
        "sources": _facet("from", counted.sources, limit),
        "tags": _facet("tag", counted.tags, limit),
    }
    answer = _json(body)
    answer.headers.update(headers)
    return answer


def _facet(
    key: str, counted: Sequence[tuple[str, int]], limit: int, labels: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """labels: names by which some are shown, instead of those that the term has."""
    values = [
        {"label": labels.get(name, name), "term": f"{key}:{valued(name)}", "count": count}
        for name, count in counted[:limit]
    ]
    return {"values": values, "more": len(counted) > limit}


def _when(skeleton: Skeleton) -> dict[str, Any]:
    dated = skeleton.day_counts()
    undated = dated.pop()[1] if dated and dated[-1][0] == UNDATED_DAY else 0
    unit = _unit(dated[-1][0], dated[0][0]) if dated else BucketUnit.DAY
    bars: Counter[int] = Counter()
    start = dated[0][0] + 1 if dated else 0
    for day, count in dated:
        if day < start:  # the newest come first, so it is the first of its bar
            start = bucket_of(day, unit)
        bars[start] += count
    shown = [_bar(start, count, unit) for start, count in list(bars.items())[:MOST_BARS]]
    return {"unit": unit.name.lower(), "values": shown, "more": len(bars) > MOST_BARS, "undated": undated}


def _unit(first: int, last: int) -> BucketUnit:
    if last - first < FEW_DAYS:
        return BucketUnit.DAY
    begins, ends = from_day_number(first), from_day_number(last)
    months = (ends.year - begins.year) * 12 + ends.month - begins.month
    return BucketUnit.MONTH if months < FEW_MONTHS else BucketUnit.YEAR


def _bar(start: int, count: int, unit: BucketUnit) -> dict[str, Any]:
    day = from_day_number(start).isoformat()
    length = {BucketUnit.DAY: 10, BucketUnit.MONTH: 7, BucketUnit.YEAR: 4}[unit]
    return {"start": day, "term": f"on:{day[:length]}", "count": count}


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type=JSON, headers={"Cache-Control": "private, no-store"})
