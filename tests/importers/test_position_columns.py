"""Names of columns, numbers, degrees and dates as programs and people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from timeline_local.importers.position_columns import (
    columns_of,
    degrees,
    field_of,
    fields_of,
    measure,
    names_day_first,
    number,
    read_date_and_clock,
    read_time,
    speed_of,
)

NOON = datetime(2024, 6, 15, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("lat", "lat"),
        ("LATITUDE N/S", "lat"),
        ("Latitude (deg)", "lat"),
        ("LONGITUDE E/W", "lon"),
        ("lng", "lon"),
        ("latitudeE7", "lat_e7"),
        ("Speed (km/h)", "speed_kmh"),
        ("speed_kmh", "speed_kmh"),
        ("Speed", "speed_mps"),
        ("speed [mph]", "speed_mph"),
        ("Breitengrad", "lat"),
        ("recorded_at", "time"),
        ("UTC DATE", "date"),
        ("battery_level", "battery"),
        ("PlaceId", "key"),
        ("AltMSL", "altitude_ft"),
        ("altitude_above_seaLevel(feet)", "altitude_ft"),
        ("Elevation [ft]", "altitude_ft"),
        ("alt_ft", "altitude_ft"),
        ("Altitude (m)", "altitude_m"),
        ("GndSpd", "speed_knots"),
        ("Speed (kt)", "speed_knots"),
        ("GPS Speed (Meters/second)", "speed_mps"),
        ("INDEX", ""),
        ("latest", ""),
    ],
)
def test_names_of_many_programs_are_ours(name: str, field: str) -> None:
    assert field_of(name) == field


@pytest.mark.parametrize(
    ("line", "delimiter", "complete"),
    [
        ("time,lat,lon", ",", True),
        ("\ufefftime;lat;lon", ";", True),
        ("time\tlat\tlon", "\t", True),
        ('"Latitude","Longitude","Start Time"', ",", True),
        ("# made by x\nlat|lon|date|time", "|", True),
        ("lat,lon,name", ",", False),
        ("lat,lon,time of day", ",", False),
    ],
)
def test_tables_are_known_by_their_first_line(line: str, delimiter: str, *, complete: bool) -> None:
    columns = columns_of(line)
    assert columns is not None
    assert (columns.delimiter, columns.is_complete) == (delimiter, complete)


@pytest.mark.parametrize("line", ["", "a,b,c", "just a sentence, with latitude in it", "lat", "time,lat"])
def test_other_texts_are_no_tables_of_positions(line: str) -> None:
    assert columns_of(line) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("1,5", 1.5), ("\u22123", -3), (7, 7), ("1,234.5", None), ("x", None), (True, None), ("nan", None)],
)
def test_numbers_may_have_a_decimal_comma(text: object, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-64.153 m", -64.153),
        ("100 ft", 30.48),
        ("3,6 km/h", 1),
        ("10 kn", 5.14444),
        ("7", 7),
        (7.5, 7.5),
        ("7 apples", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_may_have_its_unit_behind_it(text: object, value: float | None) -> None:
    assert measure(text) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("52.520000N", 52.52),
        ("13.405W", -13.405),
        ("S 33\u00b0 51.5'", -33.858333),
        ("52\u00b031'12\"N", 52.52),
        ("-9,2", -9.2),
        (48.5, 48.5),
        ("12.1\u00b0", 12.1),
        ("north", None),
    ],
)
def test_degrees_are_read_with_sides_minutes_and_seconds(text: object, value: float | None) -> None:
    assert degrees(text) == (None if value is None else pytest.approx(value, abs=1e-5))


@pytest.mark.parametrize(
    "value",
    [
        "2024-06-15T10:30:00Z",
        "2024-06-15 12:30:00 +0200",
        "2024-06-15 10:30:00 UTC",
        1718447400,
        "1718447400",
        1718447400000,
        "1718447400000",
        1718447400000000,
        1718447400.0,
        "2024/06/15 10:30:00",
        "15.06.2024 10:30",
        "06/15/2024 10:30:00 AM",
        "15/6/24 10:30",
        "Jun 15, 2024, 10:30:00 AM",
        "Sat, 15 Jun 2024 10:30:00 +0000",
    ],
)
def test_times_are_read_as_programs_and_people_write_them(value: object) -> None:
    assert read_time(value) == NOON


@pytest.mark.parametrize("value", ["", "soon", None, 12, "2024-13-01T00:00:00Z", "31/31/2024", True, [1]])
def test_what_is_no_time_is_none(value: object) -> None:
    assert read_time(value) is None


def test_day_and_month_are_told_apart_by_who_reads_the_whole_file() -> None:
    assert [names_day_first(text) for text in ("13/06/2024", "06/13/2024", "06/07/2024", "2024/06/13")] == [
        True,
        False,
        None,
        None,
    ]
    assert read_time("03/04/2024 10:00") == datetime(2024, 4, 3, 10, tzinfo=UTC)
    assert read_time("03/04/2024 10:00", day_first=False) == datetime(2024, 3, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "clock"), [("2024/06/15", "10:30:00"), ("240615", "103000"), ("20240615", "10:30:00")]
)
def test_a_date_and_a_clock_in_two_columns_are_one_time(date: str, clock: str) -> None:
    assert read_date_and_clock(date, clock) == NOON


@pytest.mark.parametrize(
    ("properties", "mps"),
    [({"vel": 36}, 10), ({"speed": 10}, 10), ({"speed_kmh": "5,4"}, 1.5), ({"speed": -1}, None), ({}, None)],
)
def test_speeds_are_metres_a_second_whatever_they_were(properties: dict[str, object], mps: float | None) -> None:
    assert speed_of(fields_of(properties)) == (None if mps is None else pytest.approx(mps))
