"""EXIF as cameras really write it: blanks, NULs, latin-1, odd offsets, both byte orders."""

import struct
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from timeline_local.domain.times import Precision, TimeBasis
from timeline_local.media.exif import Exif, parse_exif_date, parse_offset, read_exif_block

Block = Callable[..., bytes]
ORIGINAL, DIGITIZED, OFFSET, OFFSET_ORIGINAL, SUBSEC = 0x9003, 0x9004, 0x9010, 0x9011, 0x9291


def read(block: bytes) -> Exif:
    return read_exif_block(b"Exif\x00\x00" + block)


@pytest.mark.parametrize(
    ("text", "subsec", "expected"),
    [
        ("2019:03:21 11:04:22", "348", "2019-03-21 11:04:22.348000"),
        ("2019:03:21 11:04:22", "18   ", "2019-03-21 11:04:22.180000"),
        ("2019:03:21 11:04:22", "\x00\x00", "2019-03-21 11:04:22"),
        ("2019:03:21 11:04:22", "", "2019-03-21 11:04:22"),
        ("2019-03-21T11:04:22", "", "2019-03-21 11:04:22"),
        ("2019/03/21 11:04", "", "2019-03-21 11:04:00"),
        ("2019:03:21 11:04:60", "", "2019-03-21 11:05:00"),
        (" 2019:03:21  1:04:22", "", "2019-03-21 01:04:22"),
    ],
)
def test_a_date_is_read_in_the_forms_cameras_write(text: str, subsec: str, expected: str) -> None:
    assert str(parse_exif_date(text, subsec)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "0000:00:00 00:00:00", "    :  :     :  :  ", "2019:13:01 00:00:00", "2019:02:30 10:00:00", "junk", "2019"],
)
def test_a_blank_or_impossible_date_is_none(text: str) -> None:
    assert parse_exif_date(text) is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("+02:00", 120),
        ("-0430", -270),
        ("Z", 0),
        ("+00:00", 0),
        ("+14:00", 840),
        ("+15:00", None),
        ("+07", 420),
        ("-9", -540),
        ("+930", 570),
        ("   :  ", None),
        ("", None),
    ],
)
def test_an_offset_is_read_or_unknown(text: str, minutes: int | None) -> None:
    assert parse_offset(text) == minutes


@pytest.mark.parametrize("order", ["<", ">"])
def test_dates_come_original_first_with_the_offset(tiff_block: Block, order: str) -> None:
    tags = {ORIGINAL: "2020:05:04 18:39:11", DIGITIZED: "2020:05:05 18:39:11", OFFSET_ORIGINAL: "-04:00", SUBSEC: "644"}
    found = read(tiff_block({0x10F: "Apple"}, tags, order=order))
    assert [(e.basis, str(e.local_at), e.utc_offset_min) for e in found.evidence] == [
        (TimeBasis.EXIF_OFFSET, "2020-05-04 18:39:11.644000", -240),
        (TimeBasis.EXIF_OFFSET, "2020-05-05 18:39:11", -240),
    ]


def test_without_an_offset_a_date_is_only_a_wall_clock(tiff_block: Block) -> None:
    (evidence,) = read(tiff_block({}, {ORIGINAL: "2020:05:04 18:39:11"})).evidence
    assert (evidence.basis, evidence.utc_offset_min, evidence.origin) == (TimeBasis.EXIF, None, "EXIF DateTimeOriginal")


def test_a_general_offset_is_the_last_choice(tiff_block: Block) -> None:
    found = read(tiff_block({}, {ORIGINAL: "2020:05:04 18:39:11", OFFSET: "+02:00", OFFSET_ORIGINAL: "   :  "}))
    assert found.evidence[0].utc_offset_min == 120


@pytest.mark.parametrize(("hours", "minutes"), [(9, 540), (0, 0), (65532, -240), (99, None)])
def test_whole_hours_of_older_cameras_are_an_offset(tiff_block: Block, hours: int, minutes: int | None) -> None:
    (evidence,) = read(tiff_block({}, {ORIGINAL: "2016:08:12 13:28:50", 0x882A: hours})).evidence
    assert evidence.utc_offset_min == minutes
    (stated,) = read(tiff_block({}, {ORIGINAL: "2016:08:12 13:28:50", 0x882A: hours, OFFSET: "+02:00"})).evidence
    assert stated.utc_offset_min == 120


def test_when_a_picture_was_last_changed_is_its_date_of_last_resort(tiff_block: Block) -> None:
    (evidence,) = read(tiff_block({0x132: "2020:05:04 18:39:11"}, {OFFSET: "+02:00"})).evidence
    assert (evidence.basis, str(evidence.local_at)) == (TimeBasis.FILE_DATE, "2020-05-04 18:39:11")
    assert (evidence.utc_offset_min, evidence.origin) == (120, "EXIF DateTime")
    (taken,) = read(tiff_block({0x132: "2020:05:04 18:39:11"}, {DIGITIZED: "2019:05:04 18:39:11"})).evidence
    assert taken.origin == "EXIF DateTimeDigitized"


@pytest.mark.parametrize(
    ("text", "local_at", "precision"),
    [
        ("2016:06:28   :  :  ", "2016-06-28 00:00:00", Precision.DAY),
        ("2016:06:28", "2016-06-28 00:00:00", Precision.DAY),
        ("2016:06:  \x00", "2016-06-01 00:00:00", Precision.MONTH),
        ("2016:05:00 00:00:00", "2016-05-01 00:00:00", Precision.MONTH),
        ("2016: :     :  :  ", "2016-01-01 00:00:00", Precision.YEAR),
        ("2016:__:__ __:__:__", "2016-01-01 00:00:00", Precision.YEAR),
    ],
)
def test_a_date_that_is_blank_in_part_is_the_day_the_month_or_the_year(
    tiff_block: Block, text: str, local_at: str, precision: Precision
) -> None:
    (evidence,) = read(tiff_block({}, {ORIGINAL: text})).evidence
    assert (str(evidence.local_at), evidence.precision) == (local_at, precision)


@pytest.mark.parametrize("text", ["2016:13:  ", "2016:02:31", "2016:06:28 25:00:00", "0000:06:28", "2016x"])
def test_a_date_that_is_impossible_in_part_is_none(tiff_block: Block, text: str) -> None:
    assert read(tiff_block({}, {ORIGINAL: text})).evidence == []


@pytest.mark.parametrize(
    ("text", "local_at", "offset"),
    [
        ("2016:08:22 13:41:47+10:00", "2016-08-22 13:41:47", 600),
        ("2016:08:22 13:41:47.25 -0130", "2016-08-22 13:41:47.250000", -90),
        ("2016:08:22 01:41:47 PM", "2016-08-22 13:41:47", None),
        ("2016:08:22 12:41:47 am", "2016-08-22 00:41:47", None),
    ],
)
def test_what_programs_write_behind_the_clock_is_read(
    tiff_block: Block, text: str, local_at: str, offset: int | None
) -> None:
    (evidence,) = read(tiff_block({}, {ORIGINAL: text})).evidence
    assert (str(evidence.local_at), evidence.utc_offset_min) == (local_at, offset)


def test_a_clock_that_says_to_be_utc_is_an_instant(tiff_block: Block) -> None:
    (evidence,) = read(tiff_block({}, {ORIGINAL: "2015:03:19 19:03:50Z"})).evidence
    assert evidence.instant == datetime(2015, 3, 19, 19, 3, 50, tzinfo=UTC)
    (stated,) = read(tiff_block({}, {ORIGINAL: "2015:03:19 19:03:50Z", OFFSET: "+02:00"})).evidence
    assert (str(stated.local_at), stated.utc_offset_min) == ("2015-03-19 19:03:50", 120)


def test_a_blank_date_is_a_problem_and_no_evidence(tiff_block: Block) -> None:
    found = read(tiff_block({}, {ORIGINAL: "    :  :     :  :  ", DIGITIZED: "0000:00:00 00:00:00"}))
    assert (found.evidence, found.problems) == ([], ["exif-date-unreadable"])


GPS = {
    1: "N",
    2: [(41, 1), (30, 1), (0, 1)],
    3: "W",
    4: [(96, 1), (15, 1), (0, 1)],
    5: b"\x01",
    6: [(120, 10)],
    7: [(16, 1), (4, 1), (2101, 100)],
    29: "2019:03:21",
}


def test_references_give_the_signs_of_a_position(tiff_block: Block) -> None:
    found = read(tiff_block({}, None, GPS))
    assert found.position == (41.5, -96.25, -12.0)


@pytest.mark.parametrize(
    ("lat", "degrees"),
    [("52,00000,50,00000,36,00000", 52.843333), ("52.0, 30.0, 0.0", 52.5), ("north", None), ("1,2,3", None)],
)
def test_degrees_may_be_a_text(tiff_block: Block, lat: str, degrees: float | None) -> None:
    position = read(tiff_block({}, None, {**GPS, 2: lat})).position
    assert (position and round(position.lat, 6)) == degrees


def test_the_gps_clock_is_separate_evidence(tiff_block: Block) -> None:
    (evidence,) = read(tiff_block({}, None, GPS)).evidence
    assert (evidence.basis, evidence.instant) == (TimeBasis.GPS, datetime(2019, 3, 21, 16, 4, 21, 10_000, tzinfo=UTC))


@pytest.mark.parametrize(
    "change",
    [
        {2: [(0, 1)] * 3, 4: [(0, 1)] * 3},
        {2: [(91, 1), (0, 1), (0, 1)]},
        {4: [(181, 1), (0, 1), (0, 1)]},
        {2: [(41, 0), (0, 0), (0, 0)]},
    ],
)
def test_null_island_and_impossible_positions_are_missing(tiff_block: Block, change: dict[int, object]) -> None:
    assert read(tiff_block({}, None, {**GPS, **change})).position is None


def test_text_may_be_latin_1_and_padded(tiff_block: Block) -> None:
    found = read(tiff_block({0x10E: "Caf\xe9 am Fluß   ", 0x10F: "SONY\x00\x00"}))
    assert (found.description, found.make) == ("Café am Fluß", "SONY")


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        (b"ASCII\x00\x00\x00A walk\x00\x00", "A walk"),
        (b"UNICODE\x00" + "Grüße".encode("utf-16-le"), "Grüße"),
        (bytes(8) + "Grüße".encode(), "Grüße"),
        (b"ASCII\x00\x00\x00" + b" " * 40, ""),
        (b"ASCII\x00\x00\x00charset=Ascii", ""),
    ],
)
def test_a_user_comment_is_the_description_of_last_resort(tiff_block: Block, comment: bytes, expected: str) -> None:
    assert read(tiff_block({}, {0x9286: comment})).description == expected


def test_exposure_is_kept_in_named_units(tiff_block: Block) -> None:
    tags = {0x829A: [(1, 160)], 0x829D: [(28, 10)], 0x8827: 200, 0x920A: [(75, 1)], 0x9209: 1, 0xA405: 0}
    expected = {"seconds": 1 / 160, "f_number": 2.8, "iso": 200, "focal_length_mm": 75.0, "flash": True}
    assert read(tiff_block({}, tags)).exposure == expected


def test_windows_explorer_text_is_utf_16(tiff_block: Block) -> None:
    found = read(tiff_block({0x9C9B: "Titel\x00".encode("utf-16-le"), 0x9C9E: "a;b\x00".encode("utf-16-le")}))
    assert (found.title, found.keywords) == ("Titel", ("a", "b"))


@pytest.mark.parametrize(("value", "expected"), [(6, 6), (0, 1), (9, 1)])
def test_an_orientation_outside_of_1_to_8_is_upright(tiff_block: Block, value: int, expected: int) -> None:
    assert read(tiff_block({0x112: value})).orientation == expected


@pytest.mark.parametrize("order", [">", "<"])
def test_apple_pairs_live_photos_in_its_maker_note(tiff_block: Block, order: str) -> None:
    whole = tiff_block({0x11: "6E5BC4B4-0C63-4C2C-B1B4-8C0F0E0E5A5A"}, order=order)
    # In the maker note the directory stands behind fourteen bytes instead of eight, so its one offset moves by six.
    (start,) = struct.unpack(f"{order}I", whole[18:22])
    directory = whole[8:18] + struct.pack(f"{order}I", start + 6) + whole[22:]
    note = b"Apple iOS\x00\x00\x01" + (b"MM" if order == ">" else b"II") + directory
    assert read(tiff_block({}, {0x927C: note})).content_id == "6E5BC4B4-0C63-4C2C-B1B4-8C0F0E0E5A5A"


@pytest.mark.parametrize("cut", range(0, 120, 3))
def test_a_cut_off_block_never_raises(tiff_block: Block, cut: int) -> None:
    block = tiff_block({0x10F: "SONY", 0x112: 6}, {ORIGINAL: "2020:05:04 18:39:11"}, GPS)
    assert isinstance(read(block[:cut]), Exif)


@pytest.mark.parametrize(
    "data", [b"", b"Exif\x00\x00", b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"MM\x00*", b"junk" * 9]
)
def test_a_block_that_is_no_exif_is_a_problem(data: bytes) -> None:
    assert read_exif_block(data).problems == ["exif-unreadable"]


def test_a_directory_that_points_to_itself_ends(tiff_block: Block) -> None:
    assert read(tiff_block({0x8769: 8, 0x8825: 8, 0x10F: "X"})).make == "X"
