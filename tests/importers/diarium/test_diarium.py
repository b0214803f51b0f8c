"""Diarium: a database with files in it, and the JSON of the same entries with files beside it."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Problem
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.diarium import Diarium

EXPECTED = Path(__file__).with_name("expected.json")
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 80  # more than a page holds
CLOCK = datetime(2024, 5, 1, 22, 30, 15, 480_000)  # noqa: DTZ001 - a clock on a wall
TICKS = 638_501_994_154_800_000  # of CLOCK
SCHEMA = """
CREATE TABLE "Entries" ("DiaryEntryId" bigint primary key not null, "Heading" varchar, "Text" varchar, "Rating" integer,
  "Latitude" float, "Longitude" float);
CREATE TABLE "Tags" ("DiaryTagId" integer primary key autoincrement not null, "Type" integer, "Value" varchar,
  "Color" varchar);
CREATE TABLE "EntryTags" ("DiaryEntryId" bigint, "DiaryTagId" integer, "TrackingValue" varchar);
CREATE TABLE "Media" ("MediaId" integer primary key autoincrement, "DiaryEntryId" bigint, "Type" integer,
  "Data" blob, "Index" integer);
INSERT INTO Tags VALUES (1, 0, 'walks', '#FFFFE600'), (2, 1, 'Ana', NULL), (3, 2, 'Steps', NULL);
"""
TOLD: dict[str, Any] = {
    "date": "2024-05-01T22:30:15.4800000", "heading": "A day", "html": "<p>We <b>walked</b>.</p><p>Far #hill</p>",
    "rating": 4, "location": [47.5, 8.5], "tags": ["walks"], "people": ["Ana"], "tracker": ["Steps: 5000"],
    "weather": "18°C, clear.", "sun": "Sunrise: 7:16 AM",
}  # fmt: skip
FILES: dict[str, bytes | str] = {
    "Diarium_2024.json": "\ufeff"
    + json.dumps(
        [
            TOLD,
            {"date": "2024-05-03T00:00:00", "html": "<p>A day alone</p>", "rating": 0, "location": [0, 0]},
            {**TOLD, "html": "<p>again</p>"},
            {"date": "soon", "html": "<p>x</p>"},
            {"date": "2024-05-04T00:00:00", "html": "<p></p>"},
        ]
    ),
    "media/2024-05-01_223015480/b.jpg": b"\xff\xd8\xff\xe1",
    "media/2024-05-01_223015480/a.mp4": b"\0\0\0\x18ftypmp42",
    "media/2024-05-03/c.jpg": b"\xff\xd8\xff\xe2",
    "other/2024-05-01_223015480/d.jpg": b"\xff\xd8\xff\xe3",
}


def database(path: Path) -> None:
    with sqlite3.connect(path) as made:
        made.executescript(SCHEMA)
        row = (TICKS, "A day", TOLD["html"], 4, 47.5, 8.5)
        made.execute("INSERT INTO Entries VALUES (?, ?, ?, ?, ?, ?)", row)
        made.execute("INSERT INTO Entries VALUES (?, NULL, '<p>Later</p>', NULL, 0, 0)", (TICKS + 864_000_000_000,))
        made.executemany(
            "INSERT INTO EntryTags VALUES (?, ?, ?)", [(TICKS, 1, None), (TICKS, 2, None), (TICKS, 3, "5000")]
        )
        files = [(TICKS, 0, b"\x89PNG\r\n\x1a\n", 1), (TICKS, 0, PICTURE, 0), (TICKS, 0, b"", 2)]
        made.executemany("INSERT INTO Media (DiaryEntryId, Type, Data, [Index]) VALUES (?, ?, ?, ?)", files)


def test_a_database_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "mine.diary")
    items = reading.read(Diarium(), reading.make(tmp_path, {}))
    told = json.dumps(reading.golden(items))
    placeless = re.sub(r"//sqlite,\d+,\d+,", "//sqlite,0,0,", told)  # other versions of SQLite put rows elsewhere
    assert json.loads(placeless) == json.loads(EXPECTED.read_bytes())


def test_the_files_of_a_database_are_those_that_were_put_into_it(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "mine.diary")
    folder = reading.make(tmp_path, {})
    first, second = reading.drafts(reading.read(Diarium(), folder)).values()
    assert [folder.read(each.locator, limit=10**6) for each in first.media] == [PICTURE, b"\x89PNG\r\n\x1a\n"]
    assert [each.name.rpartition(".")[2] for each in first.media] == ["jpg", "png"]
    assert not second.media


def test_the_json_tells_the_same_and_each_entry_has_its_files(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Diarium(), reading.make(tmp_path, FILES))
    first, second, third = reading.drafts(items).values()
    assert [each.name for each in first.media] == ["a.mp4", "b.jpg"]
    assert [each.name for each in second.media] == ["c.jpg"]
    assert (second.evidence[0].precision.value, second.mood, second.place) == ("day", None, None)
    assert third.source_key == f"{first.source_key}~2"
    assert [each.slug for each in items if isinstance(each, Problem)] == ["entry-broken", "empty"]


def test_a_file_for_each_entry_is_read_too(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a.json": json.dumps(TOLD, indent=2), "b.json": json.dumps([{**TOLD, "date": "2024-05-09T10:00:00"}])}
    assert len(reading.drafts(reading.read(Diarium(), reading.make(tmp_path, files)))) == 2


def test_an_entry_of_both_comes_once(tmp_path: Path, reading: ModuleType) -> None:
    database(tmp_path / "mine.diary")
    folder = reading.make(tmp_path, {"a.json": json.dumps([TOLD])})
    items = reading.read(Diarium(), folder)
    by_json, _ = reading.drafts(items).values()
    assert (by_json.evidence[0].local_at, by_json.mood, by_json.people[0].name) == (CLOCK, 4, "Ana")
    assert by_json.extra["tracker"] == ["Steps: 5000"]
    assert [each.slug for each in items if isinstance(each, Problem)] == ["twice"]


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [1], True, [None, None], -1, 1e308])
def test_odd_values_break_nothing(tmp_path: Path, reading: ModuleType, value: object) -> None:
    entries = [{**TOLD, "date": f"2024-05-{day + 1:02}T01:00:00", name: value} for day, name in enumerate(TOLD)]
    items = reading.read(Diarium(), reading.make(tmp_path, {"a.json": json.dumps([TOLD, *entries])}))
    assert len(items) == len(TOLD) + 1


def test_other_lists_and_databases_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    with sqlite3.connect(tmp_path / "other.diary") as made:
        made.execute("create table entries (id integer primary key, text text)")
    files = {"a.json": '[{"date": "2024-05-01T10:00:00", "text": "x"}]', "b.json": '{"html": "", "rating": 1}'}
    assert not judge(reading.make(tmp_path, files)).recognised


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.diarium.ITEMS_PER_CHECKPOINT", 2)
    folder = reading.make(tmp_path, FILES)
    whole = list(Diarium().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Diarium().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 2
    assert rests == [whole[index + 1 :] for index, _ in marks]
