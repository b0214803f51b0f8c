"""Large JSON read one value at a time: exports reach gigabytes, and loading one takes six times its size."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, BinaryIO, Protocol

from timeline_local.domain.drafts import Problem
from timeline_local.importers.encodings import piece, western

MAX_DEPTH = 100  # ijson keeps the path of every open value: 200,000 nested arrays took all memory there was (2026-11)
MAX_TEXT_BYTES = 64 * 1024 * 1024  # of one string
CHUNK_BYTES = 64 * 1024  # measuring its depth doubles the time of reading, to 40 MB/s (2026-11)

# Possessive, so that a text without an end costs one look and not one from each of its quotes.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_UP_TO_OPEN_STRING = re.compile(rb'(?:[^"]*+"[^"\\]*+(?:\\.[^"\\]*+)*+")*+[^"]*+', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_MARK = b"\xef\xbb\xbf"
MOST_TOLD = 100
# A byte that is no UTF-8 goes through the reader as one of these signs, whose last byte it is.
_ESCAPED = re.compile("[\udc80-\udcff]")
_OTHER = re.compile("[\uf780-\uf7ff]+")


class Opens(Protocol):
    """A folder, or what opens its files behind something that is no JSON."""

    def open_text(self, locator: str) -> BinaryIO:
        """As `Folder.open_text`."""


class BrokenJson(ValueError):
    """The file is no JSON from some place on, or nested too deeply; what came before was given out."""


@dataclass(slots=True)
class Letters:
    """Which values of a file hold bytes that are no UTF-8 and were taken for Windows' Western letters."""

    locator: str
    _where: dict[str, None] = field(default_factory=dict)

    def note(self, prefix: str, number: int) -> None:
        """number: of the value among those at its prefix, from 1."""
        if len(self._where) <= MOST_TOLD:
            self._where[f"{prefix.removesuffix('item').removesuffix('.')} {number}".strip()] = None

    def told(self) -> Iterator[Problem]:
        """Each of the first values, once the file was read."""
        for count, where in enumerate(self._where):
            more = " So do others after it." if count == MOST_TOLD else ""
            detail = f"It holds letters that are no UTF-8; they were taken for Windows' Western ones.{more}"
            yield Problem(f"{self.locator}#{where}", "letters-mended", detail)


def json_items(folder: Opens, locator: str, prefix: str, letters: Letters | None = None) -> Generator[Any, None, None]:
    """The values at `prefix` ("entries.item": each of the list "entries"; "item": each of the outermost list).

    letters  takes note of values with bytes that are no UTF-8.
    Memory: one value. The file is open until the last value was taken or the iterator is closed.
    Raises BrokenJson, and what `Folder.open_text` raises.
    """
    told = letters or Letters(locator)
    for _, value in _with_any_numbers(lambda use_float: _values(folder, told, prefix, use_float=use_float)):
        yield value


def json_parts(
    folder: Opens, locator: str, prefixes: Collection[str], letters: Letters | None = None
) -> Generator[tuple[str, Any], None, None]:
    """The values at any of these prefixes with the prefix of each, in the order in which the file has them.

    For lists whose values are told apart by what stands before the list. No prefix may lie inside of another one.
    Memory: one value. It takes five times as long as `json_items` (2026-11). Raises as that does.
    """
    wanted = frozenset(prefixes)
    told = letters or Letters(locator)
    yield from _with_any_numbers(lambda use_float: _parts(folder, told, wanted, use_float=use_float))


_Placed = tuple[str, Any]


def _with_any_numbers(read: Callable[[bool], Iterator[_Placed]]) -> Generator[_Placed, None, None]:
    """What is read with quick numbers, and from where these do not do with ones of any length."""
    given = 0
    try:
        for found in read(True):
            yield found
            given += 1
    except _LargeNumber:
        # Numbers of any length take twice the time, so they are only asked for where there is one.
        yield from ((prefix, _with_floats(value)) for prefix, value in islice(read(False), given, None))


class _LargeNumber(Exception):
    """A whole number of more than 64 bits, as some exports count devices, or one that no float holds."""


def _values(folder: Opens, letters: Letters, prefix: str, *, use_float: bool) -> Iterator[_Placed]:
    import ijson  # noqa: PLC0415 - 15 ms that a start need not pay

    with folder.open_text(letters.locator) as file, _told(use_float=use_float):
        shallow = _Shallow(file)
        found = ijson.items(shallow, prefix, use_float=use_float, buf_size=CHUNK_BYTES)
        for number, value in enumerate(found, 1):
            yield prefix, _western(value, letters, prefix, number) if shallow.has_other else value


def _parts(folder: Opens, letters: Letters, wanted: frozenset[str], *, use_float: bool) -> Iterator[_Placed]:
    import ijson  # noqa: PLC0415 - as above

    numbers: Counter[str] = Counter()
    with folder.open_text(letters.locator) as file, _told(use_float=use_float):
        builder, inside, depth = ijson.ObjectBuilder(), "", 0
        shallow = _Shallow(file)
        for prefix, event, value in ijson.parse(shallow, use_float=use_float, buf_size=CHUNK_BYTES):
            if not depth:
                if prefix not in wanted or event in _NO_VALUE:
                    continue
                builder, inside = ijson.ObjectBuilder(), prefix
            builder.event(event, value)
            depth += _DEEPER.get(event, 0)
            if not depth:
                numbers[inside] += 1
                whole = builder.value
                yield inside, _western(whole, letters, inside, numbers[inside]) if shallow.has_other else whole


def _western(value: Any, letters: Letters, prefix: str, number: int) -> Any:  # noqa: ANN401 - JSON is anything
    """The value with letters in the place of bytes that are none, which are taken note of."""
    written = _with_letters(value)
    if written != value:
        letters.note(prefix, number)
    return written


def _with_letters(value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return _OTHER.sub(lambda found: western(bytes(ord(each) & 0xFF for each in found[0])), value)
    if isinstance(value, list):
        return [_with_letters(each) for each in value]
    return (
        {_with_letters(name): _with_letters(each) for name, each in value.items()} if isinstance(value, dict) else value
    )


_DEEPER = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}
_NO_VALUE = frozenset({"map_key", "end_map", "end_array"})


@contextmanager
def _told(*, use_float: bool) -> Iterator[None]:
    """Errors of the reader as ours."""
    import ijson  # noqa: PLC0415 - as above

    try:
        yield
    except ijson.JSONError as error:
        if use_float and "overflow" in str(error):
            raise _LargeNumber from None
        raise BrokenJson("it is no JSON, or ends in the middle") from error
    except InvalidOperation as error:
        raise BrokenJson("it holds a number that is none") from error


class _Shallow:
    """A stream of JSON that ends in BrokenJson before anything is nested more than MAX_DEPTH deep.

    has_other  whether there were bytes that are no UTF-8; they come as signs of _OTHER.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_at_start = True
        self._depth = 0
        self._rest = b""  # an open quote when the next chunk begins inside of a text, and a backslash before its end
        self._text_bytes = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.has_other = False

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """The next chunk, without a byte order mark at the start."""
        chunk = piece(self._file, size)
        if self._is_at_start and chunk:
            self._is_at_start = False
            if chunk.startswith(_MARK):
                chunk = chunk[len(_MARK) :] or piece(self._file, size)
        chunk = self._valid(chunk, size)
        self._measure(chunk)
        return chunk

    def _valid(self, chunk: bytes, size: int) -> bytes:
        """The chunk in UTF-8 that is some; a letter that goes on in the next one waits for it."""
        held, _ = self._decoder.getstate()
        if not held and chunk.isascii():
            return chunk
        text = self._decoder.decode(chunk, not chunk)
        while chunk and not text:
            chunk = piece(self._file, size)
            text = self._decoder.decode(chunk, not chunk)
        try:
            return text.encode()
        except UnicodeEncodeError:
            self.has_other = True
            return _ESCAPED.sub(lambda found: chr(0xF700 | ord(found[0]) & 0xFF), text).encode()

    def _measure(self, chunk: bytes) -> None:
        """Count brackets outside of texts. Pairs that hold nothing vanish level by level: as many rounds as levels."""
        brackets = _STRING.sub(b"", self._without_open_text(chunk)).translate(None, _NOT_BRACKETS)
        rounds = 0
        while len(brackets) != len(left := brackets.replace(b"[]", b"").replace(b"{}", b"")):
            brackets = left
            rounds += 1
            if rounds > MAX_DEPTH:
                raise BrokenJson("it is nested too deeply")
        opened = brackets.count(b"[") + brackets.count(b"{")
        if self._depth + opened > MAX_DEPTH:
            raise BrokenJson("it is nested too deeply")
        self._depth += opened - (len(brackets) - opened)

    def _without_open_text(self, chunk: bytes) -> bytes:
        """What is left of the chunk when a text that goes on in the next one is taken off."""
        data = self._rest + chunk
        found = _UP_TO_OPEN_STRING.match(data)
        end = found.end() if found else 0
        is_same = bool(self._rest) and end == 0
        self._text_bytes = len(data) - end + (self._text_bytes if is_same else 0)
        if self._text_bytes > MAX_TEXT_BYTES:
            raise BrokenJson("it holds a text of more than 64 MiB")
        backslashes = len(data) - len(data.rstrip(b"\\"))
        self._rest = b"" if end == len(data) else b'"\\' if backslashes % 2 else b'"'
        return data[:end]


def _with_floats(value: Any) -> Any:  # noqa: ANN401 - JSON is anything
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_with_floats(each) for each in value]
    return {name: _with_floats(each) for name, each in value.items()} if isinstance(value, dict) else value
