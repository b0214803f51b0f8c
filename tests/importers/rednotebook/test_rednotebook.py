"""RedNotebook's months: each day a note with its tags, in whichever markup the journal is."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Problem
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.rednotebook import RedNotebook
from timeline_local.importers.txt2tags import tagged_text

EXPECTED = Path(__file__).with_name("expected.json")
MAY = """\
1: {text: '== A day ==

    //Far// and **wide**, see [yesterday 2024-04-30] #hill'}
2:
  Idea: null
  Tags: {long walk: null}
  Work: {//meeting//: null, lunch: null}
  text: |-
    Pictures: [""file:///home/me/my pic"".jpg?300] [""/gone/x"".png]
    - one
    [site http://example.com/_a_/]
3: {text: ''}
10: {Idea: null, text: ''}
31: {text: !!python/unicode "Last"}
32: {text: no day}
"""
FILES: dict[str, bytes | str] = {
    "Journal/2024-04.txt": "30: {text: Before}\n",
    "Journal/2024-05.txt": MAY,
    "Journal/2024-06.txt": "1: {text: 'torn",
    "Journal/2024-13.txt": "1: {text: 'no month'}\n",
    "Journal/notes.txt": "1: {text: 'not a month'}\n",
    "Journal/my pic.jpg": b"\xff\xd8\xff\xe0",
}


def test_a_journal_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(RedNotebook(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("said", "markdown"),
    [
        ("= Title =", "# Title"),
        ("==Title==", "## Title"),
        ("== Clouds ==[clouds]", "## Clouds"),
        ("== a =", "== a ="),
        ("+ First +", "# First"),
        ("+ one\n+ two", "1. one\n1. two"),
        ("**b** //i// __u__ --s-- ``m``", "**b** _i_ u ~~s~~ `m`"),
        ("a -- b --c-- d", "a -- b ~~c~~ d"),
        ('""//as it is//""', "//as it is//"),
        ("http://example.com//a//b", "http://example.com//a//b"),
        ("[heise http://heise.de]", "[heise](http://heise.de)"),
        ("[site www.example.org]", "[site](http://www.example.org)"),
        ('[my file ""file:///home/me/my file.txt""]', "my file"),
        ("I am [not sure] about it", "I am [not sure] about it"),
        ("{red|color:red} and blue", "red and blue"),
        ("one\\\\\ntwo", "one\ntwo"),
        ("% hidden\nseen\n%%%\nhidden\n%%%", "seen"),
        ("```\n//code//\n```", "```\n//code//\n```"),
        ("====================", "---"),
        ("snake_case_name", "snake_case_name"),
    ],
)
def test_txt2tags_becomes_markdown(said: str, markdown: str) -> None:
    assert tagged_text(said).markdown == markdown


def test_a_journal_in_markdown_is_left_as_it_is(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "2024-05.txt": "1: {text: '// and ![x](pic.jpg)'}\n",
        "journal.cfg": "# a\nmarkup=markdown\n",
        "pic.jpg": b"x",
    }
    (draft,) = reading.drafts(reading.read(RedNotebook(), reading.make(tmp_path, files))).values()
    assert (draft.body, [each.name for each in draft.media]) == ("// and ![x](pic.jpg)", ["pic.jpg"])


def test_other_texts_are_left_to_other_sources(tmp_path: Path, reading: ModuleType) -> None:
    folder, options = reading.make(tmp_path, FILES), ReadOptions()
    list(RedNotebook().read(folder, options, None))
    assert not options.claimed & {"Journal/notes.txt", "Journal/2024-13.txt"}
    other = reading.make(tmp_path / "b", {"2024-05.txt": "In May we walked.\n1: nothing"})
    assert [each.source.name for each in judge(other).recognised] == ["notes_folder"]


@pytest.mark.parametrize(
    "text",
    [
        "1: {text: [a, b]}",
        "1: {text: {a: b}}",
        "1: {text: 5, Tags: [a]}",
        "1: {text: &a x, b: *a}",
        "1: {text: x, 5: {6: 7}}",
    ],
)
def test_odd_days_break_nothing(tmp_path: Path, reading: ModuleType, text: str) -> None:
    items = reading.read(RedNotebook(), reading.make(tmp_path, {"2024-05.txt": text}))
    assert len([each for each in items if not isinstance(each, Checkpoint)]) == 1


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, FILES)
    whole = list(RedNotebook().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*RedNotebook().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 3
    assert rests == [whole[index + 1 :] for index, _ in marks]
    assert [each.slug for each in whole if isinstance(each, Problem)][-1] == "journal-broken"
