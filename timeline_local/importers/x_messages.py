"""Direct messages of an archive of X: who is in a conversation is told by numbers, and named by the posts beside it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from timeline_local.domain.drafts import Draft, MediaRef, PersonRef, PersonRole, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.base import ReadOptions
from timeline_local.importers.conversations import conversation, digest_of, is_empty, is_undated, record, too_long

FILES = frozenset({b"direct_messages", b"direct_messages_group", b"direct_message", b"direct_message_group", b"dm"})
MEDIA_FOLDERS = frozenset(
    {"direct_messages_media", "direct_message_media", "direct_messages_group_media", "direct_message_group_media"}
)
PARTS = {
    "item.dmConversation.conversationId": "conversation",
    "item.dmConversation.messages.item": "message",
}
_SERVICE = "x"
_OF_FILES = "/messages/media/"  # in the address of what was sent as a file


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who is who. own: the number of whose archive it is, "" where nobody says; known: by number."""

    own: str = ""
    known: Mapping[str, PersonRef] = field(default_factory=dict)

    def person(self, number: str, role: PersonRole) -> PersonRef:
        found = self.known.get(number)
        if found is None:
            return PersonRef(name=f"X user {number}", kind=_SERVICE, value=f"id:{number}", role=role)
        return PersonRef(name=found.name, kind=found.kind, value=found.value, role=role)


def known_of(user: Mapping[str, Any], number: str) -> tuple[str, PersonRef] | None:
    """A user as a mention in a post names one."""
    handle = loose.text(user.get("screen_name"))
    if not (number and handle):
        return None
    return number, PersonRef(name=loose.text(user.get("name")) or handle, kind=_SERVICE, value=handle)


@dataclass(slots=True)
class Conversation:
    """One conversation as its messages come. number: of both who are in it, or of a group."""

    number: str
    accounts: Accounts
    name: str = ""

    def read(
        self, told: Mapping[str, Any], media: Mapping[str, tuple[MediaRef, ...]], options: ReadOptions, where: str
    ) -> Draft | Problem:
        """A message, or what is wrong with it. media: the files that are here, by the numbers of their messages."""
        self.name = self.name or loose.text(loose.members(told.get("conversationNameUpdate")).get("name"))
        said = loose.members(told.get("messageCreate"))
        if not said:
            return Problem(where, "system-message", "It is a note of X itself, not a message.")
        at, number = loose.instant(said.get("createdAt")), loose.text(said.get("id"))
        files = media.get(number, ())
        body = _text(said, has_files=bool(files))
        if at is None:
            return is_undated(where)
        if not (body or files):
            return is_empty(where)
        return too_long(where, body, options) or Draft(
            source_key=f"message {number or digest_of(said)}",
            kind=Kind.MESSAGE,
            body=body,
            evidence=(TimeEvidence(basis=TimeBasis.SOURCE, instant=at, origin="when it was sent"),),
            people=self._people(said),
            media=files,
            collections=(conversation(f"messages {self.number}", self._called(said)),),
            raw=record(told),
        )

    def _people(self, said: Mapping[str, Any]) -> tuple[PersonRef, ...]:
        told = (("senderId", PersonRole.AUTHOR), ("recipientId", PersonRole.RECIPIENT))
        return tuple(
            self.accounts.person(number, role) for name, role in told if (number := loose.text(said.get(name)))
        )

    def _called(self, said: Mapping[str, Any]) -> str:
        """Like the group, or like who is in it besides the owner."""
        both = [loose.text(said.get(name)) for name in ("senderId", "recipientId")]
        others = [number for number in both if number and number != self.accounts.own]
        if self.name or not (both[1] and others):
            return self.name or f"X group {self.number}"
        # Of an archive that does not say whose it is, the one whose number comes first: the same in every message.
        return self.accounts.person(min(others), PersonRole.RECIPIENT).name


def _text(said: Mapping[str, Any], *, has_files: bool) -> str:
    text = loose.text(said.get("text"))
    for each in map(loose.members, loose.items(said.get("urls"))):
        short, target = loose.text(each.get("url")), loose.text(each.get("expanded"))
        if short and target:
            text = text.replace(short, "" if has_files and _OF_FILES in target else target)
    return html.unescape(text).strip()
