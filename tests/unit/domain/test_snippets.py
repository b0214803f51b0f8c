"""The first words of a note without its marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.snippets import snippet


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("# Lisbon\n\nWoke up **early**.", "Lisbon\nWoke up early."),
        ("- [x] bread\n- [ ] milk\n1. eggs", "bread\nmilk\neggs"),
        ("> quoted `code` here", "quoted code here"),
        ("See [the map](https://example.org) and ![me](me.jpg)", "See the map and me"),
        ("[[Anna]] and [[people/Ben|Ben]] and ![[photo.jpg]]", "Anna and Ben and photo.jpg"),
        ("2 ** 3 is 8, a_b_c stays", "2 ** 3 is 8, a_b_c stays"),
        ("", ""),
    ],
)
def test_marks_go_and_words_stay(body: str, expected: str) -> None:
    assert snippet(body) == expected


def test_a_long_text_ends_at_a_word() -> None:
    assert snippet("one two three four", 12) == "one two…"


@given(st.text(max_size=2000), st.integers(1, 300))
def test_it_is_never_longer_than_asked(body: str, length: int) -> None:
    assert len(snippet(body, length)) <= length
