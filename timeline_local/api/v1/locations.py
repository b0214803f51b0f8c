"""Locations: named places, with a centre, a radius and an address."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.expected import expected_version
from timeline_local.api.languages import words_of
from timeline_local.api.pages import (
    LONGEST_TEXT_CURSOR,
    IfMatch,
    decode_cursor,
    decode_text_cursor,
    encode_cursor,
    encode_text_cursor,
    etag,
)
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.exceptions import (
    FieldError,
    IdempotencyConflict,
    InvalidCursor,
    InvalidInput,
    LocationNotFound,
    ScopeMissing,
    VersionConflict,
)
from timeline_local.queries import locations as queries
from timeline_local.runtime import Runtime
from timeline_local.schemas import locations as wire
from timeline_local.services import location_edits, location_merge, undo

router = APIRouter(prefix="/locations", tags=["locations"], route_class=StrictRoute)

MOST = 500
FURTHEST_M = 20_040_000  # half way around the world


@router.get(
    "",
    summary="A page of locations",
    dependencies=[requires("locations:read")],
    responses=responses(InvalidInput, InvalidCursor, ScopeMissing),
)
async def list_locations(
    me: Me,
    db: ReadDb,
    q: Annotated[str, Query(max_length=200, description="How a word of the name, city or country begins.")] = "",
    near: Annotated[
        str | None, Query(max_length=60, description="`lat,lon` in degrees: the nearest first.", examples=["41.9,12.5"])
    ] = None,
    within_m: Annotated[
        float, Query(gt=0, le=FURTHEST_M, allow_inf_nan=False, description="With `near`: how far, in metres.")
    ] = 1000,
    order: Annotated[Literal["name", "memories"], Query(description="By name, or the fullest first.")] = "name",
    cursor: Annotated[str | None, Query(max_length=LONGEST_TEXT_CURSOR)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> wire.Locations:
    """With the number of memories there. A cursor goes with the rest of its query."""
    if near is not None:
        around = queries.Around(*_coordinates(near), within_m)
        position = _position(cursor, is_named=False)
        page = await queries.near(db, me.user_pk, around, q=q, cursor=position, limit=limit)
    else:
        position = _position(cursor, is_named=order == "name")
        page = await queries.page(db, me.user_pk, q=q, order=order, cursor=position, limit=limit)
    following = None if page.next is None else _cursor(page.next)
    return wire.Locations(
        items=[_location(queries.told(row, words_of(me))) for row in page.items], next_cursor=following
    )


@router.post(
    "",
    summary="Add a location",
    status_code=201,
    dependencies=[requires("locations:write")],
    responses=responses(InvalidInput, IdempotencyConflict, ScopeMissing),
)
async def create_location(
    given: wire.NewLocation, me: Me, parts: Parts, answer: Response, key: RepeatKey = None
) -> wire.Location:
    """Its zone is that of its coordinates, unless you say otherwise."""
    changed = None
    async with parts.database.write() as db:
        known = await made_before(db, parts, me, key, given, what="locations")
        if known is None:
            fields = given.model_dump(exclude_unset=True)
            changed = await location_edits.create(db, me.user_pk, fields, zone_of=parts.zone_of, now=parts.now())
            known = changed.id
            await remember(db, me, key, known)
        location = await queries.get(db, me.user_pk, known)
    _announce(parts, me, changed)
    answer.headers["Location"] = f"/api/v1/locations/{known}"
    return _answer(queries.told(location, words_of(me)), answer)


@router.get(
    "/{location_id}",
    summary="One location",
    dependencies=[requires("locations:read")],
    responses=responses(InvalidInput, LocationNotFound, ScopeMissing),
)
async def read_location(location_id: UUID, me: Me, db: ReadDb, answer: Response) -> wire.Location:
    """With the number of memories outside the trash that are there."""
    return _answer(queries.told(await queries.get(db, me.user_pk, location_id), words_of(me)), answer)


@router.patch(
    "/{location_id}",
    summary="Edit a location",
    dependencies=[requires("locations:write")],
    responses=responses(InvalidInput, LocationNotFound, ScopeMissing, VersionConflict),
)
async def edit_location(
    location_id: UUID, patch: wire.LocationPatch, me: Me, parts: Parts, answer: Response, expected: IfMatch = None
) -> wire.Location:
    """A merge patch. Memories there are found under the new name; sources that use the old one still mean it."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "location", location_id, expected)
        changed = await location_edits.edit(
            db,
            me.user_pk,
            location_id,
            patch.model_dump(exclude_unset=True),
            expected_version=version,
            zone_of=parts.zone_of,
            now=parts.now(),
        )
        location = await queries.get(db, me.user_pk, location_id)
    _announce(parts, me, changed)
    return _answer(queries.told(location, words_of(me)), answer)


@router.delete(
    "/{location_id}",
    summary="Delete a location",
    status_code=204,
    dependencies=[requires("locations:write")],
    responses=responses(InvalidInput, LocationNotFound, ScopeMissing, VersionConflict),
)
async def delete_location(location_id: UUID, me: Me, parts: Parts, expected: IfMatch = None) -> Response:
    """Memories stay, with their coordinates. A source that names it again makes it again."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "location", location_id, expected)
        changed = await location_edits.remove(db, me.user_pk, location_id, expected_version=version, now=parts.now())
    _announce(parts, me, changed)
    return Response(status_code=204)


@router.post(
    "/{location_id}/merge",
    summary="Make locations one",
    dependencies=[requires("locations:write")],
    responses=responses(InvalidInput, LocationNotFound, ScopeMissing, VersionConflict),
)
async def merge_locations(
    location_id: UUID, given: wire.Merge, me: Me, parts: Parts, answer: Response, expected: IfMatch = None
) -> wire.Merged:
    """The others' memories move here, with what this one lacks; sources that name them mean this one."""
    now = parts.now()
    async with parts.database.write() as db:
        version = await expected_version(db, me, "location", location_id, expected)
        merged = await location_merge.merge(
            db, me.user_pk, location_id, given.locations, expected_version=version, now=now
        )
        token = await undo.keep(db, me.user_pk, action=location_merge.ACTION, data=merged.data, now=now)
        location = await queries.get(db, me.user_pk, location_id)
    _announce(parts, me, merged.changed)
    return wire.Merged(location=_answer(queries.told(location, words_of(me)), answer), undo_token=token)


def _announce(parts: Runtime, me: Caller, changed: location_edits.Changed | None) -> None:
    if changed is None:
        return
    announce_timeline(parts, me.user_pk, changed.revision)
    if changed.waits:
        parts.wake_jobs.set()


def _answer(row: queries.LocationRow, answer: Response) -> wire.Location:
    answer.headers["ETag"] = etag(row.version)
    return _location(row)


def _location(row: queries.LocationRow) -> wire.Location:
    return wire.Location(**{name: value for name, value in asdict(row).items() if name != "pk"})


def _coordinates(near: str) -> tuple[float, float]:
    parts = near.split(",")
    try:
        lat, lon = (float(part) for part in parts)
    except ValueError:
        lat = lon = math.nan
    if not (abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004 - degrees
        raise InvalidInput(
            "A point is two numbers: degrees north and degrees east.",
            errors=(FieldError("?near", "must be lat,lon in degrees, such as 41.9,12.5"),),
        )
    return lat, lon


def _position(cursor: str | None, *, is_named: bool) -> queries.Place | None:
    if cursor is None:
        return None
    if is_named:
        return decode_text_cursor(cursor)
    number, _, key = decode_cursor(cursor)
    return number, UUID(bytes=key)


def _cursor(place: queries.Place) -> str:
    key, id_ = place
    return encode_text_cursor(key, id_) if isinstance(key, str) else encode_cursor((key, 0, id_.bytes))
