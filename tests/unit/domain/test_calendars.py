"""Dates of other calendars, told by their years."""

from __future__ import annotations

from datetime import date

import pytest

from timeline_local.domain.calendars import civil_date


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ((2021, 4, 3), date(2021, 4, 3)),
        ((21, 4, 3), date(2021, 4, 3)),
        ((51, 4, 3), date(2051, 4, 3)),
        ((64, 4, 3), date(2021, 4, 3)),  # Buddhist
        ((2564, 2, 29), None),
        ((2567, 2, 29), date(2024, 2, 29)),
        ((110, 4, 3), date(2021, 4, 3)),  # Taiwan
        ((1400, 1, 1), date(2021, 3, 21)),  # Persian
        ((1399, 12, 30), date(2021, 3, 20)),
        ((1400, 12, 30), None),
        ((1403, 7, 1), date(2024, 9, 22)),
        ((1388, 6, 31), date(2009, 9, 22)),
        ((1402, 13, 1), None),
        ((1442, 8, 21), date(2021, 4, 3)),  # Umm al-Qura
        ((1442, 8, 31), None),
        ((1442, 0, 1), None),
        ((1815, 6, 18), date(1815, 6, 18)),
        ((0, 0, 0), None),
    ],
)
def test_a_date_is_read_in_the_calendar_its_year_is_of(told: tuple[int, int, int], day: date | None) -> None:
    assert civil_date(*told) == day
