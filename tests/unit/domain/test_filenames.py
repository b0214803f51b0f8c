"""Dates in names: the published table, the habits of phones and messengers, and folders."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.filenames import FILE_NAME, FOLDER_NAME, NameDate, date_from_path
from timeline_local.domain.moments import Precision, TimeBasis

TABLE = Path(__file__).parents[3].parent / "shared" / "corpora" / "tables" / "filename_dates.json"


def published_names() -> list[tuple[str, str]]:
    if not TABLE.exists():
        return []
    return [(row["path"], row["expected"]) for row in json.loads(TABLE.read_text(encoding="utf-8"))]


def read(name: str) -> NameDate:
    found = date_from_path(PurePosixPath(name))
    assert found is not None
    return found


@pytest.mark.skipif(not TABLE.exists(), reason="the shared corpora are not on this computer")
@pytest.mark.parametrize(("name", "expected"), published_names())
def test_every_published_file_name_gives_its_wall_clock(name: str, expected: str) -> None:
    assert str(read(name).local_at.replace(microsecond=0)) == expected


@pytest.mark.parametrize(
    ("name", "expected", "precision"),
    [
        ("IMG-20190614-WA0001.jpg", "2019-06-14 00:00:00", Precision.DAY),
        ("WhatsApp Image 2019-06-14 at 3.04.05 PM.jpeg", "2019-06-14 15:04:05", Precision.INSTANT),
        ("WhatsApp Image 2019-06-14 at 12.04.05 AM (1).jpeg", "2019-06-14 00:04:05", Precision.INSTANT),
        ("WhatsApp 图像2019-06-14于15.04.05.jpg", "2019-06-14 15:04:05", Precision.INSTANT),
        ("截屏2019-06-14 下午3.04.05.png", "2019-06-14 15:04:05", Precision.INSTANT),
        ("スクリーンショット 2019-06-14 午前0.04.05.png", "2019-06-14 00:04:05", Precision.INSTANT),
        ("スクリーンショット 2019-06-14 午前12.04.05.png", "2019-06-14 00:04:05", Precision.INSTANT),
        (
            unicodedata.normalize("NFD", "스크린샷 2019-06-14 오후 3.04.05.png"),
            "2019-06-14 15:04:05",
            Precision.INSTANT,
        ),
        ("Ekran Resmi 2019-06-14 ÖS 3.04.05.png", "2019-06-14 15:04:05", Precision.INSTANT),
        ("Képernyőfotó 2019-06-14 - du. 3.04.05.png", "2019-06-14 15:04:05", Precision.INSTANT),
        ("Captura de pantalla 2019-06-14 a la(s) 3.04.05 p.m..png", "2019-06-14 15:04:05", Precision.INSTANT),
        ("לכידת מסך 2019-06-14 ב-15.04.05.png", "2019-06-14 15:04:05", Precision.INSTANT),
        ("لقطة الشاشة 2019-06-14 في 3.04.05 م.png", "2019-06-14 15:04:05", Precision.INSTANT),
        ("Στιγμιότυπο 2019-06-14, 3.04.05 μ.μ..png", "2019-06-14 15:04:05", Precision.INSTANT),
        ("LINE_ALBUM_20190614_210503_1.jpg", "2019-06-14 00:00:00", Precision.DAY),
        ("Screenshot 2019-06-14 at 3.04.05\u202fPM.png", "2019-06-14 15:04:05", Precision.INSTANT),
        ("Bildschirmfoto 2019-06-14 um 15.04.05.png", "2019-06-14 15:04:05", Precision.INSTANT),
        ("2019-06-14 15.04.jpg", "2019-06-14 15:04:00", Precision.MINUTE),
        ("C360_2014-07-12-11-22-33-444.jpg", "2014-07-12 11:22:33.444000", Precision.INSTANT),
        ("20190614_150405_001.jpg", "2019-06-14 15:04:05", Precision.INSTANT),
        ("20190614_0042.jpg", "2019-06-14 00:00:00", Precision.DAY),
        ("2020_09_14.md", "2020-09-14 00:00:00", Precision.DAY),
        ("scan 14.06.1987.tif", "1987-06-14 00:00:00", Precision.DAY),
        ("1987-06 at the lake.jpg", "1987-06-01 00:00:00", Precision.MONTH),
        ("22-04-06 15-21-03 2160.jpg", "2022-04-06 15:21:03", Precision.INSTANT),
        ("Foto 17-07-15 11-14-53 1690.jpg", "2017-07-15 11:14:53", Precision.INSTANT),
        ("98-04-06 15-21-03.jpg", "1998-04-06 15:21:03", Precision.INSTANT),
        ("Screenshot 2019_05_21 at 10.45.52.png", "2019-05-21 10:45:52", Precision.INSTANT),
        ("IMG_27.01.2015-19.20.00.jpg", "2015-01-27 19:20:00", Precision.INSTANT),
        ("2024-08-31 12.34.56", "2024-08-31 12:34:56", Precision.INSTANT),
        ("2024-08-31 12:34:56.1.jpg", "2024-08-31 12:34:56.100000", Precision.INSTANT),
        ("2024-08-31 12:34:56,123456.jpg", "2024-08-31 12:34:56.123456", Precision.INSTANT),
        ("2019.05.21", "2019-05-21 00:00:00", Precision.DAY),
        ("sub 13-02-2023 a.jpg", "2023-02-13 00:00:00", Precision.DAY),
        ("image_03_13_2023.jpg", "2023-03-13 00:00:00", Precision.DAY),
        ("image 2023-3-14.jpg", "2023-03-14 00:00:00", Precision.DAY),
        ("2023-11-4 (2).jpg", "2023-11-04 00:00:00", Precision.DAY),
        ("99-13-06 15-21-03 in 2019-05-21.jpg", "2019-05-21 00:00:00", Precision.DAY),
    ],
)
def test_a_file_name_is_read_as_its_maker_meant_it(name: str, expected: str, precision: Precision) -> None:
    found = read(name)
    assert (str(found.local_at), found.precision, found.origin) == (expected, precision, FILE_NAME)


@pytest.mark.parametrize(
    ("name", "expected", "precision"),
    [
        ("2014/07/IMG_1.jpg", "2014-07-01", Precision.MONTH),
        ("2014/07/12/IMG_1.jpg", "2014-07-12", Precision.DAY),
        ("2014/07 - July/12/IMG_1.jpg", "2014-07-12", Precision.DAY),
        ("2014-07/12 Party/IMG_1.jpg", "2014-07-12", Precision.DAY),
        ("2014-07-12 Party/IMG_1.jpg", "2014-07-12", Precision.DAY),
        ("2014-07-12 - 2014-07-15/IMG_1.jpg", "2014-07-12", Precision.DAY),
        ("2014-07-12/best/of/IMG_1.jpg", "2014-07-12", Precision.DAY),
        ("2014/31/IMG_1.jpg", "2014-01-01", Precision.YEAR),
        ("2014/02/31/IMG_1.jpg", "2014-02-01", Precision.MONTH),
        ("201407/IMG_1.jpg", "2014-07-01", Precision.MONTH),
        ("July 2014/IMG_1.jpg", "2014-07-01", Precision.MONTH),
        ("2014 july/IMG_1.jpg", "2014-07-01", Precision.MONTH),
        ("Photos from 2014/IMG_1.jpg", "2014-01-01", Precision.YEAR),
        ("Zdjęcia z 2014/IMG_1.jpg", "2014-01-01", Precision.YEAR),
        ("2013/Summer 2014/IMG_1.jpg", "2014-01-01", Precision.YEAR),
        ("2014 - Croatia/IMG_1.jpg", "2014-01-01", Precision.YEAR),
        ("Christmas_2014_and more/IMG_1.jpg", "2014-01-01", Precision.YEAR),
        ("2014年の写真/IMG_1.jpg", "2014-01-01", Precision.YEAR),
        ("2014년의 사진/IMG_1.jpg", "2014-01-01", Precision.YEAR),
        ("2014-07-12/2014-07/2014/IMG_1.jpg", "2014-07-12", Precision.DAY),
        ("2014-07-12/best of 2013/IMG_1.jpg", "2013-01-01", Precision.YEAR),
        ("2014/07/12.jpeg", "2014-07-12", Precision.DAY),
        ("2014/07/7.jpeg", "2014-07-01", Precision.MONTH),
        ("2014/07/45.jpeg", "2014-07-01", Precision.MONTH),
    ],
)
def test_folders_date_what_the_name_does_not(name: str, expected: str, precision: Precision) -> None:
    found = read(name)
    assert (str(found.local_at.date()), found.precision, found.origin) == (expected, precision, FOLDER_NAME)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_2682.heic",
        "2014.jpg",
        "1080/IMG_1.jpg",
        "takeout-20260710T081521Z-2-001/IMG_1.jpg",
        "EOS 2000D/IMG_1.jpg",
        "1920x2014 pixels/IMG_1.jpg",
        "from 2010-2014/IMG_1.jpg",
        "from 2010 to 2014/IMG_1.jpg",
        "103_2014/IMG_1.jpg",
        "received_2406590499662709.jpeg",
        "31c871f18f68d2fde4196ccba1f8ece1.jpeg",
        "a20190614b20190614c1f8ece1.jpeg",
        "0b2a2019-0614-4190-8614-20190614abcd.jpg",
        "2019-02-31.jpg",
        "03-02-2023.jpg",  # February or March
        "1-2023-3-4.jpg",
        "2023-3-4-5.jpg",
        "13-02_2023.jpg",
        "WhatsApp Image 2019-02-31 at 13.04.05 PM.jpeg",
        "",
    ],
)
def test_a_name_without_a_date_gives_none(name: str) -> None:
    assert date_from_path(PurePosixPath(name)) is None


def test_an_impossible_dial_leaves_the_day() -> None:
    assert read("Screenshot 2019-06-14 at 13.04.05 PM.png").precision is Precision.DAY


@pytest.mark.parametrize(
    "name",
    [
        "PXL_20210102_030405123.MP.jpg",
        "20210102T030405.123Z.jpg",
        "mmexport1609556645123.jpg",
        "dji_export_1609556645123.jpg",
    ],
)
def test_names_that_count_in_utc_become_an_instant(name: str) -> None:
    evidence = read(name).evidence()
    assert evidence.instant == datetime(2021, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(milliseconds=123)
    assert evidence.local_at is None


def test_names_that_photoprism_gives_count_in_utc_and_those_with_a_number_behind_them_do_not() -> None:
    assert read("20130518_142022_3D657EBD.jpg").is_utc
    assert not read("20130518_142022_30657123.jpg").is_utc


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("2024-08-31 14:34:56+02:00.jpg", 120),
        ("Bebop2_20240831143456+0200.mp4", 120),
        ("20240831T143456-0330.jpg", -210),
        ("2024-08-31 14:34:56.5-0330-edited.jpg", -210),
        ("PHOTO-2024-08-31-14-34-56-0330.jpg", None),
        ("2024-08-31 14:34:56+19:00.jpg", None),
    ],
)
def test_an_offset_behind_the_clock_is_kept(name: str, offset: int | None) -> None:
    evidence = read(name).evidence()
    assert evidence.local_at is not None
    assert (f"{evidence.local_at:%H:%M:%S}", evidence.utc_offset_min) == ("14:34:56", offset)


def test_other_names_become_a_wall_clock() -> None:
    evidence = read("IMG_20190614_150405.jpg").evidence()
    assert evidence.basis is TimeBasis.FILE_NAME
    assert evidence.local_at == datetime(2019, 6, 14, 15, 4, 5)  # noqa: DTZ001
    assert evidence.instant is None


def test_windows_paths_work_too() -> None:
    found = date_from_path(PureWindowsPath(r"D:\Photos\2014\07\12\IMG_1.jpg"))
    assert found == NameDate(datetime(2014, 7, 12), Precision.DAY, FOLDER_NAME)  # noqa: DTZ001


dateish = st.text(st.sampled_from("0123456789-_. /:TZapm\u0664\u202f()") | st.characters(), max_size=60)


@given(dateish)
def test_no_name_raises(name: str) -> None:
    date_from_path(PurePath(name))


@given(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001
def test_a_compact_stamp_is_read_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    assert read(f"IMG_{moment:%Y%m%d_%H%M%S}.jpg").local_at == moment
