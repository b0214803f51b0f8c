"""One call at a page's start, and the way out."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response

from timeline_local import __version__
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.api.switches import pause_work, quit_by, state_of_system, switch_desktop
from timeline_local.core.diagnostics import as_text, diagnostics
from timeline_local.core.security import ROLE_SCOPES
from timeline_local.exceptions import InvalidInput, NotAllowed, ScopeMissing, WrongState
from timeline_local.queries import identity, timeline
from timeline_local.schemas import identity as wire
from timeline_local.schemas.system import Diagnostics, SystemPatch, SystemState
from timeline_local.services import revision
from timeline_local.services.audit import actor_of
from timeline_local.services.preferences import preferences

router = APIRouter(tags=["system"], route_class=StrictRoute)


@router.get(
    "/bootstrap",
    summary="What a page needs at its start",
    dependencies=[requires("settings:read")],
    responses=responses(ScopeMissing),
)
async def bootstrap(me: Me, db: ReadDb, parts: Parts) -> wire.Bootstrap:
    """The user, the library, counts and the revision."""
    chosen = await preferences(db, me.user_pk, home_zone=parts.home_zone)
    user = await identity.user(db, me.user_pk)
    free_bytes = await asyncio.to_thread(parts.library.free_bytes)
    where = str(parts.library.root) if "admin" in ROLE_SCOPES[me.role] else ""
    library = wire.LibraryFacts(id=parts.library.id, name=parts.library.name, path=where, free_bytes=free_bytes)
    return wire.Bootstrap(
        version=__version__,
        build=parts.build,
        library=library,
        user=wire.BootUser(id=user.id, name=user.name, role=user.role, settings=chosen),
        memories=await timeline.total(db, me.user_pk),
        trashed=await timeline.trashed_total(db, me.user_pk),
        revision=await revision.current(db, me.user_pk),
        setup_done=chosen.setup_done,
        home_zone=chosen.home_zone,
    )


@router.get(
    "/system",
    summary="How the server runs on its computer",
    dependencies=[requires("settings:read")],
    responses=responses(ScopeMissing),
)
async def look_at_system(parts: Parts) -> SystemState:
    """Whether background work is paused, since when the server runs, whether it starts at login."""
    return await asyncio.to_thread(state_of_system, parts)


@router.patch(
    "/system",
    summary="Pause background work, start at login",
    dependencies=[requires("system:write")],
    responses=responses(InvalidInput, WrongState, ScopeMissing),
)
async def change_system(asked: SystemPatch, me: Me, parts: Parts) -> SystemState:
    """While paused, a running job stops at the end of its batch and waits in line, also after a restart; mails are

    still sent. A merge patch; the answer is the whole.
    """
    await asyncio.to_thread(switch_desktop, parts, starts_at_login=asked.starts_at_login, in_menu=asked.in_menu)
    if asked.paused is not None:
        await pause_work(parts, actor_of(me), on=asked.paused)
    return await asyncio.to_thread(state_of_system, parts)


@router.get(
    "/system/diagnostics",
    summary="What somebody who helps needs to know",
    dependencies=[requires("admin")],
    responses=responses(ScopeMissing),
)
async def read_diagnostics(parts: Parts) -> Diagnostics:
    """Versions, sizes and counts of errors; no path, name, text or message. Sent nowhere: it is yours to copy."""
    found = await asyncio.to_thread(diagnostics, parts.library.root)
    return Diagnostics(text=as_text(found))


@router.post(
    "/system/quit",
    summary="Stop the server",
    status_code=202,
    dependencies=[requires("system:write")],
    responses=responses(NotAllowed, ScopeMissing),
)
async def quit_server(me: Me, parts: Parts) -> Response:
    """Stop gracefully; jobs go on at the next start. For the owner alone."""
    if me.role != "owner":
        raise NotAllowed("Only the owner of the library can stop its server. It goes on running.")
    await quit_by(parts, actor_of(me))
    return Response(status_code=202)
