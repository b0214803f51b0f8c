"""GPX: real files point by point against a table, and what must become of tracks, routes and waypoints."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Sample
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import decide
from timeline_local.importers.base import Item
from timeline_local.importers.sources.gpx import Gpx

HERE = Path(__file__).parent
TABLES = HERE.parents[3] / "shared" / "corpora" / "tables"
TABLE = TABLES / "gpx_counts.json"
COUNTS: list[dict[str, Any]] = json.loads(TABLE.read_bytes()) if TABLE.exists() else []
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def moves(items: list[Item]) -> list[Draft]:
    return [item for item in items if isinstance(item, Draft) and item.kind is Kind.MOVE]


def path_of(items: list[Item]) -> list[Sample]:
    return [sample for draft in moves(items) for sample in draft.path]


def read_text(tmp_path: Path, reading: ModuleType, text: str | bytes, name: str = "a.gpx") -> list[Item]:
    found: list[Item] = reading.read(Gpx(), reading.make(tmp_path, {name: text}))
    return found


def track(*points: str) -> str:
    return f"<gpx><trk><trkseg>{''.join(points)}</trkseg></trk></gpx>"


def point(at: str, lat: str = "46.5", lon: str = "7.9", inner: str = "") -> str:
    return f'<trkpt lat="{lat}" lon="{lon}"><time>{at}</time>{inner}</trkpt>'


def test_an_export_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Gpx(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


@pytest.fixture(params=COUNTS, ids=lambda row: Path(row["file"]).stem)
def real(request: pytest.FixtureRequest, reading: ModuleType, tmp_path: Path) -> tuple[dict[str, Any], list[Item]]:
    row: dict[str, Any] = request.param
    data = reading.corpus(row["file"]).read_bytes()
    return row, read_text(tmp_path, reading, data)


def test_real_files_give_every_point_that_has_a_time(real: tuple[dict[str, Any], list[Item]]) -> None:
    row, items = real
    assert len(path_of(items)) == row["with_time"]


def test_real_files_give_every_waypoint(real: tuple[dict[str, Any], list[Item]]) -> None:
    row, items = real
    assert sum(isinstance(item, Draft) and item.kind is Kind.VISIT for item in items) == row["waypoints"]


def test_real_files_give_every_point_of_their_routes(real: tuple[dict[str, Any], list[Item]]) -> None:
    row, items = real
    routes = [draft.extra["route"] for draft in moves(items) if "route" in draft.extra]
    assert sum(len(route) for route in routes if isinstance(route, list)) == row["route_points"]


def test_real_files_give_every_track_or_say_that_it_is_empty(
    real: tuple[dict[str, Any], list[Item]], reading: ModuleType
) -> None:
    row, items = real
    told = [draft for draft in moves(items) if draft.path]
    empty = [where for where, slug in reading.problems(items).items() if slug == "empty"]
    assert len(told) + len(empty) == row["tracks"]


def test_real_files_begin_end_and_reach_as_the_table_says(real: tuple[dict[str, Any], list[Item]]) -> None:
    row, items = real
    path = path_of(items)
    times = [_utc(row["first_time"]), _utc(row["last_time"])] if row["first_time"] else []
    assert [each.at for each in (path[:1] + path[-1:])] == times
    lats, lons = [each.lat for each in path], [each.lon for each in path]
    bounds = [min(lats), min(lons), max(lats), max(lons)] if path else None
    assert bounds == (pytest.approx(row["bounds"], abs=1e-7) if row["bounds"] else None)


def _utc(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def test_fractions_of_seconds_and_offsets_are_kept(tmp_path: Path, reading: ModuleType) -> None:
    items = read_text(tmp_path, reading, track(point("2015-12-11T15:43:13.994+01:00")))
    [draft] = moves(items)
    assert draft.path[0].at == datetime(2015, 12, 11, 14, 43, 13, 994000, UTC)
    assert draft.evidence[0].utc_offset_min == 60


@pytest.mark.parametrize(
    ("at", "local"),
    [
        ("2019-06-14T23:30:00Z", "2019-06-15T08:30:00"),  # the zone of the coordinates
        ("2019-06-14T23:30:00", "2019-06-15T08:30:00"),  # GPX times are UTC
        ("2019-06-15T01:30:00+02:00", "2019-06-15T01:30:00"),  # the offset that was written
    ],
)
def test_the_day_is_that_of_the_place(tmp_path: Path, reading: ModuleType, at: str, local: str) -> None:
    [draft] = moves(read_text(tmp_path, reading, track(point(at, "35.68", "139.76"))))
    assert draft.place is not None
    assert (draft.place.lat, draft.place.lon) == (35.68, 139.76)
    moment = decide(
        draft.evidence,
        coordinates=(35.68, 139.76),
        zone_of=lambda *_: "Asia/Tokyo",
        home_zone="Europe/Lisbon",
        fallback=NOW,
        now=NOW,
    ).moment
    assert moment.local_at.isoformat() == local


def test_a_track_without_times_is_a_way_on_no_day(tmp_path: Path, reading: ModuleType) -> None:
    text = '<gpx><trk><trkpt lat="1" lon="2"/><trkseg><trkpt lat="1" lon="2.5"/></trkseg></trk></gpx>'
    [draft] = moves(read_text(tmp_path, reading, text))
    assert (draft.path, draft.extra["route"]) == ((), [[1.0, 2.0], [1.0, 2.5]])
    moment = decide(
        draft.evidence, coordinates=(1, 2), zone_of=lambda *_: None, home_zone=None, fallback=NOW, now=NOW
    ).moment
    assert moment.local_on is None


def test_points_without_a_time_are_drawn_between_those_with_one(tmp_path: Path, reading: ModuleType) -> None:
    untimed = '<trkpt lat="46.6" lon="8.0"/>'
    first, last = point("2020-01-02T10:00:00Z"), point("2020-01-02T11:00:00Z", "46.7", "8.1")
    items = read_text(tmp_path, reading, track(first, untimed, last, untimed))
    [draft] = moves(items)
    assert [sample.lat for sample in draft.path] == [46.5, 46.7]
    assert draft.extra["route"] == [[46.5, 7.9], [46.6, 8.0], [46.7, 8.1], [46.6, 8.0]]
    assert draft.extra["distance_m"] == pytest.approx(40_400, rel=0.01)
    assert reading.problems(items) == {"a.gpx#untimed": "no-time"}


@pytest.mark.parametrize(
    ("times", "gone"),
    [
        (("2020-01-02T10:00:00Z", "2020-01-02T10:30:00Z", "2020-01-02T11:00:00Z"), 3),
        (("2020-01-02T10:00:00Z", "2020-01-02T10:00:00Z", "2020-01-02T10:00:00Z"), 0),  # written at once
        (("2020-01-02T10:00:00Z", "2020-01-02T10:00:04Z", "2020-01-02T10:00:09Z"), 0),  # clicked on a map
        (("2020-01-02T10:00:00Z", "2008-05-02T10:00:00Z", "2011-01-02T10:00:00Z"), 0),  # of a map's own points
        (("2020-01-02T10:00:00Z",), 0),
    ],
)
def test_the_times_of_a_route_count_only_where_it_can_have_been_gone(
    tmp_path: Path, reading: ModuleType, times: tuple[str, ...], gone: int
) -> None:
    points = "".join(f'<rtept lat="46.{5 + n}" lon="7.9"><time>{at}</time></rtept>' for n, at in enumerate(times))
    [draft] = moves(read_text(tmp_path, reading, f"<gpx><rte>{points}</rte></gpx>"))
    assert (len(draft.path), "route" in draft.extra) == (gone, not gone)
    assert [each.instant is not None for each in draft.evidence] == [gone > 0]


def test_a_date_in_the_name_of_the_file_dates_what_has_no_time(tmp_path: Path, reading: ModuleType) -> None:
    text = '<gpx><rte><rtept lat="1" lon="2"/></rte></gpx>'
    [draft] = moves(read_text(tmp_path, reading, text, "2019-06-14 hut.gpx"))
    assert [each.local_at for each in draft.evidence] == [datetime(2019, 6, 14)]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<?xml version="1.0" encoding="windows-1252"?>', "Caf\u00e9 \u201cX\u201d".encode("cp1252")),
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            "Caf\u00e9 \u201cX\u201d".encode("cp1252"),
        ),  # it says so, and is not
        ("  \n", "Caf\u00e9 \u201cX\u201d".encode()),
        ('\ufeff<?xml version="1.0"?>', "Caf\u00e9 \u201cX\u201d".encode()),
    ],
)
def test_names_are_read_in_any_encoding(tmp_path: Path, reading: ModuleType, head: str, body: bytes) -> None:
    data = head.encode() + b'<gpx><wpt lat="1" lon="2"><name>' + body + b"</name></wpt></gpx>"
    [draft] = [item for item in read_text(tmp_path, reading, data) if isinstance(item, Draft)]
    assert draft.title == "Caf\u00e9 \u201cX\u201d"


def test_a_file_that_ends_early_gives_what_it_has_and_says_so(tmp_path: Path, reading: ModuleType) -> None:
    whole = track(point("2020-01-02T10:00:00Z"), point("2020-01-02T10:01:00Z"))
    items = read_text(tmp_path, reading, whole[: whole.index("10:01") + 2])
    assert len(path_of(items)) == 1
    assert reading.problems(items) == {"a.gpx": "unreadable"}


def test_entities_are_refused(tmp_path: Path, reading: ModuleType) -> None:
    text = f'<!DOCTYPE x [<!ENTITY a "b">]>{track(point("2020-01-02T10:00:00Z"))}'
    items = read_text(tmp_path, reading, text)
    assert (path_of(items), reading.problems(items)) == ([], {"a.gpx": "unreadable"})


@pytest.mark.parametrize("name", ["a.gpx", "a.xml", "tracks/a.txt", "a", "a.GPX"])
def test_it_is_recognised_by_what_it_holds(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {name: track(point("2020-01-02T10:00:00Z"))})
    assert Gpx().recognise(folder).confidence > 0.9


def test_other_xml_is_not_taken_for_it(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.gpx": "<html/>", "b.xml": "<!-- <gpx> --><rss/>", "c.gpx": "nothing"})
    assert Gpx().recognise(folder).confidence == 0


def test_the_same_walk_in_another_file_has_the_same_key(tmp_path: Path, reading: ModuleType) -> None:
    text = track(point("2020-01-02T10:00:00Z"))
    folder = reading.make(tmp_path, {"a.gpx": text, "copy/b.gpx": text})
    assert {draft.source_key for draft in moves(reading.read(Gpx(), folder))} == {
        "move:2020-01-02T10:00:00Z@46.50000,7.90000"
    }


def test_a_packed_file_that_is_cut_off_gives_what_it_has_and_says_so(tmp_path: Path, reading: ModuleType) -> None:
    times = (f"2024-05-01T08:{n // 60:02}:{n % 60:02}Z" for n in range(900))
    points = (f'<trkpt lat="{48 + n / 9999}" lon="11"><time>{at}</time></trkpt>' for n, at in enumerate(times))
    packed = gzip.compress(track(*points).encode())
    items = read_text(tmp_path, reading, packed[: len(packed) // 2], name="a.gpx.gz")
    assert len(path_of(items)) > 300
    assert reading.problems(items) == {"a.gpx.gz": "unreadable"}


def test_a_file_without_anything_in_it_is_told(tmp_path: Path, reading: ModuleType) -> None:
    assert reading.problems(read_text(tmp_path, reading, "<gpx></gpx>")) == {"a.gpx": "empty"}
