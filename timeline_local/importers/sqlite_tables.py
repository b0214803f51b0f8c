"""The tables of a SQLite database and their rows, in the order of their numbers; see `importers.sqlite_pages`."""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections.abc import Container, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from timeline_local.importers.sqlite_pages import HEADER_BYTES, DamagedDatabase, Pages, Payload, signed, varint

MAX_COLUMNS = 2_000  # as SQLite itself has it
MAX_TEXT_BYTES = 16 * 1024 * 1024  # of a text that is held; a longer one is given as its place
MAX_DEPTH = 40  # 2 ** 40 rows
MAX_TABLES = 10_000

_INTERIOR, _LEAF = 0x05, 0x0D  # pages of a table; those of indexes are others
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # bytes by type
_REAL, _ZERO, _ONE, _FIRST_BLOB = 7, 8, 9, 12
# A word of a statement: a quoted name, a comment, a bracket or comma, or anything else up to one of these.
_WORD = re.compile(
    r"""\s++|--[^\n]*+|/\*.*?(?:\*/|\Z)|"(?:[^"]|"")*+"|`(?:[^`]|``)*+`|'(?:[^']|'')*+'|\[[^\]]{0,1000}\]"""
    r"""|[(),]|[^\s"`'\[(),/-]++|.""",
    re.DOTALL,
)
_OF_THE_TABLE = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


@dataclass(frozen=True, slots=True)
class Blob:
    """A value that is not held: where its row begins in the database's pages, what stands before it there, its size."""

    place: int
    skipped: int
    size: int


Value: TypeAlias = "int | float | str | Blob | None"
Row: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Table:
    """root: its first page.   columns: their names in small letters.   number: the one that is the row's number."""

    root: int
    columns: tuple[str, ...]
    number: str


def tables(pages: Pages) -> dict[str, Table]:
    """The ordinary tables by their names in small letters. Raises DamagedDatabase, OSError."""
    schema = Table(1, ("type", "name", "tbl_name", "rootpage", "sql"), "")
    found: dict[str, Table] = {}
    for row in rows(pages, schema):
        name, root, sql = row.get("name"), row.get("rootpage"), row.get("sql")
        if row.get("type") != "table" or not isinstance(name, str) or not isinstance(root, int) or root < 1:
            continue
        if isinstance(sql, str) and len(found) < MAX_TABLES:
            found[name.lower()] = _table(root, sql)
    return found


def _table(root: int, sql: str) -> Table:
    parts = [part for part in _parts(sql) if part]
    columns = [part for part in parts if part[0].upper() not in _OF_THE_TABLE]
    number = ""
    for part in columns:
        said = [word.upper() for word in part[1:]]
        if said[:1] == ["INTEGER"] and _has(said, "PRIMARY", "KEY"):
            number = _unquoted(part[0])
    for part in parts:
        # "PRIMARY KEY (id)" behind the columns: what stands in brackets follows its words here.
        if part[0].upper() in _OF_THE_TABLE and [word.upper() for word in part[-3:-1]] == ["PRIMARY", "KEY"]:
            name = _unquoted(part[-1])
            number = name if _is_integer(columns, name) else number
    return Table(root, tuple(_unquoted(part[0]) for part in columns)[:MAX_COLUMNS], number)


def _is_integer(columns: Sequence[Sequence[str]], name: str) -> bool:
    return any(_unquoted(part[0]) == name and [word.upper() for word in part[1:2]] == ["INTEGER"] for part in columns)


def _has(words: Sequence[str], first: str, second: str) -> bool:
    return any(words[at : at + 2] == [first, second] for at in range(len(words)))


def _parts(sql: str) -> Iterator[list[str]]:
    """The words of each column or rule between the outer brackets, those in inner brackets too."""
    depth, part = 0, list[str]()
    for found in _WORD.finditer(sql):
        word = found[0]
        if word.isspace() or word.startswith(("--", "/*")):
            continue
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
            if depth == 0:
                break
        elif word == "," and depth == 1:
            yield part
            part = []
        elif depth >= 1:
            part.append(word)
    if part:
        yield part


def _unquoted(word: str) -> str:
    quote = {"[": "]"}.get(word[:1], word[:1])
    if len(word) > 1 and quote in "\"`']" and word.endswith(quote):
        word = word[1:-1].replace(quote * 2, quote)
    return word.lower()


def rows(pages: Pages, table: Table, wanted: Container[str] | None = None) -> Generator[Row, None, None]:
    """The rows in the order of their numbers. Memory: one row; values that are no text, or long, are given as places.

    wanted  the columns that are read, all where none are named: programs keep a hundred, of which ten tell something.
    Raises DamagedDatabase, OSError where it cannot be read any further.
    """
    budget = _Budget(pages.count)
    for number, page in _leaves(pages, table.root, budget):
        inside = 0
        for at in _cells(page, number):
            payload, row_number = Payload.at(pages, page, at)
            inside += payload.here
            if inside > pages.size:
                raise DamagedDatabase("its rows lie over each other")
            yield _row(pages, table, payload, row_number, (number - 1) * pages.size + at, wanted)
            budget.spend(payload.taken)


def row_of(pages: Pages, table: Table, number: int, wanted: Container[str] | None = None) -> Row | None:
    """The row of this number; None where there is none. Cost: a page for each step down, three in a table of millions.

    Raises DamagedDatabase, OSError.
    """
    at = table.root
    for _ in range(MAX_DEPTH):
        page = pages.read(at)
        kind, cells = page[_start(at)], _cells(page, at)
        if kind == _LEAF:
            place = bisect_left(cells, number, key=lambda cell: Payload.at(pages, page, cell)[1])
            payload, found = Payload.at(pages, page, cells[place]) if place < len(cells) else (None, 0)
            if payload is None or found != number:
                return None
            return _row(pages, table, payload, number, (at - 1) * pages.size + cells[place], wanted)
        if kind != _INTERIOR:
            raise DamagedDatabase("one of its tables is not where it should be")
        place = bisect_left(cells, number, key=lambda cell: signed(varint(page, cell + 4)[0]))
        below = cells[place] if place < len(cells) else _start(at) + 8
        at = int.from_bytes(page[below : below + 4], "big")
    raise DamagedDatabase("its pages are nested too deeply")


@dataclass(slots=True)
class _Budget:
    """Pages that may still be looked at: none belongs to two rows."""

    left: int

    def spend(self, pages: int) -> None:
        self.left -= pages
        if self.left < 0:
            raise DamagedDatabase("its pages go in circles")


def _leaves(pages: Pages, root: int, budget: _Budget) -> Iterator[tuple[int, bytes]]:
    """The pages that hold rows with their numbers, in the order of the rows."""
    ahead = [(root, 0)]
    while ahead:
        number, depth = ahead.pop()
        budget.spend(1)
        if depth > MAX_DEPTH:
            raise DamagedDatabase("its pages are nested too deeply")
        page = pages.read(number)
        kind = page[_start(number)]
        if kind == _LEAF:
            yield number, page
        elif kind == _INTERIOR:
            last = page[_start(number) + 8 : _start(number) + 12]
            below = [*(page[at : at + 4] for at in _cells(page, number)), last]
            ahead.extend((int.from_bytes(each, "big"), depth + 1) for each in reversed(below))
        else:
            raise DamagedDatabase("one of its tables is not where it should be")


def _start(number: int) -> int:
    """Where the head of a page begins: the first one has that of the file before it."""
    return HEADER_BYTES if number == 1 else 0


def _cells(page: bytes, number: int) -> list[int]:
    """Where each row, or each page below, stands in a page."""
    start = _start(number)
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    first = start + (8 if page[start] == _LEAF else 12)
    if first + 2 * count > len(page):
        raise DamagedDatabase("one of its pages has more rows than fit")
    return list(struct.unpack_from(f">{count}H", page, first))


def held(pages: Pages, blob: Blob, *, limit: int) -> bytes:
    """The bytes of a value that a row gave as a place, at most `limit` of them. Raises DamagedDatabase, OSError."""
    number, at = divmod(blob.place, pages.size)
    payload, _ = Payload.at(pages, pages.read(number + 1), at)
    return payload.read(blob.skipped, min(blob.size, limit))


def _row(pages: Pages, table: Table, payload: Payload, number: int, place: int, wanted: Container[str] | None) -> Row:
    head = payload.read(0, min(payload.size, 9))
    size, at = varint(head, 0)
    if size > min(payload.size, 9 * MAX_COLUMNS):
        raise DamagedDatabase("one of its rows has more columns than a table")
    head = payload.read(0, size)
    row: dict[str, Value] = {}
    begins = size
    for name in table.columns:
        if at >= size:
            break  # the table got this column after the row was written
        kind, at = varint(head, at)
        if wanted is None or name in wanted:
            row[name], length = _value(pages, payload, kind, begins, place)
        else:
            length = _length(kind)
        begins += length
    if table.number in row and row[table.number] is None:
        row[table.number] = number
    return row


def _length(kind: int) -> int:
    """How many bytes a value of this type takes."""
    if kind >= _FIRST_BLOB:
        return (kind - _FIRST_BLOB) // 2
    return 8 if kind == _REAL else _INTEGERS.get(kind, 0)


def _value(pages: Pages, payload: Payload, kind: int, at: int, place: int) -> tuple[Value, int]:
    """A value and how many bytes it takes."""
    if kind in _INTEGERS:
        length = _INTEGERS[kind]
        return int.from_bytes(payload.read(at, length), "big", signed=True), length
    if kind == _REAL:
        data = payload.read(at, 8)
        return (struct.unpack(">d", data)[0] if len(data) == 8 else None), 8  # noqa: PLR2004 - bytes of a number
    if kind in {_ZERO, _ONE}:
        return kind - _ZERO, 0
    if kind < _FIRST_BLOB:
        return None, 0
    length = (kind - _FIRST_BLOB) // 2
    if kind % 2 and length <= MAX_TEXT_BYTES:
        return payload.read(at, length).decode(pages.encoding, "replace"), length
    return Blob(place, at, length), length
