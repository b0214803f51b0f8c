"""ChatStorage.sqlite, which WhatsApp keeps on an iPhone and a Mac: its chats and messages, as Core Data stores them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, PersonRef, PersonRole, PlaceRef
from timeline_local.importers import loose
from timeline_local.importers.apple_tables import Database, record_of, text, whole
from timeline_local.importers.apple_times import instant
from timeline_local.importers.chat_reading import SYSTEM, UNSENT, Chat, Said, sent_at
from timeline_local.importers.plists import spoken, unarchived
from timeline_local.importers.protobuf import Message
from timeline_local.importers.sqlite_tables import Row
from timeline_local.importers.whatsapp_files import Files, Located
from timeline_local.importers.whatsapp_people import ME, STORIES, Book, is_group, shown

TABLES = {
    "zwamessage": frozenset({"zstanzaid", "ztext", "zmessagedate", "zisfromme", "zchatsession"}),
    "zwachatsession": frozenset({"zcontactjid", "zpartnername"}),
}
_COLUMNS = (
    "z_pk", "zstanzaid", "ztext", "zmessagedate", "zmessagetype", "zgroupeventtype", "zisfromme", "zchatsession",
    "zgroupmember", "zmediaitem", "zmessageinfo", "zparentmessage", "zfromjid", "zstarred",
)  # fmt: skip
_MEDIA = (
    "z_pk", "zmedialocalpath", "ztitle", "zvcardname", "zvcardstring", "zlatitude", "zlongitude", "zfilesize",
    "zmetadata",
)  # fmt: skip
# Numbers of the kinds of messages, as those name them who look into such databases.
_CONTACT, _LOCATION, _DOCUMENT, _DELETED, _CALL = 4, 5, 8, 14, 59
_FILES = frozenset({1, 2, 3, 8, 11, 15})
_NOTES = frozenset({6, 10, 12})
_WORDS = frozenset({0, 7})
_PLIST = b"bplist"
_NEXT_NAME = "_$!<Name-Separator>!$_"
_STANZA = re.compile(rb"[0-9A-Za-z.\-]{8,64}")
_QUOTED, _REACTIONS, _OTHERS, _OWN = 5, 7, 1, 2  # fields of archives beside messages


@dataclass
class PhoneChats:
    """Memory: chats and members of groups."""

    database: Database
    book: Book
    files: Files

    def told(self) -> Iterator[tuple[Chat, Said]]:
        """Raises OSError."""
        self._learn()
        for row in self.database.rows("zwamessage", *_COLUMNS):
            yield self._chat(row), self._said(row)

    def _learn(self) -> None:
        """Names: those of the owner's address book come first, what people call themselves comes last."""
        for row in self._sessions.values():
            jid = text(row, "zcontactjid")
            self.book.pair(jid, text(row, "zcontactidentifier"))
            if not is_group(jid):
                self.book.call(jid, text(row, "zpartnername"))
        for column in ("zcontactname", "zfirstname"):
            for row in self._members.values():
                self.book.call(text(row, "zmemberjid"), text(row, column))
        for row in self.database.rows("zwaprofilepushname", "zjid", "zpushname"):
            self.book.call(text(row, "zjid"), text(row, "zpushname"))

    @cached_property
    def _sessions(self) -> Mapping[int, Row]:
        rows = self.database.rows("zwachatsession", "z_pk", "zcontactjid", "zpartnername", "zcontactidentifier")
        return {whole(row, "z_pk"): row for row in rows}

    @cached_property
    def _members(self) -> Mapping[int, Row]:
        rows = self.database.rows("zwagroupmember", "z_pk", "zmemberjid", "zcontactname", "zfirstname", "zchatsession")
        return {whole(row, "z_pk"): row for row in rows}

    @cached_property
    def _people(self) -> Mapping[int, list[str]]:
        """Who is in a group, or was."""
        found: dict[int, list[str]] = defaultdict(list)
        for row in self._members.values():
            found[whole(row, "zchatsession")].append(text(row, "zmemberjid"))
        return found

    def _chat(self, row: Row) -> Chat:
        number = whole(row, "zchatsession")
        session = self._sessions.get(number, {})
        key = self.book.known(text(session, "zcontactjid")) or f"chat {number}"
        if key == STORIES:
            return Chat(key, "Status")
        name = shown(text(session, "zpartnername")) or self.book.group(self._people.get(number, []))
        return Chat(key, (name if is_group(key) else self.book.name(key)) or key)

    def _said(self, row: Row) -> Said:
        kind, media = whole(row, "zmessagetype"), self.database.row("zwamediaitem", whole(row, "zmediaitem"), *_MEDIA)
        located = self._located(kind, media)
        place, body = self._place(kind, media), self._body(row, kind, media)
        skipped, why = _skipped(kind, is_bare=not (body or place or located.files or located.lacking))
        return Said(
            at=sent_at(instant(row.get("zmessagedate"))),
            author=self._author(row),
            body=body,
            number=text(row, "zstanzaid"),
            files=located.files,
            lacking=located.lacking,
            reply_to=self._answered(row, media),
            place=place,
            people=self._recipients(row),
            extra=self._extra(row, kind, media),
            skipped=skipped,
            why=why,
            raw=record_of({**media, **row}),
        )

    def _located(self, kind: int, media: Row) -> Located:
        path = text(media, "zmedialocalpath")
        if not path and kind not in _FILES:
            return Located()
        name = text(media, "ztitle") if kind == _DOCUMENT else ""
        located = self.files.located(path, f"Message/{path}", size=whole(media, "zfilesize"), name=name)
        self.files.claimed.update(_thumbnail_of(each) for (each,) in located.files)
        return located

    def _body(self, row: Row, kind: int, media: Row) -> str:
        """The words, or what is written under a picture; of a contact the names."""
        if kind == _CONTACT:
            names = text(media, "zvcardname").split(_NEXT_NAME)
            return ", ".join(filter(None, map(shown, names))) or text(row, "ztext")
        if kind in _WORDS or kind == _DOCUMENT:
            return text(row, "ztext")  # a title is that of a linked page, or the name of the document
        return text(row, "ztext") or ("" if kind == _LOCATION else text(media, "ztitle"))

    def _place(self, kind: int, media: Row) -> PlaceRef | None:
        """Of locations alone: pictures keep their width and height in these columns."""
        if kind != _LOCATION:
            return None
        lat, lon = loose.coordinates(media.get("zlatitude"), media.get("zlongitude"))
        return None if lat is None else PlaceRef(lat=lat, lon=lon, name=text(media, "ztitle"))

    def _author(self, row: Row) -> PersonRef | None:
        if whole(row, "zisfromme"):
            return ME
        member = text(self._members.get(whole(row, "zgroupmember"), {}), "zmemberjid")
        chat = text(self._sessions.get(whole(row, "zchatsession"), {}), "zcontactjid")
        candidates = (member, chat, text(row, "zfromjid"))
        return self.book.person(next((each for each in candidates if each and not is_group(each)), ""))

    def _recipients(self, row: Row) -> tuple[PersonRef, ...]:
        """To whom the owner wrote, where it is one person: a group is known by its chat."""
        chat = text(self._sessions.get(whole(row, "zchatsession"), {}), "zcontactjid")
        found = self.book.person(chat, PersonRole.RECIPIENT) if whole(row, "zisfromme") else None
        return (found,) if found is not None else ()

    def _answered(self, row: Row, media: Row) -> str:
        """The number of the message that is answered: few rows name it, others have it in an archive."""
        parent = text(self.database.row("zwamessage", whole(row, "zparentmessage"), "zstanzaid"), "zstanzaid")
        if parent:
            return parent
        data = self.database.data(media, "zmetadata")
        if data.startswith(_PLIST):
            return spoken(unarchived(data), "stanzaID")
        quoted = Message.of(data).data(_QUOTED)
        return quoted.decode() if _STANZA.fullmatch(quoted) else ""

    def _extra(self, row: Row, kind: int, media: Row) -> dict[str, JSON]:
        title = text(media, "ztitle")
        told: dict[str, JSON] = {
            "reactions": self._reactions(row),
            "starred": whole(row, "zstarred") != 0,
            "file_name": title if kind == _DOCUMENT else "",
            "link_title": title if kind in _WORDS else "",
        }
        return {name: value for name, value in told.items() if value}

    def _reactions(self, row: Row) -> list[JSON]:
        about = self.database.row("zwamessageinfo", whole(row, "zmessageinfo"), "zreceiptinfo")
        told = Message.of(self.database.data(about, "zreceiptinfo")).inner(_REACTIONS)
        others = [(self.book.name(each.text(2)), each.text(3)) for each in told.inners(_OTHERS)]
        own = [(ME.name, each.text(2)) for each in told.inners(_OWN)]
        return [{"emoji": loose.text(emoji), "by": who} for who, emoji in (*others, *own) if loose.text(emoji)]


def _skipped(kind: int, *, is_bare: bool) -> tuple[str, str]:
    """Why a message of this kind is none, and that in a sentence where the usual one does not fit."""
    if kind in _NOTES:
        return SYSTEM, ""
    if kind == _DELETED:
        return UNSENT, ""
    if kind == _CALL:
        return SYSTEM, "It tells of a call; those are in the list of calls of the phone."
    if is_bare and kind not in _WORDS | _FILES:
        return "unsupported", f"It is of a kind that is not read here (number {kind})."
    return "", ""


def _thumbnail_of(locator: str) -> str:
    """The small picture that lies beside a file, and is nobody's."""
    return str(PurePosixPath(locator).with_suffix(".thumb"))
