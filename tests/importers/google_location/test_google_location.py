"""Google's location history: five shapes in every spelling, what is not data, broken and large files."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem, Samples
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import decide
from timeline_local.importers.base import Checkpoint, Item, ReadOptions
from timeline_local.importers.google_places import read_place
from timeline_local.importers.registry import read_all, recognise_all
from timeline_local.importers.sources.google_location import GoogleLocation

HERE = Path(__file__).parent
TABLE = HERE.parents[3] / "shared" / "corpora" / "tables" / "google_takeout_parser_docs.json"
DOCS: list[dict[str, Any]] = json.loads(TABLE.read_bytes()) if TABLE.exists() else []
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PHONE = json.loads((HERE / "export" / "phones" / "Zeitachse.json").read_bytes())
RECORD = {"latitudeE7": 525200000, "longitudeE7": 134050000, "timestamp": "2021-03-01T05:17:39Z"}
NEW_YEAR = "2020-01-01T00:00:00Z"
IPHONE = [{"startTime": "2024-07-29T13:00:00Z", "endTime": "2024-07-29T15:00:00Z", "timelinePath": []}]


def read(tmp_path: Path, reading: ModuleType, value: object, name: str = "a.json") -> list[Item]:
    data = value if isinstance(value, str | bytes) else json.dumps(value)
    found: list[Item] = reading.read(GoogleLocation(), reading.make(tmp_path, {name: data}))
    return found


def drafts(items: list[Item]) -> list[Draft]:
    return [item for item in items if isinstance(item, Draft)]


def positions(items: list[Item]) -> list[tuple[str, float, float]]:
    found = [item for item in items if isinstance(item, Samples)]
    return [(f"{each.at:%H:%M}", each.lat, each.lon) for item in found for each in item.samples]


def takeout(kind: str, **fields: object) -> dict[str, object]:
    return {"timelineObjects": [{kind: fields}]}


def test_an_export_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(GoogleLocation(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


@pytest.mark.parametrize("row", DOCS, ids=range(len(DOCS)))
def test_records_are_read_as_the_table_says(tmp_path: Path, reading: ModuleType, row: dict[str, Any]) -> None:
    items = read(tmp_path, reading, row["doc"])
    told = [each for item in items if isinstance(item, Samples) for each in item.samples]
    assert [(each.lat, each.lon, each.accuracy_m) for each in told] == [
        (each["lat"], each["lon"], each["accuracy"]) for each in row["expected"]
    ]
    expected = [datetime.fromisoformat(each["utc"]).replace(tzinfo=UTC) for each in row["expected"]]
    assert all(abs(each.at - at) < timedelta(seconds=1) for each, at in zip(told, expected, strict=True))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.1°, -3.4°", (12.1, -3.4, None)),
        ("12.1, -3.4", (12.1, -3.4, None)),
        ("12.1Â°, -3.4Â°", (12.1, -3.4, None)),  # read as Latin-1 and saved
        ("12.1Ã‚Â°, -3.4Ã‚Â°", (12.1, -3.4, None)),
        ("121000000,-34000000", (12.1, -3.4, None)),
        ("geo:12.1,-3.4", (12.1, -3.4, None)),
        ("geo:12.1,-3.4,80.5", (12.1, -3.4, 80.5)),
        ("geo:12.1,-3.4;u=35", (12.1, -3.4, None)),
        ({"latLng": "12.1°, -3.4°"}, (12.1, -3.4, None)),
        ({"placeLocation": {"latLng": "12.1°, -3.4°"}}, (12.1, -3.4, None)),
        ({"latitudeE7": 121000000, "longitudeE7": -34000000}, (12.1, -3.4, None)),
        ({"latE7": "121000000", "lngE7": "-34000000"}, (12.1, -3.4, None)),
        ({"latitudeE7": 4173967296, "longitudeE7": 4260967296}, (-12.1, -3.4, None)),  # beyond 32 bits
        ({"point": {"latE7": 121000000, "lngE7": -34000000}}, (12.1, -3.4, None)),
        ({"latitudeE7": 121000000}, None),
        ("0.0°, 0.0°", None),
        ("91°, 0°", None),
        ("somewhere", None),
        ({}, None),
        (None, None),
        (7, None),
    ],
)
def test_points_are_read_in_every_spelling(value: object, expected: tuple[float, float, float | None] | None) -> None:
    assert read_place(value) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Records.json", {"locations": [RECORD]}),
        ("Location History.json", {"locations": [{**RECORD, "timestampMs": "1614576000000"}]}),
        ("2021_MARCH.json", {"timelineObjects": []}),
        ("Zeitachse.json", {"semanticSegments": []}),
        ("Cronología.json", {"rawSignals": []}),
        ("タイムライン.json", {"userLocationProfile": {}}),
        ("renamed.txt", {"rawSignals": [], "semanticSegments": []}),
        ("location-history.json", IPHONE),
    ],
)
def test_files_are_known_by_their_keys(tmp_path: Path, reading: ModuleType, name: str, value: object) -> None:
    folder = reading.make(tmp_path, {f"some/where/{name}": b"\xef\xbb\xbf" + json.dumps(value).encode()})
    assert GoogleLocation().recognise(folder).confidence > 0.9
    assert set(reading.problems(reading.read(GoogleLocation(), folder)).values()) <= {"empty"}


def test_the_word_about_encrypted_backups_is_no_note_but_names_the_file_to_choose(
    tmp_path: Path, reading: ModuleType
) -> None:
    text = "You have encrypted Timeline backups stored by Google."
    folder = reading.make(tmp_path, {"Encrypted Backups.txt": text})
    sources = [each.source for each in recognise_all(folder)]
    (told,) = [each.item for each in read_all(folder, sources, ReadOptions()) if not isinstance(each.item, Checkpoint)]
    assert isinstance(told, Problem)
    assert "encrypted" in told.detail
    assert "Choose Timeline.json" in told.detail


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("Settings.json", json.dumps({"deviceSettings": []}), "settings"),
        ("archive_browser.html", "<html></html>", "lists"),
        ("My Activity.json", json.dumps([{"header": "Maps", "title": "x", "products": ["Maps"]}]), "My Activity"),
    ],
)
def test_what_is_no_data_is_answered_with_the_file_to_choose(
    tmp_path: Path, reading: ModuleType, name: str, text: str, word: str
) -> None:
    folder = reading.make(tmp_path, {name: text})
    found = GoogleLocation().recognise(folder)
    assert found.confidence == 0
    assert word in found.hint
    assert "Choose Timeline.json" in found.hint


def test_the_positions_in_edits_are_taken_and_what_they_are_is_said(tmp_path: Path, reading: ModuleType) -> None:
    position = {
        "point": {"latE7": 679651561, "lngE7": 236850278},
        "accuracyMm": 98000,
        "timestamp": "2024-03-13T14:43:36Z",
    }
    edits = [
        {"deviceId": "799", "rawSignal": {"signal": {"position": position}}},
        {"deviceId": "799", "rawSignal": {"signal": {"position": {**position, "point": None}}}},
        {"deviceId": "0", "placeAggregates": {}},
    ]
    items = read(tmp_path, reading, {"timelineEdits": edits}, "Timeline Edits.json")
    [samples] = [item for item in items if isinstance(item, Samples)]
    assert (samples.device, samples.samples[0].accuracy_m) == ("google 799", 98)
    assert set(reading.problems(items).values()) == {"unsupported", "no-position"}


def test_a_stay_is_on_the_day_of_its_place_whatever_zone_the_phone_wrote(tmp_path: Path, reading: ModuleType) -> None:
    [stay, *_] = drafts(read(tmp_path, reading, PHONE))
    moment = decide(
        stay.evidence,
        coordinates=(35.68, 139.77),
        zone_of=lambda *_: "Asia/Tokyo",
        home_zone="Europe/Berlin",
        fallback=NOW,
        now=NOW,
    ).moment
    assert (moment.local_at.isoformat(), moment.zone) == ("2024-06-15T16:00:00", "Asia/Tokyo")
    assert moment.happened_until == datetime(2024, 6, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "duration",
    [
        {"startTimestamp": "2025-03-24T19:07:24.500Z"},
        {"startTimestampMs": "1742843244500"},
        {"startTimestampMs": 1742843244500},
        {"startTimestamp": "1742843244.5"},
        {"startTimestamp": "2025-03-24 20:07:24.500 +0100"},
    ],
)
def test_times_are_read_in_every_spelling(tmp_path: Path, reading: ModuleType, duration: dict[str, object]) -> None:
    waypoints = {"waypoints": [{"latE7": 123411111, "lngE7": 123411111}]}
    [way] = drafts(read(tmp_path, reading, takeout("activitySegment", duration=duration, waypointPath=waypoints)))
    assert way.evidence[0].instant == datetime(2025, 3, 24, 19, 7, 24, 500000, UTC)
    assert [(each.lat, each.lon) for each in way.path] == [(12.3411111, 12.3411111)]


def test_a_stay_without_any_place_is_kept_on_its_day(tmp_path: Path, reading: ModuleType) -> None:
    [stay] = drafts(read(tmp_path, reading, takeout("placeVisit", duration={"startTimestamp": "2020-01-01T10:00:00Z"})))
    assert (stay.kind, stay.place) == (Kind.VISIT, None)


def test_the_source_keeps_its_own_record(tmp_path: Path, reading: ModuleType) -> None:
    [stay, *_] = drafts(read(tmp_path, reading, PHONE))
    assert stay.raw is not None
    assert json.loads(stay.raw) == PHONE["semanticSegments"][0]


def test_positions_in_a_segment_are_taken_beside_a_stay_and_where_nothing_says_when_it_began(
    tmp_path: Path, reading: ModuleType
) -> None:
    path = [{"point": "40.5°, -74.25°", "time": "2024-01-15T10:00:00Z"}]
    position = {"LatLng": "51.5°, -0.125°", "timestamp": "2024-01-15T10:30:00-05:00"}
    stay = {**PHONE["semanticSegments"][0], "timelinePath": [{"point": "1.5, 2.5", "time": "2024-01-15T17:00:00Z"}]}
    bare = {"visit": {"topCandidate": {}}, "timelinePath": path}
    items = read(tmp_path, reading, {"semanticSegments": [bare, {"position": position}, stay]})
    assert [each[1:] for each in positions(items)] == [(40.5, -74.25), (51.5, -0.125), (1.5, 2.5)]
    assert len(drafts(items)) == 1
    assert list(reading.problems(items).values()) == ["no-time"]


def test_what_the_owner_wrote_down_on_the_map_is_a_note(tmp_path: Path, reading: ModuleType) -> None:
    span = {"startTime": "2024-01-15T10:00:00Z", "endTime": "2024-01-16T10:00:00Z"}
    memory = {**span, "timelineMemory": {"note": {"note": "With Anna "}}}
    (note,) = drafts(read(tmp_path, reading, {"semanticSegments": [memory]}))
    assert (note.kind, note.body) == (Kind.NOTE, "With Anna")


def test_signals_may_come_before_segments(tmp_path: Path, reading: ModuleType) -> None:
    turned = {name: PHONE[name] for name in reversed(PHONE)}
    assert read(tmp_path / "a", reading, turned)[:-1] == read(tmp_path / "b", reading, PHONE)[:-1]


def test_the_same_stay_in_two_exports_has_the_same_key(tmp_path: Path, reading: ModuleType) -> None:
    old = takeout(
        "placeVisit",
        location={"placeId": "ChIJhotel"},
        duration={"startTimestampMs": "1718434800000", "endTimestampMs": "1718438400000"},
    )
    assert (
        drafts(read(tmp_path / "a", reading, old))[0].source_key
        == drafts(read(tmp_path / "b", reading, PHONE))[0].source_key
    )


@pytest.mark.parametrize("cut", range(40, len(json.dumps(PHONE)), 397))
def test_a_file_cut_anywhere_gives_what_it_has_and_says_so(tmp_path: Path, reading: ModuleType, cut: int) -> None:
    items = read(tmp_path, reading, json.dumps(PHONE)[:cut])
    assert "a.json" in reading.problems(items)


@pytest.mark.parametrize(
    "value",
    [
        {"locations": [None, 1, "x", [], {"latitudeE7": "x"}, {**RECORD, "timestamp": "soon"}]},
        {"timelineObjects": [None, 1, {"placeVisit": None}, {"placeVisit": {"duration": []}}, {"activitySegment": []}]},
        {"semanticSegments": [None, [], {"startTime": 1}, {"startTime": NEW_YEAR, "visit": {"topCandidate": 3}}]},
        {"rawSignals": [None, {"position": None}, {"position": {"LatLng": "1,2", "timestamp": {}}}]},
        [{"startTime": NEW_YEAR, "timelinePath": [None, {"point": 3}]}, None, {"startTime": "x", "visit": {}}],
    ],
)
def test_nonsense_in_any_place_is_told_and_ends_nothing(tmp_path: Path, reading: ModuleType, value: Any) -> None:  # noqa: ANN401
    items = read(tmp_path, reading, value)
    assert reading.problems(items)
    assert "unreadable" not in reading.problems(items).values()


def test_positions_of_years_are_read_in_little_memory(tmp_path: Path, reading: ModuleType) -> None:
    lines = (
        f'{{"latitudeE7": {525_000_000 + minute % 10_000}, "longitudeE7": 134050000, "deviceTag": {minute % 3 + 1},'
        f' "timestampMs": "{1_500_000_000_000 + minute * 600_000}"}}'
        for minute in range(6_000)
    )
    folder = reading.make(tmp_path, {"Records.json": f'{{"locations": [{", ".join(lines)}]}}'})
    tracemalloc.start()
    items = GoogleLocation().read(folder, ReadOptions(), None)
    count = sum(len(item.samples) for item in items if isinstance(item, Samples))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 6_000
    assert peak < 1024 * 1024  # all of them would take twice as much


@pytest.mark.parametrize(
    "value",
    [
        {"userLocationProfile": {"frequentPlaces": [{"placeId": "x", "placeLocation": "1.5\u00b0, 2\u00b0"}]}},
        {"semanticSegments": [], "rawSignals": []},
        {"timelineObjects": []},
        {"locations": []},
    ],
)  # fmt: skip
def test_a_file_that_tells_of_no_day_says_so(tmp_path: Path, reading: ModuleType, value: object) -> None:
    items = reading.read(GoogleLocation(), reading.make(tmp_path, {"a.json": json.dumps(value)}))
    assert reading.problems(items) == {"a.json": "empty"}
