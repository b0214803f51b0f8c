"""The dates of an event that recurs, as RFC 5545 section 3.8.5 has them, bounded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from timeline_local.importers.recurrence_rules import WITHIN_DAYS, Rule

if TYPE_CHECKING:
    from icalendar import Event, Journal

    Dated = Event | Journal

MAX_OCCURRENCES = 10_000  # 27 years of every day
_CLOCK = ("BYHOUR", "BYMINUTE", "BYSECOND")  # which mean nothing in a rule of whole days


class Unreadable(ValueError):
    """A rule that is none, or that is not read; the words are for the owner."""


def occurrences(event: Dated, begins: date, *, until: datetime, without: Iterable[date]) -> list[Any]:
    """The beginnings of an event, dates or times like its own, in order, at most MAX_OCCURRENCES.

    until    aware: what a rule gives after it is left out; dates that are listed one by one are not.
    without  dates that have an event of their own.
    Raises Unreadable.
    """
    first = wall_clock(begins)
    end = until.replace(tzinfo=None)
    found = {first}
    for rule in _listed(event.get("RRULE")):
        found |= _of_rule(rule, begins, first, end)
    found |= {like(each, begins) for each in _dates(event.get("RDATE"))}
    for rule in _listed(event.get("EXRULE")):
        found -= _of_rule(rule, begins, first, end)
    found -= {like(each, begins) for each in _dates(event.get("EXDATE"))}
    found -= {like(each, begins) for each in without}
    return [_as_begins(each, begins) for each in sorted(found)[:MAX_OCCURRENCES]]


def first_listed(event: Dated) -> date | None:
    """The first of the dates that are listed one by one."""
    listed = _dates(event.get("RDATE"))
    return (listed[0][0] if isinstance(listed[0], tuple) else listed[0]) if listed else None


def _of_rule(told: Any, begins: date, first: datetime, end: datetime) -> set[datetime]:  # noqa: ANN401 - vRecur
    try:
        last = min([end, *(like(each, begins, is_end=True) for each in told.get("UNTIL", ()))])
        passed = {"UNTIL"} if isinstance(begins, datetime) else {"UNTIL", *_CLOCK}
        rule = Rule.of({name: value for name, value in told.items() if name.upper() not in passed}, first)
        _check_end(rule, told)
        return set(islice(rule.dates(first, last), MAX_OCCURRENCES))
    except Unreadable:
        raise
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable("The rule by which this event recurs cannot be read.") from error


def _check_end(rule: Rule, told: Any) -> None:  # noqa: ANN401 - vRecur
    """Whoever takes a medicine every six hours for ever has ten thousand dates that say nothing."""
    if rule.frequency in WITHIN_DAYS and not (rule.count or told.get("UNTIL")):
        raise Unreadable("This event recurs every few hours or minutes, without an end.")


def _dates(value: object) -> list[Any]:
    """The dates, times and periods of a property; a time of day alone is none of these."""
    told = [getattr(each, "dt", None) for group in _listed(value) for each in getattr(group, "dts", ())]
    return [each for each in told if isinstance(each[0] if isinstance(each, tuple) else each, date)]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def wall_clock(value: date) -> datetime:
    """A date or a time as what a recurrence counts on: without a zone."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())


def like(told: date | tuple[date, object], begins: date, *, is_end: bool = False) -> datetime:
    """Another date of the same event on its wall clock: one that is told in UTC is moved into the event's zone."""
    value = told[0] if isinstance(told, tuple) else told  # of a period its beginning
    if not isinstance(value, datetime):
        whole = datetime.combine(value, datetime.min.time())
        if is_end:
            return whole + timedelta(days=1, microseconds=-1)
        clock = (begins.hour, begins.minute, begins.second) if isinstance(begins, datetime) else (0, 0, 0)
        return whole.replace(hour=clock[0], minute=clock[1], second=clock[2])
    if not isinstance(begins, datetime) and not is_end:
        return datetime.combine(value.date(), datetime.min.time())  # Outlook tells midnight for a whole day
    zone = begins.tzinfo if isinstance(begins, datetime) else None
    if value.tzinfo is not None and zone is not None:
        value = value.astimezone(zone)
    elif value.tzinfo is not None:
        value = value.astimezone(UTC)
    return value.replace(tzinfo=None)


def _as_begins(wall: datetime, begins: date) -> date:
    return wall.replace(tzinfo=begins.tzinfo) if isinstance(begins, datetime) else wall.date()
