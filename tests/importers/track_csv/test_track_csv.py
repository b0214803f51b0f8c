"""Tables of positions: any columns, delimiters, units, dates; stays; several devices; what is no position."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft, Sample, Samples
from timeline_local.importers.sources.track_csv import TrackCsv

HERE = Path(__file__).parent


def samples(items: list[object]) -> list[Sample]:
    drafts = [each for item in items if isinstance(item, Draft) for each in item.path]
    return drafts + [each for item in items if isinstance(item, Samples) for each in item.samples]


def test_tables_give_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(TrackCsv(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


@pytest.mark.parametrize(
    ("text", "lat", "lon", "speed"),
    [
        ("timestamp,LATITUDE N/S,LONGITUDE E/W,SPEED\n2024-06-15T10:30:00Z,52.52N,13.405W,1.5", 52.52, -13.405, 1.5),
        ("INDEX,DATE,TIME,LATITUDE,LONGITUDE\n1,2008/12/02,01:21:52,51.126410,1.338282", 51.12641, 1.338282, None),
        ("time;lat;lon;speed\n2024-06-15T10:30:00Z;52,5200;13,4050;1,5", 52.52, 13.405, 1.5),
        ("timestamp,latitudeE7,longitudeE7,velocity\n2024-06-15T10:30:00Z,525200000,134050000,2", 52.52, 13.405, 2),
        ("deviceid,lat,lon,timestamp,Speed (km/h)\nphone1,52.5200,13.4050,1718444200,36", 52.52, 13.405, 10),
        ("DATE,TIME,LATITUDE,N/S,LONGITUDE,E/W,SPEED\n2015/07/15,10:53:26.000,2.5,S,1.5,W,3.6 km/h", -2.5, -1.5, 1),
        ("No,Latitude,Longitude,utc_d,utc_t\n1,40.25,-105.5,2018/07/17,14:01:25", 40.25, -105.5, None),
        ('"LATITUDE","timestamp_epoch","LONGITUDE","SPEED"\n"7.5","1340931788091","-2.5","2"', 7.5, -2.5, 2),
        ("# x\n\nlat\tlon\ttime\n52.52\t13.405\t1718444200000", 52.52, 13.405, None),
    ],
)  # fmt: skip
def test_columns_are_found_whatever_they_are_called(
    tmp_path: Path, reading: ModuleType, text: str, lat: float, lon: float, speed: float | None
) -> None:
    [sample] = samples(reading.read(TrackCsv(), reading.make(tmp_path, {"a.csv": text})))
    assert (sample.lat, sample.lon, sample.speed_mps) == (lat, lon, speed)


@pytest.mark.parametrize(
    ("date", "offset", "at"),
    [
        ("2014-03-29", "-06:00", "2014-03-30T04:50:22+00:00"),
        ("2014/03/29", "+0530", "2014-03-29T17:20:22+00:00"),
        ("2014-03-29", "", "2014-03-29T22:50:22+00:00"),
        ("2014-03-29", "later", "2014-03-29T22:50:22+00:00"),
    ],
)
def test_a_column_of_offsets_is_believed(tmp_path: Path, reading: ModuleType, date: str, offset: str, at: str) -> None:
    text = f"#log\n  Lcl Date, Lcl Time, UTCOfst, Latitude, Longitude\n{date}, 22:50:22, {offset}, 40.2, -111.7\n"
    [sample] = samples(reading.read(TrackCsv(), reading.make(tmp_path, {"a.csv": text})))
    assert sample.at.isoformat() == at


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_tables_are_read_in_any_encoding(tmp_path: Path, reading: ModuleType, encoding: str) -> None:
    text = "time,lat,lon,name\n2024-06-15T10:30:00Z,52.52,13.405,Caf\u00e9\n"
    items = reading.read(TrackCsv(), reading.make(tmp_path, {"a.csv": text.encode(encoding)}))
    assert len(samples(items)) == 1


@pytest.mark.parametrize(
    ("dates", "month"),
    [
        (["03/04/2024 10:00", "13/04/2024 10:00"], 4),
        (["03/04/2024 10:00", "03/25/2024 10:00"], 3),
        (["03/04/2024 10:00"], 4),
        (["03/04/2024 10:00 AM"], 3),
    ],
)
def test_the_whole_file_tells_whether_the_day_comes_first(
    tmp_path: Path, reading: ModuleType, dates: list[str], month: int
) -> None:
    text = "time,lat,lon\n" + "".join(f"{each},52.52,13.405\n" for each in dates)
    found = samples(reading.read(TrackCsv(), reading.make(tmp_path, {"a.csv": text})))
    assert found[0].at.month == month


def test_a_logger_of_columbus_has_cells_of_nuls_and_kilometres_an_hour(tmp_path: Path, reading: ModuleType) -> None:
    text = (
        "INDEX,TAG,DATE,TIME,LATITUDE N/S,LONGITUDE E/W,HEIGHT,SPEED,HEADING,VOX\r\n"
        "68\0\0\0\0,T,090404,063510,31.765973N,035.206901E,827\0\0,18\0\0,357,\0\0\0\0\r\n"
    )
    [sample] = samples(reading.read(TrackCsv(), reading.make(tmp_path, {"04040635.CSV": text})))
    assert (f"{sample.at:%Y-%m-%d %H:%M:%S}", sample.lat, sample.lon) == ("2009-04-04 06:35:10", 31.765973, 35.206901)
    assert (sample.altitude_m, sample.speed_mps) == (827, 5)


def test_the_log_of_an_aircraft_is_in_feet_and_knots(tmp_path: Path, reading: ModuleType) -> None:
    """Garmin's G1000, with its line of units as a comment, and seconds before it knows where it is."""
    text = (
        '#airframe_info, log_version="1.00", airframe_name="C182", \n#yyy-mm-dd, hh:mm:ss, hh:mm, degrees, degrees,'
        " ft Baro, ft msl, kt, ft wgs\nLcl Date, Lcl Time, UTCOfst, Latitude, Longitude, AltB, AltMSL, GndSpd, AltGPS\n"
        "2014-03-29, 16:50:21, -06:00,  ,  , 4517.8,  ,  ,  \n"
        "2014-03-29, 16:50:22, -06:00, 40.2171326, -111.7177124, 4517.8, 4503.9, 3.50, 4448.0\n"
    )
    [sample] = samples(reading.read(TrackCsv(), reading.make(tmp_path, {"log.csv": text})))
    assert f"{sample.at:%Y-%m-%d %H:%M:%S}" == "2014-03-29 22:50:22"
    assert [sample.altitude_m, sample.speed_mps] == pytest.approx([1372.789, 1.801])


def test_the_log_of_a_drone_counts_from_its_start_and_says_the_date_beside_it(
    tmp_path: Path, reading: ModuleType
) -> None:
    text = (
        "time(millisecond),datetime(utc),latitude,longitude,height_above_takeoff(feet),altitude_above_seaLevel(feet),"
        "speed(mph)\n100,2023-05-01 10:00:00,47.5,12.5,30,1030,10\n"
    )
    [sample] = samples(reading.read(TrackCsv(), reading.make(tmp_path, {"a.csv": text})))
    assert f"{sample.at:%Y-%m-%d %H:%M:%S}" == "2023-05-01 10:00:00"
    assert [sample.altitude_m, sample.speed_mps] == pytest.approx([313.944, 4.47])


def test_devices_are_told_apart(tmp_path: Path, reading: ModuleType) -> None:
    text = "device,time,lat,lon\na,2024-06-15T10:30:00Z,1,2\nb,2024-06-15T10:30:00Z,3,4\n"
    items = reading.read(TrackCsv(), reading.make(tmp_path, {"a.csv": text}))
    assert {item.device for item in items if isinstance(item, Draft)} == {"a", "b"}


def test_the_word_of_excel_which_sign_parts_cells_is_no_row(tmp_path: Path, reading: ModuleType) -> None:
    rows = ["48,1;11,5;2021-02-01T10:00:00Z", "48,2;11,6;2021-02-01T10:20:00Z"]
    text = "\r\n".join(["\ufeffsep=;", "latitude;longitude;timestamp", *rows])
    folder = reading.make(tmp_path, {"a.csv": text})
    assert TrackCsv().recognise(folder).confidence > 0
    (draft,) = reading.drafts(reading.read(TrackCsv(), folder)).values()
    assert [(each.lat, each.lon) for each in draft.path] == [(48.1, 11.5), (48.2, 11.6)]


@pytest.mark.parametrize("text", ["name,lat,lon\nx,1,2", "a,b\n1,2", "time,lat\n1,2", "lat lon time"])
def test_other_tables_are_not_taken(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert TrackCsv().recognise(reading.make(tmp_path, {"a.csv": text})).confidence == 0


def test_a_table_without_rows_is_told(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(TrackCsv(), reading.make(tmp_path, {"a.csv": "time,lat,lon\n"}))
    assert reading.problems(items) == {"a.csv": "empty"}
