"""What all sources of tracks share: one memory per trip, long ways, positions, keys, problems, going on, claiming."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.drafts import MAX_PATH, Draft, Problem, Samples
from timeline_local.domain.kinds import Kind
from timeline_local.importers.archive import File
from timeline_local.importers.base import Checkpoint, Found, ReadOptions
from timeline_local.importers.position_days import PositionDays
from timeline_local.importers.registry import SOURCES, read_all
from timeline_local.importers.sources.gpx import Gpx
from timeline_local.importers.track_reading import LARGEST_TRACK, with_track
from timeline_local.importers.tracks import DAY, MANY, Keys, Point, ProblemLog, Recording, items_of, readable_name

START = datetime(2021, 5, 4, 10, tzinfo=UTC)


def recording(*seconds: float) -> Recording:
    made = Recording("a.gpx", "GPX track", "watch")
    for second in seconds:
        made.add(Point(46 + second / 1e6, 7.9, START + timedelta(seconds=second)))
    return made


def drafts(items: Sequence[Found]) -> list[Draft]:
    return [item for item in items if isinstance(item, Draft)]


def test_moves_and_training_carry_the_file_they_were_read_from(tmp_path: Path, reading: ModuleType) -> None:
    place = '<wpt lat="46" lon="7"><name>Hut</name></wpt>'
    way = '<trk><trkseg><trkpt lat="46" lon="7"><time>2021-05-04T10:00:00Z</time></trkpt></trkseg></trk>'
    folder = reading.make(tmp_path, {"tour.gpx": f"<gpx>{place}{way}</gpx>"})
    carried = {draft.kind: [each.locator for each in draft.media] for draft in drafts(reading.read(Gpx(), folder))}
    assert carried == {Kind.VISIT: [], Kind.MOVE: ["tour.gpx"]}


def test_what_is_too_large_for_a_track_stays_where_it_is() -> None:
    draft = Draft(source_key="a", kind=Kind.MOVE)
    sizes = (LARGEST_TRACK, LARGEST_TRACK + 1)
    carried = [[*with_track([draft], File("a.csv", size, 0))] for size in sizes]
    assert [len(each.media) for [each] in carried if isinstance(each, Draft)] == [1, 0]


def test_a_pause_of_hours_parts_a_recording() -> None:
    items = list(items_of(recording(0, 60, 6 * 3600 + 59, 13 * 3600, 13 * 3600 + 1), Keys()))
    assert [len(draft.path) for draft in drafts(items)] == [3, 2]


def test_points_of_a_clock_that_was_not_set_yet_are_told_and_make_no_move() -> None:
    made = recording(0, 60)
    made.add(Point(46, 7.9, datetime(1980, 1, 6, tzinfo=UTC)))
    items = list(items_of(made, Keys()))
    assert [len(each.path) for each in drafts(items)] == [2]
    assert [each.slug for each in items if isinstance(each, Problem)] == ["junk"]


def test_a_way_of_long_ago_that_somebody_drew_is_kept() -> None:
    made = Recording("a.gpx", "GPX track")
    made.add(Point(46, 7.9, datetime(1985, 6, 1, tzinfo=UTC)))
    made.add(Point(46, 8, datetime(1985, 6, 2, tzinfo=UTC)))
    assert len(drafts(list(items_of(made, Keys())))) == 2


def test_a_clock_that_was_set_back_does_not_bend_the_way() -> None:
    [draft] = drafts(list(items_of(recording(50, 60, 0, 10), Keys())))
    assert [(each.at - START).seconds for each in draft.path] == [0, 10, 50, 60]
    assert draft.evidence[0].until == START + timedelta(seconds=60)


def test_a_long_way_stays_one_memory_and_loses_no_position() -> None:
    count = 2 * MAX_PATH + 345
    items = list(items_of(recording(*range(count)), Keys()))
    [draft] = drafts(items)
    between = [sample for item in items if isinstance(item, Samples) for sample in item.samples]
    assert len(draft.path) == MAX_PATH
    assert (draft.path[0].at, draft.path[-1].at) == (START, START + timedelta(seconds=count - 1))
    assert len({each.at for each in (*draft.path, *between)}) == count
    assert {item.device for item in items if isinstance(item, Samples)} == {draft.device}
    assert all(len(item.samples) <= MAX_PATH for item in items if isinstance(item, Samples))


def test_a_log_without_a_pause_for_days_is_positions_and_no_trip() -> None:
    week = range(0, 7 * 86_400, 3600)
    items = list(items_of(recording(*week), Keys(), longest=DAY))
    assert drafts(items) == []
    assert sum(len(item.samples) for item in items if isinstance(item, Samples)) == len(week)


def test_faster_than_any_train_is_a_flight() -> None:
    made = Recording("a", "x")
    for minute in range(30):
        made.add(Point(50, minute * 0.2, START + timedelta(minutes=minute)))
    [draft] = drafts(list(items_of(made, Keys())))
    assert (draft.extra["mode"], draft.title) == ("flying", "Flying, 415 km")


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_every_point_is_in_exactly_one_move_and_all_are_in_order(seconds: list[int]) -> None:
    items = drafts(list(items_of(recording(*seconds), Keys())))
    told = [round((each.at - START).total_seconds()) for draft in items for each in draft.path]
    assert told == sorted(seconds)
    assert len({draft.source_key for draft in items}) == len(items)


def test_things_alike_get_different_keys_in_their_order() -> None:
    keys = Keys()
    assert [keys.unique("a"), keys.unique("a"), keys.unique("b"), keys.unique("a")] == ["a", "a~2", "b", "a~3"]


def test_a_thousand_like_problems_are_told_by_some_and_a_count() -> None:
    log = ProblemLog("a.csv")
    told = [each for row in range(1000) for each in log.note(f"row {row}", "no-time", "No time.")]
    rest = list(log.rest())
    assert (len(told), len({each.locator for each in told})) == (MANY, MANY)
    assert rest == [Problem("a.csv#more-1", "no-time", "No time. This is so with 980 more of this file.")]


@pytest.mark.parametrize(
    ("locator", "name"),
    [("a/Morning_Ride.gpx", "Morning Ride"), ("x.tcx.gz", "x"), ("v1.2 hut.gpx", "v1.2 hut"), (".gpx", ".gpx")],
)
def test_names_of_files_read_as_titles(locator: str, name: str) -> None:
    assert readable_name(locator) == name


def test_positions_are_gathered_by_device_and_day() -> None:
    days = PositionDays("x")
    told: list[Samples] = []
    for hour in (23, 22, 25, 26):
        for device in ("phone", "watch"):
            told += days.add(device, Point(46, 7.9, START.replace(hour=0) + timedelta(hours=hour)))
    told += days.rest()
    assert [(item.source_key, len(item.samples)) for item in told] == [
        ("x:phone:2021-05-04T22:00:00Z", 2),
        ("x:watch:2021-05-04T22:00:00Z", 2),
        ("x:phone:2021-05-05T01:00:00Z", 2),
        ("x:watch:2021-05-05T01:00:00Z", 2),
    ]


TRACK = "<gpx>" + "".join(f'<wpt lat="1" lon="2"><name>{number}</name></wpt>' for number in range(450)) + "</gpx>"
EXPORT = {"a.gpx": TRACK, "b.gpx": TRACK, "notes.md": "x", "log.txt": TRACK}


def test_reading_goes_on_at_every_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, EXPORT)
    whole = list(Gpx().read(folder, ReadOptions(), None))
    stops = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(stops) == 9
    for stop in stops:
        item = whole[stop]
        assert isinstance(item, Checkpoint)
        assert list(Gpx().read(folder, ReadOptions(), item.position)) == whole[stop + 1 :]


def test_a_checkpoint_of_a_file_that_is_gone_begins_anew(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.gpx": TRACK})
    whole = list(Gpx().read(folder, ReadOptions(), None))
    assert list(Gpx().read(folder, ReadOptions(), {"file": "gone.gpx", "items": 3})) == whole


def test_a_track_in_a_text_file_is_no_note_and_no_unsupported_file(tmp_path: Path, reading: ModuleType) -> None:
    read = list(read_all(reading.make(tmp_path, EXPORT), SOURCES, ReadOptions()))
    told = {(each.source, each.item.source_key) for each in read if isinstance(each.item, Draft)}
    assert ("notes_folder", "notes.md") in told
    assert ("notes_folder", "log.txt") not in told
    assert [each.item for each in read if isinstance(each.item, Problem)] == []


def test_a_later_source_that_goes_on_still_leaves_tracks_alone(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, EXPORT)
    whole = list(read_all(folder, SOURCES, ReadOptions()))
    stop = next(each.item for each in whole if each.source == "notes_folder" and isinstance(each.item, Checkpoint))
    assert isinstance(stop, Checkpoint)
    rest = [each.item for each in read_all(folder, SOURCES, ReadOptions(), stop.position)]
    assert [item for item in rest if not isinstance(item, Checkpoint)] == []
