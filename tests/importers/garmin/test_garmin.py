"""Garmin Connect: days and nights of the export of all data.

Names of fields and files are those in the tests of other readers; figures are ours.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.garmin import Garmin

EXPECTED = Path(__file__).with_name("expected.json")


def day(at: object, steps: object = 8100, **more: object) -> dict[str, Any]:
    return {"userProfilePK": 1, "calendarDate": at, "totalSteps": steps, **more}


NIGHT = {
    "calendarDate": "2025-01-02",
    "sleepStartTimestampGMT": "2025-01-01T22:00:00.0",
    "sleepEndTimestampGMT": "2025-01-02T06:00:00.0",
    "deepSleepSeconds": 3_600,
    "lightSleepSeconds": 7_200,
    "remSleepSeconds": 1_800,
    "awakeSleepSeconds": 600,
}
DAYS = [
    day(
        "2025-01-01",
        activeKilocalories=700,
        floorsAscendedInMeters=30.48,
        moderateIntensityMinutes=20,
        vigorousIntensityMinutes=10,
        currentDayRestingHeartRate=55,
    ),
    day({"date": "2025-01-02"}, 11_000),
    day("2025-01-03", 0),
    day("someday"),
]
FILES = {
    "DI_CONNECT/DI-Connect-Aggregator/UDSFile_2025-01-01_2025-04-11.json": json.dumps(DAYS),
    "DI_CONNECT/DI-Connect-Wellness/2025-01-01_2025-04-11_1_sleepData.json": json.dumps([NIGHT]),
    "DI_CONNECT/DI-Connect-Fitness/a_0_summarizedActivities.json": '[{"summarizedActivitiesExport": []}]',
}


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Garmin(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_a_day_in_two_exports_counts_once(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a/days.json": json.dumps([day("2025-01-01")]), "b/days.json": json.dumps([day("2025-01-01")])}
    (draft,) = reading.drafts(reading.read(Garmin(), reading.make(tmp_path, files))).values()
    assert draft.extra["steps"] == 8100


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        (json.dumps(DAYS), True),
        (json.dumps([NIGHT]), True),
        ('[{"summarizedActivitiesExport": []}]', False),
        ('{"calendarDate": "2025-01-01", "totalSteps": 1}', False),
        ("[]", False),
    ],
)
def test_it_is_recognised_by_what_it_says(tmp_path: Path, reading: ModuleType, text: str, *, is_ours: bool) -> None:
    assert (Garmin().recognise(reading.make(tmp_path, {"renamed.json": text})).confidence > 0) == is_ours


@pytest.mark.parametrize("steps", [-5, 1e12, "many", None, [], {}])
def test_a_figure_that_cannot_be_is_none(tmp_path: Path, reading: ModuleType, steps: object) -> None:
    text = json.dumps([day("2025-01-01", steps, activeKilocalories=7)])
    (draft,) = reading.drafts(reading.read(Garmin(), reading.make(tmp_path, {"a.json": text}))).values()
    assert draft.extra == {"active_kcal": 7}


def test_a_list_that_breaks_off_keeps_what_came_before(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Garmin(), reading.make(tmp_path, {"a.json": json.dumps(DAYS[:2])[:-5]}))
    assert list(reading.drafts(items)) == ["day:2025-01-01"]
    assert reading.problems(items) == {"a.json": "unreadable"}


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    told = [day((date(2010, 1, 1) + timedelta(number)).isoformat(), number + 1) for number in range(450)]
    folder = reading.make(tmp_path, {"a.json": json.dumps(told)})
    whole = list(Garmin().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 3
    for index in places:
        rest = Garmin().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
