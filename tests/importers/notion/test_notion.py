"""Notion's export: pages at the dates that their properties say, with their pictures, and tables not read twice."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.notion import Notion

EXPECTED = Path(__file__).with_name("expected.json")
IDS = [f"{number:032x}" for number in range(20)]
HOME, SUB, TABLE, ROW, OTHER = IDS[10:15]
FILES: dict[str, bytes | str] = {
    f"Home {HOME}.md": f"# Home\n\nNote: no property\n\n![](Home/a%20b.png)\n\n[Sub](Home/Sub%20{SUB}.md)\n\n"
    f"[Journal](Home/Journal%20{TABLE}.csv)\n",
    "Home/a b.png": b"\x89PNG",
    f"Home/Sub {SUB}.md": "# Sub\n\nShort #idea\n",
    f"Home/Journal {TABLE}.csv": "\ufeffName,Created,Date,Tags,Mood,Due date\nDay,x,y,z,w,v\n",
    f"Home/Journal {TABLE}_all.csv": "\ufeffName,Created,Date,Tags,Mood,Due date\nDay,x,y,z,w,v\n",
    f"Home/Journal/A day {ROW}.md": "# A day\n\nCreated: May 3, 2024 8:00 AM\n"
    "Date: May 1, 2024 10:30 PM (GMT+2) → May 2, 2024\n"
    "Tags: home, long walk\nMood: Fine: so so\nDue date: May 9, 2024\n\nWe walked.\nNote: far\n",
    f"Home/Journal/Blank {OTHER}.md": "# Blank\n\n",
}  # fmt: skip


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Notion(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_a_zip_in_a_zip_is_read_as_notion_gives_it(tmp_path: Path) -> None:
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        for name, content in FILES.items():
            packed.writestr(f"Private & Shared/{name}", content)
    with zipfile.ZipFile(tmp_path / "Export-0123.zip", "w") as packed:
        packed.writestr("ExportBlock-0123-Part-1.zip", inner.getvalue())
    folder = Folder(tmp_path / "Export-0123.zip")
    assert Notion().recognise(folder).confidence > 0.8
    drafts = [each for each in Notion().read(folder, ReadOptions(), None) if isinstance(each, Draft)]
    assert [(each.source_key, len(each.media)) for each in drafts] == [(HOME, 1), (SUB, 0), (ROW, 0)]


@pytest.mark.parametrize(
    ("title", "line", "at"),
    [
        ("x", "Date: 2024/05/01 22:30", datetime(2024, 5, 1, 22, 30)),  # noqa: DTZ001 - a clock on a wall
        ("@May 4, 2024", "Created: May 3, 2024 8:00 AM", datetime(2024, 5, 4)),  # noqa: DTZ001
        ("2024-05-05 Walk", "Created: May 3, 2024", datetime(2024, 5, 5)),  # noqa: DTZ001
        ("x", "Created time: May 3, 2024 8:00 AM", datetime(2024, 5, 3, 8)),  # noqa: DTZ001
        ("x", "Due date: May 3, 2024", None),
    ],
)
def test_a_page_is_at_the_date_that_is_meant(
    tmp_path: Path, reading: ModuleType, title: str, line: str, at: datetime | None
) -> None:
    header = f"Name,{line.partition(':')[0]}\n"
    files = {f"DB {TABLE}.csv": header, f"DB {TABLE}/x {ROW}.md": f"# {title}\n\n{line}\n\ntext\n"}
    (draft,) = reading.drafts(reading.read(Notion(), reading.make(tmp_path, files))).values()
    assert (draft.evidence[0].local_at, draft.body) == (at, "text")


def test_an_export_as_web_pages_is_answered_with_the_format_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    told = Notion().recognise(reading.make(tmp_path, {f"Home {HOME}.html": "<html>"}))
    assert (told.confidence, "Markdown & CSV" in told.hint) == (0, True)


def test_other_markdown_is_not_taken_for_pages(tmp_path: Path, reading: ModuleType) -> None:
    assert Notion().recognise(reading.make(tmp_path, {"Home.md": "x", f"{HOME}.txt": "x"})).confidence == 0


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.notion.ITEMS_PER_CHECKPOINT", 2)
    files = {f"DB {TABLE}/{number} {IDS[number]}.md": f"# t\n\nDate: May {number}, 2024\n\nx" for number in range(1, 6)}
    folder = reading.make(tmp_path, {f"DB {TABLE}.csv": "Name,Date\n", **files})
    whole = list(Notion().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Notion().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 2
    assert [[each for each in rest if not isinstance(each, Checkpoint)] for rest in rests] == [
        [each for each in whole[index:] if not isinstance(each, Checkpoint)] for index, _ in marks
    ]
