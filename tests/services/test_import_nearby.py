"""Zones and places that the owner's own positions and memories tell: offered as evidence, never overriding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from tests.desk import Desk, ToldSource, tell
from timeline_local.domain.drafts import Draft, MediaRef, PlaceRef, Sample, Samples
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moments import TimeBasis, TimeEvidence
from timeline_local.models import Memory
from timeline_local.queries.why import why
from timeline_local.services import import_run

NOON = datetime(2024, 5, 1, 12)  # noqa: DTZ001 - a wall clock
TOKYO, ROME = (35.68, 139.69), (41.9, 12.5)


@pytest.fixture
async def desk(desk: Desk) -> Desk:
    desk.sources = (ToldSource(),)
    desk.zone_of = lambda _lat, lon: "Asia/Tokyo" if lon > 100 else "Europe/Rome"
    return desk


def was_at(place: tuple[float, float], at: datetime, *, key: str = "where") -> Samples:
    return Samples(source_key=key, device="phone", samples=(Sample(at, *place, 10.0),))


def wall(key: str, at: datetime = NOON, **more: Any) -> Draft:  # noqa: ANN401 - fields of a draft
    evidence = TimeEvidence(basis=TimeBasis.SOURCE, local_at=at, origin="told")
    return Draft(**{"source_key": key, "kind": Kind.NOTE, "body": key, "evidence": (evidence,), **more})


def instant(key: str, at: datetime, **more: Any) -> Draft:  # noqa: ANN401 - fields of a draft
    evidence = TimeEvidence(basis=TimeBasis.SOURCE, instant=at, origin="told")
    return Draft(**{"source_key": key, "kind": Kind.NOTE, "body": key, "evidence": (evidence,), **more})


def photo(folder: Path, key: str, at: datetime, *, camera: str = "", colour: int = 9) -> Draft:
    """A picture without coordinates and without a zone."""
    folder.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0110] = camera
    Image.new("RGB", (16, 16), (colour, 40, 60)).save(folder / f"{key}.jpg", exif=exif)
    evidence = TimeEvidence(basis=TimeBasis.SIDECAR, instant=at, origin="told")
    return Draft(source_key=key, media=(MediaRef(locator=f"{key}.jpg"),), evidence=(evidence,))


async def told(desk: Desk, key: str) -> Any:  # noqa: ANN401 - a row
    columns = (Memory.id, Memory.happened_at, Memory.local_at, Memory.zone, Memory.zone_basis)
    places = (Memory.lat, Memory.lon, Memory.accuracy_m)
    async with desk.database.read() as db:
        return (await db.execute(select(*columns, *places).where(Memory.source_key == key))).one()


async def test_a_wall_clock_is_read_in_the_zone_where_the_owner_was(desk: Desk, tmp_path: Path) -> None:
    in_tokyo = datetime(2024, 5, 1, 3, 30, tzinfo=UTC)
    await desk.run(tell(tmp_path / "a", was_at(TOKYO, in_tokyo)))
    await desk.run(tell(tmp_path / "b", wall("a")))
    found = await told(desk, "a")
    assert (found.local_at, found.happened_at) == (NOON, datetime(2024, 5, 1, 3, tzinfo=UTC))
    assert (found.zone, found.zone_basis) == ("Asia/Tokyo", "neighbour")


async def test_an_instant_is_shown_as_the_clocks_there_showed_it_and_why_says_so(desk: Desk, tmp_path: Path) -> None:
    at = datetime(2024, 5, 1, 3, tzinfo=UTC)
    await desk.run(tell(tmp_path / "a", was_at(TOKYO, at + timedelta(minutes=10)), was_at(ROME, at, key="ben's")))
    row = await desk.plan(tell(tmp_path / "b", instant("a", at + timedelta(minutes=9))))
    assert row.plan is not None
    await desk.start(row)
    await desk.work("import")
    found = await told(desk, "a")
    async with desk.database.read() as db:
        said = await why(db, desk.owner_pk, found.id)
    assert (found.local_at, found.zone_basis) == (datetime(2024, 5, 1, 12, 9), "neighbour")  # noqa: DTZ001
    accepted = [each["origin"] for each in said["time"]["considered"] if each["accepted"]]
    assert accepted == ["told", "your position (phone), 1 minute apart"]


@pytest.mark.parametrize("hours", [7, -7, 24 * 365])
async def test_positions_too_far_off_tell_no_zone(desk: Desk, tmp_path: Path, hours: int) -> None:
    at = datetime(2024, 5, 1, 3, tzinfo=UTC)
    await desk.run(tell(tmp_path / "a", was_at(TOKYO, at + timedelta(hours=hours))))
    await desk.run(tell(tmp_path / "b", instant("a", at)))
    assert (await told(desk, "a")).zone_basis == "home_zone"


async def test_what_knows_its_place_or_offset_asks_nobody(desk: Desk, tmp_path: Path) -> None:
    at = datetime(2024, 5, 1, 3, tzinfo=UTC)
    await desk.run(tell(tmp_path / "a", was_at(TOKYO, at)))
    placed = instant("placed", at, place=PlaceRef(lat=ROME[0], lon=ROME[1]))
    offset = TimeEvidence(basis=TimeBasis.SOURCE, instant=at, utc_offset_min=60)
    await desk.run(tell(tmp_path / "b", placed, instant("offset", at, evidence=(offset,))))
    assert [(await told(desk, key)).zone_basis for key in ("placed", "offset")] == ["coordinates", "source"]


async def test_a_memory_near_by_lends_its_zone(desk: Desk, tmp_path: Path) -> None:
    at = datetime(2024, 5, 1, 3, tzinfo=UTC)
    await desk.run(tell(tmp_path / "a", instant("placed", at, place=PlaceRef(lat=TOKYO[0], lon=TOKYO[1]))))
    late = instant("late", at + timedelta(hours=5))
    await desk.run(tell(tmp_path / "b", instant("near", at + timedelta(hours=2)), late, wall("wall")))
    assert [(await told(desk, key)).zone for key in ("near", "late", "wall")] == [
        "Asia/Tokyo",
        "Europe/Lisbon",
        "Asia/Tokyo",
    ]


async def test_a_memory_of_the_same_camera_lends_its_zone_for_a_day(desk: Desk, tmp_path: Path) -> None:
    at = datetime(2024, 5, 1, 3, tzinfo=UTC)
    place = PlaceRef(lat=TOKYO[0], lon=TOKYO[1])
    first = photo(tmp_path / "a", "first", at, camera="X100", colour=1)
    await desk.run(tell(tmp_path / "a", Draft(**{**_fields(first), "place": place})))
    same = photo(tmp_path / "b", "same", at + timedelta(hours=20), camera="X100", colour=2)
    other = photo(tmp_path / "b", "other", at + timedelta(hours=20), camera="Q2", colour=3)
    await desk.run(tell(tmp_path / "b", same, other))
    assert [(await told(desk, key)).zone for key in ("same", "other")] == ["Asia/Tokyo", "Europe/Lisbon"]


async def test_positions_of_an_import_tell_of_its_pictures_though_they_are_read_after_them(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "BATCH_BYTES", 1)
    at = datetime(2024, 5, 1, 3, tzinfo=UTC)
    pictures = [photo(tmp_path / "a", key, at, colour=colour) for colour, key in enumerate(("one", "two"))]
    await desk.run(tell(tmp_path / "a", *pictures, was_at(TOKYO, at)))
    found = [await told(desk, key) for key in ("one", "two")]
    assert [(each.zone, each.zone_basis, (each.lat, each.lon)) for each in found] == [
        ("Asia/Tokyo", "neighbour", TOKYO)
    ] * 2


async def test_memories_of_one_import_lend_each_other_their_zones(desk: Desk, tmp_path: Path) -> None:
    at = datetime(2024, 5, 1, 3, tzinfo=UTC)
    place = PlaceRef(lat=TOKYO[0], lon=TOKYO[1])
    before = photo(tmp_path / "a", "before", at - timedelta(hours=20), camera="X100", colour=1)
    knowing = photo(tmp_path / "a", "knowing", at, camera="X100", colour=2)
    after = photo(tmp_path / "a", "after", at + timedelta(hours=20), camera="X100", colour=3)
    other = photo(tmp_path / "a", "other", at + timedelta(hours=20), camera="Q2", colour=4)
    await desk.run(tell(tmp_path / "a", before, Draft(**{**_fields(knowing), "place": place}), after, other))
    keys = ("before", "after", "other")
    assert [(await told(desk, key)).zone for key in keys] == ["Asia/Tokyo", "Asia/Tokyo", "Europe/Lisbon"]


async def test_what_is_written_later_lends_its_zone_to_what_is_written_first(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "BATCH_BYTES", 1)
    at = datetime(2024, 5, 1, 3, tzinfo=UTC)
    placed = instant("placed", at, place=PlaceRef(lat=TOKYO[0], lon=TOKYO[1]))
    await desk.run(tell(tmp_path / "a", instant("first", at - timedelta(hours=2)), instant("b", at), placed))
    assert [(await told(desk, key)).zone for key in ("first", "b")] == ["Asia/Tokyo", "Asia/Tokyo"]


async def test_a_picture_is_where_its_owner_was_within_five_minutes(desk: Desk, tmp_path: Path) -> None:
    at = datetime(2024, 5, 1, 3, tzinfo=UTC)
    await desk.run(tell(tmp_path / "a", was_at(TOKYO, at)))
    near = photo(tmp_path / "b", "near", at + timedelta(minutes=4), colour=1)
    far = photo(tmp_path / "b", "far", at + timedelta(minutes=6), colour=2)
    await desk.run(tell(tmp_path / "b", near, far, instant("note", at)))
    found = await told(desk, "near")
    async with desk.database.read() as db:
        said = await why(db, desk.owner_pk, found.id)
    place = next(each for each in said["fields"] if each["field"] == "place")
    assert (found.lat, found.lon, found.accuracy_m) == (*TOKYO, 10.0 + 240 * 1.5)
    assert (place["source"], place["rank"]) == ("positions", 10)
    assert [(await told(desk, key)).lat for key in ("far", "note")] == [None, None]


async def test_a_place_at_zero_degrees_is_none(desk: Desk, tmp_path: Path) -> None:
    place = PlaceRef(lat=0.0, lon=0.0, accuracy_m=5.0)
    await desk.run(tell(tmp_path / "a", instant("a", datetime(2024, 5, 1, 3, tzinfo=UTC), place=place)))
    found = await told(desk, "a")
    assert (found.lat, found.lon, found.accuracy_m) == (None, None, None)


def _fields(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
