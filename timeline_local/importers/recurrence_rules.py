"""Rules by which events recur, as RFC 5545 section 3.3.10 has them, in time that grows with the days asked for.

dateutil, which has all of it, looks for the next 30th of February up to the year 9999; this ends where it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product

MOST_BARREN = 6_000  # periods in a row without a date: no rule waits twice as long for a 29th of February
MOST_TIMES = 100  # of one day
_LAST_DAY = date.max.toordinal() - 7
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"(?P<nth>[+-]?\d{1,2})?(?P<day>MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_OLD = re.compile(
    r"(?P<kind>D|W|MP|MD|YM|YD)(?P<interval>[1-9]\d{0,3})(?P<words>(?:\s+(?:\d{1,3}[+-]?|LD|MO|TU|WE|TH|FR|SA|SU))*)"
    r"(?:\s+(?:#(?P<count>\d{1,5})|(?P<until>\d{8}(?:T\d{6}Z?)?)))?",
    re.ASCII | re.IGNORECASE,
)
_OLD_KINDS = {
    "D": ("DAILY", ""),
    "W": ("WEEKLY", ""),
    "MP": ("MONTHLY", "BYDAY"),
    "MD": ("MONTHLY", "BYMONTHDAY"),
    "YM": ("YEARLY", "BYMONTH"),
    "YD": ("YEARLY", "BYYEARDAY"),
}
_NUMBER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
# What each list of numbers may hold; of those with True a number may count from the end.
_LISTS = {
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 60, False),
    "BYSETPOS": (1, 366, True),
}
WITHIN_DAYS = {"HOURLY": timedelta(hours=1), "MINUTELY": timedelta(minutes=1)}
_FREQUENCIES = (*WITHIN_DAYS, "DAILY", "WEEKLY", "MONTHLY", "YEARLY")  # every second is no event of a calendar


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with what it leaves to the event's beginning filled in.

    weekdays  by number, Monday 0, with which one of the month or year it is, 0 for every.
    times     of a day; of a rule within days the times of its hour or minute.
    hours, minutes   that a rule within days is limited to, none for all.
    """

    frequency: str
    interval: int
    count: int | None
    week_start: int
    months: frozenset[int]
    month_days: frozenset[int]
    year_days: frozenset[int]
    weeks: frozenset[int]
    weekdays: frozenset[tuple[int, int]]
    times: tuple[time, ...]
    positions: tuple[int, ...]
    hours: frozenset[int] = frozenset()
    minutes: frozenset[int] = frozenset()

    @classmethod
    def of(cls, told: Mapping[str, Sequence[object]], first: datetime) -> Rule:
        """The rule that an event has which begins at `first`. Raises ValueError for what is none."""
        parts = {name.upper(): [str(each).strip() for each in values] for name, values in told.items()}
        frequency = _one(parts, "FREQ", "").upper()
        if frequency not in _FREQUENCIES:
            raise ValueError(frequency)
        numbers = {name: _numbers(parts.get(name, ()), *limits) for name, limits in _LISTS.items()}
        weekdays = frozenset(_weekday(each, frequency) for each in parts.get("BYDAY", ()))
        months, month_days = frozenset(numbers["BYMONTH"]), frozenset(numbers["BYMONTHDAY"])
        if not (month_days or weekdays or numbers["BYYEARDAY"] or numbers["BYWEEKNO"]):
            if frequency == "YEARLY":
                months = months or frozenset({first.month})
            if frequency in {"YEARLY", "MONTHLY"}:
                month_days = frozenset({first.day})
            elif frequency == "WEEKLY":
                weekdays = frozenset({(first.weekday(), 0)})
        times = _times(numbers, first, frequency)
        return cls(
            frequency,
            _positive(_one(parts, "INTERVAL", "1")),
            _positive(_one(parts, "COUNT", "")) if parts.get("COUNT") else None,
            _DAYS.index(_one(parts, "WKST", "MO").upper()),
            months,
            month_days,
            frozenset(numbers["BYYEARDAY"]),
            frozenset(numbers["BYWEEKNO"]),
            weekdays,
            times,
            tuple(numbers["BYSETPOS"]),
            frozenset(numbers["BYHOUR"] if frequency in WITHIN_DAYS else ()),
            frozenset(numbers["BYMINUTE"] if frequency == "MINUTELY" else ()),
        )

    def dates(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """What the rule gives from `first` to `last`, in order. `first` itself only if it follows the rule."""
        given = barren = 0
        for found in self._found(first, last):
            barren += 1
            for each in found:
                if each < first:
                    continue
                if each > last or given == self.count:
                    return
                given += 1
                barren = 0
                yield each
            if barren > MOST_BARREN:
                return

    def _found(self, first: datetime, last: datetime) -> Iterator[Sequence[datetime]]:
        """What each period of the rule gives, nothing for most."""
        if self.frequency in WITHIN_DAYS:
            yield from self._found_within_days(first, last)
            return
        for days in self._periods(first, min(last.toordinal(), _LAST_DAY)):
            matching = [day for number in days if self._matches(day := date.fromordinal(number))]
            yield self._at_positions([datetime.combine(day, at) for day in matching for at in self.times])

    def _found_within_days(self, first: datetime, last: datetime) -> Iterator[Sequence[datetime]]:
        """Hour by hour, or minute by minute; a day that does not match is passed over in one step."""
        step = self.interval * WITHIN_DAYS[self.frequency]
        begin = first.replace(minute=0 if self.frequency == "HOURLY" else first.minute, second=0)
        number = 0
        while (at := begin + number * step) <= last:
            if not self._matches(at.date()):
                midnight = datetime.combine(at.date() + timedelta(days=1), time())
                number = -((begin - midnight) // step)
                yield ()
                continue
            number += 1
            limited = (self.hours and at.hour not in self.hours) or (self.minutes and at.minute not in self.minutes)
            within = [at + timedelta(minutes=each.minute, seconds=each.second) for each in self.times]
            yield () if limited else self._at_positions(within)

    def _at_positions(self, all_times: list[datetime]) -> list[datetime]:
        if not self.positions:
            return all_times
        chosen = {at - 1 if at > 0 else len(all_times) + at for at in self.positions}
        return [each for at, each in enumerate(all_times) if at in chosen]

    def _periods(self, first: datetime, last: int) -> Iterator[Sequence[int]]:
        """The days of each period that could match, by their ordinals; none that begins after the last day."""
        if self.frequency in {"DAILY", "WEEKLY"}:
            is_week = self.frequency == "WEEKLY"
            begin = first.toordinal() - ((first.weekday() - self.week_start) % 7 if is_week else 0)
            length = 7 if is_week else 1
            for day in range(begin, last + 1, self.interval * length):
                yield range(max(day, 1), day + length)
            return
        step = self.interval * (12 if self.frequency == "YEARLY" else 1)
        month = first.year * 12 + (0 if self.frequency == "YEARLY" else first.month - 1)
        while month < 12 * date.max.year and date(month // 12, month % 12 + 1, 1).toordinal() <= last:
            several = range(month, month + (12 if self.frequency == "YEARLY" else 1))
            yield [day for each in several for day in self._days_of(*divmod(each, 12))]
            month += step

    def _days_of(self, year: int, month: int) -> Sequence[int]:
        month += 1
        if self.months and month not in self.months:
            return ()
        begin, length = date(year, month, 1).toordinal(), _length(year, month)
        if not self.month_days:
            return range(begin, begin + length)
        days = {each if each > 0 else length + each + 1 for each in self.month_days}
        return [begin + each - 1 for each in sorted(days) if 1 <= each <= length]

    def _matches(self, day: date) -> bool:
        if self.months and day.month not in self.months:
            return False
        if self.month_days and not self.month_days & {day.day, day.day - _length(day.year, day.month) - 1}:
            return False
        if self.weekdays and not self._is_weekday(day):
            return False
        if self.year_days:
            number, length = day.timetuple().tm_yday, 366 if _length(day.year, 2) == 29 else 365  # noqa: PLR2004 - days
            if not self.year_days & {number, number - length - 1}:
                return False
        return not self.weeks or bool(self.weeks & set(_week(day, self.week_start)))

    def _is_weekday(self, day: date) -> bool:
        weekday = day.weekday()
        if (weekday, 0) in self.weekdays:
            return True
        if self.frequency == "YEARLY" and not self.months:
            at, length = day.timetuple().tm_yday, 366 if _length(day.year, 2) == 29 else 365  # noqa: PLR2004 - days
        else:
            at, length = day.day, _length(day.year, day.month)
        return bool({(weekday, (at - 1) // 7 + 1), (weekday, -((length - at) // 7 + 1))} & self.weekdays)


def _times(numbers: Mapping[str, Sequence[int]], first: datetime, frequency: str) -> tuple[time, ...]:
    """What the rule says, or the event's beginning; an hour that recurs has no hours, a minute no minutes."""
    hours = (0,) if frequency in WITHIN_DAYS else sorted(numbers["BYHOUR"]) or (first.hour,)
    minutes = (0,) if frequency == "MINUTELY" else sorted(numbers["BYMINUTE"]) or (first.minute,)
    seconds = sorted(numbers["BYSECOND"]) or (first.second,)
    times = tuple(time(hour, minute, min(second, 59)) for hour, minute, second in product(hours, minutes, seconds))
    if len(times) > MOST_TIMES:
        raise ValueError(len(times))
    return times


def modern(rule: str) -> str:
    """A rule of vCalendar 1.0 ("MP3 2- FR #17") in the words of today; any other text as it is.

    Without a number or a day to end with it comes twice.
    """
    found = _OLD.fullmatch(rule.strip())
    if found is None:
        return rule
    parts, words = [], found["words"].upper().split()
    frequency, name = _OLD_KINDS[found["kind"].upper()]
    for at, word in enumerate(words):
        if word in _DAYS:
            nth = next((each for each in reversed(words[:at]) if each not in _DAYS), "") if name == "BYDAY" else ""
            parts.append(f"{_signed(nth)}{word}")
        elif name != "BYDAY":
            parts.append("-1" if word == "LD" else _signed(word))
    if found["kind"].upper() == "W":
        name = "BYDAY"
    by = f";{name}={','.join(parts)}" if parts else ""
    count = found["count"] or ("" if found["until"] else "2")
    end = f";UNTIL={found['until']}" if found["until"] else "" if count == "0" else f";COUNT={count}"
    return f"FREQ={frequency};INTERVAL={found['interval']}{by}{end}"


def _signed(word: str) -> str:
    """-2 of "2-"."""
    return f"-{word[:-1]}" if word.endswith("-") else word.rstrip("+")


def _length(year: int, month: int) -> int:
    """Days of a month."""
    return 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days  # noqa: PLR2004 - December


def _week(day: date, week_start: int) -> tuple[int, int]:
    """The number of the day's week in its year, from the beginning and from the end."""
    begin = day - timedelta((day.weekday() - week_start) % 7)
    year = (begin + timedelta(3)).year  # a week is of the year that most of its days are of
    first, after = _first_week(year, week_start), _first_week(year + 1, week_start)
    return (begin - first).days // 7 + 1, (begin - after).days // 7


def _first_week(year: int, week_start: int) -> date:
    fourth = date(year, 1, 4)
    return fourth - timedelta((fourth.weekday() - week_start) % 7)


def _one(parts: Mapping[str, Sequence[str]], name: str, otherwise: str) -> str:
    return next(iter(parts.get(name, ())), otherwise)


def _positive(text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        raise ValueError(text)
    return int(text)


def _numbers(told: Sequence[str], least: int, most: int, counts_back: bool) -> list[int]:  # noqa: FBT001 - a limit
    numbers = [int(each) if _NUMBER.fullmatch(each) else most + 1 for each in told]
    if not all(least <= (abs(each) if counts_back else each) <= most for each in numbers):
        raise ValueError(told)
    return numbers


def _weekday(text: str, frequency: str) -> tuple[int, int]:
    found = _BYDAY.fullmatch(text.upper())
    if found is None:
        raise ValueError(text)
    nth = int(found["nth"] or 0) if frequency in {"MONTHLY", "YEARLY"} else 0
    return _DAYS.index(found["day"]), nth
