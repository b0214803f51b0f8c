"""Cursors survive the round trip and nothing else is one; ETags are compared by what they name."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.api.pages import decode_cursor, encode_cursor, etag, if_match, if_none_match, weak_etag
from timeline_local.exceptions import InvalidCursor

integers = st.integers(-(2**63), 2**63 - 1)
positions = st.tuples(integers, integers, st.binary(min_size=16, max_size=16))


@given(positions)
def test_a_cursor_names_the_position_it_was_made_from(position: tuple[int, int, bytes]) -> None:
    assert decode_cursor(encode_cursor(position)) == position


@given(positions)
def test_a_cursor_needs_no_escaping_in_an_address(position: tuple[int, int, bytes]) -> None:
    cursor = encode_cursor(position)
    assert (len(cursor), cursor.replace("-", "").replace("_", "").isalnum()) == (50, True)


@given(positions, st.integers(0, 49), st.sampled_from("ABCxyz019-_=+/ é"))
def test_a_changed_character_is_noticed(position: tuple[int, int, bytes], at: int, other: str) -> None:
    cursor = encode_cursor(position)
    changed = cursor[:at] + other + cursor[at + 1 :]
    result = {cursor: "same"}.get(changed) or _fate(changed)
    assert result in ("same", "refused")


@given(st.one_of(st.text(), st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
def test_anything_else_is_refused(text: str) -> None:
    assert _fate(text) == "refused"


def _fate(cursor: str) -> str:
    try:
        decode_cursor(cursor)
    except InvalidCursor:
        return "refused"
    return "accepted"


def test_a_cursor_of_another_version_is_refused() -> None:
    raw = bytearray(base64.urlsafe_b64decode(encode_cursor((1, 2, b"x" * 16)) + "=="))
    raw[0] = 2
    assert _fate(base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()) == "refused"


@pytest.mark.parametrize(
    ("header", "matches"),
    [(None, True), ("*", True), ('"3"', True), ('"2", "3"', True), ('W/"3"', True), ('"2"', False), ("3", False)],
)
def test_an_edit_goes_on_only_from_the_present_version(header: str | None, matches: bool) -> None:  # noqa: FBT001
    assert if_match(header, etag(3)) is matches


@pytest.mark.parametrize(
    ("header", "known"), [(None, False), ("*", True), ('W/"7"', True), ('"7"', True), ('"6"', False), ("", False)]
)
def test_a_client_that_has_it_is_recognised(header: str | None, known: bool) -> None:  # noqa: FBT001
    assert if_none_match(header, weak_etag(7)) is known
