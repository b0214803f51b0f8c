"""The tags of XML that no strict reader takes, one after the other: bare "&", halves of emoji, values of any length.

Text between tags is passed over but behind those that it is asked of, and so are comments, declarations and whatever
they declare. What breaks one tag costs that tag. Text in UTF-16 is read as UTF-8; the places of values are those in the
file all the same, where base64 is read between the zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5
from typing import BinaryIO

from timeline_local.importers.embedded import Coding, Decoder
from timeline_local.importers.encodings import LOOKED_AT, Units, as_utf8, clean
from timeline_local.importers.xml_stream import encoding_of

CHUNK_BYTES = 256 * 1024
MAX_VALUE_BYTES = 4 * 1024 * 1024  # of a value that is held; a longer one is given as its place
MAX_TEXT_BYTES = 16 * 1024 * 1024  # likewise of a text
_AHEAD = 1024  # bytes in which the name of a tag or an attribute ends, with all spaces around it

_NAME = re.compile(rb"<(/?)([A-Za-z_][\w:.-]*)", re.ASCII)
_ATTRIBUTE = re.compile(rb"""\s*([A-Za-z_][\w:.-]*)\s*=\s*(["'])""", re.ASCII)
_END = re.compile(rb"\s*(/?)>")
_SECTION = b"<![CDATA["
_PASSED = ((b"<!--", b"-->"), (b"<?", b"?>"), (b"<!", b">"))
_ENTITY = re.compile(r"&(?:#(?P<decimal>\d{1,7})|#[xX](?P<hex>[0-9a-fA-F]{1,6})|(?P<name>amp|lt|gt|quot|apos));")
_PAIR = re.compile(r"&#(?P<high>5[5-6]\d{3});&#(?P<low>5[6-7]\d{3});")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value that was not held stands: bytes from the file's start, and what it decodes to as base64.

    digest  of a text: MD5 of what it decodes to, 32 hex digits.
    """

    start: int
    length: int
    size: int
    digest: str = ""


@dataclass(slots=True)
class Tag:
    """One tag. attributes: values with their entities undone; places: values that were asked for as such, or are long.

    text  what stands behind it up to the next tag, where that was asked for; as a place it is the one of "".
    is_whole  False for one that is no XML, or that the file ends in.
    """

    name: str
    opens: bool = True
    closes: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    text: str = ""
    is_whole: bool = True

    def get(self, name: str) -> str:
        """The value, "" where there is none; this format writes "null" for none."""
        value = self.attributes.get(name, "").strip()
        return "" if value == "null" else value


def tags(file: BinaryIO, placed: frozenset[str], texts: frozenset[str] = frozenset()) -> Iterator[Tag]:
    """The tags in the order of the file.

    placed  attributes, and elements whose text is asked for, that are given as places, whatever their length.
    texts   elements that are given with their text.
    Memory: one tag without what is placed. Raises what reading raises.
    """
    return _Tags(file, placed, texts).all()


def plain(text: str) -> str:
    """The text with its entities undone; what is none stays. Halves of a character that were written apart are one."""
    once = _ENTITY.sub(_character, text)
    # Backups of 2020 and before escaped the "&" of an emoji's halves once more.
    twice = _PAIR.sub(lambda pair: chr(int(pair["high"])) + chr(int(pair["low"])), once)
    joined = twice if twice.isascii() else twice.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return clean(joined)


def _character(found: re.Match[str]) -> str:
    if found["name"]:
        return _NAMED[found["name"]]
    number = int(found["decimal"]) if found["decimal"] else int(found["hex"], 16)
    return chr(number) if 0 < number <= _LAST_CHARACTER else ""


class _FileEnds(Exception):
    """In the middle of a tag."""


class _Tags:
    def __init__(self, file: BinaryIO, placed: frozenset[str], texts: frozenset[str]) -> None:
        self._units = Units.of(file.read(LOOKED_AT))
        file.seek(0)
        self._file = as_utf8(file)
        self._placed = placed
        self._texts = texts
        self._data = b""
        self._at = 0
        self._counted = 0  # up to where the bytes of the file are counted, and how many they are
        self._bytes = self._units.mark
        self._fill()
        self._encoding = encoding_of(self._data)

    def all(self) -> Iterator[Tag]:
        while self._seek(b"<"):
            self._ensure(_AHEAD)
            ending = next((end for begin, end in _PASSED if self._data.startswith(begin, self._at)), None)
            if ending is not None:
                self._seek(ending)
                continue
            named = _NAME.match(self._data, self._at)
            if named is None:
                self._at += 1
                continue
            self._at = named.end()
            tag = Tag(named[2].decode(), opens=not named[1], closes=bool(named[1]))
            try:
                self._read(tag)
                if tag.is_whole and tag.name in self._texts and not tag.closes:
                    self._text(tag)
            except _FileEnds:
                tag.is_whole = False
            yield tag

    def _read(self, tag: Tag) -> None:
        """The attributes, up to the end of the tag."""
        while True:
            self._ensure(_AHEAD)
            found = _ATTRIBUTE.match(self._data, self._at)
            if found is None:
                break
            self._at = found.end()
            self._value(tag, found[1].decode(), found[2])
        ended = _END.match(self._data, self._at)
        if ended is None:
            tag.is_whole = False
        else:
            self._at = ended.end()
            tag.closes = tag.closes or bool(ended[1])

    def _value(self, tag: Tag, name: str, quote: bytes) -> None:
        start, length, held = self._place(), 0, bytearray()
        decoder = Decoder(Coding.BASE64) if name in self._placed else None
        while True:
            end = self._data.find(quote, self._at)
            piece = self._data[self._at : end if end >= 0 else len(self._data)]
            length += self._units.length(piece)
            if decoder is not None:
                decoder.feed(piece, is_last=end >= 0)
            elif length <= MAX_VALUE_BYTES:
                held += piece
            if end >= 0:
                self._at = end + 1
                break
            self._at = len(self._data)
            if not self._fill():
                raise _FileEnds
        if decoder is not None or length > MAX_VALUE_BYTES:
            tag.places[name] = Place(start, length, decoder.size if decoder is not None else length)
        else:
            tag.attributes[name] = plain(self._decoded(bytes(held)))

    def _text(self, tag: Tag) -> None:
        """What stands up to the next tag: characters, entities, and sections whose characters are no tags."""
        decoder = Decoder(Coding.BASE64) if tag.name in self._placed else None
        held: list[str] = []
        size, digest, span = 0, md5(usedforsecurity=False), [-1, -1]
        while True:
            is_section = self._begins(_SECTION)
            if is_section:
                self._at += len(_SECTION)
            elif self._begins(b"<"):
                break
            start, gathered = self._place(), bytearray()
            for piece in self._up_to(b"]]>" if is_section else b"<"):
                size += len(piece)
                if decoder is not None:
                    digest.update(decoder.feed(piece))
                elif size <= MAX_TEXT_BYTES:
                    gathered += piece
            span = [start if span[0] < 0 else span[0], self._place()]
            held.append(self._decoded(bytes(gathered)) if is_section else plain(self._decoded(bytes(gathered))))
            self._at += 3 * is_section
        if decoder is not None:
            digest.update(decoder.feed(b"", is_last=True))
            tag.places[""] = Place(max(span[0], 0), span[1] - span[0], decoder.size, digest.hexdigest())
        elif size > MAX_TEXT_BYTES:
            tag.places[""] = Place(span[0], span[1] - span[0], size)
        else:
            tag.text = clean("".join(held))

    def _begins(self, wanted: bytes) -> bool:
        """Whether these bytes come next. Raises _FileEnds where nothing does."""
        self._ensure(len(wanted))
        if self._at >= len(self._data):
            raise _FileEnds
        return self._data.startswith(wanted, self._at)

    def _up_to(self, wanted: bytes) -> Iterator[bytes]:
        """The bytes before the next place of these, piece by piece. Raises _FileEnds where there is none."""
        while (end := self._data.find(wanted, self._at)) < 0:
            end = max(self._at, len(self._data) - len(wanted) + 1)
            piece, self._at = self._data[self._at : end], end
            yield piece
            if not self._fill():
                raise _FileEnds
        piece, self._at = self._data[self._at : end], end
        yield piece

    def _decoded(self, value: bytes) -> str:
        try:
            return value.decode(self._encoding)
        except UnicodeDecodeError:
            return value.decode("cp1252", "replace")

    def _place(self) -> int:
        """Where in the file it is reading."""
        self._bytes += self._units.length(self._data[self._counted : self._at])
        self._counted = self._at
        return self._bytes

    def _seek(self, wanted: bytes) -> bool:
        """Go to the next place of these bytes; whether there is one."""
        while (found := self._data.find(wanted, self._at)) < 0:
            self._at = max(self._at, len(self._data) - len(wanted) + 1)
            if not self._fill():
                return False
        self._at = found
        return True

    def _ensure(self, ahead: int) -> None:
        while len(self._data) - self._at < ahead and self._fill():
            pass

    def _fill(self) -> bool:
        """Take in more, and let go what was read; whether there was more."""
        chunk = self._file.read(CHUNK_BYTES)
        self._place()
        self._data = self._data[self._at :] + chunk
        self._at = self._counted = 0
        return bool(chunk)
