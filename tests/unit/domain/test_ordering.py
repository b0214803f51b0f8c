"""Places with gaps: whatever fits between two neighbours stays between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.ordering import GAP, spread

ends = st.none() | st.integers(-(2**40), 2**40)


@given(ends, ends, st.integers(1, 50))
def test_numbers_rise_and_lie_between_their_neighbours(low: int | None, high: int | None, count: int) -> None:
    first, last = (low, high) if low is None or high is None else sorted((low, high))
    found = spread(first, last, count)
    assert found is None or (len(found) == count and found == sorted(set(found)))
    assert found is None or first is None or found[0] > first
    assert found is None or last is None or found[-1] < last


@given(st.integers(-(2**40), 2**40), st.integers(0, 100), st.integers(1, 50))
def test_only_too_narrow_a_gap_is_refused(low: int, width: int, count: int) -> None:
    found = spread(low, low + width, count)
    assert (found is None) == (width < count + 1)


def test_a_fresh_gap_takes_twenty_moves_to_the_same_place() -> None:
    low, high = 0, GAP
    for _ in range(20):
        (low,) = spread(low, high, 1) or [high]
    assert (low, spread(low, high, 1)) == (GAP - 1, None)
