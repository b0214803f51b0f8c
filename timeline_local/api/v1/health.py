"""Liveness and readiness, open to anybody and telling nobody anything."""

from __future__ import annotations

from fastapi import APIRouter, Response

from timeline_local.api import figures
from timeline_local.api.dependencies import Parts, public
from timeline_local.api.strict import StrictRoute
from timeline_local.schemas import identity as wire

router = APIRouter(prefix="/health", tags=["health"], route_class=StrictRoute)


@router.get("", summary="Is the process alive?", dependencies=[public()])
async def liveness() -> wire.Health:
    """Always ok while the process answers."""
    return wire.Health()


@router.get(
    "/ready",
    summary="Can it serve the library?",
    dependencies=[public()],
    responses={503: {"model": wire.Readiness, "description": "Not ready"}},
)
async def readiness(response: Response, parts: Parts) -> wire.Readiness:
    """Database, schema, media folder and disk, each with a word; the cache is told, but nothing needs it.

    Not ready either while the server drains: it was told to stop, and finishes what it has.
    """
    checks = await figures.readiness(parts)
    is_ready = figures.is_ready(checks)
    response.status_code = 200 if is_ready else 503
    response.headers["Cache-Control"] = "no-store"
    return wire.Readiness(status="ready" if is_ready else "unavailable", checks=checks)
