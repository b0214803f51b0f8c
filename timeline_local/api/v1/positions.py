"""Where devices were, and the ways of memories."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from starlette.responses import StreamingResponse

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.pages import decode_cursor, encode_cursor
from timeline_local.api.strict import StrictRoute
from timeline_local.domain.simplify import simplify
from timeline_local.domain.times import from_micros, micros
from timeline_local.exceptions import FieldError, InvalidCursor, InvalidInput, MemoryNotFound, ScopeMissing
from timeline_local.jobs.visits import ask_for_visits
from timeline_local.queries import memories
from timeline_local.queries import positions as queries
from timeline_local.queries.positions import AnyRow, Box, Wanted
from timeline_local.schemas import positions as wire
from timeline_local.schemas.problems import Moment
from timeline_local.services import positions, undo
from timeline_local.services.revision import bump

router = APIRouter(tags=["positions"], route_class=StrictRoute)

MOST = 5000
STREAMED = 5000
PRIVATE = {"Cache-Control": "private, no-store"}
_READ = requires("memories:read")
_CORNERS = 4

Since = Annotated[Moment | None, Query(alias="from", description="The first instant.")]
Until = Annotated[Moment | None, Query(alias="to", description="The instant behind the last.")]
DeviceId = Annotated[UUID | None, Query(description="Only of this device.")]
Cursor = Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before.")]
BoxText = Annotated[
    str | None,
    Query(max_length=100, description="west,south,east,north in degrees; west above east crosses the date line."),
]


@router.get(
    "/positions",
    summary="Where your devices were",
    dependencies=[_READ],
    response_class=Response,
    responses=responses(InvalidCursor, InvalidInput, ScopeMissing) | {200: {"model": wire.Positions}},
)
async def list_positions(
    me: Me,
    db: ReadDb,
    since: Since = None,
    until: Until = None,
    device: DeviceId = None,
    bbox: BoxText = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 1000,
) -> Response:
    """One device after the other, each in the order of time. For many, `/positions/stream` is the faster way."""
    wanted = Wanted(since=since, until=until, device=device, box=_box(bbox))
    page = await queries.page(db, me.user_pk, wanted, behind=_behind(cursor), limit=limit)
    following = None if page.next is None else encode_cursor((micros(page.next[1]), 0, page.next[0].bytes))
    return _json({"items": [_position(row) for row in page.items], "next_cursor": following})


@router.get(
    "/positions/stream",
    summary="Positions as lines",
    dependencies=[_READ],
    response_class=StreamingResponse,
    responses=responses(InvalidInput, ScopeMissing)
    | {200: {"content": {"application/x-ndjson": {}}, "description": "One position a line"}},
)
async def stream_positions(
    me: Me,
    parts: Parts,
    since: Since = None,
    until: Until = None,
    device: DeviceId = None,
    bbox: BoxText = None,
) -> StreamingResponse:
    """As the list, all of them, for scripts."""
    wanted = Wanted(since=since, until=until, device=device, box=_box(bbox))

    async def lines() -> AsyncIterator[bytes]:
        behind: tuple[UUID, datetime] | None = None
        is_more = True
        while is_more:
            async with parts.database.read() as db:
                page = await queries.page(db, me.user_pk, wanted, behind=behind, limit=STREAMED)
            yield b"".join(orjson.dumps(_position(row), option=_LINE) for row in page.items)
            behind = page.next
            is_more = behind is not None

    return StreamingResponse(lines(), media_type="application/x-ndjson", headers=PRIVATE)


@router.delete(
    "/positions",
    summary="Delete positions",
    dependencies=[requires("memories:write")],
    responses=responses(InvalidInput, ScopeMissing),
)
async def delete_positions(
    me: Me,
    parts: Parts,
    since: Since = None,
    until: Until = None,
    device: DeviceId = None,
    from_import: Annotated[UUID | None, Query(alias="import", description="Only what this import added.")] = None,
) -> wire.Erased:
    """Of an interval, of an import, or of one in the other. They do not come back with the next import."""
    if from_import is None and (since is None or until is None):
        missing = "from" if since is None else "to"
        detail = "Say which: from and to, or an import. Nothing was deleted."
        raise InvalidInput(detail, errors=(FieldError(f"#/{missing}", "is missing"),))
    wanted = Wanted(since=since, until=until, device=device, import_id=from_import)
    now = parts.now()
    async with parts.database.write() as db:
        revision = await bump(db, me.user_pk)
        gone = await positions.erase(db, me.user_pk, wanted, now=now, until=now + undo.KEPT)
        token = None
        if gone.count:
            data = {"erasures": [str(each) for each in gone.erasures]}
            token = await undo.keep(db, me.user_pk, action=positions.ACTION, data=data, now=now)
    announce_timeline(parts, me.user_pk, revision)
    await ask_for_visits(parts, me.user_pk)
    return wire.Erased(count=gone.count, undo_token=token)


@router.get(
    "/positions/devices",
    summary="What recorded your positions",
    dependencies=[_READ],
    responses=responses(ScopeMissing),
)
async def list_devices(me: Me, db: ReadDb) -> wire.Devices:
    """The one used last comes first."""
    rows = await queries.devices(db, me.user_pk)
    return wire.Devices(items=[wire.Device(**row._asdict()) for row in rows])


@router.get(
    "/memories/{memory_id}/path",
    summary="The way of a memory",
    dependencies=[_READ],
    response_class=Response,
    responses=responses(InvalidInput, MemoryNotFound, ScopeMissing) | {200: {"model": wire.Way}},
)
async def read_path(
    memory_id: UUID,
    me: Me,
    db: ReadDb,
    points: Annotated[int, Query(ge=2, le=5000, description="At most so many; those stay that matter most.")] = 500,
) -> Response:
    """Its positions, drawn with as many points as asked for; or its way as its source drew it, where that is more."""
    pk = await memories.pk_of(db, me.user_pk, memory_id)
    rows = await queries.way(db, me.user_pk, pk)
    route = await queries.route(db, me.user_pk, pk)
    if len(route) > len(rows):
        return _json(await asyncio.to_thread(_drawn, route, rows, points))
    kept = await asyncio.to_thread(_simplified, rows, points)
    told = [_position(row) for row in kept]
    columns = {name: [each[name] for each in told] for name in ("at", "lat", "lon", "altitude_m")}
    return _json({"count": len(rows), **columns})


def _drawn(route: Sequence[tuple[float, float]], rows: Sequence[AnyRow], most: int) -> dict[str, object]:
    """A way without times, but for when it began and ended."""
    kept = [route[place] for place in simplify(route, most)]
    told = [_position(row)["at"] for row in (rows[0], rows[-1])] if len(rows) > 1 else [None, None]
    at = [told[0], *[None] * (len(kept) - 2), told[1]][: len(kept)]
    lat, lon = ([each[axis] for each in kept] for axis in (0, 1))
    return {"count": len(route), "at": at, "lat": lat, "lon": lon, "altitude_m": [None] * len(kept)}


def _simplified(rows: Sequence[AnyRow], most: int) -> list[AnyRow]:
    return [rows[place] for place in simplify([(row.lat_e7 / 1e7, row.lon_e7 / 1e7) for row in rows], most)]


def _behind(cursor: str | None) -> tuple[UUID, datetime] | None:
    if cursor is None:
        return None
    instant, _, key = decode_cursor(cursor)
    try:
        return UUID(bytes=key), from_micros(instant)
    except (OverflowError, ValueError):
        raise InvalidCursor("That cursor does not come from a page of ours. Start again without a cursor.") from None


def _box(text: str | None) -> Box | None:
    """Raises InvalidInput for anything but four numbers of degrees."""
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise _no_box() from None
    on_earth = all(map(math.isfinite, (west, south, east, north))) and max(abs(west), abs(east)) <= 180  # noqa: PLR2004 - degrees
    if not on_earth or not -90 <= south <= north <= 90:  # noqa: PLR2004 - degrees
        raise _no_box()
    return Box(west, south, east, north)


def _no_box() -> InvalidInput:
    detail = "must be west,south,east,north in degrees, such as 12.4,41.8,12.6,42.0"
    return InvalidInput("That box cannot be read.", errors=(FieldError("#/bbox", detail),))


_LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


def _position(row: AnyRow) -> dict[str, Any]:
    sample = positions.sample_of(row._asdict())
    return {
        "device": str(row.device),
        "at": sample.at.astimezone(UTC),
        "lat": sample.lat,
        "lon": sample.lon,
        "accuracy_m": sample.accuracy_m,
        "altitude_m": sample.altitude_m,
        "speed_mps": sample.speed_mps,
    }


def _json(value: dict[str, Any]) -> Response:
    body = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    return Response(body, media_type="application/json", headers=PRIVATE)
