"""Notes: their day, title, tags, place and files; every encoding; real journals."""

from __future__ import annotations

import codecs
import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.times import decide
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.notes_folder import NotesFolder

EXPECTED = Path(__file__).with_name("expected.json")
TABLES = Path(__file__).resolve().parents[4] / "shared" / "corpora" / "tables"
LOGSEQ: list[dict[str, Any]] = json.loads((TABLES / "logseq_journals.json").read_bytes()) if TABLES.exists() else []
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def note(tmp_path: Path, reading: ModuleType, name: str, text: str | bytes) -> Draft:
    found = reading.drafts(reading.read(NotesFolder(), reading.make(tmp_path, {name: text})))
    draft = found[name]
    assert isinstance(draft, Draft)
    return draft


def when(draft: Draft) -> tuple[str, str]:
    moment = decide(
        draft.evidence, coordinates=None, zone_of=lambda *_: None, home_zone="Europe/Lisbon", fallback=NOW, now=NOW
    ).moment
    return moment.local_at.isoformat(), moment.precision.value


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("2020-09-14.md", "x", ("2020-09-14T00:00:00", "day")),
        ("2020_09_14.md", "x", ("2020-09-14T00:00:00", "day")),
        ("20200914.md", "x", ("2020-09-14T00:00:00", "day")),
        ("2020-09-14 Party.md", "x", ("2020-09-14T00:00:00", "day")),
        ("2020-09-14.md", "---\ndate: 2019-01-02\n---\nx", ("2019-01-02T00:00:00", "day")),
        ("a.md", "---\ncreated: 2019-01-02 10:30\n---\nx", ("2019-01-02T10:30:00", "instant")),
        ("a.md", "---\ncreated_at: 2019-01-02T10:30:00+05:30\n---\nx", ("2019-01-02T10:30:00", "instant")),
        ("a.md", "---\ndate: 2019-06-02T10:30:00Z\n---\nx", ("2019-06-02T11:30:00", "instant")),
        ("a.md", "---\ndate: 1987\n---\nx", ("1987-01-01T00:00:00", "year")),
        ("a.md", '---\ndate: "1999-06"\n---\nx', ("1999-06-01T00:00:00", "month")),
        ("a.md", "---\ndate: 14.09.2020\n---\nx", ("2020-09-14T00:00:00", "day")),
        ("a.md", "---\ndate: [2019-01-02]\n---\nx", ("2019-01-02T00:00:00", "day")),
        ("a.md", "---\ndate: March 4, 2019\n---\nx", ("2019-03-04T00:00:00", "day")),
        ("a.md", "---\ndate: Mar 4th, 2019\n---\nx", ("2019-03-04T00:00:00", "day")),
        ("a.md", "---\ndate: 4 March 2019\n---\nx", ("2019-03-04T00:00:00", "day")),
        ("a.md", "---\ndate: Mon, 04 Mar 2019 10:11:12 +0100\n---\nx", ("2019-03-04T10:11:12", "instant")),
        ("Jan 1st, 2024.md", "x", ("2024-01-01T00:00:00", "day")),
        ("a.md", "---\ncreated_date: '2025-08-21'\n---\nx", ("2025-08-21T00:00:00", "day")),
        ("a.md", "---\nDate Created: 2025-08-21\n---\nx", ("2025-08-21T00:00:00", "day")),
        ("a.md", "---\ndate created: Friday, March 4th 2022, 5:06:07 am\n---\nx", ("2022-03-04T05:06:07", "instant")),
        ("a.md", "---\ndate: March 4, 2022 5:06 PM\n---\nx", ("2022-03-04T17:06:00", "minute")),
        ("a.md", "---\ndate created: Friday, March 4th 2022, 5:06:07 pm\n---\nx", ("2022-03-04T17:06:07", "instant")),
        ("a.md", "---\ncreation date: 2022-03-04 05:06\n---\nx", ("2022-03-04T05:06:00", "instant")),
        ("a.md", "---\ndate: 13/08/2024\n---\nx", ("2024-08-13T00:00:00", "day")),
        ("a.md", "---\ncreated: 1551694272\n---\nx", ("2019-03-04T10:11:12", "instant")),
        ("a.md", "+++\ndate = 2019-01-02T10:30:00+05:30\n+++\nx", ("2019-01-02T10:30:00", "instant")),
        ("a.md", "+++\ndate = 2019-01-02\n+++\nx", ("2019-01-02T00:00:00", "day")),
        ("2020-09-14.md", "+++\ndate = 2019-13-02\n+++\nx", ("2020-09-14T00:00:00", "day")),
        ("2020-09-14.md", "---\ndate: 0000-00-00\n---\nx", ("2020-09-14T00:00:00", "day")),
        ("2020-09-14.md", "---\ndate: 12:30:00\n---\nx", ("2020-09-14T00:00:00", "day")),
        ("2020-09-14.md", "---\ndate: nonsense\n---\nx", ("2020-09-14T00:00:00", "day")),
        ("2020-09-14.md", "# 2001-02-03 Old\nx", ("2020-09-14T00:00:00", "day")),
        ("2020-09.md", "x", ("2020-09-01T00:00:00", "month")),
        ("1999.txt", "x", ("1999-01-01T00:00:00", "year")),
        ("2020/2020-Q3.md", "x", ("2020-07-01T00:00:00", "season")),
        ("2020/2020-W01.md", "x", ("2019-12-30T00:00:00", "month")),
        ("2020-KW38.md", "x", ("2020-09-14T00:00:00", "month")),
        ("2020-W53.md", "---\ndate: 2021-01-01\n---\nx", ("2021-01-01T00:00:00", "day")),
        ("a.md", "# 2001-02-03 Old\nx", ("2001-02-03T00:00:00", "day")),
        ("a.md", "text\n\n## 2001-02-03\nx", ("2001-02-03T00:00:00", "day")),
        ("2021/a.md", "# 2001-02-03\nx", ("2001-02-03T00:00:00", "day")),
        ("2021/a.md", "x", ("2021-01-01T00:00:00", "year")),
        ("a.md", "x", ("2024-05-01T11:00:00", "instant")),
        ("a.txt", "2001-02-03 is only text", ("2024-05-01T11:00:00", "instant")),
    ],
)
def test_the_day_is_taken_from_the_best_evidence(
    tmp_path: Path, reading: ModuleType, name: str, text: str, expected: tuple[str, str]
) -> None:
    assert when(note(tmp_path, reading, name, text)) == expected


@pytest.mark.parametrize(
    ("name", "text", "title", "body"),
    [
        ("a.md", "---\ntitle: Front\n---\n# Head\nx", "Front", "# Head\nx"),
        ("a.md", "---\ntitle: Head\n---\n# Head\n\nx", "Head", "x"),
        ("a.md", "---\ntitle: 12:30\n---\nx", "12:30", "x"),
        ("a.md", "---\ntitle: 010\n---\nx", "010", "x"),
        ("a.md", "---\ntitle: On\n---\nx", "On", "x"),
        ("a.md", "---\ntitle: Front\ndate: 2019-02-30\n---\nx", "Front", "x"),
        ("a.md", "# Head #\n\nx\n", "Head", "x"),
        ("a.md", "x\n# Later", "a", "x\n# Later"),
        ("2020-09-14.md", "x", "", "x"),
        ("2020-09-14 Party.md", "x", "Party", "x"),
        ("2020-09-14.md", "# Party\nx", "Party", "x"),
        ("a.txt", "\n\nx\n\n", "a", "x"),
        ("a.md", "---\ntitle: Only a title\n---\n", "Only a title", ""),
        ("a.md", "---\nnot yaml: [\n---\nx", "a", "---\nnot yaml: [\n---\nx"),
        ("a.md", "---\na: &x [1]\nb: *x\n---\nx", "a", "---\na: &x [1]\nb: *x\n---\nx"),
        ("a.md", "---\n---\nx", "a", "x"),
        ("a.md", "--- \nx", "a", "--- \nx"),
    ],
)
def test_title_and_text_are_what_a_reader_would_say(
    tmp_path: Path, reading: ModuleType, name: str, text: str, title: str, body: str
) -> None:
    draft = note(tmp_path, reading, name, text)
    assert (draft.title, draft.body) == (title, body)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("---\ntags: [a, b/c]\n---\nx", ("a", "b/c")),
        ("---\ntags: a, b c\n---\nx", ("a", "b c")),
        ("---\ntags: a b\n---\nx", ("a", "b")),
        ("---\ntags:\n  - A\n---\n#a #b/c.", ("A", "b/c")),
        ("a #tag, (#other) and #ünïcode_1", ("tag", "other", "ünïcode_1")),
        ("# Heading\n#1 http://x/#no a#no `#no`\n```\n#no\n```\n#yes", ("yes",)),
    ],
)
def test_tags_are_found_where_people_write_them(
    tmp_path: Path, reading: ModuleType, text: str, tags: tuple[str, ...]
) -> None:
    assert note(tmp_path, reading, "n.md", text).tags == tags


@pytest.mark.parametrize(
    ("head", "place"),
    [
        ("lat: 38.7\nlon: -9.1", (38.7, -9.1, "")),
        ("location: [38.7, -9.1]", (38.7, -9.1, "")),
        ('location: "38.7,-9.1"', (38.7, -9.1, "")),
        ("location: {latitude: 38.7, longitude: -9.1, name: Pier}", (38.7, -9.1, "Pier")),
        ("location: Lisbon", (None, None, "Lisbon")),
        ("location: Lisbon\nlatitude: '38.7'\nlng: -9.1", (38.7, -9.1, "Lisbon")),
    ],
)
def test_places_of_the_front_matter_are_read(
    tmp_path: Path, reading: ModuleType, head: str, place: tuple[float | None, float | None, str]
) -> None:
    found = note(tmp_path, reading, "n.md", f"---\n{head}\n---\nx").place
    assert found is not None
    assert (found.lat, found.lon, found.name) == place


@pytest.mark.parametrize(
    "data",
    [
        "café – ok".encode(),
        codecs.BOM_UTF8 + "café – ok".encode(),
        codecs.BOM_UTF16_LE + "café – ok".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "café – ok".encode("utf-16-be"),
        "café – ok".encode("cp1252"),
    ],
)
def test_every_usual_encoding_gives_the_same_text(tmp_path: Path, reading: ModuleType, data: bytes) -> None:
    draft = note(tmp_path, reading, "n.txt", data)
    assert (draft.body, draft.raw) == ("café – ok", data)


def test_bytes_that_are_no_text_do_not_stop_the_reading(tmp_path: Path, reading: ModuleType) -> None:
    assert note(tmp_path, reading, "n.txt", b"\x81\x00\xff").body == "\x81\xff"


VAULT = {
    "notes/a.md": "![[pic.png|200]] ![x](../img/b%20c.jpg 'title') [doc](d.pdf) ![[deep/e.jpg]] [[Other]] ![](http://x/y.png)",
    "notes/d.pdf": "d", "img/b c.jpg": "b", "assets/pic.png": "p", "assets/old/pic.png": "q",
    "deep/e.jpg": "1", "far/deep/e.jpg": "2", "Other.md": "text",
}  # fmt: skip


def test_a_note_finds_its_files_anywhere_in_the_vault(tmp_path: Path, reading: ModuleType) -> None:
    draft = reading.drafts(reading.read(NotesFolder(), reading.make(tmp_path, VAULT)))["notes/a.md"]
    assert [media.locator for media in draft.media] == ["assets/pic.png", "img/b c.jpg", "notes/d.pdf", "deep/e.jpg"]
    assert {media.role.value for media in draft.media} == {"attachment"}
    assert draft.extra == {"links": ["Other"]}


@pytest.mark.parametrize("target", ["../../../etc/passwd", "missing.png", "Other.md", "noextension", "/abs.png"])
def test_what_a_note_cannot_reach_is_not_attached(tmp_path: Path, reading: ModuleType, target: str) -> None:
    folder = reading.make(tmp_path, {"a.md": f"![[{target}]] ![]({target})", "Other.md": "x"})
    assert reading.drafts(reading.read(NotesFolder(), folder))["a.md"].media == ()


@pytest.mark.parametrize(
    ("text", "slug"),
    [("", "empty"), ("  \n\n", "empty"), ("---\ntags: [a]\n---\n", "empty"), ("x" * 51, "note-too-long")],
)
def test_empty_and_huge_notes_are_told(tmp_path: Path, reading: ModuleType, text: str, slug: str) -> None:
    items = reading.read(NotesFolder(), reading.make(tmp_path, {"a.md": text}), ReadOptions(note_characters=50))
    assert reading.problems(items) == {"a.md": slug}


@pytest.mark.parametrize("text", ["---\n" + "[" * 30_000 + "\n---\nx", "---\ndate: 2020-13-45\n---\nx", "![" * 20_000])
def test_hostile_notes_are_read_quickly(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert note(tmp_path, reading, "n.md", text).title == "n"


def test_the_properties_of_a_page_of_logseq_are_read_and_stay(tmp_path: Path, reading: ModuleType) -> None:
    text = "title:: Sea\ntags:: [[two words]], #b, c\ndate:: [[Mar 4th, 2019]]\n\n- body"
    found = note(tmp_path, reading, "a.md", text)
    assert (found.title, found.tags, found.body) == ("Sea", ("two words", "b", "c"), text)
    assert when(found) == ("2019-03-04T00:00:00", "day")
    assert note(tmp_path, reading, "c.md", "tags:: [[two words]]").tags == ("two words",)
    assert note(tmp_path, reading, "b.md", "tags:: are words\nin a text").tags == ()


def test_copies_that_logseq_keeps_are_no_notes(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "graph/journals/2024_02_29.md": "- now",
        "graph/logseq/bak/journals/2024_02_29/2024-03-01T10_00_00.000Z.Desktop.md": "- earlier",
        "graph/logseq/version-files/base/journals/2024_02_29.md": "- as synchronised",
    }
    items = reading.read(NotesFolder(), reading.make(tmp_path, files))
    assert list(reading.drafts(items)) == ["graph/journals/2024_02_29.md"]
    assert set(reading.problems(items).values()) == {"unsupported"}


def test_a_note_of_a_week_lasts_it(tmp_path: Path, reading: ModuleType) -> None:
    (draft,) = reading.drafts(reading.read(NotesFolder(), reading.make(tmp_path, {"2023-W12.md": "x"}))).values()
    named = draft.evidence[0]
    assert (named.local_at, named.local_until) == (datetime(2023, 3, 20), datetime(2023, 3, 27))  # noqa: DTZ001


def test_the_front_matter_of_hugo_is_toml(tmp_path: Path, reading: ModuleType) -> None:
    text = '+++\ntitle = "Sea"\ntags = ["a", "b"]\nat = 10:30:00\n[more]\nx = 1\n+++\nbody'
    found = note(tmp_path, reading, "a.md", text)
    assert (found.title, found.body, found.tags) == ("Sea", "body", ("a", "b"))
    assert found.extra == {"at": "10:30:00", "more": {"x": 1}}
    broken = note(tmp_path, reading, "b.md", "+++\ntitle = \n+++\nbody")
    assert broken.body == "+++\ntitle = \n+++\nbody"


def test_unknown_front_matter_is_kept_as_json(tmp_path: Path, reading: ModuleType) -> None:
    text = "---\nmood: {score: 3, at: 2020-01-01}\nn: .nan\nbig: 99999999999999999999\n---\nx"
    expected = {"mood": {"score": 3, "at": "2020-01-01"}, "n": None, "big": "99999999999999999999"}
    assert note(tmp_path, reading, "n.md", text).extra == expected


def test_a_read_goes_on_at_each_of_its_checkpoints(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"{name}/{n}.md": "x" for name in ("a", "b") for n in range(120)})
    items = reading.read(NotesFolder(), folder)
    stops = [index for index, item in enumerate(items) if isinstance(item, Checkpoint)]
    assert len(stops) == 4
    rest = [list(NotesFolder().read(folder, ReadOptions(), items[stop].position)) for stop in stops]
    wanted = [[each for each in items[stop + 1 :] if isinstance(each, Draft)] for stop in stops]
    assert [[each for each in items if isinstance(each, Draft)] for items in rest] == wanted


@pytest.mark.parametrize("journal", LOGSEQ, ids=lambda journal: journal["date"])
def test_a_logseq_journal_is_on_its_day(reading: ModuleType, journal: dict[str, Any]) -> None:
    path = reading.corpus(journal["file"])
    draft = reading.drafts(reading.read(NotesFolder(), reading.Folder(path.parent)))[path.name]
    assert when(draft) == (f"{journal['date']}T00:00:00", "day")


def test_a_vault_gives_the_golden_drafts(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(NotesFolder(), reading.make(tmp_path / "vault", VAULT))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())
