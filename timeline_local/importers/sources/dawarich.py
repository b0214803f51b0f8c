"""Dawarich's export of all of a user's data: positions, visits, tracks, trips, places and areas.

The layouts are those of its own exporter (app/services/users/export_data of Freika/dawarich): one data.json, or since
format 2 a manifest.json with JSON Lines by month; besides, the lists of pictures' places that its app writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from timeline_local.domain.distances import is_position, legs_m
from timeline_local.domain.drafts import JSON, Draft, PlaceRef, Problem, Sample
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moves import mode_of, title_of
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.json_stream import Letters, json_items
from timeline_local.importers.position_columns import read_time
from timeline_local.importers.position_days import PositionDays
from timeline_local.importers.table_rows import json_lines
from timeline_local.importers.track_formats import (
    DAWARICH,
    DAWARICH_LINES,
    DAWARICH_MANIFEST,
    DAWARICH_PHOTOS,
    files_in,
)
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats, with_rest
from timeline_local.importers.tracks import MAX_ROUTE, NO_TIME, NOWHERE, Keys, Point, ProblemLog, waypoint

_FORMATS = frozenset({DAWARICH, DAWARICH_MANIFEST, DAWARICH_PHOTOS, *DAWARICH_LINES})
_WKT_POINT = re.compile(r"\bPOINT\s*Z?\s*\(\s*([-\d.eE+]+)\s+([-\d.eE+]+)")
_WKT_PAIR = re.compile(r"([-\d.eE+]+)\s+([-\d.eE+]+)[^,)]*")
_ATTACHED = (
    "These are the files that were once given to Dawarich; their positions are in its export."
    " Import them by themselves to have their visits and pictures, too."
)
_REST = "Settings, statistics, digests and notifications of Dawarich are no memories and are left out."
_DECLINED = frozenset({"declined", "2"})  # as words, and as the numbers older versions wrote


@dataclass(frozen=True, slots=True)
class Dawarich:
    name: str = "dawarich"
    title: str = "Dawarich"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of an export of either format, and of single files of one, whatever they are called."""
        return recognise_formats(folder, _FORMATS, "an export of Dawarich")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """Positions by device and day; a draft for each visit, track, trip, area and place of one's own."""
        options.claimed.update(_attached(folder))
        yield from read_formats(folder, options, checkpoint, _FORMATS, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        yield from _attached(folder)
        yield from claims_of(folder, options, _FORMATS)


def _attached(folder: Folder) -> Iterator[str]:
    """The folders of files that were given to Dawarich: what is in them is in the export once more."""
    for file, found in files_in(folder):
        if found in {DAWARICH, DAWARICH_MANIFEST}:
            yield _beside(file)


def _beside(file: File) -> str:
    parent, slash, _ = file.locator.rpartition("/")
    return f"{parent}{slash}files/"


def _read_file(folder: Folder, file: File, found: str) -> Iterator[Found]:
    reading = _Reading(file)
    if found in {DAWARICH, DAWARICH_MANIFEST}:
        yield Problem(f"{file.locator}#rest", "unsupported", _REST)
        if _has_files(folder, _beside(file)):
            yield Problem(_beside(file), "twice", _ATTACHED)
    if found != DAWARICH_MANIFEST:
        yield from with_rest(_records(folder, file, found, reading), reading.rest)


def _records(folder: Folder, file: File, found: str, reading: _Reading) -> Iterator[Found]:
    # One pass for each list: six of them take as long as one that tells the lists apart (2026-11).
    names = (DAWARICH_LINES[found],) if found in DAWARICH_LINES else reading.takes if found == DAWARICH else ("points",)
    for name in names:
        reading.count = 0
        if name == "tracks":
            reading.devices = _devices(folder, file, found)
        for record in _list(folder, file.locator, found, name, reading.log.letters):
            yield from reading.takes[name](record)


def _list(folder: Folder, locator: str, found: str, name: str, letters: Letters | None = None) -> Iterator[object]:
    is_lines = found in DAWARICH_LINES
    return json_lines(folder, locator) if is_lines else json_items(folder, locator, f"{name}.item", letters)


def _devices(folder: Folder, file: File, found: str) -> dict[datetime, str]:
    """Which device was under way, by the instant when a track starts: that is when one of its positions is of.

    A track does not say. Positions are in the same file, or in the one of that month in the folder `points`.
    """
    records = map(loose.members, _list(folder, file.locator, found, "tracks"))
    starts = {start for record in records if (start := loose.instant(record.get("start_at"))) is not None}
    above, _, month = file.locator.rpartition("tracks/")
    locator = file.locator if found == DAWARICH else f"{above}points/{month}"
    devices: dict[datetime, str] = {}
    try:
        for record in map(loose.members, _list(folder, locator, found, "points")) if starts else ():
            at = read_time(record.get("timestamp"))
            if at in starts:
                devices.setdefault(at, _device(record))
    except OSError:  # a month of tracks by itself
        return {}
    return devices


def _has_files(folder: Folder, below: str) -> bool:
    listings = (each for each in folder.walk(after=below.rstrip("/")) if isinstance(each, Listing))
    return any(each.files and f"{each.locator}/" == below for each in listings)


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    file: File
    count: int = 0
    keys: Keys = field(default_factory=Keys)
    devices: Mapping[datetime, str] = field(default_factory=dict)
    days: PositionDays = field(default_factory=lambda: PositionDays("dawarich"))
    log: ProblemLog = field(init=False)
    takes: dict[str, Callable[[object], Iterator[Found]]] = field(init=False)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)
        self.takes = {
            "areas": self._area,
            "places": self._place,
            "trips": self._trip,
            "visits": self._visit,
            "tracks": self._track,
            "points": self._position,
        }

    def rest(self) -> Iterator[Found]:
        yield from self.days.rest()
        yield from self.log.rest()

    def _position(self, value: object) -> Iterator[Found]:
        record = self._next(value)
        lat, lon = _coordinates(record)
        at = read_time(record.get("timestamp"))
        if lat is None or lon is None:
            yield from self._skipped("point", "no-position", NOWHERE)
        elif at is None:
            yield from self._skipped("point", "no-time", NO_TIME)
        else:
            altitude = loose.number(record.get("altitude_decimal"))
            point = Point(
                lat,
                lon,
                at,
                loose.number(record.get("altitude")) if altitude is None else altitude,
                _positive(record.get("accuracy")),
                _positive(record.get("velocity")),
            )
            yield from self.days.add(_device(record), point)

    def _visit(self, value: object) -> Iterator[Found]:
        record = self._next(value)
        when = _when(record, "started_at", "ended_at")
        status = str(record.get("status") or "")
        if when is None:
            yield from self._skipped("visit", "no-time", "This visit has no time that can be read.")
            return
        if status in _DECLINED:
            yield from self._skipped("visit", "cancelled", "You declined this visit in Dawarich.")
            return
        place = loose.members(record.get("place_reference"))
        lat, lon = _coordinates(place)
        name = loose.text(record.get("name")) or loose.text(place.get("name"))
        where = PlaceRef(lat=lat, lon=lon, name=loose.text(place.get("name")) or (name if lat is not None else ""))
        at = f"{lat:.5f},{lon:.5f}" if lat is not None and lon is not None else name
        yield Draft(
            source_key=self.keys.unique(f"visit:{_spelled(when)}@{at}"),
            kind=Kind.VISIT,
            title=name,
            evidence=(when,),
            place=loose.place_or_none(where),
            extra={"status": status} if status else {},
        )

    def _track(self, value: object) -> Iterator[Found]:
        record = self._next(value)
        when = _when(record, "start_at", "end_at")
        way = _way(record.get("original_path"))
        if when is None or when.instant is None:
            yield from self._skipped("track", "no-time", "This track has no time that can be read.")
            return
        metres = sum(legs_m([lat for lat, _ in way], [lon for _, lon in way])) if way else 0.0
        mode = _mode(record)
        told: dict[str, JSON] = {"mode": mode, "mode_basis": "source"} if mode else {}
        if way:
            told |= {"route": [[lat, lon] for lat, lon in way[:MAX_ROUTE]], "distance_m": round(metres)}
        if when.until is not None:
            told["duration_s"] = round((when.until - when.instant).total_seconds())
        # Its way is what the device recorded meanwhile; where that is not known, it has the points alone.
        device = self.devices.get(when.instant, "") if way and when.until is not None else ""
        ends = (
            (Sample(when.instant, *way[0]), Sample(when.until, *way[-1])) if device and when.until is not None else ()
        )
        yield Draft(
            source_key=self.keys.unique(f"move:{_spelled(when)}"),
            kind=Kind.MOVE,
            title=title_of(mode, metres),
            evidence=(when,),
            place=PlaceRef(lat=way[0][0], lon=way[0][1]) if way else None,
            path=ends,
            device=device,
            extra=told,
        )

    def _trip(self, value: object) -> Iterator[Found]:
        record = self._next(value)
        when, name = _when(record, "started_at", "ended_at"), loose.text(record.get("name"))
        if when is None:
            yield from self._skipped("trip", "no-time", "This trip has no time that can be read.")
            return
        visited = record.get("visited_countries")
        countries: list[JSON] = [
            str(each) for each in (visited.values() if isinstance(visited, dict) else visited or ())
        ]
        yield Draft(
            source_key=self.keys.unique(f"trip:{_spelled(when)}"),
            kind=Kind.EVENT,
            title=name or "Trip",
            evidence=(when,),
            extra={"countries": countries} if countries else {},
        )

    def _area(self, value: object) -> Iterator[Found]:
        record = self._next(value)
        yield from self._marked(record, "area", _positive(record.get("radius")), {})

    def _place(self, value: object) -> Iterator[Found]:
        """A place that the user made; the others were only looked up, and stand in their visits."""
        record = self._next(value)
        if str(record.get("source")) not in {"manual", "0"}:
            detail = "This place was looked up by Dawarich; visits tell of it, it is no memory itself."
            yield from self._skipped("place", "unsupported", detail)
            return
        yield from self._marked(record, "", None, {"note": record.get("note")})

    def _marked(
        self, record: Mapping[str, Any], kind: str, radius: float | None, said: Mapping[str, object]
    ) -> Iterator[Found]:
        lat, lon = _coordinates(record)
        if lat is None or lon is None:
            yield from self._skipped(kind or "place", "no-position", NOWHERE)
            return
        yield waypoint(
            Point(lat, lon, accuracy_m=radius),
            keys=self.keys,
            origin="Dawarich place",
            name=loose.text(record.get("name")),
            body=loose.text(said.get("note")),
            kind=kind,
            locator="",
            extra={},
        )

    def _next(self, value: object) -> Mapping[str, Any]:
        self.count += 1
        return loose.members(value)

    def _skipped(self, what: str, slug: str, detail: str) -> Iterator[Problem]:
        yield from self.log.note(f"{what} {self.count}", slug, detail)


def _coordinates(record: Mapping[str, Any]) -> tuple[float, float] | tuple[None, None]:
    lat, lon = loose.coordinates(record.get("latitude"), record.get("longitude"))
    if lat is not None and lon is not None:
        return lat, lon
    found = _WKT_POINT.search(loose.text(record.get("lonlat")))
    return loose.coordinates(found[2], found[1]) if found else (None, None)


def _device(record: Mapping[str, Any]) -> str:
    """As the file calls it that a position came from, so that both name the same device alike."""
    topic, tracker = loose.text(record.get("topic")), loose.text(record.get("tracker_id"))
    is_owntracks = topic.startswith("owntracks/")
    return "/".join(topic.split("/")[:3]) if is_owntracks else tracker or "dawarich"


def _when(record: Mapping[str, Any], begin: str, end: str) -> TimeEvidence | None:
    start, until = loose.instant(record.get(begin)), loose.instant(record.get(end))
    if start is None:
        return None
    later = until if until is not None and until > start else None
    return TimeEvidence(basis=TimeBasis.SOURCE, instant=start, until=later, origin="Dawarich")


def _spelled(when: TimeEvidence) -> str:
    return when.instant.isoformat().replace("+00:00", "Z") if when.instant else ""


def _way(wkt: object) -> list[tuple[float, float]]:
    """(latitude, longitude) of each point of a LINESTRING; what is no position goes."""
    text = loose.text(wkt)
    if "LINESTRING" not in text:
        return []
    pairs = ((loose.number(lat), loose.number(lon)) for lon, lat in _WKT_PAIR.findall(text.partition("(")[2]))
    return [(lat, lon) for lat, lon in pairs if lat is not None and lon is not None and is_position(lat, lon)]


def _mode(record: Mapping[str, Any]) -> str:
    """How most of the track was gone, by its segments."""
    lengths: dict[str, float] = {}
    for segment in map(loose.members, loose.items(record.get("segments"))):
        mode = mode_of(loose.text(segment.get("transportation_mode")))
        if mode:
            lengths[mode] = lengths.get(mode, 0) + (loose.number(segment.get("distance")) or 0)
    return max(lengths, key=lengths.__getitem__, default="")


def _positive(value: object) -> float | None:
    found = loose.number(value)
    return found if found is not None and found >= 0 else None
