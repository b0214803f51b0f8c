"""Clocks of chats in words: "9:30 PM", "오후 9:30", "午後9:30", "21:30"."""

from __future__ import annotations

import re
from datetime import time

from timeline_local.domain.day_halves import is_afternoon

_CLOCK = re.compile(
    r"(?P<before>[^\d:]{1,12}?)?\s?(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?::(?P<second>\d\d))?\s?(?P<after>[^\d:]{1,12})?"
)
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
