"""Day One's JSON export: a file for each journal, its photos, videos, recordings and documents in folders beside it.

An entry is a note at an instant in a named zone; an all-day entry is a day there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    MediaRef,
    PlaceRef,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import day_one_text, loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.note_text import read_text

HEAD_BYTES = 64 * 1024
ITEMS_PER_CHECKPOINT = 100
LONGEST_TEXT = 1_000_000  # characters that are looked through for what is escaped

# The lists of an entry, the folder each one's files lie in, and what a file is called that does not say its type.
_OFFSET = re.compile(r"(?:GMT|UTC)(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?", re.ASCII)
_FARTHEST = 14 * 60  # minutes of any zone from Greenwich
_MEDIA = (
    ("photos", "photos", "jpeg"),
    ("videos", "videos", "mov"),
    ("audios", "audios", "m4a"),
    ("pdfAttachments", "pdfs", "pdf"),
)
_FIELDS = (b'"creationDate"', b'"richText"', b'"creationDevice"')  # at least one of them stands in every entry
_BEFORE = b"\xef\xbb\xbf{ \t\r\n"
_KEPT = ("weather", "userActivity", "music", "isPinned", "creationDevice", "template")


@dataclass(frozen=True, slots=True)
class DayOne:
    name: str = "day_one"
    title: str = "Day One"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one journal is found; its name may be anything."""
        found = next((file for file in folder.sample() if _is_journal(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no journal of a Day One JSON export in this folder.")
        return Recognition(0.95, f"It holds a Day One export, the journal {_name_of(found.locator)} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry, journal by journal."""
        for _, file, done in files_from(folder, _is_journal, options, checkpoint):
            yield from _Journal(folder, file, options).items(done)


def _is_journal(folder: Folder, file: File) -> bool:
    """Whether it begins as journals do. The text of a first entry may be long, so any of its other fields will do.

    A file that ends before these is a journal that was cut off: it is read to say so.
    """
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    is_ours = b'"metadata"' in head or (b'"uuid"' in head and b'"creationDate"' in head)
    is_list = b'"entries"' in head and is_ours
    is_begun = head.lstrip(_BEFORE).startswith(b'"metadata"')
    is_cut = is_begun and file.size < HEAD_BYTES and not head.rstrip().endswith(b"}")
    return is_list and (is_cut or any(name in head for name in _FIELDS))


def _name_of(locator: str) -> str:
    return PurePosixPath(locator).stem


@dataclass
class _Journal:
    """One file of entries and the files beside it."""

    folder: Folder
    file: File
    options: ReadOptions

    def items(self, skip: int) -> Iterator[Item]:
        count, letters = 0, Letters(self.file.locator)
        try:
            for count, entry in enumerate(json_items(self.folder, self.file.locator, "entries.item", letters), 1):
                if count > skip:
                    yield from self._entry(entry, count)
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except BrokenJson as error:
            detail = f"After {count:,} entries this journal cannot be read any further: {error}. Export it again."
            yield Problem(self.file.locator, "journal-broken", detail)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This journal cannot be read ({why}).")
        yield from letters.told()
        yield after(self.file, count)

    def _entry(self, entry: object, number: int) -> Iterator[Item]:
        where = f"{self.file.locator}#{number}"
        if not isinstance(entry, dict):
            yield Problem(where, "entry-broken", "This is no entry of a journal.")
            return
        identifier = entry.get("uuid")
        evidence = _evidence(entry)
        if not isinstance(identifier, str) or not identifier or not evidence:
            yield Problem(where, "entry-broken", "The entry has no id or no date that can be read.")
            return
        media, missing = self._media(entry, where)
        yield from missing
        if _length(entry) > LONGEST_TEXT:
            yield Problem(where, "note-too-long", "The entry is longer than any diary's. Split it in Day One.")
            return
        body = _body(entry, frozenset(each for each, _ in media))
        if not body and not media:
            yield Problem(where, "empty", "The entry has neither text nor files.")
        elif len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit. Split it in Day One, then export again."
            yield Problem(where, "note-too-long", f"The entry has {len(body):,} characters; {fits}")
        else:
            yield self._draft(entry, identifier.upper(), body, evidence, tuple(ref for _, ref in media))

    def _draft(
        self,
        entry: Mapping[str, Any],
        identifier: str,
        body: str,
        evidence: tuple[TimeEvidence, ...],
        media: tuple[MediaRef, ...],
    ) -> Draft:
        note = read_text(body)
        journal = _name_of(self.file.locator)
        linked = (each for each in day_one_text.linked_entries(body) if each != identifier)
        return Draft(
            source_key=identifier,
            kind=Kind.NOTE,
            title=note.heading,
            body=(note.rest if note.heading else body).strip("\n"),
            evidence=evidence,
            place=_place(entry.get("location")),
            tags=loose.texts(entry.get("tags")),
            favourite=entry.get("starred") is True,
            media=media,
            collections=(CollectionRef(key=journal, name=journal, kind=CollectionKind.JOURNAL),),
            relations=tuple(RelationRef(kind=RelationKind.RELATED, source_key=each) for each in linked),
            extra={name: entry[name] for name in _KEPT if entry.get(name)},
            raw=loose.record(entry),
        )

    def _media(self, entry: Mapping[str, Any], where: str) -> tuple[list[tuple[str, MediaRef]], list[Problem]]:
        """The files of an entry that are here, with the ids its text shows them by, in its order; and the others."""
        named = [(kind, each) for kind in _MEDIA for each in loose.items(entry.get(kind[0])) if isinstance(each, dict)]
        named.sort(key=lambda pair: order if isinstance(order := pair[1].get("orderInEntry"), int) else 0)
        found: list[tuple[str, MediaRef]] = []
        missing: list[Problem] = []
        for (_, folder, extension), each in named:
            locator = self._locator(folder, each, extension)
            if locator is None:
                name = f"{folder}/{each.get('md5') or each.get('identifier')}"
                missing.append(
                    Problem(f"{where}/{name}", "file-missing", "The export names this file but does not hold it.")
                )
                continue
            name = loose.text(each.get("filename")) or PurePosixPath(locator).name
            ref = MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=len(found), name=name)
            found.append((str(each.get("identifier")), ref))
        return found, missing

    def _locator(self, folder: str, media: Mapping[str, Any], extension: str) -> str | None:
        """Files are called after the MD5 of their bytes; the type may be missing, or not be what the name ends in."""
        here = self._files.get(folder, {})
        for stem in (media.get("md5"), media.get("identifier")):
            names = here.get(stem.lower(), ()) if isinstance(stem, str) else ()
            wanted = str(media.get("type") or extension).lower()
            if names:
                return min(names, key=lambda name: (PurePosixPath(name).suffix.lower() != f".{wanted}", name))
        return None

    @cached_property
    def _files(self) -> Mapping[str, Mapping[str, list[str]]]:
        """The locators of the files beside the journal, by folder and stem."""
        parent = self.file.locator.rpartition("/")[0]
        folders = {f"{parent}/{folder}" if parent else folder: folder for _, folder, _ in _MEDIA}
        found: dict[str, dict[str, list[str]]] = {}
        for listing in self.folder.walk(after=parent):
            if isinstance(listing, Listing) and listing.locator in folders:
                stems = found.setdefault(folders[listing.locator], {})
                for file in listing.files:
                    stems.setdefault(PurePosixPath(file.name).stem.lower(), []).append(file.locator)
        return found


def _evidence(entry: Mapping[str, Any]) -> tuple[TimeEvidence, ...]:
    """When the entry is about: an instant in the zone it was written in, or the day it was there."""
    created = entry.get("creationDate")
    ms = None if isinstance(created, str) else loose.number(created)  # some tools write these
    instant = loose.instant(created) if ms is None else loose.instant_of_micros(ms * 1000)
    if instant is None:
        return ()
    zone = loose.zone(entry.get("timeZone")) or loose.zone(loose.members(entry.get("location")).get("timeZoneName"))
    origin = "creationDate of the entry"
    if entry.get("isAllDay") is True and zone is not None:
        midnight = instant.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        day = TimeEvidence(basis=TimeBasis.SOURCE, local_at=midnight, zone=zone, precision=Precision.DAY, origin=origin)
        return (day,)
    offset = _offset(loose.text(entry.get("timeZone"))) if zone is None else None
    return (TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, zone=zone, utc_offset_min=offset, origin=origin),)


def _offset(told: str) -> int | None:
    """Minutes east of Greenwich; some entries have "GMT+1200" where others name a zone."""
    found = _OFFSET.fullmatch(told)
    if found is None:
        return None
    minutes = int(found["hours"]) * 60 + int(found["minutes"] or 0)
    return (-minutes if found["sign"] == "-" else minutes) if minutes <= _FARTHEST else None


def _body(entry: Mapping[str, Any], here: frozenset[str]) -> str:
    text = entry.get("text")
    if isinstance(text, str) and text.strip():
        body = day_one_text.plain_markdown(loose.text(text))
    else:
        body = loose.text(day_one_text.from_rich_text(_rich(entry.get("richText"))))
    return day_one_text.without_moments(body, here.__contains__)


def _length(entry: Mapping[str, Any]) -> int:
    return max(len(value) if isinstance(value := entry.get(name), str) else 0 for name in ("text", "richText"))


def _rich(value: object) -> Mapping[str, Any]:
    try:
        found = loose.document(value) if isinstance(value, str) else None
    except ValueError:
        return {}
    return loose.members(found)


def _place(value: object) -> PlaceRef | None:
    told = loose.members(value)
    lat, lon = loose.coordinates(told.get("latitude"), told.get("longitude"))
    place = PlaceRef(
        lat=lat,
        lon=lon,
        name=loose.text(told.get("userLabel")) or loose.text(told.get("placeName")),
        city=loose.text(told.get("localityName")),
        region=loose.text(told.get("administrativeArea")),
        country=loose.text(told.get("country")),
    )
    return loose.place_or_none(place)
