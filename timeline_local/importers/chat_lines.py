"""Chats as text: messages that begin with a date, whose order of day and month nobody tells.

The same export says 3/4/21 for the third of April or the fourth of March, by the language of the phone. It is decided
over the whole file: a number above 12 is a day, else the order in which the dates never run backwards, else the number
that changes more often from one date to the next is the day.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from timeline_local.importers.archive import Folder
from timeline_local.importers.encodings import decode

MAX_LINE_BYTES = 1024 * 1024
MAX_MESSAGE_CHARACTERS = 1024 * 1024

_INVISIBLE = "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_SPACE = r"[ \u00a0\u2009\u202f]"
_BETWEEN = rf"[{_INVISIBLE}]*"
# Before noon and after it, where they stand before the time (Chinese, Japanese, Korean) and behind it (Latin, Arabic,
# Greek letters). Old iPhones wrote a colon behind the seconds, where others have a bracket or a dash.
_MORNING, _EVENING = ("上午", "凌晨", "早上", "午前", "오전"), ("下午", "中午", "晚上", "午後", "오후")
_BEGIN = re.compile(
    rf"{_BETWEEN}(?P<open>\[)?(?P<one>\d{{1,4}}){_BETWEEN}(?P<divider>[/.-]){_BETWEEN}{_SPACE}?(?P<two>\d{{1,2}}){_BETWEEN}"
    rf"(?P=divider){_BETWEEN}{_SPACE}?(?P<three>\d{{1,4}})\.?[,،]?{_SPACE}+"
    rf"(?:(?P<before>{'|'.join(_MORNING + _EVENING)}){_SPACE}?|\w{{1,6}}{_SPACE})?"
    rf"(?P<hour>\d{{1,2}})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?"
    rf"(?:{_SPACE}?(?P<half>[ap]\.?{_SPACE}?m\b\.?|[πμ]\.?μ\.?|[صم]))?"
    rf"(?:(?P<close>\])|{_SPACE}[-–]|(?(second):|(?!))){_SPACE}(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_AUTHOR = re.compile(rf"[{_INVISIBLE}]*(?P<author>[^:\n]{{1,100}}):{_SPACE}(?P<text>.*)", re.DOTALL)
_AROUND_A_NAME = re.compile(rf"^[{_INVISIBLE}~ \u00a0\u202f]+|[{_INVISIBLE}~ \u00a0\u202f]+$")
_LONG_YEAR = 1000
_MONTHS = 12
_NOON = 12

Numbers = tuple[int, int, int]


class Order(Enum):
    """Which of the three numbers of a date is which."""

    DAY_FIRST = (2, 1, 0)
    MONTH_FIRST = (2, 0, 1)
    YEAR_FIRST = (0, 1, 2)


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

    def at(self, order: Order) -> datetime | None:
        """The wall clock; None where there is no such date."""
        year, month, day = (self.date[place] for place in order.value)
        year += 2000 if year < 100 else 0  # noqa: PLR2004 - no chat is older
        try:
            return datetime(year, month, day, self.hour, self.minute, self.second)  # noqa: DTZ001 - no zone is told
        except ValueError:
            return None


def read_line(line: str) -> Line | None:
    """A line that begins a message; None for one that goes on with the message before."""
    found = _BEGIN.fullmatch(line)
    if found is None or (found["open"] is None) != (found["close"] is None):
        return None
    if len(found["three"]) == 1 and int(found["one"]) < _LONG_YEAR:
        return None  # no year anywhere
    hour = int(found["hour"])
    half = found["before"] or found["half"]
    if half is not None:
        hour = hour % _NOON + (_NOON if half in _EVENING or half[0].lower() in "pμم" else 0)
    said = _AUTHOR.fullmatch(found["rest"])
    return Line(
        (int(found["one"]), int(found["two"]), int(found["three"])),
        hour,
        int(found["minute"]),
        int(found["second"] or 0),
        "" if said is None else _AROUND_A_NAME.sub("", said["author"]),
        found["rest"] if said is None else said["text"],
    )


def order_of(dates: Iterable[Numbers]) -> Order:
    """Decide over all dates of a file, in its order. Cost: one pass, constant memory."""
    backwards = {Order.DAY_FIRST: 0, Order.MONTH_FIRST: 0}
    changes = [0, 0]
    last: Numbers | None = None
    for date in dates:
        one, two, _ = date
        if one >= _LONG_YEAR:
            return Order.YEAR_FIRST
        if one > _MONTHS:
            return Order.DAY_FIRST
        if two > _MONTHS:
            return Order.MONTH_FIRST
        if last is not None and date != last:
            for order in backwards:
                backwards[order] += _sorted(date, order) < _sorted(last, order)
            changes[0] += one != last[0]
            changes[1] += two != last[1]
        last = date
    if backwards[Order.DAY_FIRST] != backwards[Order.MONTH_FIRST]:
        return min(backwards, key=lambda order: backwards[order])
    return Order.MONTH_FIRST if changes[1] > changes[0] else Order.DAY_FIRST


def messages(folder: Folder, locator: str) -> Generator[Line, None, None]:
    """The messages of a file in its order, lines that go on with one joined to it.

    Memory: one message. What stands before the first one is left out. Raises what `Folder.open` raises.
    """
    begun: Line | None = None
    more: list[str] = []
    size = 0
    with folder.open_text(locator) as file:
        while data := file.readline(MAX_LINE_BYTES):
            line = decode(data).rstrip("\n")
            found = read_line(line)
            if found is not None:
                if begun is not None:
                    yield _whole(begun, more)
                begun, more, size = found, [], 0
            elif begun is not None and size < MAX_MESSAGE_CHARACTERS:
                more.append(line)
                size += len(line)
    if begun is not None:
        yield _whole(begun, more)


def _whole(begun: Line, more: Sequence[str]) -> Line:
    text = "\n".join((begun.text, *more)).strip()
    return Line(begun.date, begun.hour, begun.minute, begun.second, begun.author, text)


def _sorted(date: Numbers, order: Order) -> tuple[int, ...]:
    return tuple(date[place] for place in order.value)
