"""The timeline for a screen: the skeleton lays it out, items fill it; buckets and days count it."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from itertools import accumulate
from typing import Annotated, Any, Literal, TypeAlias

import orjson
from fastapi import APIRouter, Depends, Header, Query, Response

from timeline_local.api.dependencies import Me, Parts, requires
from timeline_local.api.errors import responses
from timeline_local.api.languages import words_of
from timeline_local.api.media_urls import UrlMaker, media_urls
from timeline_local.api.pages import if_none_match, weak_etag
from timeline_local.api.queries import Search
from timeline_local.api.strict import StrictRoute
from timeline_local.core.place_words import Named, PlaceWords
from timeline_local.core.prepared import RawRow
from timeline_local.domain.kinds import Kind
from timeline_local.domain.snippets import snippet
from timeline_local.domain.times import UNDATED_DAY, day_number, from_day_number, wall_from_micros
from timeline_local.exceptions import InvalidInput, InvalidQuery, ScopeMissing, StaleRevision
from timeline_local.queries import conversations
from timeline_local.queries import timeline as queries
from timeline_local.queries.highlights import Highlighter
from timeline_local.queries.memory_rows import wire_id
from timeline_local.queries.timeline import BucketUnit
from timeline_local.schemas import timeline as wire
from timeline_local.schemas.memories import Day
from timeline_local.services import revision
from timeline_local.services.skeletons import Skeleton

router = APIRouter(prefix="/timeline", tags=["timeline"], route_class=StrictRoute)

MOST_ITEMS = 1024
MOST_DAYS = 366 * 200
REVALIDATE = "private, no-cache"
_KINDS = {kind.code: kind.value for kind in Kind}
Fold = Annotated[
    bool,
    Query(
        description="The messages of a conversation on one day as one tile, in the place of the last of them. Without "
        "effect together with `q`: who searches, finds every message."
    ),
]
FoldedCount = Annotated[
    bool,
    Query(
        description="Count the messages of a conversation on one day as one, as a skeleton with `fold` lays them out. "
        "Without it, and together with `q`, every message counts."
    ),
]
_calendar_day = lru_cache(maxsize=16_384)(from_day_number)  # forty years; making a date takes longer than writing it


@router.get(
    "/skeleton",
    summary="The geometry of a whole timeline",
    dependencies=[requires("timeline:read")],
    response_class=Response,
    responses=responses(InvalidQuery, ScopeMissing)
    | {200: {"content": {"application/octet-stream": {}}, "description": "TLS1"}, 304: {"description": "Unchanged"}},
)
async def skeleton(
    search: Search,
    me: Me,
    parts: Parts,
    *,
    fold: Fold = False,
    if_none_match_header: Annotated[str | None, Header(alias="If-None-Match")] = None,
) -> Response:
    """Three bytes a memory, newest first: aspect ratio, kind and colour; days with counts before them.

    Little endian: `TLS1`, u32 memories, u32 days, u32 revision, i32 day[], u32 count[], u8 ratio[] (width/height × 50),
    u8 kind[] (bit 7: favourite), u8 tint[] (RGB332). Day −2147483648 is the No date shelf.
    """
    found = await parts.skeletons.get(me.user_pk, search, fold=fold)
    tag = weak_etag(found.revision)
    headers = {"ETag": tag, "Cache-Control": REVALIDATE}
    if if_none_match(if_none_match_header, tag):
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type="application/octet-stream", headers=headers)


@router.get(
    "/items",
    summary="What the visible tiles show",
    dependencies=[requires("timeline:read")],
    response_class=Response,
    responses=responses(InvalidInput, InvalidQuery, ScopeMissing, StaleRevision) | {200: {"model": wire.Items}},
)
async def items(
    search: Search,
    first: Annotated[int, Query(alias="from", ge=0, le=2**31)],
    to: Annotated[int, Query(ge=0, le=2**31)],
    rev: Annotated[int, Query(ge=0, le=2**53)],
    me: Me,
    parts: Parts,
    *,
    fold: Fold = False,
) -> Response:
    """Positions `from` up to but not including `to` of the skeleton of revision `rev`, at most 1024.

    `q` and `fold` must be those of the skeleton. Where words are searched for, `text` is cut where they stand. A stale
    `rev` is answered with 409: get the skeleton again.
    """
    if to - first > MOST_ITEMS:
        raise InvalidInput(f"At most {MOST_ITEMS} positions at once; ask for them in chunks of 256.")
    found = await parts.skeletons.get_at(me.user_pk, search, rev, fold=fold)
    wanted = found.pks[first:to]
    head = {"rev": found.revision, "from": first, "to": first + len(wanted)}
    folds = {pk: found.folds[pk] for pk in wanted if pk in found.folds} if found.folds else {}
    marks = Highlighter.of(search)
    characters = queries.SEARCHED_SOURCE if marks else queries.SNIPPET_SOURCE
    async with parts.database.read() as db:
        told = await conversations.told(db, me.user_pk, folds)
        shown = {pk: _conversation(each, folds[pk].count) for pk, each in told.items()}
        words = words_of(me)
        make = partial(
            _tiles, wanted=wanted, head=head, url=media_urls(parts, me), marks=marks, shown=shown, words=words
        )
        in_levels = words is not None
        body = await queries.items(db, me.user_pk, wanted, make, characters=characters, in_levels=in_levels)
    if body is None:
        raise StaleRevision("The timeline has just changed. Get the skeleton again; nothing else is needed.")
    return Response(body, media_type="application/json", headers={"Cache-Control": "private, no-store"})


def _conversation(told: conversations.Told, count: int) -> dict[str, Any]:
    first = snippet(told.first) if told.first else ""
    return {"id": str(told.id), "name": told.name, "count": count, "first": first, "people": told.people}


def _tiles(
    rows: Sequence[RawRow],
    *,
    wanted: Sequence[int],
    head: dict[str, int],
    url: UrlMaker,
    marks: Highlighter,
    shown: Mapping[int, dict[str, Any]],
    words: PlaceWords | None,
) -> bytes | None:
    """The answer; None if a memory is missing."""
    if len(rows) < len(wanted):
        return None
    found = {row[0]: row for row in rows}
    show = partial(_marked, marks) if marks else _unmarked
    columns = (
        zip(*(_tile(found[pk], url, show, words) for pk in wanted), strict=True) if wanted else ((),) * len(COLUMNS)
    )
    folded = {"conversation": [shown.get(pk) for pk in wanted]}
    return orjson.dumps(head | dict(zip(COLUMNS, columns, strict=True)) | folded)


Shown: TypeAlias = tuple[str, list[int] | None]
"""A text without Markdown, and the places in it where hits begin and end."""


def _unmarked(body: str) -> Shown:
    return (snippet(body) if body else ""), None


def _marked(marks: Highlighter, body: str) -> Shown:
    runs = marks.snippet(body)
    places = list(accumulate((len(text) for text, _ in runs), initial=0))
    hits = [place for at, (_, is_match) in enumerate(runs) if is_match for place in places[at : at + 2]]
    return "".join(text for text, _ in runs), hits or None


COLUMNS = (
    "id",
    "kind",
    "local_at",
    "utc_offset_min",
    "zone",
    "precision",
    "title",
    "text",
    "marks",
    "grid",
    "placeholder",
    "duration_ms",
    "location",
    "favourite",
    "live",
)


def _tile(row: Sequence[Any], url: UrlMaker, show: Callable[[str], Shown], words: PlaceWords | None) -> tuple[Any, ...]:
    # Taken apart in one go, in the order of queries.timeline.items: by name, each value would cost a call.
    # fmt: off
    (
        _, id_, kind, title, body, local_at, utc_offset_min, zone, precision, favourite,
        media_id, preview_state, preview_version, thumbhash, duration_ms, location, live, *levels,
    ) = row
    # fmt: on
    has_preview = bool(media_id) and preview_state != "none"
    return (
        wire_id(id_),
        kind,
        None if precision == "unknown" else wall_from_micros(local_at),
        utc_offset_min,
        zone,
        precision,
        title,
        *show(body),
        url(wire_id(media_id), "grid", preview_version) if has_preview else None,
        base64.b64encode(thumbhash).decode() if thumbhash else None,
        duration_ms,
        words.told(Named(location, *levels)).name if words is not None and location else location,
        bool(favourite),
        bool(live),
    )


async def _unit(unit: Annotated[Literal["year", "month", "day"], Query()] = "month") -> BucketUnit:
    return BucketUnit[unit.upper()]


@router.get(
    "/buckets",
    summary="Counts per year, month or day",
    dependencies=[requires("timeline:read")],
    response_class=Response,
    responses=responses(InvalidQuery, ScopeMissing) | {200: {"model": wire.Buckets}},
)
async def buckets(
    search: Search,
    unit: Annotated[BucketUnit, Depends(_unit)],
    me: Me,
    parts: Parts,
    *,
    fold: FoldedCount = False,
) -> Response:
    """By the day where it happened, newest first. Without a query from maintained counts, at the cost of the answer.

    With `fold` they are the counts of the skeleton with `fold`, without it those of the skeleton without.
    """
    if not search.terms:
        async with parts.database.read() as db:
            body = await queries.bucket_counts(db, me.user_pk, unit, _buckets, fold=fold)
            return _answer(body or _buckets([(UNDATED_DAY, 0, await revision.current(db, me.user_pk))]))
    found = await parts.skeletons.get(me.user_pk, search)
    counted: Counter[int] = Counter()
    for day, count in found.day_counts():
        counted[queries.bucket_of(day, unit)] += count
    rows = [(day, count, found.revision) for day, count in sorted(counted.items(), reverse=True)]
    return _answer(_buckets(rows or [(UNDATED_DAY, 0, found.revision)]))


def _buckets(rows: Sequence[RawRow]) -> bytes:
    """rows: (first day, count, revision), newest first, undated last; nothing without any."""
    if not rows:
        return b""
    last, undated, number = rows[-1]
    dated = rows[:-1] if last == UNDATED_DAY else rows
    items = [{"start": _calendar_day(day), "count": count} for day, count, _ in dated]
    return orjson.dumps({"rev": number, "items": items, "undated": undated if last == UNDATED_DAY else 0})


@router.get(
    "/days",
    summary="Counts per day and kind",
    dependencies=[requires("timeline:read")],
    response_class=Response,
    responses=responses(InvalidInput, InvalidQuery, ScopeMissing) | {200: {"model": wire.Days}},
)
async def days(
    search: Search,
    first: Annotated[Day, Query(alias="from", examples=["2019-06-01"])],
    to: Annotated[Day, Query(examples=["2019-06-30"])],
    me: Me,
    parts: Parts,
    *,
    fold: FoldedCount = False,
) -> Response:
    """For calendars and heat maps: every day between the two, both included, that has memories, newest first.

    They add up to the buckets with the same `fold`.
    """
    if not 0 <= (to - first).days <= MOST_DAYS:
        raise InvalidInput("`from` must not be after `to`, and they may be at most 200 years apart.")
    if search.terms:
        return _answer(_days(_days_of(await parts.skeletons.get(me.user_pk, search), first, to)))
    async with parts.database.read() as db:
        return _answer(await queries.day_counts(db, me.user_pk, _days, first=first, last=to, fold=fold))


def _days_of(found: Skeleton, first: date, last: date) -> Iterator[RawRow]:
    codes, at = found.kinds(), 0
    for day, count in found.day_counts():
        if day_number(first) <= day <= day_number(last):
            yield from ((day, code, number) for code, number in Counter(codes[at : at + count]).items())
        at += count


def _days(rows: Iterable[RawRow]) -> bytes:
    """rows: (day, kind code, count), each day's in one run."""
    days: list[dict[str, Any]] = []
    kinds: dict[str, int] = {}
    last = None
    for day, code, count in rows:
        if day != last:
            last, kinds = day, {}
            days.append({"day": _calendar_day(day), "count": 0, "kinds": kinds})
        kinds[_KINDS[code]] = count
        days[-1]["count"] += count
    return orjson.dumps({"items": days})


def _answer(body: bytes) -> Response:
    """An answer whose model stands in the description: validating hundreds of rows cost more than counting them."""
    return Response(body, media_type="application/json")
