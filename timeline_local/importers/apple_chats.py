"""What the database of Messages (chat.db, sms.db) tells besides the messages: who talks where, files, reactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, PersonRef, PersonRole
from timeline_local.importers.apple_tables import Database, Pairs, text, whole
from timeline_local.importers.archive import Folder
from timeline_local.importers.chat_reading import Chat
from timeline_local.importers.conversations import is_there
from timeline_local.importers.file_tails import Tails
from timeline_local.importers.seen import Seen
from timeline_local.importers.sqlite_tables import Row

ME = "Me"
MOST_NAMED = 6  # people of a group that has no name
_ATTACHMENTS = "/Attachments/"
_PREVIEW = ".pluginPayloadAttachment"  # what an app, or the preview of a link, shows
_LIVE = frozenset({"heic", "jpeg", "jpg"})
_TAPBACKS = {0: "❤️", 1: "👍", 2: "👎", 3: "😂", 4: "‼️", 5: "❓", 7: "sticker"}
_ADDED, _REMOVED, _EMOJI, _STICKER = 2000, 3000, 6, 1000
_KINDS = range(8)
_REACTION_COLUMNS = (
    "guid", "associated_message_guid", "associated_message_type", "associated_message_emoji", "handle_id", "is_from_me",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file of a message. path: where it lay on the device; name: what it was sent as."""

    path: str
    name: str
    is_preview: bool


@dataclass
class Talks:
    """Memory: handles, chats, files and reactions; 16 bytes for each message in a chat."""

    database: Database
    handles: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.handles.update(
            (whole(row, "rowid"), text(row, "id")) for row in self.database.rows("handle", "rowid", "id")
        )

    @cached_property
    def chats(self) -> Mapping[int, Chat]:
        """A chat with one person is called as the number or address, whichever way its messages went."""
        found: dict[int, Chat] = {}
        for row in self.database.rows("chat", "rowid", "guid", "chat_identifier", "display_name"):
            number, key = whole(row, "rowid"), text(row, "chat_identifier")
            key = key or text(row, "guid").rpartition(";")[2] or str(number)
            found[number] = Chat(key, text(row, "display_name") or self._named(number) or key)
        return found

    def _named(self, chat: int) -> str:
        people = [each for number in self._members.of(chat) if (each := self.handles.get(number, ""))]
        return ", ".join([*people[:MOST_NAMED], *(["…"] if len(people) > MOST_NAMED else [])])

    @cached_property
    def _members(self) -> Pairs:
        return self._pairs("chat_handle_join", "chat_id", "handle_id")

    @cached_property
    def _places(self) -> Pairs:
        return self._pairs("chat_message_join", "message_id", "chat_id")

    @cached_property
    def _trashed(self) -> Pairs:
        return self._pairs("chat_recoverable_message_join", "message_id", "chat_id")

    @cached_property
    def _enclosed(self) -> Pairs:
        return self._pairs("message_attachment_join", "message_id", "attachment_id")

    @cached_property
    def _files(self) -> Mapping[int, Enclosed]:
        found: dict[int, Enclosed] = {}
        for row in self.database.rows("attachment", "rowid", "filename", "transfer_name", "hide_attachment"):
            path = text(row, "filename")
            is_preview = path.endswith(_PREVIEW) or whole(row, "hide_attachment") != 0
            name = text(row, "transfer_name") or PurePosixPath(path).name
            found[whole(row, "rowid")] = Enclosed(path, name, is_preview)
        return found

    def _pairs(self, table: str, left: str, right: str) -> Pairs:
        return Pairs((whole(row, left), whole(row, right)) for row in self.database.rows(table, left, right))

    def chat_of(self, row: Row) -> Chat:
        """The chat of a message; one with its author for a message that is in none."""
        number = whole(row, "rowid")
        for chat in self._places.of(number):
            if chat in self.chats:
                return self.chats[chat]
        handle = self.handles.get(whole(row, "handle_id"), "")
        return Chat(handle, handle) if handle else Chat("unknown", "Messages")

    def is_trashed(self, row: Row) -> bool:
        return bool(self._trashed.of(whole(row, "rowid")))

    def author_of(self, row: Row) -> PersonRef | None:
        handle = self.handles.get(whole(row, "handle_id"), "")
        return PersonRef(name=ME, role=PersonRole.AUTHOR) if whole(row, "is_from_me") else person(handle)

    def recipients_of(self, row: Row) -> tuple[PersonRef, ...]:
        """To whom something was sent that the owner sent to one person: a group is known by its chat."""
        members = [each for chat in self._places.of(whole(row, "rowid"))[:1] for each in self._members.of(chat)]
        if not whole(row, "is_from_me") or len(members) != 1:
            return ()
        found = person(self.handles.get(members[0], ""), PersonRole.RECIPIENT)
        return (found,) if found is not None else ()

    def files_of(self, row: Row) -> Iterator[Enclosed]:
        found = (self._files.get(number) for number in self._enclosed.of(whole(row, "rowid")))
        return (each for each in found if each is not None)

    @cached_property
    def reactions(self) -> Reactions:
        return Reactions.of(self)


def person(handle: str, role: PersonRole = PersonRole.AUTHOR) -> PersonRef | None:
    """By a number or address; companies have neither, but a name."""
    if not handle:
        return None
    digits = handle.lstrip("+")
    kind = "email" if "@" in handle else "phone" if digits.isdecimal() else "name"
    return PersonRef(name=handle, kind=kind, value=handle if kind != "name" else "", role=role)


def reacted_to(row: Row) -> str:
    """The number of the message that a reaction belongs to; "" for what is no reaction."""
    kind = whole(row, "associated_message_type")
    is_one = kind == _STICKER or kind - _ADDED in _KINDS or kind - _REMOVED in _KINDS
    return text(row, "associated_message_guid").rpartition("/")[2].rpartition(":")[2] if is_one else ""


@dataclass(slots=True)
class Reactions:
    """Who reacted to which message; everybody once to each part of it, and that can be taken back."""

    numbers: Seen = field(default_factory=Seen)
    _told: dict[str, dict[tuple[str, str], str]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, talks: Talks) -> Reactions:
        found = cls()
        for row in talks.database.rows("message", *_REACTION_COLUMNS):
            target = reacted_to(row)
            if not target:
                found.numbers.number(text(row, "guid"))
                continue
            who = ME if whole(row, "is_from_me") else talks.handles.get(whole(row, "handle_id"), "")
            found.take(row, target, who)
        return found

    def take(self, row: Row, target: str, who: str) -> None:
        kind = whole(row, "associated_message_type")
        part = text(row, "associated_message_guid").rpartition("/")[0]
        if kind >= _REMOVED:
            self._told[target].pop((part, who), None)
        elif kind == _STICKER:
            self._told[target][text(row, "guid"), who] = _TAPBACKS[7]
        else:
            emoji = text(row, "associated_message_emoji") if kind - _ADDED == _EMOJI else _TAPBACKS[kind - _ADDED]
            self._told[target][part, who] = emoji

    def to(self, number: str) -> list[JSON]:
        return [{"emoji": emoji, "by": who} for (_, who), emoji in self._told.get(number, {}).items() if emoji]


@dataclass
class Attachments:
    """Where the files of messages lie: below the folder of the database, or anywhere in the import by their tails."""

    folder: Folder
    home: str

    def find(self, path: str) -> str:
        """The locator of a file by its path on the device; "" for one that is not here."""
        tail = path.rpartition(_ATTACHMENTS)[2].lstrip("~/")
        beside = f"{self.home}/Attachments/{tail}".lstrip("/")
        if tail and is_there(self.folder, beside):
            return beside
        return self._tails.find(tail)

    @cached_property
    def _tails(self) -> Tails:
        """By their numbered folders too, which are never the same."""
        return Tails(self.folder)

    def film_of(self, locator: str) -> tuple[str, ...]:
        """The film of a live photo, which lies beside it; the database names the picture alone."""
        stem, _, ending = locator.rpartition(".")
        films = (f"{stem}.MOV", f"{stem}.mov") if ending.lower() in _LIVE else ()
        # One at most: some disks take both names for the same file.
        return tuple(each for each in films if is_there(self.folder, each))[:1]
