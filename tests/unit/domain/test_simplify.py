"""Ways drawn with fewer points."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.simplify import simplify

_WAYS = st.lists(st.tuples(st.floats(-80, 80), st.floats(-180, 180)), max_size=40)


@given(_WAYS, st.integers(2, 40))
def test_the_ends_stay_in_order_and_no_more_points_than_asked_for(way: list[tuple[float, float]], most: int) -> None:
    kept = simplify(way, most)
    assert kept == sorted(set(kept))
    assert len(kept) <= max(most, 2)
    assert kept[:1] + kept[-1:] == ([0, len(way) - 1] if way else [])


@given(_WAYS)
def test_a_short_way_stays_whole(way: list[tuple[float, float]]) -> None:
    assert simplify(way, 40) == list(range(len(way)))


def test_a_corner_matters_more_than_what_lies_on_a_line() -> None:
    way = [(0.0, n / 10) for n in range(11)] + [(n / 10, 1.0) for n in range(1, 11)]
    assert simplify(way, 3) == [0, 10, 20]


def test_a_way_over_the_date_line_is_a_short_one() -> None:
    way = [(0.0, 179.0), (0.0, 179.9), (1.0, -179.9), (0.0, -179.0), (0.0, -178.0)]
    assert simplify(way, 3) == [0, 2, 4]


def test_more_points_stray_less() -> None:
    way = [(math.sin(n / 5), n / 50) for n in range(200)]
    assert [len(simplify(way, most)) for most in (2, 10, 100)] == [2, 10, 100]
