"""Daily You: its backup, a database with the pictures beside it, and the JSON that it reads from other apps.

Moods go from -2 to 2. Times are a clock on the wall, by which an entry is known: both tell of the same entries.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.files import extension, source_key
from timeline_local.importers.json_stream import BrokenJson, json_items
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.sqlite_pages import MAGIC, Pages
from timeline_local.importers.sqlite_tables import Blob, Row, rows, tables
from timeline_local.importers.vault import Vault

HEAD_BYTES = 16 * 1024
ITEMS_PER_CHECKPOINT = 200
MOST_FILES = 1_000  # of one entry

_SIGNS = (
    re.compile(rb'"timeCreated"\s*:\s*"\d{4}-'),
    re.compile(rb'"timeModified"\s*:\s*"'),
    re.compile(rb'"text"\s*:'),
)
_BESIDE = ("-wal", "-shm", "-journal")
_COLUMNS = frozenset({"text", "mood", "time_create", "time_modified"})
_TRACKER = 1  # a kind of tag
_MOODS = range(-2, 3)
_JOURNAL = CollectionRef(key="daily_you", name="Daily You", kind=CollectionKind.JOURNAL)


@dataclass(frozen=True, slots=True)
class DailyYou:
    name: str = "daily_you"
    title: str = "Daily You"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one database or list is found."""
        found = next((file for file in folder.sample() if _is_ours(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no entries of Daily You in this folder.")
        return Recognition(0.95, f"It holds entries of Daily You, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry."""
        seen, vault = Seen(), Vault(folder)
        for _, file, done in files_from(folder, _is_ours, options, checkpoint):
            options.claimed.update(f"{file.locator}{end}" for end in _BESIDE)
            yield from _Reading(folder, file, options, seen, vault).items(done)


def _is_ours(folder: Folder, file: File) -> bool:
    return _is_database(folder, file) or _is_list(folder, file)


def _is_database(folder: Folder, file: File) -> bool:
    if extension(file.name) != "db" or folder.head(file.locator, len(MAGIC)) != MAGIC:
        return False
    try:
        with folder.open_database(file.locator) as pages:
            found = tables(pages).get("entries")
            return found is not None and set(found.columns) >= _COLUMNS
    except OSError:
        return False


def _is_list(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"[") and all(sign.search(head) for sign in _SIGNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What both tell of one entry. written: the clock on the wall.   images: their names, in order."""

    written: datetime | None
    changed: datetime | None
    text: str
    mood: object
    tags: tuple[str, ...] = ()
    extra: Mapping[str, JSON] = field(default_factory=dict)
    images: Sequence[str] = ()
    record: bytes | None = None


@dataclass
class _Reading:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen
    vault: Vault
    _clocks: Seen = field(default_factory=Seen)

    def items(self, skip: int) -> Iterator[Item]:
        count = 0
        try:
            for count, entry in enumerate(self._entries(), 1):
                found = list(self._items(entry, f"{self.file.locator}#{count}"))
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except BrokenJson as error:
            detail = f"After {count:,} entries this file cannot be read any further: {error}."
            yield Problem(self.file.locator, "journal-broken", detail)
            return
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            detail = f"After {count:,} entries this cannot be read any further ({why}). Make another backup."
            yield Problem(self.file.locator, "unreadable", detail)
            return
        if not count:
            yield Problem(self.file.locator, "empty", "There is no entry in it.")

    def _entries(self) -> Iterator[_Entry]:
        if self.file.name.lower().endswith(".json"):
            yield from map(_told, map(loose.members, json_items(self.folder, self.file.locator, "item")))
            return
        with self.folder.open_database(self.file.locator) as pages:
            yield from _Database(pages).entries()

    def _items(self, entry: _Entry, where: str) -> Iterator[Draft | Problem]:
        if entry.written is None:
            yield Problem(where, "entry-broken", "The entry has no date that can be read.")
            return
        key = self._clocks.unique(entry.written.isoformat())
        if self.seen.number(key) > 1:
            yield Problem(where, "twice", "The same entry came before in this import; it is kept once.")
            return
        media: list[MediaRef] = []
        for image in entry.images[:MOST_FILES]:
            name = PurePosixPath(image.replace("\\", "/")).name
            locator = self.vault.find(self.file.locator, f"Images/{name}") if name else None
            if locator is not None:
                media.append(MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=len(media), name=name))
            else:
                yield Problem(f"{where}/{name}", "file-missing", "The entry has this picture, but it is not here.")
        note, mood = read_text(entry.text), entry.mood
        body = (note.rest if note.heading else note.body).strip("\n").rstrip()
        score = mood + 3 if isinstance(mood, int) and not isinstance(mood, bool) and mood in _MOODS else None
        if not (note.heading or body or media or score):
            yield Problem(where, "empty", "The entry is empty.")
        elif len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"The entry has {len(body):,} characters; {fits}")
        else:
            told = ((entry.written, "the entry's own date"), (entry.changed, "last changed in Daily You"))
            yield Draft(
                source_key=source_key(key),
                kind=Kind.NOTE,
                title=note.heading or ("" if body or media else f"Mood: {score} of 5"),
                body=body,
                evidence=tuple(
                    TimeEvidence(basis=TimeBasis.SOURCE, local_at=at, origin=origin) for at, origin in told if at
                ),
                tags=tuple(dict.fromkeys((*entry.tags, *note.tags))),
                mood=score,
                media=tuple(media),
                collections=(_JOURNAL,),
                extra=entry.extra,
                raw=entry.record,
            )


def _told(told: Mapping[str, Any]) -> _Entry:
    """An object of the JSON."""
    images = sorted(map(loose.members, loose.items(told.get("images"))), key=lambda each: _rank(each.get("imgRank")))
    text = told.get("text")
    return _Entry(
        written=_clock(told.get("timeCreated")),
        changed=_clock(told.get("timeModified")),
        text=text if isinstance(text, str) else "",
        mood=told.get("mood"),
        images=[name for name in (loose.text(told.get("imgPath")), *_names(images)) if name],
        record=loose.record(told),
    )


def _names(images: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    # The app shows the highest rank first.
    yield from (loose.text(each.get("imgPath")) for each in reversed(images))


def _rank(value: object) -> float:
    return loose.number(value) or 0.0


def _clock(value: object) -> datetime | None:
    """Times of old have a space where there is a "T" now."""
    try:
        return datetime.fromisoformat(loose.text(value)).replace(tzinfo=None)
    except ValueError:
        return None


@dataclass
class _Database:
    """Memory: the names of all tags and pictures, and what ties them to entries; one entry."""

    pages: Pages
    _tagged: dict[int, list[tuple[str, object, str]]] = field(default_factory=lambda: defaultdict(list))
    _images: dict[int, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))

    def entries(self) -> Iterator[_Entry]:
        """Raises OSError."""
        tags = {row.get("id"): (_text(row, "name"), row.get("tag_type")) for row in self._rows("tags")}
        for row in self._rows("entry_tags"):
            name, kind = tags.get(row.get("tag_id"), ("", None))
            self._tagged[_number(row, "entry_id")].append((name, kind, _text(row, "value")))
        for row in self._rows("entry_images"):
            self._images[_number(row, "entry_id")].append((-_rank(row.get("img_rank")), _text(row, "img_path")))
        for row in self._rows("entries"):
            yield self._entry(row)

    def _entry(self, row: Row) -> _Entry:
        number = _number(row, "id")
        tied = [each for each in self._tagged.get(number, ()) if each[0]]
        measured: list[JSON] = [f"{name}: {value}" for name, kind, value in tied if kind == _TRACKER]
        return _Entry(
            written=_clock(row.get("time_create")),
            changed=_clock(row.get("time_modified")),
            text=str(row.get("text") or "") if not isinstance(row.get("text"), Blob) else "",
            mood=row.get("mood"),
            tags=tuple(name for name, kind, _ in tied if kind != _TRACKER),
            extra={"tracker": measured} if measured else {},
            images=[name for name in (_text(row, "img_path"), *_ordered(self._images.get(number, ()))) if name],
            record=loose.record({name: value for name, value in row.items() if not isinstance(value, Blob)}),
        )

    def _rows(self, name: str) -> Iterator[Row]:
        table = tables(self.pages).get(name)
        if table is not None:
            yield from rows(self.pages, table)


def _ordered(images: Sequence[tuple[float, str]]) -> Iterator[str]:
    yield from (name for _, name in sorted(images))


def _number(row: Row, name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) else 0


def _text(row: Row, name: str) -> str:
    return loose.text(row.get(name))
