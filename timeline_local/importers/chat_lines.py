"""Chats as text: messages that begin with a date, whose order of day and month nobody tells.

The same export says 3/4/21 for the third of April or the fourth of March, by the language of the phone. It is decided
over the whole file: a number above 12 is a day, else the order in which the dates never run backwards, else the number
that changes more often from one date to the next is the day.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time
from enum import Enum
from itertools import groupby

from timeline_local.domain.calendars import civil_date
from timeline_local.importers.archive import Folder
from timeline_local.importers.chat_heads import Line, Numbers, Reader, reader_of
from timeline_local.importers.encodings import decode

MAX_LINE_BYTES = 1024 * 1024
MAX_MESSAGE_CHARACTERS = 1024 * 1024

_MONTHS = 12
_LONG_YEAR = 100
_FULL_YEAR = 1000
_YEARS = range(9, 52)  # of two digits, that a chat can be of


class Order(Enum):
    """Which of the three numbers of a date is which."""

    DAY_FIRST = (2, 1, 0)
    MONTH_FIRST = (2, 0, 1)
    YEAR_FIRST = (0, 1, 2)
    YEAR_THEN_DAY = (0, 2, 1)

    def wall_clock(self, line: Line) -> datetime | None:
        """What the clock showed; None where there is no such date.

        A long year tells its place itself, whatever the other lines of the file have there.
        """
        order, (first, _, last) = self, line.date
        if first >= _FULL_YEAR and order.value[0]:
            order = Order.YEAR_FIRST
        elif last >= _FULL_YEAR and not order.value[0]:
            order = Order.DAY_FIRST
        day = civil_date(*(line.date[place] for place in order.value))
        try:
            return None if day is None else datetime.combine(day, time(line.hour, line.minute, line.second))
        except ValueError:
            return None


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


def chat_order(dates: Iterable[Numbers]) -> Order:
    """The same for a chat: none is older than 2009, so years of two digits are told where they stand first.

    Memory: one date for each day on which something was said.
    """
    days = [day for day, _ in groupby(dates)]
    if any(two > _MONTHS for _, two, _ in days) and all(one > _MONTHS >= three for one, _, three in days):
        return Order.YEAR_THEN_DAY
    could_be_years = all(one in _YEARS and two <= _MONTHS for one, two, _ in days)
    is_no_year = any(three < _YEARS.start for _, _, three in days)
    return Order.YEAR_FIRST if could_be_years and is_no_year else order_of(days)


def messages(folder: Folder, locator: str) -> Generator[Line, None, None]:
    """The messages of a file in its order, lines that go on with one joined to it.

    Memory: one message. What stands before the first one is left out. Raises what `Folder.open` raises.
    """
    reader: Reader | None = None
    begun: Line | None = None
    more: list[str] = []
    size = 0
    with folder.open_text(locator) as file:
        while data := file.readline(MAX_LINE_BYTES):
            line = decode(data).rstrip("\n")
            reader = reader or reader_of(line)
            found = None if reader is None else reader.line(line)
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
    return replace(begun, text=text)


def _sorted(date: Numbers, order: Order) -> tuple[int, ...]:
    return tuple(date[place] for place in order.value)
