"""Tables in notes of Apple's Notes, out of the archive in which several devices may write at once.

It is a list of entries that name each other by their places: a table names its rows and columns, which are told by the
places of their identifiers, and its cells by column and row. A row or column that was moved has several identifiers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from timeline_local.importers.protobuf import Message

MOST_CELLS = 20_000
_OBJECT, _DATA = 2, 3
_ENTRIES, _KEYS, _TYPES, _IDENTIFIERS = 3, 4, 5, 6
_DICTIONARY, _NOTE, _MAP, _SET = 6, 10, 13, 16
_PLACE, _NUMBER, _TEXT = 6, 2, 2
_IS_A_TABLE = b"com.apple.notes.ICTable"


def table_text(data: bytes) -> str:
    """A table of Markdown, whose first row is its head; "" for what is no table. data: unpacked."""
    return _Archive(Message.of(data).inner(_OBJECT).inner(_DATA)).text()


@dataclass
class _Archive:
    told: Message
    _targets: dict[int, int] = field(default_factory=dict)

    @cached_property
    def _entries(self) -> list[Message]:
        return list(self.told.inners(_ENTRIES))

    @cached_property
    def _keys(self) -> list[bytes]:
        return list(self.told.all(_KEYS))

    def text(self) -> str:
        parts = self._parts()
        rows, columns = self._order(parts.get(b"crRows")), self._order(parts.get(b"crColumns"))
        count, width = max(rows.values(), default=-1) + 1, max(columns.values(), default=-1) + 1
        if not 0 < count * width <= MOST_CELLS:
            return ""
        cells = [[""] * width for _ in range(count)]
        for column, row, cell in islice(self._cells(parts.get(b"cellColumns", Message())), MOST_CELLS):
            at, place = rows.get(self._target(row)), columns.get(self._target(column))
            if at is not None and place is not None:
                cells[at][place] = _in_a_cell(self._entry(cell).inner(_NOTE).text(_TEXT))
        lines = [f"| {' | '.join(row)} |" for row in cells]
        return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])

    def _cells(self, entry: Message) -> Iterator[tuple[int, int, int]]:
        """Places of the entries of column, row and text. A list of rows is read once, however many columns name it."""
        known: dict[int, list[tuple[int, int]]] = {}
        for column, below in islice(self._pairs(entry.inner(_DICTIONARY)), MOST_CELLS):
            if below not in known:
                known[below] = list(self._pairs(self._entry(below).inner(_DICTIONARY)))
            yield from ((column, row, cell) for row, cell in known[below])

    def _entry(self, place: int) -> Message:
        return self._entries[place] if place < len(self._entries) else Message()

    def _parts(self) -> dict[bytes, Message]:
        """The entries that the table is made of, by their names."""
        types = list(self.told.all(_TYPES))
        for entry in self._entries:
            map_ = entry.inner(_MAP)
            if entry.data(_MAP) and types[map_.whole(1) : map_.whole(1) + 1] == [_IS_A_TABLE]:
                named = ((each.whole(1), each.inner(2).whole(_PLACE)) for each in map_.inners(3))
                return {self._keys[key]: self._entry(place) for key, place in named if key < len(self._keys)}
        return {}

    def _order(self, entry: Message | None) -> dict[int, int]:
        """Which row or column each identifier stands for, by the identifier's place."""
        ordering = (entry or Message()).inner(_SET).inner(1)
        places = {identifier: place for place, identifier in enumerate(self.told.all(_IDENTIFIERS))}
        found = dict[int, int]()
        for number, each in enumerate(ordering.inner(1).inners(2)):
            if each.data(2) in places:
                found[places[each.data(2)]] = number
        for one, other in self._pairs(ordering.inner(2)):
            if self._target(one) in found:
                found[self._target(other)] = found[self._target(one)]
        return found

    def _pairs(self, dictionary: Message) -> Iterator[tuple[int, int]]:
        """Places of entries."""
        for each in dictionary.inners(1):
            yield each.inner(1).whole(_PLACE), each.inner(2).whole(_PLACE)

    def _target(self, place: int) -> int:
        """The place of the identifier that an entry stands for."""
        if place not in self._targets:
            first = next(self._entry(place).inner(_MAP).inners(3), Message())
            self._targets[place] = first.inner(2).whole(_NUMBER)
        return self._targets[place]


def _in_a_cell(words: str) -> str:
    return " ".join(words.replace("\ufffc", "").split()).replace("|", "\\|")
