"""Mail in files, line by line: mailboxes (mbox) and single messages, cut into parts without ever being held.

In a mailbox a line that begins with "From " starts a message if it is the file's first or stands after an empty one;
such lines of a text are written with a ">" before them. Format: RFC 4155, RFC 5322, RFC 2046.

Where a message breaks its form no words are lost: lines below the last header are the body, empty line or not; what
should have parts is one text if their boundary never comes, and has the boundary it comes with if that is another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import BinaryIO

from timeline_local.importers.embedded import Coding, Decoder
from timeline_local.importers.encodings import decode_as
from timeline_local.importers.mail_headers import Headers, first, parameters

MAX_LINE_BYTES = 64 * 1024
MAX_HEADER_BYTES = 256 * 1024
MAX_TEXT_BYTES = 4 * 1024 * 1024  # of all texts of a message
MOST_PARTS = 1_000
MAX_DEPTH = 20

_FROM_LINE = re.compile(rb"From \S.*\d")  # "From anna@example.org Fri Jun 14 09:01:02 2019"
_LENGTH = re.compile(rb"(\d{1,12})[ \t]*\r?\n")  # of Apple Mail, which pads it with spaces
_ESCAPED = re.compile(rb">+From ")
_HEADER = re.compile(rb"([!-9;-~]{1,100}):[ \t]*(.*)", re.DOTALL)
_OF_PART = re.compile(rb"content-[a-z-]+:", re.IGNORECASE)
_CODINGS = {"base64": Coding.BASE64, "quoted-printable": Coding.QUOTED_PRINTABLE}
_WITH_PARTS = "multipart/"
_TEXTS = frozenset({"text/plain", "text/html", ""})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message: where it is written in the mailbox, and how large it is once decoded."""

    name: str
    mime: str
    coding: Coding
    start: int
    length: int
    size: int


@dataclass(slots=True)
class Mail:
    """One message. envelope: the mailbox's line before it. texts: (mime, text) in order.

    head      the headers as written.   digest: of all its bytes.
    is_cut    it has more text, headers or parts than are read.
    """

    envelope: bytes = b""
    head: bytes = b""
    headers: Headers = ()
    texts: list[tuple[str, str]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    is_cut: bool = False
    digest: str = ""


def mails(file: BinaryIO, *, is_mailbox: bool) -> Iterator[Mail]:
    """The messages in the order of the file. Memory: one message without its files."""
    reading: _Reading | None = None if is_mailbox else _Reading(b"", is_mailbox=False)
    is_after_empty, goes_on = True, False
    for line, at in _lines(file, is_mailbox=is_mailbox):
        if is_mailbox and is_after_empty and not goes_on and (at == 0 or _FROM_LINE.match(line)):
            if reading is not None:
                yield reading.end()
            reading = _Reading(line.strip(), is_mailbox=True)
        elif reading is not None:
            reading.take(line, at)
        is_after_empty = not goes_on and not line.strip(b"\r\n")
        goes_on = not line.endswith(b"\n")  # a line longer than MAX_LINE_BYTES
    if reading is not None:
        yield reading.end()


def _lines(file: BinaryIO, *, is_mailbox: bool) -> Iterator[tuple[bytes, int]]:
    """Each line with its place. Of an .emlx, which tells in its first line how long the message is, those of that."""
    at, end = 0, None
    while (end is None or at < end) and (line := file.readline(MAX_LINE_BYTES)):
        if at == 0 and not is_mailbox and (told := _LENGTH.fullmatch(line)):
            at = len(line)
            end = at + int(told[1])
            continue
        yield line if end is None else line[: end - at], at
        at += len(line)


@dataclass(slots=True)
class _Part:
    """A part whose headers have been read.

    boundary  that its own parts should have, b"" where it names none: this is what stands before them, which nobody
              reads unless they never come. None for a part without parts.
    """

    mime: str
    charset: str
    name: str
    coding: Coding
    is_text: bool
    start: int
    decoder: Decoder
    boundary: bytes | None = None
    length: int = 0
    held: bytes = b""  # the end of the last line, which belongs to the boundary if one follows
    text: list[bytes] = field(default_factory=list)


class _Reading:
    """One message as its lines come in."""

    def __init__(self, envelope: bytes, *, is_mailbox: bool) -> None:
        self._mail = Mail(envelope=envelope)
        self._is_mailbox = is_mailbox
        self._hash = blake2b(digest_size=16)
        self._head: list[bytes] | None = []  # lines of the headers being read; None in a body
        self._head_bytes = 0
        self._boundaries: list[bytes] = []
        self._part: _Part | None = None
        self._parts = 0
        self._text_bytes = 0
        self._at = 0  # where the next line begins

    def take(self, line: bytes, at: int) -> None:
        """The next line, which stands at this place of the file."""
        self._hash.update(line)
        self._at = at + len(line)
        if self._boundaries and line.startswith(b"--") and self._bound(line):
            return
        if self._head is not None:
            self._take_header(line)
        else:
            self._take_body(line)

    def end(self) -> Mail:
        if self._head is not None:
            self._begin(self._at)
        self._finish()
        self._mail.digest = self._hash.hexdigest()
        return self._mail

    def _bound(self, line: bytes) -> bool:
        """Whether the line parts two parts; the innermost boundary it can be counts."""
        said = line.rstrip()
        for depth in range(len(self._boundaries), 0, -1):
            boundary = self._boundaries[depth - 1]
            if said in (b"--" + boundary, b"--" + boundary + b"--"):
                if self._head:
                    self._begin(self._at - len(line))
                if self._part is not None and self._part.boundary == boundary:
                    self._part = None
                self._finish()
                is_last = said != b"--" + boundary
                self._boundaries = self._boundaries[: depth - 1 if is_last else depth]
                self._head, self._head_bytes = (None if is_last else []), 0
                return True
        return False

    def _take_header(self, line: bytes) -> None:
        if not line.strip(b"\r\n"):
            self._begin(self._at - len(line), line)
            return
        assert self._head is not None  # noqa: S101 - asked by the caller
        self._head_bytes += len(line)
        if self._head_bytes > MAX_HEADER_BYTES:
            self._mail.is_cut = True
        else:
            self._head.append(line)

    def _begin(self, at: int, empty: bytes = b"") -> None:
        """The headers end at that place of the file, with the empty line if there is one: a body begins."""
        lines, self._head = self._head or [], None
        headers, below = _headers(lines)
        if not self._mail.headers and not self._parts:
            self._mail.headers, self._mail.head = headers, b"".join(lines)
        if below and self._head_bytes <= MAX_HEADER_BYTES:
            self._begin_part(headers, at - sum(map(len, below)))
            for line in (*below, empty):
                self._take_body(line)
        else:
            self._begin_part(headers, at + len(empty))

    def _begin_part(self, headers: Headers, start: int) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            self._mail.is_cut = True
            return
        mime, said = parameters(headers, "content-type")
        coded = decode_as(first(headers, "content-transfer-encoding")).strip().lower()
        coding = _CODINGS.get(coded, Coding.PLAIN)
        if mime.startswith(_WITH_PARTS):
            boundary = said.get("boundary", "").encode("utf-8", "replace")
            if len(self._boundaries) < MAX_DEPTH:
                self._boundaries += [boundary] if boundary else []
                self._part = _Part("", said.get("charset", ""), "", coding, True, start, Decoder(coding), boundary)
            return
        disposition, more = parameters(headers, "content-disposition")
        name = more.get("filename", "") or said.get("name", "")
        is_text = mime in _TEXTS and disposition != "attachment" and not name
        self._part = _Part(mime, said.get("charset", ""), name, coding, is_text, start, Decoder(coding))

    def _take_body(self, line: bytes) -> None:
        part = self._part
        if part is None:
            return
        if part.boundary is not None and _OF_PART.match(line) and self._opened_by(part):
            self._take_header(line)
            return
        plain = line.rstrip(b"\r\n")
        data, part.held = part.held + plain, line[len(plain) :]
        if not part.is_text:
            part.decoder.feed(data)
            part.length += len(data)
            return
        self._text_bytes += len(data)
        if self._text_bytes > MAX_TEXT_BYTES:
            self._mail.is_cut = True
            return
        if self._is_mailbox and _ESCAPED.match(plain):
            data = data[: len(data) - len(plain)] + plain[1:]
        part.text.append(data)

    def _opened_by(self, part: _Part) -> bool:
        """Whether the line before opens a part with a boundary that nobody named, which is that of all from then on.

        What stands between such lines already is a part without headers.
        """
        opening = part.text[-1].strip() if part.text else b""
        if not opening.startswith(b"--") or not opening.strip(b"-") or len(self._boundaries) >= MAX_DEPTH:
            return False
        part.text = [b"".join(part.text[:-1]).partition(opening)[2]]
        self._finish()
        self._boundaries.append(opening[2:])
        self._head, self._head_bytes = [], 0
        return True

    def _finish(self) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        if part.is_text:
            text = decode_as(part.decoder.feed(b"".join(part.text), is_last=True), part.charset)
            self._mail.texts.append((part.mime or "text/plain", text.replace("\r\n", "\n").replace("\r", "\n")))
            return
        part.decoder.feed(b"", is_last=True)
        self._mail.attachments.append(
            Attachment(part.name, part.mime, part.coding, part.start, part.length, part.decoder.size)
        )


def _headers(lines: list[bytes]) -> tuple[Headers, list[bytes]]:
    """Names in small letters; lines that begin with a space go on with the one before. And the lines below the last."""
    found: list[tuple[str, list[bytes]]] = []
    below: list[bytes] = []
    for line in lines:
        header = _HEADER.match(line)
        if header is not None:
            found.append((header[1].decode("ascii").lower(), [header[2]]))
            below = []
        elif found and line[:1] in (b" ", b"\t") and not below:
            found[-1][1].append(line)
        elif found:
            below.append(line)
    return [(name, b"".join(parts).strip()) for name, parts in found], below
