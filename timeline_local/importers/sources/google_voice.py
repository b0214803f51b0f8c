"""Google Voice: the pages of a Takeout, one for every stretch of text messages, every call and every voicemail.

What a page says stands in the classes of microformats, whatever the language of the account: `dt` and `published` are
times with their offset, `tel` and `fn` who it was, `q` the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, PersonRef
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import Chat, Program, Said, author, read_chats
from timeline_local.importers.encodings import decode
from timeline_local.importers.html_tokens import read_html
from timeline_local.importers.json_stream import Letters

HEAD_BYTES = 32 * 1024  # a page begins with its style
MOST_BYTES = 16 * 1024 * 1024
_TEXTS, _CALL = b'class="hChatLog', b'class="haudio"'
_NAMED = re.compile(r"(?P<name>.*?) ?- [^-]+ - \d{4}-\d\d-\d\dT\d\d_\d\d_\d\dZ.*")
_GROUP_PAGE = re.compile(r"[^-]+ - \d{4}-\d\d-\d\dT\d\d_\d\d_\d\dZ.*")
_DURATION = re.compile(r"PT(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?")
_ME = "Me"
_NO_WORDS = frozenset({"MMS Sent", "MMS Received"})  # what stands where a picture came without any
NAMED = 4


@dataclass(frozen=True, slots=True)
class GoogleVoice:
    name: str = "google_voice"
    title: str = "Google Voice"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one page is found."""
        found = next((file for file in folder.sample() if _is_page(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no pages of Google Voice in this folder.")
        return Recognition(0.95, f"It holds texts or calls of Google Voice, {found.locator} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message, call and voicemail."""
        tell = _Reading(folder).tell
        program = Program("Google Voice")
        yield from read_chats(folder, options, checkpoint, program=program, is_chat=_is_page, tell=tell)


def _is_page(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith((".html", ".htm")):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return (_TEXTS in head or _CALL in head) and b"tel:" in head


@dataclass(slots=True)
class _Spoken:
    """A message, or a call, as its page tells it."""

    at: str = ""
    phone: str = ""
    name: str = ""
    words: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


@dataclass
class _Page:
    """What a page holds. people: who takes part in a group, by phone."""

    title: str = ""
    messages: list[_Spoken] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    duration: str = ""
    call: _Spoken = field(default_factory=_Spoken)
    is_call: bool = False
    _taking: str = ""  # which text is being read
    _is_group: bool = False

    @property
    def _now(self) -> _Spoken:
        return self.messages[-1] if self.messages else self.call

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        kinds = set(attributes.get("class", "").split())
        if tag == "div":
            self._begin(kinds)
        elif tag == "abbr" and kinds & {"dt", "published"}:
            self._now.at = self._now.at or attributes.get("title", "")
        elif tag == "abbr" and "duration" in kinds:
            self.duration = attributes.get("title", "")
        elif "fn" in kinds:
            self._taking = "name"
        elif tag in {"q", "title"} or "full-text" in kinds:
            self._taking = "title" if tag == "title" else "words"
        elif tag == "br" and self._taking == "words":
            self._now.words.append("\n")
        elif tag == "a" and "tel" in kinds:
            self._now.phone = attributes.get("href", "").partition(":")[2]
            self._now.name = ""
        elif tag == "a" and attributes.get("rel") == "tag":
            self.labels.add(attributes.get("href", "").rpartition("#")[2])
        else:
            self._file(tag, kinds, attributes)

    def end(self, tag: str) -> None:
        if tag in {"q", "title", "span", "abbr"}:
            if self._taking == "name" and self._is_group and not self.messages:
                self.people[self.call.phone] = self.call.name.strip()
            self._taking = ""

    def text(self, data: str) -> None:
        if self._taking == "words":
            self._now.words.append(data)
        elif self._taking == "name":
            self._now.name += data
        elif self._taking == "title":
            self.title += data

    def _begin(self, kinds: set[str]) -> None:
        if "message" in kinds:
            self.messages.append(_Spoken())
        self._is_group = self._is_group or "participants" in kinds
        self.is_call = self.is_call or "haudio" in kinds

    def _file(self, tag: str, kinds: set[str], attributes: Mapping[str, str]) -> None:
        is_link = tag == "a" and bool(kinds & {"video", "audio", "vcard"})
        source = (
            attributes.get("src", "")
            if tag in {"img", "audio", "video"}
            else attributes.get("href", "")
            if is_link
            else ""
        )
        if source and source not in self._now.files:
            self._now.files.append(source)


@dataclass
class _Reading:
    folder: Folder

    def tell(self, file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:  # noqa: ARG002 - pages have none
        page = _Page()
        read_html(decode(self.folder.read(file.locator, limit=MOST_BYTES)), page)
        home = file.locator.rpartition("/")[0]
        chat = _chat_of(page, file)
        if page.is_call:
            yield chat, self._call(page, home)
            return
        for each in page.messages:
            words = "".join(each.words).strip()
            yield (
                chat,
                Said(
                    at=_at(each.at),
                    author=_who(each),
                    body="" if each.files and words in _NO_WORDS else words,
                    files=tuple(self._places(home, name) for name in each.files),
                ),
            )

    def _call(self, page: _Page, home: str) -> Said:
        """A call is an event, also one that nobody took; a voicemail is a message with its recording."""
        told, is_voicemail = page.call, "voicemail" in page.labels
        words = "".join(told.words).strip()
        sentence = " ".join(page.title.split())
        return Said(
            at=_at(told.at),
            author=_who(told),
            body=(words or sentence) if is_voicemail else sentence or "Call",
            files=tuple(self._places(home, name) for name in told.files),
            seconds=None if is_voicemail else _seconds(page.duration),
            extra={"missed": True} if "missed" in page.labels else {},
        )

    def _places(self, home: str, name: str) -> tuple[str, ...]:
        """A file beside the page; pages name pictures without their extension."""
        exact = f"{home}/{name}".lstrip("/")
        found = self._by_stem.get(exact, "")
        return (exact, found) if found else (exact,)

    @cached_property
    def _by_stem(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                if not file.name.lower().endswith((".html", ".htm")):
                    found.setdefault(file.locator.rpartition(".")[0], file.locator)
        return found


def _chat_of(page: _Page, file: File) -> Chat:
    """With whom it is: by the name of the file, which has it in every language, else by who speaks."""
    if page.people:
        names = sorted(name or phone for phone, name in page.people.items())
        more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
        return Chat(",".join(sorted(page.people)), ", ".join(names[:NAMED]) + more)
    stem = PurePosixPath(file.name).stem
    found = _NAMED.fullmatch(stem) if not _GROUP_PAGE.fullmatch(stem) else None
    others = [each for each in [*page.messages, page.call] if each.phone and each.name.strip() != _ME]
    spoken = (others[0].name.strip() or others[0].phone) if others else ""
    name = (found["name"].strip() if found else "") or spoken or " ".join(page.title.split()) or "Google Voice"
    return Chat(name, name)


def _who(told: _Spoken) -> PersonRef | None:
    return author(told.name.strip() or told.phone, "phone" if told.phone else "name", told.phone)


def _at(text: str) -> TimeEvidence | None:
    """ISO 8601 with the offset of the account."""
    found = read_instant(text)
    if found is None:
        return None
    origin = "when it was sent"
    return TimeEvidence(basis=TimeBasis.SOURCE, instant=found[0], utc_offset_min=found[1], origin=origin)


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text)
    hours, minutes, seconds = (int(each or 0) for each in found.groups()) if found else (0, 0, 0)
    return float((hours * 60 + minutes) * 60 + seconds)
