"""Chats as Meta exports them, for Messenger and Instagram alike: folders of message_1.json, message_2.json, …

The same as web pages, message_1.html, see `meta_pages`: they say less, and are read where the JSON is not beside them.

Every text is UTF-8 taken for Latin-1 and written as JSON escapes. Each file holds its newest message first. The export
of chats that are encrypted from end to end is another JSON, flat and sound. Formats as of 2018 to 2025.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import JSON, Draft, PersonRef, PersonRole, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.chat_reading import Chat, Program, Said, author, read_chat
from timeline_local.importers.conversations import (
    ITEMS_PER_CHECKPOINT,
    Alike,
    Attached,
    conversation,
    is_empty,
    is_there,
    is_twice,
    is_undated,
    is_unreadable,
    lasting,
    record,
    too_long,
)
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.meta_pages import Page, is_page
from timeline_local.importers.seen import Seen

HEAD_BYTES = 8 * 1024
LONG_HEAD_BYTES = 64 * 1024  # of a chat that lies alone: some messages that tell whose it is
MOST_PARTICIPANTS = 1000
NAMED = 4  # participants that a chat without a title is called after

_NUMBERED = re.compile(r"message_\d+\.json", re.IGNORECASE | re.ASCII)
_NUMBERED_PAGE = re.compile(r"message_\d+\.html", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"_\d+$", re.ASCII)  # of flat exports: "Anna Berg_5"
_OF_MESSAGES = (b'"messages"', b'"sender_name"', b'"timestamp_ms"')  # of a chat that got another name
# Where its own files lie, who owns what was shared, and hearts, which Messenger writes beside a message.
_OF_INSTAGRAM = (b"your_instagram_activity", b'"original_content_owner"', b'"Liked a message"')
_HIGH = re.compile("[\x80-\xff]{2,}")
_FILES = ("photos", "videos", "audio_files", "gifs", "files")
_OF_THE_PROGRAM = frozenset({"Subscribe", "Unsubscribe"})
_CALLS = frozenset({"Call", "RTCCallLog"})


class Service(Enum):
    """Whose export it is."""

    MESSENGER = "Messenger"
    INSTAGRAM = "Instagram"


# Folders of the export that tell whose it is, and what lies beside `messages` in the old ones of Instagram alone.
_TELLING = {
    "your_instagram_activity": Service.INSTAGRAM,
    "your_facebook_activity": Service.MESSENGER,
    "your_activity_across_facebook": Service.MESSENGER,
}
_BESIDE_INSTAGRAM = re.compile(
    r"(?P<root>(?:[^/]+/)*?)(?:connections/)?"
    r"(?:followers_and_following|account_information|login_and_account_creation)/.*"
)


def mended(text: str) -> str:
    """The text with every run of letters that is UTF-8 taken for Latin-1 put right; all else is left."""
    return text if text.isascii() else _HIGH.sub(_mended_run, text)


def _mended_run(found: re.Match[str]) -> str:
    try:
        return found[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return found[0]


def words(value: object) -> str:
    """A text of an export with its letters put right; "" for anything else."""
    # Mended first: the second half of "à" is a space to whoever takes it for a letter of its own.
    return loose.text(mended(value)) if isinstance(value, str) else ""


def recognise(folder: Folder, service: Service) -> Recognition:
    """By the heads of numbered files; of web pages that cannot be read it says what to choose."""
    chats = Chats.of(folder, service)
    sample = folder.sample()
    found = next((file for file in sample if chats.has(folder, file) or chats.has_page(folder, file)), None)
    if found is not None:
        return Recognition(0.9, f"It holds chats of {service.value}, {found.locator} for one.")
    hint = ""
    if any(_NUMBERED_PAGE.fullmatch(file.name) and chats.service_of(folder, file) is service for file in sample):
        hint = (
            f"These are chats of {service.value} as web pages of a form that is not known here. Ask for the export "
            "again, with the format JSON."
        )
    return Recognition(0.0, f"There are no chats of {service.value} in this folder.", hint)


def read(folder: Folder, service: Service, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
    """One draft for each message."""
    reading = Reading.of(folder, service, options)
    for _, file, done in files_from(folder, reading.has, options, checkpoint):
        yield from reading.items(file, done)


@dataclass(frozen=True, slots=True)
class Reading:
    """The chats of a service while they are read, one after the other."""

    folder: Folder
    chats: Chats
    options: ReadOptions
    seen: Seen

    @classmethod
    def of(cls, folder: Folder, service: Service, options: ReadOptions) -> Reading:
        return cls(folder, Chats.of(folder, service), options, Seen())

    def has(self, folder: Folder, file: File) -> bool:
        """Whether the file is a chat of the service."""
        return self.chats.has(folder, file) or self.chats.has_page(folder, file)

    def items(self, file: File, done: int) -> Iterator[Item]:
        """What is in one chat behind the first `done` messages."""
        if self.chats.has_page(self.folder, file):
            program = Program(self.chats.service.value)
            yield from read_chat(
                self.folder, file, self.options, done, program=program, seen=self.seen, tell=self._page
            )
            return
        yield from _Chat(self.folder, file, self.chats.service, self.options, self.seen).items(done)

    def _page(self, file: File, _: Letters) -> Iterator[tuple[Chat, Said]]:
        """The messages of a web page, by the name of its folder as the JSON of the same chat is."""
        page, home = Page.of(self.folder, file), file.locator.rpartition("/")[0]
        key = PurePosixPath(home).name or PurePosixPath(file.name).stem
        chat = Chat(key, page.title or key)
        for card in page.cards():
            if not card.when:
                continue  # who takes part
            told: list[JSON] = list(card.reactions)
            yield (
                chat,
                Said(
                    at=page.at(card),
                    author=author(" ".join(card.head.split())),
                    body=card.body,
                    files=tuple(tuple(_near(home, uri)) for uri in card.files),
                    extra={"reactions": told} if told else {},
                ),
            )


@dataclass(frozen=True, slots=True)
class Chats:
    """Which files are chats of a service. instagram: where exports of the old layout begin that are Instagram's."""

    service: Service
    instagram: tuple[str, ...]

    @classmethod
    def of(cls, folder: Folder, service: Service) -> Chats:
        """Cost: one look at the sample of the folder."""
        roots = {
            beside["root"]
            for file in folder.sample()
            if (beside := _BESIDE_INSTAGRAM.fullmatch(file.locator)) is not None
        }
        return cls(service, tuple(f"{root}messages/" for root in roots))

    def has(self, folder: Folder, file: File) -> bool:
        """Whether the file is a chat of this service."""
        if not file.name.lower().endswith(".json") or self.service_of(folder, file) is not self.service:
            return False
        head = folder.head(file.locator, HEAD_BYTES)
        if _NUMBERED.fullmatch(file.name):
            return b'"participants"' in head and b'"messages"' in head
        is_flat = b'"threadName"' in head and b'"participants"' in head
        return all(each in head for each in _OF_MESSAGES) or (is_flat and self.service is Service.MESSENGER)

    def has_page(self, folder: Folder, file: File) -> bool:
        """Whether it is a chat of this service as a web page, without the same as JSON beside it."""
        return (
            _NUMBERED_PAGE.fullmatch(file.name) is not None
            and self.service_of(folder, file) is self.service
            and not is_there(folder, f"{file.locator[: -len('.html')]}.json")
            and is_page(folder, file)
        )

    def service_of(self, folder: Folder, file: File) -> Service:
        """By the folders above; where they do not tell, by what only Instagram writes into a chat."""
        for part in file.locator.split("/"):
            if part in _TELLING:
                return _TELLING[part]
        if file.locator.startswith(self.instagram):
            return Service.INSTAGRAM
        head = folder.head(file.locator, LONG_HEAD_BYTES) if file.name.lower().endswith(".json") else b""
        is_instagrams = b'"sender_name"' in head and any(sign in head for sign in _OF_INSTAGRAM)
        return Service.INSTAGRAM if is_instagrams else Service.MESSENGER


@dataclass(slots=True)
class _Chat:
    folder: Folder
    file: File
    service: Service
    options: ReadOptions
    seen: Seen
    alike: Seen = field(default_factory=Seen)
    key: str = ""
    name: str = ""

    def items(self, skip: int) -> Iterator[Item]:
        letters = Letters(self.file.locator)
        try:
            self._learn()
            for count, said in enumerate(json_items(self.folder, self.file.locator, "messages.item", letters), 1):
                found = list(self._message(loose.members(said), f"{self.file.locator}#{count}"))
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except BrokenJson as error:
            detail = f"This chat cannot be read to its end: {error}. Everything before that place is here."
            yield Problem(self.file.locator, "export-broken", detail)
        except OSError as error:
            yield is_unreadable(self.file, error)
        yield from letters.told()

    def _learn(self) -> None:
        """What the chat is called: its title stands behind its messages, so the file is read more than once."""
        is_numbered = _NUMBERED.fullmatch(self.file.name) is not None
        flat = "" if is_numbered else self._text("threadName")
        if flat:
            self.key, self.name = flat, _NUMBER.sub("", flat) or self._named_after()
            return
        path = PurePosixPath(self.file.locator)
        # The name of the chat's folder, which no export changes: inbox/annaberg_xyz.
        self.key = self._text("thread_path").rpartition("/")[2] or (path.parent.name if is_numbered else path.stem)
        self.name = self._text("title") or self._named_after()

    def _text(self, name: str) -> str:
        try:
            return words(next(json_items(self.folder, self.file.locator, name), ""))
        except BrokenJson:
            return ""

    def _named_after(self) -> str:
        try:
            found = islice(json_items(self.folder, self.file.locator, "participants.item"), MOST_PARTICIPANTS)
            names = [words(loose.members(each).get("name")) or words(each) for each in found]
        except BrokenJson:
            names = []
        named = [name for name in names if name]
        more = f" +{len(named) - NAMED}" if len(named) > NAMED else ""
        return ", ".join(named[:NAMED]) + more or self.service.value

    def _message(self, said: Mapping[str, Any], where: str) -> Iterator[Item]:
        evidence = _evidence(said)
        if said.get("is_unsent") is True or said.get("isUnsent") is True:
            yield Problem(where, "unsent", "It was taken back by whoever sent it.")
        elif said.get("type") in _OF_THE_PROGRAM:
            yield Problem(where, "system-message", f"It is a note of {self.service.value} itself, not a message.")
        elif evidence is None:
            yield is_undated(where)
        else:
            yield from self._draft(said, evidence, where)

    def _draft(self, said: Mapping[str, Any], evidence: TimeEvidence, where: str) -> Iterator[Item]:
        author = words(said.get("sender_name")) or words(said.get("senderName"))
        body = _body(said)
        attached = self._attached(said, where)
        alike = self._alike(said, author, body)
        if self.seen.number(alike.key) > 1:
            yield is_twice(where)
            return
        yield from attached.problems
        if not (body or attached.media):
            if not attached.problems:
                yield is_empty(where)
            return
        problem = too_long(where, body, self.options)
        if problem is not None:
            yield problem
            return
        is_call = said.get("type") in _CALLS or loose.number(said.get("call_duration")) is not None
        yield Draft(
            source_key=alike.key,
            kind=Kind.EVENT if is_call else Kind.MESSAGE,
            title=body if is_call else "",
            body="" if is_call else body,
            evidence=(lasting(evidence, loose.number(said.get("call_duration")) or 0) if is_call else evidence,),
            people=(PersonRef(name=author, role=PersonRole.ATTENDEE if is_call else PersonRole.AUTHOR),)
            if author
            else (),
            media=tuple(attached.media),
            collections=(conversation(self.key, self.name),),
            extra=_extra(said) | alike.extra,
            raw=record(said),
        )

    def _alike(self, said: Mapping[str, Any], author: str, body: str) -> Alike:
        """Who said what when, and which of several alike in its file it is: Meta numbers no messages."""
        at = said.get("timestamp_ms", said.get("timestamp"))
        files = [PurePosixPath(uri).name for uri in _uris(said)]
        return Alike.of(self.alike, self.key, str(at), author, body, *files)

    def _attached(self, said: Mapping[str, Any], where: str) -> Attached:
        """A uri begins at the export's root; where only the chat's folder was kept, the files are still beside it."""
        found = Attached(self.folder, where)
        home = self.file.locator.rpartition("/")[0]
        for uri in _uris(said):
            path = PurePosixPath(uri)
            if "://" in uri:
                found.lacks(path.name)
                continue
            found.add(*_near(home, uri))
        return found


def _near(home: str, uri: str) -> list[str]:
    """Where a file of a chat in the folder `home` may lie."""
    path = PurePosixPath(uri)
    tail = "/".join(path.parts[-2:])
    return [*_at_roots(home, path), *(f"{home}/{each}" if home else each for each in (tail, path.name))]


def _at_roots(home: str, path: PurePosixPath) -> list[str]:
    """Where the file lies if the export begins at some folder above the chat."""
    parts = PurePosixPath(home).parts
    first = path.parts[0] if path.parts else ""
    return ["/".join((*parts[:depth], str(path))) for depth, part in enumerate(parts) if part == first]


def _uris(said: Mapping[str, Any]) -> list[str]:
    """Where the message's files lie, in its order."""
    groups = (*(loose.items(said.get(name)) for name in _FILES), [said.get("sticker")], loose.items(said.get("media")))
    return [uri for group in groups for each in group if (uri := words(loose.members(each).get("uri")))]


def _body(said: Mapping[str, Any]) -> str:
    """The words, and the link that was shared with them."""
    content = words(said.get("content")) or words(said.get("text"))
    share = loose.members(said.get("share"))
    lines = (content, words(share.get("share_text")), words(share.get("link")))
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _evidence(said: Mapping[str, Any]) -> TimeEvidence | None:
    ms = loose.number(said.get("timestamp_ms", said.get("timestamp")))
    instant = loose.instant_of_micros(ms * 1000) if ms else None
    return None if instant is None else TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin="when it was sent")


def _extra(said: Mapping[str, Any]) -> dict[str, JSON]:
    reactions = [loose.members(each) for each in loose.items(said.get("reactions"))]
    told: list[JSON] = [
        {"emoji": emoji, "by": words(each.get("actor"))} for each in reactions if (emoji := words(each.get("reaction")))
    ]
    return {"reactions": told} if told else {}
