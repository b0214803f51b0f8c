"""OziExplorer's files: Delphi's days, feet, places with commas, other datums, and Geolife, which writes the same."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Item
from timeline_local.importers.sources.oziexplorer import OziExplorer

HERE = Path(__file__).parent
HEAD = "OziExplorer Track Point File Version 2.1\n{0}\nAltitude is in {1}\nReserved 3\n0,2,255,a,0,0,2,8421376\n0\n"


def read(tmp_path: Path, reading: ModuleType, text: str) -> list[Item]:
    found: list[Item] = reading.read(OziExplorer(), reading.make(tmp_path, {"a.plt": text}))
    return found


def told(items: list[Item]) -> list[tuple[str, float | None]]:
    found = [each for item in items if isinstance(item, Draft) for each in item.path]
    return [(f"{each.at:%Y-%m-%d %H:%M:%S.%f}", each.altitude_m) for each in found]


def test_files_of_all_kinds_give_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(OziExplorer(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


def test_a_track_of_geolife_is_the_same_by_another_name(tmp_path: Path, reading: ModuleType) -> None:
    head = "Geolife trajectory\nWGS 84\nAltitude is in Feet\nReserved 3\n0,2,255,My Track,0,0,2,8421376\n0\n"
    items = read(tmp_path, reading, head + "39.984702,116.318417,0,492,39744.1201851852,2008-10-23,02:53:04\n")
    ((at, altitude),) = told(items)
    assert at == "2008-10-23 02:53:04.000000"
    assert altitude == pytest.approx(149.962)
    assert OziExplorer().recognise(reading.Folder(tmp_path)).confidence > 0.9


@pytest.mark.parametrize("day", ["", "0", "0.0000000", "12.5", "999999999", "nan"])
def test_points_without_a_day_are_a_way_on_no_day(tmp_path: Path, reading: ModuleType, day: str) -> None:
    [draft] = reading.drafts(read(tmp_path, reading, HEAD.format("WGS 84", "Feet") + f"1,2,0,0,{day}\n")).values()
    assert (draft.path, draft.extra["route"]) == ((), [[1, 2]])


def test_heights_may_be_in_metres(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, HEAD.format("WGS 84", "Metres") + "1,2,0,100,39744.5\n")
    assert told(items) == [("2008-10-23 12:00:00.000000", 100)]


@pytest.mark.parametrize(
    ("datum", "is_told"), [("WGS 84", False), ("WGS84,WGS 84", False), ("", False), ("Pulkovo 1942 (1)", True)]
)
def test_another_datum_is_told(tmp_path: Path, reading: ModuleType, datum: str, *, is_told: bool) -> None:
    items = read(tmp_path, reading, HEAD.format(datum, "Feet") + "1,2,0,0,39744.5\n")
    assert (reading.problems(items) == {"a.plt#datum": "other-datum"}) is is_told
    assert len(told(items)) == 1


@pytest.mark.parametrize("text", [HEAD.format("WGS 84", "Feet"), "OziExplorer Waypoint File Version 1.1\nWGS 84\n"])
def test_a_file_without_points_is_told(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert reading.problems(read(tmp_path, reading, text)) == {"a.plt": "empty"}


@pytest.mark.parametrize("line", ["x", "1,x,0", "W,0,1", "R"])
def test_broken_lines_are_listed(tmp_path: Path, reading: ModuleType, line: str) -> None:
    items = read(tmp_path, reading, HEAD.format("WGS 84", "Feet") + f"1,2,0,0,39744.5\n{line}\n1,2,0,0,39744.6\n")
    assert reading.problems(items) == {"a.plt#line 8": "no-position"}
    assert len(told(items)) == 2


@pytest.mark.parametrize(
    ("name", "read_as"), [("A\u00d1 B", "A, B"), ("a\u00d1b", "a,b"), ("ESPA\u00d1A", "ESPA\u00d1A"), ("x\u00d1", "x,")]
)
def test_a_comma_in_a_name_is_told_from_a_letter(tmp_path: Path, reading: ModuleType, name: str, read_as: str) -> None:
    text = f"OziExplorer Waypoint File Version 1.1\nWGS 84\nReserved 2\n\n1,{name},1,2\n"
    [draft] = reading.drafts(read(tmp_path, reading, text)).values()
    assert draft.title == read_as
