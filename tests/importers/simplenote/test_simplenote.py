"""Simplenote's export: notes out of the JSON, and none a second time out of the text files."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge, read_all
from timeline_local.importers.sources.simplenote import Simplenote

EXPECTED = Path(__file__).with_name("expected.json")


def note(identifier: str, content: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    times = {"creationDate": "2016-11-18T23:28:42.957Z", "lastModified": "2016-12-22T21:59:36.623Z"}
    return {"id": identifier, "content": content, **times, **more}


NOTES = {
    "activeNotes": [
        note("a1", "Shopping: milk\r\nBread\r\n\r\n- cheese", tags=["home", "to do"], pinned=True),
        note("a2", "# Shared\r\nsimplenote://note/aaaa-bbbb-cccc", collaboratorEmails=["ana@example.org"],
             publicURL="http://simp.ly/p/x", markdown=True),
        note("a3", "x" * 200 + "\r\nmore", creationDate="?"),
        note("a4", " "),
        note("", "nobody's"),
    ],
    "trashedNotes": [note("t1", "Gone for good")],
}  # fmt: skip


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Simplenote(), reading.make(tmp_path, {"source/notes.json": json.dumps(NOTES, indent=2)}))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_the_text_files_of_an_export_are_no_notes_of_their_own_and_others_are(
    tmp_path: Path, packing: ModuleType
) -> None:
    packing.pack(
        tmp_path / "notes.zip",
        {
            "source/notes.json": json.dumps(NOTES),
            "Shopping--milk.txt": "Shopping: milk\r\nBread\r\n\r\n- cheese\n\nTags:\n  home, to do",
            "trash/Gone for good.txt": "Gone for good",
            "mine.txt": "Of my own",
        },
    )
    folder = Folder(tmp_path / "notes.zip")
    read = read_all(folder, [each.source for each in judge(folder).recognised], ReadOptions())
    titles = {each.item.title: each.source for each in read if isinstance(each.item, Draft)}
    assert "Gone for good" not in titles
    assert (titles["Shopping: milk"], titles["mine"], list(titles).count("Shopping--milk")) == (
        "simplenote",
        "notes_folder",
        0,
    )


@pytest.mark.parametrize("text", ["{}", '{"activeNotes": 1}', '{"notes": [{"creationDate": ""}]}'])
def test_other_json_is_not_taken_for_an_export(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert Simplenote().recognise(reading.make(tmp_path, {"notes.json": text})).confidence == 0


def test_an_export_that_is_cut_off_gives_the_notes_before_the_cut(tmp_path: Path, reading: ModuleType) -> None:
    text = json.dumps(NOTES)
    items = reading.read(Simplenote(), reading.make(tmp_path, {"a.json": text[: text.index('"a3"')]}))
    assert (list(reading.drafts(items)), reading.problems(items)) == (["a1", "a2"], {"a.json": "notes-broken"})


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.simplenote.ITEMS_PER_CHECKPOINT", 2)
    told = {"activeNotes": [note(f"i{n % 4}", str(n)) for n in range(5)], "trashedNotes": [note("t", "x")]}
    folder = reading.make(tmp_path, {"a.json": json.dumps(told)})
    whole = list(Simplenote().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Simplenote().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 3
    assert [[each for each in rest if isinstance(each, Draft)] for rest in rests] == [
        [each for each in whole[index:] if isinstance(each, Draft)] for index, _ in marks
    ]
