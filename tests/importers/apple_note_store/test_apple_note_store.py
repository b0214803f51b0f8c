"""Notes of a Mac or iPhone: their text as Markdown, dates, folders, files, and what is no note.

There is no real database here: tables and fields of archives are those that apple_cloud_notes_parser of
threeplanetssoftware (MIT) publishes. All rows are invented.
"""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.importers.apple_note_tables import table_text
from timeline_local.importers.apple_note_text import BrokenNote, note_text
from timeline_local.importers.base import Checkpoint, Item, ReadOptions
from timeline_local.importers.protobuf import Message
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.apple_note_store import AppleNoteStore

EXPECTED = Path(__file__).with_name("expected.json")
SOURCE = AppleNoteStore()
AT = 735_689_415.5  # 2024-04-24 22:10:15.5 UTC
SCHEMA = """
CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER);
CREATE TABLE ZICCLOUDSYNCINGOBJECT (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZMARKEDFORDELETION INTEGER,
  ZISPASSWORDPROTECTED INTEGER, ZISPINNED INTEGER, ZFOLDER INTEGER, ZPARENT INTEGER, ZFOLDERTYPE INTEGER,
  ZMEDIA INTEGER, ZNOTE INTEGER, ZCREATIONDATE TIMESTAMP, ZCREATIONDATE1 TIMESTAMP, ZCREATIONDATE3 TIMESTAMP,
  ZMODIFICATIONDATE1 TIMESTAMP, ZIDENTIFIER VARCHAR, ZTITLE1 VARCHAR, ZTITLE2 VARCHAR, ZSNIPPET VARCHAR,
  ZTYPEUTI VARCHAR, ZTYPEUTI1 VARCHAR, ZALTTEXT VARCHAR, ZFILENAME VARCHAR, ZGENERATION1 VARCHAR, ZURLSTRING VARCHAR,
  ZFALLBACKIMAGEGENERATION VARCHAR, ZMERGEABLEDATA1 BLOB);
CREATE TABLE ZICNOTEDATA (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZNOTE INTEGER, ZDATA BLOB);
"""
OTHERS: tuple[Mapping[str, Any], ...] = (
    {"Z_PK": 901, "ZIDENTIFIER": "F1", "ZTITLE2": "Trips"},
    {"Z_PK": 902, "ZIDENTIFIER": "F2", "ZTITLE2": "Alps", "ZPARENT": 901},
    {"Z_PK": 903, "ZIDENTIFIER": "TrashFolder-CloudKit", "ZTITLE2": "Recently Deleted", "ZFOLDERTYPE": 1},
    {"Z_PK": 911, "ZIDENTIFIER": "M1", "ZFILENAME": "Image.jpeg", "ZGENERATION1": "1_AB"},
    {"Z_PK": 912, "ZIDENTIFIER": "A1", "ZTYPEUTI": "public.jpeg", "ZMEDIA": 911},
    {
        "Z_PK": 913,
        "ZIDENTIFIER": "A2",
        "ZTYPEUTI1": "com.apple.notes.inlinetextattachment.hashtag",
        "ZALTTEXT": "#lake",
    },
    {"Z_PK": 914, "ZIDENTIFIER": "A3", "ZTYPEUTI": "com.apple.notes.table"},
    {"Z_PK": 915, "ZIDENTIFIER": "A4", "ZTYPEUTI": "com.apple.drawing.2"},
    {"Z_PK": 916, "ZIDENTIFIER": "A5", "ZTYPEUTI": "public.url", "ZURLSTRING": "https://example.com/"},
    {"Z_PK": 917, "ZIDENTIFIER": "M6", "ZFILENAME": "lost.pdf"},
    {"Z_PK": 918, "ZIDENTIFIER": "A6", "ZTYPEUTI": "com.adobe.pdf", "ZMEDIA": 917},
)
FILES = {
    "Accounts/LocalAccount/Media/M1/1_AB/Image.jpeg": b"\xff\xd8\xff\xe0",
    "Accounts/LocalAccount/FallbackImages/A4.png": b"\x89PNG\r\n\x1a\n",
    "Accounts/LocalAccount/Previews/A1-1-192x192-0.png": b"\x89PNG\r\n\x1a\n",
}


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def run(
    text: str, style: int | None = None, *, paragraph: bytes = b"", link: str = "", shown: str = ""
) -> tuple[str, bytes]:
    """Some text, and how it is."""
    told = (
        field(2, (field(1, style) if style is not None else b"") + paragraph) if style is not None or paragraph else b""
    )
    told += (field(9, link) if link else b"") + (field(12, field(1, shown) + field(2, "x")) if shown else b"")
    return text, field(1, len(text.encode("utf-16-le")) // 2) + told


def archive(*runs: tuple[str, bytes]) -> bytes:
    note = field(2, "".join(text for text, _ in runs)) + b"".join(field(5, how) for _, how in runs)
    return gzip.compress(field(2, field(2, 0) + field(3, note)), mtime=0)


def task(*, is_done: bool) -> bytes:
    return field(5, field(1, b"uuid") + field(2, int(is_done)))


def pointing(identifier: int) -> bytes:
    """An entry that stands for an identifier."""
    return field(13, field(1, 1) + field(3, field(1, 3) + field(2, field(2, identifier))))


def pair(key: int, value: int) -> bytes:
    return field(1, field(1, field(6, key)) + field(2, field(6, value)))


def ordered(identifiers: list[bytes], pairs: bytes) -> bytes:
    listed = b"".join(field(2, field(1, at) + field(2, each)) for at, each in enumerate(identifiers))
    return field(16, field(1, field(1, field(1, b"") + listed) + field(2, pairs)))


def table() -> bytes:
    """Two rows and columns. The second column has another identifier in its cells than in the order of columns."""
    names = (b"crRows", b"crColumns", b"cellColumns", b"UUIDIndex")
    parts = b"".join(field(3, field(1, key) + field(2, field(6, key + 1))) for key in range(3))
    entries = [
        field(13, field(1, 0) + parts),
        ordered([b"r1", b"r2"], pair(8, 8)),
        ordered([b"c1", b"c2"], pair(7, 6)),
        field(6, pair(5, 4) + pair(6, 10)),
        field(6, pair(8, 11) + pair(9, 12)),
        *(pointing(identifier) for identifier in (2, 4, 3, 0, 1)),
        field(6, pair(8, 13)),
        *(field(10, field(2, words)) for words in ("who", "Ana | Bo", "what\ndo")),
    ]
    told = b"".join(field(3, each) for each in entries) + b"".join(field(4, each) for each in names)
    told += field(5, b"com.apple.notes.ICTable") + field(5, b"com.apple.CRDT.NSUUID")
    told += b"".join(field(6, each) for each in (b"r1", b"r2", b"c1", b"c2", b"c3"))
    return field(2, field(2, 0) + field(3, told))


HIKE = archive(
    run("A hike 🏔️\n", 0),
    run("With Ana and "),
    run("the others", link="https://example.com/others"),
    run(".\n"),
    run("To take\n", 1),
    run("rope\n", 103, paragraph=task(is_done=True)),
    run("water\n", 103, paragraph=task(is_done=False)),
    run("first\n", 102),
    run("deep\n", 100, paragraph=field(4, 1)),
    run("a = 1\nb = 2\n", 4),
    run("said so\n", paragraph=field(8, 1)),
    run("\ufffc", shown="A1"),
    run("\n"),
    run("\ufffc", shown="A2"),
    run(" "),
    run("\ufffc", shown="A5"),
    run("\n"),
    run("\ufffc", shown="A4"),
    run("\ufffc", shown="A6"),
    run("\ufffc", shown="A3"),
)
NOTES: tuple[tuple[Mapping[str, Any], bytes | None], ...] = (
    ({"ZIDENTIFIER": "N1", "ZTITLE1": "A hike 🏔️", "ZFOLDER": 902, "ZISPINNED": 1}, HIKE),
    ({"ZIDENTIFIER": "N2", "ZCREATIONDATE3": None, "ZCREATIONDATE1": AT}, archive(run("plain\nwords"))),
    ({"ZIDENTIFIER": "N3", "ZFOLDER": 903}, archive(run("gone"))),
    ({"ZIDENTIFIER": "N4", "ZISPASSWORDPROTECTED": 1}, b"\x01\x02"),
    ({"ZIDENTIFIER": "N5"}, archive()),
    ({"ZIDENTIFIER": "N6"}, b"no archive"),
    ({"ZIDENTIFIER": "N2"}, archive(run("again"))),
    ({"ZIDENTIFIER": "N8", "ZMARKEDFORDELETION": 1}, archive(run("gone"))),
)  # fmt: skip


def store(path: Path, notes: tuple[tuple[Mapping[str, Any], bytes | None], ...] = NOTES) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as made:
        made.executescript(SCHEMA)
        for number, (row, data) in enumerate(notes, 1):
            _insert(made, {"Z_PK": number, "ZCREATIONDATE3": AT, "ZMODIFICATIONDATE1": AT + 60, "ZFOLDER": 901, **row})
            made.execute("INSERT INTO ZICNOTEDATA (ZNOTE, ZDATA) VALUES (?, ?)", (number, data))
        for row in OTHERS:
            _insert(made, row)
    made.close()


def _insert(made: sqlite3.Connection, row: Mapping[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    made.execute(f"INSERT INTO ZICCLOUDSYNCINGOBJECT ({', '.join(row)}) VALUES ({marks})", [*row.values()])  # noqa: S608


def golden_items(root: Path, reading: ModuleType) -> list[Item]:
    store(root / "NoteStore.sqlite")
    return list(reading.read(SOURCE, reading.make(root, FILES)))


def nothing(identifier: str) -> str:
    return f"<{identifier}>"


def test_a_database_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    assert reading.golden(golden_items(tmp_path, reading)) == json.loads(EXPECTED.read_bytes())


def test_a_text_becomes_markdown(tmp_path: Path, reading: ModuleType) -> None:
    found = reading.drafts(golden_items(tmp_path, reading))["N1"]
    assert found.title == "A hike 🏔️"
    assert found.body.split("\n") == [
        "With Ana and [the others](https://example.com/others).", "## To take", "- [x] rope", "- [ ] water", "1. first",
        "  - deep", "```", "a = 1", "b = 2", "```", "> said so", "", "#lake https://example.com/",
    ]  # fmt: skip
    assert found.tags == ("lake",)


def test_files_are_found_in_the_order_of_the_text(tmp_path: Path, reading: ModuleType) -> None:
    found = reading.drafts(golden_items(tmp_path, reading))["N1"]
    assert [(each.locator, each.name) for each in found.media] == [
        ("Accounts/LocalAccount/Media/M1/1_AB/Image.jpeg", "Image.jpeg"),
        ("Accounts/LocalAccount/FallbackImages/A4.png", "A4.png"),
    ]


def test_what_is_no_note_is_told(tmp_path: Path, reading: ModuleType) -> None:
    items = golden_items(tmp_path, reading)
    assert [*reading.drafts(items)] == ["N1", "N2"]
    assert [each.slug for each in items if isinstance(each, Problem)] == [
        "not-in-export", "unreadable", "trashed-at-source", "encrypted", "empty", "unreadable", "twice",
        "trashed-at-source",
    ]  # fmt: skip


def test_a_note_has_both_of_its_dates_and_its_folders(tmp_path: Path, reading: ModuleType) -> None:
    first, second = reading.drafts(golden_items(tmp_path, reading)).values()
    made = datetime(2024, 4, 24, 22, 10, 15, 500_000, tzinfo=UTC)
    assert [each.instant for each in first.evidence] == [made, made.replace(minute=11)]
    assert second.evidence[0].instant == made
    assert [each.collections[0].name for each in (first, second)] == ["Trips/Alps", "Trips"]


def test_previews_are_nobodys_pictures(tmp_path: Path, reading: ModuleType) -> None:
    store(tmp_path / "NoteStore.sqlite")
    options = ReadOptions()
    reading.read(SOURCE, reading.make(tmp_path, FILES), options)
    assert [options.is_claimed(each) for each in FILES] == [False, False, True]


def test_folders_that_lie_in_each_other_end_nothing(tmp_path: Path, reading: ModuleType) -> None:
    store(tmp_path / "NoteStore.sqlite", NOTES[:1])
    with sqlite3.connect(tmp_path / "NoteStore.sqlite") as made:
        made.execute("UPDATE ZICCLOUDSYNCINGOBJECT SET ZPARENT = 902 WHERE Z_PK = 901")
    made.close()
    (found,) = reading.drafts(reading.read(SOURCE, reading.make(tmp_path, FILES))).values()
    assert found.collections[0].name.endswith("Trips/Alps")


@pytest.mark.parametrize("name", ["4f98687d8ab0d6d1a371110e6b7300f6e465bef2", "a/renamed.db"])
def test_a_database_is_known_whatever_it_is_called(tmp_path: Path, reading: ModuleType, name: str) -> None:
    store(tmp_path / name)
    found = judge(reading.make(tmp_path, {})).recognised
    assert [each.source.name for each in found if each.recognition.confidence > 0.9] == ["apple_note_store"]


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.apple_note_store.NOTES_PER_CHECKPOINT", 2)
    store(tmp_path / "NoteStore.sqlite")
    folder = reading.make(tmp_path, FILES)
    whole = list(SOURCE.read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*SOURCE.read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) > 2
    assert rests == [whole[index + 1 :] for index, _ in marks]


def test_other_databases_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"NoteStore.sqlite": "SQLite format 3\0", "b.sqlite": ""})
    assert SOURCE.recognise(folder).confidence == 0
    assert reading.read(SOURCE, folder) == []


def test_code_that_ends_a_text_ends_itself() -> None:
    assert note_text(archive(run("code\nlast", 4)), nothing) == "```\ncode\nlast\n```"
    assert note_text(archive(run("code\n", 4), run("words")), nothing) == "```\ncode\n```\nwords"


def test_a_table_becomes_one_of_markdown() -> None:
    assert table_text(table()) == "| who | what do |\n|---|---|\n| Ana \\| Bo |  |"


def test_a_table_of_a_note_stands_on_lines_of_its_own(tmp_path: Path, reading: ModuleType) -> None:
    words = archive(run("Title\nbefore "), run("\ufffc", shown="A3"), run("\nafter"))
    store(tmp_path / "NoteStore.sqlite", (({"ZIDENTIFIER": "N1"}, words),))
    with sqlite3.connect(tmp_path / "NoteStore.sqlite") as made:
        made.execute("UPDATE ZICCLOUDSYNCINGOBJECT SET ZMERGEABLEDATA1 = ?", (gzip.compress(table()),))
    made.close()
    (found,) = reading.drafts(reading.read(SOURCE, reading.make(tmp_path, {}))).values()
    assert found.body == f"before \n{table_text(table())}\n\nafter"


def test_a_table_that_is_changed_ends_nothing() -> None:
    rnd = random.Random(5)  # noqa: S311 - the same changes at every run
    for _ in range(500):
        changed = bytearray(table())
        for _ in range(rnd.choice([1, 5, 20])):
            changed[rnd.randrange(len(changed))] = rnd.randrange(256)
        assert isinstance(table_text(bytes(changed)), str)


def test_what_no_run_covers_is_plain() -> None:
    assert note_text(gzip.compress(field(2, field(3, field(2, "all plain")))), nothing) == "all plain"


@pytest.mark.parametrize("length", [-1, 2**40])
def test_a_run_that_is_longer_than_its_text_ends_nothing(length: int) -> None:
    note = field(2, "short") + field(5, field(1, length)) + field(5, field(1, 3))
    assert note_text(gzip.compress(field(2, field(3, note))), nothing) == "short"


def test_bytes_that_are_no_archive_are_an_error() -> None:
    with pytest.raises(BrokenNote):
        note_text(b"words", nothing)


def test_messages_with_changed_bytes_end_nothing() -> None:
    rnd = random.Random(3)  # noqa: S311 - the same changes at every run
    data = gzip.decompress(HIKE)
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(rnd.choice([1, 10])):
            changed[rnd.randrange(len(changed))] = rnd.randrange(256)
        assert isinstance(note_text(gzip.compress(changed[: rnd.randrange(1, len(changed))], 1), nothing), str)


def test_every_kind_of_value_of_a_message_is_read() -> None:
    data = field(1, -1) + b"\x11" + bytes(range(8)) + b"\x1d" + bytes(range(4)) + field(4, b"x") + field(4, b"y")
    found = Message.of(data + b"\x0b\x00")
    assert (found.whole(1), found.whole(2), found.whole(3)) == (2**64 - 1, 0x0706050403020100, 0x03020100)
    assert ([*found.all(4)], found.data(4), found.data(9)) == ([b"x", b"y"], b"y", b"")


def test_a_damaged_database_gives_what_it_has(tmp_path: Path, reading: ModuleType) -> None:
    rnd = random.Random(4)  # noqa: S311 - the same changes at every run
    store(tmp_path / "made/NoteStore.sqlite")
    data = (tmp_path / "made/NoteStore.sqlite").read_bytes()
    for number in range(60):
        changed = bytearray(data)
        for _ in range(rnd.choice([1, 20, 200])):
            changed[rnd.randrange(100, len(changed))] = rnd.randrange(256)
        folder = reading.make(tmp_path / str(number), {"NoteStore.sqlite": bytes(changed)})
        assert all(isinstance(each, Draft | Problem) for each in reading.read(SOURCE, folder))
