"""Two locations that are one place, and taking that back.

Memories point at the location itself, so a merge moves them; which ones is kept for undo. The survivor is from then on
what sources mean by any of the names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.times import from_micros, micros
from timeline_local.exceptions import FieldError, InvalidInput, LocationNotFound, UndoExpired
from timeline_local.models import Location, Memory, SourceLink
from timeline_local.queries.dialect import in_key_list, key_list
from timeline_local.services.location_edits import FIELDS, AnyRow, Changed, locked_location, own_key, store
from timeline_local.services.locations import folded_of, keys_of
from timeline_local.services.retelling import retell
from timeline_local.services.revision import bump

ACTION = "merge_locations"
_TOGETHER = (
    ("lat", "lon"),
    ("address", "city", "region", "country", "country_code"),
    ("kind",),
    ("radius_m",),
    ("zone",),
)


@dataclass(frozen=True, slots=True)
class Merged:
    """data: for services.undo.keep, under ACTION."""

    changed: Changed
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Restored:
    """count: locations that are there again."""

    count: int
    revision: int
    waits: bool


async def merge(
    db: AsyncConnection,
    owner_pk: int,
    location_id: UUID,
    others: Sequence[UUID],
    *,
    expected_version: int | None,
    now: datetime,
) -> Merged:
    """Make others one with a location. What the survivor lacks it takes from the first of them that has it.

    Raises LocationNotFound, VersionConflict, InvalidInput for one unknown, or the location itself.
    """
    if location_id in others:
        raise _no_other(others.index(location_id), "is the location itself")
    await _hold(db, owner_pk, [location_id, *others])
    survivor = await locked_location(db, owner_pk, location_id, expected_version=expected_version)
    gone = await _locations(db, owner_pk, list(dict.fromkeys(others)))
    moved = await _move(db, owner_pk, survivor.pk, [each.pk for each in gone])
    before = {name: getattr(survivor, name) for name in FIELDS}
    after = _filled(before, gone)
    keys = [key for each in gone for key in keys_of(each.folded)]
    folded = folded_of((own_key(after), *keys_of(survivor.folded), *keys))
    await store(db, owner_pk, survivor.pk, {**after, "folded": folded}, now=now)
    linked = await _move_links(db, owner_pk, survivor.pk, [each.pk for each in gone])
    await db.execute(delete(Location).where(Location.owner_pk == owner_pk, Location.pk.in_([each.pk for each in gone])))
    waits = await retell(db, owner_pk, locations=[survivor.pk], now=now)
    data = {
        "location": str(location_id),
        "before": before,
        "after": after,
        "keys": list(keys_of(survivor.folded)),
        "added": keys,
        "gone": [
            _plain(each) | {"memories": moved.get(each.pk, []), "links": linked.get(each.pk, [])} for each in gone
        ],
    }
    return Merged(Changed(location_id, await bump(db, owner_pk), waits), data)


async def undo_merge(db: AsyncConnection, owner_pk: int, data: Mapping[str, Any], *, now: datetime) -> Restored:
    """Take a merge back: the absorbed are there again under their ids, with those of their memories still here.

    Of the survivor's fields those go back that nobody changed since. Raises UndoExpired when it was deleted since.
    """
    try:
        survivor = await locked_location(db, owner_pk, UUID(data["location"]))
    except LocationNotFound:
        raise UndoExpired("The location was deleted since, so there is nothing to take apart.") from None
    back: list[int] = []
    for each in data["gone"]:
        pk = await _again(db, owner_pk, each, now=now)
        back.append(pk)
        await _take_along(db, owner_pk, each["memories"], survivor.pk, pk)
        links = (SourceLink.owner_pk == owner_pk, SourceLink.pk.in_(each.get("links", [])))
        await db.execute(update(SourceLink).where(*links).values(location_pk=pk))
    values = {
        name: data["before"][name] if getattr(survivor, name) == data["after"][name] else getattr(survivor, name)
        for name in FIELDS
    }
    came = {*data["added"], own_key(data["after"])} - set(data["keys"])
    known = (key for key in keys_of(survivor.folded) if key not in came)
    await store(db, owner_pk, survivor.pk, {**values, "folded": folded_of((own_key(values), *known))}, now=now)
    waits = await retell(db, owner_pk, locations=[survivor.pk, *back], now=now)
    return Restored(len(back), await bump(db, owner_pk), waits)


async def _hold(db: AsyncConnection, owner_pk: int, ids: Sequence[UUID]) -> None:
    """Hold all rows in one order, so that two merges never wait for each other crosswise."""
    statement = select(Location.pk).where(Location.owner_pk == owner_pk, Location.id.in_(ids))
    await db.execute(statement.order_by(Location.pk).with_for_update())


async def _locations(db: AsyncConnection, owner_pk: int, ids: Sequence[UUID]) -> list[AnyRow]:
    found: list[AnyRow] = []
    for place, id_ in enumerate(ids):
        try:
            found.append(await locked_location(db, owner_pk, id_))
        except LocationNotFound:
            raise _no_other(place, "is no location of yours") from None
    return found


def _no_other(place: int, reason: str) -> InvalidInput:
    errors = (FieldError(f"#/locations/{place}", reason),)
    return InvalidInput("Not all of them can be taken. Nothing was changed.", errors=errors)


def _filled(before: Mapping[str, Any], gone: Sequence[AnyRow]) -> dict[str, Any]:
    """The survivor's fields, and what it lacked. Coordinates come together, and so do the parts of the address."""
    filled = dict(before)
    for names in _TOGETHER:
        if all(filled[name] is None for name in names):
            givers = (each for each in gone if any(getattr(each, name) is not None for name in names))
            giver = next(givers, None)
            filled |= {name: getattr(giver, name, None) for name in names}
    return filled


async def _move(db: AsyncConnection, owner_pk: int, survivor_pk: int, gone: Sequence[int]) -> dict[int, list[int]]:
    """Put the memories of these locations into the survivor; which were where."""
    there = select(Memory.pk, Memory.location_pk).where(Memory.owner_pk == owner_pk, Memory.location_pk.in_(gone))
    moved: dict[int, list[int]] = {}
    for row in await db.execute(there.order_by(Memory.pk).with_for_update()):
        moved.setdefault(row.location_pk, []).append(row.pk)
    here = update(Memory).where(Memory.owner_pk == owner_pk, Memory.location_pk.in_(gone))
    await db.execute(here.values(location_pk=survivor_pk))
    return moved


async def _move_links(
    db: AsyncConnection, owner_pk: int, survivor_pk: int, gone: Sequence[int]
) -> dict[int, list[int]]:
    """Let the keys under which sources know these lead to the survivor; which led where."""
    mine = (SourceLink.owner_pk == owner_pk, SourceLink.location_pk.in_(gone))
    moved: dict[int, list[int]] = {}
    for row in await db.execute(select(SourceLink.pk, SourceLink.location_pk).where(*mine)):
        moved.setdefault(row.location_pk, []).append(row.pk)
    await db.execute(update(SourceLink).where(*mine).values(location_pk=survivor_pk))
    return moved


async def _take_along(db: AsyncConnection, owner_pk: int, memories: Sequence[int], survivor_pk: int, pk: int) -> None:
    dialect = db.dialect.name
    mine = update(Memory).where(
        Memory.owner_pk == owner_pk, Memory.location_pk == survivor_pk, in_key_list(dialect, Memory.pk)
    )
    await db.execute(mine.values(location_pk=pk), {"keys": key_list(dialect, memories)})


def _plain(row: AnyRow) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in FIELDS}
    own = {"id": str(row.id), "folded": row.folded, "source": row.source, "version": row.version}
    return fields | own | {"created_at": micros(row.created_at)}


async def _again(db: AsyncConnection, owner_pk: int, plain: Mapping[str, Any], *, now: datetime) -> int:
    """The key of a location made once more from what was kept of it."""
    values = {name: plain[name] for name in (*FIELDS, "folded", "source")}
    values |= {"id": UUID(plain["id"]), "owner_pk": owner_pk, "version": plain["version"] + 1}
    values |= {"created_at": from_micros(plain["created_at"]), "updated_at": now}
    return (await db.execute(insert(Location).values(values).returning(Location.pk))).scalar_one()
