"""Google Chat and Hangouts, as a Takeout holds them: a folder a conversation, or Hangouts.json with all of them.

Dates of Google Chat are words in the language of the account, in UTC. Files carry the name that the message says, and a
number where several have the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from timeline_local.domain.day_halves import is_afternoon
from timeline_local.domain.drafts import JSON, PersonRef, PlaceRef
from timeline_local.domain.month_names import read_worded_date
from timeline_local.domain.times import TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import SYSTEM, UNSENT, Chat, Program, Said, author, read_chats, sent_at
from timeline_local.importers.conversations import record
from timeline_local.importers.json_stream import Letters, json_items, json_parts

HEAD_BYTES = 16 * 1024
MOST_BESIDE = 4 * 1024 * 1024
NAMED = 4  # members that a conversation without a name is called after
MOST_USERS = 100  # accounts of one Takeout
_CHAT = (b'"messages"', b'"created_date"', b'"creator"')
_HANGOUTS = re.compile(rb'^\{\s*"(?:conversations|conversation_state)"\s*:\s*\[\s*\{')
_CONVERSATIONS = frozenset(
    {"conversations.item.conversation", "conversation_state.item.conversation_state.conversation"}
)
_EVENTS = frozenset({"conversations.item.events.item", "conversation_state.item.conversation_state.event.item"})
_CLOCK = re.compile(
    r"(?:(?P<before>[^\s\d]+)\s*)?(?P<hour>\d{1,2})\s*[:.h시時时]\s*(?P<minute>\d\d)\s*[:.m분分]\s*"
    r"(?P<second>\d\d)[초秒]?\s*(?P<after>.*)$"
)
_ZONE = re.compile(r"\b(?:UTC|GMT)\b")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_NOON = 12


@dataclass(frozen=True, slots=True)
class GoogleChat:
    name: str = "google_chat"
    title: str = "Google Chat and Hangouts"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one conversation is found."""
        found = next((file for file in folder.sample() if _is_chat(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no conversations of Google Chat or Hangouts in this folder.")
        return Recognition(0.95, f"It holds conversations of Google Chat or Hangouts, {found.locator} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""
        tell = _Reading(folder).tell
        program = Program("Google Chat")
        yield from read_chats(folder, options, checkpoint, program=program, is_chat=_is_chat, tell=tell)


def _is_chat(folder: Folder, file: File) -> bool:
    return bool(_form(folder, file))


def _form(folder: Folder, file: File) -> str:
    if not file.name.lower().endswith(".json"):
        return ""
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    if all(each in head for each in _CHAT):
        return "chat"
    return "hangouts" if _HANGOUTS.match(head) and b'"participant_data"' in head else ""


@dataclass
class _Reading:
    folder: Folder

    def tell(self, file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:
        return (
            self._chat(file, letters) if _form(self.folder, file) == "chat" else _hangouts(self.folder, file, letters)
        )

    def _chat(self, file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:
        home = file.locator.rpartition("/")[0]
        called = Counter[str]()
        name = self._name(home)
        for value in json_items(self.folder, file.locator, "messages.item", letters):
            told = loose.members(value)
            number = loose.text(told.get("message_id"))
            key = number.partition("/")[0] or home.rpartition("/")[2]
            files = [loose.members(each) for each in loose.items(told.get("attached_files"))]
            named = [exported for each in files if (exported := loose.text(each.get("export_name")))]
            yield (
                Chat(key, name),
                Said(
                    at=sent_at(_worded(loose.text(told.get("created_date")))),
                    author=_member(loose.members(told.get("creator"))),
                    body=_body(told),
                    number=number,
                    files=tuple(_places(home, exported, called) for exported in named),
                    reply_to=loose.text(loose.members(told.get("quoted_message_metadata")).get("message_id")),
                    extra=_reactions(told),
                    skipped=UNSENT if loose.text(told.get("message_state")) == "DELETED" else "",
                    raw=record(told),
                ),
            )

    def _name(self, home: str) -> str:
        """What the conversation is called: by name, or by who is in it."""
        told = self._beside(f"{home}/group_info.json".lstrip("/"))
        members = [loose.members(each) for each in loose.items(told.get("members"))]
        others = [each for each in members if loose.text(each.get("email")) not in self._own] or members
        names = loose.texts([each.get("name") or each.get("email") for each in others])
        more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
        return (
            loose.text(told.get("name")) or ", ".join(names[:NAMED]) + more or PurePosixPath(home).name or "Google Chat"
        )

    @cached_property
    def _own(self) -> frozenset[str]:
        """The addresses of whose Takeout it is."""
        listings = (each for each in self.folder.walk() if isinstance(each, Listing))
        users = [file.locator for each in listings for file in each.files if file.name == "user_info.json"][:MOST_USERS]
        found = (loose.members(self._beside(locator).get("user")) for locator in users)
        return frozenset(filter(None, (loose.text(each.get("email")) for each in found)))

    def _beside(self, locator: str) -> Mapping[str, Any]:
        try:
            return loose.members(loose.document(self.folder.read(locator, limit=MOST_BESIDE)))
        except (OSError, ValueError):
            return {}


def _member(told: Mapping[str, Any]) -> PersonRef | None:
    email = loose.text(told.get("email"))
    return author(loose.text(told.get("name")) or email, "email" if email else "name", email)


def _body(told: Mapping[str, Any]) -> str:
    """The words; of a message without any, the titles and addresses of what it shows."""
    text = loose.text(told.get("text"))
    if text:
        return text
    lines: list[str] = []
    for each in map(loose.members, loose.items(told.get("annotations"))):
        for shown in map(loose.members, each.values()):
            address = shown.get("url")
            inner = loose.members(address).get("private_do_not_access_or_else_safe_url_wrapped_value")
            lines += [loose.text(shown.get("title")), loose.text(address) or loose.text(inner)]
    return "\n".join(dict.fromkeys(filter(None, lines)))


def _reactions(told: Mapping[str, Any]) -> dict[str, JSON]:
    found: list[JSON] = [
        {"emoji": emoji, "by": list(loose.texts(each.get("reactor_emails")))}
        for each in map(loose.members, loose.items(told.get("reactions")))
        if (emoji := loose.text(loose.members(each.get("emoji")).get("unicode")))
    ]
    return {"reactions": found} if found else {}


def _places(home: str, name: str, called: Counter[str]) -> tuple[str, ...]:
    """Of several files of one name the second is called "name(1)", though every message says "name"."""
    path = PurePosixPath(name.replace("/", "_"))
    before = called[name]
    called[name] += 1
    numbered = f"{path.stem}({before}){path.suffix}" if before else path.name
    return tuple(f"{home}/{each}".lstrip("/") for each in dict.fromkeys((numbered, path.name)))


def _worded(text: str) -> datetime | None:
    """As "Wednesday, April 15, 2015 at 12:51:41 AM UTC", in the language of the account."""
    plain = _SPACES.sub(" ", _ZONE.sub("", text)).strip()
    clock = _CLOCK.search(plain)
    day = read_worded_date(plain[: clock.start("hour")]) if clock is not None else None
    if clock is None or day is None:
        return None
    halves = (is_afternoon(clock[part]) for part in ("after", "before") if clock[part])
    half = next((each for each in halves if each is not None), None)
    hour = int(clock["hour"])
    hour = hour if half is None else hour % _NOON + (_NOON if half else 0)
    try:
        return datetime.combine(day, time(hour, int(clock["minute"]), min(int(clock["second"]), 59)), UTC)
    except ValueError:
        return None


def _hangouts(folder: Folder, file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:
    """Every conversation: who takes part stands before what was said."""
    talk = _Talk(file.locator.rpartition("/")[0])
    for part, value in json_parts(folder, file.locator, _CONVERSATIONS | _EVENTS, letters):
        told = loose.members(value)
        if part in _CONVERSATIONS:
            talk.learn(told)
        else:
            yield talk.chat, talk.message(told)


@dataclass(slots=True)
class _Talk:
    """One conversation of Hangouts."""

    home: str
    chat: Chat = field(default_factory=lambda: Chat("hangouts", "Hangouts"))
    names: dict[str, str] = field(default_factory=dict)

    def learn(self, told: Mapping[str, Any]) -> None:
        inner = loose.members(told.get("conversation")) or told
        key = _id(told.get("conversation_id")) or _id(inner.get("id"))
        state = loose.members(loose.members(inner.get("self_conversation_state")).get("self_read_state"))
        own = _gaia(state.get("participant_id"))
        people = [loose.members(each) for each in loose.items(inner.get("participant_data"))]
        self.names = {_gaia(each.get("id")): loose.text(each.get("fallback_name")) for each in people}
        others = [name for number, name in self.names.items() if name and number != own]
        more = f" +{len(others) - NAMED}" if len(others) > NAMED else ""
        name = loose.text(inner.get("name")) or ", ".join(others[:NAMED]) + more
        self.chat = Chat(key or "hangouts", name or "Hangouts")

    def message(self, told: Mapping[str, Any]) -> Said:
        content = loose.members(loose.members(told.get("chat_message")).get("message_content"))
        shown = [
            loose.members(loose.members(each).get("embed_item")) for each in loose.items(content.get("attachment"))
        ]
        call = loose.members(told.get("hangout_event"))
        seconds = loose.number(call.get("hangout_duration_secs"))
        number = _gaia(told.get("sender_id"))
        name = self.names.get(number) or (f"Somebody ({number})" if number else "")
        is_message = "chat_message" in told
        photos = (loose.text(loose.members(each.get("plus_photo")).get("url")) for each in shown)
        return Said(
            at=_instant(told.get("timestamp"), seconds or 0),
            author=author(name, "google", number),
            body="Call" if seconds is not None else _segments(content),
            number=loose.text(told.get("event_id")),
            files=tuple(self._places(url) for url in photos if url),
            seconds=seconds,
            place=next(filter(None, map(_place, shown)), None),
            skipped="" if is_message or seconds is not None else SYSTEM,
            raw=record(told),
        )

    def _places(self, url: str) -> tuple[str, ...]:
        try:
            name = unquote(PurePosixPath(urlsplit(url).path).name) or "picture"
        except ValueError:
            name = "picture"
        return tuple(f"{self.home}/{each}".lstrip("/") for each in dict.fromkeys((name, unquote(name))))


def _id(value: object) -> str:
    return loose.text(value) or loose.text(loose.members(value).get("id"))


def _gaia(value: object) -> str:
    return loose.spelled(loose.members(value).get("gaia_id")) or loose.spelled(loose.members(value).get("chat_id"))


def _instant(value: object, earlier: float) -> TimeEvidence | None:
    """Microseconds since 1970; of a call, when it ended."""
    at = loose.instant_of_micros(value)
    try:
        return sent_at(at - timedelta(seconds=earlier) if at is not None else None)
    except OverflowError:
        return None


def _segments(content: Mapping[str, Any]) -> str:
    parts: list[str] = []
    for each in map(loose.members, loose.items(content.get("segment"))):
        text = each.get("text")
        parts.append("\n" if each.get("type") == "LINE_BREAK" else text if isinstance(text, str) else "")
    return loose.text("".join(parts))


def _place(shown: Mapping[str, Any]) -> PlaceRef | None:
    told = loose.members(shown.get("place_v2")) or loose.members(shown.get("embeds.PlaceV2.place_v2"))
    geo = loose.members(loose.members(told.get("geo")).get("geo_coordinates_v2"))
    lat, lon = loose.coordinates(geo.get("latitude"), geo.get("longitude"))
    return loose.place_or_none(PlaceRef(lat=lat, lon=lon, name=loose.text(told.get("name"))))
