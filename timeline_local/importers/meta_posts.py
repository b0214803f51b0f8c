"""What posts on Facebook and Instagram have in common: seconds since 1970, files named from the export's root on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import JSON, PlaceRef, Problem
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.conversations import Attached, is_there
from timeline_local.importers.meta_chats import words

HEAD_BYTES = 8 * 1024
ITEMS_PER_CHECKPOINT = 200
_MENTION = re.compile(r"@\[\d+:\d+:(?P<name>[^\]]{1,200})\]")


@dataclass
class Files:
    """Finds the files of an export, also where its zips lie beside each other or its outer folders were taken off."""

    folder: Folder

    def locate(self, home: str, uri: str) -> str:
        """The locator of what a file in the folder `home` calls `uri`; "" if it is not here."""
        path = str(PurePosixPath(uri.lstrip("/")))
        parts = PurePosixPath(home).parts if home else ()
        above = ("/".join((*parts[:depth], path)) for depth in range(len(parts), -1, -1))
        found = next((each for each in above if is_there(self.folder, each)), "")
        if found:
            return found
        named = self._by_name.get(path.rpartition("/")[2], ())
        return next((each for each in named if each.endswith(f"/{path}")), "")

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                if not file.name.lower().endswith((".json", ".html")):
                    found.setdefault(file.name, []).append(file.locator)
        return found


@dataclass(slots=True)
class Pictures:
    """The files of one post as they are found, with what is said of them."""

    files: Files
    home: str
    attached: Attached
    captions: dict[str, JSON] = field(default_factory=dict)
    place: PlaceRef | None = None
    uris: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, files: Files, file: File, where: str) -> Pictures:
        return cls(files, file.locator.rpartition("/")[0], Attached(files.folder, where, "post"))

    def add(self, told: Mapping[str, Any]) -> None:
        """One file with its caption and the place where it was taken."""
        uri = words(told.get("uri"))
        if not uri:
            return
        name = PurePosixPath(uri).name
        if "://" in uri:
            self.attached.lacks(name)
            return
        self.uris.append(uri)
        self.attached.add(self.files.locate(self.home, uri) or uri)
        caption = words(told.get("description")) or words(told.get("title"))
        if caption:
            self.captions[name] = caption
        self.place = self.place or place_of_file(told)


def evidence_at(seconds: object, origin: str) -> TimeEvidence | None:
    """Seconds since 1970; 0, and what is before all years, is no date."""
    at = instant_of_seconds(seconds)
    return None if at is None else TimeEvidence(basis=TimeBasis.SOURCE, instant=at, origin=origin)


def instant_of_seconds(value: object) -> datetime | None:
    found = loose.number(value)
    return loose.instant_of_micros(found * 1_000_000) if found else None


def taken_at(told: Mapping[str, Any]) -> datetime | None:
    """When a picture was taken: what it said itself before Meta took its own record out of it."""
    found = (instant_of_seconds(each.get("taken_timestamp")) for each in _records(told))
    return next((each for each in found if each is not None), None)


def place_of_file(told: Mapping[str, Any]) -> PlaceRef | None:
    """Where a picture was taken."""
    for each in _records(told):
        lat, lon = loose.coordinates(each.get("latitude"), each.get("longitude"))
        if lat is not None:
            return PlaceRef(lat=lat, lon=lon)
    return None


def named_place(told: Mapping[str, Any]) -> PlaceRef | None:
    """A place that was chosen from Meta's list."""
    point = loose.members(told.get("coordinate"))
    lat, lon = loose.coordinates(point.get("latitude"), point.get("longitude"))
    return loose.place_or_none(
        PlaceRef(lat=lat, lon=lon, name=words(told.get("name")), address=words(told.get("address")))
    )


def without_numbers(text: str) -> tuple[str, list[str]]:
    """A text with the names of whom it mentions, which stand there with their numbers; and these names."""
    return _MENTION.sub(r"\g<name>", text), [each["name"] for each in _MENTION.finditer(text)]


def is_bare(where: str, said: str) -> Problem:
    """What is said of a post without anything of its own in it."""
    more = f': only "{said[:200]}"' if said else ""
    return Problem(where, "empty", f"This post holds neither words nor a file, a link or a place{more}.")


def _records(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    about = loose.members(told.get("media_metadata"))
    for each in ("photo_metadata", "video_metadata"):
        part = loose.members(about.get(each))
        yield from map(loose.members, loose.items(part.get("exif_data")))
        yield part  # before 2019 it stood there itself
