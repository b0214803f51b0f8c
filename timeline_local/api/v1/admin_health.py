"""How the install stands, for its administrators."""

from __future__ import annotations

from fastapi import APIRouter

from timeline_local.api import figures
from timeline_local.api.dependencies import Parts, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.exceptions import ScopeMissing
from timeline_local.schemas import health as wire

router = APIRouter(prefix="/admin/health", tags=["admin"], route_class=StrictRoute)


@router.get(
    "",
    summary="How the server stands",
    dependencies=[requires("admin")],
    responses=responses(ScopeMissing),
)
async def health(parts: Parts) -> wire.AdminHealth:
    """Database, pool, cache, job queue, disk and the slowest routes. Always 200: what is away is told as away."""
    return await figures.everything(parts)
