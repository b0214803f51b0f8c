"""The owner's preferences: defaults, what was chosen, and the name kept on the user."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.exceptions import FieldError, InvalidInput
from timeline_local.models import Setting, User
from timeline_local.queries import identity
from timeline_local.schemas.identity import Preferences, PreferencesPatch


async def preferences(db: AsyncConnection, owner_pk: int, *, home_zone: str) -> Preferences:
    """What is in force for this owner. home_zone: the computer's, when the owner chose none."""
    stored = await identity.preferences(db, owner_pk)
    user = await identity.user(db, owner_pk)
    return Preferences(**{"home_zone": home_zone, **stored, "name": user.name})


async def home_zone_of(db: AsyncConnection, owner_pk: int, *, fallback: str) -> str:
    """The zone this owner lives in."""
    stored = await identity.preferences(db, owner_pk)
    return str(stored.get("home_zone", fallback))


async def change_preferences(db: AsyncConnection, owner_pk: int, patch: PreferencesPatch, *, now: datetime) -> None:
    """Store what the patch names. Raises InvalidInput on a zone that does not exist."""
    changes: dict[str, Any] = patch.model_dump(exclude_unset=True)
    changes = {name: value for name, value in changes.items() if value is not None}
    if "home_zone" in changes and changes["home_zone"] not in available_timezones():
        raise InvalidInput(
            "There is no such time zone; nothing was changed. Give an IANA name like Europe/Lisbon.",
            errors=(FieldError("#/home_zone", "must be an IANA time zone"),),
        )
    name = changes.pop("name", None)
    if name is not None:
        await db.execute(
            update(User).where(User.pk == owner_pk).values(name=name, updated_at=now, version=User.version + 1)
        )
    for key, value in changes.items():
        await db.execute(delete(Setting).where(Setting.owner_pk == owner_pk, Setting.name == key))
        await db.execute(insert(Setting).values(owner_pk=owner_pk, name=key, value=value))
