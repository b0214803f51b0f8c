"""Notes as Apple hands them out: texts in folders, and a table that tells by title when they were written."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.apple_notes import AppleNotes

EXPECTED = Path(__file__).with_name("expected.json")
TABLE = (
    "Title, Created On, Modified On, Pinned, Deleted, Drawing/Handwriting, ContentHash at Import\n"
    "Shopping, bread / milk, 05-01-2024 08:00:00, 05-02-2024 09:00:00, Yes, No, No, abc\n"
    "Shopping, bread / milk, 06-01-2024 08:00:00, 06-02-2024 09:00:00, No, No, No, abd\n"
    '"Plan, ""A""", 05-03-2024 23:59:59, 05-03-2024 23:59:59, No, No, Yes, def\n'
    "Gone, 05-04-2024 10:00:00, 05-04-2024 10:00:00, No, No, No, fed\n"
    "New Note, 05-05-2024 10:00:00, , No, No, No,\n"
)
TOP = "iCloud Notes/Notes"
FILES: dict[str, bytes | str] = {
    f"{TOP}/Notes Details.csv": TABLE,
    f"{TOP}/Shopping, bread _ milk/Shopping, bread _ milk.txt": "Shopping, bread / milk\n\n"
    "\t◦\tbread\n\t✓\tmilk\n\t\t•\tof oats\n",
    f"{TOP}/Shopping, bread _ milk/Shopping, bread _ milk-1.txt": "Shopping, bread / milk\nagain #food",
    f"{TOP}/Shopping, bread _ milk/Attachment.jpeg": b"\xff\xd8\xff\xe0",
    f"{TOP}/Shopping, bread _ milk/sketches/drawing.png": b"\x89PNG",
    f"{TOP}/Work/Home/Plan, _A_/Plan, _A_.txt": 'Plan, "A"\r\n1. first\r\n\ufffc\r\n',
    f"{TOP}/New Note/New Note.txt": "\n",
    f"{TOP}/Unknown/Unknown.txt": "Unknown\nThe table forgot it.",
    f"{TOP}/Unknown/other.txt": "not a note",
    "iCloud Notes/Recently Deleted/Gone/Gone.txt": "Gone\n",
}  # fmt: skip


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(AppleNotes(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_notes_have_the_same_keys_wherever_the_export_lies(tmp_path: Path, reading: ModuleType) -> None:
    here = reading.drafts(reading.read(AppleNotes(), reading.make(tmp_path / "a", FILES)))
    moved = {f"Downloads/2024/{name}": content for name, content in FILES.items()}
    assert list(reading.drafts(reading.read(AppleNotes(), reading.make(tmp_path / "b", moved)))) == list(here)


def test_a_folder_whose_name_was_cut_is_found_by_its_beginning(tmp_path: Path, reading: ModuleType) -> None:
    title = "What I always wanted to write down about the sea"
    files = {"Notes Details.csv": TABLE + f"{title}, 07-01-2024 08:00:00, 07-01-2024 08:00:00, No, No, No, x\n"}
    folder = reading.make(tmp_path, {**files, f"{title[:30]}/{title[:30]}.txt": f"{title}\nIt is wet."})
    (draft,) = reading.drafts(reading.read(AppleNotes(), folder)).values()
    assert (draft.title, draft.evidence[0].local_at) == (title, datetime(2024, 7, 1, 8))  # noqa: DTZ001 - no zone is told


def test_texts_elsewhere_are_left_to_other_sources(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(
        tmp_path, {**FILES, "Diary/Diary.txt": "Diary\nmine", "Notes Details.csv": "Title,When\nx,y\n"}
    )
    options = ReadOptions()
    list(AppleNotes().read(folder, options, None))
    assert not options.claimed & {"Diary/Diary.txt", "Notes Details.csv", f"{TOP}/Unknown/other.txt"}
    assert [each.source.name for each in judge(folder).recognised] == ["apple_notes", "notes_folder", "photo_folder"]
    assert AppleNotes().recognise(reading.make(tmp_path / "b", {"Diary/Diary.txt": "x"})).confidence == 0


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.apple_notes.NOTES_PER_CHECKPOINT", 1)
    folder = reading.make(tmp_path, FILES)
    whole = list(AppleNotes().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*AppleNotes().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 5
    assert rests == [whole[index + 1 :] for index, _ in marks]


@pytest.mark.parametrize(
    "table", [b"\xff\xfeT\x00", b"Title, Created On, Modified On", "Title, Created On, Modified On\n,,\n"]
)
def test_a_table_of_nothing_leaves_notes_at_the_dates_of_their_files(
    tmp_path: Path, reading: ModuleType, table: bytes | str
) -> None:
    folder = reading.make(tmp_path, {"Notes Details.csv": table, "A/A.txt": "A\nb"})
    found = reading.drafts(reading.read(AppleNotes(), folder))
    assert [(len(each.evidence), each.body) for each in found.values()] in ([], [(1, "b")])
