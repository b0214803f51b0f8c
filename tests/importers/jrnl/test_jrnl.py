"""jrnl: its text of any age and date form, its JSON, stars and tags; a chat is none, an encrypted one is answered."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.times import Precision
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import read_all, recognise_all
from timeline_local.importers.sources.jrnl import Jrnl

EXPECTED = Path(__file__).with_name("expected.json")
TEXT = """\
[2012-03-29 09:00] Called in sick. *
Used the time to clean the house.

And wrote 4h on my @book with @Anna/work.

[2013-06-09 03:39:05 PM] Met a@b.example, no tag
[not a date] goes on

[2014-02-30 10:00] Never was

[2014-03-01 10:00] Same minute
[2014-03-01 10:00] Same minute
[2014-03-02 10:00]
[2014-03-03] A day
"""
ENTRY = {
    "title": "Called in sick.",
    "body": "Used the time.",
    "date": "2012-03-29",
    "time": "09:00",
    "tags": ["@book"],
    "starred": True,
}


def test_a_journal_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    untold = {**ENTRY, "date": "soon", "time": "", "starred": False}
    seconds = {**ENTRY, "title": "", "body": "Only words", "time": "09:00:30", "tags": [], "starred": False}
    files = {
        "journals/home.txt": TEXT,
        "journals/work.json": json.dumps({"tags": {"@book": 1}, "entries": [ENTRY, untold, seconds]}),
        "journals/2020/01/02.txt": "[2020-01-02 08:00] From a folder journal\n",
        "journals/one.json": json.dumps(ENTRY),
    }
    items = reading.read(Jrnl(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("text", "local", "precision"),
    [
        ("2012-03-29 09:00 An entry of version 1\nmore\n", "2012-03-29T09:00", Precision.MINUTE),
        ("29.03.2012 09:00 Version 1\nmore\n\n30.03.2012 09:00 y\n", "2012-03-29T09:00", Precision.MINUTE),
        ("[2012-03-29 09:00 PM] x", "2012-03-29T21:00", Precision.MINUTE),
        ("[2012-03-29 12:00:01 AM] x", "2012-03-29T00:00:01", Precision.INSTANT),
        ("[Thu 29/03/2012 09:00] x", "2012-03-29T09:00", Precision.MINUTE),
        ("[03/29/12 9:00 am] x", "2012-03-29T09:00", Precision.MINUTE),
        ("[03.04.2012 09:00] x\n[05.04.2012 09:00] y\n[13.04.2012 09:00] z", "2012-04-03T09:00", Precision.MINUTE),
        ("\ufeff\r\n[2012-03-29 09:00] x\r\ny\r\n", "2012-03-29T09:00", Precision.MINUTE),
    ],
)
def test_dates_are_read_in_the_form_of_the_file(
    tmp_path: Path, reading: ModuleType, text: str, local: str, precision: Precision
) -> None:
    folder = reading.make(tmp_path, {"any name.txt": text})
    assert Jrnl().recognise(folder).confidence > 0.8
    first = next(iter(reading.drafts(reading.read(Jrnl(), folder)).values()))
    assert first.evidence[0].local_at == datetime.fromisoformat(local)
    assert first.evidence[0].precision == precision


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dear diary\n[2012-03-29 09:00] x",
        "[2012-03-29, 09:00:00] Anna: Hello\n[2012-03-29, 09:01:00] Bo: Hi\n",
        "2012-03-29 09:00:00 INFO started\n",
        "29.03.2012 09:00 started\n29.03.2012 09:01 ended\n",
        "29.03.2012 09:00 meeting\n",
        '{"entries": []}',
    ],
)
def test_other_texts_are_no_journal(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert Jrnl().recognise(reading.make(tmp_path, {"a.txt": text, "b.json": text})).confidence == 0


def test_an_encrypted_journal_is_answered_with_what_to_do(tmp_path: Path, reading: ModuleType) -> None:
    judged = Jrnl().recognise(reading.make(tmp_path, {"journal.txt": "gAAAAABf1x" + "x" * 90}))
    assert judged.confidence == 0
    assert "choose journal.json" in judged.hint


@pytest.mark.parametrize(
    ("name", "text", "slug"),
    [
        ("a.txt", "[2012-03-29 09:00] x\n" + "y\n" * 60_000, "note-too-long"),
        ("a.json", json.dumps({"entries": [ENTRY]})[:-2], "journal-broken"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, reading: ModuleType, name: str, text: str, slug: str) -> None:
    items = reading.read(Jrnl(), reading.make(tmp_path, {name: text}))
    assert list(reading.problems(items).values()) == [slug]


def test_a_journal_is_neither_a_chat_nor_a_note_to_other_sources(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.txt": "[2012-03-29 09:00] Work: done\n[2012-03-30 09:00] Slept\n"})
    found = list(read_all(folder, [each.source for each in recognise_all(folder)], ReadOptions()))
    assert {each.source for each in found if isinstance(each.item, Draft)} == {"jrnl"}
    assert sum(isinstance(each.item, Draft) for each in found) == 2


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    text = "".join(f"[2012-03-{number % 7 + 1:02} 09:00] Thing\nbody {number}\n" for number in range(450))
    entries = {"entries": [{**ENTRY, "body": str(number)} for number in range(250)]}
    folder = reading.make(tmp_path, {"a.txt": text, "b.json": json.dumps(entries)})
    whole = list(Jrnl().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 3
    for index in places:
        rest = Jrnl().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]


def test_a_journal_may_be_called_one(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"work.journal": TEXT})
    assert Jrnl().recognise(folder).confidence > 0
    assert len(reading.drafts(reading.read(Jrnl(), folder))) > 1
