"""WhatsApp: the text file of an exported chat, with its pictures, films and recordings beside it.

What the program says itself has no author; on an iPhone it has the chat's name for one, and begins with U+200E.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    MediaRef,
    PersonRef,
    PersonRole,
    PlaceRef,
    Problem,
)
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.chat_heads import Line, reader_of
from timeline_local.importers.chat_lines import Order, chat_order, messages
from timeline_local.importers.conversations import Alike, is_twice
from timeline_local.importers.encodings import decode_head
from timeline_local.importers.seen import Seen

HEAD_BYTES = 4 * 1024
ITEMS_PER_CHECKPOINT = 200
SURE_LINES = 2  # lines that begin a message, among the first ones of a file

_CHAT_NAME = re.compile(r"WhatsApp(?:[ -]Chat)?\s*(?:with|mit|con|avec|com|met|z|-|–)?\s*(?P<name>.+)", re.IGNORECASE)
# What phones call an export in other languages; for the eyes alone, since keys are made of the above.
_SHOWN_NAMES = (
    re.compile(
        r"(?:[\w ]{1,25} )?WhatsApp(?:[ -][^\W\d_]+)?\s+"
        r"(?:with|mit|con|avec|com|met|med|z|s|se|с контактом|с|з|dengan|với|-|–)\s+(?P<name>.+)",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<name>.+?)(?: ile|(?:さん)?との| 님과의) ?WhatsApp.*"),
    re.compile(r"[与與和] ?(?P<name>.+?) ?[的之] ?WhatsApp.*"),
)
_NAMELESS = re.compile(r"_chat(?: \(?\d{1,3}\)?)?")  # what an iPhone calls every chat, whosever it is
_NUMBER = re.compile(r"\+\d[\d\s().\-\u2010\u2011]{5,24}")
_AGAIN = re.compile(r" ?\(\d{1,3}\)$")  # a browser's name for a second download
# What an iPhone writes for a file that was left out, in the languages of phones; what else begins with U+200E there is
# a note of the program.
_LEFT_OUT = re.compile(
    "omitted|weggelassen|ausgelassen|omitid|ocultad|omis|absent|omess|weggelaten|отсутств|пропущен|dahil edilmedi"
    "|pomini|utelämn|udeladt|utelatt|jätetti|vynechán|kihagy|παραλείφθ|استبعاد|استثناء|הושמט|छोड़|省略|생략|忽略|略去"
    "|tidak disertakan|dihilangkan|ไม่รวม|bỏ qua",
    re.IGNORECASE,
)
_EDITED = re.compile(
    "[\\s\u200e\u200f]*<[^<>:\\n]*(?:edit|bearbeitet|modifi|bewerkt|измен|редаг|отредакт|düzenlen|rediger|redigera|muokat"
    "|edytow|upraven|szerkeszt|επεξεργ|تعديل|נערכ|संपादित|編集|編輯|编辑|수정|แก้ไข|chỉnh sửa)[^<>:\\n]*>\\s*$",
    re.IGNORECASE,
)
_MAP = re.compile(
    r"https?://(?:maps\.google\.com|www\.google\.com/maps)\S*?[?&@/=](?P<lat>-?\d{1,2}\.\d+),(?P<lon>-?\d{1,3}\.\d+)"
)
# "IMG-1.jpg (file attached)" in any language, and "<attached: 1-PHOTO.jpg>": a name that is here is what counts.
_ATTACHED = re.compile(
    r"<[^:<>\n]{1,40}:\s*(?P<name>[^<>\n]+)>|^[\u200e\u200f]*(?P<first>[^\n()（]+?\.\w{2,5}) ?[(（][^()（）\n]+[)）]",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class WhatsApp:
    name: str = "whatsapp"
    title: str = "WhatsApp"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one chat is found, whatever it is called."""
        found = next((file for file in folder.sample() if _is_chat(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no exported chat of WhatsApp in this folder.")
        return Recognition(0.9, f"It holds an exported chat, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""
        seen = Seen()
        for listing, file, done in files_from(folder, _is_chat, options, checkpoint):
            yield from _Chat(folder, file, _files(listing), options, seen).items(done)


def _is_chat(folder: Folder, file: File) -> bool:
    """By what it begins with: the first lines of a chat are messages, of which one at least has an author."""
    if not file.name.lower().endswith(".txt"):
        return False
    lines = decode_head(folder.head(file.locator, HEAD_BYTES)).lstrip("\n").split("\n")
    reader = reader_of(lines[0])
    if reader is None:
        return False
    found = [each for line in lines[:40] if (each := reader.line(line)) is not None]
    return any(each.author for each in found) and (len(found) >= SURE_LINES or len(lines) <= SURE_LINES)


def _files(listing: Listing) -> Mapping[str, str]:
    return {unicodedata.normalize("NFC", file.name): file.locator for file in listing.files}


@dataclass
class _Chat:
    folder: Folder
    file: File
    here: Mapping[str, str]
    options: ReadOptions
    seen: Seen
    alike: Seen = field(default_factory=Seen)

    def items(self, skip: int) -> Iterator[Item]:
        """Read twice: for the order of day and month, then for the messages. Memory: 64 bytes a message."""
        try:
            name = _name(self.folder, self.file.locator)
            shown = _shown(name, self.file.locator)
            collection = CollectionRef(key=name, name=shown, kind=CollectionKind.CONVERSATION)
            order = chat_order(each.date for each in messages(self.folder, self.file.locator))
            for count, line in enumerate(messages(self.folder, self.file.locator), 1):
                alike = self._alike(line, name)
                is_again = self.seen.number(alike.key) > 1
                if count <= skip:
                    continue
                where = f"{self.file.locator}#{count}"
                yield is_twice(where) if is_again else self._item(line, order, alike, collection, where)
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield after(self.file, count)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This chat cannot be read ({why}).")

    def _alike(self, line: Line, name: str) -> Alike:
        """Stable over exports: who said what when, and which of several alike it is."""
        clock = f"{line.hour}:{line.minute}:{line.second}"
        return Alike.of(self.alike, name, f"{line.date}", clock, line.author, line.text)

    def _item(self, line: Line, order: Order, alike: Alike, collection: CollectionRef, where: str) -> Item:
        at = order.wall_clock(line)
        if at is None:
            return Problem(where, "message-broken", "The message has a date that does not exist.")
        if not line.author or _is_note(line.text):
            return Problem(where, "system-message", "It is a note of WhatsApp itself, not a message.")
        if len(line.text) > self.options.note_characters:
            return Problem(where, "note-too-long", f"The message has {len(line.text):,} characters.")
        text, media = self._without_files(_EDITED.sub("", line.text))
        evidence = TimeEvidence(
            basis=TimeBasis.SOURCE, local_at=at, precision=Precision.INSTANT, origin="the clock of the phone"
        )
        return Draft(
            source_key=alike.key,
            kind=Kind.MESSAGE,
            body=text,
            evidence=(evidence,),
            people=(_author(line.author),),
            media=media,
            place=_place(line.text),
            collections=(collection,),
            extra=({"edited": True} if _EDITED.search(line.text) else {}) | alike.extra,
        )

    def _without_files(self, text: str) -> tuple[str, tuple[MediaRef, ...]]:
        """The text without the names of files that are here; a file that was left out of the export stays a name."""
        found: list[MediaRef] = []
        for match in list(_ATTACHED.finditer(text)):
            name = (match["name"] or match["first"]).strip()
            locator = self.here.get(unicodedata.normalize("NFC", name))
            if locator is not None:
                found.append(MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=len(found), name=name))
                text = text.replace(match[0], "")
        return text.strip("\u200e\u200f\n "), tuple(found)


def _author(name: str) -> PersonRef:
    """Whoever is in no address book of the phone is called by the number, which another source may know."""
    if _NUMBER.fullmatch(name):
        return PersonRef(name=name, kind="phone", value=name, role=PersonRole.AUTHOR)
    return PersonRef(name=name, role=PersonRole.AUTHOR)


def _is_note(text: str) -> bool:
    """Whether the program says this and not the author: it marks its own words, and those in messages."""
    is_marked = text.startswith("\u200e") and "<" not in text
    is_poll = "\n\u200e" in text
    return is_marked and not (is_poll or _LEFT_OUT.search(text) or _MAP.search(text) or _ATTACHED.match(text))


def _place(text: str) -> PlaceRef | None:
    """Where a message says that somebody is: WhatsApp writes an address of a map for it."""
    found = _MAP.search(text)
    lat, lon = (None, None) if found is None else loose.coordinates(found["lat"], found["lon"])
    return None if lat is None else PlaceRef(lat=lat, lon=lon)


def _name(folder: Folder, locator: str) -> str:
    """The chat's name, out of the file's; an iPhone has it in the name of the folder or zip, and in the first line."""
    path = PurePosixPath(unicodedata.normalize("NFC", locator))
    parent = path.parent.name or unicodedata.normalize("NFC", folder.root.name)
    for part in (path.stem, parent):
        found = _CHAT_NAME.fullmatch(_AGAIN.sub("", part))
        if found is not None:
            return found["name"].strip()
    if not _NAMELESS.fullmatch(path.stem):
        return _AGAIN.sub("", path.stem)
    return _name_inside(folder, locator) or path.parent.name or path.stem  # what is sent lies in a folder of any name


def _name_inside(folder: Folder, locator: str) -> str:
    """The author of what is said first, where that is a note: on an iPhone the chat itself says it."""
    first = next((line for line in islice(messages(folder, locator), 3) if line.author), None)
    return first.author if first is not None and _is_note(first.text) else ""


def _shown(name: str, locator: str) -> str:
    """The name without what the phone puts around it in its language."""
    stem = _AGAIN.sub("", unicodedata.normalize("NFC", PurePosixPath(locator).stem))
    found = next((match for each in _SHOWN_NAMES if (match := each.fullmatch(stem))), None)
    return name if found is None else found["name"].strip()
