"""Diarium: its database (.diary) with the files in it, and the JSON that it exports with a folder of files.

An entry is known by the clock it was written at, which has no zone: the database counts it in ten-millionths of seconds
since the year 1. That the JSON puts the files of an entry into a folder named by that clock is all that ties them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    MediaRef,
    PersonRef,
    PlaceRef,
    Problem,
)
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.embedded import Coding, Embedded
from timeline_local.importers.files import extension, source_key
from timeline_local.importers.html_text import html_text
from timeline_local.importers.json_stream import BrokenJson, json_items
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.spoken import spoken_extension
from timeline_local.importers.sqlite_pages import MAGIC, Pages
from timeline_local.importers.sqlite_tables import Blob, Row, rows, tables

HEAD_BYTES = 64 * 1024
ITEMS_PER_CHECKPOINT = 100
MOST_FILES = 1_000  # of one entry

_STAMP = re.compile(rb'"date"\s*:\s*"\d{4}-\d\d-\d\dT')
_ALONE = re.compile(rb'\{\s*"date"')  # where each entry has a file of its own
_SIGNS = (b'"heading"', b'"rating"', b'"tracker"', b'"people"', b'"weather"', b'"location"', b'"sun"')
_BESIDE = ("-wal", "-shm", "-journal")
_FRACTION = re.compile(r"(\.\d{6})\d+")
_TAG, _PERSON = 0, 1  # kinds of tags; others are measured
_MEDIA = "media"
_DAY_DIGITS, _CLOCK_DIGITS = 8, 14
_YEAR_1 = datetime(1, 1, 1)  # noqa: DTZ001 - a clock on a wall
_RATINGS = range(1, 6)
_JOURNAL = CollectionRef(key="diarium", name="Diarium", kind=CollectionKind.JOURNAL)


@dataclass(frozen=True, slots=True)
class Diarium:
    name: str = "diarium"
    title: str = "Diarium"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one database or list is found."""
        found = next((file for file in folder.sample() if _is_ours(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no entries of Diarium in this folder.")
        return Recognition(0.95, f"It holds entries of Diarium, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_ours, options, checkpoint):
            options.claimed.update(f"{file.locator}{end}" for end in _BESIDE)
            yield from _Reading(folder, file, options, seen).items(done)


def _is_ours(folder: Folder, file: File) -> bool:
    return _is_database(folder, file) or _is_list(folder, file)


def _is_database(folder: Folder, file: File) -> bool:
    if extension(file.name) not in {"diary", "db", "sqlite", ""} or folder.head(file.locator, len(MAGIC)) != MAGIC:
        return False
    try:
        with folder.open_database(file.locator) as pages:
            found = tables(pages).get("entries")
            return found is not None and {"diaryentryid", "heading", "text"} <= set(found.columns)
    except OSError:
        return False


def _is_list(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    is_entry = _STAMP.search(head) is not None and b'"html"' in head and any(sign in head for sign in _SIGNS)
    return is_entry and (head.startswith(b"[") or _ALONE.match(head) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What both tell of one entry. written: the clock on the wall.   files: their locators and names."""

    written: datetime | None
    heading: str
    html: str
    rating: object
    place: PlaceRef | None
    tags: tuple[str, ...]
    people: tuple[str, ...]
    extra: Mapping[str, JSON]
    files: Sequence[tuple[str, str]]
    record: bytes


@dataclass
class _Reading:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen
    _minutes: Seen = field(default_factory=Seen)

    def items(self, skip: int) -> Iterator[Item]:
        count = 0
        try:
            for count, entry in enumerate(self._entries(), 1):
                found = self._item(entry, f"{self.file.locator}#{count}")
                if count > skip:
                    yield found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except BrokenJson as error:
            detail = f"After {count:,} entries this file cannot be read any further: {error}. Export it again."
            yield Problem(self.file.locator, "journal-broken", detail)
            return
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            detail = f"After {count:,} entries this cannot be read any further ({why}). Export it again."
            yield Problem(self.file.locator, "unreadable", detail)
            return
        if not count:
            yield Problem(self.file.locator, "empty", "There is no entry in it.")

    def _entries(self) -> Iterator[_Entry]:
        if not self.file.name.lower().endswith(".json"):
            yield from _Database(self.folder, self.file).entries()
            return
        files = _Files(self.folder, self.file.locator.rpartition("/")[0])
        head = self.folder.head(self.file.locator, 64).lstrip(b"\xef\xbb\xbf \t\r\n")
        for told in json_items(self.folder, self.file.locator, "item" if head.startswith(b"[") else ""):
            yield _told(loose.members(told), files)

    def _item(self, entry: _Entry, where: str) -> Draft | Problem:
        if entry.written is None:
            return Problem(where, "entry-broken", "The entry has no date that can be read.")
        key = self._minutes.unique(entry.written.isoformat())
        if self.seen.number(key) > 1:
            return Problem(where, "twice", "The same entry came before in this import; it is kept once.")
        body, title = html_text(entry.html), html_text(entry.heading)
        score = loose.number(entry.rating)
        if not (title or body or entry.files):
            return Problem(where, "empty", "The entry is empty.")
        if len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            return Problem(where, "note-too-long", f"The entry has {len(body):,} characters; {fits}")
        precision = Precision.DAY if entry.written.time() == time() else Precision.INSTANT
        origin = "the entry's own date"
        return Draft(
            source_key=source_key(key),
            kind=Kind.NOTE,
            title=title,
            body=body,
            evidence=(
                TimeEvidence(basis=TimeBasis.SOURCE, local_at=entry.written, precision=precision, origin=origin),
            ),
            place=entry.place,
            tags=tuple(dict.fromkeys((*entry.tags, *read_text(body).tags))),
            people=tuple(PersonRef(name=each) for each in entry.people),
            mood=int(score) if score is not None and score in _RATINGS else None,
            media=tuple(
                MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=place, name=name)
                for place, (locator, name) in enumerate(entry.files[:MOST_FILES])
            ),
            collections=(_JOURNAL,),
            extra=entry.extra,
            raw=entry.record,
        )


def _told(told: Mapping[str, Any], files: _Files) -> _Entry:
    """An object of the JSON."""
    written, place = _clock(told.get("date")), loose.items(told.get("location"))
    extra: dict[str, JSON] = {"weather": loose.text(told.get("weather"))}
    extra["tracker"] = list(loose.texts(told.get("tracker")))
    return _Entry(
        written=written,
        heading=loose.text(told.get("heading")),
        html=loose.text(told.get("html")),
        rating=told.get("rating"),
        place=_place(*place) if len(place) == 2 else None,  # noqa: PLR2004 - latitude and longitude
        tags=loose.texts(told.get("tags")),
        people=loose.texts(told.get("people")),
        extra={name: value for name, value in extra.items() if value},
        files=files.of(written) if written else (),
        record=loose.record(told),
    )


def _clock(value: object) -> datetime | None:
    """Of seven digits behind the second six are read; an offset, where there is one, says nothing of the place."""
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", loose.text(value))).replace(tzinfo=None)
    except ValueError:
        return None


def _place(lat: object, lon: object) -> PlaceRef | None:
    return loose.place_or_none(PlaceRef(lat=(found := loose.coordinates(lat, lon))[0], lon=found[1]))


@dataclass
class _Files:
    """The files beside a JSON by the clock that their folders are called after."""

    folder: Folder
    parent: str

    def of(self, written: datetime) -> Sequence[tuple[str, str]]:
        """Those of the same second, else of a folder that names the day alone."""
        digits = f"{written:%Y%m%d%H%M%S}"
        return self._by_clock.get(digits) or self._by_clock.get(digits[:_DAY_DIGITS], ())

    @cached_property
    def _by_clock(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for listing in self.folder.walk(after=self.parent):
            parts = PurePosixPath(listing.locator).parts
            if not isinstance(listing, Listing) or _MEDIA not in parts[:-1]:
                continue
            digits = re.sub(r"\D", "", parts[parts.index(_MEDIA) + 1])
            clock = digits[:_CLOCK_DIGITS] if len(digits) >= _CLOCK_DIGITS else digits[:_DAY_DIGITS]
            found[clock] += [(file.locator, file.name) for file in listing.files]
        return found


@dataclass
class _Database:
    """Memory: the names of all tags, what ties them to entries, and where each file stands; one entry."""

    folder: Folder
    file: File
    _tags: dict[int, tuple[int, str]] = field(default_factory=dict)  # kind and name
    _tagged: dict[int, list[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # with what it measures
    _files: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))

    def entries(self) -> Iterator[_Entry]:
        """Raises OSError."""
        with self.folder.open_database(self.file.locator) as pages:
            self._look_up(pages)
            for row in _rows(pages, "entries"):
                yield self._entry(row)

    def _look_up(self, pages: Pages) -> None:
        for row in _rows(pages, "tags"):
            kind = row.get("type")
            self._tags[_number(row, "diarytagid")] = (kind if isinstance(kind, int) else _TAG, _text(row, "value"))
        for row in _rows(pages, "entrytags"):
            tied = (_number(row, "diarytagid"), _text(row, "trackingvalue"))
            self._tagged[_number(row, "diaryentryid")].append(tied)
        for row in _rows(pages, "media"):
            data = row.get("data")
            if isinstance(data, Blob) and data.size:
                place = _number(row, "index")
                name = f"{_number(row, 'diaryentryid')}-{place}"
                at = Embedded(self.file.locator, Coding.ROW, data.place, data.skipped, data.size, name)
                self._files[_number(row, "diaryentryid")].append((place, at.locator))

    def _entry(self, row: Row) -> _Entry:
        number = _number(row, "diaryentryid")
        tied = [(*self._tags.get(tag, (_TAG, "")), value) for tag, value in self._tagged.get(number, ())]
        measured: list[JSON] = [
            f"{name}: {value}" for kind, name, value in tied if name and kind not in {_TAG, _PERSON}
        ]
        return _Entry(
            written=_of_ticks(number),
            heading=_text(row, "heading"),
            html=_text(row, "text"),
            rating=row.get("rating"),
            place=_place(row.get("latitude"), row.get("longitude")),
            tags=tuple(name for kind, name, _ in tied if name and kind == _TAG),
            people=tuple(name for kind, name, _ in tied if name and kind == _PERSON),
            extra={"tracker": measured} if measured else {},
            files=[self._named(locator) for _, locator in sorted(self._files.get(number, ()))],
            record=loose.record({name: value for name, value in row.items() if not isinstance(value, Blob)}),
        )

    def _named(self, locator: str) -> tuple[str, str]:
        """The file with a name that tells what it is."""
        name = locator.rpartition("/")[2]
        ending = spoken_extension(self.folder, File(locator, 1, 0))
        return locator, f"{name}.{ending}" if ending else name


def _rows(pages: Pages, name: str) -> Iterator[Row]:
    table = tables(pages).get(name)
    if table is not None:
        yield from rows(pages, table)


def _number(row: Row, name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) else 0


def _text(row: Row, name: str) -> str:
    return loose.text(row.get(name))


def _of_ticks(ticks: int) -> datetime | None:
    try:
        return _YEAR_1 + timedelta(microseconds=ticks // 10) if ticks > 0 else None
    except OverflowError:
        return None
