"""Dates as people type them into a search box: "june 2019", "last summer", "14 June 2019", "1990s", EDTF.

English; the words are tables, so that another language is another set of tables.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

from timeline_local.domain.fuzzy import parse_edtf

Days = tuple[date, date]
"""First and last day, both included."""

MAX_WORDS = 4
"""The longest phrase understood: "14 june , 2019" without its comma, "the summer of 2019"."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sep", "sept"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_SEASONS = {"spring": 21, "summer": 22, "autumn": 23, "fall": 23, "winter": 24}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FILLERS = frozenset({"the", "of", "in"})
_BARE_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_BARE_DATE = re.compile(r"(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?[~?%]?|(?:19|20)\dX|(?:19|20)\d\d/(?:19|20)\d\d", re.ASCII)
_DECADE = re.compile(r"(?P<tens>(?:19|20)\d)0s", re.ASCII)
_DAY_OF_MONTH = re.compile(r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?", re.ASCII)
_ONE_DAY = timedelta(days=1)


def read_days(text: str, today: date) -> Days | None:
    """The days a phrase names, seen from `today`; None when it names none. Never raises.

    Seasons are those of the northern half of the Earth; "last summer" is the latest one that is over.
    """
    words = [word.strip(",") for word in text.lower().split()]
    if len(words) > MAX_WORDS + 1:
        return None
    kept = [word for word in words if word and word not in _FILLERS]
    reader = _READERS.get(len(kept))
    return reader(kept, today) if reader else None


def is_bare_date(word: str) -> bool:
    """Whether a single word is a date even without a key: 2019, 2019-06, 1990s, today; not 1080 and not "may"."""
    plain = word.lower()
    return plain in _RELATIVE_DAYS or _BARE_DATE.fullmatch(word) is not None or _DECADE.fullmatch(plain) is not None


def may_begin_phrase(word: str) -> bool:
    """Whether a word can be the first of a date of several words."""
    plain = word.lower()
    known = plain in _MONTHS or plain in _SEASONS or plain in {"last", "this"}
    return known or _DAY_OF_MONTH.fullmatch(plain) is not None or _BARE_YEAR.fullmatch(plain) is not None


def _one(words: list[str], today: date) -> Days | None:
    word = words[0]
    if word in _RELATIVE_DAYS:
        day = _moved(today, _RELATIVE_DAYS[word])
        return day, day
    decade = _DECADE.fullmatch(word)
    return _edtf(decade["tens"] + "X" if decade else word.upper())


_RELATIVE_DAYS = {"today": 0, "yesterday": -1}


def _two(words: list[str], today: date) -> Days | None:
    first, second = words
    if first in {"last", "this"}:
        return _relative(first, second, today)
    if _BARE_YEAR.fullmatch(first):
        first, second = second, first
    if not _BARE_YEAR.fullmatch(second):
        return None
    number = _MONTHS.get(first) or _SEASONS.get(first)
    return _edtf(f"{second}-{number:02}") if number else None


def _three(words: list[str], today: date) -> Days | None:  # noqa: ARG001  # one shape for every reader
    first, second, year = words
    if first in _MONTHS:
        first, second = second, first
    day = _DAY_OF_MONTH.fullmatch(first)
    if day is None or second not in _MONTHS or not _BARE_YEAR.fullmatch(year):
        return None
    return _edtf(f"{year}-{_MONTHS[second]:02}-{int(day['day']):02}")


_READERS: dict[int, Callable[[list[str], date], Days | None]] = {1: _one, 2: _two, 3: _three}


def _edtf(text: str) -> Days | None:
    try:
        found = parse_edtf(text)
    except ValueError:
        return None
    return found.start, found.end


def _relative(which: str, unit: str, today: date) -> Days | None:
    """This week, last month, last summer, last june, last monday."""
    steps = -1 if which == "last" else 0
    if unit in _UNITS:
        return _UNITS[unit](today, steps)
    if unit in _WEEKDAYS:
        return _weekday(_WEEKDAYS.index(unit), today, steps)
    number = _MONTHS.get(unit) or _SEASONS.get(unit)
    return _named(number, today, steps) if number else None


def _week(today: date, steps: int) -> Days:
    monday = _moved(today, 7 * steps - today.weekday())
    return monday, _moved(monday, 6)


def _month(today: date, steps: int) -> Days | None:
    year, month = divmod(today.year * 12 + today.month - 1 + steps, 12)
    return _edtf(f"{year:04}-{month + 1:02}")


def _year(today: date, steps: int) -> Days | None:
    return _edtf(f"{today.year + steps:04}")


_UNITS: dict[str, Callable[[date, int], Days | None]] = {"week": _week, "month": _month, "year": _year}


def _weekday(index: int, today: date, steps: int) -> Days:
    """This week's weekday; with "last" the latest one before today."""
    back = (today.weekday() - index - 1) % 7 + 1
    day = _moved(today, -back) if steps else _moved(today, index - today.weekday())
    return day, day


def _named(number: int, today: date, steps: int) -> Days | None:
    """A month or season: with "last" the latest that is over, with "this" the one of this year."""
    if not steps:
        return _edtf(f"{today.year:04}-{number:02}")
    for year in (today.year, today.year - 1, today.year - 2):
        found = _edtf(f"{year:04}-{number:02}")
        if found and found[1] < today:
            return found
    return None


def _moved(day: date, days: int) -> date:
    """A day so many days on, held inside the calendar."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))
