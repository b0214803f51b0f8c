"""jrnl, the journal of the command line: its text files, of the first version on, and its JSON.

An entry of the text begins with "[2020-01-02 15:04] Title", before version 2 without the brackets; a "*" at the end of
that line is a star, and words with "@" are tags. The form of the date is a setting: the whole file decides its order.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.chat_heads import Numbers, read_line
from timeline_local.importers.chat_lines import Order, order_of
from timeline_local.importers.encodings import decode, decode_head
from timeline_local.importers.files import source_key
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.seen import Seen

HEAD_BYTES = 64 * 1024
_TEXTS = (".txt", ".journal")
ITEMS_PER_CHECKPOINT = 200
MAX_LINE_BYTES = 1024 * 1024
MAX_ENTRY_CHARACTERS = 1024 * 1024
LINES_LOOKED_AT = 200

_DATE = (
    r"(?:\w{2,9},? )?(?P<one>\d{1,4})(?P<divider>[./-])(?P<two>\d{1,2})(?P=divider)(?P<three>\d{1,4})"
    r"(?:[T ,]{1,2}(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s?(?:(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)
_BEGIN = re.compile(rf"\[{_DATE}\] ?(?P<title>.*)", re.DOTALL)
_BEGIN_BARE = re.compile(
    r"(?P<one>\d{4})(?P<divider>-)(?P<two>\d\d)-(?P<three>\d\d) (?P<hour>\d\d):(?P<minute>\d\d)(?P<second>)(?P<half>)"
    r" (?P<title>\S.*)",
    re.DOTALL,
)
_BEGIN_DAY_FIRST = re.compile(
    r"(?P<one>\d\d?)(?P<divider>[./-])(?P<two>\d\d?)(?P=divider)(?P<three>\d{4}) (?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?P<second>)(?P<half>) (?P<title>\S.*)",
    re.DOTALL,
)
_TAG = re.compile(r"(?<!\S)@(?P<tag>[-+*#/\w]*\w)")
_JSON_TIME = re.compile(rb'"time"\s*:\s*"\d\d:\d\d')
_LIST = re.compile(rb'"entries"\s*:\s*\[')
_ENCRYPTED = b"gAAAAA"  # how Fernet's tokens begin, with which jrnl encrypts
_HINT = "This journal of jrnl is encrypted. Say `jrnl --format json --file journal.json`, and choose journal.json."
_NOON = 12


@dataclass(frozen=True, slots=True)
class Jrnl:
    name: str = "jrnl"
    title: str = "Journals of jrnl"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one journal is found, whatever it is called."""
        sample = folder.sample()
        found = next((file for file in sample if _is_journal(folder, file)), None)
        if found is not None:
            return Recognition(0.9, f"It holds a journal of jrnl, {found.name}.")
        encrypted = any(
            file.name.lower().endswith(_TEXTS) and folder.head(file.locator, 6) == _ENCRYPTED for file in sample
        )
        return Recognition(0.0, "There is no journal of jrnl in this folder.", _HINT if encrypted else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry."""
        for _, file, done in files_from(folder, _is_journal, options, checkpoint):
            yield from _Journal(folder, file, options).items(done)


def _is_journal(folder: Folder, file: File) -> bool:
    name = file.name.lower()
    if name.endswith(".json"):
        return _is_json(folder.head(file.locator, HEAD_BYTES))
    return name.endswith(_TEXTS) and _begin_of(folder, file) is not None


def _is_json(head: bytes) -> bool:
    has_fields = b'"starred"' in head and b'"title"' in head and b'"body"' in head and b'"tags"' in head
    return has_fields and _JSON_TIME.search(head) is not None


def _begin_of(folder: Folder, file: File) -> re.Pattern[str] | None:
    """How the entries of a text begin; None for one that is no journal, an exported chat for one."""
    lines = decode_head(folder.head(file.locator, HEAD_BYTES)).split("\n")[:LINES_LOOKED_AT]
    first = next((line for line in lines if line.strip()), "")
    for begin in (_BEGIN, _BEGIN_BARE, _BEGIN_DAY_FIRST):
        if begin.fullmatch(first):
            begun = [line for line in lines if begin.fullmatch(line)]
            said = [line for line in begun if (found := read_line(line)) is not None and found.author]
            is_journal = len(said) < len(begun) and (begin is not _BEGIN_DAY_FIRST or _is_parted(lines, begin))
            return begin if is_journal else None
    return None


def _is_parted(lines: list[str], begin: re.Pattern[str]) -> bool:
    """Whether there are several entries, an empty line before each, as jrnl writes them; logs have none."""
    before = [above for above, line in zip(["", *lines], lines, strict=False) if begin.fullmatch(line)]
    return len(before) > 1 and not any(line.strip() for line in before)


@dataclass(frozen=True, slots=True)
class _Entry:
    """date: three numbers, in the order of the file.   has_clock: else it is of a day."""

    date: Numbers
    hour: int
    minute: int
    second: int
    has_clock: bool
    text: str

    def at(self, order: Order) -> datetime | None:
        year, month, day = (self.date[place] for place in order.value)
        year += 2000 if year < 100 else 0  # noqa: PLR2004 - jrnl is younger
        try:
            return datetime(year, month, day, self.hour, self.minute, self.second)  # noqa: DTZ001 - no zone is told
        except ValueError:
            return None


@dataclass
class _Journal:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen = field(default_factory=Seen)
    collection: CollectionRef = field(init=False)

    def __post_init__(self) -> None:
        stem = PurePosixPath(self.file.name).stem
        name = "jrnl" if stem.isdecimal() else stem  # a folder journal has a file for each day
        self.collection = CollectionRef(key=name, name=name, kind=CollectionKind.JOURNAL)

    def items(self, skip: int) -> Iterator[Item]:
        is_json = self.file.name.lower().endswith(".json")
        try:
            yield from self._of_json(skip) if is_json else self._of_text(skip)
        except BrokenJson as error:
            yield Problem(self.file.locator, "journal-broken", f"It cannot be read any further: {error}.")
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This journal cannot be read ({why}).")

    def _of_text(self, skip: int) -> Iterator[Item]:
        """Read twice: for the order of day and month, then for the entries. Memory: one entry."""
        with closing(self._entries()) as found:
            order = order_of(each.date for each in found)
        with closing(self._entries()) as found:
            for count, entry in enumerate(found, 1):
                line, _, body = entry.text.partition("\n")
                title = line.strip()
                item = self._item(
                    f"{self.file.locator}#{count}",
                    _At.of(entry.at(order), has_clock=entry.has_clock),
                    title.rstrip("* ") if title.endswith("*") else title,
                    body.strip("\n").rstrip(),
                    is_starred=title.endswith("*"),
                )
                if count > skip:
                    yield from self._given(item, count)

    def _of_json(self, skip: int) -> Iterator[Item]:
        """Memory: one entry."""
        is_list = _LIST.search(self.folder.head(self.file.locator, HEAD_BYTES)) is not None
        letters = Letters(self.file.locator)
        found = json_items(self.folder, self.file.locator, "entries.item" if is_list else "", letters)
        for count, entry in enumerate(map(loose.members, found), 1):
            item = self._item(
                f"{self.file.locator}#{count}",
                _told_time(entry),
                loose.text(entry.get("title")),
                loose.text(entry.get("body")),
                is_starred=entry.get("starred") is True,
                tags=tuple(each.lstrip("@#") for each in loose.texts(entry.get("tags"))),
            )
            if count > skip:
                yield from self._given(item, count)
        yield from letters.told()

    def _given(self, item: Item, count: int) -> Iterator[Item]:
        yield item
        if count % ITEMS_PER_CHECKPOINT == 0:
            yield after(self.file, count)

    def _item(
        self, where: str, when: _At | None, title: str, body: str, *, is_starred: bool, tags: tuple[str, ...] = ()
    ) -> Draft | Problem:
        """Entries have no ids: one is known by its journal, its time and its title."""
        if when is None:
            return Problem(where, "entry-broken", "The entry has no date that can be read.")
        digest = sha256(title.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        key = self.seen.unique(f"{self.collection.key}/{when.at.isoformat()}/{digest}")
        if not (title or body):
            return Problem(where, "empty", "The entry is empty.")
        if len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            return Problem(where, "note-too-long", f"The entry has {len(body):,} characters; {fits}")
        found = (match["tag"] for match in _TAG.finditer(f"{title}\n{body}"))
        return Draft(
            source_key=source_key(key),
            kind=Kind.NOTE,
            title=title,
            body=body,
            evidence=(
                TimeEvidence(
                    basis=TimeBasis.SOURCE, local_at=when.at, precision=when.precision, origin="the entry's own date"
                ),
            ),
            tags=tuple(dict.fromkeys(tag.casefold() for tag in (*tags, *found) if tag)),
            favourite=is_starred,
            collections=(self.collection,),
        )

    def _entries(self) -> Generator[_Entry, None, None]:
        """What stands before the first entry is left out; lines that begin none go on with the one before."""
        begin = _begin_of(self.folder, self.file) or _BEGIN
        begun: re.Match[str] | None = None
        lines: list[str] = []
        size = 0
        with self.folder.open_text(self.file.locator) as file:
            while data := file.readline(MAX_LINE_BYTES):
                line = decode(data).rstrip("\n")
                found = begin.fullmatch(line)
                if found is not None:
                    if begun is not None:
                        yield _entry(begun, lines)
                    begun, lines, size = found, [found["title"]], 0
                elif begun is not None and size < MAX_ENTRY_CHARACTERS:
                    lines.append(line)
                    size += len(line) + 1
        if begun is not None:
            yield _entry(begun, lines)


@dataclass(frozen=True, slots=True)
class _At:
    """A clock without a zone: jrnl writes none."""

    at: datetime
    precision: Precision

    @classmethod
    def of(cls, at: datetime | None, *, has_clock: bool) -> _At | None:
        if at is None:
            return None
        fine = Precision.INSTANT if at.second else Precision.MINUTE
        return cls(at, fine if has_clock else Precision.DAY)


def _entry(begun: re.Match[str], lines: list[str]) -> _Entry:
    hour = int(begun["hour"] or 0)
    if begun["half"]:
        hour = hour % _NOON + (_NOON if begun["half"].lower() == "p" else 0)
    date = (int(begun["one"]), int(begun["two"]), int(begun["three"]))
    clock = (hour, int(begun["minute"] or 0), int(begun["second"] or 0))
    return _Entry(date, *clock, begun["hour"] is not None, "\n".join(lines))


def _told_time(entry: Mapping[str, Any]) -> _At | None:
    stamp = read_stamp(f"{loose.text(entry.get('date'))} {loose.text(entry.get('time'))}".strip())
    if stamp is None:
        return None
    return _At.of(stamp.local_at, has_clock=stamp.precision in {Precision.MINUTE, Precision.INSTANT})
