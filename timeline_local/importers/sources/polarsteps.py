"""Polarsteps: the trips of a data download with their steps, pictures and recorded ways.

A trip is a folder `<name>_<id>` of trip.json, locations.json, and a folder `<step>_<id>` for each step with pictures in
`photos` and films in `videos`. Source of the layout: published downloads and the tools that read them
(niekvleeuwen/polarsteps-data-parser, Agroqirax/polarsteps-to-gpx). Lists of steps as the service's API gives them, and
of segments as converters write them, are read too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, PlaceRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing, natural_key
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.files import extension
from timeline_local.importers.json_stream import json_items, json_parts
from timeline_local.importers.photo_groups import MEDIA
from timeline_local.importers.position_columns import read_time
from timeline_local.importers.position_days import PositionDays
from timeline_local.importers.track_formats import POLARSTEPS, POLARSTEPS_TRIP
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats, with_rest
from timeline_local.importers.tracks import NO_TIME, NOWHERE, Keys, Point, ProblemLog

_FORMATS = frozenset({POLARSTEPS, POLARSTEPS_TRIP})
_HEAD = frozenset({"id", "uuid", "name", "summary", "start_date", "end_date", "timezone_id"})
_STEPS = ("all_steps.item", "steps.item")
_BEGINS = ("start_time", "arrived", "timestamp", "time")
_ENDS = ("end_time", "departed")


@dataclass(frozen=True, slots=True)
class Polarsteps:
    name: str = "polarsteps"
    title: str = "Polarsteps"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a trip, of the positions of one, and of lists of steps, whatever the files are called."""
        return recognise_formats(folder, _FORMATS, "trips of Polarsteps")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """A draft for each trip and each step with its pictures, and the recorded positions."""
        yield from read_formats(folder, options, checkpoint, _FORMATS, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        yield from claims_of(folder, options, _FORMATS)
        for item in self.read(folder, ReadOptions(claimed=set(options.claimed)), None):
            if isinstance(item, Draft):
                yield from (each.locator for each in item.media)


def _read_file(folder: Folder, file: File, found: str) -> Iterator[Found]:
    reading = _Reading(folder, file)
    items = reading.trip() if found == POLARSTEPS_TRIP else reading.listed()
    yield from with_rest(items, reading.rest)


@dataclass
class _Reading:
    """One file while it is read."""

    folder: Folder
    file: File
    count: int = 0
    head: dict[str, Any] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    days: PositionDays = field(default_factory=lambda: PositionDays("polarsteps"))
    log: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)

    def trip(self) -> Iterator[Found]:
        """What is said of the trip stands before its steps; what stands behind them is no matter."""
        is_told = False
        for prefix, value in json_parts(self.folder, self.file.locator, _HEAD | set(_STEPS), self.log.letters):
            if prefix in _HEAD:
                self.head[prefix] = value
                continue
            if not is_told:
                yield from self._trip()
                is_told = True
            yield from self._step(loose.members(value))
        if not is_told:
            yield from self._trip()

    def listed(self) -> Iterator[Found]:
        """Positions `{lat, lon, time}`; with a name or an end of their time they are steps."""
        for prefix in ("locations.item", "item"):
            for value in json_items(self.folder, self.file.locator, prefix, self.log.letters):
                record = loose.members(value)
                is_step = any(record.get(name) for name in ("name", "display_name", *_ENDS))
                yield from self._step(record) if is_step else self._position(record)
            if self.count:
                return

    def rest(self) -> Iterator[Found]:
        yield from self.days.rest()
        if not (self.count or self.head):
            yield Problem(self.file.locator, "empty", "This file holds no steps and no positions.")
        yield from self.log.rest()

    @cached_property
    def collection(self) -> CollectionRef | None:
        name = loose.text(self.head.get("name"))
        key = loose.text(self.head.get("uuid")) or str(self.head.get("id") or "") or name
        return CollectionRef(key=key, name=name or "Trip", kind=CollectionKind.TRIP) if key else None

    def _trip(self) -> Iterator[Found]:
        collection, when = self.collection, _when(self.head, ("start_date",), ("end_date",))
        if collection is None:
            return
        if when is None:
            yield Problem(f"{self.file.locator}#trip", "no-time", "This trip has no dates; its steps are taken.")
            return
        yield Draft(
            source_key=f"trip:{collection.key}",
            kind=Kind.EVENT,
            title=collection.name,
            body=loose.text(self.head.get("summary")),
            evidence=(when,),
            collections=(collection,),
        )

    def _step(self, step: Mapping[str, Any]) -> Iterator[Found]:
        self.count += 1
        when, place = _when(step, _BEGINS, _ENDS), _place(step)
        if step.get("is_deleted") is True:
            yield from self._skipped("step", "trashed-at-source", "You deleted this step in Polarsteps.")
            return
        if when is None:
            yield from self._skipped("step", "no-time", "This step has no time that can be read.")
            return
        key, body = str(step.get("id") or ""), loose.text(step.get("description"))
        at = when.instant.isoformat().replace("+00:00", "Z") if when.instant else ""
        where = f"{place.lat:.5f},{place.lon:.5f}" if place and place.lat is not None and place.lon is not None else ""
        yield Draft(
            source_key=self.keys.unique(f"step:{key}" if key else f"step:{at}@{where}"),
            kind=Kind.NOTE if body else Kind.VISIT,
            title=_name(step) or (place.name if place else ""),
            body=body,
            evidence=(when,),
            place=place,
            media=tuple(
                MediaRef(locator=each.locator, role=MediaRole.ATTACHMENT, position=position, name=each.name)
                for position, each in enumerate(self._media.get(key, ()))
            ),
            collections=(self.collection,) if self.collection is not None else (),
            extra=_extra(step),
        )

    def _position(self, record: Mapping[str, Any]) -> Iterator[Found]:
        self.count += 1
        lat, lon = loose.coordinates(record.get("lat"), record.get("lon", record.get("lng")))
        at = _time(record, _BEGINS)
        if lat is None or lon is None:
            yield from self._skipped("position", "no-position", NOWHERE)
        elif at is None:
            yield from self._skipped("position", "no-time", NO_TIME)
        else:
            yield from self.days.add(self.days.prefix, Point(lat, lon, at[0]))

    def _skipped(self, what: str, slug: str, detail: str) -> Iterator[Problem]:
        yield from self.log.note(f"{what} {self.count}", slug, detail)

    @cached_property
    def _media(self) -> Mapping[str, list[File]]:
        """Pictures and films by the id of their step, which ends the name of its folder."""
        parent = self.file.locator.rpartition("/")[0]
        below = f"{parent}/" if parent else ""
        found: dict[str, list[File]] = {}
        for listing in self.folder.walk(after=parent):
            if isinstance(listing, Listing) and f"{listing.locator}/".startswith(below):
                step = listing.locator.removeprefix(below).partition("/")[0].rpartition("_")[2]
                found.setdefault(step, []).extend(each for each in listing.files if extension(each.name) in MEDIA)
        return {step: sorted(files, key=lambda each: natural_key(each.locator)) for step, files in found.items()}


def _time(record: Mapping[str, Any], names: tuple[str, ...]) -> tuple[datetime, int | None] | None:
    """(instant, minutes east of UTC as written) of the first of these that can be read: counts since 1970, or text."""
    for name in names:
        value = record.get(name)
        found = read_instant(value) if isinstance(value, str) else None
        moment = found[0] if found else read_time(value)
        if moment is not None:
            return moment, found[1] if found else None
    return None


def _when(record: Mapping[str, Any], begins: tuple[str, ...], ends: tuple[str, ...]) -> TimeEvidence | None:
    start, until = _time(record, begins), _time(record, ends)
    if start is None:
        return None
    return TimeEvidence(
        basis=TimeBasis.SOURCE,
        instant=start[0],
        utc_offset_min=start[1],
        zone=loose.zone(record.get("timezone_id")),
        until=until[0] if until and until[0] > start[0] else None,
        origin="Polarsteps",
    )


def _name(step: Mapping[str, Any]) -> str:
    return loose.text(step.get("name")) or loose.text(step.get("display_name"))


def _place(step: Mapping[str, Any]) -> PlaceRef | None:
    told = {**step, **loose.members(step.get("location"))}
    lat, lon = loose.coordinates(told.get("lat"), told.get("lon", told.get("lng")))
    inner = loose.members(step.get("location"))
    name = loose.text(inner.get("name")) or _name(step)
    country = loose.text(inner.get("country_code"))
    address = loose.text(inner.get("full_detail")) or loose.text(inner.get("detail"))
    return loose.place_or_none(PlaceRef(lat=lat, lon=lon, name=name, country=country, address=address))


def _extra(step: Mapping[str, Any]) -> dict[str, JSON]:
    weather, degrees = loose.text(step.get("weather_condition")), loose.number(step.get("weather_temperature"))
    told: dict[str, JSON] = {"weather": weather} if weather else {}
    return told | ({"temperature_c": degrees} if degrees is not None else {})
