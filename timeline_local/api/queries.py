"""`q=` of every list, parsed once; a mistake in it is a problem that says where."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi import Query as Param

from timeline_local.domain.query import Query, parse
from timeline_local.runtime import Runtime

EVERYTHING = Query(())


Question = Annotated[
    str, Param(max_length=1000, description="The query language; empty finds everything.", examples=["beach 2019"])
]


def search_of(parts: Runtime, q: str) -> Query:
    """What a question means today. Raises InvalidQuery."""
    if not q:
        return EVERYTHING
    return parse(q, today_of(parts))


def today_of(parts: Runtime) -> date:
    """The day it is at home, for "yesterday" and "last summer"."""
    return parts.now().astimezone(ZoneInfo(parts.home_zone)).date()


async def _search(request: Request, q: Question = "") -> Query:
    return search_of(request.app.state.runtime, q)


Search = Annotated[Query, Depends(_search)]
