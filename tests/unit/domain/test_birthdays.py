"""What is a birthday, and what is none."""

from __future__ import annotations

from datetime import date

import pytest

from timeline_local.domain.birthdays import YearDay, born, years_since


@pytest.mark.parametrize("text", ["1985-04-12", "1985-04", "1985", "--04-12", "--02-29", "2000-02-29"])
def test_a_birthday_is_a_day_a_month_a_year_or_a_day_of_no_year(text: str) -> None:
    assert born(text) == text


@pytest.mark.parametrize(
    "text", ["", "12.4.1985", "1985-13", "1985-02-30", "1900-02-29", "--13-01", "--04", "0000", "19850412"]
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="must be a"):
        born(text)


@pytest.mark.parametrize("text", ["06-14", "02-29", "12-31"])
def test_a_day_of_the_year_is_written_as_it_is_read(text: str) -> None:
    assert str(YearDay.parse(text)) == text


@pytest.mark.parametrize("text", ["", "6-14", "06-31", "02-30", "00-01", "13-01", "06-14 ", "--06-14"])
def test_what_is_in_no_calendar_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match="must be a"):
        YearDay.parse(text)


@pytest.mark.parametrize(
    ("day", "year", "kept"),
    [
        ("02-28", 2023, ["02-28", "02-29"]),
        ("02-28", 2024, ["02-28"]),
        ("02-29", 2024, ["02-29"]),
        ("02-28", 1900, ["02-28", "02-29"]),
        ("06-14", 2023, ["06-14"]),
    ],
)
def test_the_leap_day_is_kept_on_the_day_before_where_there_is_none(day: str, year: int, kept: list[str]) -> None:
    assert [str(each) for each in YearDay.parse(day).kept_in(year)] == kept


def test_a_year_without_the_leap_day_has_no_such_date() -> None:
    leap = YearDay.parse("02-29")
    assert (leap.in_year(2023), leap.in_year(2024)) == (None, date(2024, 2, 29))


@pytest.mark.parametrize(("text", "years"), [("1985-04-12", 41), ("2026-04-12", 0), ("--04-12", None), ("1985", 41)])
def test_years_are_counted_where_the_year_is_known(text: str, years: int | None) -> None:
    assert years_since(text, 2026) == years
