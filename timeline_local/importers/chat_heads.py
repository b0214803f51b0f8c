"""What a message of an exported chat begins with: date, time of day and author, as the phone's language writes them.

The date stands before the time or, in what is copied out of a browser, behind it; both stand in brackets, or a dash, a
colon or nothing follows them. Digits are of any script, years of several calendars.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from timeline_local.domain.day_halves import is_afternoon
from timeline_local.domain.month_names import read_worded_date

Numbers = tuple[int, int, int]

INVISIBLE = "\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
SPACE = r"[ \t\u00a0\u2007\u2009\u202f\u3000]"
_EDGE = rf"(?:{SPACE}|[{INVISIBLE}])+"
_SPACES = re.compile(rf"{SPACE}+")
_MARKS = re.compile(f"[{INVISIBLE}]")

_NUMBERED = r"(?P<one>\d{1,4}) ?(?P<divider>[/.\-‐‑–।]) ?(?P<two>\d{1,4}) ?(?P=divider) ?(?P<three>\d{1,4})\.?"
# "3 April 2021", "Apr 3, 2021", "2021年4月3日"
_WORDED = (
    r"(?P<worded>(?:[^\W\d_][^\d:]{0,20} )?\d{1,2}\.?[ /-][^\d:]{2,24}[ /-]\d{4}|[^\W\d_][^\d:]{0,30} \d{1,2}, ?\d{4}"
    r"|\d{4} ?[年년] ?\d{1,2} ?[月월] ?\d{1,2} ?[日일])"
)
_DATE = rf"(?:{_NUMBERED}|{_WORDED})(?: ?[^\W\d_]{{1,4}}\.(?=[, ]))?"  # "г." behind a year in Bulgarian
_TIME = (
    r"(?:(?P<before>[^\d,:()]{1,24}?) ?)?(?P<hour>\d{1,2})(?:[:.٫]| ?[h时時시点點] ?)(?P<minute>\d{1,2})(?: ?[分분])?"
    r"(?:(?:[:.٫]| ?min ?| )(?P<second>\d\d)(?: ?[s秒초](?!\w))?)?(?: ?(?P<after>[^\d,:()]{1,24}))?"
)
_GAP = r"(?:[,،.:] ?| )"
_TIME = rf"\(?{_TIME}\)?"  # in brackets in Basque
_DATE_FIRST = re.compile(_DATE + _GAP + _TIME, re.IGNORECASE)
_TIME_FIRST = re.compile(_TIME + _GAP + _DATE, re.IGNORECASE)
_HEAD = rf"[{INVISIBLE}]*(?P<head>[^\[\]\n]{{8,60}}"
_BRACKETS = re.compile(rf"[{INVISIBLE}]*\[(?P<head>[^\[\]\n]{{8,60}})\](?P<rest>{SPACE}.*)", re.DOTALL)
_DASH = re.compile(rf"{_HEAD}?){_EDGE}[-–—]{SPACE}(?P<rest>.*)", re.DOTALL)
_COLON = re.compile(rf"{_HEAD}?):{SPACE}(?P<rest>.*)", re.DOTALL)
_NOTHING = re.compile(
    rf"{_HEAD}?[:.]\d\d[:.]\d\d(?:{SPACE}[ap]\.?m\.?)?){SPACE}(?P<rest>.*)", re.DOTALL | re.IGNORECASE
)
# Words beside a time that say "at" or "o'clock".
_AT = re.compile(r"[^\w]*[^\W\d_]{1,6}\.?")
_CLOCK = frozenset({"uhr", "h", "hs", "hrs", "น.", "hodź.", "ч.", "óra", "m", "s"})
_AUTHOR = re.compile(rf"(?P<author>[^\n]{{1,100}}?):(?:{SPACE}(?P<text>.*)|$)", re.DOTALL)
_AROUND_A_NAME = re.compile(rf"^[{INVISIBLE}~ \u00a0\u202f]+|[{INVISIBLE}~ \u00a0\u202f]+$")
_NOON = 12
_LONG_YEAR = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """The beginning of a message: three numbers of a date, the time of day, and what stands behind.

    author  "" for what the program itself says.
    """

    date: Numbers
    hour: int
    minute: int
    second: int
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class _Moment:
    date: Numbers
    hour: int
    minute: int
    second: int | None


@dataclass(frozen=True, slots=True)
class Reader:
    """One way to write heads; all messages of a file have the same, so what looks like another is quoted in a text."""

    moment: re.Pattern[str]
    heads: tuple[re.Pattern[str], ...]

    def line(self, line: str) -> Line | None:
        """A line that begins a message; None for one that goes on with the message before."""
        for head in self.heads:
            found = head.match(line)
            moment = None if found is None else _moment(self.moment, found["head"])
            if found is None or moment is None or (moment.second is None and head in _WITH_SECONDS):
                continue
            said = _AUTHOR.match(found["rest"].lstrip())
            said = said if said is not None and _is_name(said["author"]) else None
            if said is None and head is _NOTHING:
                continue
            return Line(
                moment.date,
                moment.hour,
                moment.minute,
                moment.second or 0,
                "" if said is None else _AROUND_A_NAME.sub("", said["author"]),
                found["rest"].lstrip() if said is None else said["text"] or "",
            )
        return None


_WITH_SECONDS = frozenset({_COLON, _NOTHING})
_READERS = (
    Reader(_DATE_FIRST, (_BRACKETS, _DASH, _COLON)),
    Reader(_TIME_FIRST, (_BRACKETS, _DASH)),
    Reader(_DATE_FIRST, (_NOTHING,)),
)


def reader_of(line: str) -> Reader | None:
    """The way in which the first line of a chat is written; None for what is no such line."""
    return next((each for each in _READERS if each.line(line) is not None), None)


def read_line(line: str) -> Line | None:
    """A line that begins a message, however it is written."""
    reader = reader_of(line)
    return None if reader is None else reader.line(line)


def _is_name(author: str) -> bool:
    """Not 'Anna changed the subject to "Lunch', in which a quote is open."""
    return author.count('"') % 2 == 0 and all(author.count(each) <= author.count(end) for each, end in ("“”", "«»"))


def _moment(pattern: re.Pattern[str], head: str) -> _Moment | None:
    found = pattern.fullmatch(_SPACES.sub(" ", _MARKS.sub("", head)).strip())
    date = None if found is None else _numbers(found)
    if found is None or date is None:
        return None
    before, after = (found[each] or "" for each in ("before", "after"))
    half = is_afternoon(before) if before else None
    if before and half is None and not _AT.fullmatch(before):
        return None
    if after and half is None:
        half = is_afternoon(after)
        if half is None and after.casefold() not in _CLOCK:
            return None
    hour = int(found["hour"])
    hour = hour if half is None else hour % _NOON + (_NOON if half else 0)
    return _Moment(date, hour, int(found["minute"]), int(found["second"]) if found["second"] else None)


def _numbers(found: re.Match[str]) -> Numbers | None:
    """The numbers of a date in the order of the file, with a long year first where it stands in the middle."""
    if found["worded"]:
        day = read_worded_date(found["worded"])
        return None if day is None else (day.year, day.month, day.day)
    one, two, three = (int(found[each]) for each in ("one", "two", "three"))
    if len(found["three"]) == 1 and len(found["one"]) == 1:
        return None  # no year anywhere
    return (two, one, three) if two >= _LONG_YEAR else (one, two, three)
