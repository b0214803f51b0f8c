"""NMEA logs: dates, midnights, checksums, and positions that no date can be told of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Item
from timeline_local.importers.sources.nmea import Nmea

HERE = Path(__file__).parent


def sentence(body: str) -> str:
    return f"${body}*{reduce(lambda total, letter: total ^ ord(letter), body, 0):02X}\n"


def rmc(clock: str, day: str, lat: str = "4807.038,N", lon: str = "01131.000,E", state: str = "A") -> str:
    return sentence(f"GPRMC,{clock},{state},{lat},{lon},010.0,084.4,{day},,")


def gga(clock: str, lat: str = "4807.038,N", lon: str = "01131.000,E", quality: str = "1") -> str:
    return sentence(f"GNGGA,{clock},{lat},{lon},{quality},08,0.9,545.4,M,46.9,M,,")


def read(tmp_path: Path, reading: ModuleType, *lines: str) -> list[Item]:
    found: list[Item] = reading.read(Nmea(), reading.make(tmp_path, {"log.txt": "".join(lines)}))
    return found


def times(items: list[Item]) -> list[str]:
    return [f"{each.at:%Y-%m-%d %H:%M:%S}" for item in items if isinstance(item, Draft) for each in item.path]


def test_a_log_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Nmea(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


def test_a_date_goes_on_past_midnight(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, rmc("235959", "311219"), gga("000001"), gga("000002"), rmc("000003", "010120"))
    assert times(items) == [
        "2019-12-31 23:59:59",
        "2020-01-01 00:00:01",
        "2020-01-01 00:00:02",
        "2020-01-01 00:00:03",
    ]


def test_positions_before_the_first_date_get_it_backwards(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, gga("235958"), gga("000001"), rmc("000002", "010120"))
    assert times(items) == ["2019-12-31 23:59:58", "2020-01-01 00:00:01", "2020-01-01 00:00:02"]


def test_a_date_of_its_own_sentence_counts(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, sentence("GPZDA,101010.00,05,06,2007,00,00"), gga("101011"))
    assert times(items) == ["2007-06-05 10:10:11"]


def test_a_log_without_any_date_is_a_way_on_no_day(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, gga("101010"), gga("101011", "4807.938,N"))
    assert reading.problems(items) == {"log.txt#undated": "no-time"}
    [draft] = reading.drafts(items).values()
    assert (draft.path, draft.extra["route"]) == ((), [[48.1173, 11.5166667], [48.1323, 11.5166667]])


def test_a_date_in_the_name_of_a_log_is_that_of_its_first_position(tmp_path: Path, reading: ModuleType) -> None:
    text = gga("235959") + rmc("000001", "000070")  # the receiver does not know the day
    items = reading.read(Nmea(), reading.make(tmp_path, {"PosData-20081216-115434.nmea": text}))
    assert times(items) == ["2008-12-16 23:59:59", "2008-12-17 00:00:01"]
    assert reading.problems(items) == {}


def test_spaces_and_signs_of_other_programs_are_read(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, rmc(" 101010 ", "050607", "-3003.1914,N", "-05126.2728,E"))
    [sample] = [each for item in items if isinstance(item, Draft) for each in item.path]
    assert sample.lat == pytest.approx(-30.05319)
    assert sample.lon == pytest.approx(-51.43788)


def test_the_track_of_a_magellan_tells_everything_at_once(tmp_path: Path, reading: ModuleType) -> None:
    point = "PMGNTRK,4415.163,N,07631.126,W,{0},110833.53,A,,030409"
    items = read(
        tmp_path, reading, sentence(point.format("00095,M")), sentence(point.format("100,F").replace("33", "34"))
    )
    found = [each for item in items if isinstance(item, Draft) for each in item.path]
    assert [(f"{each.at:%Y-%m-%d %H:%M:%S.%f}", each.altitude_m) for each in found] == [
        ("2009-04-03 11:08:33.530000", 95),
        ("2009-04-03 11:08:34.530000", pytest.approx(30.48)),
    ]
    assert Nmea().recognise(reading.Folder(tmp_path)).confidence > 0.9


def test_the_places_of_a_route_are_kept_once(tmp_path: Path, reading: ModuleType) -> None:
    place = sentence("GPWPL,3558.322,N,08708.082,W,HARBOUR")
    items = read(tmp_path, reading, place, place, sentence("GPWPL,3605.441,N,08640.773,W,BUOY"))
    assert [draft.title for draft in reading.drafts(items).values()] == ["HARBOUR", "BUOY"]
    assert reading.problems(items) == {}


def test_south_and_west_are_negative_and_both_sentences_join(tmp_path: Path, reading: ModuleType) -> None:
    place = ("3351.500,S", "07030.000,W")
    items = read(tmp_path, reading, rmc("101010", "050607", *place), gga("101010", *place))
    [sample] = [each for item in items if isinstance(item, Draft) for each in item.path]
    assert (sample.at, sample.altitude_m, sample.accuracy_m) == (
        datetime(2007, 6, 5, 10, 10, 10, tzinfo=UTC),
        545.4,
        4.5,
    )
    assert sample.lat == pytest.approx(-33.858333, abs=1e-6)
    assert sample.lon == -70.5
    assert sample.speed_mps == pytest.approx(5.144)


@pytest.mark.parametrize(
    ("lines", "slugs"),
    [
        ([rmc("101010", "050607").replace("4807", "4808")], {"damaged", "empty"}),
        ([rmc("101010", "990607")], {"damaged", "empty"}),
        ([rmc("101010", "050607", state="V")], {"empty"}),
        ([gga("101010", quality="0"), sentence("GPGSV,1,1,00")], {"empty"}),
        ([sentence("GPRMC,1")], {"damaged", "empty"}),
    ],
)
def test_what_is_no_fix_is_left_out_with_its_reason(
    tmp_path: Path, reading: ModuleType, lines: list[str], slugs: set[str]
) -> None:
    assert set(reading.problems(read(tmp_path, reading, *lines)).values()) == slugs


def test_it_is_recognised_by_its_sentences(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.txt": "2020-01-01 " + rmc("101010", "050607"), "b.txt": "costs $GP"})
    assert Nmea().recognise(folder).reason == "It holds NMEA logs, a.txt for one."
