"""Clocks of chats in words: "9:30 PM", "오후 9:30", "午後9:30", "21:30"."""

from __future__ import annotations

import re
from datetime import time

from timeline_local.domain.day_halves import is_afternoon

_CLOCK = re.compile(
    r"(?P<before>[^\d:]{1,12}?)?\s?(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?::(?P<second>\d\d))?\s?(?P<after>[^\d:]{1,12})?"
)
# "Jan 03, 2021 4:55:12 am", "3 janv. 2021 à 16:55", "03.01.2021, 16:55"
_WHEN = re.compile(
    r"(?P<day>[^:]{6,40}?)[,\s]+(?P<clock>(?:[^\d:,]{1,12}\s?)?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[^\d:]{1,12})?)"
)
_AT = re.compile(r"[^\W\d]{1,3}\s")  # "à 16:55"
_NUMBERS = re.compile(r"(?P<one>\d{1,4})[./-]\s?(?P<two>\d{1,2})[./-]\s?(?P<three>\d{1,4})\.?")
_SPACES = re.compile(r"[ \t\r\n\f\u00a0\u202f]+")
_NOON = 12


def read_clock(text: str) -> time | None:
    """The time of day; None for what is none."""
    found = _CLOCK.fullmatch(text.replace("\u202f", " ").replace("\u00a0", " ").strip())
    if found is None:
        return None
    words = [each for each in (found["before"], found["after"]) if each and each.strip()]
    halves = [is_afternoon(each) for each in words]
    if any(half is None for half in halves):
        return None
    hour = int(found["hour"])
    hour = hour % _NOON + (_NOON if halves[0] else 0) if halves else hour
    try:
        return time(hour, int(found["minute"]), int(found["second"] or 0))
    except ValueError:
        return None


def day_and_clock(text: str) -> tuple[str, time] | None:
    """The day as it is written, and the time of day."""
    found = _WHEN.fullmatch(_SPACES.sub(" ", text).strip())
    if found is None:
        return None
    clock = read_clock(found["clock"]) or read_clock(_AT.sub("", found["clock"], count=1))
    return None if clock is None else (found["day"].strip(" ,"), clock)


def date_numbers(day: str) -> tuple[int, int, int] | None:
    """The three numbers of a date that is written in numbers, in their order; None for one in words."""
    found = _NUMBERS.fullmatch(day)
    return None if found is None else (int(found["one"]), int(found["two"]), int(found["three"]))
