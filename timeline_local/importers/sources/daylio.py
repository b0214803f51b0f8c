"""Daylio: its backup, a zip whose one file of entries is written in base64, and its table for spreadsheets.

The table names moods by words of the owner's, the backup says how good each one is. Neither has ids that the other one
has: an entry is known by the minute it is about. Backups of version 15 to 19; tables of seven columns and more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any

from timeline_local.domain.day_halves import is_afternoon
from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.embedded import Coding, Decoder, Embedded
from timeline_local.importers.encodings import decode_head
from timeline_local.importers.enml import note_body
from timeline_local.importers.files import extension
from timeline_local.importers.front_matter import day_in_words
from timeline_local.importers.json_stream import BrokenJson, json_items
from timeline_local.importers.seen import Seen
from timeline_local.importers.spoken import spoken_extension
from timeline_local.importers.table_rows import csv_rows
from timeline_local.importers.track_reading import BROKEN

HEAD_BYTES = 64 * 1024
ITEMS_PER_CHECKPOINT = 200

_SIGNS = (b'"customMoods"', b'"dayEntries"', b'"moodIconsPackId"', b'"isReminderOn"')
_COLUMNS = frozenset({"date", "weekday", "time", "mood", "activities"})
_PREDEFINED = {1: "rad", 2: "good", 3: "meh", 4: "bad", 5: "awful"}
_SCORES = {"rad": 5, "great": 5, "good": 4, "meh": 3, "bad": 2, "awful": 1}
_MOOD_GROUPS = range(1, 6)  # from the best to the worst
_CLOCK = re.compile(r"(?P<before>\D*)(?P<hour>\d\d?)[:.](?P<minute>\d\d)(?P<after>\D*)", re.ASCII)
_MARKUP = re.compile(
    r"<(?:br|div|p|b|i|u|s|ul|ol|li|span|strong|em|font)\b[^>]*>|&(?:amp|lt|gt|nbsp|quot|#\d+);", re.IGNORECASE
)
_LINES = re.compile(r"<(?:br|div|p|li)\b", re.IGNORECASE)
_FARTHEST_MIN = 14 * 60  # from Greenwich; some tools write offsets in minutes, Daylio in thousandths of seconds
_NOON = 12
_JOURNAL = CollectionRef(key="daylio", name="Daylio", kind=CollectionKind.JOURNAL)
_HINT = "This is a part of a backup of Daylio. Choose the .daylio file itself, as the app saved it."


@dataclass(frozen=True, slots=True)
class Daylio:
    name: str = "daylio"
    title: str = "Daylio"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one backup or table is found."""
        sample = folder.sample()
        found = next((file for file in sample if _is_backup(folder, file) or _is_table(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds entries of Daylio, in {found.name}.")
        is_part = any(extension(file.name) == "daylio" for file in sample)
        return Recognition(0.0, "There are no entries of Daylio in this folder.", _HINT if is_part else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry: first those of backups, which know more of each, then those of tables alone."""
        seen = Seen()
        in_tables = _is_in_a_table(folder, checkpoint)
        for _, file, done in files_from(folder, _is_backup, options, checkpoint):
            yield from _Reading(folder, file, options, seen).items(_Backup(folder, file).entries(), done)
        for _, file, done in files_from(folder, _is_table, options, checkpoint if in_tables else None):
            yield from _Reading(folder, file, options, seen).items(_table_entries(folder, file), done)


def _is_in_a_table(folder: Folder, checkpoint: JSON) -> bool:
    locator = checkpoint.get("file") if isinstance(checkpoint, dict) else None
    return isinstance(locator, str) and _is_table(folder, File(locator, 0, 0))


def _is_backup(folder: Folder, file: File) -> bool:
    found = extension(file.name)
    if found not in {"daylio", "json", "txt", ""}:
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        head = Decoder(Coding.BASE64).feed(head) if head[:4].isalnum() and b" " not in head[:1024] else b""
    return sum(sign in head for sign in _SIGNS) > 1


def _is_table(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".csv"):
        return False
    first = decode_head(folder.head(file.locator, 1024)).lstrip("\ufeff").split("\n")[0]
    cells = {cell.strip(' "\r').casefold() for cell in re.split("[,;\t]", first)}
    return cells >= _COLUMNS and bool(cells & {"full_date", "year"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What both tell of one entry. score: 1 to 5.   lacks: files that are not here."""

    local_at: datetime | None
    offset_min: int | None = None
    mood: str = ""
    score: int | None = None
    title: str = ""
    body: str = ""
    tags: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    lacks: tuple[str, ...] = ()
    is_favourite: bool = False
    record: bytes | None = None


@dataclass
class _Reading:
    """The entries of one file becoming drafts."""

    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen
    _minutes: Counter[str] = field(default_factory=Counter)

    def items(self, entries: Iterator[_Entry], skip: int) -> Iterator[Item]:
        count = 0
        try:
            for count, entry in enumerate(entries, 1):
                found = list(self._entry(entry, count))
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except (BrokenJson, *BROKEN) as error:
            why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
            detail = f"After {count:,} entries this file cannot be read any further: {why}. Save it again in Daylio."
            yield Problem(self.file.locator, "journal-broken", detail)
            return
        if not count:
            yield Problem(self.file.locator, "empty", "There is no entry in this file.")

    def _entry(self, entry: _Entry, number: int) -> Iterator[Draft | Problem]:
        where = f"{self.file.locator}#{number}"
        if entry.local_at is None:
            yield Problem(where, "entry-broken", "The entry has no date and time that can be read.")
            return
        minute = entry.local_at.isoformat(timespec="minutes")
        self._minutes[minute] += 1
        key = minute if self._minutes[minute] == 1 else f"{minute}~{self._minutes[minute]}"
        if self.seen.number(key) > 1:
            yield Problem(where, "twice", "The same entry came before in this import; it is kept once.")
            return
        for name in entry.lacks:
            yield Problem(f"{where}/{name}", "file-missing", "The entry names this file, but it is not here.")
        media = tuple(
            MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=place, name=name)
            for place, (locator, name) in enumerate(entry.files)
        )
        title = entry.title if entry.title or entry.body or media or not entry.mood else f"Mood: {entry.mood}"
        if not (title or entry.body or media or entry.tags):
            yield Problem(where, "empty", "The entry is empty.")
        elif len(entry.body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"The entry has {len(entry.body):,} characters; {fits}")
        else:
            yield Draft(
                source_key=key,
                kind=Kind.NOTE,
                title=title,
                body=entry.body,
                evidence=(
                    TimeEvidence(
                        basis=TimeBasis.SOURCE,
                        local_at=entry.local_at,
                        utc_offset_min=entry.offset_min,
                        precision=Precision.MINUTE,
                        origin="the entry's own date",
                    ),
                ),
                tags=entry.tags,
                favourite=entry.is_favourite,
                mood=entry.score,
                media=media,
                collections=(_JOURNAL,),
                extra={"mood": entry.mood} if entry.mood else {},
                raw=entry.record,
            )


def _table_entries(folder: Folder, file: File) -> Iterator[_Entry]:
    """The rows of a table. Memory: one row. Raises what is in BROKEN."""
    with closing(csv_rows(folder, file.locator)) as rows:
        names = [cell.strip().casefold() for cell in next(rows, [])]
        for row in rows:
            cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
            mood = cells.get("mood", "")
            yield _Entry(
                local_at=_told_minute(cells),
                mood=mood,
                score=_SCORES.get(mood.casefold()),
                title=loose.text(cells.get("note_title")),
                body=_markdown(cells.get("note", "")),
                tags=_names(cells.get("activities", "").split("|")),
                record=loose.record({name: value for name, value in cells.items() if value}),
            )


def _told_minute(cells: Mapping[str, str]) -> datetime | None:
    clock = _CLOCK.fullmatch(cells.get("time", ""))
    try:
        day = datetime.fromisoformat(cells["full_date"]) if cells.get("full_date") else None
    except ValueError:
        return None
    day = day or day_in_words(f"{cells.get('date', '')} {cells.get('year', '')}")
    if clock is None or day is None:
        return None
    half = is_afternoon(clock["before"].strip() or clock["after"].strip())
    hour = int(clock["hour"])
    hour = hour if half is None else hour % _NOON + (_NOON if half else 0)
    try:
        return datetime.combine(day.date(), time(hour, int(clock["minute"])))
    except ValueError:
        return None


@dataclass
class _Backup:
    """The file of entries in a backup, be it in base64 or decoded."""

    folder: Folder
    file: File

    def entries(self) -> Iterator[_Entry]:
        """Memory: the names of all moods and activities, and one entry. Raises BrokenJson, OSError."""
        moods = {each.get("id"): each for each in self._listed("customMoods") if isinstance(each.get("id"), int)}
        tags = {each.get("id"): loose.text(each.get("name")) for each in self._listed("tags") if _is_id(each)}
        assets = {each.get("id"): each for each in self._listed("assets") if _is_id(each)}
        for told in json_items(self.folder, self._json, "dayEntries.item"):
            entry = loose.members(told)
            mood = moods.get(_id(entry.get("mood")), {})
            group = mood.get("mood_group_id")
            shown = [(each, assets.get(each, {})) for each in map(_id, loose.items(entry.get("assets")))]
            files = [(loose.text(asset.get("checksum")) or str(number), self._found(asset)) for number, asset in shown]
            yield _Entry(
                local_at=_minute(entry),
                offset_min=_offset(entry.get("timeZoneOffset")),
                mood=loose.text(mood.get("custom_name"))
                or _PREDEFINED.get(_id(mood.get("predefined_name_id")) or 0, ""),
                score=6 - group if isinstance(group, int) and group in _MOOD_GROUPS else None,
                title=loose.text(entry.get("note_title")),
                body=_markdown(loose.text(entry.get("note"))),
                tags=_names([tags.get(_id(each), "") for each in loose.items(entry.get("tags"))]),
                files=tuple(found for _, found in files if found is not None),
                lacks=tuple(name for name, found in files if found is None),
                is_favourite=entry.get("isFavorite") is True,
                record=loose.record(entry),
            )

    def _listed(self, name: str) -> Iterator[Mapping[str, Any]]:
        """What is named by ids; of a broken file what comes before the break."""
        with suppress(BrokenJson):
            for told in json_items(self.folder, self._json, f"{name}.item"):
                yield loose.members(told)

    @cached_property
    def _json(self) -> str:
        """The locator of the entries as JSON. Cost: what is in base64 is read once, to know how long it is."""
        if self.folder.head(self.file.locator, 64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return self.file.locator
        decoder = Decoder(Coding.BASE64)
        with self.folder.open(self.file.locator) as opened:
            while chunk := opened.read(HEAD_BYTES):
                decoder.feed(chunk)
            decoder.feed(b"", is_last=True)
            length = opened.tell()
        return Embedded(self.file.locator, Coding.BASE64, 0, length, decoder.size, "entries.json").locator

    def _found(self, asset: Mapping[str, Any]) -> tuple[str, str] | None:
        """The file of a photo or recording and what to call it; files are called by their checksums, without a type."""
        named = self._files.get(loose.text(asset.get("checksum")))
        if named is None:
            return None
        try:
            told = loose.members(loose.document(loose.text(asset.get("android_metadata")) or "{}"))
        except ValueError:
            told = {}
        ending = extension(named.name) or spoken_extension(self.folder, named)
        stem = named.name.removesuffix(f".{ending}")
        return named.locator, loose.text(told.get("Name")) or (f"{stem}.{ending}" if ending else stem)

    @cached_property
    def _files(self) -> Mapping[str, File]:
        """All files beside the entries, by their names with and without extension."""
        parent = self.file.locator.rpartition("/")[0]
        found: dict[str, File] = {}
        for listing in self.folder.walk(after=parent):
            if isinstance(listing, Listing) and listing.locator.startswith(parent):
                for file in listing.files:
                    found.setdefault(file.name, file)
                    found.setdefault(file.name.rpartition(".")[0] or file.name, file)
        return found


def _minute(entry: Mapping[str, Any]) -> datetime | None:
    """The clock on the wall: its parts, the month from 0 on; else the instant in the offset beside it."""
    told = [each for name in ("year", "month", "day", "hour", "minute") if isinstance(each := entry.get(name), int)]
    try:
        if len(told) == 5:  # noqa: PLR2004 - of a minute
            year, month, day, hour, minute = told
            return datetime(year, month + 1, day, hour, minute)  # noqa: DTZ001 - a clock on a wall
        millis, offset = loose.number(entry.get("datetime")), _offset(entry.get("timeZoneOffset"))
        instant = loose.instant_of_micros(millis * 1000) if millis else None
        if instant is None or offset is None:
            return None
        return (instant + timedelta(minutes=offset)).replace(second=0, microsecond=0, tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _offset(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    minutes = value if abs(value) <= _FARTHEST_MIN else value // 60_000
    return minutes if abs(minutes) <= _FARTHEST_MIN else None


def _is_id(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("id"), int)


def _id(value: object) -> int:
    return value if isinstance(value, int) else 0


def _names(told: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (each.strip() for each in told))))


def _markdown(note: str) -> str:
    """Notes are written in HTML since the app knows what is bold; older ones are plain."""
    if not _MARKUP.search(note):
        return loose.text(note)
    return note_body(note if _LINES.search(note) else note.replace("\n", "<br/>"), {}).text
