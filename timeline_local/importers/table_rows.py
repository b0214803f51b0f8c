"""Tables of any size, row by row: delimited text in whatever encoding, and JSON of one object a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator
from contextlib import closing

from timeline_local.importers import loose
from timeline_local.importers.archive import Folder
from timeline_local.importers.encodings import decode_head, mended
from timeline_local.importers.position_columns import SEPARATOR
from timeline_local.importers.track_formats import open_plain, open_plain_text

MAX_LINE_BYTES = 8 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")


def csv_rows(
    folder: Folder, locator: str, *, delimiter: str = "", encoding: str = "", skip_lines: int = 0
) -> Generator[list[str], None, None]:
    """The rows of a table that hold something, its first one included. A gzip file is unpacked.

    delimiter  "" for the one that Excel's "sep=;" names, else that of DELIMITERS most often in the first line.
    encoding   "" for Unicode in whatever form; what is none is read as Windows' Western letters.
    Memory: one row. The file is open until the last row was taken or the iterator is closed. Raises OSError, EOFError,
    zlib.error, and csv.Error for a cell of more than 128 KiB, which is a quote that nobody closed.
    """
    with (
        (open_plain if encoding else open_plain_text)(folder, locator) as opened,
        io.TextIOWrapper(opened, encoding=encoding or "utf-8", errors="surrogateescape", newline="") as lines,
    ):
        for _ in range(skip_lines):
            if not lines.readline(MAX_LINE_BYTES):
                break
        first = lines.readline(MAX_LINE_BYTES)
        while first and not first.strip("\ufeff \t\r\n"):
            first = lines.readline(MAX_LINE_BYTES)
        said = SEPARATOR.fullmatch(first)
        if said is not None:
            first = lines.readline(MAX_LINE_BYTES)
        parts = delimiter or (said["sign"] if said else "") or max(DELIMITERS, key=first.count)
        for row in csv.reader(_with_first(first.lstrip("\ufeff"), lines), delimiter=parts):
            cells = [mended(cell) for cell in row]
            if any(cell.strip() for cell in cells):
                yield cells


def named_rows(folder: Folder, locator: str) -> Generator[dict[str, str], None, None]:
    """The rows of a table of commas by the names of its columns in small letters, without the spaces around them.

    Memory: one row. Raises as `csv_rows` does.
    """
    with closing(csv_rows(folder, locator, delimiter=",")) as rows:
        names = [cell.strip().casefold() for cell in next(rows, [])]
        for row in rows:
            yield dict(zip(names, (cell.strip() for cell in row), strict=False))


def column_names(folder: Folder, locator: str, *, most_bytes: int = 4096) -> frozenset[str]:
    """The names of the columns of a table of commas, as `named_rows` has them; none for what cannot be one."""
    lines = decode_head(folder.head(locator, most_bytes)).lstrip("\ufeff \t\r\n").split("\n")[:1]
    try:
        return frozenset(cell.strip().casefold() for row in csv.reader(lines) for cell in row)
    except csv.Error:
        return frozenset()


def json_lines(folder: Folder, locator: str) -> Generator[object, None, None]:
    """The value of each line that is not empty; a ValueError, as a value, for a line that is no JSON.

    Memory: one line, of 8 MiB at most. Raises OSError, EOFError, zlib.error.
    """
    with open_plain_text(folder, locator) as opened:
        while line := opened.readline(MAX_LINE_BYTES):
            text = line.strip(b"\xef\xbb\xbf\x1e \t\r\n")  # RFC 7464 begins each with 1E
            if not text:
                continue
            try:
                yield loose.document(text)
            except ValueError as error:
                yield error


def _with_first(first: str, rest: io.TextIOWrapper) -> Generator[str, None, None]:
    yield first
    yield from rest
