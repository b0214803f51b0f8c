"""Dates that are not exact: EDTF text (ISO 8601-2) in and out.

Understood: `1987`, `1987-06`, `1987-06-14`, `198X`, `19XX`, `1987-XX`, `1987-06-XX`, seasons `1999-21` … `1999-32`,
intervals `2004-06/2006-08`, each with `?` (uncertain), `~` (approximate) or `%` (both). Seasons 21-28 are those of the
northern half of the Earth and winter begins in December of its year; 29-32 are southern.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from timeline_local.domain.moments import Moment, Precision, TimeBasis, TimeEvidence
from timeline_local.domain.zones import find_zone, wall_clock

DATE_MARK = "date_mark"
"""The member of a memory's `extra` that keeps `~`, `?` or `%`: doubts change nothing but how the date is told."""

_MAX_TEXT = 64
_LAST_YEAR = 9998  # the exclusive end of the last day must still be on Python's calendar
_UNIT = re.compile(r"(?P<year>\d{4}|\d{3}X|\d\dXX)(?:-(?P<month>\d\d|XX)(?:-(?P<day>\d\d|XX))?)?", re.ASCII)
_QUALIFIERS = re.compile(r"[?~%]")
_ONE_DAY = timedelta(days=1)
# EDTF season → its first month.
_SEASONS = {21: 3, 22: 6, 23: 9, 24: 12, 25: 3, 26: 6, 27: 9, 28: 12, 29: 9, 30: 12, 31: 3, 32: 6}
_SEASON_OF_MONTH = {3: 21, 6: 22, 9: 23, 12: 24}
# Precision of an interval → the most days it spans: the widest month, season, year.
_WIDTHS = ((1, Precision.DAY), (31, Precision.MONTH), (92, Precision.SEASON), (366, Precision.YEAR))


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A stretch of days, both ends included; `precision` says how wide it is."""

    start: date
    end: date
    precision: Precision
    approximate: bool = False
    uncertain: bool = False

    @property
    def mark(self) -> str:
        """`~` approximate, `?` uncertain, `%` both, "" neither."""
        return _MARKS[self.approximate, self.uncertain]

    def evidence(self, basis: TimeBasis, origin: str, *, zone: str | None = None) -> TimeEvidence:
        """The statement `times.decide` weighs: a wall clock from the start of the first day to the end of the last."""
        return TimeEvidence(
            basis=basis,
            local_at=datetime.combine(self.start, datetime.min.time()),
            local_until=None if self.precision is Precision.DAY else until_of(self),
            zone=zone,
            precision=self.precision,
            origin=origin,
        )


def parse_edtf(text: str) -> Fuzzy:
    """Read EDTF text. Raises ValueError with a sentence for people; times of day and open ends are refused."""
    plain = text.strip()
    if not plain or len(plain) > _MAX_TEXT:
        raise ValueError("expected a date such as 1987, 1999-22 or 2004-06~")
    approximate = "~" in plain or "%" in plain
    uncertain = "?" in plain or "%" in plain
    sides = [_unit(_QUALIFIERS.sub("", side).strip()) for side in plain.split("/", 1)]
    start, end = sides[0][0], sides[-1][1]
    if end < start:
        raise ValueError("the interval ends before it begins")
    if end.year > _LAST_YEAR:
        raise ValueError("too far in the future")
    return between(start, end, approximate=approximate, uncertain=uncertain)


def between(start: date, end: date, *, approximate: bool = False, uncertain: bool = False) -> Fuzzy:
    """The stretch from one day to another, both included, with the precision its width asks for."""
    days = (end - start).days + 1
    precision = next((each for width, each in _WIDTHS if days <= width), Precision.DECADE)
    return Fuzzy(start, end, precision, approximate, uncertain)


def to_edtf(fuzzy: Fuzzy) -> str:
    """The shortest EDTF text that `parse_edtf` reads back as the same value."""
    mark = fuzzy.mark
    whole = _whole(fuzzy.start, fuzzy.end)
    if whole is not None:
        return whole + mark
    start, end = _ends(fuzzy.start, fuzzy.end)
    return f"{start}{mark}/{end}{mark}"


def edtf_of(moment: Moment, *, mark: str = "") -> str | None:
    """The EDTF text of a day, a fuzzy date or a stretch of days; None for a point in time and an unknown date.

    mark  the doubts about it, as `Fuzzy.mark` spells them.
    """
    if moment.precision in {Precision.INSTANT, Precision.MINUTE, Precision.UNKNOWN}:
        return None
    start = moment.local_at.date()
    end = start if moment.happened_until is None else _last_day(moment, moment.happened_until)
    approximate, uncertain = mark in {"~", "%"}, mark in {"?", "%"}
    return to_edtf(between(start, max(start, end), approximate=approximate, uncertain=uncertain))


def until_of(fuzzy: Fuzzy) -> datetime:
    """The exclusive end as a naive wall clock: midnight after the last day."""
    return datetime.combine(fuzzy.end + _ONE_DAY, datetime.min.time())


_MARKS = {(False, False): "", (True, False): "~", (False, True): "?", (True, True): "%"}


def _unit(text: str) -> tuple[date, date]:
    """First and last day of one EDTF date without qualifiers."""
    match = _UNIT.fullmatch(text)
    if match is None:
        raise ValueError("expected a date such as 1987, 1999-22 or 2004-06~")
    year, month, day = match["year"], match["month"], match["day"]
    if "X" in year:
        return _years(year, month)
    try:
        return _within_year(int(year), month, day)
    except ValueError:
        raise ValueError(f"there is no day {text} in the calendar") from None


def _years(text: str, month: str | None) -> tuple[date, date]:
    """A decade or a century: 198X, 19XX."""
    if month is not None:
        raise ValueError("a decade or century takes no month")
    first = int(text.replace("X", "0"))
    if first == 0:
        raise ValueError("the calendar begins with the year 1")
    return date(first, 1, 1), date(first + 10 ** text.count("X") - 1, 12, 31)


def _within_year(year: int, month: str | None, day: str | None) -> tuple[date, date]:
    if month is None or month == "XX":
        if day not in {None, "XX"}:
            raise ValueError("a day needs its month")
        return date(year, 1, 1), date(year, 12, 31)
    number = int(month)
    if number in _SEASONS:
        if day is not None:
            raise ValueError("a season takes no day")
        start = date(year, _SEASONS[number], 1)
        return start, _months_later(start, 3) - _ONE_DAY
    start = date(year, number, 1)
    if day is None or day == "XX":
        return start, _months_later(start, 1) - _ONE_DAY
    return date(year, number, int(day)), date(year, number, int(day))


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > _LAST_YEAR:
        raise ValueError("too far in the future")
    return date(year, month + 1, 1)


def _whole(start: date, end: date) -> str | None:
    """The text of a whole day, month, season, year, decade or century; None for other stretches."""
    if start == end:
        return start.isoformat()
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return _whole_years(start.year, end.year)
    if start.day != 1:
        return None
    if end == _month_end(start, 1):
        return f"{start.year:04}-{start.month:02}"
    if start.month in _SEASON_OF_MONTH and end == _month_end(start, 3):
        return f"{start.year:04}-{_SEASON_OF_MONTH[start.month]}"
    return None


def _whole_years(first: int, last: int) -> str | None:
    if first == last:
        return f"{first:04}"
    if first % 10 == 0 and last == first + 9:
        return f"{first // 10:03}X"
    if first % 100 == 0 and last == first + 99:
        return f"{first // 100:02}XX"
    return None


def _month_end(start: date, months: int) -> date | None:
    try:
        return _months_later(start, months) - _ONE_DAY
    except ValueError:
        return None


def _ends(start: date, end: date) -> tuple[str, str]:
    """Both ends of an interval, as coarse as they can be said."""
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return f"{start.year:04}", f"{end.year:04}"
    if start.day == 1 and end == _month_end(end.replace(day=1), 1):
        return f"{start.year:04}-{start.month:02}", f"{end.year:04}-{end.month:02}"
    return start.isoformat(), end.isoformat()


def _last_day(moment: Moment, until: datetime) -> date:
    zone = find_zone(moment.zone) if moment.zone else None
    local = until.astimezone(zone).replace(tzinfo=None) if zone else wall_clock(until, moment.utc_offset_min or 0)
    return (local - timedelta(microseconds=1)).date()
