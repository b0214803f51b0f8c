"""Changes in bulk of what stands in a memory's own row: stars, mood, time and place. What was before is kept whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import JSON
from timeline_local.domain.times import Precision, TimeBasis, from_offset, offset_of_wall, wall_to_instant
from timeline_local.exceptions import FieldError, InvalidInput
from timeline_local.models import Memory
from timeline_local.services import buckets
from timeline_local.services.derived import refresh_derived
from timeline_local.services.evidence import moment_json
from timeline_local.services.memories import moment_of_row, remember_each
from timeline_local.services.memory_content import SEALED, moment_values
from timeline_local.services.naming import chosen_location
from timeline_local.services.sealing import reseal
from timeline_local.services.snapshots import plain_row, row_from_plain

ACTIONS = frozenset({"rate", "mood", "shift", "locate"})
Row: TypeAlias = Mapping[str, Any]
Before: TypeAlias = list[list[Any]]
"""[[memory pk, {column: plain value}], …]: what `restore` puts back."""

_DAY_S = 86_400
_POINTS = frozenset({Precision.INSTANT.value, Precision.MINUTE.value})
_FIRST_YEAR, _LAST_YEAR = 1, 9998
_READ = (*SEALED, "local_on", "location_pk", "archived", "trashed_at")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """columns_of: what a row becomes, or None if it stays. said: what its owner said by that, for provenance."""

    columns_of: Callable[[Row], dict[str, Any] | None]
    said: Callable[[Row], dict[str, JSON]]


async def field_change(
    db: AsyncConnection, owner_pk: int, action: str, given: Mapping[str, Any], *, now: datetime
) -> FieldChange:
    """The change an action names, from the fields of schemas.batches.Batch that were given. Raises InvalidInput."""
    if action in {"rate", "mood"}:
        name = "rating" if action == "rate" else "mood"
        value = _needed(given, name)
        return FieldChange(lambda _: {name: value}, lambda _: {name: value})
    if action == "shift":
        by = timedelta(seconds=_needed(given, "shift_s"))
        return FieldChange(lambda row: _shifted(row, by), _said_time)
    columns = await _place(db, owner_pk, given, now=now)
    return FieldChange(lambda _: columns, _said_place)


async def change_rows(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], change: FieldChange, *, now: datetime
) -> Before:
    """Change those of these memories that become something else; what those were."""
    changed = await _changing(db, owner_pk, pks, change, locks=True)
    if not changed:
        return []
    await _store(db, owner_pk, changed, now=now)
    told = {row["pk"]: change.said({**row, **columns}) for row, columns in changed}
    await remember_each(db, owner_pk, told, now=now)
    return [[row["pk"], plain_row({name: row[name] for name in columns})] for row, columns in changed]


async def count_rows(db: AsyncConnection, owner_pk: int, pks: Sequence[int], change: FieldChange) -> int:
    """How many `change_rows` would change."""
    return len(await _changing(db, owner_pk, pks, change, locks=False))


async def restore_rows(db: AsyncConnection, owner_pk: int, before: Before, *, now: datetime) -> int:
    """Undo `change_rows`; how many memories are there to be put back."""
    columns = {pk: row_from_plain(plain) for pk, plain in before}
    rows = await _rows(db, owner_pk, list(columns), locks=True)
    if rows:
        await _store(db, owner_pk, [(row, columns[row["pk"]]) for row in rows], now=now)
    return len(rows)


Changed: TypeAlias = list[tuple[Row, dict[str, Any]]]


async def _changing(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], change: FieldChange, *, locks: bool
) -> Changed:
    found: Changed = []
    for row in await _rows(db, owner_pk, pks, locks=locks):
        columns = change.columns_of(row)
        if columns is not None and any(row[name] != value for name, value in columns.items()):
            found.append((row, columns))
    return found


async def _rows(db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, locks: bool) -> list[Row]:
    columns = [getattr(Memory, name) for name in dict.fromkeys(_READ)]
    statement = select(Memory.pk, *columns).where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks))
    return [row._asdict() for row in await db.execute(statement.with_for_update() if locks else statement)]


async def _store(db: AsyncConnection, owner_pk: int, changed: Changed, *, now: datetime) -> None:
    """Write the columns, and everything that hangs on them: hash, counts, tiles and search text."""
    names = list(changed[0][1])
    pks = [row["pk"] for row, _ in changed]
    await db.execute(
        update(Memory)
        .where(Memory.owner_pk == owner_pk, Memory.pk == bindparam("this_pk"))
        .values(
            {name: bindparam(f"new_{name}") for name in names} | {"updated_at": now, "version": Memory.version + 1}
        ),
        [{"this_pk": row["pk"]} | {f"new_{name}": columns[name] for name in names} for row, columns in changed],
    )
    await reseal(db, owner_pk, pks)
    if "local_on" in names:
        shown = [(row, columns) for row, columns in changed if row["trashed_at"] is None and not row["archived"]]
        await buckets.move(
            db,
            owner_pk,
            gone=[buckets.placement(row["local_on"], row["kind"]) for row, _ in shown],
            come=[buckets.placement(columns["local_on"], row["kind"]) for row, columns in shown],
        )
    if "location_pk" in names:
        await refresh_derived(db, owner_pk, pks)


def _shifted(row: Row, by: timedelta) -> dict[str, Any] | None:
    """The time of a memory that much later, on the clocks of where it was; None for dates too coarse to shift."""
    whole_days = by.total_seconds() % _DAY_S == 0
    if row["precision"] not in _POINTS and not (row["precision"] == Precision.DAY.value and whole_days):
        return None
    old = moment_of_row(row)
    try:
        local_at = old.local_at + by
        if not _FIRST_YEAR < local_at.year < _LAST_YEAR:
            return None
        happened_at = (
            wall_to_instant(local_at, old.zone) if old.zone else from_offset(local_at, old.utc_offset_min or 0)
        )
        until = None if old.happened_until is None else old.happened_until + (happened_at - old.happened_at)
    except OverflowError:
        return None
    offset = offset_of_wall(local_at, old.zone) if old.zone else old.utc_offset_min
    moment = replace(
        old,
        local_at=local_at,
        happened_at=happened_at,
        happened_until=until,
        utc_offset_min=offset,
        time_basis=TimeBasis.USER,
    )
    return moment_values(moment) if by else None


def _said_time(row: Row) -> dict[str, JSON]:
    return {"time": {"moment": moment_json(moment_of_row(row)), "considered": []}}


def _said_place(row: Row) -> dict[str, JSON]:
    return {"place": {"lat": row["lat"], "lon": row["lon"]}}


async def _place(db: AsyncConnection, owner_pk: int, given: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The columns of a place: coordinates, a location, or both; a null takes them away."""
    if not given.keys() & {"lat", "lon", "location"}:
        raise _missing("location")
    if ("lat" in given) != ("lon" in given) or (given.get("lat") is None) != (given.get("lon") is None):
        raise _missing("lon" if given.get("lat") is not None else "lat")
    location: UUID | None = given.get("location")
    known = None if location is None else {"id": location}
    spot = await chosen_location(db, owner_pk, known, coordinates=None, now=now)
    columns: dict[str, Any] = {"location_pk": None if spot is None else spot[0]}
    if "lat" in given:
        columns |= {"lat": given["lat"], "lon": given["lon"], "accuracy_m": None, "altitude_m": None}
    return columns


def _needed(given: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - the value of any field
    if name not in given:
        raise _missing(name)
    return given[name]


def _missing(name: str) -> InvalidInput:
    return InvalidInput(f"Say which {name}. Nothing was changed.", errors=(FieldError(f"#/{name}", "is missing"),))
