"""Journiv's export: journals, their entries on the right day, and the files in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.journiv import Journiv

EXPECTED = Path(__file__).with_name("expected.json")


def entry(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    told = {
        "title": "In Rome",
        "content": "We ate.",
        "entry_date": "2024-05-02",
        "entry_datetime_utc": "2024-05-01T22:30:00Z",
        "entry_timezone": "Europe/Rome",
        "created_at": "2024-05-01T22:31:00Z",
        "tags": ["food"],
        "media": [],
        **more,
    }
    return {name: value for name, value in told.items() if value is not None}


def export(*journals: dict[str, Any]) -> str:
    head = {"export_version": "1.0", "export_date": "2025-01-01T00:00:00Z", "app_version": "0.1.0"}
    return json.dumps({**head, "user_email": "a@example.org", "journals": list(journals)})


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    picture = {"filename": "eggs.jpg", "file_path": "images/abc.jpg", "media_type": "image", "mime_type": "image/jpeg"}
    travel = {
        "title": "Travel",
        "entries": [
            entry(
                media=[picture, {**picture, "filename": "gone.jpg", "file_path": "images/gone.jpg"}],
                latitude=41.9,
                longitude=12.5,
                location_json={
                    "name": "Da Enzo",
                    "street": "Via dei Vascellari",
                    "locality": "Rome",
                    "country": "Italy",
                },
                mood_log={"mood_name": "happy", "logged_date": "2024-05-02"},
            ),
            entry(title=None, content="# Head\nText", entry_datetime_utc=None, created_at="2024-05-03T10:00:00Z"),
        ],
    }
    empty = {"title": "Empty", "entries": [entry(title="", content=""), entry(entry_datetime_utc=None, entry_date="x")]}
    files = {"export/data.json": export(travel, empty), "export/media/images/abc.jpg": b"picture"}
    items = reading.read(Journiv(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_moments_are_entries_of_the_journals_they_name_and_moods_alone_are_kept(
    tmp_path: Path, reading: ModuleType
) -> None:
    moment = {
        "logged_at_utc": "2026-05-01T22:30:00Z",
        "logged_date_tz": "2026-05-02",
        "logged_timezone": "Europe/Rome",
        "location_json": {"name": "Da Enzo", "latitude": 41.9, "longitude": 12.5},
        "primary_mood_name": "happy",
        "tags": ["food"],
        "media": [{"filename": "eggs.jpg", "file_path": "e1/eggs.jpg"}],
        "created_at": "2026-05-01T22:31:00Z",
    }
    written = {
        "title": "In Rome",
        "content_delta": {
            "ops": [{"insert": "We "}, {"insert": "ate", "attributes": {"bold": True}}, {"insert": ".\n"}]
        },
        "content_plain_text": "We ate.",
        "journal_external_id": "j1",
        "created_at": "2026-05-01T22:32:00Z",
    }
    alone = {**moment, "media": [], "created_at": "2026-05-03T10:00:00Z"}
    told = {
        "export_version": "1.4",
        "app_version": "0.2.0",
        "journals": [{"title": "Travel", "external_id": "j1"}],
        "mood_definitions": [{"name": "happy", "score": 5}, {"name": "odd", "score": "5"}],
        "moments": [{**moment, "entry": written}, {**alone, "entry": None}, {**alone, "note": "Tired"}],
    }
    folder = reading.make(tmp_path, {"data.json": json.dumps(told), "media/e1/eggs.jpg": b"picture"})
    entry, mood, note = [each for each in reading.read(Journiv(), folder) if isinstance(each, Draft)]
    assert (entry.title, entry.body, entry.mood, entry.tags, len(entry.media)) == (
        "In Rome",
        "We **ate**.",
        5,
        ("food",),
        1,
    )
    assert (entry.source_key, entry.collections[0].name) == ("Travel/2026-05-01T22:32:00Z", "Travel")
    assert entry.evidence[0].instant == datetime(2026, 5, 1, 22, 30, tzinfo=UTC)
    assert (entry.evidence[0].zone, entry.place and entry.place.name) == ("Europe/Rome", "Da Enzo")
    assert [(each.title, each.body, each.collections[0].name) for each in (mood, note)] == [
        ("Mood: happy", "", "Journiv"),
        ("", "Tired", "Journiv"),
    ]


def test_plain_text_is_taken_where_there_is_no_other(tmp_path: Path, reading: ModuleType) -> None:
    text = export({"title": "J", "entries": [entry(content=None, content_plain_text="We ate.")]})
    (draft,) = reading.drafts(reading.read(Journiv(), reading.make(tmp_path, {"data.json": text}))).values()
    assert draft.body == "We ate."


@pytest.mark.parametrize("name", ["data.json", "journiv.json", "a/b/renamed.json"])
def test_an_export_is_known_by_its_content(tmp_path: Path, reading: ModuleType, name: str) -> None:
    assert Journiv().recognise(reading.make(tmp_path, {name: export()})).confidence > 0.9


@pytest.mark.parametrize("text", ["", "{}", '{"journals": []}', '{"export_version": "1.0"}'])
def test_other_json_is_not_taken_for_an_export(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert Journiv().recognise(reading.make(tmp_path, {"a.json": text})).confidence == 0


def test_an_export_that_is_cut_off_gives_the_journals_before_the_cut(tmp_path: Path, reading: ModuleType) -> None:
    text = export({"title": "A", "entries": [entry()]}, {"title": "B", "entries": [entry()]})
    items = reading.read(Journiv(), reading.make(tmp_path, {"data.json": text[: text.rindex('"B"')]}))
    assert len(reading.drafts(items)) == 1
    assert reading.problems(items) == {"data.json": "journal-broken"}


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.journiv.MOMENTS_PER_CHECKPOINT", 2)
    journals = [{"title": f"J{n}", "entries": [entry()]} for n in range(5)]
    moments = [{"logged_at_utc": f"2026-05-0{n}T22:30:00Z", "note": f"Note {n}"} for n in range(1, 6)]
    told = json.loads(export(*journals)) | {"moments": moments}
    folder = reading.make(tmp_path, {"data.json": json.dumps(told)})
    whole = list(Journiv().read(folder, ReadOptions(), None))
    for index, item in enumerate(whole):
        if isinstance(item, Checkpoint):
            rest = Journiv().read(folder, ReadOptions(), item.position)
            assert [each for each in rest if isinstance(each, Draft)] == [
                each for each in whole[index:] if isinstance(each, Draft)
            ]
