"""iMessage and SMS of a Mac or iPhone, as imessage-exporter writes them: a page (HTML) or a text a chat.

Clocks are those of the computer on which it ran. What was answered in a thread is told twice, below what it answers and
at its own time; the second is taken. Pages name the message's own number where they link to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import unquote

from timeline_local.domain.drafts import JSON
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import SYSTEM, Chat, Program, Said, author, read_chats, sent_by_clock
from timeline_local.importers.encodings import decode
from timeline_local.importers.html_tokens import read_html
from timeline_local.importers.json_stream import Letters

HEAD_BYTES = 64 * 1024  # a page begins with its style
MAX_LINE_BYTES = 1024 * 1024
MAX_MESSAGE_CHARACTERS = 4 * 1024 * 1024  # of a page; more is cut there
MAX_LINES = 20_000  # of a text

_DATE = r"(?P<at>[A-Z][a-z]{2} [ \d]\d, \d{4} +\d{1,2}:\d\d:\d\d [AP]M)"
_FIRST = re.compile(_DATE.encode() + rb"[^\n]*\n[^\n]{1,200}\n")
_BEGINS = re.compile(rf"{_DATE}(?P<rest>.*)")
_ANY_DATE = re.compile(_DATE)
_READ = re.compile(r" ?\(.*\)")
_INDENTED = re.compile(rf" {{4,}}{_DATE}")
_PATH = re.compile(r"(?:~|/|attachments/|\.\./)[^\n]*\.\w{1,8}")
_GUID = re.compile(r"message-guid=(?P<number>[\w:./%-]{8,100})")
_PAGE_SIGNS = (b'class="message"', b'class="timestamp"', b'class="sender"')
_DIVS = re.compile(r"<(?P<closes>/?)div\b", re.IGNORECASE)
_PHONE = re.compile(r"\+\d{6,15}")
_ANSWERS = "This message responded to an earlier message."
_TAPBACKS = frozenset({"Reactions:", "Tapbacks:"})


@dataclass(frozen=True, slots=True)
class IMessage:
    name: str = "imessage"
    title: str = "Messages of Apple (iMessage)"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one chat is found."""
        found = next((file for file in folder.sample() if _form(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no chats of iMessage in this folder.")
        return Recognition(0.9, f"It holds chats of iMessage, {found.locator} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""

        def tell(file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:  # noqa: ARG001 - neither has any
            return (_page if _form(folder, file) == "page" else _text)(folder, file)

        yield from read_chats(folder, options, checkpoint, program=Program("iMessage"), is_chat=_is_chat, tell=tell)


def _form(folder: Folder, file: File) -> str:
    name = file.name.lower()
    if name.endswith(".txt"):
        head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf\r\n").replace(b"\r\n", b"\n")
        return "text" if _FIRST.match(head) else ""
    if not name.endswith((".html", ".htm")):
        return ""
    head = folder.head(file.locator, HEAD_BYTES)
    is_page = all(each in head for each in _PAGE_SIGNS) and (b'class="received"' in head or b'class="sent ' in head)
    return "page" if is_page else ""


def _is_chat(folder: Folder, file: File) -> bool:
    return bool(_form(folder, file))


def _chat_of(file: File) -> Chat:
    name = PurePosixPath(file.name).stem
    return Chat(name, re.sub(r" - \d+$", "", name))


def _lines(folder: Folder, file: File) -> Iterator[str]:
    with folder.open_text(file.locator) as opened:
        while data := opened.readline(MAX_LINE_BYTES):
            yield decode(data).rstrip("\r\n")


@dataclass(slots=True)
class _Spoken:
    """A message as it is read."""

    at: str = ""
    sender: str = ""
    number: str = ""
    words: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    reactions: list[str] = field(default_factory=list)
    is_note: bool = False

    def said(self, home: str) -> Said:
        here = [_places(home, each) for each in self.files]
        parts = [each.partition(" by ") for each in self.reactions]
        reactions: list[JSON] = [{"emoji": what, "by": who} for what, _, who in parts if what and who]
        sender = self.sender.strip()
        is_phone = _PHONE.fullmatch(sender) is not None
        return Said(
            at=sent_by_clock(_clock(self.at)),
            author=author(sender, "phone" if is_phone else "name", sender if is_phone else ""),
            body=re.sub(r"\n{3,}", "\n\n", "".join(self.words)).replace("\ufffc", "").strip(),
            number=self.number,
            files=tuple(each for each in here if each),
            lacking=tuple(PurePosixPath(name).name for name, each in zip(self.files, here, strict=True) if not each),
            extra={"reactions": reactions} if reactions else {},
            skipped=SYSTEM if self.is_note else "",
        )


def _text(folder: Folder, file: File) -> Iterator[tuple[Chat, Said]]:
    """A date, who it was, the words, and an empty line; answers below a message are indented."""
    chat, home = _chat_of(file), file.locator.rpartition("/")[0]
    now: _Spoken | None = None
    is_after_gap, is_answer, is_reacted = True, False, False
    for line in _lines(folder, file):
        begins = _BEGINS.fullmatch(line) if is_after_gap else None
        is_after_gap = not line.strip()
        if begins is not None:
            if now is not None:
                yield chat, now.said(home)
            rest = _READ.sub("", begins["rest"]).strip()
            now, is_answer, is_reacted = _Spoken(at=begins["at"], is_note=bool(rest)), False, False
        elif now is None or len(now.words) > MAX_LINES:
            continue
        elif not now.sender and not now.is_note:
            now.sender = line
        else:
            is_answer = (is_answer or _INDENTED.match(line) is not None) and (not line or line.startswith(" "))
            is_reacted = (is_reacted or line in _TAPBACKS) and bool(line)
            if is_reacted and line not in _TAPBACKS:
                now.reactions.append(line)
            elif not (is_answer or is_reacted or line == _ANSWERS):
                is_file = _PATH.fullmatch(line) is not None
                now.files += [line] if is_file else []
                now.words += [] if is_file else [line, "\n"]
    if now is not None:
        yield chat, now.said(home)


def _page(folder: Folder, file: File) -> Iterator[tuple[Chat, Said]]:
    chat, home = _chat_of(file), file.locator.rpartition("/")[0]
    for piece in _pieces(_lines(folder, file)):
        reader = _Reader()
        read_html(piece, reader)
        if reader.spoken.at:
            yield chat, reader.spoken.said(home)


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    """The outermost divisions of a page, each a message with its answers, or an announcement."""
    depth, size = 0, 0
    piece: list[str] = []
    for line in lines:
        found = list(_DIVS.finditer(line))
        if (depth or found) and size < MAX_MESSAGE_CHARACTERS:
            piece.append(line)
            size += len(line)
        for each in found:
            depth = max(depth - 1, 0) if each["closes"] else depth + 1
        if piece and not depth:
            yield "\n".join(piece)
            piece, size = [], 0
    if piece:
        yield "\n".join(piece)


@dataclass(slots=True)
class _Reader:
    """Reads one division; what was answered below it is passed over."""

    spoken: _Spoken = field(default_factory=_Spoken)
    depth: int = 0
    answers_at: int = 0  # how deep the answers begin; 0: none were met
    taking: list[tuple[str, str]] = field(default_factory=list)  # (tag, what its text is)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        kinds = set(attributes.get("class", "").split())
        if tag == "div":
            self.depth += 1
            self.answers_at = self.answers_at or (self.depth if "replies" in kinds else 0)
            self.spoken.is_note = self.spoken.is_note or "announcement" in kinds
        if self.answers_at:
            return
        source = attributes.get("src", "") or (attributes.get("href", "") if tag == "a" else "")
        number = _GUID.search(source)
        if number is not None:
            self.spoken.number = unquote(number["number"])
        elif source and tag in {"img", "video", "audio", "source"} and not self._is("reaction"):
            self.spoken.files += [source] if source not in self.spoken.files else []
        elif source and tag == "a" and not self._is("at"):
            self._link(source)
        what = next((name for name in _TAKEN if kinds & _TAKEN[name]), "")
        if tag == "br" and self._is("words"):
            self.spoken.words.append("\n")
        elif what and tag in {"span", "div"}:
            self.taking.append((tag, what))
            if what == "reaction":
                self.spoken.reactions += [""] if tag == "span" or not self.spoken.reactions else []
        elif self.taking and tag == self.taking[-1][0]:
            self.taking.append((tag, self.taking[-1][1]))

    def end(self, tag: str) -> None:
        if tag == "div":
            if self.depth == self.answers_at:
                self.answers_at = 0
            self.depth -= 1
        if self.taking and self.taking[-1][0] == tag and not self.answers_at:
            _, what = self.taking.pop()
            if what == "words" and not self._is("words"):
                self.spoken.words.append("\n")

    def text(self, data: str) -> None:
        if self.answers_at or not self.taking:
            return
        what = self.taking[-1][1]
        if what == "at":
            found = _ANY_DATE.search(data)
            self.spoken.at = self.spoken.at or (found["at"] if found else "")
        elif what == "sender":
            self.spoken.sender += data
        elif what == "words":
            self.spoken.words.append(data)
        elif self.spoken.reactions:
            self.spoken.reactions[-1] += data

    def _is(self, what: str) -> bool:
        return bool(self.taking) and self.taking[-1][1] == what

    def _link(self, source: str) -> None:
        if "://" in source:
            self.spoken.words += [source, "\n"] if source not in self.spoken.words else []
        elif not source.startswith(("#", "mailto:", "tel:", "sms:")):
            self.spoken.files += [source] if source not in self.spoken.files else []


_TAKEN = {
    "at": frozenset({"timestamp"}),
    "sender": frozenset({"sender"}),
    "reaction": frozenset({"reaction", "tapback"}),
    "words": frozenset({"bubble", "subject", "caption", "subcaption", "edited"}),
}


def _places(home: str, path: str) -> tuple[str, ...]:
    """Where a file lies that the export holds; none for one that stayed on the Mac."""
    if path.startswith(("/", "~", "file:")) or "://" in path:
        return ()
    found = dict.fromkeys(str(PurePosixPath(each)) for each in (path, unquote(path)))
    return tuple(f"{home}/{each}" if home else each for each in found if not each.startswith(".."))


def _clock(text: str) -> datetime | None:
    try:
        return datetime.strptime(" ".join(text.split()), "%b %d, %Y %I:%M:%S %p")  # noqa: DTZ007 - a wall clock
    except ValueError:
        return None
