"""Org files: journals of every kind, dated headings, and notes without any, at the times they say."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft, RelationKind
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.org import Org

EXPECTED = Path(__file__).with_name("expected.json")
YEARLY = """#+TITLE: 2020 Journal
#+FILETAGS: :diary:
* Sunday, 12 January 2020
:PROPERTIES:
:CREATED:  [2020-01-12 Sun]
:END:
** 22:00 First entry :film:
Seen *this* with [[file:img/a.png]], [[attachment:gone.pdf]].
*** A part
More
* Monday, 01 June 2020
:PROPERTIES:
:CREATED:  20200601
:END:
Before all
** 11:56 Yet another day
** TODO Just a task
** DONE Project
*** TODO Task 1
** A thought without a clock
It came late.
** [12:05] Sealed :crypt:
-----BEGIN PGP MESSAGE-----
abc
-----END PGP MESSAGE-----
* Not of a day
Some words
"""
Made = tuple[datetime | None, str, str]


def made(reading: ModuleType, tmp_path: Path, name: str, text: str) -> list[Made]:
    items = reading.read(Org(), reading.make(tmp_path, {name: text}))
    return [(each.evidence[0].local_at, each.title, each.body) for each in items if isinstance(each, Draft)]


def at(*clock: int) -> datetime:
    return datetime(*clock)  # type: ignore[arg-type]  # noqa: DTZ001 - a clock on a wall


def test_a_journal_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    files = {"journal/20200101": YEARLY, "journal/img/a.png": b"\x89PNG", "notes/20200101": "no Org"}
    items = reading.read(Org(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


TREE = """* 2020
** 2020-05 May
*** 2020-05-01 Friday
**** Lunch
Entered on [2020-05-01 Fri 13:10]
**** Sun
hot
"""
LOG = "* [2020-05-01 Fri] Walked\nfar\n* Slept\n[2020-05-02 Sat 07:00]\n* 2020-05-03 Sunday 08:30 Rose\n"
WEEK = "* Mittwoch, 05.08.2020\n** 10:30 a\n* mardi 4 août 2020\n** 10:31 b\n"
CASES: dict[str, tuple[str, list[Made]]] = {
    "2020-10-21.org": (
        "#+TITLE: 2020-10-21 (Wednesday)\n* 12:00 Some node\n",
        [(at(2020, 10, 21, 12), "Some node", "")],
    ),
    "20200102": ("* Thursday, 01/02/2020\n** 9:05 PM EST - Late\nx\n", [(at(2020, 1, 2, 21, 5), "Late", "x")]),
    "week.org": (WEEK, [(at(2020, 8, 5, 10, 30), "a", ""), (at(2020, 8, 4, 10, 31), "b", "")]),
    "tree.org": (
        TREE,
        [(at(2020, 5, 1, 13, 10), "Lunch", "Entered on [2020-05-01 Fri 13:10]"), (at(2020, 5, 1), "Sun", "hot")],
    ),
    "log.org": (
        LOG,
        [
            (at(2020, 5, 1), "Walked", "far"),
            (at(2020, 5, 2, 7), "Slept", "[2020-05-02 Sat 07:00]"),
            (at(2020, 5, 3, 8, 30), "Rose", ""),
        ],
    ),
    "2020-05-04.org": (
        "#+title: 2020-05-04\nSlept well\n* Work\n** TODO x\n",
        [(at(2020, 5, 4), "", "Slept well\n\n## Work\n\n### TODO x")],
    ),
    "20200504T103000--on-trees__plants_green.org": (
        "#+title: On trees\nTall\n",
        [(at(2020, 5, 4, 10, 30), "On trees", "Tall")],
    ),
    "20200504103000-on_trees.org": ("Tall\n", [(at(2020, 5, 4, 10, 30), "on trees", "Tall")]),
    "plain.org": (
        "#+DATE: <2020-05-05 Tue>\n* One\ntext\n* 2020 plans\n",
        [(at(2020, 5, 5), "plain", "## One\n\ntext\n\n## 2020 plans")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_gives_these_entries(tmp_path: Path, reading: ModuleType, name: str) -> None:
    text, expected = CASES[name]
    assert made(reading, tmp_path, name, text) == expected


def test_entries_know_each_other_by_their_ids_and_keep_tags_of_all_above(tmp_path: Path, reading: ModuleType) -> None:
    text = (
        "#+FILETAGS: :a:\n* 2020-05-01 :b:\n** 10:00 One :c:\n:PROPERTIES:\n:ID: AB-1\n:END:\n"
        "** 11:00 Two\nSee [[id:AB-1][the first]]\n"
    )
    drafts = reading.drafts(reading.read(Org(), reading.make(tmp_path, {"x.org": text})))
    one, two = drafts["id/AB-1"], drafts["x.org#2020-05-01T11:00"]
    assert (one.tags, two.body) == (("a", "b", "c"), "See the first")
    assert [(each.kind, each.source_key) for each in two.relations] == [(RelationKind.RELATED, "id/AB-1")]


def test_what_is_encrypted_is_told(tmp_path: Path, reading: ModuleType) -> None:
    told = Org().recognise(reading.make(tmp_path, {"a.org.gpg": b"\x85\x01"}))
    assert (told.confidence, "Decrypt" in told.hint) == (0, True)


@pytest.mark.parametrize("files", [{"20200101": "just text"}, {"2020": b"\x00\xff"}, {"a.txt": "* a list"}])
def test_other_files_are_not_taken_for_org(tmp_path: Path, reading: ModuleType, files: dict[str, str]) -> None:
    assert Org().recognise(reading.make(tmp_path, files)).confidence == 0


def test_empty_files_and_entries_are_listed(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.org": "#+TITLE: x\n", "b.org": "* 2020-05-01\n** 10:00\n"})
    assert reading.problems(reading.read(Org(), folder)) == {"a.org": "empty", "b.org#1": "empty"}


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.org.ITEMS_PER_CHECKPOINT", 2)
    entries = "".join(f"** 10:0{number % 3} e{number}\n" for number in range(5))
    folder = reading.make(tmp_path, {"a.org": f"* 2020-05-01\n{entries}", "b.org": f"* 2020-05-02\n{entries}"})
    whole = list(Org().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Org().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 6
    assert [[each for each in rest if isinstance(each, Draft)] for rest in rests] == [
        [each for each in whole[index:] if isinstance(each, Draft)] for index, _ in marks
    ]
