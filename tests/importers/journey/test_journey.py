"""Journey's exports: both spellings of an entry, its files, and what a number without meaning stands for."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.journey import Journey

EXPECTED = Path(__file__).with_name("expected.json")
NOWHERE = 1.7976931348623157e308
OF_APP: dict[str, Any] = {
    "id": "1714560000000-aB3dE5", "date_modified": 1714563600000, "date_journal": 1714560000000,
    "timezone": "Europe/Berlin", "text": '<p dir="auto">We <b>walked</b>.</p><p dir="auto">Far #hill</p>',
    "preview_text": "We walked", "mood": 3, "lat": 52.52, "lon": 13.4, "address": "Tiergarten", "label": "",
    "folder": "", "sentiment": 1.25, "favourite": True, "music_title": "Song", "music_artist": "Band",
    "photos": ["1714560000000-aB3dE5-1.jpg", "1714560000000-aB3dE5-2.mp4"],
    "weather": {"id": 800, "degree_c": 18.5, "description": "Clear sky", "icon": "01d", "place": "Berlin"},
    "tags": ["friends"], "type": "html",
}  # fmt: skip
OF_CLOUD: dict[str, Any] = {
    "id": "xYz", "dateOfJournal": "2024-05-02T22:30:00.000Z", "updatedAt": "2024-05-03T06:00:00.000Z",
    "text": "# Evening\n\nQuiet.", "timezone": "Asia/Tokyo", "favourite": False, "sentiment": 0.25,
    "address": "Toyama", "location": {"lat": 36.66, "lng": 137.22}, "weather": {"id": -1, "degreeC": NOWHERE},
    "attachments": ["pic.jpg"], "tags": [], "encrypted": False, "activity": 0, "type": "markdown", "schemaVersion": 2,
}  # fmt: skip
OLD = {
    "id": "old", "date_journal": 1400000000000, "text": "1 < 2\nplain", "lat": NOWHERE, "lon": NOWHERE, "sentiment": 0,
    "favourite": False, "photos": [], "tags": [], "mood": 0,
}  # fmt: skip
FILES: dict[str, bytes | str] = {
    "1714560000000-aB3dE5.json": json.dumps(OF_APP),
    "1714560000000-aB3dE5-1.jpg": b"\xff\xd8\xff\xe0",
    "again.json": json.dumps(OF_APP),
    "locked.json": json.dumps({**OF_CLOUD, "id": "locked", "encrypted": True}),
    "never.json": json.dumps({**OLD, "id": "never", "date_journal": 0}),
    "nothing.json": json.dumps({**OLD, "id": "nothing", "text": ""}),
    "old.json": json.dumps(OLD),
    "torn.json": json.dumps(OLD)[:-1],
    "xYz/xYz.json": json.dumps(OF_CLOUD),
    "xYz/pic.jpg": b"\xff\xd8\xff\xe1",
}


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Journey(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("sentiment", "mood"),
    [(0, None), (0.25, 1), (0.75, 2), (1, 3), (1.25, 4), (1.75, 5), (None, None), ("x", None), (-1, None)],
)
def test_the_mood_is_the_one_that_was_chosen(
    tmp_path: Path, reading: ModuleType, sentiment: object, mood: int | None
) -> None:
    folder = reading.make(tmp_path, {"a.json": json.dumps({**OLD, "sentiment": sentiment})})
    (draft,) = reading.drafts(reading.read(Journey(), folder)).values()
    assert draft.mood == mood


@pytest.mark.parametrize(
    ("told", "body"),
    [
        ({"text": "<p>a</p><p>b</p>"}, "a\n\nb"),
        ({"text": "a<br>b"}, "a\nb"),
        ({"text": "<p>a</p>", "type": "markdown"}, "<p>a</p>"),
        ({"text": "*a* <3"}, "*a* <3"),
    ],
)
def test_a_text_is_read_as_what_it_is(tmp_path: Path, reading: ModuleType, told: dict[str, str], body: str) -> None:
    folder = reading.make(tmp_path, {"a.json": json.dumps({**OLD, **told})})
    (draft,) = reading.drafts(reading.read(Journey(), folder)).values()
    assert draft.body == body


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [None], {"lat": "x"}, True, NOWHERE])
def test_odd_values_break_nothing(tmp_path: Path, reading: ModuleType, value: object) -> None:
    names = [*OF_APP, *OF_CLOUD]
    files = {f"{place}.json": json.dumps({**OF_APP, name: value}) for place, name in enumerate(names)}
    items = reading.read(Journey(), reading.make(tmp_path, files))
    assert len(items) >= len(names) - 2  # those whose date is none are not taken for entries


def test_other_files_of_json_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a.json": '{"date_journal": 5}', "b.json": '{"favourite": true}', "c.json": "[]"}
    assert Journey().recognise(reading.make(tmp_path, files)).confidence == 0
    assert [
        each.source.name for each in judge(reading.make(tmp_path / "x", {"a.json": json.dumps(OLD)})).recognised
    ] == ["journey"]


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.journey.ENTRIES_PER_CHECKPOINT", 2)
    folder = reading.make(tmp_path, {f"{n}.json": json.dumps({**OLD, "id": str(n)}) for n in range(5)})
    whole = list(Journey().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Journey().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 2
    assert [[each for each in rest if not isinstance(each, Checkpoint)] for rest in rests] == [
        [each for each in whole[index:] if not isinstance(each, Checkpoint)] for index, _ in marks
    ]
