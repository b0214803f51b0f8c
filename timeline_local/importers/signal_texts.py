"""Signal's chats as other programs write them: signal-export (JSON, Markdown), sigtop and signalbackup-tools (text).

Their clocks are the computer's on which they ran, without a zone; sigtop's alone say theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from urllib.parse import unquote

from timeline_local.domain.drafts import JSON
from timeline_local.domain.times import TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.chat_reading import SYSTEM, UNSENT, Chat, Said, author, sent_at, sent_by_clock
from timeline_local.importers.conversations import record
from timeline_local.importers.encodings import decode
from timeline_local.importers.table_rows import json_lines

MAX_LINE_BYTES = 1024 * 1024
MAX_LINES = 20_000  # of one message

_MARKDOWN = re.compile(r"\[(?P<at>\d{4}-\d\d-\d\d,? \d\d:\d\d(?::\d\d)?)\] (?P<who>.{1,200}?): ?(?P<text>.*)")
_TOOLS = re.compile(
    r"\[(?P<at>[A-Z][a-z]{2} \d\d, \d{4} \d\d:\d\d:\d\d)\] "
    r"(?:\*\*\* <(?P<sender>[^>]{1,200})> sent file(?: (?P<file>.*))?|(?P<note>\*\*\* .*)"
    r"|<(?P<who>[^>]{1,200})> (?P<text>.*))"
)
_LINK = re.compile(r"!?\[(?P<name>[^\]\n]*)\]\((?P<path>[^)\n]+)\)(?: {2})?")
_REACTIONS = re.compile(r"\n?\(- (?P<told>.+?) -\)\s*$")
_DELETED = "(This message was deleted)"
_ATTACHMENT = re.compile(r"(?P<name>.+) \([^()]*, \d+ bytes\)")

JSON_HEAD = re.compile(rb'\{"date":\s*"\d{4}-\d\d-\d\d[^"]*",\s*"sender":')
MARKDOWN_HEAD = re.compile(rb"\[\d{4}-\d\d-\d\d,? \d\d:\d\d(?::\d\d)?\] .{1,200}?: ?")
TOOLS_HEAD = re.compile(rb"\[[A-Z][a-z]{2} \d\d, \d{4} \d\d:\d\d:\d\d\] (?:<[^>\n]{1,200}> |\*\*\* )")
SIGTOP_HEAD = re.compile(rb"Conversation: [^\n]+\n\n(?:From: [^\n]+\n)?Type: \S+\n")

Told = Iterator[tuple[Chat, Said]]


def exported_json(folder: Folder, file: File) -> Told:
    """data.json of signal-export: a message a line, beside chat.md, which says the same."""
    chat, home = _folder_chat(file), file.locator.rpartition("/")[0]
    for value in json_lines(folder, file.locator):
        told = loose.members(value)
        pairs = [each for each in loose.items(told.get("reactions")) if isinstance(each, list) and len(each) > 1]
        reactions: list[JSON] = [{"emoji": loose.text(each[1]), "by": loose.text(each[0])} for each in pairs]
        files = [loose.text(loose.members(each).get("path")) for each in loose.items(told.get("attachments"))]
        text = f"{loose.text(told.get('quote'))}\n\n{loose.text(told.get('body'))}".strip()
        yield (
            chat,
            Said(
                at=sent_by_clock(_clock(loose.text(told.get("date")))),
                author=author(loose.text(told.get("sender"))),
                body=text or _sticker(told.get("sticker")),
                files=tuple(_beside(home, path) for path in files if path),
                extra={"reactions": reactions} if reactions else {},
                skipped=UNSENT if told.get("deleted") is True else "",
                raw=record(told),
            ),
        )


def exported_markdown(folder: Folder, file: File) -> Told:
    """chat.md of signal-export: files are links, reactions stand in brackets behind the words."""
    chat, home = _folder_chat(file), file.locator.rpartition("/")[0]
    for found, text in _messages(folder, file, _MARKDOWN):
        files = tuple(_beside(home, each["path"]) for each in _LINK.finditer(text) if "://" not in each["path"])
        plain = _LINK.sub(lambda each: each[0] if "://" in each["path"] else "", text).strip()
        reacted = _REACTIONS.search(plain)
        plain = plain if reacted is None else plain[: reacted.start()].rstrip()
        yield (
            chat,
            Said(
                at=sent_by_clock(_clock(found["at"].replace(",", ""))),
                author=author(found["who"]),
                body=plain,
                files=files,
                extra=_said_reactions(reacted["told"]) if reacted else {},
                skipped=UNSENT if plain == _DELETED else "",
            ),
        )


def tools_text(folder: Folder, file: File) -> Told:
    """The text of signalbackup-tools, a chat a file: "Ana (_id3).txt"."""
    name = re.sub(r" \(_id\d+\)$", "", PurePosixPath(file.name).stem)
    for found, text in _messages(folder, file, _TOOLS):
        sent = (found["file"] or "").strip().strip('"')
        yield (
            Chat(name, name),
            Said(
                at=sent_by_clock(_clock(found["at"], "%b %d, %Y %H:%M:%S")),
                author=author(found["who"] or found["sender"] or ""),
                body="" if found["sender"] else text,
                lacking=(sent or "file",) if found["sender"] else (),
                skipped=SYSTEM if found["note"] else "",
            ),
        )


def sigtop_text(folder: Folder, file: File) -> Told:
    """The text of sigtop: fields, an empty line, the words; messages that are answered stand before them behind ">"."""
    chat = Chat("", "")
    block = _Block()
    for line, following in _pairs(_lines(folder, file)):
        if line.startswith("Conversation: ") and not chat.key:
            name = line.partition(": ")[2]
            chat = Chat(name, re.sub(r" \([^()]*\)$", "", name))
        elif block.begins(line, following):
            yield from block.told(chat, file)
            block = _Block()
            block.take(line)
        elif chat.key:
            block.take(line)
    yield from block.told(chat, file)


@dataclass(slots=True)
class _Block:
    """One message of sigtop."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    is_head: bool = True

    def begins(self, line: str, following: str) -> bool:
        """Whether a message begins here; words may look like its fields, but not like two of them."""
        if self.is_head and self.fields:
            return False
        if line.startswith("From: "):
            return following in {"Type: incoming", "Type: outgoing"}
        return line.startswith("Type: ") and following.startswith("Sent: ")

    def take(self, line: str) -> None:
        if self.is_head and not line:
            self.is_head = not self.fields
        elif self.is_head:
            name, _, value = line.partition(": ")
            self.fields.append((name, value))
        elif len(self.lines) < MAX_LINES:
            self.lines.append(line)

    def told(self, chat: Chat, file: File) -> Told:
        if not self.fields:
            return
        said = dict(reversed(self.fields))
        kind, home = said.get("Type", ""), file.locator.rpartition("/")[0]
        names = [
            found["name"]
            for name, value in self.fields
            if name == "Attachment" and (found := _ATTACHMENT.fullmatch(value))
        ]
        reactions: list[JSON] = [
            {"emoji": emoji, "by": who}
            for name, value in self.fields
            if name == "Reaction" and (emoji := value.partition(" from ")[0]) and (who := value.partition(" from ")[2])
        ]
        lines = [line for line in self.lines if not line.startswith(">")]
        yield (
            chat,
            Said(
                at=_worded(said.get("Sent", "")),
                author=author(re.sub(r" \([^()]*\)$", "", said.get("From", ""))),
                body="\n".join(lines).strip(),
                files=tuple(_beside(home, name) for name in names),
                extra={"reactions": reactions} if reactions else {},
                skipped="" if kind in {"incoming", "outgoing"} else SYSTEM,
            ),
        )


def _messages(folder: Folder, file: File, head: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str]]:
    """Each message with its words; lines that begin none go on with the one before."""
    begun: re.Match[str] | None = None
    more: list[str] = []
    for line in _lines(folder, file):
        found = head.fullmatch(line)
        if found is None:
            more += [line] if len(more) < MAX_LINES else []
            continue
        if begun is not None:
            yield begun, "\n".join([begun["text"] or "", *more]).strip()
        begun, more = found, []
    if begun is not None:
        yield begun, "\n".join([begun["text"] or "", *more]).strip()


def _lines(folder: Folder, file: File) -> Iterator[str]:
    with folder.open_text(file.locator) as opened:
        while data := opened.readline(MAX_LINE_BYTES):
            yield decode(data).rstrip("\r\n")


def _pairs(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    last: str | None = None
    for line in lines:
        if last is not None:
            yield last, line
        last = line
    if last is not None:
        yield last, ""


def _folder_chat(file: File) -> Chat:
    """A chat is a folder, called like it."""
    path = PurePosixPath(file.locator)
    name = path.parent.name or path.stem
    return Chat(name, name)


def _beside(home: str, path: str) -> tuple[str, ...]:
    found = dict.fromkeys(str(PurePosixPath(each)) for each in (path, unquote(path)))
    return tuple(f"{home}/{each}" if home else each for each in found)


def _clock(text: str, form: str = "") -> datetime | None:
    try:
        at = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - a wall clock
    except ValueError:
        return None
    return at.replace(tzinfo=None)


def _worded(text: str) -> TimeEvidence | None:
    try:
        return sent_at(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _said_reactions(text: str) -> dict[str, JSON]:
    told: list[JSON] = []
    for each in text.split(", "):
        who, _, emoji = each.rpartition(": ")
        if who:
            told.append({"emoji": emoji.strip(), "by": who})
    return {"reactions": told} if told else {}


def _sticker(value: object) -> str:
    return loose.text(value) or loose.text(loose.members(value).get("emoji"))
