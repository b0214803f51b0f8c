"""The owner's preferences, and the server's settings in force."""

from __future__ import annotations

from fastapi import APIRouter

from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.config import effective_settings
from timeline_local.exceptions import InvalidInput, ScopeMissing
from timeline_local.schemas import identity as wire
from timeline_local.services.audit import actor_of, record
from timeline_local.services.preferences import change_preferences, preferences

router = APIRouter(prefix="/settings", tags=["settings"], route_class=StrictRoute)


@router.get("", summary="Your preferences", dependencies=[requires("settings:read")], responses=responses(ScopeMissing))
async def read_preferences(me: Me, db: ReadDb, parts: Parts) -> wire.Preferences:
    """All of them, with defaults filled in."""
    return await preferences(db, me.user_pk, home_zone=parts.home_zone)


@router.patch(
    "",
    summary="Change your preferences",
    dependencies=[requires("settings:write")],
    responses=responses(InvalidInput, ScopeMissing),
)
async def patch_preferences(asked: wire.PreferencesPatch, me: Me, parts: Parts) -> wire.Preferences:
    """A merge patch; the answer is the whole."""
    async with parts.database.write() as db:
        await change_preferences(db, me.user_pk, asked, now=parts.now())
        names = sorted(asked.model_fields_set)
        await record(db, actor_of(me), "settings.changed", now=parts.now(), details={"names": names})
        return await preferences(db, me.user_pk, home_zone=parts.home_zone)


@router.get(
    "/effective",
    summary="The server's settings in force",
    dependencies=[requires("admin")],
    responses=responses(ScopeMissing),
)
async def read_effective(parts: Parts) -> wire.EffectiveSettings:
    """Every setting, its value with secrets masked, and where it came from."""
    rows = effective_settings(parts.settings, parts.given)
    return wire.EffectiveSettings(items=[wire.EffectiveSetting(**row.model_dump()) for row in rows])
