"""Netflix: viewing activity with times, viewing history with days in the order the file decides, nothing twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.netflix import Netflix

EXPECTED = Path(__file__).with_name("expected.json")
COLUMNS = "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Country"


def row(start: str, title: str, duration: str = "00:45:10", kind: str = "", profile: str = "Ana") -> str:
    return f'{profile},{start},{duration},,"{title}",{kind},Smart TV,00:45:10,DE (Germany)'


def test_viewing_activity_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    rows = [
        row("2020-01-02 22:30:00", "Dark: Season 1: Secrets, Lies"),
        row("2020-01-02 22:20:00", "Dark: Season 1", "00:01:30", "TRAILER"),
        row("2020-01-02 22:10:00", "Klaus", "00:00:40", profile="Bo"),
        row("2020-01-02 22:00:00", "Klaus", "", profile="Bo"),
        row("yesterday", "Klaus"),
    ]
    files = {"CONTENT_INTERACTION/ViewingActivity.csv": "\n".join([COLUMNS, *rows])}
    items = reading.read(Netflix(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (["1/2/20", "1/1/20", "12/31/19"], "2020-01-02"),
        (["02.01.20", "31.12.19"], "2020-01-02"),
        (["3/4/20", "2/4/20", "1/4/20", "12/3/20"], "2020-04-03"),
        (["4/3/20", "4/2/20", "3/12/20"], "2020-04-03"),
        (["2/4/20", "2/4/20", "2/3/20", "2/2/20"], "2020-02-04"),
        (["2020-01-02", "2019-12-31"], "2020-01-02"),
        (["2. 1. 2020", "31. 12. 2019"], "2020-01-02"),
    ],
)
def test_the_order_of_day_and_month_is_decided_over_the_file(
    tmp_path: Path, reading: ModuleType, days: list[str], first: str
) -> None:
    table = "Title,Date\n" + "".join(f'"Dark: {number}","{day}"\n' for number, day in enumerate(days))
    for name, lines in (("backwards", table.splitlines()), ("forwards", ["Title,Date", *table.splitlines()[:0:-1]])):
        folder = reading.make(tmp_path / name, {"NetflixViewingHistory.csv": "\n".join(lines)})
        found = {draft.title: draft for draft in reading.drafts(reading.read(Netflix(), folder)).values()}
        assert found["Dark: 0"].evidence[0].local_at == datetime.fromisoformat(first)


def test_times_that_a_spreadsheet_wrote_are_read_in_the_order_of_the_file(tmp_path: Path, reading: ModuleType) -> None:
    table = "Profile Name,Start Time,Duration,Title\nAna,4/3/2021 14:53,0:26:38,A\nAna,18/2/2021 9:05,0:26:38,B\n"
    items = reading.read(Netflix(), reading.make(tmp_path, {"ViewingActivity.csv": table}))
    assert [each.evidence[0].instant for each in reading.drafts(items).values()] == [
        datetime(2021, 3, 4, 14, 53, tzinfo=UTC),
        datetime(2021, 2, 18, 9, 5, tzinfo=UTC),
    ]


def test_what_both_tables_tell_is_taken_with_its_time(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "ViewingActivity.csv": "\n".join([COLUMNS, row("2020-01-03 00:30:00", "Klaus")]),
        "NetflixViewingHistory.csv": "Title,Date\nKlaus,1/2/20\nKlaus,1/13/20\n",
    }
    items = reading.read(Netflix(), reading.make(tmp_path, files))
    assert reading.problems(items) == {"NetflixViewingHistory.csv#row 1": "twice"}
    assert len(reading.drafts(items)) == 2


@pytest.mark.parametrize(
    ("name", "text", "is_ours"),
    [
        ("NetflixViewingHistory (1).csv", "Titel,Datum\nKlaus,02.01.20\n", True),
        ("my netflix.csv", "Title,Date\nKlaus,1/2/20\n", True),
        ("films.csv", "Title,Date\nKlaus,1/2/20\n", False),
        ("renamed.csv", COLUMNS + "\n", True),
        ("renamed.csv", "Titel,Datum\nKlaus,02.01.20\n", False),
        ("NetflixViewingHistory.csv", "Title,Date\nKlaus,soon\n", False),
        ("NetflixViewingHistory.csv", "", False),
    ],
)
def test_it_is_recognised_by_its_columns(
    tmp_path: Path, reading: ModuleType, name: str, text: str, *, is_ours: bool
) -> None:
    assert (Netflix().recognise(reading.make(tmp_path, {name: text})).confidence > 0) == is_ours


def test_tables_without_what_was_watched_are_answered_with_the_right_one(tmp_path: Path, reading: ModuleType) -> None:
    found = Netflix().recognise(reading.make(tmp_path, {"Devices.csv": "a,b\n", "SearchHistory.csv": "a,b\n"}))
    assert "ViewingActivity.csv" in found.hint


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    rows = [row(f"2020-01-{number % 28 + 1:02} 22:00:00", f"Show {number % 3}") for number in range(450)]
    days = "".join(f'Show {number % 3},"1/{number % 28 + 1}/21"\n' for number in range(250))
    files = {"a.csv": "\n".join([COLUMNS, *rows]), "b netflix.csv": f"Title,Date\n{days}"}
    folder = reading.make(tmp_path, files)
    whole = list(Netflix().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 3
    for index in places:
        rest = Netflix().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
