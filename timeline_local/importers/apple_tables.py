"""Databases of Apple's programs, whose tables gain and lose columns with every system: what is not there is empty."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.sqlite_pages import MAGIC, Pages
from timeline_local.importers.sqlite_tables import Blob, Row, Table, held, row_of, rows, tables

MAX_VALUE_BYTES = 4 * 1024 * 1024
DATABASES = frozenset({"abcddb", "db", "sqlite", "sqlitedb", "storedata"})  # endings of their names
BESIDE = ("-wal", "-shm", "-journal")  # of a database


@dataclass(frozen=True, slots=True)
class Database:
    """Tables by their names in small letters. Reading raises OSError where the file is broken."""

    pages: Pages
    tables: Mapping[str, Table]

    @classmethod
    def of(cls, pages: Pages) -> Database:
        return cls(pages, tables(pages))

    def rows(self, name: str, *wanted: str) -> Iterator[Row]:
        """The rows of a table with these columns as far as it has them; none where there is no such table."""
        table = self.tables.get(name)
        if table is not None:
            yield from rows(self.pages, table, frozenset(wanted))

    def row(self, name: str, number: int, *wanted: str) -> Row:
        """One row by its number; an empty one where there is none."""
        table = self.tables.get(name)
        found = row_of(self.pages, table, number, frozenset(wanted)) if table is not None and number else None
        return found if found is not None else {}

    def data(self, row: Row, name: str) -> bytes:
        """The bytes of a column; none where it is empty, or holds more than such a value has."""
        value = row.get(name)
        if isinstance(value, str):
            return value.encode("utf-8", "surrogatepass")
        if not isinstance(value, Blob) or value.size > MAX_VALUE_BYTES:
            return b""
        return held(self.pages, value, limit=value.size)

    def head(self, value: Blob, size: int) -> bytes:
        """The first bytes of a value. Raises OSError."""
        return held(self.pages, value, limit=size)


def holds(folder: Folder, file: File, columns: Mapping[str, frozenset[str]]) -> bool:
    """Whether a file is a database that has tables with these columns."""
    if folder.head(file.locator, len(MAGIC)) != MAGIC:
        return False
    try:
        with folder.open_database(file.locator) as pages:
            found = tables(pages)
    except OSError:
        return False
    return all(name in found and wanted <= set(found[name].columns) for name, wanted in columns.items())


def whole(row: Row, name: str) -> int:
    """A whole number; 0 for anything else."""
    value = row.get(name)
    return value if isinstance(value, int) else 0


def text(row: Row, name: str) -> str:
    return loose.text(row.get(name))


def record_of(row: Row) -> bytes:
    """What a row tells: without what is empty, nothing or no text."""
    told = {name: value for name, value in row.items() if value not in {None, 0, ""} and not isinstance(value, Blob)}
    return loose.record(told)


class Pairs:
    """Which numbers belong to a number. Memory: 16 bytes a pair."""

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        left, right = array("q"), array("q")
        is_sorted = True
        for each, other in pairs:
            is_sorted = is_sorted and (not left or left[-1] <= each)
            left.append(each)
            right.append(other)
        if not is_sorted:
            order = sorted(range(len(left)), key=left.__getitem__)
            left, right = array("q", (left[at] for at in order)), array("q", (right[at] for at in order))
        self._left, self._right = left, right

    def of(self, number: int) -> Sequence[int]:
        """Those of one number, in the order in which they were told."""
        first = at = bisect_left(self._left, number)
        while at < len(self._left) and self._left[at] == number:
            at += 1
        return self._right[first:at]


def between(database: Database, table: str, left: str, right: str) -> Pairs:
    """What a table ties that is called after numbers of kinds, which change: "Z_26ASSETS" in one system.

    table, left, right  patterns of its name, and of its columns. None where there is no such table. Raises OSError.
    """
    for name, each in database.tables.items():
        first, second = _column(each, left), _column(each, right)
        if re.fullmatch(table, name) and first and second:
            rows_of = database.rows(name, first, second)
            return Pairs((whole(row, first), whole(row, second)) for row in rows_of)
    return Pairs(())


def _column(table: Table, pattern: str) -> str:
    return next((name for name in table.columns if re.fullmatch(pattern, name)), "")
