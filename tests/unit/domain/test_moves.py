"""How somebody moved: the words of sources, speeds, and titles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.moves import guess_mode, mode_of, spell_distance, title_of


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("IN_PASSENGER_VEHICLE", "driving"),
        ("in passenger vehicle", "driving"),
        ("Ride", "cycling"),
        ("E-Bike Ride", "cycling"),
        ("WALKING", "walking"),
        ("IN_SUBWAY", "subway"),
        ("alpine_skiing", "skiing"),
        ("FLYING", "flying"),
        ("run", "running"),
        ("STILL", ""),
        ("UNKNOWN_ACTIVITY_TYPE", ""),
        ("", ""),
    ],
)
def test_words_of_sources_become_ours(word: str, mode: str) -> None:
    assert mode_of(word) == mode


@pytest.mark.parametrize(
    ("speeds", "mode"),
    [
        ([], ""),
        ([0.0, 0.1], ""),
        ([1.2] * 20, "walking"),
        ([1.2] * 19 + [3.5], "walking"),  # one fast leg in twenty is a jump of the receiver
        ([3.1] * 20, "running"),
        ([6.9] * 20, "cycling"),
        ([1.5] * 10 + [12.0] * 9, "cycling"),
        ([20.0] * 10 + [2.0] * 5, "driving"),
        ([1.5] * 10 + [25.0] * 9, "driving"),
        ([240.0] * 10 + [70.0] * 6, "flying"),
    ],
)
def test_speeds_tell_how_somebody_probably_moved(speeds: list[float], mode: str) -> None:
    assert guess_mode(speeds) == mode


@given(st.lists(st.floats(0, 400), max_size=40))
def test_a_guess_does_not_depend_on_the_order_of_the_legs(speeds: list[float]) -> None:
    assert guess_mode(speeds) == guess_mode(speeds[::-1])


@pytest.mark.parametrize(
    ("metres", "said"),
    [(0.4, "0 m"), (850, "850 m"), (999.6, "1.0 km"), (12_345, "12.3 km"), (1_204_400, "1,204 km")],
)
def test_distances_are_spelled_as_people_say_them(metres: float, said: str) -> None:
    assert spell_distance(metres) == said


def test_a_title_names_the_way_and_its_length() -> None:
    assert title_of("cycling", 12_345) == "Cycling, 12.3 km"
    assert title_of("", None) == "Track"
