"""Org's markup as Markdown, and the outline of its files."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.org_entries import entries_of
from timeline_local.importers.org_outline import outline_of
from timeline_local.importers.org_text import org_text


@pytest.mark.parametrize(
    ("org", "markdown"),
    [
        ("a *bold* /slanted/ =code *x*= ~more~ +gone+", "a **bold** _slanted_ `code *x*` `more` ~~gone~~"),
        ("*bold /both/ here*, (/x/)", "**bold _both_ here**, (_x_)"),
        ("2*3*4 and/or a/b/c 1/2 ~/x/y", "2*3*4 and/or a/b/c 1/2 ~/x/y"),
        ("[[https://a.example/b_c_d][some /words/]]", "[some /words/](https://a.example/b_c_d)"),
        ("[[https://a.example]] [[id:AB-1][Other]] [[*Heading]]", "https://a.example Other Heading"),
        ("[[file:img/a b.png]] [[./plan.pdf::3][the plan]]", "![](<img/a b.png>) [the plan](./plan.pdf)"),
        ("- one\n  + [X] two\n1) three\n- term :: said", "- one\n  - [X] two\n1. three\n- **term**: said"),
        ("| a | b |\n|---+---|\n| 1 | *2* |", "| a | b |\n| --- | --- |\n| 1 | **2** |"),
        ("#+begin_src python -n\n,* x = /1/\n#+END_SRC\nafter", "```python\n* x = /1/\n```\nafter"),
        ("#+BEGIN_QUOTE\n  Said /so/\n#+END_QUOTE", "> Said _so_"),
        ("#+begin_example\nopen", "```\nopen\n```"),
        ("# a comment\n#+CAPTION: x\nCLOCK: [2020-01-01 Wed 10:00]\ntext\n-----", "text\n---"),
        (": fixed *x*\n:\n: more\ntext", "```\nfixed *x*\n\nmore\n```\ntext"),
        ("", ""),
    ],
)
def test_a_piece_of_org_is_this_text(org: str, markdown: str) -> None:
    assert org_text(org.split("\n")).markdown == markdown


def test_what_a_text_links_to_is_told() -> None:
    found = org_text(["[[file:a.png]] [[attachment:b.pdf][x]] [[id:1::*y][z]] =[[file:c.png]]="])
    assert (found.files, found.ids) == (("a.png", "b.pdf", "c.png"), ("1",))


OUTLINE = """#+TITLE: Days
#+FILETAGS: :all:
#+TODO: READ | READDONE
:PROPERTIES:
:ID: 7
:END:
before
* TODO [#A] One :x:y:
SCHEDULED: <2020-01-01 Wed>
:PROPERTIES:
:CREATED: [2020-01-02 Thu 10:30]
:END:
text
:LOGBOOK:
- noted
:END:
#+begin_src org
* no heading
#+end_src
** READ Two
**no heading
* Three
"""


def test_an_outline_has_states_tags_properties_and_text() -> None:
    outline = outline_of(OUTLINE)
    one, three = outline.top.children
    assert (outline.settings["TITLE"], outline.tags, outline.top.properties, outline.top.text) == (
        "Days",
        ("all",),
        {"ID": "7"},
        "before",
    )
    assert (one.keyword, one.title, one.tags) == ("TODO", "One", ("x", "y"))
    assert (one.properties, one.lines[0], "noted" in one.text) == ({"CREATED": "[2020-01-02 Thu 10:30]"}, "text", False)
    assert [(each.keyword, each.title, each.text) for each in one.children] == [("READ", "Two", "**no heading")]
    assert "* no heading" in one.text
    assert three.title == "Three"


@given(st.text(alphabet="*#+|:[]<>=/~ -_\n1209aBEGINDsrcquoteTODMay", max_size=300))
def test_no_org_however_odd_raises(text: str) -> None:
    assert isinstance(org_text(text.split("\n")).markdown, str)
    assert isinstance(list(entries_of(outline_of(text), date(2020, 1, 2))), list)


@pytest.mark.parametrize("piece", ["*a ", "[[a ", "| ", "= =", "/a*b ", ":a", "*" * 50 + " x\n", "<2020-01-01 ", " "])
def test_time_grows_with_length_alone(piece: str) -> None:
    text = "* " + piece * (50_000 // len(piece))
    started = time.monotonic()
    outline = outline_of(text)
    assert list(entries_of(outline, None))
    org_text([outline.top.children[0].title])
    assert time.monotonic() - started < 2
