"""msgstore.db, which WhatsApp keeps on Android: the table `message` of today, and `messages` of until about 2021.

A database that was being moved from one to the other has both; what both have is told as the newer one says it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, PersonRef, PersonRole, PlaceRef
from timeline_local.importers import loose
from timeline_local.importers.apple_tables import Database, Pairs, record_of, text, whole
from timeline_local.importers.chat_reading import SYSTEM, UNSENT, Chat, Said, sent_at
from timeline_local.importers.seen import Seen
from timeline_local.importers.sqlite_tables import Row
from timeline_local.importers.whatsapp_files import Files, Located
from timeline_local.importers.whatsapp_people import ME, STORIES, Book, is_group, shown

NEW = {
    "message": frozenset({"chat_row_id", "from_me", "key_id", "timestamp", "message_type"}),
    "chat": frozenset({"jid_row_id", "subject"}),
    "jid": frozenset({"raw_string"}),
}
OLD = {"messages": frozenset({"key_remote_jid", "key_from_me", "key_id", "timestamp", "media_wa_type"})}
_COLUMNS = (
    "_id", "chat_row_id", "from_me", "key_id", "sender_jid_row_id", "timestamp", "message_type", "text_data", "starred",
)  # fmt: skip
_OLD_COLUMNS = (
    "_id", "key_remote_jid", "key_from_me", "key_id", "status", "data", "timestamp", "media_wa_type", "media_size",
    "media_name", "media_caption", "latitude", "longitude", "thumb_image", "remote_resource", "quoted_row_id",
    "starred",
)  # fmt: skip
_MEDIA = ("message_row_id", "file_path", "file_size", "media_name", "media_caption")
_PLACE = ("message_row_id", "latitude", "longitude", "place_name", "place_address")
_CALLS = ("_id", "jid_row_id", "group_jid_row_id", "from_me", "call_id", "timestamp", "video_call", "duration")
_NO_MESSAGE = "-1"  # the number of a row that every such database begins with
# Numbers of the kinds of messages, as those name them who look into such databases.
_CONTACT, _DOCUMENT, _NOT_YET, _POLL = 4, 9, 11, 66
_WORDS, _PLACES, _DELETED = frozenset({0}), frozenset({5, 16}), frozenset({15, 64})
_FILES = frozenset({1, 2, 3, 9, 13, 20})
_CALL_NOTES = frozenset({8, 10})
_NOTES = frozenset({7, 36})
_NOTE_STATUS = 6  # of a message of the old table
_CARD_NAME = re.compile(r"^(?:[\w-]+\.)?FN(?:;[^:\n]*)?:(.+)$", re.MULTILINE)
_MEDIA_FOLDER = "Media/"
_TEXT_MARK = b"t"  # before a text in an archive of Java, and before its length


@dataclass
class AndroidChats:
    """Memory: addresses and chats; 16 bytes for each reaction, contact and option of a poll."""

    database: Database
    book: Book
    files: Files
    _told: Seen = field(default_factory=Seen)

    def told(self) -> Iterator[tuple[Chat, Said]]:
        """Raises OSError."""
        self._learn()
        has_both = {"message", "messages"} <= self.database.tables.keys()
        for row in self.database.rows("message", *_COLUMNS):
            chat = self._chat(whole(row, "chat_row_id"))
            if has_both:
                self._told.number(f"{chat.key}:{text(row, 'key_id')}")
            if text(row, "key_id") != _NO_MESSAGE:
                yield chat, self._said(row)
        for row in self.database.rows("messages", *_OLD_COLUMNS):
            chat = self._old_chat(text(row, "key_remote_jid"))
            is_told = f"{chat.key}:{text(row, 'key_id')}" in self._told
            if not is_told and _NO_MESSAGE not in {text(row, "key_id"), text(row, "key_remote_jid")}:
                yield chat, self._old_said(row)
        for row in self.database.rows("call_log", *_CALLS):
            yield self._call(row)

    def _learn(self) -> None:
        for row in self.database.rows("jid_map", "lid_row_id", "jid_row_id"):
            self.book.pair(self._address(whole(row, "lid_row_id")), self._address(whole(row, "jid_row_id")))
        for row in self.database.rows("lid_display_name", "lid_row_id", "display_name"):
            self.book.call(self._address(whole(row, "lid_row_id")), text(row, "display_name"))

    @cached_property
    def _addresses(self) -> Mapping[int, str]:
        rows = self.database.rows("jid", "_id", "raw_string", "user", "server")
        return {
            whole(row, "_id"): text(row, "raw_string") or f"{text(row, 'user')}@{text(row, 'server')}" for row in rows
        }

    def _address(self, number: int) -> str:
        return self._addresses.get(number, "")

    @cached_property
    def _chats(self) -> Mapping[int, tuple[str, str]]:
        """The address of each chat, and the name that a group has."""
        rows = self.database.rows("chat", "_id", "jid_row_id", "subject")
        return {whole(row, "_id"): (self._address(whole(row, "jid_row_id")), text(row, "subject")) for row in rows}

    @cached_property
    def _subjects(self) -> Mapping[str, str]:
        """Names of groups by their addresses."""
        found = {address: subject for address, subject in self._chats.values() if subject}
        for row in self.database.rows("chat_list", "key_remote_jid", "subject"):
            found.setdefault(text(row, "key_remote_jid"), text(row, "subject"))
        return found

    @cached_property
    def _members(self) -> Mapping[str, list[str]]:
        """Who is in a group, by its address."""
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.database.rows("group_participant_user", "group_jid_row_id", "user_jid_row_id"):
            found[self._address(whole(row, "group_jid_row_id"))].append(self._address(whole(row, "user_jid_row_id")))
        for row in self.database.rows("group_participants", "gjid", "jid"):
            found[text(row, "gjid")].append(text(row, "jid"))
        return found

    def _chat(self, number: int) -> Chat:
        address, _ = self._chats.get(number, ("", ""))
        return self._old_chat(address) if address else Chat(f"chat {number}", "WhatsApp")

    def _old_chat(self, address: str) -> Chat:
        key = self.book.known(address)
        if key == STORIES:
            return Chat(key, "Status")
        if not is_group(key):
            return Chat(key or "unknown", self.book.name(key) or "WhatsApp")
        members = list(filter(None, self._members.get(address, [])))
        return Chat(key, shown(self._subjects.get(address, "")) or self.book.group(members) or key)

    def _said(self, row: Row) -> Said:
        number, kind = whole(row, "_id"), whole(row, "message_type")
        # Most messages are words alone; each look into another table costs as much as the message itself.
        has_more = kind not in _WORDS | _NOTES
        media = self._beside("message_media", number, *_MEDIA) if has_more else {}
        place = self._beside("message_location", number, *_PLACE) if has_more else {}
        name, title = text(media, "media_name"), text(media, "media_caption")
        located = self._located(kind, text(media, "file_path"), whole(media, "file_size"), name)
        chat, _ = self._chats.get(whole(row, "chat_row_id"), ("", ""))
        body = text(row, "text_data") or ("" if kind == _DOCUMENT and _is_name(title, name) else title)
        if kind == _CONTACT:
            body = (
                _card_names([text(card, "vcard") for card in self._many("message_vcard", self._cards, number)]) or body
            )
        options = [text(each, "option_name") for each in self._many("message_poll_option", self._options, number)]
        body = "\n".join(filter(None, [body, *(f"- {each}" for each in options if each)]))
        edited = self._beside("message_edit_info", number, "message_row_id", "edited_timestamp")
        where = _place(place)
        skipped, why = _skipped(kind, is_bare=not (body or where or located.files or located.lacking))
        return Said(
            at=sent_at(loose.instant_of_micros(whole(row, "timestamp") * 1_000)),
            author=self._author(whole(row, "from_me"), self._address(whole(row, "sender_jid_row_id")), chat),
            body=body,
            number=text(row, "key_id"),
            files=located.files,
            lacking=located.lacking,
            reply_to=text(self._beside("message_quoted", number, "message_row_id", "key_id"), "key_id"),
            place=where,
            people=self._recipients(whole(row, "from_me"), chat),
            extra=_extra(row, self._reactions(number), name if kind == _DOCUMENT else "", edited),
            skipped=skipped,
            why=why,
            raw=record_of({**place, **media, **row}),
        )

    def _beside(self, table: str, number: int, *wanted: str) -> Row:
        """What another table has of a message, by the message's number."""
        found = self.database.row(table, number, *wanted)
        return found if whole(found, "message_row_id") == number else {}

    def _many(self, table: str, pairs: Pairs, number: int) -> Iterator[Row]:
        return (self.database.row(table, each, "vcard", "option_name") for each in pairs.of(number))

    @cached_property
    def _cards(self) -> Pairs:
        return self._pairs("message_vcard", "message_row_id")

    @cached_property
    def _options(self) -> Pairs:
        return self._pairs("message_poll_option", "message_row_id")

    @cached_property
    def _added(self) -> Pairs:
        return self._pairs("message_add_on", "parent_message_row_id")

    def _pairs(self, table: str, left: str) -> Pairs:
        return Pairs((whole(row, left), whole(row, "_id")) for row in self.database.rows(table, left, "_id"))

    def _located(self, kind: int, path: str, size: int, name: str) -> Located:
        if not path and kind not in _FILES:
            return Located()
        return self.files.located(_below_media(path), size=size, name=name)

    def _author(self, is_own: int, sender: str, chat: str) -> PersonRef | None:
        if is_own:
            return ME
        return self.book.person(sender) or self.book.person(chat)

    def _recipients(self, is_own: int, chat: str) -> tuple[PersonRef, ...]:
        """To whom the owner wrote, where it is one person: a group is known by its chat."""
        found = self.book.person(chat, PersonRole.RECIPIENT) if is_own else None
        return (found,) if found is not None else ()

    def _reactions(self, number: int) -> list[JSON]:
        told: list[JSON] = []
        for each in self._added.of(number):
            emoji = text(self.database.row("message_add_on_reaction", each, "reaction"), "reaction")
            row = self.database.row("message_add_on", each, "from_me", "sender_jid_row_id")
            who = ME.name if whole(row, "from_me") else self.book.name(self._address(whole(row, "sender_jid_row_id")))
            told += [{"emoji": emoji, "by": who}] if emoji else []
        return told

    def _old_said(self, row: Row) -> Said:
        kind, address = int(loose.number(row.get("media_wa_type")) or 0), text(row, "key_remote_jid")
        name, data = text(row, "media_name"), text(row, "data")
        path = text(self._beside("message_media", whole(row, "_id"), *_MEDIA), "file_path") or self._kept_path(row)
        located = self._located(kind, path, whole(row, "media_size"), name)
        body = _card_names([data]) or name if kind == _CONTACT else "" if kind in _PLACES else data
        body = body or text(row, "media_caption")
        where = _place({**row, "place_name": name}) if kind in _PLACES else None
        skipped, why = _skipped(kind, is_bare=not (body or where or located.files or located.lacking))
        if whole(row, "status") == _NOTE_STATUS:
            skipped, why = SYSTEM, ""
        quoted = self.database.row("messages_quotes", whole(row, "quoted_row_id"), "key_id")
        return Said(
            at=sent_at(loose.instant_of_micros(whole(row, "timestamp") * 1_000)),
            author=self._author(whole(row, "key_from_me"), text(row, "remote_resource"), address),
            body=body,
            number=text(row, "key_id"),
            files=located.files,
            lacking=located.lacking,
            reply_to=text(quoted, "key_id"),
            place=where,
            people=self._recipients(whole(row, "key_from_me"), address),
            extra=_extra(row, self._reactions(whole(row, "_id")), name if kind == _DOCUMENT else "", {}),
            skipped=skipped,
            why=why,
            raw=record_of(row),
        )

    def _kept_path(self, row: Row) -> str:
        """The path in an archive of Java, which is all that the oldest databases have."""
        data = self.database.data(row, "thumb_image")
        place = data.find(_MEDIA_FOLDER.encode())
        begins = place
        while place >= 0 and (begins := data.rfind(_TEXT_MARK, 0, begins)) >= 0:
            length = int.from_bytes(data[begins + 1 : begins + 3], "big")
            if begins + 3 <= place < begins + 3 + length <= len(data):
                return data[begins + 3 : begins + 3 + length].decode("utf-8", "replace")
        return ""

    def _call(self, row: Row) -> tuple[Chat, Said]:
        address = self._address(whole(row, "group_jid_row_id")) or self._address(whole(row, "jid_row_id"))
        chat, seconds, is_out = self._old_chat(address), whole(row, "duration"), whole(row, "from_me") != 0
        who = self.book.person(self._address(whole(row, "jid_row_id")), PersonRole.ATTENDEE)
        told: dict[str, JSON] = {
            "direction": "out" if is_out else "in",
            "duration_seconds": seconds,
            "service": "WhatsApp video" if whole(row, "video_call") else "WhatsApp",
        }
        said = Said(
            at=sent_at(loose.instant_of_micros(whole(row, "timestamp") * 1_000), "when the call began"),
            body=f"{'Call' if is_out or seconds else 'Missed call'}: {chat.name}",
            number=f"call {text(row, 'call_id') or whole(row, '_id')}",
            seconds=max(seconds, 0),
            people=(who,) if who is not None else (),
            extra={name: value for name, value in told.items() if value},
            raw=record_of(row),
        )
        return chat, said


def _below_media(path: str) -> str:
    """Where a file lies in every copy: "/storage/emulated/0/WhatsApp/Media/WhatsApp Images/a.jpg" from "Media" on."""
    before, found, tail = path.partition(_MEDIA_FOLDER + "WhatsApp ")
    return f"{_MEDIA_FOLDER}WhatsApp {tail}" if found else before.lstrip("/")


def _is_name(title: str, name: str) -> bool:
    """Whether the title of a document says no more than its name."""
    return title in {name, PurePosixPath(name).stem}


def _card_names(cards: list[str]) -> str:
    return ", ".join(loose.text(each) for card in cards for each in _CARD_NAME.findall(card)[:1])


def _place(row: Row) -> PlaceRef | None:
    lat, lon = loose.coordinates(row.get("latitude"), row.get("longitude"))
    if lat is None:
        return None
    return PlaceRef(lat=lat, lon=lon, name=text(row, "place_name"), address=text(row, "place_address"))


def _extra(row: Row, reactions: list[JSON], name: str, edited: Row) -> dict[str, JSON]:
    at = loose.instant_of_micros(whole(edited, "edited_timestamp") * 1_000)
    told: dict[str, JSON] = {
        "reactions": reactions,
        "starred": whole(row, "starred") != 0,
        "file_name": name,
        "edited_at": at.isoformat() if at is not None else "",
    }
    return {each: value for each, value in told.items() if value}


def _skipped(kind: int, *, is_bare: bool) -> tuple[str, str]:
    """Why a message of this kind is none, and that in a sentence where the usual one does not fit."""
    if kind in _NOTES:
        return SYSTEM, ""
    if kind in _CALL_NOTES:
        return SYSTEM, "It tells of a call; those are in a list of their own."
    if kind in _DELETED:
        return UNSENT, ""
    if kind == _NOT_YET:
        return "unsupported", "WhatsApp was still waiting for this message."
    if is_bare and kind not in _WORDS | _FILES:
        return "unsupported", f"It is of a kind that is not read here (number {kind})."
    return "", ""
