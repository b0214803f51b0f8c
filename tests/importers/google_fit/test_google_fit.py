"""Google Fit: the table of all days becomes days; its parts and sessions are left out.

Columns are those of Takeout; some rows are after those in the tests of other readers.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.google_fit import GoogleFit

EXPECTED = Path(__file__).with_name("expected.json")
HEAD = (
    "Date,Move Minutes count,Calories (kcal),Distance (m),Heart Points,Average heart rate (bpm),Max heart rate (bpm),"
    "Min heart rate (bpm),Step count,Average weight (kg),Biking duration (ms),Sleep duration (ms)\n"
)
PARTS = "Start time,End time,Move Minutes count,Calories (kcal)\n00:00,00:15,1,2\n"
SESSION = '{"fitnessActivity": "walking", "startTime": "2024-03-05T08:00:00Z", "endTime": "2024-03-05T09:00:00Z"}'
FILES = {
    "Fit/Daily activity metrics/Daily activity metrics.csv": HEAD
    + "2026-09-01,64,2480.5,6200,18,72,141,54,8400,78.4,,25200000\n"
    + "2026-09-02,31,2210.0,13100,7,,,,4100,,3600000,\n"
    + "2026-09-03,0,0,0,0,0,0,0,0,0,0,0\n"
    + "soon,1,,,,,,,1,,,\n",
    "Fit/Daily activity metrics/2026-09-01.csv": PARTS,
    "Fit/All Sessions/2024-03-05T08_00_00Z_WALKING.json": SESSION,
}


def test_a_takeout_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(GoogleFit(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("name", "text", "is_ours", "has_hint"),
    [
        ("renamed.csv", f"{HEAD}2026-09-01,,,,,,,,8400,,,\n", True, False),
        ("a.csv", "Start time,End time,Move Minutes count\n00:00,00:15,1\n", False, True),
        ("a.json", SESSION, False, True),
        ("a.csv", "Date,Step count\n2026-09-01,1\n", False, False),
    ],
)
def test_it_is_recognised_by_its_columns(
    tmp_path: Path, reading: ModuleType, name: str, text: str, *, is_ours: bool, has_hint: bool
) -> None:
    found = GoogleFit().recognise(reading.make(tmp_path, {name: text}))
    assert (found.confidence > 0, bool(found.hint)) == (is_ours, has_hint)


@pytest.mark.parametrize("value", ["-5", "1e12", "NaN", "x"])
def test_a_figure_that_cannot_be_is_none(tmp_path: Path, reading: ModuleType, value: str) -> None:
    text = f"{HEAD}2026-09-01,7,{value},{value},,{value},,,{value},{value},,{value}\n"
    (draft,) = reading.drafts(reading.read(GoogleFit(), reading.make(tmp_path, {"a.csv": text}))).values()
    assert draft.extra == {"moving_min": 7}


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    rows = "".join(
        f"20{10 + day // 300}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02},1,,,,,,,{day + 1},,,\n" for day in range(900)
    )
    folder = reading.make(tmp_path, {"a.csv": HEAD + rows})
    whole = list(GoogleFit().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) > 3
    for index in places:
        rest = GoogleFit().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
