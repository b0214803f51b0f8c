"""Daylio: the backup with its pictures and the table, the same entries in both."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.daylio import Daylio

EXPECTED = Path(__file__).with_name("expected.json")
HEADER = "full_date,date,weekday,time,mood,activities,note_title,note\n"
MOODS = [
    {"id": 1, "custom_name": "", "mood_group_id": 1, "predefined_name_id": 1, "icon_id": 1, "state": 0},
    {"id": 4, "custom_name": "", "mood_group_id": 4, "predefined_name_id": 4, "icon_id": 4, "state": 0},
    {"id": 7, "custom_name": "meh+", "mood_group_id": 2, "predefined_name_id": -1, "icon_id": 14, "state": 0},
]
TAGS = [{"id": 1, "name": "family", "id_tag_group": 0}, {"id": 3, "name": "long walk", "id_tag_group": 0}]
PICTURE = b"\xff\xd8\xff\xe0 picture"


def entry(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    at = {"year": 2023, "month": 0, "day": 24, "hour": 9, "minute": number, "timeZoneOffset": 3600000}
    return {"id": number, **at, "mood": 1, "note": "", "note_title": "", "tags": [], "assets": [], **more}


def backup(*entries: dict[str, Any], **more: Any) -> bytes:  # noqa: ANN401 - any JSON
    told = {"version": 15, "isReminderOn": True, "customMoods": MOODS, "tags": TAGS, "dayEntries": list(entries)}
    return base64.encodebytes(json.dumps({**told, "assets": [], "pin": "1234", **more}, ensure_ascii=False).encode())


def test_a_backup_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType, packing: ModuleType) -> None:
    meta = json.dumps({"Name": "PXL_1.jpg", "LastModified": 1661442023000})
    assets = [
        {"id": 12, "checksum": "f64aec", "type": 1, "createdAt": 1661442023327, "android_metadata": meta},
        {"id": 13, "checksum": "6ad9fd", "type": 1, "createdAt": 1661442023327},
        {"id": 14, "checksum": "gone", "type": 1},
    ]
    note = "Met <b>Ana</b>.<div>Ate &amp; slept</div><ul><li>one</li><li>two</li></ul>"
    entries = (
        entry(59, note=note, note_title="Title", tags=[1, 3, 99], assets=[12, 13, 14, 99], isFavorite=True),
        entry(59, mood=7, note="1 < 2, plain\nof old"),
        entry(1, mood=4, tags=[3], timeZoneOffset=-34200000),
        entry(2, mood=99),
        entry(3, month=12),
    )
    packing.pack(
        tmp_path / "backup_2023_11_23.daylio",
        {
            "backup.daylio": backup(*entries, assets=assets),
            "assets/photos/2022/8/f64aec": PICTURE,
            "assets/photos/2022/8/6ad9fd": PICTURE,
        },
    )
    items = reading.read(Daylio(), Folder(tmp_path / "backup_2023_11_23.daylio"))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_a_table_gives_its_entries_with_the_moods_whose_words_are_known(tmp_path: Path, reading: ModuleType) -> None:
    rows = (
        '2021-09-28,28 September,Tuesday,10:05 pm,Great,"clean | movies / tv | clean ","A day","Once<br>a ""time"""\n'
        '2021-09-27,September 27,Monday,08:20,irritable,"","",""\n'
        '2021-09-26,26 September,Sunday,12:10 am,ok ,"","",""\n'
        '2021-09-31,31 September,Sunday,12:10 am,ok ,"","",""\n'
    )
    items = reading.read(Daylio(), reading.make(tmp_path, {"daylio_export.csv": HEADER + rows}))
    first, second, third = (each for each in items if isinstance(each, Draft))
    assert (first.title, first.body, first.tags, first.mood) == (
        "A day",
        'Once\na "time"',
        ("clean", "movies / tv"),
        5,
    )
    assert (second.title, second.mood, second.extra) == ("Mood: irritable", None, {"mood": "irritable"})
    assert [each.evidence[0].local_at for each in (first, second, third)] == [
        datetime(2021, 9, 28, 22, 5),  # noqa: DTZ001 - a clock on a wall
        datetime(2021, 9, 27, 8, 20),  # noqa: DTZ001
        datetime(2021, 9, 26, 0, 10),  # noqa: DTZ001
    ]
    assert reading.problems(items) == {"daylio_export.csv#4": "entry-broken"}


def test_a_table_of_seven_columns_tells_the_year_apart(tmp_path: Path, reading: ModuleType) -> None:
    table = 'year,date,weekday,time,mood,activities,note\n2018,18 May,Friday,11:54 pm,bad,"cook","Went out"\n'
    (draft,) = reading.drafts(reading.read(Daylio(), reading.make(tmp_path, {"a.csv": table}))).values()
    assert (draft.source_key, draft.body, draft.mood) == ("2018-05-18T23:54", "Went out", 2)


def test_what_a_backup_and_a_table_tell_is_taken_from_the_backup(tmp_path: Path, reading: ModuleType) -> None:
    rows = "2023-01-24,24 January,Tuesday,09:01,bad,,,\n2023-01-24,24 January,Tuesday,09:05,good,,,new\n"
    folder = reading.make(tmp_path, {"a.csv": HEADER + rows, "backup.daylio": backup(entry(1, note="said"))})
    items = reading.read(Daylio(), folder)
    assert [each.body for each in reading.drafts(items).values()] == ["said", "new"]
    assert reading.problems(items) == {"a.csv#1": "twice"}


def test_a_backup_that_somebody_decoded_is_read_too(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"decoded.json": base64.decodebytes(backup(entry(1, note="é")))})
    assert [each.body for each in reading.drafts(reading.read(Daylio(), folder)).values()] == ["é"]


@pytest.mark.parametrize(
    ("name", "content", "is_told"),
    [
        ("backup.daylio", "bm90IHdoYXQgaXQgc2F5cw==", True),
        ("a.csv", "date,mood\n2021-01-01,good\n", False),
        ("a.txt", "notes", False),
    ],
)
def test_other_files_are_not_taken_for_entries(
    tmp_path: Path, reading: ModuleType, name: str, content: str, *, is_told: bool
) -> None:
    told = Daylio().recognise(reading.make(tmp_path, {name: content}))
    assert (told.confidence, bool(told.hint)) == (0, is_told)


def test_a_backup_that_is_cut_off_gives_the_entries_before_the_cut(tmp_path: Path, reading: ModuleType) -> None:
    text = backup(*(entry(number, note="x" * 50) for number in range(1, 31)))
    items = reading.read(Daylio(), reading.make(tmp_path, {"backup.daylio": text[: len(text) * 3 // 4]}))
    assert (len(reading.drafts(items)) > 10, reading.problems(items)) == (True, {"backup.daylio": "journal-broken"})


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.daylio.ITEMS_PER_CHECKPOINT", 2)
    rows = "".join(f"2021-09-0{day},,,08:20,good,,,x\n" for day in range(1, 6))
    entries = [entry(number // 2, note=str(number)) for number in range(5)]
    folder = reading.make(tmp_path, {"a.csv": HEADER + rows, "z/backup.daylio": backup(*entries)})
    whole = list(Daylio().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Daylio().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 4
    assert [[each for each in rest if isinstance(each, Draft)] for rest in rests] == [
        [each for each in whole[index:] if isinstance(each, Draft)] for index, _ in marks
    ]
