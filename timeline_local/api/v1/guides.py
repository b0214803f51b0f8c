"""What can be imported, and how to get it."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from timeline_local.api.dependencies import requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.exceptions import GuideNotFound, ScopeMissing
from timeline_local.schemas import guides as wire
from timeline_local.services import guides as services

router = APIRouter(prefix="/guides", tags=["imports"], route_class=StrictRoute)

_READ = requires("imports:read")


@router.get("", summary="What can be imported", dependencies=[_READ], responses=responses(ScopeMissing))
async def list_guides() -> wire.Guides:
    """Exports of programs first, then files of any program."""
    found = await asyncio.to_thread(services.guides)
    return wire.Guides(items=[_guide(each) for each in found])


@router.get(
    "/{name}",
    summary="How to get an export, and what is taken of it",
    dependencies=[_READ],
    responses=responses(GuideNotFound, ScopeMissing),
)
async def read_guide(name: str) -> wire.GuidePage:
    """A page of text, as blocks."""
    found, blocks = await asyncio.to_thread(services.guide, name)
    return wire.GuidePage(**_guide(found).model_dump(), blocks=blocks)


def _guide(each: services.Guide) -> wire.Guide:
    return wire.Guide(name=each.name, title=each.title, what=each.what)
