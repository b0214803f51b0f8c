"""Stays and trips out of positions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.drafts import Sample
from timeline_local.domain.stays import Stay, Trip, segments

START = datetime(2024, 5, 1, 10, tzinfo=UTC)
HOME, WORK = (41.9, 12.5), (41.95, 12.5)


def at(minute: float, place: tuple[float, float], accuracy: float | None = 10.0) -> Sample:
    return Sample(START + timedelta(minutes=minute), *place, accuracy)


def there(first: int, last: int, place: tuple[float, float]) -> list[Sample]:
    return [at(minute, place) for minute in range(first, last + 1)]


def kinds(samples: list[Sample]) -> list[tuple[str, int, int]]:
    """(kind, first minute, last minute) of every segment."""
    minute = timedelta(minutes=1)
    return [
        (type(each).__name__, (each.start - START) // minute, (each.end - START) // minute)
        for each in segments(samples)
    ]


def ride(first: int, last: int) -> list[Sample]:
    """From home to work in even steps."""
    step = (WORK[0] - HOME[0]) / (last - first)
    return [at(minute, (HOME[0] + step * (minute - first), HOME[1])) for minute in range(first + 1, last)]


def test_a_day_is_stays_and_the_trips_between_them() -> None:
    day = [*there(0, 20, HOME), *ride(20, 40), *there(40, 70, WORK)]
    assert kinds(day) == [("Stay", 0, 20), ("Trip", 20, 40), ("Stay", 40, 70)]
    stay, trip, _ = segments(day)
    assert isinstance(stay, Stay)
    assert isinstance(trip, Trip)
    assert (round(stay.lat, 5), stay.count, round(trip.distance_m), trip.is_flight) == (41.9, 21, 5560, False)


def test_less_than_ten_minutes_is_no_stay() -> None:
    assert kinds([*there(0, 9, HOME), *ride(9, 30), *there(30, 41, WORK)]) == [("Stay", 30, 41)]


def test_a_stray_or_vague_position_does_not_end_a_stay() -> None:
    stray = [*there(0, 20, HOME), at(21, WORK), *there(22, 40, HOME)]
    vague = [*there(0, 20, HOME), at(21, WORK, 900.0), *there(22, 40, HOME)]
    assert (kinds(stray), kinds(vague)) == ([("Stay", 0, 40)], [("Stay", 0, 40)])


def test_after_three_hours_without_a_position_nothing_goes_on() -> None:
    assert kinds([*there(0, 20, HOME), *there(201, 230, HOME)]) == [("Stay", 0, 20), ("Stay", 201, 230)]
    assert kinds([*there(0, 20, HOME), *there(199, 230, HOME)]) == [("Stay", 0, 230)]
    assert kinds([*there(0, 20, HOME), *there(201, 230, WORK)]) == [("Stay", 0, 20), ("Stay", 201, 230)]


def test_a_flight_goes_on_through_hours_without_a_position() -> None:
    tokyo = (35.68, 139.69)
    found = segments([*there(0, 20, HOME), *there(740, 760, tokyo)])
    assert kinds([*there(0, 20, HOME), *there(740, 760, tokyo)])[1] == ("Trip", 20, 740)
    assert isinstance(found[1], Trip)
    assert found[1].is_flight


def test_a_stay_at_the_date_line_lies_there() -> None:
    (stay,) = segments([at(n, (10.0, 179.9999 if n % 2 else -179.9999)) for n in range(12)])
    assert abs(abs(stay.lon) - 180) < 0.001


_PLACES = st.sampled_from([HOME, WORK, (35.68, 139.69), (41.9001, 12.5001)])


@given(st.lists(st.tuples(st.integers(0, 3000), _PLACES), max_size=60))
def test_segments_stand_in_order_meet_and_never_overlap(told: list[tuple[int, tuple[float, float]]]) -> None:
    samples = [at(minute, place) for minute, place in sorted(dict(told).items())]
    found = segments(samples)
    for before, after in pairwise(found):
        assert before.end <= after.start
        assert isinstance(before, Stay) or isinstance(after, Stay)
    for each in found:
        assert each.start < each.end
        assert isinstance(each, Trip) or each.end - each.start >= timedelta(minutes=10)
        assert {each.start, each.end} <= {sample.at for sample in samples}
