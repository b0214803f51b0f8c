"""A query as it is typed: what is clear, what is not, and which token stands at the caret."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.query import MAX_TERMS, Or, QuerySyntaxError, With, Word, parse
from timeline_local.domain.query_reading import read, without
from timeline_local.domain.query_tokens import typed_at

TODAY = date(2026, 11, 22)
queries = st.lists(
    st.sampled_from([*'ab#":-\\ “”', "with:", "near:", "kind:photo", "OR", " OR ", "2019", "june", "5km", "é", "👍"]),
    max_size=12,
).map("".join)


def pieces(text: str) -> list[tuple[str, bool]]:
    """(text, whether it is clear) of every piece."""
    found = read(text, TODAY).pieces
    return [(text[piece.span.start : piece.span.end], piece.term is not None) for piece in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("beach with:ana", [("beach", True), ("with:ana", True)]),
        ("kind:foo beach", [("kind:foo", False), ("beach", True)]),
        ("with: last summer", [("with:", False), ("last summer", True)]),
        ('with:"ana so', [('with:"ana so', False)]),
        ('sea with:"ana so ', [("sea", True), ('with:"ana so', False)]),
        ('"" sea', [('""', False), ("sea", True)]),
        ("a OR", [("a OR", False)]),
        ("OR a sea", [("OR a", False), ("sea", True)]),
        ("-kind:pho OR x sea", [("-kind:pho OR x", False), ("sea", True)]),
        ("x " * MAX_TERMS + "y z", [("x", True)] * MAX_TERMS + [("y z", False)]),
    ],
)
def test_what_makes_no_sense_leaves_the_rest_clear(text: str, expected: list[tuple[str, bool]]) -> None:
    assert pieces(text) == expected


def test_a_reading_without_a_mistake_is_the_query() -> None:
    found = read("a OR b with:ana", TODAY)
    assert found.error is None
    assert found.query == parse("a OR b with:ana", TODAY)
    assert [piece.term for piece in found.pieces] == [Or((Word("a"), Word("b"))), With("ana")]


@given(queries)
def test_the_mistake_is_the_one_that_other_routes_refuse(text: str) -> None:
    found = read(text, TODAY)
    if found.error is None:
        assert found.query == parse(text, TODAY)
        return
    with pytest.raises(QuerySyntaxError) as refused:
        parse(text, TODAY)
    assert (found.query, found.error.position) == (None, refused.value.position)
    assert found.error.message == refused.value.message


@given(queries)
def test_pieces_stand_in_order_and_cover_every_letter(text: str) -> None:
    found = read(text, TODAY).pieces
    ends = [0, *(piece.span.end for piece in found)]
    starts = [*(piece.span.start for piece in found), len(text)]
    between = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    assert [gap for gap in between if gap.strip()] == []
    assert all(piece.span.start < piece.span.end for piece in found)


def test_a_query_without_some_terms() -> None:
    text = '  beach  with:"Ana S"  last summer '
    spans = [piece.span for piece in read(text, TODAY).pieces]
    assert without(text, spans, {1}) == "beach last summer"
    assert without(text, spans, ()) == 'beach with:"Ana S" last summer'


@pytest.mark.parametrize(
    ("marked", "replaced", "key", "value"),
    [
        ("|", "", None, ""),
        ("foo |bar", "", None, ""),
        ("foo| bar", "foo", None, "foo"),
        ("fo|o bar", "foo", None, "fo"),
        ("with:an|", "with:an", "with", "an"),
        ("-with:an|a beach", "with:ana", "with", "an"),
        ("with:|", "with:", "with", ""),
        ("#|", "#", "tag", ""),
        ("#it|aly x", "#italy", "tag", "it"),
        ('with:"ana so|', 'with:"ana so', "with", "ana so"),
        ('with:"an|a so" x', 'with:"ana so"', "with", "an"),
        ('with:"an| beach', 'with:"an', "with", "an"),
        ('with:"ana"|', 'with:"ana"', "with", "ana"),
        ("-|", "", None, ""),
        ("-w|", "w", None, "w"),
        ('note:"so m|', 'note:"so m', None, "so m"),
    ],
)
def test_the_token_at_the_caret(marked: str, replaced: str, key: str | None, value: str) -> None:
    caret, text = marked.index("|"), marked.replace("|", "")
    found = typed_at(text, caret)
    assert (text[found.start : found.end], found.key, found.value) == (replaced, key, value)


@given(queries, st.integers(0, 40))
def test_every_place_of_every_text_has_a_token(text: str, caret: int) -> None:
    caret = min(caret, len(text))
    found = typed_at(text, caret)
    assert 0 <= found.start <= caret <= found.end <= len(text)
