"""Day One: entries with their day, zone, place, text, files and links, out of exports as people have them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, RelationKind
from timeline_local.domain.times import decide
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.day_one import DayOne

EXPECTED = Path(__file__).with_name("expected.json")
TABLES = Path(__file__).resolve().parents[4] / "shared" / "corpora" / "tables"
REAL = "journal/dayone-marcdonald/test/__test_data__/day-one-in"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE = "0" * 31 + "1"
TWO = "0" * 31 + "2"


def entry(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"uuid": ONE, "creationDate": "2024-04-19T21:48:36Z", "timeZone": "Europe/London", "text": "Hello.", **more}


def journal(*entries: object) -> str:
    return json.dumps({"metadata": {"version": "1.0"}, "entries": list(entries)})


def read_one(tmp_path: Path, reading: ModuleType, told: dict[str, Any], **files: bytes) -> Draft:
    folder = reading.make(
        tmp_path, {"Journal.json": journal(told), **{k.replace("__", "/"): v for k, v in files.items()}}
    )
    found = reading.drafts(reading.read(DayOne(), folder))
    draft = found[ONE]
    assert isinstance(draft, Draft)
    return draft


def when(draft: Draft) -> tuple[str, str, str | None]:
    moment = decide(
        draft.evidence, coordinates=None, zone_of=lambda *_: None, home_zone="Europe/Lisbon", fallback=NOW, now=NOW
    ).moment
    return moment.local_at.isoformat(), moment.precision.value, moment.zone


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, ("2024-04-19T22:48:36", "instant", "Europe/London")),
        ({"timeZone": "America/Toronto"}, ("2024-04-19T17:48:36", "instant", "America/Toronto")),
        (
            {"timeZone": None, "location": {"timeZoneName": "Asia/Tokyo"}},
            ("2024-04-20T06:48:36", "instant", "Asia/Tokyo"),
        ),
        ({"timeZone": "GMT+1200"}, ("2024-04-20T09:48:36", "instant", None)),
        ({"timeZone": "GMT-3:30"}, ("2024-04-19T18:18:36", "instant", None)),
        ({"timeZone": "GMT+9900"}, ("2024-04-19T22:48:36", "instant", "Europe/Lisbon")),
        ({"timeZone": "No/Where"}, ("2024-04-19T22:48:36", "instant", "Europe/Lisbon")),
        (
            {"isAllDay": True, "creationDate": "2024-04-16T23:00:00Z", "timeZone": "Europe/Dublin"},
            ("2024-04-17T00:00:00", "day", "Europe/Dublin"),
        ),
    ],
)
def test_an_entry_stands_on_the_day_it_was_where_it_was_written(
    tmp_path: Path, reading: ModuleType, told: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert when(read_one(tmp_path, reading, entry(**told))) == expected


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("Done\\. \\(Really\\!\\)", "Done. (Really!)"),
        ("well\\-known snake\\_case", "well-known snake_case"),
        ("1\\. no list", "1\\. no list"),
        ("\\- no list\n\\-\\-\\-", "\\- no list\n\\---"),
        ("\\*stars\\*", "\\*stars\\*"),
        ("\\![no](picture)", "\\![no](picture)"),
        ("`a\\.b` and a\\.b", "`a\\.b` and a.b"),
        ("```\na\\.b\n```\na\\.b", "```\na\\.b\n```\na.b"),
        ("C:\\Users", "C:\\Users"),
    ],
)
def test_backslashes_go_where_they_mean_nothing(tmp_path: Path, reading: ModuleType, text: str, body: str) -> None:
    assert read_one(tmp_path, reading, entry(text=text)).body == body


def test_a_heading_at_the_start_is_the_title(tmp_path: Path, reading: ModuleType) -> None:
    draft = read_one(tmp_path, reading, entry(text="# In Rome\n\nWe ate."))
    assert (draft.title, draft.body) == ("In Rome", "We ate.")


def test_rich_text_stands_in_for_a_text_that_is_missing(tmp_path: Path, reading: ModuleType) -> None:
    contents = [
        {"attributes": {"line": {"header": 2}}, "text": "Head\n"},
        {"attributes": {"line": {"listStyle": "checkbox", "checked": True, "indentLevel": 1}}, "text": "done\n"},
        {"attributes": {"line": {"listStyle": "numbered", "listIndex": 2, "indentLevel": 2}}, "text": "two\n"},
        {"attributes": {"line": {"quote": True}}, "text": "said\n"},
        {"text": "plain "},
        {"attributes": {"bold": True}, "text": "bold\n"},
        {"embeddedObjects": [{"type": "horizontalRuleLine"}]},
        {"attributes": {"linkURL": "https://example.org"}, "text": "link"},
    ]
    draft = read_one(tmp_path, reading, entry(text=None, richText=json.dumps({"contents": contents})))
    assert draft.body == "## Head\n- [x] done\n  2. two\n> said\nplain **bold**\n\n---\n[link](https://example.org)"


def test_files_are_found_by_their_hash_whatever_they_are_called(tmp_path: Path, reading: ModuleType) -> None:
    text = (
        "A ![](dayone-moment://P) b ![](dayone-moment:\\/video\\/V) c ![](dayone-moment:/audio/A)![](dayone-moment://X)"
    )
    told = entry(
        text=text,
        photos=[{"identifier": "P", "md5": "AA", "orderInEntry": 2}],
        videos=[{"identifier": "V", "md5": "bb", "type": "mov", "orderInEntry": 1}],
        audios=[{"identifier": "A", "md5": "cc", "format": "aac", "orderInEntry": 3}],
        pdfAttachments=[{"identifier": "D", "md5": "dd", "type": "pdf", "filename": "Ticket.pdf"}],
    )
    draft = read_one(
        tmp_path,
        reading,
        told,
        **{"photos__aa.heic": b"1", "videos__bb.mov": b"2", "audios__cc.m4a": b"3", "pdfs__dd.pdf": b"4"},
    )
    assert [(each.locator, each.name) for each in draft.media] == [
        ("pdfs/dd.pdf", "Ticket.pdf"),
        ("videos/bb.mov", "bb.mov"),
        ("photos/aa.heic", "aa.heic"),
        ("audios/cc.m4a", "cc.m4a"),
    ]
    assert draft.body == "A  b  c ![](dayone-moment://X)"


def test_a_file_that_is_missing_is_told_and_the_entry_comes_all_the_same(tmp_path: Path, reading: ModuleType) -> None:
    told = entry(photos=[{"identifier": "P"}, {"identifier": "Q", "md5": "ff", "type": "jpeg"}])
    items = reading.read(DayOne(), reading.make(tmp_path, {"J.json": journal(told)}))
    assert list(reading.drafts(items)) == [ONE]
    assert reading.problems(items) == {"J.json#1/photos/P": "file-missing", "J.json#1/photos/ff": "file-missing"}


def test_links_to_other_entries_become_relations(tmp_path: Path, reading: ModuleType) -> None:
    text = (
        f"See [that](dayone://view?entryId={TWO}) and dayone:\\/\\/view?entryId={TWO} and dayone://view?entryId={ONE}"
    )
    (relation,) = read_one(tmp_path, reading, entry(text=text)).relations
    assert (relation.kind, relation.source_key) == (RelationKind.RELATED, TWO)


@pytest.mark.parametrize(
    ("told", "slug"),
    [
        ("nonsense", "entry-broken"),
        ({"creationDate": "2024-04-19T21:48:36Z"}, "entry-broken"),
        (entry(creationDate="yesterday"), "entry-broken"),
        (entry(text=""), "empty"),
        (entry(text="x" * 100_001), "note-too-long"),
    ],
)
def test_a_broken_entry_does_not_end_the_journal(tmp_path: Path, reading: ModuleType, told: object, slug: str) -> None:
    items = reading.read(DayOne(), reading.make(tmp_path, {"J.json": journal(told, entry(uuid=TWO))}))
    assert reading.problems(items) == {"J.json#1": slug}
    assert list(reading.drafts(items)) == [TWO]


def test_a_journal_that_is_cut_off_gives_the_entries_before_the_cut(tmp_path: Path, reading: ModuleType) -> None:
    text = journal(entry(), entry(uuid=TWO))
    items = reading.read(DayOne(), reading.make(tmp_path, {"J.json": text[: text.rindex(TWO)]}))
    assert list(reading.drafts(items)) == [ONE]
    assert reading.problems(items) == {"J.json": "journal-broken"}


@pytest.mark.parametrize("end", ['"entries":', '"uuid"', '"creationDate"', "Hello", "]}"])
def test_a_journal_that_is_cut_off_anywhere_is_told(tmp_path: Path, reading: ModuleType, end: str) -> None:
    text = journal(entry())
    folder = reading.make(tmp_path, {"J.json": text[: text.index(end) + len(end) - 1]})
    assert DayOne().recognise(folder).confidence > 0
    assert reading.problems(reading.read(DayOne(), folder)) == {"J.json": "journal-broken"}


def test_letters_of_another_encoding_are_mended_and_their_entry_is_told(tmp_path: Path, reading: ModuleType) -> None:
    data = journal(entry(text="K?se"), entry(uuid=TWO)).encode().replace(b"?", b"\xe4")
    items = reading.read(DayOne(), reading.make(tmp_path, {"J.json": data}))
    assert reading.problems(items) == {"J.json#entries 1": "letters-mended"}
    assert [each.body for each in reading.drafts(items).values()] == ["Käse", "Hello."]


@pytest.mark.parametrize("name", ["Renamed.JSON", "deep/in/folders/Reise.json"])
def test_a_journal_is_known_by_its_content(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {name: journal(entry())})
    assert DayOne().recognise(folder).confidence > 0.9
    (draft,) = reading.drafts(reading.read(DayOne(), folder)).values()
    assert [each.name for each in draft.collections] == [Path(name).stem]


@pytest.mark.parametrize("text", ["{}", '{"entries": []}', "[]", "", '{"entries": [{"creationDate": 1}]}'])
def test_other_json_is_not_taken_for_a_journal(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert DayOne().recognise(reading.make(tmp_path, {"a.json": text})).confidence == 0


def test_a_journal_that_a_tool_wrote_is_read(tmp_path: Path, reading: ModuleType) -> None:
    told = {"entries": [{"uuid": "A1", "creationDate": 1_700_000_000_000, "text": "Hello"}]}
    folder = reading.make(tmp_path, {"Journal.json": json.dumps(told)})
    assert DayOne().recognise(folder).confidence > 0.9
    (draft,) = reading.drafts(reading.read(DayOne(), folder)).values()
    assert draft.evidence[0].instant == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    entries = [entry(uuid=f"{number:032X}", text=f"Entry {number}") for number in range(250)]
    folder = reading.make(tmp_path, {"A.json": journal(*entries[:130]), "B.json": journal(*entries[130:])})
    whole = list(DayOne().read(folder, ReadOptions(), None))
    for index, item in enumerate(whole):
        if isinstance(item, Checkpoint):
            rest = DayOne().read(folder, ReadOptions(), item.position)
            assert [each for each in rest if isinstance(each, Draft)] == [
                each for each in whole[index:] if isinstance(each, Draft)
            ]


def test_a_real_export_becomes_what_the_golden_file_says(reading: ModuleType) -> None:
    from timeline_local.importers.archive import Folder

    items = reading.read(DayOne(), Folder(reading.corpus(REAL)))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_a_real_export_agrees_with_what_others_found_in_it(reading: ModuleType) -> None:
    from timeline_local.importers.archive import Folder

    found = reading.drafts(reading.read(DayOne(), Folder(reading.corpus(REAL))))
    (file,) = json.loads((TABLES / "dayone.json").read_bytes())["files"]
    told = {
        each["uuid"]: (
            each["created_utc"],
            each["time_zone"],
            each.get("starred", False),
            each.get("tags", []),
            each.get("lat"),
        )
        for each in file["entries_expected"]
    }
    assert {
        key: (
            json.loads(draft.raw or b"")["creationDate"],
            draft.evidence[0].zone,
            draft.favourite,
            sorted(draft.tags),
            draft.place.lat if draft.place else None,
        )
        for key, draft in found.items()
    } == told
