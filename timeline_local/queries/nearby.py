"""Where the owner was around some instants: the nearest positions, and memories whose zone is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Row, func, select, tuple_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.times import from_micros, micros
from timeline_local.models import Device, MediaFile, Memory, Position
from timeline_local.queries.dialect import each_key, key_list

AnyRow = Row[*tuple[Any, ...]]
MOST = 2000  # memories of the days asked about that are looked at
TRUSTED = ("user", "exif_offset", "gps", "coordinates", "source", "sidecar")
_POINTS = ("instant", "minute")


async def positions_around(
    db: AsyncConnection, owner_pk: int, instants: Collection[datetime]
) -> dict[datetime, list[AnyRow]]:
    """For each instant the last position before and the first after it, of each device, in no order.

    Rows: device, at, lat_e7, lon_e7, accuracy_dm. Two statements; two look-ups for each instant and device.
    """
    dialect = db.dialect.name
    at, asked = type_coerce(Position.at, BigInteger), each_key(dialect)
    mine = (Position.owner_pk == owner_pk, Position.device_pk == Device.pk)
    before = select(func.max(at)).where(*mine, at <= asked).correlate(Device, asked.table).scalar_subquery()
    after = select(func.min(at)).where(*mine, at > asked).correlate(Device, asked.table).scalar_subquery()
    every = asked.table.join(Device, Device.owner_pk == owner_pk)  # each instant with each device
    statement = select(asked, Device.pk, before, after).select_from(every)
    found: dict[int, list[tuple[int, int]]] = {}
    for key, device_pk, one, other in await db.execute(
        statement, {"keys": key_list(dialect, sorted({micros(each) for each in instants}))}
    ):
        found.setdefault(key, []).extend((device_pk, each) for each in (one, other) if each is not None)
    rows = await _rows(db, owner_pk, sorted({pair for pairs in found.values() for pair in pairs}))
    return {from_micros(key): [rows[pair] for pair in pairs] for key, pairs in found.items()}


async def _rows(db: AsyncConnection, owner_pk: int, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], AnyRow]:
    if not pairs:
        return {}
    at = type_coerce(Position.at, BigInteger)
    statement = (
        select(
            Position.device_pk,
            at.label("micros"),
            Position.at,
            Position.lat_e7,
            Position.lon_e7,
            Position.accuracy_dm,
            Device.name.label("device"),
        )
        .join(Device, Device.pk == Position.device_pk)
        .where(Position.owner_pk == owner_pk, tuple_(Position.device_pk, at).in_(pairs))
    )
    return {(row.device_pk, row.micros): row for row in await db.execute(statement)}


async def zoned_memories(db: AsyncConnection, owner_pk: int, days: Collection[date]) -> list[AnyRow]:
    """Memories of these days that tell their zone themselves: when, which zone, and which camera took them."""
    statement = (
        select(
            Memory.happened_at,
            Memory.local_at,
            Memory.utc_offset_min,
            Memory.zone,
            MediaFile.camera_make,
            MediaFile.camera_model,
        )
        .outerjoin(MediaFile, MediaFile.pk == Memory.cover_pk)
        .where(
            Memory.owner_pk == owner_pk,
            Memory.local_on.in_(days),
            Memory.zone_basis.in_(TRUSTED),
            Memory.precision.in_(_POINTS),
            Memory.utc_offset_min.is_not(None),
        )
        .limit(MOST)
    )
    return list((await db.execute(statement)).all())
