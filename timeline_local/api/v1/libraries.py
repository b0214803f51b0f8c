"""Where the library is, which others there are, and going over to one of them."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from timeline_local.api import moving
from timeline_local.api.dependencies import Me, Parts, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.core import libraries
from timeline_local.exceptions import (
    InvalidInput,
    LibraryNotUsable,
    MoveRefused,
    NotAllowed,
    ScopeMissing,
    WrongState,
)
from timeline_local.schemas import libraries as wire
from timeline_local.services.audit import actor_of, record

router = APIRouter(prefix="/libraries", tags=["system"], route_class=StrictRoute)


@router.get(
    "",
    summary="The libraries of this computer",
    dependencies=[requires("admin")],
    responses=responses(ScopeMissing),
)
async def list_libraries(parts: Parts) -> wire.LibraryList:
    """The one that is open, those of the list, and how a move goes."""
    return await asyncio.to_thread(moving.listed, parts)


@router.post(
    "",
    summary="Put a library into the list",
    status_code=201,
    dependencies=[requires("admin")],
    responses=responses(InvalidInput, LibraryNotUsable, NotAllowed, WrongState, ScopeMissing),
)
async def add_library(asked: wire.FolderGiven, me: Me, parts: Parts) -> wire.LibraryList:
    """The folder of a library, or an empty or new one, in which a library is made when it is opened."""
    moving.check_may_change(parts, me)
    await asyncio.to_thread(moving.add, moving.whole(asked.path))
    return await asyncio.to_thread(moving.listed, parts)


@router.delete(
    "",
    summary="Take a library out of the list",
    dependencies=[requires("admin")],
    responses=responses(LibraryNotUsable, NotAllowed, WrongState, ScopeMissing),
)
async def forget_library(
    me: Me, parts: Parts, path: Annotated[str, Query(max_length=4096, description="Its folder.")]
) -> wire.LibraryList:
    """The folder stays as it is."""
    moving.check_may_change(parts, me)
    if not await asyncio.to_thread(libraries.forget, moving.whole(path)):
        raise LibraryNotUsable("That folder is not in the list. Nothing was changed.")
    return await asyncio.to_thread(moving.listed, parts)


@router.post(
    "/open",
    summary="Open another library",
    status_code=202,
    dependencies=[requires("admin")],
    responses=responses(InvalidInput, LibraryNotUsable, NotAllowed, WrongState, ScopeMissing),
)
async def open_library(asked: wire.FolderGiven, me: Me, parts: Parts) -> Response:
    """This server ends and one for the other library starts, which the tray app shows in the browser. Jobs of this

    library go on the next time it is opened.
    """
    moving.check_may_change(parts, me)
    path = moving.whole(asked.path)
    if path == parts.library.root:
        raise WrongState("That library is open already.")
    await asyncio.to_thread(moving.try_out, path)
    async with parts.database.write() as db:
        await record(db, actor_of(me), "library.left", now=parts.now())
    moving.open_other(parts, path)
    return Response(status_code=202)


@router.post(
    "/move/plan",
    summary="Look at what moving the library would be",
    dependencies=[requires("admin")],
    responses=responses(InvalidInput, MoveRefused, LibraryNotUsable, NotAllowed, WrongState, ScopeMissing),
)
async def plan_move(asked: wire.FolderGiven, me: Me, parts: Parts) -> wire.MovePlan:
    """How much it is and how much room there is; or why it cannot be. Nothing is changed."""
    moving.check_may_change(parts, me)
    found = await asyncio.to_thread(moving.plan, parts, moving.whole(asked.path))
    return await asyncio.to_thread(moving.plan_to_wire, found)


@router.post(
    "/move",
    summary="Move the library to another folder",
    status_code=202,
    dependencies=[requires("admin")],
    responses=responses(InvalidInput, MoveRefused, LibraryNotUsable, NotAllowed, WrongState, ScopeMissing),
)
async def move_library(asked: wire.MoveGiven, me: Me, parts: Parts) -> wire.MoveState:
    """To an empty or new folder. Originals are copied while the server goes on; then it ends for the rest, and comes

    back at the same address. `move` events tell how it goes. Everything is checked at the new place before the old one
    is given up.
    """
    moving.check_may_change(parts, me)
    found = await asyncio.to_thread(moving.plan, parts, moving.whole(asked.path))
    made = moving.start_move(parts, found, keeps_old=asked.keeps_old)
    async with parts.database.write() as db:
        await record(db, actor_of(me), "library.move_started", now=parts.now())
    return moving.state_of(made)


@router.delete(
    "/move",
    summary="Call a move off",
    status_code=204,
    dependencies=[requires("admin")],
    responses=responses(NotAllowed, WrongState, ScopeMissing),
)
async def end_move(me: Me, parts: Parts) -> Response:
    """The copy is removed, and the library is where it was. After a failure: it is not told any more."""
    moving.check_may_change(parts, me)
    await moving.end_move(parts)
    return Response(status_code=204)
