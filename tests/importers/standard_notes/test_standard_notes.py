"""Standard Notes' backup: notes of every type with their tags, and no copy of one as a note of its own."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.standard_notes import StandardNotes

EXPECTED = Path(__file__).with_name("expected.json")
NAME = "Standard Notes Backup and Import File.txt"
SUPER = {
    "root": {
        "type": "root",
        "children": [
            {"type": "heading", "tag": "h2", "children": [{"type": "text", "text": "Head", "format": 0}]},
            {
                "type": "paragraph",
                "children": [
                    {"type": "text", "text": "Bold ", "format": 1},
                    {"type": "text", "text": "and code", "format": 16},
                    {"type": "linebreak"},
                    {"type": "link", "url": "https://example.org", "children": [{"type": "text", "text": "there"}]},
                ],
            },
            {
                "type": "list",
                "listType": "check",
                "children": [
                    {"type": "listitem", "checked": True, "children": [{"type": "text", "text": "done"}]},
                    {
                        "type": "listitem",
                        "children": [
                            {
                                "type": "list",
                                "listType": "number",
                                "children": [
                                    {"type": "listitem", "value": 3, "children": [{"type": "text", "text": "third"}]}
                                ],
                            }
                        ],
                    },
                ],
            },
            {"type": "quote", "children": [{"type": "text", "text": "said"}]},
            {"type": "code", "language": "py", "children": [{"type": "code-highlight", "text": "a*b"}]},
            {
                "type": "table",
                "children": [
                    {
                        "type": "tablerow",
                        "children": [
                            {"type": "tablecell", "children": [{"type": "paragraph", "children": [{"text": word}]}]}
                            for word in ("a", "b|c")
                        ],
                    }
                ],
            },
            {"type": "snfile", "fileUuid": "f1"},
        ],
    }
}
TASKS = {"schemaVersion": "1.0.0", "groups": [{"name": "G", "tasks": [{"description": "t", "completed": True}]}]}


def thing(kind: str, uuid: str, content: object, **more: object) -> dict[str, Any]:
    at = {"created_at": "2024-05-01T10:00:00.000Z", "updated_at": "2024-05-02T10:00:00.000Z"}
    return {"uuid": uuid, "content_type": kind, "content": content, **at, **more}


def note(uuid: str, text: str, **content: object) -> dict[str, Any]:
    return thing("Note", uuid, {"title": f"Note {uuid}", "text": text, "references": [], **content})


def refers(uuid: str, kind: str, how: str = "") -> dict[str, str]:
    return {"uuid": uuid, "content_type": kind, **({"reference_type": how} if how else {})}


ITEMS = [
    thing("SN|UserPreferences", "p", {"references": []}),
    note(
        "n1",
        "Plain #idea",
        starred=True,
        references=[refers("n2", "Note", "NoteToNote")],
        appData={
            "org.standardnotes.sn": {"client_updated_at": "2024-05-03T10:00:00.000Z", "pinned": True, "archived": True}
        },
    ),
    note("n2", json.dumps(SUPER), noteType="super"),
    note("n3", "<p>Of <b>HTML</b></p>", editorIdentifier="org.standardnotes.plus-editor"),
    note("n4", "x = 1", noteType="code"),
    note("n5", json.dumps(TASKS), noteType="task"),
    note("n6", '[{"service": "a", "secret": "b"}]', noteType="authentication"),
    note("n7", "gone", trashed=True),
    note("n8", "", title=""),
    note("n1", "again"),
    thing("Note", "n9", {"title": "t", "text": "x", "references": []}, created_at="1970-01-01T00:00:00.000Z"),
    thing("Note", "n10", "004:abc"),
    thing("Tag", "t1", {"title": "walks", "references": [refers("n1", "Note"), refers("t2", "Tag", "TagToParentTag")]}),
    thing("Tag", "t2", {"title": "outside", "references": []}),
    thing("Tag", "t3", {"title": "loop", "references": [refers("t3", "Tag", "TagToParentTag"), refers("n3", "Note")]}),
    thing("File", "f1", {"name": "hill.png", "references": [refers("n2", "Note", "FileToNote")]}),
]
FILES: dict[str, bytes | str] = {
    NAME: json.dumps({"version": "004", "items": ITEMS}, indent=2),
    "Items/Note/Note n1-n1.txt": "Plain #idea",
    "Items/Tag/walks-t1.txt": "{}",
    "mine.txt": "My own",
}


def test_a_backup_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(StandardNotes(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_the_texts_of_a_backup_are_no_notes_of_their_own_and_others_are(tmp_path: Path, reading: ModuleType) -> None:
    folder, options = reading.make(tmp_path, FILES), ReadOptions()
    list(StandardNotes().read(folder, options, None))
    assert set(FILES) - options.claimed == {"mine.txt"}
    assert [each.source.name for each in judge(folder).recognised] == ["standard_notes", "notes_folder"]


def test_an_encrypted_backup_is_answered_with_what_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    sealed = {"version": "004", "items": [thing("Note", "n", "004:0f:xyz")], "keyParams": {}}
    told = StandardNotes().recognise(reading.make(tmp_path, {NAME: json.dumps(sealed)}))
    assert (told.confidence, "Decrypted" in told.hint) == (0, True)


@pytest.mark.parametrize("value", [None, 7, "x", "{", '{"root": 5}', [], {}, [None], True, [[[]]]])
def test_odd_values_break_nothing(tmp_path: Path, reading: ModuleType, value: object) -> None:
    names = ("title", "text", "references", "appData", "noteType", "editorIdentifier", "trashed", "starred")
    contents = [{"title": "t", "text": "x", name: value} for name in names]
    items = [*ITEMS[:2], *(thing("Note", f"x{place}", each) for place, each in enumerate(contents))]
    items += [note(f"y{kind}", json.dumps(value), noteType=kind) for kind in ("super", "task", "rich-text", "code")]
    found = reading.read(StandardNotes(), reading.make(tmp_path, {NAME: json.dumps({"items": items})}))
    assert len({each.source_key if isinstance(each, Draft) else each.locator for each in found}) == len(items) - 1


@pytest.mark.parametrize(
    "node", [{"type": ["text"], "text": "x"}, {"type": "paragraph", "children": [{"type": {}, "children": 5}]}]
)
def test_a_text_whose_parts_are_of_no_kind_ends_nothing(
    tmp_path: Path, reading: ModuleType, node: dict[str, Any]
) -> None:
    items = [note("n", json.dumps({"root": {"children": [node, {"type": "text", "text": "end"}]}}), noteType="super")]
    (draft,) = reading.drafts(
        reading.read(StandardNotes(), reading.make(tmp_path, {NAME: json.dumps({"items": items})}))
    ).values()
    assert "end" in draft.body


def test_links_within_links_end(tmp_path: Path, reading: ModuleType) -> None:
    deep: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(450):
        deep = {"type": "link", "children": [deep]}
    items = [note("n", json.dumps({"root": {"children": [deep, {"type": "text", "text": "end"}]}}), noteType="super")]
    (draft,) = reading.drafts(
        reading.read(StandardNotes(), reading.make(tmp_path, {NAME: json.dumps({"items": items})}))
    ).values()
    assert "end" in draft.body


def test_a_text_that_is_nested_a_thousand_times_ends(tmp_path: Path, reading: ModuleType) -> None:
    deep: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(200):
        deep = {"type": "list", "children": [{"type": "listitem", "children": [deep]}]}
    items = [note("n", json.dumps({"root": {"children": [deep, {"type": "text", "text": "end"}]}}), noteType="super")]
    (draft,) = reading.drafts(
        reading.read(StandardNotes(), reading.make(tmp_path, {NAME: json.dumps({"items": items})}))
    ).values()
    assert "end" in draft.body


@pytest.mark.parametrize("cut", range(300, 3500, 400))
def test_a_cut_backup_gives_what_comes_before(tmp_path: Path, reading: ModuleType, cut: int) -> None:
    text = str(FILES[NAME])[:cut]
    items = reading.read(StandardNotes(), reading.make(tmp_path, {NAME: text}))
    if items:
        assert [each.slug for each in items if isinstance(each, Problem)][-1] == "notes-broken"


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.standard_notes.ITEMS_PER_CHECKPOINT", 3)
    folder = reading.make(tmp_path, FILES)
    whole = list(StandardNotes().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*StandardNotes().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 3
    assert rests == [whole[index + 1 :] for index, _ in marks]
