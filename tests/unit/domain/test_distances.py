"""Distances on the globe: known ones, and what holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.distances import (
    EARTH_RADIUS_M,
    climbs_m,
    distance_m,
    is_flight,
    is_position,
    legs_m,
    speed_mps,
)

lats = st.floats(-90, 90)
lons = st.floats(-180, 180)
HALF_WAY_ROUND = 3.14159265359 * EARTH_RADIUS_M


@pytest.mark.parametrize(
    ("first", "second", "km"),
    [
        ((51.5007, -0.1246), (48.8584, 2.2945), 340.6),  # Westminster to the Eiffel tower
        ((40.6413, -73.7781), (51.4700, -0.4543), 5540),  # JFK to Heathrow
        ((-16.5, 179.9), (-16.5, -179.9), 21.3),  # across the date line, the short way
        ((90, 0), (-90, 0), 20015.1),
        ((0, 0), (0, 1), 111.195),
    ],
)
def test_distances_are_those_of_the_globe(first: tuple[float, float], second: tuple[float, float], km: float) -> None:
    assert distance_m(*first, *second) / 1000 == pytest.approx(km, rel=0.002)


@given(lats, lons, lats, lons)
def test_there_and_back_is_as_far_and_never_more_than_half_way_round(a: float, b: float, c: float, d: float) -> None:
    there = distance_m(a, b, c, d)
    assert there == pytest.approx(distance_m(c, d, a, b), abs=1e-3)
    assert 0 <= there <= HALF_WAY_ROUND + 1
    assert distance_m(a, b, a, b) == 0


@given(lats, lons, lats, lons, lats, lons)
def test_no_detour_is_shorter_than_the_straight_way(a: float, b: float, c: float, d: float, e: float, f: float) -> None:
    assert distance_m(a, b, e, f) <= distance_m(a, b, c, d) + distance_m(c, d, e, f) + 1


@given(st.lists(st.tuples(lats, lons), max_size=20))
def test_legs_are_one_less_than_positions(path: list[tuple[float, float]]) -> None:
    legs = legs_m([each[0] for each in path], [each[1] for each in path])
    assert len(legs) == max(0, len(path) - 1)
    assert all(leg >= 0 for leg in legs)


@pytest.mark.parametrize(
    ("metres", "seconds", "flown"),
    [(139, 1, True), (138, 1, False), (900_000, 3600, True), (100, 0, False), (100, -5, False)],
)
def test_more_than_500_km_an_hour_is_a_flight(metres: float, seconds: float, *, flown: bool) -> None:
    assert is_flight(metres, seconds) is flown


def test_no_speed_is_told_where_no_time_passed() -> None:
    assert speed_mps(10, 0) is None
    assert speed_mps(10, 4) == 2.5


@pytest.mark.parametrize(
    ("lat", "lon", "real"),
    [
        (0, 0, False),
        (0, 6.6, True),
        (90, 180, True),
        (90.1, 0, False),
        (1, 180.5, False),
        (float("nan"), 1, False),
        (1, float("inf"), False),
    ],
)
def test_null_island_and_numbers_off_the_globe_are_no_positions(lat: float, lon: float, *, real: bool) -> None:
    assert is_position(lat, lon) is real


@pytest.mark.parametrize(
    ("altitudes", "up", "down"),
    [([], 0, 0), ([100, 110, 105], 10, 5), ([100, 101, 99, 100.5], 0, 0), ([100, 102, 104, 106, 108], 8, 0)],
)
def test_climbs_leave_out_the_wavering_of_the_instrument(altitudes: list[float], up: float, down: float) -> None:
    assert climbs_m(altitudes) == (up, down)


@given(st.lists(st.floats(-400, 9000), min_size=1, max_size=50))
def test_up_less_down_is_the_difference_of_the_ends_but_for_the_noise(altitudes: list[float]) -> None:
    up, down = climbs_m(altitudes)
    assert up - down == pytest.approx(altitudes[-1] - altitudes[0], abs=3.01)
