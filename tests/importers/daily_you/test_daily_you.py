"""Daily You: the database of a backup and the JSON of the same entries, with their moods, tags and pictures."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.daily_you import DailyYou

EXPECTED = Path(__file__).with_name("expected.json")
SCHEMA = """
CREATE TABLE entries (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, mood INTEGER,
  time_create DATETIME NOT NULL DEFAULT (DATETIME('now')), time_modified DATETIME NOT NULL DEFAULT (DATETIME('now')));
CREATE TABLE entry_images (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, entry_id INTEGER NOT NULL, img_path TEXT NOT
  NULL, img_rank INTEGER NOT NULL, time_create DATETIME NOT NULL DEFAULT (DATETIME('now')),
  FOREIGN KEY (entry_id) REFERENCES entries (id));
CREATE TABLE tags (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, tag_type INTEGER NOT NULL);
CREATE TABLE entry_tags (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, entry_id INTEGER NOT NULL, tag_id INTEGER NOT
  NULL, value TEXT);
INSERT INTO entries (text, mood, time_create, time_modified) VALUES
  ('# A day' || char(10) || 'We walked #far', 1, '2024-05-01T22:30:15.480', '2024-05-02T08:00:00.000'),
  ('', -2, '2024-05-02T09:00:00.000', '2024-05-02T09:00:00.000'),
  ('', NULL, '2024-05-03T09:00:00.000', '2024-05-03T09:00:00.000'),
  ('x', 7, 'soon', '2024-05-03T09:00:00.000');
INSERT INTO entry_images (entry_id, img_path, img_rank) VALUES (1, 'b.jpg', 0), (1, 'a.jpg', 1), (2, 'gone.jpg', 0);
INSERT INTO tags (name, tag_type) VALUES ('walks', 0), ('Steps', 1);
INSERT INTO entry_tags (entry_id, tag_id, value) VALUES (1, 1, NULL), (1, 2, '5000'), (1, 9, NULL);
"""
PICTURES: dict[str, bytes | str] = {"Images/a.jpg": b"\xff\xd8\xff\xe0", "Images/b.jpg": b"\xff\xd8\xff\xe1"}
TOLD: dict[str, Any] = {
    "timeCreated": "2024-05-01T22:30:15.480", "timeModified": "2024-05-02T08:00:00.000",
    "text": "# A day\nWe walked #far", "mood": 1,
    "images": [{"imgPath": "b.jpg", "imgRank": 0, "timeCreated": "2024-05-01T22:30:15.480"}],
}  # fmt: skip


def database(path: Path) -> None:
    with sqlite3.connect(path) as made:
        made.executescript(SCHEMA)


def test_a_backup_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, PICTURES)
    database(tmp_path / "daily_you.db")
    items = reading.read(DailyYou(), folder)
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_the_json_tells_the_same_and_an_entry_of_both_comes_once(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {**PICTURES, "a.json": json.dumps([TOLD])})
    (alone,) = reading.drafts(reading.read(DailyYou(), folder)).values()
    assert (alone.title, alone.body, alone.mood, [each.name for each in alone.media]) == (
        "A day",
        "We walked #far",
        4,
        ["b.jpg"],
    )
    database(tmp_path / "daily_you.db")
    items = reading.read(DailyYou(), reading.make(tmp_path, {}))
    assert alone.source_key in [each.source_key for each in items if isinstance(each, Draft)]
    assert "twice" in [each.slug for each in items if isinstance(each, Problem)]


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [1], True, -1, 1e308, "2024-05-01"])
def test_odd_values_break_nothing(tmp_path: Path, reading: ModuleType, value: object) -> None:
    entries = [{**TOLD, "timeCreated": f"2024-05-{day + 1:02}T01:00:00", name: value} for day, name in enumerate(TOLD)]
    items = reading.read(DailyYou(), reading.make(tmp_path, {**PICTURES, "a.json": json.dumps([TOLD, *entries])}))
    assert len({each.locator if isinstance(each, Problem) else each.source_key for each in items}) >= len(TOLD)


def test_other_lists_and_databases_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    with sqlite3.connect(tmp_path / "other.db") as made:
        made.execute("create table entries (id integer primary key, text text)")
    assert not judge(reading.make(tmp_path, {"a.json": '[{"timeCreated": "2024-05-01", "text": "x"}]'})).recognised


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.daily_you.ITEMS_PER_CHECKPOINT", 2)
    folder = reading.make(tmp_path, PICTURES)
    database(tmp_path / "daily_you.db")
    whole = list(DailyYou().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*DailyYou().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 2
    assert rests == [whole[index + 1 :] for index, _ in marks]
