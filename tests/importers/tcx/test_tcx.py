"""TCX: activities, laps, courses, and what indoor training leaves."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import Kind
from timeline_local.importers.sources.tcx import Tcx

HERE = Path(__file__).parent
RIDE = (HERE / "export" / "ride.tcx").read_bytes()


def test_an_export_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Tcx(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


def test_a_packed_file_is_read_like_a_plain_one(tmp_path: Path, reading: ModuleType) -> None:
    plain = reading.read(Tcx(), reading.make(tmp_path / "a", {"ride.tcx": RIDE}))
    packed = reading.read(Tcx(), reading.make(tmp_path / "b", {"ride.tcx.gz": gzip.compress(RIDE)}))
    told = [[replace(item, media=()) for item in items if isinstance(item, Draft)] for items in (plain, packed)]
    assert told[0] == told[1]


@pytest.mark.parametrize("cut", range(40, len(RIDE), 211))
def test_a_file_cut_anywhere_gives_what_it_has_and_says_so(tmp_path: Path, reading: ModuleType, cut: int) -> None:
    items = reading.read(Tcx(), reading.make(tmp_path, {"ride.tcx": RIDE[:cut]}))
    assert Tcx().recognise(reading.Folder(tmp_path)).confidence == 0 or "ride.tcx" in reading.problems(items)


def test_training_without_a_way_keeps_its_figures(reading: ModuleType) -> None:
    items = reading.read(Tcx(), reading.Folder(HERE / "export"))
    [draft] = [item for item in items if isinstance(item, Draft) and item.kind is Kind.HEALTH]
    assert (draft.title, draft.extra["distance_m"], draft.extra["moving_s"]) == ("Running, 5.0 km", 5000, 1800)


def test_a_belt_that_says_nothing_is_no_heart_that_beats_255_times(tmp_path: Path, reading: ModuleType) -> None:
    text = RIDE.replace(b"<Value>110</Value>", b"<Value>255</Value>")
    items = reading.read(Tcx(), reading.make(tmp_path, {"ride.tcx": text}))
    assert not any("heart_rate" in draft.extra for draft in reading.drafts(items).values())


def test_a_course_is_a_way_on_no_day_whatever_times_it_carries(tmp_path: Path, reading: ModuleType) -> None:
    place = "<Position><LatitudeDegrees>52.{0}</LatitudeDegrees><LongitudeDegrees>13.4</LongitudeDegrees></Position>"
    points = "".join(
        f"<Trackpoint><Time>2012-01-04T00:0{minute}:00Z</Time>{place.format(minute)}</Trackpoint>" for minute in (1, 2)
    )
    course = f"<Courses><Course><Name>To the hut</Name><Track>{points}</Track></Course></Courses>"
    text = f"<TrainingCenterDatabase>{course}</TrainingCenterDatabase>"
    [draft] = reading.drafts(reading.read(Tcx(), reading.make(tmp_path, {"a.tcx": text}))).values()
    assert (draft.title, draft.path, [each.instant for each in draft.evidence]) == ("To the hut", (), [None])
    assert draft.extra["route"] == [[52.1, 13.4], [52.2, 13.4]]


def test_a_file_without_activities_is_told(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Tcx(), reading.make(tmp_path, {"a.tcx": "<TrainingCenterDatabase/>"}))
    assert reading.problems(items) == {"a.tcx": "empty"}


def test_a_packed_ride_that_is_cut_off_gives_what_it_has_and_says_so(tmp_path: Path, reading: ModuleType) -> None:
    packed = gzip.compress(RIDE, 0)
    items = reading.read(Tcx(), reading.make(tmp_path, {"ride.tcx.gz": packed[: RIDE.index(b"</Trackpoint>") + 40]}))
    assert len(reading.drafts(items)) == 1
    assert reading.problems(items)["ride.tcx.gz"] == "unreadable"
