"""Marks stand where the full text index found the words, in texts of any script, and nothing of a text is lost."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.query import parse
from timeline_local.queries.highlights import LENGTH, Highlighter, Run

TODAY = date(2026, 11, 22)


def marks(query: str) -> Highlighter:
    return Highlighter.of(parse(query, TODAY))


def written(runs: list[Run]) -> str:
    """The text with its hits in brackets."""
    return "".join(f"[{text}]" if is_match else text for text, is_match in runs)


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("sea", "The sea, the Sea.", "The [sea], the [Sea]."),
        ("sea", "overseas and season", "overseas and [season]"),
        ("sea rain", "season of rains", "season of [rains]"),
        ("se", "season, se", "season, [se]"),
        ('"blue hour"', "Blue-hour, blue hours", "[Blue-hour], blue hours"),
        ("cafe", "Im Café, im Cafe\u0301!", "Im [Café], im [Café]!"),
        ("strasse", "die Straße lang", "die [Straße] lang"),
        ("gare", "GARE du Nord", "[GARE] du Nord"),
        ("москва", "Москва зимой", "[Москва] зимой"),
        ("東京", "東京 タワー", "[東京] タワー"),
        ("한국", unicodedata.normalize("NFD", "한국 여행"), "[한국] 여행"),
        ("sea OR hill", "hill and sea", "[hill] and [sea]"),
        ("-sea hill", "hill and sea", "[hill] and sea"),
        ("kind:photo", "photo", "photo"),
        ("a.b", "a b and a.b", "[a b] and [a.b]"),
        ("👍 sea", "👍 sea 👍", "👍 [sea] 👍"),
        ("sea", "", ""),
        ('"..." sea', "... sea", "... [sea]"),
    ],
)
def test_words_are_marked_as_they_are_found(query: str, text: str, expected: str) -> None:
    assert written(marks(query).runs(text)) == expected


@given(st.text(max_size=80), st.text("abé ß", min_size=1, max_size=6))
def test_the_pieces_are_the_text(text: str, word: str) -> None:
    found = marks(f'"a {word}" b').runs(text)
    assert "".join(piece for piece, _ in found) == unicodedata.normalize("NFC", text)
    assert all(piece for piece, _ in found)


def test_a_snippet_is_cut_where_most_of_the_query_stands() -> None:
    body = (
        "Once the sea. "
        + "nothing here " * 60
        + "\n\n**The sea** and the [hill](https://x.example) at dusk. "
        + "z " * 300
    )
    found = written(marks("hill sea dusk").snippet(body))
    assert found.startswith("…The [sea] and the [hill] at [dusk].")
    assert len(found) < LENGTH + 10


def test_a_hit_at_the_beginning_shows_the_beginning() -> None:
    assert written(marks("sea").snippet("# The sea\nand more")) == "The [sea]\nand more"


def test_a_note_without_a_hit_shows_its_beginning() -> None:
    assert marks("nowhere").snippet("plain words " * 100)[0][0].startswith("plain words")


def test_a_hit_deep_in_a_long_note_of_any_script_is_shown() -> None:
    body = "weiße Straße größer " * 4000 + "das gesuchte Wort steht hier. " + "und weiter " * 1000
    assert "[gesuchte]" in written(marks("gesuchte").snippet(body))
