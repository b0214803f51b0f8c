"""Which positions visits and moves are derived from, on both databases."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert

from tests.conftest import Owner
from timeline_local.core.database import Database
from timeline_local.models import Device, Position, PositionErasure
from timeline_local.queries.visits import samples

START = datetime(2024, 5, 1, 10, 0, 7, tzinfo=UTC)
SECONDS = sorted(random.Random(5).sample(range(2000), 300))  # noqa: S311 - the same each time
DELETED = range(400, 520)  # it ends in the middle of a half minute


@pytest.fixture
async def device(database: Database, owner: Owner) -> int:
    """A device with positions at SECONDS, those of DELETED deleted."""
    async with database.write() as db:
        made = {"owner_pk": owner.pk, "id": uuid4(), "created_at": START, "updated_at": START, "version": 1}
        named = {**made, "key": "phone", "name": "phone", "source": "test"}
        device = (await db.execute(insert(Device).values(named).returning(Device.pk))).scalar_one()
        place = {"owner_pk": owner.pk, "device_pk": device, "lat_e7": 419_000_000, "lon_e7": 125_000_000}
        await db.execute(insert(Position), [{**place, "at": START + timedelta(seconds=each)} for each in SECONDS])
        since, until = (START + timedelta(seconds=each) for each in (DELETED.start, DELETED.stop))
        span = {"from_at": since, "until_at": until, "expires_at": until, "is_purged": False}
        await db.execute(insert(PositionErasure).values({**made, **span}))
    return int(device)


def half_minute(second: int) -> int:
    return int((START + timedelta(seconds=second)).timestamp()) // 30


@pytest.mark.parametrize("since", [0, 445, 1000, 1010, 1999])
@pytest.mark.parametrize("limit", [3, 1000])
async def test_the_first_position_of_each_half_minute_is_looked_at(
    database: Database, owner: Owner, device: int, since: int, limit: int
) -> None:
    found = [second for second in SECONDS if since <= second <= 1900 and second not in DELETED]
    firsts = {half_minute(second): second for second in reversed(found)}
    async with database.read() as db:
        between = (START + timedelta(seconds=since), START + timedelta(seconds=1900))
        rows = await samples(db, owner.pk, device, *between, limit=limit)
    assert [(row.at - START) // timedelta(seconds=1) for row in rows] == sorted(firsts.values())[:limit]
