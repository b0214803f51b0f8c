"""Discord: chats as DiscordChatExporter writes them (JSON, CSV), and the data package that Discord itself sends.

The package holds one's own messages alone; what a channel is called stands beside them. Its times are UTC.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from timeline_local.domain.drafts import JSON, PersonRef
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import SYSTEM, Chat, Program, Said, author, read_chats, sent_at
from timeline_local.importers.conversations import record
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.table_rows import csv_rows

HEAD_BYTES = 8 * 1024
MOST_BESIDE = 8 * 1024 * 1024  # of channel.json and user.json
_EXPORTED = (b'"guild"', b'"channel"', b'"messages"')
_PACKAGE = re.compile(rb'\[\s*\{\s*"ID"\s*:\s*"?\d+"?\s*,\s*"Timestamp"\s*:\s*"[^"]+"\s*,\s*"Contents"\s*:')
_PACKAGE_ROW = re.compile(rb"\W*ID,Timestamp,Contents,Attachments\s")
_EXPORTED_ROW = re.compile(rb'\W*AuthorID"?,"?Author"?,"?Date"?,"?Content"?,"?Attachments"?')
_EMPTY = re.compile(rb"\[\s*\]\s*")
# What somebody wrote; all other types are of the program ("ChannelPinnedMessage", "GuildMemberJoin").
_WRITTEN = frozenset({"", "Default", "Reply", "ChatInputCommand", "ContextMenuCommand", "0", "19", "20", "23"})
_CALLS = frozenset({"Call", "3"})
_HINT = "This is a channel of Discord as a web page. Export it again with DiscordChatExporter and choose JSON."


@dataclass(frozen=True, slots=True)
class Discord:
    name: str = "discord"
    title: str = "Discord"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one channel is found, whatever its file is called."""
        sample = folder.sample()
        found = next((file for file in sample if _form(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds channels of Discord, {found.locator} for one.")
        pages = (file for file in sample if file.name.lower().endswith((".html", ".htm")))
        is_page = any(
            b"discord" in (head := folder.head(page.locator, HEAD_BYTES)) and b"chatlog" in head for page in pages
        )
        return Recognition(0.0, "There are no channels of Discord in this folder.", _HINT if is_page else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""
        yield from read_chats(
            folder, options, checkpoint, program=Program("Discord"), is_chat=_is_chat, tell=_Reading(folder).tell
        )


def _form(folder: Folder, file: File) -> str:
    """exported, package, rows of either; "" for any other file."""
    name = file.name.lower()
    if not name.endswith((".json", ".csv")):
        return ""
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    if name.endswith(".csv"):
        return "package rows" if _PACKAGE_ROW.match(head) else "exported rows" if _EXPORTED_ROW.match(head) else ""
    if head.startswith(b"{") and all(each in head for each in _EXPORTED) and b'"dateRange"' in head:
        return "exported"
    return "package" if _PACKAGE.match(head) else ""


def _is_chat(folder: Folder, file: File) -> bool:
    return bool(_form(folder, file))


@dataclass
class _Reading:
    folder: Folder
    _own: dict[str, PersonRef | None] = field(default_factory=dict)

    def tell(self, file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:
        form = _form(self.folder, file)
        if form == "exported":
            yield from self._exported(file, letters)
        elif form == "exported rows":
            yield from self._exported_rows(file)
        else:
            chat, own = self._channel(file), self._owner(file)
            rows = self._package_rows(file) if form == "package rows" else self._package(file, letters)
            for number, at, text, files in rows:
                names = tuple(PurePosixPath(unquote(each.partition("?")[0])).name for each in files.split())
                extra: dict[str, JSON] = {"files": list(files.split())} if files.strip() else {}
                yield chat, Said(
                    at=_at(at), author=own, body=text, number=number, lacking=names, extra=extra,
                    raw=record([number, at, text, files]),
                )  # fmt: skip

    def _exported(self, file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:
        guild, channel = (loose.members(self._value(file, name)) for name in ("guild", "channel"))
        home = file.locator.rpartition("/")[0]
        chat = _chat_of(channel, guild)
        for value in json_items(self.folder, file.locator, "messages.item", letters):
            told = loose.members(value)
            yield chat, _message(told, home)

    def _exported_rows(self, file: File) -> Iterator[tuple[Chat, Said]]:
        """Server - Channel [number].csv"""
        name = PurePosixPath(file.name).stem
        found = re.search(r"\[(\d+)\]", name)
        chat = Chat(found[1] if found else name, re.sub(r"\s*\[\d+\].*", "", name))
        for at, (number, who, when, text, files) in enumerate(self._rows(file, 5)):
            if at:
                names = tuple(PurePosixPath(each).name for each in files.split(",") if each.strip())
                yield chat, Said(at=_at(when), author=author(who, "discord", number), body=text, lacking=names)

    def _package(self, file: File, letters: Letters) -> Iterator[tuple[str, str, str, str]]:
        for value in json_items(self.folder, file.locator, "item", letters):
            told = loose.members(value)
            yield (
                loose.spelled(told.get("ID")),
                loose.text(told.get("Timestamp")),
                loose.text(told.get("Contents")),
                loose.text(told.get("Attachments")),
            )

    def _package_rows(self, file: File) -> Iterator[tuple[str, str, str, str]]:
        for at, (number, when, text, files) in enumerate(self._rows(file, 4)):
            if at:
                yield number, when, text, files

    def _rows(self, file: File, width: int) -> Iterator[list[str]]:
        try:
            for row in csv_rows(self.folder, file.locator, delimiter=","):
                yield [loose.text(cell) for cell in [*row, *[""] * width][:width]]
        except csv.Error as error:
            raise ValueError(str(error)) from None

    def _channel(self, file: File) -> Chat:
        """channel.json beside the messages says what it is; the folder is named by its number."""
        home = file.locator.rpartition("/")[0]
        told = self._beside(home, "channel.json")
        number = loose.spelled(told.get("id")) or home.rpartition("/")[2].lstrip("c")
        guild = loose.members(told.get("guild"))
        names = self._beside(home.rpartition("/")[0], "index.json")
        name = loose.text(told.get("name")) or loose.text(names.get(number)) or f"Channel {number}"
        server = loose.text(guild.get("name"))
        return Chat(number, f"{server} · {name}" if server and server not in name else name)

    def _owner(self, file: File) -> PersonRef | None:
        root = file.locator.rpartition("/")[0].rpartition("/")[0].rpartition("/")[0]
        if root not in self._own:
            told = self._beside(f"{root}/account" if root else "account", "user.json")
            name = loose.text(told.get("global_name")) or loose.text(told.get("username"))
            self._own[root] = author(name, "discord", loose.spelled(told.get("id")))
        return self._own[root]

    def _beside(self, home: str, name: str) -> Mapping[str, Any]:
        locator = f"{home}/{name}" if home else name
        try:
            return loose.members(loose.document(self.folder.read(locator, limit=MOST_BESIDE)))
        except (OSError, ValueError):
            return {}

    def _value(self, file: File, name: str) -> object:
        try:
            return next(json_items(self.folder, file.locator, name), None)
        except BrokenJson:
            return None


def _chat_of(channel: Mapping[str, Any], guild: Mapping[str, Any]) -> Chat:
    name, server = loose.text(channel.get("name")), loose.text(guild.get("name"))
    is_direct = loose.spelled(guild.get("id")) in {"", "0"}
    return Chat(loose.spelled(channel.get("id")), name if is_direct or not server else f"{server} · {name}")


def _message(told: Mapping[str, Any], home: str) -> Said:
    kind, who = loose.spelled(told.get("type")), loose.members(told.get("author"))
    name = loose.text(who.get("nickname")) or loose.text(who.get("name"))
    began, ended = _at(told.get("timestamp")), read_instant(loose.text(told.get("callEndedTimestamp")))
    is_call = kind in _CALLS and began is not None and began.instant is not None and ended is not None
    files = [loose.members(each) for each in loose.items(told.get("attachments"))]
    here = [each for each in files if "://" not in loose.text(each.get("url"))]
    reactions: list[JSON] = [
        {"emoji": emoji, "count": int(loose.number(each.get("count")) or 1)}
        for each in map(loose.members, loose.items(told.get("reactions")))
        if (emoji := loose.text(loose.members(each.get("emoji")).get("name")))
    ]
    mentioned = [loose.members(each) for each in loose.items(told.get("mentions"))]
    extra: dict[str, JSON] = {"reactions": reactions} if reactions else {}
    extra |= {"edited": True} if told.get("timestampEdited") else {}
    return Said(
        at=began,
        author=author(name, "discord", loose.spelled(who.get("id"))),
        body=_body(told),
        number=loose.spelled(told.get("id")),
        files=tuple(_places(loose.text(each.get("url")), home) for each in here if loose.text(each.get("url"))),
        lacking=tuple(loose.text(each.get("fileName")) for each in files if each not in here),
        seconds=(ended[0] - began.instant).total_seconds() if is_call and ended and began and began.instant else None,
        reply_to=loose.spelled(loose.members(told.get("reference")).get("messageId"))
        if kind in {"Reply", "19"}
        else "",
        people=tuple(
            PersonRef(name=named, kind="discord", value=loose.spelled(each.get("id")))
            for each in mentioned
            if (named := loose.text(each.get("nickname")) or loose.text(each.get("name")))
        ),
        extra=extra,
        skipped="" if is_call or kind in _WRITTEN else SYSTEM,
        raw=record(told),
    )


def _body(told: Mapping[str, Any]) -> str:
    """The words; of a message of a program, what it shows."""
    lines = [loose.text(told.get("content"))]
    if not lines[0]:
        for each in map(loose.members, loose.items(told.get("embeds"))):
            lines += [loose.text(each.get(name)) for name in ("title", "description", "url")]
    stickers = (loose.text(loose.members(each).get("name")) for each in loose.items(told.get("stickers")))
    return "\n".join(filter(None, [*lines, *(f"[{name}]" for name in stickers if name)]))


def _places(url: str, home: str) -> tuple[str, ...]:
    """A file that was downloaded lies beside the export, by its path from there, which may be spelled as an address."""
    found = dict.fromkeys((url.replace("\\", "/"), unquote(url).replace("\\", "/")))
    return tuple(f"{home}/{each}" if home else each for each in found)


def _at(value: object) -> TimeEvidence | None:
    """Without a zone it is UTC."""
    text = loose.text(value)
    found = read_instant(text)
    return sent_at(found[0] if found else None)
