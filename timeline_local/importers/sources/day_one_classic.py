"""Day One Classic: a folder called `….dayone` with a property list for each entry and its photo beside them."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from xml.parsers.expat import ExpatError

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, PlaceRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing, natural_key
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.encodings import clean
from timeline_local.importers.note_text import read_text

MAX_ENTRY_BYTES = 4 * 1024 * 1024
ITEMS_PER_CHECKPOINT = 100

_PICTURES = (".jpg", ".jpeg", ".png")
_KEPT = ("Weather", "Activity", "Music", "Creator", "Step Count")


@dataclass(frozen=True, slots=True)
class DayOneClassic:
    name: str = "day_one_classic"
    title: str = "Day One Classic"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one entry is found."""
        if not any(_is_entry(file) for file in folder.sample()):
            return Recognition(0.0, "There are no entries of Day One Classic in this folder.")
        return Recognition(0.95, "It holds a journal of Day One Classic.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry, with its photo."""
        start = checkpoint if isinstance(checkpoint, dict) else {}
        after_folder, after_file = str(start.get("folder", "")), str(start.get("file", ""))
        for listing in folder.walk(after=after_folder):
            entries = [file for file in listing.files if _is_entry(file)] if isinstance(listing, Listing) else []
            if isinstance(listing, Problem) or not entries:
                continue
            options.claimed.update(file.locator for file in entries)
            photos = _photos(folder, listing.locator)
            after = natural_key(after_file) if listing.locator == after_folder and after_file else ()
            for count, file in enumerate(entries, 1):
                if natural_key(file.name) <= after:
                    continue
                yield _read_entry(folder, file, photos, options)
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield Checkpoint({"folder": listing.locator, "file": file.name})
            yield Checkpoint({"folder": listing.locator, "file": entries[-1].name})


def _is_entry(file: File) -> bool:
    return file.name.lower().endswith(".doentry")


def _photos(folder: Folder, entries: str) -> Mapping[str, str]:
    """The locators of the photos beside a folder of entries, by the id of their entry."""
    parent = entries.rpartition("/")[0]
    wanted = f"{parent}/photos" if parent else "photos"
    for listing in folder.walk(after=wanted):
        if isinstance(listing, Listing):
            files = listing.files if listing.locator == wanted else ()
            return {PurePosixPath(file.name).stem.upper(): file.locator for file in files if _is_picture(file)}
    return {}


def _is_picture(file: File) -> bool:
    return file.name.lower().endswith(_PICTURES)


def _read_entry(folder: Folder, file: File, photos: Mapping[str, str], options: ReadOptions) -> Item:
    try:
        data = folder.read(file.locator, limit=MAX_ENTRY_BYTES)
        entry = plistlib.loads(data)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        return Problem(file.locator, "unreadable", f"This file cannot be read ({why}).")
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, OverflowError, RecursionError, ExpatError):
        # plistlib raises what its reader happens to stumble over
        return Problem(file.locator, "entry-broken", "This is no entry that can be read.")
    if not isinstance(entry, dict):
        return Problem(file.locator, "entry-broken", "This is no entry that can be read.")
    return _draft(file, entry, data, photos, options)


def _draft(file: File, entry: Mapping[str, Any], data: bytes, photos: Mapping[str, str], options: ReadOptions) -> Item:
    identifier = str(entry.get("UUID") or PurePosixPath(file.name).stem).upper()
    when = _evidence(entry)
    if when is None:
        return Problem(file.locator, "entry-broken", "The entry has no date that can be read.")
    text = clean(str(entry.get("Entry Text") or "")).strip()
    if len(text) > options.note_characters:
        fits = f"at most {options.note_characters:,} fit. Split it, then import again."
        return Problem(file.locator, "note-too-long", f"The entry has {len(text):,} characters; {fits}")
    photo = photos.get(identifier)
    shown = (
        () if photo is None else (MediaRef(locator=photo, role=MediaRole.ATTACHMENT, name=photo.rpartition("/")[2]),)
    )
    if not text and photo is None:
        return Problem(file.locator, "empty", "The entry has neither text nor a photo.")
    note = read_text(text)
    journal = _journal(file.locator)
    return Draft(
        source_key=identifier,
        kind=Kind.NOTE,
        title=note.heading,
        body=(note.rest if note.heading else text).strip("\n"),
        evidence=(when,),
        place=_place(entry.get("Location")),
        tags=loose.texts(entry.get("Tags")),
        favourite=entry.get("Starred") is True,
        media=shown,
        collections=(CollectionRef(key=journal, name=journal, kind=CollectionKind.JOURNAL),),
        extra={name: _plain(entry[name]) for name in _KEPT if entry.get(name)},
        raw=data,
    )


def _evidence(entry: Mapping[str, Any]) -> TimeEvidence | None:
    created = entry.get("Creation Date")
    if not isinstance(created, datetime):
        return None
    return TimeEvidence(
        basis=TimeBasis.SOURCE,
        instant=created.replace(tzinfo=UTC),
        zone=loose.zone(entry.get("Time Zone")),
        origin="Creation Date of the entry",
    )


def _journal(locator: str) -> str:
    """The name of the journal: its folder is called Name.dayone."""
    parts = PurePosixPath(locator).parts
    named = next((part for part in reversed(parts) if part.lower().endswith(".dayone")), "")
    return named[: -len(".dayone")] or "Day One"


def _place(value: object) -> PlaceRef | None:
    told = loose.members(value)
    lat, lon = loose.coordinates(told.get("Latitude"), told.get("Longitude"))
    place = PlaceRef(
        lat=lat,
        lon=lon,
        name=loose.text(told.get("Place Name")),
        city=loose.text(told.get("Locality")),
        region=loose.text(told.get("Administrative Area")),
        country=loose.text(told.get("Country")),
    )
    return loose.place_or_none(place)


def _plain(value: object) -> JSON:
    """As JSON: dates and bytes of a property list are told as text."""
    if isinstance(value, dict):
        return {clean(str(name)): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, bool | int | str) or value is None:
        return clean(value) if isinstance(value, str) else value
    return clean(str(value))
