"""Tables of any size, row by row: delimited text in whatever encoding, and JSON of one object a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator

import orjson

from timeline_local.importers.archive import Folder
from timeline_local.importers.track_formats import open_plain
from timeline_local.importers.xml_stream import encoding_of

HEAD_BYTES = 64 * 1024
MAX_LINE_BYTES = 8 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")


def csv_rows(
    folder: Folder, locator: str, *, delimiter: str = "", encoding: str = "", skip_lines: int = 0
) -> Generator[list[str], None, None]:
    """The rows of a table that hold something, its first one included. A gzip file is unpacked.

    delimiter  "" for the one of DELIMITERS that stands most often in the first line.
    encoding   "" for the one its mark tells, else UTF-8; what is none there is read as Windows' Western letters.
    Memory: one row. The file is open until the last row was taken or the iterator is closed. Raises OSError, EOFError,
    zlib.error, and csv.Error for a cell of more than 128 KiB, which is a quote that nobody closed.
    """
    with open_plain(folder, locator) as opened:
        head = opened.read(HEAD_BYTES)
    codec = encoding or encoding_of(head)
    with (
        open_plain(folder, locator) as opened,
        io.TextIOWrapper(opened, encoding=codec, errors="surrogateescape", newline="") as lines,
    ):
        for _ in range(skip_lines):
            if not lines.readline(MAX_LINE_BYTES):
                break
        first = lines.readline(MAX_LINE_BYTES)
        while first and not first.strip("\ufeff \t\r\n"):
            first = lines.readline(MAX_LINE_BYTES)
        parts = delimiter or max(DELIMITERS, key=first.count)
        for row in csv.reader(_with_first(first.lstrip("\ufeff"), lines), delimiter=parts):
            cells = [_mended(cell) for cell in row]
            if any(cell.strip() for cell in cells):
                yield cells


def json_lines(folder: Folder, locator: str) -> Generator[object, None, None]:
    """The value of each line that is not empty; a ValueError, as a value, for a line that is no JSON.

    Memory: one line, of 8 MiB at most. Raises OSError, EOFError, zlib.error.
    """
    with open_plain(folder, locator) as opened:
        while line := opened.readline(MAX_LINE_BYTES):
            text = line.strip(b"\xef\xbb\xbf \t\r\n")
            if not text:
                continue
            try:
                yield orjson.loads(text)
            except orjson.JSONDecodeError as error:
                yield error


def _with_first(first: str, rest: io.TextIOWrapper) -> Generator[str, None, None]:
    yield first
    yield from rest


def _mended(cell: str) -> str:
    if cell.isascii():
        return cell
    try:
        cell.encode()
    except UnicodeEncodeError:
        return cell.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return cell
