"""Birthdays as people know them: a day, a month or a year of EDTF, or a day of no year; days that come every year."""

import re
from calendar import isleap
from dataclasses import dataclass
from datetime import date
from typing import Self

_KNOWN = re.compile(r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d))?)?", re.ASCII)
_NO_YEAR = re.compile(r"--(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII)
_LEAP = 2000


_DAY = re.compile(r"(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class YearDay:
    """A day that comes every year, 29 February among them; written 06-14."""

    month: int
    day: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for what is no day of any year."""
        found = _DAY.fullmatch(text)
        if found is None:
            raise ValueError("must be a month and a day such as 06-14")
        month, day = int(found["month"]), int(found["day"])
        try:
            date(_LEAP, month, day)
        except ValueError:
            raise ValueError("must be a day of the calendar") from None
        return cls(month, day)

    def __str__(self) -> str:
        return f"{self.month:02}-{self.day:02}"

    def in_year(self, year: int) -> date | None:
        """None where that year has no such day."""
        return None if (self.month, self.day) == (2, 29) and not isleap(year) else date(year, self.month, self.day)

    def kept_in(self, year: int) -> tuple[Self, ...]:
        """The days that are kept on this one: where there is no 29 February, it is kept on the 28th."""
        leap_day = type(self)(2, 29)
        return (self, leap_day) if (self.month, self.day) == (2, 28) and not isleap(year) else (self,)


def years_since(text: str, year: int) -> int | None:
    """How many years before that year somebody was born, None where nobody knows. text: what `born` takes."""
    found = _KNOWN.fullmatch(text)
    return None if found is None else year - int(found["year"])


def born(text: str) -> str:
    """The text, if it is a birthday: 1985-04-12, 1985-04, 1985, or --04-12. Raises ValueError if it is none."""
    found = _NO_YEAR.fullmatch(text) or _KNOWN.fullmatch(text)
    if found is None:
        raise ValueError("must be a date such as 1985-04-12, 1985-04, 1985, or --04-12 without a year")
    parts = {name: int(value) for name, value in found.groupdict().items() if value is not None}
    try:
        date(parts.get("year", _LEAP), parts.get("month", 1), parts.get("day", 1))
    except ValueError:
        raise ValueError("must be a day of the calendar") from None
    return text
