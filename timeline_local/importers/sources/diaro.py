"""Diaro's backup: one XML of its tables, the files of entries beside it in folders by their kind.

What entries name by an id (folders, tags, places, files) stands before and behind them, so the file is read twice.
Moods go from 1, the best, to 5; those that the owner made have other ids and a name alone. Backups of version 2.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, PlaceRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.files import source_key
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.vault import Vault
from timeline_local.importers.xml_stream import Element, Opened, XmlBroken, stream

HEAD_BYTES = 16 * 1024
ITEMS_PER_CHECKPOINT = 200
MOST_FILES = 1_000  # of one entry

_CONTAINERS = frozenset({"data", "table"})
_SIGN = re.compile(rb'<table[^>]{0,100}"diaro_')
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d?):(?P<minutes>\d\d)")
_FARTHEST_MIN = 14 * 60
_MOODS = {"1": "awesome", "2": "happy", "3": "neutral", "4": "bad", "5": "awful"}
_HINT = "This backup of Diaro is encrypted. In Diaro make one without encryption and choose that."

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Diaro:
    name: str = "diaro"
    title: str = "Diaro"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one table of Diaro is found."""
        sample = folder.sample()
        found = next((file for file in sample if _is_backup(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds a backup of Diaro, {found.name}.")
        is_sealed = any(file.name.lower().endswith((".denc", ".drxml")) for file in sample)
        return Recognition(0.0, "There is no backup of Diaro in this folder.", _HINT if is_sealed else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry."""
        seen, vault = Seen(), Vault(folder)
        for _, file, done in files_from(folder, _is_backup, options, checkpoint):
            yield from _Backup(folder, file, options, seen, vault).items(done)


def _is_backup(folder: Folder, file: File) -> bool:
    return file.name.lower().endswith(".xml") and _SIGN.search(folder.head(file.locator, HEAD_BYTES)) is not None


@dataclass
class _Backup:
    """Memory: the names of all folders, tags, places and files, and one entry."""

    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen
    vault: Vault
    _named: dict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))  # by table and id
    _files: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))  # by entry

    def items(self, skip: int) -> Iterator[Item]:
        count = 0
        try:
            self._look_up()
            for table, row in self._rows():
                if table == "entries":
                    count += 1
                    found = list(self._entry(row, f"{self.file.locator}#{count}"))
                    if count > skip:
                        yield from found
                        if count % ITEMS_PER_CHECKPOINT == 0:
                            yield after(self.file, count)
        except XmlBroken as error:
            yield Problem(
                self.file.locator, "journal-broken", f"This backup cannot be read: {error}. Make another one."
            )
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This backup cannot be read ({why}).")
        else:
            if not count:
                yield Problem(self.file.locator, "empty", "There is no entry in this backup.")

    def _look_up(self) -> None:
        """What entries name by ids; of a broken file what comes before the break. Raises OSError."""
        with suppress(XmlBroken):
            for table, row in self._rows():
                if table == "attachments":
                    self._files[row.get("entry_uid", "")].append(row)
                elif table != "entries":
                    self._named[table][row.get("uid", "")] = row

    def _rows(self) -> Iterator[tuple[str, Row]]:
        """The rows of all tables with what each table is called. Raises XmlBroken, OSError."""
        table = ""
        with self.folder.open(self.file.locator) as opened:
            for event in stream(opened, _CONTAINERS):
                if isinstance(event, Opened) and event.name == "table":
                    table = event.attributes.get("name", "").removeprefix("diaro_")
                elif isinstance(event, Element):
                    yield table, {each.name: loose.text(each.text) for each in event.children}

    def _entry(self, row: Row, where: str) -> Iterator[Draft | Problem]:
        identifier, millis = row.get("uid", ""), loose.number(row.get("date"))
        instant = loose.instant_of_micros(millis * 1000) if millis else None
        if instant is None:
            yield Problem(where, "entry-broken", "The entry has no date that can be read.")
        elif row.get("archived") == "1":
            yield Problem(where, "trashed-at-source", "It was deleted in Diaro.")
        elif self.seen.number(identifier) > 1 and identifier:
            yield Problem(where, "twice", "The same entry came before in this import; it is kept once.")
        else:
            offset = _offset(row.get("tz_offset", ""))
            origin = "the entry's own date"
            said = TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, utc_offset_min=offset, origin=origin)
            yield from self._told(row, identifier or str(millis), said, where)

    def _told(self, row: Row, key: str, evidence: TimeEvidence, where: str) -> Iterator[Draft | Problem]:
        title, body, mood = row.get("title", ""), row.get("text", ""), row.get("mood", "")
        mood_name = self._named["moods"].get(mood, {}).get("title", "") or _MOODS.get(mood, "")
        media: list[MediaRef] = []
        for each in sorted(self._files.get(row.get("uid", ""), ()), key=_position)[:MOST_FILES]:
            name = PurePosixPath(each.get("filename", "")).name
            locator = self.vault.find(self.file.locator, f"media/{each.get('type', '')}/{name}") if name else None
            if locator is not None:
                media.append(MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=len(media), name=name))
            elif name:
                detail = "The entry has this file, but it is not here."
                yield Problem(f"{where}/{name}", "file-missing", detail)
        if not (title or body or media or mood_name):
            yield Problem(where, "empty", "The entry is empty.")
        elif len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"The entry has {len(body):,} characters; {fits}")
        else:
            tags = (
                self._named["tags"].get(each.strip(), {}).get("title", "") for each in row.get("tags", "").split(",")
            )
            yield Draft(
                source_key=source_key(key),
                kind=Kind.NOTE,
                title=title or ("" if body or media else f"Mood: {mood_name}"),
                body=body,
                evidence=(evidence,),
                place=_place(self._named["locations"].get(row.get("location_uid", ""), {})),
                tags=tuple(dict.fromkeys(filter(None, (*tags, *read_text(body).tags)))),
                mood=6 - int(mood) if mood in _MOODS else None,
                media=tuple(media),
                collections=(self._collection(row.get("folder_uid", "")),),
                extra=_extra(row, mood_name),
                raw=loose.record({name: value for name, value in row.items() if value}),
            )

    def _collection(self, identifier: str) -> CollectionRef:
        name = self._named["folders"].get(identifier, {}).get("title", "")
        key, name = (identifier, name) if name else ("diaro", "Diaro")
        return CollectionRef(key=key, name=name, kind=CollectionKind.JOURNAL)


def _position(row: Row) -> float:
    return loose.number(row.get("position")) or 0.0


def _offset(told: str) -> int | None:
    found = _OFFSET.fullmatch(told)
    minutes = int(found["hours"]) * 60 + int(found["minutes"]) if found else _FARTHEST_MIN + 1
    return None if found is None or minutes > _FARTHEST_MIN else -minutes if found["sign"] == "-" else minutes


def _place(row: Row) -> PlaceRef | None:
    lat, lon = loose.coordinates(row.get("lat"), row.get("lng"))
    title, address = row.get("title", ""), row.get("address", "")
    return loose.place_or_none(PlaceRef(lat=lat, lon=lon, name=title, address=address, key=row.get("uid", "")))


def _extra(row: Row, mood: str) -> Mapping[str, JSON]:
    """Without weather the temperature is a 0 that means nothing."""
    description, degrees = row.get("weather_description", ""), loose.number(row.get("weather_temperature"))
    found: dict[str, JSON] = {"mood": mood} if mood else {}
    if description or row.get("weather_icon"):
        found["weather"] = {"description": description, "degree_c": degrees}
    return found
