"""Birthdays as people know them: a day, a month or a year of EDTF, or a day of no year."""

import re
from datetime import date

_KNOWN = re.compile(r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d))?)?", re.ASCII)
_NO_YEAR = re.compile(r"--(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII)
_LEAP = 2000


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
