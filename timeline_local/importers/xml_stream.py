"""XML of any size, element by element, in little memory; forgiving to how programs really write it.

Names come without their prefixes, declared or not. Entities that a file declares are refused: what an import holds
must not be able to name other files or to grow while it is read. A bare "&" or "<" is taken for the character. A GPX of
100,000 points took 0.9 s (2026-11).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate, errors

from timeline_local.importers.encodings import piece, text_codec, unicode_of
from timeline_local.importers.xml_mending import Mending

CHUNK_BYTES = 64 * 1024
MAX_DEPTH = 128  # Google Earth takes folders nested 100 deep
MAX_ELEMENT_CHARACTERS = 64 * 1024 * 1024  # the path of a year in one KML element takes half of it

_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.-]*)["']""", re.ASCII)
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # characters no XML may hold, and some writers write
_SPACES = b" \t\r\n\x00"


class XmlBroken(ValueError):
    """The text is no XML from some line on; the message is for the owner."""


@dataclass(slots=True)
class Element:
    """An element with everything in it. text: its own text, without that of its children."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, name: str) -> Element | None:
        return next((each for each in self.children if each.name == name), None)

    def text_of(self, *path: str) -> str:
        """The text of the first child along a path of names; "" where there is none."""
        found: Element | None = self
        for name in path:
            found = found.child(name) if found is not None else None
        return found.text.strip() if found is not None else ""

    def below(self, name: str) -> Iterator[Element]:
        """Every element of that name in this one, at any depth."""
        for each in self.children:
            if each.name == name:
                yield each
            yield from each.below(name)


@dataclass(frozen=True, slots=True)
class Opened:
    """A container begins."""

    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Closed:
    """A container ends."""

    name: str


Event = Element | Opened | Closed


def stream(file: BinaryIO, containers: frozenset[str]) -> Iterator[Event]:
    """The file's events in order: containers as they open and close, what lies in them as whole elements.

    containers  names of elements too large to be held; every other element is given whole when it ends.
    Raises XmlBroken where the text stops being XML; everything before has been given then.
    """
    builder = _Builder(containers)
    parser = ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = CHUNK_BYTES
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.EntityDeclHandler = _refuse_entity
    try:
        for text in _decoded(file):
            parser.Parse(text.encode("utf-8", "replace"), False)
            yield from builder.take()
        parser.Parse(b"", True)
    except ExpatError as error:
        yield from builder.take()
        if not builder.is_complete:
            raise XmlBroken(_why(error)) from None
    yield from builder.take()


class _Builder:
    """Turns the parser's calls into events."""

    def __init__(self, containers: frozenset[str]) -> None:
        self._containers = containers
        self._events: list[Event] = []
        self._open: list[Element] = []  # elements being collected, outermost first
        self._texts: list[list[str]] = []  # the parts of their texts
        self._depth = 0
        self._characters = 0
        self.is_complete = False  # the root has ended: whatever follows is no matter

    def take(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise XmlBroken("its elements are nested too deeply")
        local = name.rpartition(":")[2]
        if not self._open and local in self._containers:
            self._events.append(Opened(local, attributes))
            return
        element = Element(local, _local(attributes))
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def characters(self, text: str) -> None:
        if not self._open:
            return
        self._characters += len(text)
        if self._characters > MAX_ELEMENT_CHARACTERS:
            raise XmlBroken("one of its elements is too large")
        self._texts[-1].append(text)

    def end(self, name: str) -> None:
        self._depth -= 1
        self.is_complete = self._depth == 0
        if not self._open:
            self._events.append(Closed(name.rpartition(":")[2]))
            return
        element = self._open.pop()
        element.text = "".join(self._texts.pop())
        if not self._open:
            self._characters = 0
            self._events.append(element)


def _local(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes without the prefixes of their names: hardly any has one, and there are millions."""
    if ":" not in "".join(attributes):
        return attributes
    return {key.rpartition(":")[2]: value for key, value in attributes.items()}


def _refuse_entity(*_: object) -> None:
    raise XmlBroken("it declares entities, which no recording needs; it was not read on for safety")


def _why(error: ExpatError) -> str:
    if error.code in {errors.codes[errors.XML_ERROR_NO_ELEMENTS], errors.codes[errors.XML_ERROR_UNCLOSED_TOKEN]}:
        return f"it ends in the middle, in line {error.lineno}"
    return f"line {error.lineno} is no XML: {ErrorString(error.code)}"


def _decoded(file: BinaryIO) -> Iterator[str]:
    """The text in chunks, in the encoding it is in rather than the one it says, from its first character on."""
    head = piece(file, CHUNK_BYTES)
    decoder = codecs.getincrementaldecoder(encoding_of(head))("surrogateescape")
    chunk = head if unicode_of(head) else head.lstrip(_SPACES)
    mending = Mending()
    is_first = True
    while chunk or is_first:
        text = _mended(decoder.decode(chunk))
        yield mending.feed(text.lstrip("\ufeff \t\r\n") if is_first else text)
        is_first = False
        chunk = piece(file, CHUNK_BYTES)
    yield mending.feed(_mended(decoder.decode(b"", True)), is_last=True)


def encoding_of(head: bytes) -> str:
    """A codec that can decode text which begins so: another form of Unicode, else as declared, else UTF-8."""
    known = "utf-8" if head.startswith(codecs.BOM_UTF8) else unicode_of(head)
    if known:
        return known
    declared = _DECLARED.search(head[:1024])
    name = text_codec(declared[1].decode("ascii")) if declared else ""
    # A declaration that can be read as ASCII is not in UTF-16, whatever it says.
    return "utf-8" if name.startswith(("utf-16", "utf-32", "utf_16", "utf_32", "utf-7")) else name or "utf-8"


def _mended(text: str) -> str:
    """Bytes that are not of the encoding are taken for Windows' Western one; characters no XML may hold go."""
    if text.isascii():
        return _NEVER.sub("", text)
    return _NEVER.sub("", _ESCAPED.sub(lambda found: _WESTERN[ord(found[0]) - 0xDC80], text))


_ESCAPED = re.compile("[\udc80-\udcff]")
_WESTERN = [bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)]
