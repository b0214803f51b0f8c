"""Polarsteps' download: trips, their steps with pictures, their ways; and lists of steps from elsewhere."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Samples
from timeline_local.domain.kinds import Kind
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge, read_all
from timeline_local.importers.sources.polarsteps import Polarsteps

HERE = Path(__file__).parent
EXPORT = HERE / "export"
TRIP = (EXPORT / "trip" / "north_4711" / "trip.json").read_text(encoding="utf-8")
PLACE = {"lat": 35.6, "lon": 139.6, "detail": "Shibuya"}
NAMED = {"name": "A", "location": PLACE}


def test_a_download_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Polarsteps(), reading.Folder(EXPORT))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


@pytest.mark.parametrize(
    ("value", "kind", "until"),
    [
        ({"steps": [{"id": 1, **NAMED, "start_time": 1743501600, "end_time": 1743512400}]}, "visit", 10_800),
        ([{"id": 1, **NAMED, "arrived": 1743501600, "departed": 1743512400}], "visit", 10_800),
        ([{"id": 1, **PLACE, "arrived": "2025-04-01T19:00:00.000+09:00", "departed": 1743512400}], "visit", 10_800),
        ({"steps": [{"id": 1, **NAMED, "description": "B", "start_time": 1743501600}]}, "note", 0),
    ],
)  # fmt: skip
def test_steps_are_read_as_several_programs_write_them(
    tmp_path: Path, reading: ModuleType, value: object, kind: str, until: int
) -> None:
    folder = reading.make(tmp_path, {"deep/renamed.json": json.dumps(value)})
    assert [each.source.name for each in judge(folder).recognised] == ["polarsteps"]
    [draft] = reading.drafts(reading.read(Polarsteps(), folder)).values()
    [when] = draft.evidence
    assert (draft.kind, when.instant.isoformat()) == (Kind(kind), "2025-04-01T10:00:00+00:00")
    assert ((when.until - when.instant).total_seconds() if when.until else 0) == until
    assert draft.place.lat == 35.6


def test_pictures_of_a_step_belong_to_it_and_to_nothing_else(reading: ModuleType) -> None:
    folder = reading.Folder(EXPORT)
    sources = [each.source for each in judge(folder).recognised]
    assert [source.name for source in sources] == ["polarsteps", "photo_folder"]
    drafts = [read.item for read in read_all(folder, sources, ReadOptions()) if isinstance(read.item, Draft)]
    held = {draft.source_key: [media.name for media in draft.media] for draft in drafts if draft.media}
    assert held == {"step:90210": ["a.jpg", "b.jpg", "c.mp4"]}


def test_a_trip_moved_by_itself_keeps_its_pictures(tmp_path: Path, reading: ModuleType) -> None:
    shutil.copytree(EXPORT / "trip" / "north_4711", tmp_path / "x")
    moved = reading.drafts(reading.read(Polarsteps(), reading.Folder(tmp_path / "x")))
    assert moved["step:90210"].media[0].locator == "harbour_90210/photos/a.jpg"


@pytest.mark.parametrize("cut", range(700, len(TRIP), 97))
def test_a_file_cut_anywhere_gives_what_it_has_and_says_so(tmp_path: Path, reading: ModuleType, cut: int) -> None:
    items = reading.read(Polarsteps(), reading.make(tmp_path, {"trip.json": TRIP[:cut]}))
    assert reading.problems(items)["trip.json"] == "unreadable"


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"location": 3, "start_time": []}, {"id": [], "lat": "x"}])
def test_nonsense_costs_itself_alone(tmp_path: Path, reading: ModuleType, value: Any) -> None:  # noqa: ANN401 - any JSON
    trip = json.loads(TRIP)
    trip["all_steps"] = [value, *trip["all_steps"]]
    items = reading.read(Polarsteps(), reading.make(tmp_path, {"trip.json": json.dumps(trip)}))
    assert set(reading.drafts(items)) == {"trip:7a3c5b0e-0000-4000-8000-000000004711", "step:90210", "step:90211"}
    steps = json.dumps({"locations": [{"lat": 1, "lon": 2, "time": 1719842401}, value]})
    [samples] = [
        each
        for each in reading.read(Polarsteps(), reading.make(tmp_path / "y", {"a.json": steps}))
        if isinstance(each, Samples)
    ]
    assert len(samples.samples) == 1


def test_reading_goes_on_where_it_stopped(reading: ModuleType) -> None:
    folder = reading.Folder(EXPORT)
    items = list(Polarsteps().read(folder, ReadOptions(), None))
    for at, item in enumerate(items):
        if isinstance(item, Checkpoint):
            rest = list(Polarsteps().read(folder, ReadOptions(), item.position))
            assert rest == items[at + 1 :]


def test_other_json_is_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a.json": '{"steps": [{"text": "Mix."}]}', "b.json": '{"id": 3, "start_date": 1719820800.0}'}
    assert Polarsteps().recognise(reading.make(tmp_path, files)).confidence == 0
