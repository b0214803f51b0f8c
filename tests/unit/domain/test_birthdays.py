"""What is a birthday, and what is none."""

from __future__ import annotations

import pytest

from timeline_local.domain.birthdays import born


@pytest.mark.parametrize("text", ["1985-04-12", "1985-04", "1985", "--04-12", "--02-29", "2000-02-29"])
def test_a_birthday_is_a_day_a_month_a_year_or_a_day_of_no_year(text: str) -> None:
    assert born(text) == text


@pytest.mark.parametrize(
    "text", ["", "12.4.1985", "1985-13", "1985-02-30", "1900-02-29", "--13-01", "--04", "0000", "19850412"]
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be a"):
        born(text)
