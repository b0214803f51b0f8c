"""Joplin's export: texts that end in properties, with tags, notebooks and files told by things of their own."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.joplin import Joplin

EXPECTED = Path(__file__).with_name("expected.json")
IDS = [f"{number:032x}" for number in range(1, 40)]
DIARY, TRIPS, TAG, PICTURE, GONE, FIRST, SECOND = IDS[:7]
WHEN = "created_time: 2024-05-01T10:00:00.000Z\nupdated_time: 2024-05-02T10:00:00.000Z"


def thing(kind: int, identifier: str, title: str, props: str = "", body: str = "") -> str:
    told = "\n".join(filter(None, (f"id: {identifier}", props, WHEN, f"type_: {kind}")))
    return "\n\n".join((title, *filter(None, (body, told))))


FILES: dict[str, bytes | str] = {
    f"{DIARY}.md": thing(2, DIARY, "Diary", "parent_id: \nicon: "),
    f"{TRIPS}.md": thing(2, TRIPS, "Trips", f"parent_id: {DIARY}"),
    f"{TAG}.md": thing(5, TAG, "long walk"),
    f"{IDS[7]}.md": thing(6, IDS[7], "", f"note_id: {FIRST}\ntag_id: {TAG}"),
    f"{PICTURE}.md": thing(4, PICTURE, "hill.png", "mime: image/png\nfile_extension: png\nocr_text: a: b\\nc"),
    f"{GONE}.md": thing(4, GONE, "plan.pdf", "mime: application/pdf"),
    f"resources/{PICTURE}.png": b"\x89PNG",
    f"{FIRST}.md": thing(
        1,
        FIRST,
        "A day",
        f"parent_id: {TRIPS}\nis_conflict: 0\nlatitude: 47.50000000\nlongitude: 8.50000000\naltitude: 0.0000\n"
        "author: Ana\nsource_url: https://example.org/a\nis_todo: 1\ntodo_due: 1714600000000\ntodo_completed: 0\n"
        "user_created_time: 2024-04-30T22:00:00.000Z\nencryption_applied: 0\nmarkup_language: 1\ndeleted_time: 0",
        f"We walked #far.\n\nmood: good\n\n![hill](:/{PICTURE})\n"
        f"[the plan](:/{GONE}), see [the second](:/{SECOND}#top)",
    ),
    f"{SECOND}.md": thing(1, SECOND, "", "markup_language: 2", f'<p>Of the <b>web</b></p><img src=":/{PICTURE}"/>'),
    f"{IDS[8]}.md": thing(1, IDS[8], "Old", "deleted_time: 1714600000000"),
    f"{IDS[9]}.md": thing(1, IDS[9], "", "encryption_cipher_text: JED01\nencryption_applied: 1"),
    f"{IDS[10]}.md": thing(1, IDS[10], ""),
    f"{'f' * 32}.md": thing(1, FIRST, "A day"),
    f"{IDS[12]}.md": thing(13, IDS[12], "a revision"),
    f"{IDS[13]}.md": "# Mine\n\nNot of Joplin",
}


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Joplin(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_a_jex_file_is_read_as_joplin_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "all.jex"
    with tarfile.open(path, "w") as tar:
        for name, content in FILES.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    for folder in (Folder(path), Folder(tmp_path)):
        assert Joplin().recognise(folder).confidence > 0.9
        found = [each for each in Joplin().read(folder, ReadOptions(), None) if isinstance(each, Draft)]
        assert [(each.source_key, len(each.media)) for each in found] == [(FIRST, 1), (SECOND, 1)]


def test_other_texts_are_left_to_other_sources(tmp_path: Path, reading: ModuleType) -> None:
    folder, options = reading.make(tmp_path, FILES), ReadOptions()
    list(Joplin().read(folder, options, None))
    assert set(FILES) - options.claimed == {f"{IDS[13]}.md"}
    assert [each.source.name for each in judge(folder).recognised] == ["joplin", "notes_folder", "photo_folder"]
    assert Joplin().recognise(reading.make(tmp_path / "b", {f"{IDS[0]}.md": "a: b\n\nid: c\n"})).confidence == 0


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("", ""),
        ("a\n\nb: c", "a\n\nb: c"),
        ("id: 5\ntype_: 1", "id: 5\ntype_: 1"),
        ("a\r\n", "a"),
        (f'![](:/{PICTURE} "a title")', ""),
        (f"[x](:/{'0' * 32})", "x"),
    ],
)
def test_only_the_last_lines_are_properties(tmp_path: Path, reading: ModuleType, body: str, kept: str) -> None:
    files = {f"{FIRST}.md": thing(1, FIRST, "A title", "", body), f"resources/{PICTURE}.png": b"\x89PNG"}
    (draft,) = reading.drafts(reading.read(Joplin(), reading.make(tmp_path, files))).values()
    assert (draft.title, draft.body, draft.evidence[0].instant.year) == ("A title", kept, 2024)


@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 30, "1e400", "2024-05-01", "\x00"])
def test_odd_properties_break_nothing(tmp_path: Path, reading: ModuleType, value: str) -> None:
    names = ("parent_id", "created_time", "latitude", "altitude", "todo_due", "is_todo", "markup_language")
    props = "is_todo: 1\n" + "\n".join(f"{name}: {value}" for name in names)
    folder = reading.make(tmp_path, {f"{FIRST}.md": thing(1, FIRST, "A title", props)})
    assert len(reading.drafts(reading.read(Joplin(), folder))) == 1


def test_properties_that_are_damaged_break_nothing(tmp_path: Path, reading: ModuleType) -> None:
    text = thing(1, FIRST, "A title", "author: A\rna\nsource_url: x")
    items = reading.read(Joplin(), reading.make(tmp_path, {f"{FIRST}.md": text}))
    assert len(items) <= 1


def test_the_text_of_a_scanned_page_is_no_note(tmp_path: Path, reading: ModuleType) -> None:
    props = f"ocr_text: {'words ' * 5000}"
    folder = reading.make(tmp_path, {f"{PICTURE}.md": thing(4, PICTURE, "scan.png", props)})
    assert reading.read(Joplin(), folder) == []
    assert [each.source.name for each in judge(folder).recognised][:1] == ["joplin"]


def test_notebooks_that_lie_in_each_other_end(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        f"{DIARY}.md": thing(2, DIARY, "Diary", f"parent_id: {TRIPS}"),
        f"{TRIPS}.md": thing(2, TRIPS, "Trips", f"parent_id: {DIARY}"),
        f"{FIRST}.md": thing(1, FIRST, "A title", f"parent_id: {TRIPS}"),
    }
    (draft,) = reading.drafts(reading.read(Joplin(), reading.make(tmp_path, files))).values()
    assert draft.collections[0].name == "Diary/Trips"


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.joplin.NOTES_PER_CHECKPOINT", 2)
    folder = reading.make(tmp_path, {f"{each}.md": thing(1, each, each) for each in IDS[:5]})
    whole = list(Joplin().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Joplin().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 2
    assert [[each for each in rest if not isinstance(each, Checkpoint)] for rest in rests] == [
        [each for each in whole[index:] if not isinstance(each, Checkpoint)] for index, _ in marks
    ]
