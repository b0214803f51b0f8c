"""Google Keep: notes, lists, labels and pictures out of a Takeout; what lay in the trash stays there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.google_keep import GoogleKeep

EXPECTED = Path(__file__).with_name("expected.json")
KEEP = "Takeout/Keep"


def note(**more: Any) -> str:  # noqa: ANN401 - any JSON
    told = {
        "color": "DEFAULT",
        "isTrashed": False,
        "isPinned": False,
        "isArchived": False,
        "textContent": "Milk and bread",
        "title": "Shopping",
        "userEditedTimestampUsec": 1578329500310000,
        "createdTimestampUsec": 1578329400000000,
        **more,
    }
    return json.dumps({name: value for name, value in told.items() if value is not None})


def test_a_takeout_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    tasks = [{"text": "Milk", "isChecked": True}, {"text": "Bread", "isChecked": False}]
    picture = [{"filePath": "16f7.jpg", "mimetype": "image/jpeg"}, {"filePath": "gone.png", "mimetype": "image/png"}]
    files = {
        f"{KEEP}/Shopping.json": note(labels=[{"name": "Home"}, {"name": "Food/Week"}]),
        f"{KEEP}/Shopping.html": "<html></html>",
        f"{KEEP}/2020-01-06T17_51_40.310+01_00.json": note(
            title="", textContent=None, listContent=tasks, createdTimestampUsec=None, isArchived=True
        ),
        f"{KEEP}/Picture.json": note(textContent="", attachments=picture, isPinned=True),
        f"{KEEP}/16f7.jpeg": b"picture",
        f"{KEEP}/Gone.json": note(isTrashed=True),
        f"{KEEP}/Empty.json": note(title="", textContent=""),
        f"{KEEP}/Labels.txt": "Home",
    }
    items = reading.read(GoogleKeep(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


STYLED = '<p dir="ltr"><span style="font-weight:{};font-style:{};text-decoration:none;">{}</span></p>'


@pytest.mark.parametrize(
    ("told", "body"),
    [
        (
            {
                "textContent": "Heading\nBold and not",
                "textContentHtml": '<h1><span style="font-weight:700">Heading</span></h1>'
                '<p><span style="font-weight: 700;">Bold </span><span>and not</span></p>',
            },
            "# Heading\n\n**Bold** and not",
        ),
        ({"textContent": "a\nb", "textContentHtml": "<p><span>a</span></p><p><span>b</span></p>"}, "a\nb"),
        ({"textContent": "a", "textContentHtml": "<b <span style='font-weight:700"}, "a"),
        (
            {
                "textContent": None,
                "listContent": [
                    {"text": "one", "textHtml": STYLED.format(700, "italic", "one"), "isChecked": True},
                    {"text": "two", "textHtml": STYLED.format(400, "normal", "two"), "isChecked": False},
                ],
            },
            "- [x] **_one_**\n- [ ] two",
        ),
        ({"textContent": "", "textContentHtml": "<p>only here</p>"}, "only here"),
        (
            {
                "textContent": "see https://a.example/",
                "annotations": [
                    {"title": "A", "url": "https://a.example/"},
                    {"title": "B [2]", "url": "https://b.example/(1)"},
                    {"url": "https://c.example/"},
                    {"description": "no link"},
                    7,
                ],
            },
            "see https://a.example/\n\n[B \\[2\\]](<https://b.example/(1)>)\n<https://c.example/>",
        ),
        (
            {"title": "", "textContent": "", "annotations": [{"title": "A", "url": "https://a.example/"}]},
            "[A](<https://a.example/>)",
        ),
    ],
)
def test_a_note_is_markdown_with_what_is_bold_and_its_links(
    tmp_path: Path, reading: ModuleType, told: dict[str, Any], body: str
) -> None:
    items = reading.read(GoogleKeep(), reading.make(tmp_path, {f"{KEEP}/a.json": note(**told)}))
    assert [each.body for each in reading.drafts(items).values()] == [body]


def test_a_note_is_known_by_its_content(tmp_path: Path, reading: ModuleType) -> None:
    assert GoogleKeep().recognise(reading.make(tmp_path, {"a/b/renamed.JSON": note()})).confidence > 0.9


def test_a_note_is_known_without_what_other_tools_leave_out(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(
        tmp_path, {"a.json": note(isTrashed=None, color=None, createdTimestampUsec="1578329400000000")}
    )
    assert GoogleKeep().recognise(folder).confidence > 0.9
    (draft,) = reading.drafts(reading.read(GoogleKeep(), folder)).values()
    assert draft.evidence[0].instant == datetime(2020, 1, 6, 16, 50, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "{}", '{"title": "x", "textContent": "y"}', "[1, 2]"])
def test_other_json_is_not_taken_for_a_note(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert GoogleKeep().recognise(reading.make(tmp_path, {"a.json": text})).confidence == 0


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        (note()[:-5], "note-broken"),
        (note(textContent="x" * 100_001), "note-too-long"),
        ('["isPinned", "isArchived", "isTrashed"]', "empty"),
    ],
)
def test_a_broken_note_is_told_and_ends_nothing(tmp_path: Path, reading: ModuleType, text: str, slug: str) -> None:
    items = reading.read(GoogleKeep(), reading.make(tmp_path, {"Keep/a.json": text, "Keep/b.json": note()}))
    assert reading.problems(items) == {"Keep/a.json": slug}
    assert list(reading.drafts(items)) == ["b.json"]


def test_pages_and_notes_are_hidden_from_other_sources(tmp_path: Path, reading: ModuleType) -> None:
    options = ReadOptions()
    folder = reading.make(tmp_path, {"Keep/a.json": note(), "Keep/a.html": "<p>", "Keep/other.html": "<p>"})
    reading.read(GoogleKeep(), folder, options)
    assert options.claimed == {"Keep/a.json", "Keep/a.html"}


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"Keep/{number}.json": note() for number in range(130)})
    whole = list(GoogleKeep().read(folder, ReadOptions(), None))
    for index, item in enumerate(whole):
        if isinstance(item, Checkpoint):
            rest = GoogleKeep().read(folder, ReadOptions(), item.position)
            assert [each for each in rest if isinstance(each, Draft)] == [
                each for each in whole[index:] if isinstance(each, Draft)
            ]


def test_the_list_of_labels_is_no_note(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"{KEEP}/A.json": note(title="Two\nlines"), f"{KEEP}/Labels.txt": "Home"})
    options = ReadOptions()
    (draft,) = reading.drafts(reading.read(GoogleKeep(), folder, options)).values()
    assert draft.title == "Two lines"
    assert f"{KEEP}/Labels.txt" in options.claimed
