"""Flight logs: dates and midnights, two heights, fixes that are none, and what the head tells."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Item
from timeline_local.importers.sources.igc import Igc

HERE = Path(__file__).parent
HEAD = "AXYZABC\nHFDTE310524\n"


def fix(clock: str, lat: str = "4741000N", lon: str = "01220000E", rest: str = "A0041400462") -> str:
    return f"B{clock}{lat}{lon}{rest}\n"


def read(tmp_path: Path, reading: ModuleType, text: str, name: str = "log.igc") -> list[Item]:
    found: list[Item] = reading.read(Igc(), reading.make(tmp_path, {name: text}))
    return found


def times(items: list[Item]) -> list[str]:
    return [f"{each.at:%Y-%m-%d %H:%M:%S}" for item in items if isinstance(item, Draft) for each in item.path]


def altitudes(items: list[Item]) -> list[float | None]:
    return [each.altitude_m for item in items if isinstance(item, Draft) for each in item.path]


def test_a_flight_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Igc(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


@pytest.mark.parametrize(
    "said",
    [
        "HFDTE310524", "HFDTE:310524", "HFDTEDATE:310524,01", "HFDTEDATE: 310524", "HFDTEDATE310524", "HODTE310524",
        "hfdte310524",
    ],
)  # fmt: skip
def test_the_date_is_read_in_every_form(tmp_path: Path, reading: ModuleType, said: str) -> None:
    assert times(read(tmp_path, reading, f"AXYZABC\n{said}\n" + fix("100000"))) == ["2024-05-31 10:00:00"]


def test_a_date_that_is_said_again_at_midnight_counts_once(tmp_path: Path, reading: ModuleType) -> None:
    again = HEAD + fix("235958") + "HFDTE010624\n" + fix("000002")
    assert times(read(tmp_path, reading, again)) == ["2024-05-31 23:59:58", "2024-06-01 00:00:02"]


def test_a_clock_that_is_set_back_a_little_is_on_the_same_day(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, HEAD + fix("100005") + fix("100003"))
    assert times(items) == ["2024-05-31 10:00:03", "2024-05-31 10:00:05"]


@pytest.mark.parametrize("unknown", ["", "HFDTE000000\n"])
def test_without_a_date_that_of_the_name_counts(tmp_path: Path, reading: ModuleType, unknown: str) -> None:
    text = f"AXYZABC\n{unknown}" + fix("235959") + fix("000001")
    items = read(tmp_path, reading, text, "2024-05-31-XYZ-ABC-01.igc")
    assert times(items) == ["2024-05-31 23:59:59", "2024-06-01 00:00:01"]


def test_without_any_date_a_flight_is_a_way_on_no_day(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, "AXYZABC\n" + fix("100000") + fix("100100", "4742000N"))
    [draft] = reading.drafts(items).values()
    assert (draft.path, draft.extra["route"]) == ((), [[47.6833333, 12.3333333], [47.7, 12.3333333]])
    assert reading.problems(items) == {"log.igc#undated": "no-time"}


@pytest.mark.parametrize(
    ("fixes", "heights"),
    [
        (("A0041400462", "A0041500000"), [462, None]),  # the satellites' are taken, and 0 is none
        (("A0041400000", "A-001200000"), [414, -12]),  # no satellites' anywhere: the barometer's
        (("A0041400462", "V0041500463"), [462, None]),  # without a height of the satellites, the recorder says
        (("A", "A00415"), [None, 415]),
    ],
)
def test_one_of_the_two_heights_is_taken_for_the_whole_flight(
    tmp_path: Path, reading: ModuleType, fixes: tuple[str, str], heights: list[float | None]
) -> None:
    text = HEAD + fix("100000", rest=fixes[0]) + fix("100001", rest=fixes[1])
    assert altitudes(read(tmp_path, reading, text)) == heights


@pytest.mark.parametrize(
    ("lines", "slugs"),
    [
        ("", {"empty"}),
        (fix("100000", "0000000N", "00000000E", "V0041400000"), {"empty"}),
        (fix("100000", "0000000N", "00000000E"), {"no-position", "empty"}),
        (fix("100000", "9941000N"), {"no-position", "empty"}),
        (fix("256000"), {"damaged", "empty"}),
        ("B10000047", {"damaged", "empty"}),
    ],
)
def test_what_is_no_fix_is_left_out_with_its_reason(
    tmp_path: Path, reading: ModuleType, lines: str, slugs: set[str]
) -> None:
    assert set(reading.problems(read(tmp_path, reading, HEAD + lines)).values()) == slugs


@pytest.mark.parametrize(
    ("name", "text", "is_ours"),
    [
        ("renamed.txt", HEAD + fix("100000"), True),
        ("no head", "LXYZ a comment\n" + fix("100000"), True),
        ("b.txt", "Bring\nHFDTE\nA list of letters\n", False),
    ],
)
def test_it_is_recognised_by_its_records(
    tmp_path: Path, reading: ModuleType, name: str, text: str, *, is_ours: bool
) -> None:
    assert (Igc().recognise(reading.make(tmp_path, {name: text})).confidence > 0) is is_ours
