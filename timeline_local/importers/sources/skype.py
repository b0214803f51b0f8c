"""Skype: messages.json of the export that Microsoft made of an account, with the files in `media` beside it.

Words are a little XML; files are named by the number under which Skype kept them. Calls are told when they end.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from timeline_local.domain.drafts import JSON, PersonRef, PlaceRef
from timeline_local.domain.times import TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import SYSTEM, UNSENT, Chat, Program, Said, author, read_chats, sent_at
from timeline_local.importers.conversations import record
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items, json_parts

HEAD_BYTES = 16 * 1024
MOST_CHARACTERS = 100_000  # of one message; Skype takes 8,000
MOST_PEOPLE = 100  # of one call
_HEAD = (b'"conversations"', b'"userId"', b'"exportDate"')
_ITEM = "conversations.item"
_PARTS = tuple(f"{_ITEM}.{name}" for name in ("id", "displayName", "threadProperties", "MessageList.item"))
_WORDS = frozenset({"RichText", "Text", "RichText/Html", "RichText/Sms", "RichText/Contacts"})
_FILES = re.compile(r"RichText/(?:UriObject|Media_\w+)|PopCard/Media.*")
_OBJECT = re.compile(r'<URIObject[^>]*?\buri="[^"]*?/(?P<number>0-[^"/?]+)', re.IGNORECASE)
_NAME = re.compile(r'<OriginalName[^>]*?\bv="(?P<name>[^"]*)"', re.IGNORECASE)
_LEGACY = re.compile(r"<legacyquote>.{0,8000}?</legacyquote>", re.DOTALL)
_QUOTE = re.compile(r"<quote[^>]*>(?P<text>.{0,8000}?)</quote>", re.DOTALL)
_CARD = re.compile(r'<c\b[^>]*?\bf="(?P<name>[^"]*)"[^>]*>')
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_PART = re.compile(r'<part identity="(?P<number>[^"]*)"[^>]*>(?P<inner>.{0,2000}?)</part>', re.DOTALL)
_TOLD_NAME, _DURATION = (
    re.compile(r"<name>(?P<name>[^<]{0,200})</name>"),
    re.compile(r"<duration>(?P<seconds>[\d.]+)</duration>"),
)
_CALL_KIND = re.compile(r'<partlist[^>]*?\btype="(?P<kind>\w+)"')
_LOCATION = re.compile(r'<location\b(?=[^>]*\blatitude="(?P<lat>-?\d+)")(?=[^>]*\blongitude="(?P<lon>-?\d+)")[^>]*>')
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Skype:
    name: str = "skype"
    title: str = "Skype"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a JSON with conversations and the date of their export."""
        found = next((file for file in folder.sample() if _is_export(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no conversations of Skype in this folder.")
        return Recognition(0.95, f"It holds conversations of Skype, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message and call."""
        tell = _Export(folder).tell
        yield from read_chats(folder, options, checkpoint, program=Program("Skype"), is_chat=_is_export, tell=tell)


def _is_export(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return all(each in head for each in _HEAD)


@dataclass
class _Export:
    folder: Folder

    def tell(self, file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:
        """What a conversation is called stands before its messages."""
        own = self._owner(file)
        number = name = ""
        for part, value in json_parts(self.folder, file.locator, _PARTS, letters):
            field = part.rpartition(".")[2]
            if field == "id":
                number, name = loose.text(value), ""
            elif field == "displayName":
                name = loose.text(value)
            elif field == "threadProperties":
                name = loose.text(loose.members(value).get("topic")) or name
            else:
                yield (
                    Chat(number or "skype", name or _plain(number) or "Skype"),
                    self._message(loose.members(value), own),
                )

    def _message(self, told: Mapping[str, Any], own: str) -> Said:
        kind, content = loose.text(told.get("messagetype")), told.get("content")
        text = content[:MOST_CHARACTERS] if isinstance(content, str) else ""
        properties = loose.members(told.get("properties"))
        at = loose.instant(told.get("originalarrivaltime"))
        who, call = _who(told, own), _Call.of(text) if kind == "Event/Call" else None
        files = self._files(told, text) if _FILES.fullmatch(kind) else ()
        is_known = kind in _WORDS or kind == "RichText/Location" or bool(_FILES.fullmatch(kind)) or call is not None
        is_gone = "deletetime" in properties or (kind in _WORDS and not text.strip())
        extra: dict[str, JSON] = {"edited": True} if "edittime" in properties or "<e_m" in text else {}
        return Said(
            at=sent_at(at) if call is None else _began(told, call),
            author=who,
            body=("Call" if call.is_taken else "Missed call") if call is not None else _body(kind, text),
            number=loose.spelled(told.get("id")),
            files=tuple((each,) for each in files),
            lacking=_lacking(text) if _FILES.fullmatch(kind) and not files else (),
            seconds=None if call is None else call.seconds,
            place=_place(text) if kind == "RichText/Location" else None,
            people=tuple(each for each in call.people if who is None or each.value != who.value) if call else (),
            extra=extra,
            skipped=UNSENT if is_gone else "" if is_known else SYSTEM,
            raw=record(told),
        )

    def _files(self, told: Mapping[str, Any], text: str) -> tuple[str, ...]:
        numbers = [*loose.texts(told.get("amsreferences")), *(each["number"] for each in _OBJECT.finditer(text))]
        found = (self._by_number.get(number) for number in dict.fromkeys(numbers))
        return tuple(filter(None, found))

    @cached_property
    def _by_number(self) -> Mapping[str, str]:
        """The files of `media`, "0-weu-d3-4f….1.jpg", each by what stands before the first dot."""
        found: dict[str, str] = {}
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                if file.name.startswith("0-") and not file.name.endswith(".json"):
                    found.setdefault(file.name.partition(".")[0], file.locator)
        return found

    def _owner(self, file: File) -> str:
        try:
            return loose.text(next(json_items(self.folder, file.locator, "userId"), ""))
        except BrokenJson:
            return ""


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that was taken or missed. seconds: as long as whoever was in it longest."""

    seconds: float
    is_taken: bool
    people: tuple[PersonRef, ...]

    @classmethod
    def of(cls, text: str) -> _Call | None:
        """None for the note that a call begins: its end tells the same and more."""
        kind = _CALL_KIND.search(text)
        if kind is not None and kind["kind"] == "started":
            return None
        parts = [each for each, _ in zip(_PART.finditer(text), range(MOST_PEOPLE), strict=False)]
        people, seconds = [], 0.0
        for part in parts:
            name, told = _TOLD_NAME.search(part["inner"]), _DURATION.search(part["inner"])
            named = html.unescape(name["name"]) if name else ""
            people.append(
                PersonRef(name=loose.text(named) or _plain(part["number"]), kind="skype", value=part["number"])
            )
            seconds = max(seconds, loose.number(told["seconds"]) or 0.0) if told else seconds
        return cls(seconds, seconds > 0, tuple(each for each in people if each.name))


def _who(told: Mapping[str, Any], own: str) -> PersonRef | None:
    number = loose.text(told.get("from"))
    name = loose.text(told.get("displayName")) or ("Me" if number and number == own else _plain(number))
    return author(name, "skype", number)


def _plain(number: str) -> str:
    """As "8:live:ana", without what kind of account it is."""
    return re.sub(r"^\d+:(?:live:)?(?:\.cid\.)?", "", number)


def _body(kind: str, text: str) -> str:
    if _FILES.fullmatch(kind) or kind == "RichText/Location":
        return ""
    if kind == "RichText/Contacts":
        return "\n".join(html.unescape(each["name"]) for each in _CARD.finditer(text))
    plain = _QUOTE.sub(_as_quote, _LEGACY.sub("", text))
    return loose.text(html.unescape(_TAG.sub("", plain)))


def _as_quote(found: re.Match[str]) -> str:
    lines = _TAG.sub("", found["text"]).strip().splitlines()
    return "".join(f"&gt; {line}\n" for line in lines) + "\n"


def _lacking(text: str) -> tuple[str, ...]:
    named = _NAME.search(text)
    return (loose.text(html.unescape(named["name"])) if named else "file",)


def _place(text: str) -> PlaceRef | None:
    """Millionths of degrees."""
    found = _LOCATION.search(text)
    if found is None:
        return None
    lat, lon = loose.coordinates(int(found["lat"]) / _MICRO, int(found["lon"]) / _MICRO)
    words = loose.text(html.unescape(_TAG.sub("", text)))
    return loose.place_or_none(PlaceRef(lat=lat, lon=lon, address=words[:200]))


def _began(told: Mapping[str, Any], call: _Call) -> TimeEvidence | None:
    at = loose.instant(told.get("originalarrivaltime"))
    try:
        return sent_at(at - timedelta(seconds=call.seconds) if at is not None else None)
    except OverflowError:
        return None
