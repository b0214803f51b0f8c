"""The text of a note of Apple's Notes as Markdown, out of the archive in which the app keeps it.

It is a text in one piece, and runs over it: how many of its characters, counted in UTF-16, are how. What a line is
stands in the run that it begins with. A file, a tag or a table is one character there, with an identifier in its run.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from timeline_local.importers.protobuf import Message

MAX_BYTES = 16 * 1024 * 1024
STANDS_FOR_SOMETHING = "\ufffc"
_EITHER = 32 + zlib.MAX_WBITS  # gzip, or zlib
_DOCUMENT, _NOTE, _TEXT, _RUNS = 2, 3, 2, 5
_LENGTH, _PARAGRAPH, _LINK, _ATTACHED = 1, 2, 9, 12
_STYLE, _INDENT, _ITEM, _QUOTE = 1, 4, 5, 8
_HEADINGS = {1: "## ", 2: "### "}
_LISTS = {100: "- ", 101: "- ", 102: "1. "}
_TASK, _MONOSPACED, _PLAIN = 103, 4, 3
_DEEPEST = 20
_FENCE = "```"


class BrokenNote(ValueError):
    """The archive of a note is none."""


@dataclass(frozen=True, slots=True)
class _Run:
    text: str
    paragraph: Message
    style: int
    link: str
    attached: str


def note_text(data: bytes, shown: Callable[[str], str]) -> str:
    """Raises BrokenNote. shown: what stands in the text for something with this identifier, "" for nothing."""
    note = Message.of(unpacked(data)).inner(_DOCUMENT).inner(_NOTE)
    lines = list(_lines(_runs(note), shown))
    return "\n".join(lines).strip("\n")


def unpacked(data: bytes) -> bytes:
    """What was packed, at most MAX_BYTES of it. Raises BrokenNote."""
    try:
        return zlib.decompressobj(_EITHER).decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise BrokenNote(str(error)) from None


def _runs(note: Message) -> Iterator[_Run]:
    """The text in its runs; what no run covers is plain."""
    text = note.text(_TEXT).encode("utf-16-le", "surrogatepass")
    at = 0
    for run in note.inners(_RUNS):
        end = at + 2 * run.whole(_LENGTH)
        paragraph = run.inner(_PARAGRAPH)
        style = paragraph.whole(_STYLE) if any(number == _STYLE for number, _ in paragraph.fields) else _PLAIN
        yield _Run(_decoded(text[at:end]), paragraph, style, run.text(_LINK), run.inner(_ATTACHED).text(1))
        at = min(end, len(text))
    yield _Run(_decoded(text[at:]), Message(), _PLAIN, "", "")


def _decoded(data: bytes) -> str:
    return data.decode("utf-16-le", "replace")


def _lines(runs: Iterator[_Run], shown: Callable[[str], str]) -> Iterator[str]:
    begun, first = list[str](), None
    is_code = False
    for run in runs:
        *whole, rest = run.text.replace("\u2028", "\n").split("\n")
        for piece in whole:
            first = first or run
            if (first.style == _MONOSPACED) != is_code:
                is_code = not is_code
                yield _FENCE
            yield ("" if is_code else _lead(first)) + "".join((*begun, _told(piece, run, shown)))
            begun, first = [], None
        if rest:
            begun.append(_told(rest, run, shown))
            first = first or run
    if is_code and not (first and first.style == _MONOSPACED):
        yield _FENCE
        is_code = False
    if first:
        yield ("" if is_code else _lead(first)) + "".join(begun)
    if is_code:
        yield _FENCE


def _told(piece: str, run: _Run, shown: Callable[[str], str]) -> str:
    if run.attached:
        return piece.replace(STANDS_FOR_SOMETHING, shown(run.attached))
    words = piece.replace(STANDS_FOR_SOMETHING, "")
    is_link = run.link and words.strip() and run.link.rstrip("/") != words.strip().rstrip("/")
    return f"[{words}]({run.link})" if is_link else words


def _lead(run: _Run) -> str:
    """What a line of Markdown begins with."""
    quote = "> " if run.paragraph.whole(_QUOTE) else ""
    if run.style in _HEADINGS:
        return quote + _HEADINGS[run.style]
    sign = _LISTS.get(run.style, "")
    if run.style == _TASK:
        sign = "- [x] " if run.paragraph.inner(_ITEM).whole(2) else "- [ ] "
    return quote + "  " * min(run.paragraph.whole(_INDENT), _DEEPEST) + sign if sign else quote
