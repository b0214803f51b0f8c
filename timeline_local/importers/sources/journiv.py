"""Journiv's own export: one file of journals with their entries, and the media folder beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, PlaceRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.note_text import read_text

HEAD_BYTES = 8 * 1024
_KEPT = ("mood_log", "weather_json", "weather_summary", "prompt_text", "is_pinned", "word_count")


@dataclass(frozen=True, slots=True)
class Journiv:
    name: str = "journiv"
    title: str = "Journiv"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure when a file begins as Journiv's exports do."""
        found = next((file for file in folder.sample() if _is_export(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no export of Journiv in this folder.")
        return Recognition(0.95, "It holds an export of Journiv.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry, journal by journal."""
        for _, file, done in files_from(folder, _is_export, options, checkpoint):
            yield from _Export(folder, file, options).items(done)


def _is_export(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return b'"export_version"' in head and b'"app_version"' in head and b'"journals"' in head


@dataclass
class _Export:
    folder: Folder
    file: File
    options: ReadOptions

    def items(self, skip: int) -> Iterator[Item]:
        """Memory: one journal with its entries."""
        count, letters = 0, Letters(self.file.locator)
        try:
            for count, journal in enumerate(json_items(self.folder, self.file.locator, "journals.item", letters), 1):
                if count > skip:
                    yield from self._journal(loose.members(journal), count)
                    yield after(self.file, count)
        except BrokenJson as error:
            detail = f"After {count:,} journals this export cannot be read any further: {error}. Export it again."
            yield Problem(self.file.locator, "journal-broken", detail)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This export cannot be read ({why}).")
        yield from letters.told()

    def _journal(self, journal: Mapping[str, Any], number: int) -> Iterator[Item]:
        title = loose.text(journal.get("title")) or "Journiv"
        collection = CollectionRef(key=title, name=title, kind=CollectionKind.JOURNAL)
        for index, entry in enumerate(map(loose.members, loose.items(journal.get("entries"))), 1):
            yield from self._entry(entry, collection, f"{self.file.locator}#{number}.{index}")

    def _entry(self, entry: Mapping[str, Any], collection: CollectionRef, where: str) -> Iterator[Item]:
        when, created = _evidence(entry), loose.text(entry.get("created_at"))
        if when is None:
            yield Problem(where, "entry-broken", "The entry has no date that can be read.")
            return
        media: list[MediaRef] = []
        for told in map(loose.members, loose.items(entry.get("media"))):
            locator = self._find(told)
            name = loose.text(told.get("filename"))
            if locator is None:
                yield Problem(f"{where}/{name}", "file-missing", "The entry names this file, but it is not here.")
            else:
                media.append(
                    MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=len(media), name=name or locator)
                )
        note = read_text(loose.text(entry.get("content")))
        title = loose.text(entry.get("title")) or note.heading
        body = (note.rest if title == note.heading else note.body).strip("\n")
        if not (title or body or media):
            yield Problem(where, "empty", "The entry is empty.")
        elif len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"The entry has {len(body):,} characters; {fits}")
        else:
            yield Draft(
                source_key=f"{collection.key}/{created or when.origin + str(when.instant or when.local_at)}",
                kind=Kind.NOTE,
                title=title,
                body=body,
                evidence=(when,),
                place=_place(entry),
                tags=loose.texts(entry.get("tags")),
                media=tuple(media),
                collections=(collection,),
                extra={name: entry[name] for name in _KEPT if entry.get(name)},
                raw=loose.record(entry),
            )

    def _find(self, told: Mapping[str, Any]) -> str | None:
        """A file of the export by its path there, else by its name anywhere below the export."""
        path = loose.text(told.get("file_path"))
        names = [PurePosixPath(path).name, loose.text(told.get("filename"))]
        found = [locator for name in names if name for locator in self._files.get(name, ())]
        exact = [locator for locator in found if path and locator.endswith(path)]
        return next(iter(exact or found), None)

    @cached_property
    def _files(self) -> Mapping[str, list[str]]:
        parent = self.file.locator.rpartition("/")[0]
        found: dict[str, list[str]] = {}
        for listing in self.folder.walk(after=parent):
            if isinstance(listing, Listing) and listing.locator.startswith(parent):
                for file in listing.files:
                    found.setdefault(file.name, []).append(file.locator)
        return found


def _evidence(entry: Mapping[str, Any]) -> TimeEvidence | None:
    """The instant in the zone it was written in; an entry that has only a day is a day."""
    instant, zone = loose.instant(entry.get("entry_datetime_utc")), loose.zone(entry.get("entry_timezone"))
    if instant is not None:
        return TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, zone=zone, origin="entry_datetime_utc")
    try:
        day = date.fromisoformat(loose.text(entry.get("entry_date"))[:10])
    except ValueError:
        return None
    local_at = datetime.combine(day, datetime.min.time())
    return TimeEvidence(
        basis=TimeBasis.SOURCE, local_at=local_at, zone=zone, precision=Precision.DAY, origin="entry_date"
    )


def _place(entry: Mapping[str, Any]) -> PlaceRef | None:
    told = loose.members(entry.get("location_json"))
    lat, lon = loose.coordinates(
        entry.get("latitude", told.get("latitude")), entry.get("longitude", told.get("longitude"))
    )
    place = PlaceRef(
        lat=lat,
        lon=lon,
        name=loose.text(told.get("name")),
        address=loose.text(told.get("street")),
        city=loose.text(told.get("locality")),
        region=loose.text(told.get("admin_area")),
        country=loose.text(told.get("country")),
    )
    return loose.place_or_none(place)
