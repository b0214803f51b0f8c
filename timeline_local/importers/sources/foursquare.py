"""Swarm and Foursquare: check-ins, visits and tips of the data download, and check-ins as the API gives them.

A check-in has its instant in UTC, and beside it how many minutes the clock there was ahead.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from timeline_local.domain.drafts import JSON, Draft, MediaRef, PersonRef, PlaceRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.domain.zones import MAX_OFFSET_MIN
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_from
from timeline_local.importers.files import extension
from timeline_local.importers.item_reading import read_items
from timeline_local.importers.json_stream import BrokenJson, json_items
from timeline_local.importers.photo_groups import is_media
from timeline_local.importers.seen import Seen
from timeline_local.importers.tracks import ProblemLog

HEAD_BYTES = 64 * 1024
MAX_USERS_BYTES = 16 * 1024 * 1024
CHECKINS, VISITS, TIPS, GUESSES = "checkins", "visits", "tips", "guesses"

_CHECKIN = re.compile(rb'"type"\s*:\s*"checkin"')
_SIGNS = {
    VISITS: (b'"timeArrived"', b'"locationType"'),
    GUESSES: (b'"startTime"', b'"venueId"', b'"endTime"'),
    TIPS: (b'"createdAt"', b'"text"', b"foursquare.com/item/"),
}
_PHOTOS = re.compile(r"photos\d*\.json", re.ASCII | re.IGNORECASE)
_USERS = "users.json"
_LISTS = ("items.item", "response.checkins.items.item", "item", "checkins.items.item")
_MICROS = 1_000_000
_HINT = "This is account data of Foursquare without check-ins. Choose the whole download, in which checkins1.json lies."
# What else the download holds.
_OTHERS = frozenset(
    "comments.json expertise.json lists.json shares.json users.json venueratings.json plans.json devices.json"  # noqa: SIM905
    " paymentprofiles.json friends.json".split()
)


@dataclass(frozen=True, slots=True)
class Foursquare:
    name: str = "foursquare"
    title: str = "Swarm (Foursquare)"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one file lists check-ins, visits or tips, whatever it is called."""
        sample = folder.sample()
        found = next((file for file in sample if _is_ours(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds check-ins of Swarm or Foursquare, {found.name}.")
        others = sum(file.name.lower() in _OTHERS for file in sample)
        return Recognition(0.0, "There are no check-ins of Swarm here.", _HINT if others > 3 else "")  # noqa: PLR2004

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each check-in, visit and tip, file by file."""
        reading = _Reading(folder)
        for listing, file, done in files_from(folder, _is_ours, options, checkpoint):
            reading.gather(listing, options)
            form, log = _form(folder, file), ProblemLog(file.locator)
            if form == GUESSES:
                detail = "These are places that Swarm guessed and you never confirmed; they are not taken."
                yield Problem(file.locator, "unsupported", detail)
                continue
            with closing(json_items(folder, file.locator, _prefix(folder, file), log.letters)) as values:
                yield from read_items(file, values, done, log, _Items(reading, form, log).read)


def _form(folder: Folder, file: File) -> str:
    """Which list a file holds, "" for none."""
    if extension(file.name) != "json":
        return ""
    head = folder.head(file.locator, HEAD_BYTES)
    if b'"createdAt"' in head and _CHECKIN.search(head):
        return CHECKINS
    return next((form for form, signs in _SIGNS.items() if all(sign in head for sign in signs)), "")


def _is_ours(folder: Folder, file: File) -> bool:
    return bool(_form(folder, file))


def _prefix(folder: Folder, file: File) -> str:
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"["):
        return "item"
    first = re.search(rb'"(response|checkins|items)"', head)
    key = first[1].decode() if first else "items"
    return next(each for each in _LISTS if each.partition(".")[0] == key)


@dataclass(slots=True)
class _Reading:
    """What belongs to all files: names of people, and pictures by the number of their check-in."""

    folder: Folder
    names: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, list[File]] = field(default_factory=lambda: defaultdict(list))
    seen: Seen = field(default_factory=Seen)
    gathered: set[str] = field(default_factory=set)

    def gather(self, listing: Listing, options: ReadOptions) -> None:
        """Look at what lies beside a list, once for each folder."""
        if listing.locator in self.gathered:
            return
        self.gathered.add(listing.locator)
        pictures = {file.name: file for file in self._below(listing.locator) if is_media(file.name)}
        for file in listing.files:
            if _PHOTOS.fullmatch(file.name):
                options.claimed.add(file.locator)
                self._photos(file, pictures, options)
            elif file.name.lower() == _USERS:
                options.claimed.add(file.locator)
                self._users(file)

    def _below(self, locator: str) -> Iterator[File]:
        for listing in self.folder.walk(after=locator):
            if isinstance(listing, Listing):
                if locator and listing.locator != locator and not listing.locator.startswith(f"{locator}/"):
                    return
                yield from listing.files

    def _photos(self, file: File, pictures: Mapping[str, File], options: ReadOptions) -> None:
        with suppress(OSError, BrokenJson), closing(json_items(self.folder, file.locator, "items.item")) as told:
            for each in map(loose.members, told):
                name = loose.text(each.get("suffix")).rpartition("/")[2]
                whose = loose.text(each.get("relatedItemUrl")).rstrip("/").rpartition("/")[2]
                if name in pictures and whose:
                    self.pictures[whose].append(pictures[name])
                    options.claimed.add(pictures[name].locator)

    def _users(self, file: File) -> None:
        with suppress(OSError, ValueError):
            said = loose.members(loose.document(self.folder.read(file.locator, limit=MAX_USERS_BYTES)))
            for group in map(loose.members, said.values()):
                for each in map(loose.members, loose.items(group.get("items"))):
                    self.names[loose.spelled(each.get("id"))] = _name(each)


@dataclass(slots=True)
class _Items:
    """The reading of one list."""

    reading: _Reading
    form: str
    log: ProblemLog

    def read(self, count: int, value: object) -> Iterator[Found]:
        said = loose.members(value)
        number = loose.spelled(said.get("id"))
        begins = "timeArrived" if self.form == VISITS else "createdAt"
        at = _instant(said.get(begins))
        if at is None or not number:
            yield from self.log.note(str(count), "no-time", "This has no number, or no time that can be read.")
            return
        key = f"{self.form.removesuffix('s')}:{number}"
        if self.reading.seen.number(key) > 1:
            yield from self.log.note(str(count), "twice", "It stands in another file of this download, too.")
            return
        yield self._visit(key, said, at) if self.form == VISITS else self._checkin(key, number, said, at)

    def _visit(self, key: str, said: Mapping[str, Any], at: datetime) -> Draft:
        lat, lon = loose.coordinates(said.get("latitude"), said.get("longitude"))
        until = _instant(said.get("timeDeparted"))
        return Draft(
            source_key=key,
            kind=Kind.VISIT,
            evidence=(_evidence(said, at, until),),
            place=loose.place_or_none(
                PlaceRef(
                    lat=lat,
                    lon=lon,
                    city=loose.text(said.get("city")),
                    region=loose.text(said.get("state")),
                    country=loose.text(said.get("countryCode")),
                    kind=loose.text(said.get("locationType")).lower(),
                )
            ),
            raw=loose.record(said),
        )

    def _checkin(self, key: str, number: str, said: Mapping[str, Any], at: datetime) -> Draft:
        place = _place(said)
        return Draft(
            source_key=key,
            kind=Kind.POST if self.form == TIPS else Kind.VISIT,
            title=place.name if place else "",
            body=loose.text(said.get("shout")) or loose.text(said.get("text")),
            evidence=(_evidence(said, at, None),),
            place=place,
            people=self._people(said),
            media=tuple(
                MediaRef(locator=file.locator, role=MediaRole.ATTACHMENT, position=position, name=file.name)
                for position, file in enumerate(self.reading.pictures.get(number, ()))
            ),
            extra=_extra(said),
            raw=loose.record(said),
        )

    def _people(self, said: Mapping[str, Any]) -> tuple[PersonRef, ...]:
        """Who was there: named, or by the number that the words mention."""
        told = {
            loose.spelled(each.get("id")): _name(each) for each in map(loose.members, loose.items(said.get("with")))
        }
        for each in map(loose.members, loose.items(said.get("entities"))):
            number = loose.spelled(each.get("id"))
            if loose.text(each.get("type")) == "user" and number not in told:
                told[number] = self.reading.names.get(number, "")
        return tuple(
            PersonRef(name=name, kind="foursquare", value=number) for number, name in told.items() if number and name
        )


def _name(person: Mapping[str, Any]) -> str:
    return f"{loose.text(person.get('firstName'))} {loose.text(person.get('lastName'))}".strip()


def _instant(value: object) -> datetime | None:
    """Seconds since 1970, or "2023-11-14 22:18:20.000000", which is UTC."""
    if isinstance(value, str):
        found = read_instant(value)
        return found[0] if found else None
    seconds = loose.number(value)
    return loose.instant_of_micros(seconds * _MICROS) if seconds else None


def _evidence(said: Mapping[str, Any], at: datetime, until: datetime | None) -> TimeEvidence:
    minutes = loose.number(said.get("timeZoneOffset"))
    is_offset = minutes is not None and abs(minutes) <= MAX_OFFSET_MIN
    return TimeEvidence(
        basis=TimeBasis.SOURCE,
        instant=at,
        utc_offset_min=int(minutes) if is_offset and minutes is not None else None,
        until=until if until is not None and until > at else None,
        origin="Swarm",
    )


def _place(said: Mapping[str, Any]) -> PlaceRef | None:
    venue = loose.members(said.get("venue"))
    where = loose.members(venue.get("location"))
    lat, lon = loose.coordinates(where.get("lat"), where.get("lng"))
    if lat is None:
        lat, lon = loose.coordinates(said.get("lat"), said.get("lng"))
    kinds = [loose.text(loose.members(each).get("name")) for each in loose.items(venue.get("categories"))]
    return loose.place_or_none(
        PlaceRef(
            lat=lat,
            lon=lon,
            name=loose.text(venue.get("name")),
            city=loose.text(where.get("city")),
            region=loose.text(where.get("state")),
            country=loose.text(where.get("cc")) or loose.text(where.get("country")),
            address=loose.text(where.get("address")),
            kind=next(filter(None, kinds), "").lower(),
            key=loose.text(venue.get("id")),
        )
    )


def _extra(said: Mapping[str, Any]) -> dict[str, JSON]:
    event = loose.text(loose.members(said.get("event")).get("name"))
    told: dict[str, JSON] = {"event": event, "private": loose.text(said.get("visibility")) == "private"}
    return {name: value for name, value in told.items() if value}
