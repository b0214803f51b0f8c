"""Dates of the calendars that phones can be set to, told apart by their years: a chat is of this century."""

from __future__ import annotations

from datetime import date, timedelta

_BUDDHIST, _MINGUO = 543, 1911  # years that Thailand is ahead, and Taiwan behind
_FIRST_BUDDHIST = 52  # of two digits: 2552 is 2009
_EARLIEST = 2000  # that is looked for in other calendars
_NOWRUZ_1400 = date(2021, 3, 21)
_SOLAR_LEAP = frozenset({1, 5, 9, 13, 17, 22, 26, 30})  # of each 33 years of the Persian calendar
# Umm al-Qura, the calendar of Saudi Arabia, from 1430 to 1470: twelve bits for each year, 1 for a month of 30 days.
_MUHARRAM_1430 = date(2008, 12, 29)
_LUNAR = (  # noqa: SIM905 - a year a line is no better
    "655 6a9 754 b6a 56c aad 555 b29 b92 ba9 5d4 ada 55a aab 595 749 764 baa 5b5 2b6 a56 "
    "d2a e95 72a 755 35a 95d 49b a4d d26 d53 5aa aad 4b6 a57 527 a95 b4a b55 36c 9ae"
).split()
_FIRST_LUNAR = 1430
_MONTHS, _HALF = 12, 6


def civil_date(year: int, month: int, day: int) -> date | None:
    """The day in the calendar of today, whichever one the year is of; None where there is no such day.

    A year of two digits is of this century or, from 52 on, a Buddhist one; one of three is of Taiwan.
    """
    if year < 100:  # noqa: PLR2004 - two digits
        year += 2000 if year < _FIRST_BUDDHIST else 2500
    try:
        if year < 1000:  # noqa: PLR2004 - three
            return date(year + _MINGUO, month, day)
        if year >= _EARLIEST + _BUDDHIST:
            return date(year - _BUDDHIST, month, day)
        if _FIRST_LUNAR <= year < _FIRST_LUNAR + len(_LUNAR):
            return _of_lunar(year, month, day)
        if _EARLIEST - 621 <= year < _FIRST_LUNAR:  # 621: from the Persian calendar's first year
            return _of_solar(year, month, day)
        return date(year, month, day)
    except ValueError:
        return None


def _of_solar(year: int, month: int, day: int) -> date | None:
    """A Persian date: six months of 31 days, five of 30, a last one of 29 or 30."""
    is_leap = year % 33 in _SOLAR_LEAP
    longest = 31 if month <= _HALF else 30 if month < _MONTHS or is_leap else 29
    if not (1 <= month <= _MONTHS and 1 <= day <= longest):
        return None
    between = range(1400, year) if year >= 1400 else range(year, 1400)  # noqa: PLR2004 - the year that is known
    days = sum(366 if each % 33 in _SOLAR_LEAP else 365 for each in between)
    begin = _NOWRUZ_1400 + timedelta(days if year >= 1400 else -days)  # noqa: PLR2004 - as above
    return begin + timedelta((month - 1) * 31 - max(month - _HALF - 1, 0) + day - 1)


def _of_lunar(year: int, month: int, day: int) -> date | None:
    if not (1 <= month <= _MONTHS and 1 <= day <= _lengths(year)[month - 1]):
        return None
    before = sum(sum(_lengths(each)) for each in range(_FIRST_LUNAR, year))
    return _MUHARRAM_1430 + timedelta(before + sum(_lengths(year)[: month - 1]) + day - 1)


def _lengths(year: int) -> list[int]:
    return [29 + int(bit) for bit in f"{int(_LUNAR[year - _FIRST_LUNAR], 16):012b}"]
