"""What programs and devices send by themselves: batches of memories and positions, OwnTracks, Overland."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Query

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.caps import check_caps
from timeline_local.api.dependencies import Me, Parts, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.domain.drafts import Draft, Problem
from timeline_local.exceptions import (
    BodyTooLarge,
    FieldError,
    InvalidInput,
    MalformedRequest,
    RateLimited,
    ScopeMissing,
    UnsupportedContentType,
)
from timeline_local.jobs.place_names import ask_for_names
from timeline_local.jobs.visits import ask_for_visits
from timeline_local.runtime import Runtime
from timeline_local.schemas import push as wire
from timeline_local.services.preferences import home_zone_of
from timeline_local.services.user_time import Bearings

if TYPE_CHECKING:
    from timeline_local.services.push import Sent, Taken, Verdict

# What reads drafts loads the importers: with the first request, not with the server.

router = APIRouter(tags=["ingest"], route_class=StrictRoute)

_SEND = requires("ingest:write")
_PROBLEMS = responses(BodyTooLarge, InvalidInput, MalformedRequest, RateLimited, ScopeMissing, UnsupportedContentType)
VISITS_AFTER = timedelta(minutes=2)  # a device that was away sends hours of positions, one after the other


@router.post("/ingest", summary="Send memories and positions", dependencies=[_SEND], responses=_PROBLEMS)
async def ingest(given: wire.Batch, me: Me, parts: Parts) -> wire.Received:
    """At most 500 items, in one transaction; each gets its verdict as in an import, and the whole can be undone as one.

    Sending again what is here adds nothing. What you edited stays as you have it, what you deleted does not come back.
    A batch that does not fit this description is refused as a whole; an item that fits, but cannot be meant (two dates,
    a zone that does not exist), fails by itself.
    """
    from timeline_local.services.push import Sent  # noqa: PLC0415 - as said above
    from timeline_local.services.push_drafts import TAKEN, drafts_of, tracks_of  # noqa: PLC0415

    if given.source in TAKEN:
        error = FieldError("#/source", "is a name that means something else here")
        raise InvalidInput("Choose another name for your source. Nothing was saved.", errors=(error,))
    for item in given.items:
        check_caps(parts.settings.limits, item)
    bearings = await _bearings(parts, me)
    made = drafts_of(given.items, given.account, bearings)
    sent = Sent(
        source=given.source,
        account=given.account,
        label=f"{given.source} {given.account}".strip(),
        drafts=[each for each in made if isinstance(each, Draft)],
        tracks=tracks_of(given.tracks),
    )
    taken = await _take(parts, me, sent, bearings)
    verdicts = iter(taken.verdicts)
    items = [
        _failed(item.key, each) if isinstance(each, Problem) else _verdict(item.key, next(verdicts))
        for item, each in zip(given.items, made, strict=True)
    ]
    tracks = [
        wire.TrackVerdict(device=track.device, new=new)
        for track, new in zip(given.tracks, taken.positions, strict=True)
    ]
    return wire.Received(import_id=taken.import_id, items=items, tracks=tracks)


@router.post("/owntracks", summary="OwnTracks in HTTP mode", dependencies=[_SEND], responses=_PROBLEMS)
async def take_owntracks(
    given: wire.OwnTracksMessage,
    me: Me,
    parts: Parts,
    user: Annotated[
        str | None, Header(alias="X-Limit-U", max_length=100, description="The user as the app tells it.")
    ] = None,
    device: Annotated[
        str | None, Header(alias="X-Limit-D", max_length=100, description="The device, likewise.")
    ] = None,
) -> list[Any]:
    """Locations and transitions become positions, waypoints visits; all else is taken and says nothing.

    The key may come as the password of Basic authentication, with any user name. The answer is the list of messages for
    the app, which is always empty.
    """
    from timeline_local.services.push import Sent  # noqa: PLC0415 - as said above
    from timeline_local.services.push_drafts import OWNTRACKS, owntracks  # noqa: PLC0415

    topic = f"owntracks/{user}/{device}" if user and device else ""
    found = owntracks(given.model_dump(by_alias=True), topic)
    if isinstance(found, Problem):
        raise InvalidInput(f"{found.detail} Nothing was saved.")
    if found is not None:
        drafts, tracks = ([found], []) if isinstance(found, Draft) else ([], [found])
        sent = Sent(source=OWNTRACKS, label="OwnTracks", drafts=drafts, tracks=tracks)
        await _take(parts, me, sent, await _bearings(parts, me))
    return []


@router.post("/overland", summary="Overland's batches", dependencies=[_SEND], responses=_PROBLEMS)
async def take_overland(
    given: wire.OverlandBatch,
    me: Me,
    parts: Parts,
    token: Annotated[str | None, Query(max_length=512, description="The key, for apps that send no header.")] = None,
) -> wire.OverlandDone:
    """Positions by the device that each names. Features that tell no position are passed over: a batch that is refused
    would come again for ever.
    """
    from timeline_local.services.push import Sent  # noqa: PLC0415 - as said above
    from timeline_local.services.push_drafts import OVERLAND, overland  # noqa: PLC0415

    del token  # the layer that authenticates has read it
    tracks = overland(given.locations)
    if tracks:
        sent = Sent(source=OVERLAND, label="Overland", tracks=tracks)
        await _take(parts, me, sent, await _bearings(parts, me))
    return wire.OverlandDone()


async def _bearings(parts: Runtime, me: Caller) -> Bearings:
    async with parts.database.read() as db:
        home = await home_zone_of(db, me.user_pk, fallback=parts.home_zone)
    return Bearings(now=parts.now(), home_zone=home, zone_of=parts.zone_of)


async def _take(parts: Runtime, me: Caller, sent: Sent, bearings: Bearings) -> Taken:
    """Write it; after the commit tell open pages, and have visits made of new positions."""
    from timeline_local.services.push import take  # noqa: PLC0415 - as said above

    async with parts.database.write() as db:
        taken = await take(db, me.user_pk, sent, bearings, undo_days=parts.settings.imports.undo_days)
    if taken.revision is not None:
        announce_timeline(parts, me.user_pk, taken.revision, taken.days)
        await ask_for_names(parts, me.user_pk)
    if any(taken.positions):
        await ask_for_visits(parts, me.user_pk, after=VISITS_AFTER)
    return taken


def _verdict(key: str, told: Verdict) -> wire.ItemVerdict:
    reason = None if told.slug is None else {"slug": told.slug, "detail": told.detail}
    return wire.ItemVerdict(key=key, verdict=told.verdict, memory_id=told.memory_id, reason=reason)


def _failed(key: str, problem: Problem) -> wire.ItemVerdict:
    reason = {"slug": problem.slug, "detail": problem.detail}
    return wire.ItemVerdict(key=key, verdict="failed", memory_id=None, reason=reason)
