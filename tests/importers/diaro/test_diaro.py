"""Diaro's backup: entries with what they name by ids, wherever in the file it stands."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Problem
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.diaro import Diaro

EXPECTED = Path(__file__).with_name("expected.json")


def row(**told: object) -> str:
    return "<r>\n" + "".join(f"\t<{name}>{escape(str(value))}</{name}>\n" for name, value in told.items()) + "</r>\n"


def backup(**tables: list[str]) -> str:
    made = "".join(f'<table name="diaro_{name}">\n{"".join(rows)}</table>\n' for name, rows in tables.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<data version="2">\n{made}</data>\n'


def entry(uid: str, **told: object) -> str:
    return row(uid=uid, **{"date": 1714595400000, "tz_offset": "+02:00", "title": "", "text": "x", **told})


XML = backup(
    folders=[row(uid="f", title="Diary", color="#607D8B", pattern="")],
    tags=[row(uid="t", title="long walk")],
    moods=[row(uid="m", title="Grateful", icon="x", color="y", weight=7)],
    entries=[
        entry(
            "e1",
            title="A day <out>",
            text="We walked & sang\n#far",
            folder_uid="f",
            location_uid="l",
            tags=",t,gone,",
            primary_photo_uid="p",
            weather_temperature="18.5",
            weather_icon="day",
            weather_description="clear sky",
            mood=2,
        ),
        entry("e2", tz_offset="-03:30", mood="m", weather_temperature=0, weather_icon="", weather_description=""),
        entry("e3", text="", mood=5),
        entry("e1", text="again"),
        entry("e4", date=0),
        entry("e5", text="", mood=0),
        entry("e6", archived=1),
    ],
    attachments=[
        row(uid="b", entry_uid="e1", type="photo", filename="b.jpg", position=2),
        row(uid="a", entry_uid="e1", type="photo", filename="a.jpg", position=1),
        row(uid="c", entry_uid="e2", type="photo", filename="gone.jpg", position=1),
    ],
    locations=[row(uid="l", title="", address="1 Two Road", lat="50.000000", lng="-1.600000", zoom=5)],
)
FILES: dict[str, bytes | str] = {
    "DiaroBackup.xml": XML,
    "media/photo/a.jpg": b"\xff\xd8\xff\xe0",
    "media/photo/b.jpg": b"\xff\xd8\xff\xe1",
}


def test_a_backup_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Diaro(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("mood", "score"), [(1, 5), (2, 4), (3, 3), (4, 2), (5, 1), (0, None), (6, None), ("", None), ("m", None)]
)
def test_the_best_mood_is_the_first_one(tmp_path: Path, reading: ModuleType, mood: object, score: int | None) -> None:
    folder = reading.make(tmp_path, {"DiaroBackup.xml": backup(entries=[entry("e", mood=mood)])})
    (draft,) = reading.drafts(reading.read(Diaro(), folder)).values()
    assert draft.mood == score


@pytest.mark.parametrize(("offset", "minutes"), [("+00:00", 0), ("-03:30", -210), ("+99:00", None), ("", None)])
def test_the_clock_is_the_one_of_the_entry(
    tmp_path: Path, reading: ModuleType, offset: str, minutes: int | None
) -> None:
    folder = reading.make(tmp_path, {"DiaroBackup.xml": backup(entries=[entry("e", tz_offset=offset)])})
    (draft,) = reading.drafts(reading.read(Diaro(), folder)).values()
    assert draft.evidence[0].utc_offset_min == minutes


@pytest.mark.parametrize("cut", range(200, len(XML) - 10, 197))
def test_a_cut_backup_gives_what_comes_before(tmp_path: Path, reading: ModuleType, cut: int) -> None:
    items = reading.read(Diaro(), reading.make(tmp_path, {"DiaroBackup.xml": XML[:cut]}))
    ended = XML[:cut].partition('"diaro_entries"')[2].partition("</table>")[0].count("</r>")
    assert [each.slug for each in items if isinstance(each, Problem)][-1] == "journal-broken"
    assert len(reading.drafts(items)) == min(ended, 3)


def test_an_encrypted_backup_is_answered_with_what_to_do(tmp_path: Path, reading: ModuleType) -> None:
    told = Diaro().recognise(reading.make(tmp_path, {"DiaroBackup.denc": b"\x00\x01"}))
    assert (told.confidence, "encryption" in told.hint) == (0, True)


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.diaro.ITEMS_PER_CHECKPOINT", 2)
    folder = reading.make(tmp_path, FILES)
    whole = list(Diaro().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Diaro().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 3
    assert rests == [whole[index + 1 :] for index, _ in marks]
