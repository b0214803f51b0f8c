"""Journiv's own export: one file of journals and what was written in them, and the media folder beside it.

In exports of version 1.0 entries stand in their journals; in those of 1.4 a list of moments stands beside the journals,
each with its mood, its files, and perhaps an entry that names its journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
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
from timeline_local.importers.quill import delta_text

HEAD_BYTES = 8 * 1024
MOMENTS_PER_CHECKPOINT = 200
NO_JOURNAL = "Journiv"
_MOOD = "primary_mood_name"
_KEPT = (
    "mood_log", "mood_logs", _MOOD, "mood_activity", "weather_json", "weather_summary", "prompt_text", "is_pinned",
    "is_draft", "word_count", "note",
)  # fmt: skip
# What a moment calls otherwise than an entry does, and called in versions between.
_OF_MOMENT = {
    "entry_datetime_utc": ("logged_at_utc", "logged_at"),
    "entry_date": ("logged_date_tz", "logged_date"),
    "entry_timezone": ("logged_timezone",),
    "location_json": ("location_json", "location_data"),
    "weather_json": ("weather_json", "weather_data"),
}


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
        """One draft for each entry, journal by journal, and for each moment."""
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
    _moods: Mapping[str, int] = field(default_factory=dict)

    def items(self, skip: int) -> Iterator[Item]:
        """Memory: one journal with its entries, and the names of all."""
        letters = Letters(self.file.locator)
        try:
            yield from self._told(skip, letters)
        except BrokenJson as error:
            detail = f"This export cannot be read any further: {error}. Export it again."
            yield Problem(self.file.locator, "journal-broken", detail)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This export cannot be read ({why}).")
        yield from letters.told()

    def _told(self, skip: int, letters: Letters) -> Iterator[Item]:
        """Every journal with its entries, then every moment; `skip` counts both."""
        self._moods = _scores(json_items(self.folder, self.file.locator, "mood_definitions.item"))
        count, named = 0, dict[str, CollectionRef]()
        for count, told in enumerate(json_items(self.folder, self.file.locator, "journals.item", letters), 1):
            journal = loose.members(told)
            collection = _collection(loose.text(journal.get("title")))
            if journal.get("external_id"):
                named[loose.text(journal["external_id"])] = collection
            if count > skip:
                for index, entry in enumerate(map(loose.members, loose.items(journal.get("entries"))), 1):
                    yield from self._entry(entry, collection, f"{self.file.locator}#{count}.{index}")
                yield after(self.file, count)
        for number, told in enumerate(json_items(self.folder, self.file.locator, "moments.item", letters), 1):
            if count + number <= skip:
                continue
            entry = _of_moment(loose.members(told))
            collection = named.get(loose.text(entry.get("journal_external_id")), _collection(""))
            yield from self._entry(entry, collection, f"{self.file.locator}#moment {number}")
            if number % MOMENTS_PER_CHECKPOINT == 0:
                yield after(self.file, count + number)

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
        note, mood = read_text(_text(entry)), loose.text(entry.get(_MOOD))
        title = loose.text(entry.get("title")) or note.heading
        if mood and not (title or note.body or media):
            title = f"Mood: {mood}"
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
                mood=self._moods.get(mood),
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


def _scores(definitions: Iterator[Any]) -> Mapping[str, int]:
    """How good the moods are that have a score, 1 to 5; of a broken file those before the break."""
    found: dict[str, int] = {}
    with suppress(BrokenJson):
        for each in map(loose.members, definitions):
            score = each.get("score")
            if isinstance(score, int) and 1 <= score <= 5:  # noqa: PLR2004
                found[loose.text(each.get("name"))] = score
    return found


def _collection(title: str) -> CollectionRef:
    name = title or NO_JOURNAL
    return CollectionRef(key=name, name=name, kind=CollectionKind.JOURNAL)


def _of_moment(moment: Mapping[str, Any]) -> Mapping[str, Any]:
    """A moment with the entry in it as entries were before there were moments."""
    told = {name: value for name, value in moment.items() if name != "entry"} | dict(loose.members(moment.get("entry")))
    for name, others in _OF_MOMENT.items():
        told[name] = next((moment[other] for other in others if moment.get(other) is not None), None)
    return told


def _text(entry: Mapping[str, Any]) -> str:
    """As Markdown, else as plain text; of a moment without an entry the words beside its mood."""
    told = (loose.text(entry.get("content")), delta_text(entry.get("content_delta")))
    plain = (loose.text(entry.get(name)) for name in ("content_plain_text", "note"))
    return next(filter(None, (*told, *plain)), "")


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
