"""Signal: its own export in plain text, main.jsonl (since 2025), and what other programs write: see `signal_texts`.

A line of the export is an account, a person or group, a chat, or a message; people and chats have numbers of this
export alone, so messages are known by the account of their author and the millisecond. Files are called like their
SHA-256.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import JSON, PersonRef
from timeline_local.importers import loose, signal_texts
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import SYSTEM, UNSENT, Chat, Program, Said, author, read_chats, sent_at
from timeline_local.importers.conversations import is_there, record
from timeline_local.importers.json_stream import Letters
from timeline_local.importers.table_rows import json_lines

HEAD_BYTES = 8 * 1024
MOST_PEOPLE = 100_000
MOST_WORDS = 1024 * 1024  # of a long message, which is a file
_LINES = re.compile(rb'^\{\s*"(?:account|recipient|chat|chatItem|stickerPack|version)"\s*:', re.MULTILINE)
_TELLING = (b'"recipient":', b'"chatItem":')
_MENTION = "\ufffc"  # stands for a name in a text
_HASHED = re.compile(r"[0-9a-f]{64}")
_MARKDOWN_NAMES = frozenset({"chat.md", "index.md"})
_TAKEN = frozenset({"ACCEPTED"})
_ENCRYPTED = (
    "This is an encrypted backup of Signal, which nobody but Signal reads. Export the chats in Signal instead "
    "(Settings, Chats, Export chat history), or with signal-export."
)


@dataclass(frozen=True, slots=True)
class Signal:
    name: str = "signal"
    title: str = "Signal"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one export or chat is found."""
        sample = folder.sample()
        found = next((file for file in sample if _form(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds chats of Signal, {found.locator} for one.")
        is_backup = any(re.fullmatch(r"signal-[\d-]+\.backup", file.name) for file in sample)
        return Recognition(0.0, "There are no chats of Signal in this folder.", _ENCRYPTED if is_backup else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""

        def tell(file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:  # noqa: ARG001 - lines have none
            return _READERS[_form(folder, file)](folder, file)

        yield from read_chats(folder, options, checkpoint, program=Program("Signal"), is_chat=_is_chat, tell=tell)
        for listing in folder.walk():
            if isinstance(listing, Listing):  # what is told twice is no note either
                told = (file for file in listing.files if _is_told_beside(folder, file))
                options.claimed.update(file.locator for file in told)


def _form(folder: Folder, file: File) -> str:
    """Which program wrote the file; "" for one that is no chat of Signal's."""
    name = file.name.lower()
    if not name.endswith((".jsonl", ".json", ".md", ".txt")):
        return ""
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").replace(b"\r\n", b"\n")
    if name.endswith(".jsonl"):
        return "signal" if _LINES.match(head) and any(each in head for each in _TELLING) else ""
    if name.endswith(".json"):
        return "json" if signal_texts.JSON_HEAD.match(head) and b'"body":' in head else ""
    if name.endswith(".md"):
        is_chat = name in _MARKDOWN_NAMES and signal_texts.MARKDOWN_HEAD.match(head)
        return "markdown" if is_chat and not _is_told_beside(folder, file) else ""
    return "tools" if signal_texts.TOOLS_HEAD.match(head) else "sigtop" if signal_texts.SIGTOP_HEAD.match(head) else ""


def _is_told_beside(folder: Folder, file: File) -> bool:
    """Whether it is a chat in Markdown beside the same as JSON."""
    if file.name.lower() not in _MARKDOWN_NAMES:
        return False
    beside = f"{file.locator.rpartition('/')[0]}/data.json".lstrip("/")
    return is_there(folder, beside) and signal_texts.JSON_HEAD.match(folder.head(beside, HEAD_BYTES)) is not None


def _is_chat(folder: Folder, file: File) -> bool:
    return bool(_form(folder, file))


def _exported(folder: Folder, file: File) -> Iterator[tuple[Chat, Said]]:
    export = _Export(folder, file)
    for value in json_lines(folder, file.locator):
        told = loose.members(value)
        if isinstance(value, ValueError):
            yield Chat("unknown", "Signal"), Said(at=None)
        elif "recipient" in told:
            export.learn(loose.members(told["recipient"]))
        elif "chat" in told:
            chat = loose.members(told["chat"])
            export.chats[loose.spelled(chat.get("id"))] = loose.spelled(chat.get("recipientId"))
        elif "chatItem" in told:
            yield export.message(loose.members(told["chatItem"]))


_READERS = {
    "signal": _exported,
    "json": signal_texts.exported_json,
    "markdown": signal_texts.exported_markdown,
    "tools": signal_texts.tools_text,
    "sigtop": signal_texts.sigtop_text,
}


@dataclass(frozen=True, slots=True)
class _Person:
    key: str
    name: str
    phone: str = ""


_NOBODY = _Person("", "")


@dataclass
class _Export:
    """One export while it is read. Memory: who is in it, and the names of its files."""

    folder: Folder
    file: File
    people: dict[str, _Person] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)  # names by account, which mentions give
    chats: dict[str, str] = field(default_factory=dict)

    def learn(self, told: Mapping[str, Any]) -> None:
        number = loose.spelled(told.get("id"))
        if len(self.people) < MOST_PEOPLE:
            person = self.people[number] = _person(told)
            self.accounts[person.key] = person.name

    def message(self, told: Mapping[str, Any]) -> tuple[Chat, Said]:
        talk = self.people.get(self.chats.get(loose.spelled(told.get("chatId")), ""), _NOBODY)
        who = self.people.get(loose.spelled(told.get("authorId")), _NOBODY)
        ms = loose.number(told.get("dateSent"))
        standard = loose.members(told.get("standardMessage"))
        call = _call(loose.members(told.get("updateMessage")))
        pointers = [loose.members(each) for each in loose.items(standard.get("attachments"))]
        files = [(pointer, self._places(loose.members(pointer.get("pointer")))) for pointer in pointers]
        return Chat(talk.key or "unknown", talk.name or "Signal"), Said(
            at=sent_at(loose.instant_of_micros(ms * 1000) if ms else None),
            author=author(who.name, "phone" if who.phone else "name", who.phone),
            body=("Call" if call is not None else self._body(told, standard)),
            number=f"{loose.spelled(told.get('dateSent'))}:{who.key}" if ms and who.key else "",
            files=tuple(places for _, places in files if places),
            lacking=tuple(_name(loose.members(each.get("pointer"))) for each, places in files if not places),
            seconds=call,
            people=(PersonRef(name=talk.name),) if call is not None and talk.name not in {"", who.name} else (),
            extra=self._extra(standard),
            skipped=UNSENT
            if "remoteDeletedMessage" in told
            else SYSTEM
            if "updateMessage" in told and call is None
            else "",
            raw=record(told),
        )

    def _body(self, told: Mapping[str, Any], standard: Mapping[str, Any]) -> str:
        sticker = loose.members(loose.members(told.get("stickerMessage")).get("sticker"))
        reply = loose.members(told.get("directStoryReplyMessage"))
        poll = loose.members(told.get("poll"))
        options = (f"- {loose.text(loose.members(each).get('option'))}" for each in loose.items(poll.get("options")))
        contact = loose.members(loose.members(told.get("contactMessage")).get("contact"))
        lines = (
            self._long(standard) or self._words(loose.members(standard.get("text"))),
            loose.text(sticker.get("emoji")),
            self._words(loose.members(loose.members(reply.get("textReply")).get("text")))
            or loose.text(reply.get("emoji")),
            "\n".join(filter(None, [loose.text(poll.get("question")), *options])),
            " ".join(loose.texts([*loose.members(contact.get("name")).values()])),
        )
        return "\n".join(filter(None, lines))

    def _words(self, text: Mapping[str, Any]) -> str:
        """The text with the names of whom it mentions."""
        body = loose.text(text.get("body"))
        ranges = [loose.members(each) for each in loose.items(text.get("bodyRanges"))]
        for each in sorted(ranges, key=lambda each: loose.number(each.get("start")) or 0):
            if _MENTION in body and "mentionAci" in each:
                name = self.accounts.get(loose.text(each["mentionAci"]), "")
                body = body.replace(_MENTION, f"@{name}" if name else "@", 1)
        return body

    def _long(self, standard: Mapping[str, Any]) -> str:
        """The words of a long message, of which the text is only the beginning."""
        for place in self._places(loose.members(standard.get("longText"))):
            try:
                return loose.text(self.folder.read(place, limit=MOST_WORDS).decode("utf-8", "replace"))
            except (OSError, ValueError):
                continue
        return ""

    def _places(self, pointer: Mapping[str, Any]) -> tuple[str, ...]:
        """Where the file of a message lies: called like its hash, or by its own name."""
        found = [self._by_hash.get(_hex(loose.members(pointer.get("locatorInfo")).get("plaintextHash")), "")]
        name, home = loose.text(pointer.get("fileName")), self.file.locator.rpartition("/")[0]
        near = f"{home}/files/{name}".lstrip("/") if name and "/" not in name else ""
        found.append(near if near and is_there(self.folder, near) else "")
        return tuple(filter(None, found))

    @cached_property
    def _by_hash(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                stem = PurePosixPath(file.name).stem.lower()
                if _HASHED.fullmatch(stem):
                    found.setdefault(stem, file.locator)
        return found

    def _extra(self, standard: Mapping[str, Any]) -> dict[str, JSON]:
        told: list[JSON] = [
            {"emoji": emoji, "by": self.people.get(loose.spelled(each.get("authorId")), _NOBODY).name}
            for each in map(loose.members, loose.items(standard.get("reactions")))
            if (emoji := loose.text(each.get("emoji")))
        ]
        return {"reactions": told} if told else {}


def _person(told: Mapping[str, Any]) -> _Person:
    """Somebody, a group, or oneself; by whatever stays the same in every export."""
    contact, group = loose.members(told.get("contact")), loose.members(told.get("group"))
    if "self" in told:
        return _Person("self", "Me")
    if group:
        snapshot = loose.members(group.get("snapshot"))
        title = loose.text(loose.members(snapshot.get("title")).get("title")) or loose.text(snapshot.get("title"))
        return _Person(loose.text(group.get("masterKey")), title or "Group")
    phone = loose.spelled(contact.get("e164")).lstrip("+")
    nickname = loose.members(contact.get("nickname"))
    names = (
        (nickname.get("given"), nickname.get("family")),
        (contact.get("systemNickname"),),
        (contact.get("systemGivenName"), contact.get("systemFamilyName")),
        (contact.get("profileGivenName"), contact.get("profileFamilyName")),
        (contact.get("username"),),
    )
    named = next(filter(None, (" ".join(loose.texts(list(each))) for each in names)), "")
    key = loose.text(contact.get("aci")) or phone or loose.text(contact.get("pni"))
    return _Person(key, named or (f"+{phone}" if phone else "Somebody"), f"+{phone}" if phone else "")


def _call(update: Mapping[str, Any]) -> float | None:
    """How long a call took; 0 where that is not told, None for what is no call that was taken."""
    call = loose.members(update.get("individualCall")) or loose.members(update.get("groupCall"))
    started, ended = loose.number(call.get("startedCallTimestamp")), loose.number(call.get("endedCallTimestamp"))
    is_taken = loose.text(call.get("state")) in _TAKEN or (started is not None and ended is not None)
    if not call or not is_taken:
        return None
    return max(ended - started, 0) / 1000 if started and ended else 0.0


def _name(pointer: Mapping[str, Any]) -> str:
    return loose.text(pointer.get("fileName")) or loose.text(pointer.get("contentType")) or "file"


def _hex(value: object) -> str:
    try:
        return b64decode(loose.text(value), validate=True).hex()
    except (binascii.Error, ValueError):
        return ""
