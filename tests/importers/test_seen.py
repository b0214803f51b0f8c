"""Keys that a read has given out: counted exactly, numbered alike at every reading, in few bytes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.seen import Seen


@given(st.lists(st.text(max_size=3), max_size=60))
def test_a_key_is_counted_as_a_counter_would(keys: list[str]) -> None:
    seen, counter = Seen(), Counter[str]()
    for key in keys:
        assert (key in seen) == (key in counter)
        counter[key] += 1
        assert seen.number(key) == counter[key]


def test_it_grows_and_forgets_nothing() -> None:
    seen = Seen()
    assert {seen.number(str(number)) for number in range(5_000)} == {1}
    assert {seen.number(str(number)) for number in range(5_000)} == {2}


def test_a_key_that_comes_again_gets_its_number() -> None:
    seen = Seen()
    assert [seen.unique("a"), seen.unique("b"), seen.unique("a"), seen.unique("a")] == ["a", "b", "a~2", "a~3"]
