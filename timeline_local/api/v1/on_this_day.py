"""On this day: what happened in other years, and whose birthday it is."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response

from timeline_local.api.dependencies import Me, Parts, requires
from timeline_local.api.errors import responses
from timeline_local.api.languages import words_of
from timeline_local.api.media_urls import UrlMaker, media_urls
from timeline_local.api.strict import StrictRoute
from timeline_local.domain.birthdays import YearDay
from timeline_local.domain.snippets import snippet
from timeline_local.exceptions import FieldError, InvalidInput, ScopeMissing
from timeline_local.schemas import this_day as wire
from timeline_local.services import this_day
from timeline_local.services.this_day import Birthday, Year

router = APIRouter(prefix="/on-this-day", tags=["timeline"], route_class=StrictRoute)

PRIVATE = "private, no-store"


@router.get(
    "",
    summary="What happened on this day in other years",
    dependencies=[requires("timeline:read")],
    response_class=Response,
    responses=responses(InvalidInput, ScopeMissing) | {200: {"model": wire.ThisDay}},
)
async def on_this_day(
    day: Annotated[str, Query(max_length=5, description="Month and day.", examples=["06-14"])],
    year: Annotated[int, Query(ge=1, le=9999, description="The years before this one are looked at.", examples=[2026])],
    me: Me,
    parts: Parts,
    limit: Annotated[int, Query(ge=1, le=100, description="Memories of each year.")] = 12,
) -> Response:
    """The years before, newest first, with the latest memories of each; the messages of a conversation as one.

    What is dated by a month or a year happened on no day. 29 February is kept on the 28th where a year has none.
    Birthdays are those of people who are not hidden (`shows_birthday`), for callers who may read people.
    """
    try:
        asked = YearDay.parse(day)
    except ValueError as error:
        raise InvalidInput(
            f"The day {error}. Nothing was looked up.", errors=(FieldError("#/day", str(error)),)
        ) from None
    url = media_urls(parts, me)
    async with parts.database.read() as db:
        years = await this_day.happened(db, me.user_pk, asked, year, limit=limit, url_for=url, words=words_of(me))
        is_told = "people:read" in me.scopes
        born = await this_day.birthdays(db, me.user_pk, asked, year) if is_told else []
    body = {
        "day": str(asked),
        "year": year,
        "birthdays": [_birthday(each, url) for each in born],
        "years": [_year(each, year) for each in years],
    }
    return Response(orjson.dumps(body), media_type="application/json", headers={"Cache-Control": PRIVATE})


def _year(each: Year, year: int) -> dict[str, Any]:
    return {
        "day": each.day,
        "years_ago": year - each.day.year,
        "count": each.count,
        "items": [
            {
                "memory": memory,
                "conversation": told
                and {
                    "id": str(told.id),
                    "name": told.name,
                    "count": count,
                    "first": snippet(told.first) if told.first else "",
                    "people": told.people,
                },
            }
            for memory, told, count in each.shown
        ],
    }


def _birthday(each: Birthday, url: UrlMaker) -> dict[str, Any]:
    row = each.person
    has_picture = row.cover is not None and row.preview_state != "none"
    picture = url(str(row.cover), "grid", row.preview_version) if has_picture else None
    return {
        "person": {"id": str(row.id), "name": row.name, "picture": picture},
        "born": row.born,
        "years": each.years,
    }
