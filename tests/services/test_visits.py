"""Visits and moves out of positions: derived, derived again, covered by others, touched by their owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from tests.desk import NOW, Desk, ToldSource, tell
from timeline_local.domain.drafts import Draft, Sample, Samples
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moments import TimeBasis, TimeEvidence
from timeline_local.models import Device, Memory, Provenance
from timeline_local.queries.why import why
from timeline_local.services import location_edits, trash, visits

START = datetime(2024, 5, 1, 10, tzinfo=UTC)
HOME, WORK = (41.9, 12.5), (41.95, 12.5)
KINDS = {Kind.VISIT.code: "visit", Kind.MOVE.code: "move"}


@pytest.fixture
async def desk(desk: Desk) -> Desk:
    desk.sources = (ToldSource(),)
    desk.zone_of = lambda _lat, _lon: "Europe/Rome"
    return desk


def way(*parts: tuple[int, int, tuple[float, float]], key: str = "way") -> Samples:
    """A position every minute: (first minute, last minute, where)."""
    samples = [
        Sample(START + timedelta(minutes=minute), *place, 10.0)
        for first, last, place in parts
        for minute in range(first, last + 1)
    ]
    return Samples(source_key=key, device="phone", samples=tuple(samples))


DAY = way((0, 30, HOME), (50, 90, WORK))


async def derive(desk: Desk) -> int:
    """Everything that is stale; how many steps it took."""
    steps, is_last = 0, False
    while not is_last:
        async with desk.database.write() as db:
            step = await visits.derive(db, desk.owner_pk, zone_of=desk.zone_of, home_zone="Europe/Lisbon", now=desk.now)
        is_last = step.is_last
        steps += not is_last
    return steps


async def shown(desk: Desk) -> list[tuple[str, int, int]]:
    """(kind, first minute, last minute) of everything derived that is not in the trash, by time."""
    statement = (
        select(Memory.kind, Memory.happened_at, Memory.happened_until)
        .where(Memory.source == "positions", Memory.trashed_at.is_(None))
        .order_by(Memory.happened_at)
    )
    async with desk.database.read() as db:
        rows = (await db.execute(statement)).all()
    minute = timedelta(minutes=1)
    return [(KINDS[kind], (start - START) // minute, ((end or start) - START) // minute) for kind, start, end in rows]


async def test_a_day_of_positions_becomes_visits_and_moves_that_say_why(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", DAY))
    await derive(desk)
    assert await shown(desk) == [("visit", 0, 30), ("move", 30, 50), ("visit", 50, 90)]
    async with desk.database.read() as db:
        first = (await db.execute(select(Memory).order_by(Memory.happened_at).limit(1))).one()
        said = await why(db, desk.owner_pk, first.id)
    assert said["time"]["winner"]["origin"] == "31 positions of phone within 150 m for 30 minutes"
    assert (first.local_at, first.zone, first.lat) == (datetime(2024, 5, 1, 12), "Europe/Rome", 41.9)  # noqa: DTZ001


async def test_deriving_again_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", DAY))
    await derive(desk)
    before = await desk.dump()
    async with desk.database.read() as db:
        pks = (await db.execute(select(Memory.pk))).scalars().all()
    await desk.run(tell(tmp_path / "b", way((600, 605, HOME))))
    assert await derive(desk) == 1
    async with desk.database.read() as db:
        again = (await db.execute(select(Memory.pk))).scalars().all()
    assert ((await desk.dump())["memory"], again) == (before["memory"], pks)


async def test_positions_that_come_later_change_what_was_derived(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", way((0, 30, HOME))))
    await derive(desk)
    await desk.run(tell(tmp_path / "b", way((20, 45, HOME), (60, 90, WORK))))
    await derive(desk)
    assert await shown(desk) == [("visit", 0, 45), ("move", 45, 60), ("visit", 60, 90)]


async def test_what_many_steps_derive_is_what_one_does(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [(n * 60, n * 60 + 30, HOME if n % 2 else WORK) for n in range(40)]
    await desk.run(tell(tmp_path / "a", way(*parts)))
    await derive(desk)
    whole = await shown(desk)
    async with desk.database.write() as db:
        await db.execute(update(Device).values(stale_from=START, stale_until=START + timedelta(days=2)))
    monkeypatch.setattr(visits, "AT_ONCE", 100)
    monkeypatch.setattr(visits, "AROUND", timedelta(hours=1))
    assert await derive(desk) > 5
    assert (await shown(desk), len(whole)) == (whole, 79)


async def test_undo_of_the_positions_takes_what_was_derived_along(desk: Desk, tmp_path: Path) -> None:
    before = await desk.dump()
    row = await desk.run(tell(tmp_path / "a", DAY))
    await derive(desk)
    await desk.undo(row)
    await derive(desk)
    after = await desk.dump()
    assert {name: after[name] for name in ("memory", "position", "bucket_count", "memory_text")} == {
        name: before[name] for name in ("memory", "position", "bucket_count", "memory_text")
    }


async def test_what_another_source_tells_of_is_not_derived(desk: Desk, tmp_path: Path) -> None:
    evidence = TimeEvidence(
        basis=TimeBasis.SOURCE, instant=START + timedelta(minutes=45), until=START + timedelta(minutes=95)
    )
    visit = Draft(source_key="v", kind=Kind.VISIT, title="Office", evidence=(evidence,))
    await desk.run(tell(tmp_path / "a", DAY, visit))
    await derive(desk)
    assert await shown(desk) == [("visit", 0, 30), ("move", 30, 50)]


async def test_what_the_owner_touched_or_threw_away_stays_so(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", DAY))
    await derive(desk)
    async with desk.database.write() as db:
        home, move = (await db.execute(select(Memory.pk).order_by(Memory.happened_at).limit(2))).scalars()
        said = {"owner_pk": desk.owner_pk, "memory_pk": home, "field": "title", "source": "user", "rank": 100}
        await db.execute(update(Memory).where(Memory.pk == home).values(title="At Anna's"))
        await db.execute(Provenance.__table__.insert().values(**said, value="At Anna's", at=NOW))  # type: ignore[attr-defined]
        await trash.set_trashed(db, desk.owner_pk, [move], trashed_at=NOW, now=NOW)
    await desk.run(tell(tmp_path / "b", way((31, 33, HOME))))
    await derive(desk)
    assert await shown(desk) == [("visit", 0, 30), ("visit", 50, 90)]


async def test_what_was_deleted_for_good_is_not_derived_again(desk: Desk, tmp_path: Path) -> None:
    await desk.run(tell(tmp_path / "a", DAY))
    await derive(desk)
    async with desk.database.write() as db:
        pks = (await db.execute(select(Memory.pk).where(Memory.kind == Kind.MOVE.code))).scalars().all()
        await trash.set_trashed(db, desk.owner_pk, pks, trashed_at=NOW, now=NOW)
        await trash.empty(db, desk.owner_pk, now=NOW)
    await desk.run(tell(tmp_path / "b", way((600, 601, HOME))))
    await derive(desk)
    assert await shown(desk) == [("visit", 0, 30), ("visit", 50, 90)]


async def test_a_stay_at_one_of_the_owners_places_is_a_visit_there(desk: Desk, tmp_path: Path) -> None:
    async with desk.database.write() as db:
        fields = {"name": "Home", "lat": HOME[0], "lon": HOME[1] + 0.001}
        await location_edits.create(db, desk.owner_pk, fields, zone_of=desk.zone_of, now=NOW)
    await desk.run(tell(tmp_path / "a", DAY))
    await derive(desk)
    async with desk.database.read() as db:
        placed = select(func.count()).select_from(Memory).where(Memory.location_pk.is_not(None))
        count = (await db.execute(placed)).scalar_one()
    assert count == 1
