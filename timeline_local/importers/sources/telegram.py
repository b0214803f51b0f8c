"""Telegram: the JSON that Telegram Desktop exports, of a whole account or of one chat.

Both have the same lists of messages; what a chat is called stands before its list. Format as Telegram Desktop 1.6 to 5
writes it, export settings "Machine-readable JSON".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import (
    JSON,
    Contact,
    Draft,
    PersonRef,
    PersonRole,
    PlaceRef,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import (
    ITEMS_PER_CHECKPOINT,
    Alike,
    Attached,
    conversation,
    digest_of,
    is_empty,
    is_twice,
    is_undated,
    is_unreadable,
    lasting,
    record,
    too_long,
)
from timeline_local.importers.json_stream import BrokenJson, Letters, json_parts
from timeline_local.importers.seen import Seen

HEAD_BYTES = 16 * 1024
MOST_REACTIONS = 10**9  # of one kind; what says more says nothing

# What a chat is, and which of them have numbers of one series.
_SERIES = {
    "saved_messages": "user",
    "personal_chat": "user",
    "bot_chat": "user",
    "private_group": "group",
    "private_supergroup": "channel",
    "public_supergroup": "channel",
    "private_channel": "channel",
    "public_channel": "channel",
}
_ONE_CHAT = re.compile(rb'"type"\s*:\s*"(?:' + b"|".join(each.encode() for each in _SERIES) + rb')"')
_OF_MESSAGE = b'"date_unixtime"'  # Telegram alone calls it so, also where a tool left nothing else of the chat
_WHOLE_ACCOUNT = (b'"about"', b'"personal_information"', b'"user_id"')
_FIELDS = ("name", "type", "id", "messages.item")
_CONTACTS = "contacts.list.item"
_PARTS = {
    f"{root}{field}": field for root in ("", "chats.list.item.", "left_chats.list.item.") for field in _FIELDS
} | {_CONTACTS: _CONTACTS}
_FILES = ("photo", "file")
_KEPT = ("forwarded_from", "saved_from", "via_bot", "media_type", "sticker_emoji", "author")


@dataclass(frozen=True, slots=True)
class Telegram:
    name: str = "telegram"
    title: str = "Telegram"

    def recognise(self, folder: Folder) -> Recognition:
        """By the head of a JSON file; of the form in HTML it says which one to choose."""
        sample = folder.sample()
        found = next((file for file in sample if _is_export(folder, file)), None)
        if found is not None:
            return Recognition(0.9, f"It holds chats of Telegram, {found.locator} for one.")
        hint = ""
        if any(_is_page(folder, file) for file in sample):
            hint = (
                "This is Telegram's export as web pages, which cannot be read back. In Telegram Desktop choose "
                "“Export chat history” or “Export Telegram data” again, with the format “Machine-readable JSON”."
            )
        return Recognition(0.0, "There is no JSON export of Telegram in this folder.", hint)

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message, one contact for each one in the address book."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_export, options, checkpoint):
            yield from _Export(folder, file, options, seen).items(done)


def _is_export(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    is_chat = b'"messages"' in head and (_ONE_CHAT.search(head) is not None or _OF_MESSAGE in head)
    return is_chat or all(each in head for each in _WHOLE_ACCOUNT)


def _is_page(folder: Folder, file: File) -> bool:
    name = file.name.lower()
    if not (name.startswith("messages") and name.endswith(".html")):
        return False
    return b"Exported Data" in folder.head(file.locator, HEAD_BYTES)


@dataclass(slots=True)
class _Chat:
    """What stands before the messages of a chat."""

    said: dict[str, Any] = field(default_factory=dict)
    has_begun: bool = False
    called: str = ""  # where nothing stands there

    @property
    def key(self) -> str:
        number, kind = self.said.get("id"), loose.text(self.said.get("type"))
        return f"{_SERIES.get(kind, 'chat')}{number}" if isinstance(number, int) else f"chat {self.name}"

    @property
    def name(self) -> str:
        if self.said.get("type") == "saved_messages":
            return "Saved Messages"
        return loose.text(self.said.get("name")) or (self.called if not self.said else "") or "Deleted account"


@dataclass(slots=True)
class _Export:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen
    alike: Seen = field(default_factory=Seen)
    chat: _Chat = field(default_factory=_Chat)

    def items(self, skip: int) -> Iterator[Item]:
        count, letters = 0, Letters(self.file.locator)
        self.chat.called = PurePosixPath(self.file.name).stem
        try:
            for prefix, value in json_parts(self.folder, self.file.locator, _PARTS, letters):
                part = _PARTS[prefix]
                if part not in ("messages.item", _CONTACTS):
                    self._head(part, value)
                    continue
                count += 1
                found = list(self._of(part, loose.members(value), f"{self.file.locator}#{count}"))
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except BrokenJson as error:
            detail = f"This export cannot be read to its end: {error}. Everything before that place is here."
            yield Problem(self.file.locator, "export-broken", detail)
        except OSError as error:
            yield is_unreadable(self.file, error)
        yield from letters.told()

    def _head(self, part: str, value: object) -> None:
        # A chat without a name, such as the saved messages, must not get that of the chat before.
        if self.chat.has_begun or part in self.chat.said:
            self.chat = _Chat()
        self.chat.said[part] = value

    def _of(self, part: str, said: Mapping[str, Any], where: str) -> Iterator[Item]:
        if part == _CONTACTS:
            yield from _contact(said, where)
            return
        self.chat.has_begun = True
        yield from self._message(said, where)

    def _message(self, said: Mapping[str, Any], where: str) -> Iterator[Item]:
        number = said.get("id")
        key = f"{self.chat.key}/{number if isinstance(number, int) else digest_of(said)}"
        evidence = _evidence(said)
        is_call = said.get("action") == "phone_call"
        if said.get("type") == "service" and not is_call:
            yield Problem(where, "system-message", "It is a note of Telegram itself, not a message.")
        elif evidence is None:
            yield is_undated(where)
        elif self.seen.number(key) > 1:
            yield is_twice(where)
        else:
            yield from self._call(said, key, evidence) if is_call else self._words(said, key, evidence, where)

    def _words(self, said: Mapping[str, Any], key: str, evidence: TimeEvidence, where: str) -> Iterator[Item]:
        attached = self._attached(said, where)
        yield from attached.problems
        body, place = _body(said), _place(said)
        if not (body or place or attached.media):
            if not attached.problems:
                yield is_empty(where)
            return
        problem = too_long(where, body, self.options)
        if problem is not None:
            yield problem
            return
        files = [each.name for each in attached.media]
        at, author = str(evidence.instant or evidence.local_at), str(said.get("from_id"))
        alike = Alike.of(self.alike, self.chat.key, at, author, body, *files)
        answered = said.get("reply_to_message_id")
        is_answer = isinstance(answered, int) and "reply_to_peer_id" not in said
        yield Draft(
            source_key=key,
            kind=Kind.MESSAGE,
            body=body,
            evidence=(evidence,),
            place=place,
            people=_named(said.get("from"), said.get("from_id"), PersonRole.AUTHOR),
            media=tuple(attached.media),
            collections=(conversation(self.chat.key, self.chat.name),),
            relations=(
                (RelationRef(kind=RelationKind.REPLY, source_key=f"{self.chat.key}/{answered}"),) if is_answer else ()
            ),
            extra=_extra(said) | alike.extra,
            raw=record(said),
        )

    def _call(self, said: Mapping[str, Any], key: str, evidence: TimeEvidence) -> Iterator[Item]:
        seconds = loose.number(said.get("duration_seconds")) or 0
        is_missed = said.get("discard_reason") in ("missed", "busy")
        yield Draft(
            source_key=key,
            kind=Kind.EVENT,
            title=f"{'Missed call' if is_missed else 'Call'}: {self.chat.name}",
            evidence=(lasting(evidence, seconds),),
            people=_named(said.get("actor"), said.get("actor_id"), PersonRole.ATTENDEE),
            collections=(conversation(self.chat.key, self.chat.name),),
            extra={"duration_seconds": seconds} if seconds else {},
            raw=record(said),
        )

    def _attached(self, said: Mapping[str, Any], where: str) -> Attached:
        """Paths begin where the JSON file lies; what was not exported has a sentence in brackets for a path."""
        found = Attached(self.folder, where)
        home = self.file.locator.rpartition("/")[0]
        for name in _FILES:
            path = loose.text(said.get(name))
            if path.startswith("("):
                found.lacks(loose.text(said.get("file_name")) or name)
            elif path:
                locator = f"{home}/{path}" if home else path
                found.add(locator, name=loose.text(said.get("file_name")) or PurePosixPath(path).name)
        return found


def _evidence(said: Mapping[str, Any]) -> TimeEvidence | None:
    """The instant; exports before 2021 have only the wall clock of the computer that wrote them."""
    instant = _instant(said.get("date_unixtime"))
    if instant is not None:
        return TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin="when Telegram sent it")
    try:
        local_at = datetime.fromisoformat(loose.text(said.get("date"))).replace(tzinfo=None)
    except ValueError:
        return None
    return TimeEvidence(basis=TimeBasis.SOURCE, local_at=local_at, origin="the clock of the computer that exported it")


def _instant(value: object) -> datetime | None:
    seconds = loose.number(value)
    return loose.instant_of_micros(seconds * 1e6) if seconds else None


def _named(name: object, number: object, role: PersonRole) -> tuple[PersonRef, ...]:
    """Ids were numbers of users before they said what they are of."""
    value = f"user{number}" if isinstance(number, int) else loose.text(number)
    called = loose.text(name)
    if not (value or called):
        return ()
    if not value:
        return (PersonRef(name=called, role=role),)
    return (PersonRef(name=called or value, kind="handle", value=f"telegram:{value}", role=role),)


def _body(said: Mapping[str, Any]) -> str:
    poll = loose.members(said.get("poll"))
    card = loose.members(said.get("contact_information"))
    answers = (loose.text(loose.members(each).get("text")) for each in loose.items(poll.get("answers")))
    named = " ".join(filter(None, (loose.text(card.get(part)) for part in ("first_name", "last_name"))))
    lines = (
        _text(said.get("text")) or _text(said.get("text_entities")),
        loose.text(poll.get("question")),
        *(f"- {answer}" for answer in answers if answer),
        " ".join(filter(None, (named, loose.text(card.get("phone_number"))))),
    )
    body = "\n".join(line for line in lines if line)
    return body or ("" if any(said.get(name) for name in _FILES) else loose.text(said.get("sticker_emoji")))


def _text(value: object) -> str:
    """A text, or its pieces: links keep where they lead to, and code stays code."""
    if isinstance(value, str):
        return loose.text(value)
    return loose.text("".join(_piece(each) for each in loose.items(value)))


def _piece(value: object) -> str:
    if isinstance(value, str):
        return value
    piece = loose.members(value)
    words = piece.get("text")
    if not isinstance(words, str):
        return ""
    href = loose.text(piece.get("href"))
    if piece.get("type") == "text_link" and href:
        return f"[{words}]({href})"
    if piece.get("type") == "pre":
        return f"\n```{loose.text(piece.get('language'))}\n{words}\n```\n"
    return f"`{words}`" if piece.get("type") == "code" and "`" not in words else words


def _place(said: Mapping[str, Any]) -> PlaceRef | None:
    at = loose.members(said.get("location_information"))
    lat, lon = loose.coordinates(at.get("latitude"), at.get("longitude"))
    name, address = loose.text(said.get("place_name")), loose.text(said.get("address"))
    return loose.place_or_none(PlaceRef(lat=lat, lon=lon, name=name, address=address))


def _extra(said: Mapping[str, Any]) -> dict[str, JSON]:
    extra: dict[str, JSON] = {
        name: value for name in _KEPT if isinstance(value := said.get(name), str) and (value := loose.text(value))
    }
    seconds = loose.number(said.get("duration_seconds"))
    if seconds:
        extra["duration_seconds"] = seconds
    edited = _instant(said.get("edited_unixtime"))
    if edited is not None:
        extra["edited_at"] = edited.isoformat()
    reactions = [loose.members(each) for each in loose.items(said.get("reactions"))]
    told: list[JSON] = [
        {"emoji": emoji, "count": int(min(loose.number(each.get("count")) or 1, MOST_REACTIONS))}
        for each in reactions
        if (emoji := loose.text(each.get("emoji")))
    ]
    return extra | ({"reactions": told} if told else {})


def _contact(said: Mapping[str, Any], where: str) -> Iterator[Item]:
    name = " ".join(filter(None, (loose.text(said.get("first_name")), loose.text(said.get("last_name")))))
    number = loose.text(said.get("phone_number"))
    if not (name and number):
        yield Problem(where, "empty", "The contact lacks a name or a number.")
        return
    yield Contact(
        source_key=f"contact {number}",
        name=name,
        addresses=(PersonRef(name=name, kind="phone", value=number),),
        raw=record(said),
    )
