"""GeoJSON, and JSON positions near it: Overland's batches, Google's saved places.

Lines are ways, with the times of their points where a program put them; named points are places; nameless points with
times are the log of a device, and become positions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import JSON, Draft, PlaceRef, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moves import mode_of
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.archive import HEAD_BYTES, File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.files import extension
from timeline_local.importers.json_stream import json_items
from timeline_local.importers.position_columns import fields_of, read_time
from timeline_local.importers.position_days import PositionDays
from timeline_local.importers.position_features import point_of
from timeline_local.importers.table_rows import json_lines
from timeline_local.importers.track_formats import GEOJSON, OVERLAND
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats, with_rest
from timeline_local.importers.tracks import NO_TIME, NOWHERE, Keys, Point, ProblemLog, Recording, items_of, waypoint

_FORMATS = frozenset({GEOJSON, OVERLAND})
_LINES = frozenset({"geojsonl", "geojsons", "jsonl", "ldjson", "ndgeojson", "ndjson"})
_SPACE = b"\xef\xbb\xbf \t\r\n\x1e"
_TIMES = ("coordTimes", "times", "coordtimes", "timestamps")

Feature = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Geojson:
    name: str = "geojson"
    title: str = "GeoJSON tracks and places"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any JSON that holds features with geometries, or positions as Overland writes them."""
        return recognise_formats(folder, _FORMATS, "GeoJSON tracks or places")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """The features of every file in their order."""
        yield from read_formats(folder, options, checkpoint, _FORMATS, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, _FORMATS)


def _read_file(folder: Folder, file: File, found: str) -> Iterator[Found]:
    reading = _Reading(file)
    yield from with_rest(reading.items(folder, found), reading.rest)


def _is_lines(folder: Folder, file: File) -> bool:
    """Whether each line is a feature of its own (RFC 8142, ndjson): by the name, or by the first two lines."""
    first, _, rest = folder.head(file.locator, HEAD_BYTES).lstrip(_SPACE).partition(b"\n")
    is_whole = first.rstrip(b"\r\x1e ").endswith(b"}") and rest.lstrip(_SPACE).startswith(b"{")
    return extension(file.name) in _LINES or (first.startswith(b"{") and is_whole)


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    file: File
    device: str = "geojson"
    count: int = 0
    keys: Keys = field(default_factory=Keys)
    days: PositionDays = field(init=False)
    log: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        self.days = PositionDays(self.device)
        self.log = ProblemLog(self.file.locator)

    def items(self, folder: Folder, found: str) -> Iterator[Found]:
        if found == OVERLAND:
            for record in json_items(folder, self.file.locator, "locations.item", self.log.letters):
                yield from self._feature(record)
            return
        if _is_lines(folder, self.file):
            for line in json_lines(folder, self.file.locator):
                yield from self._line(line)
            return
        prefix = "item" if folder.head(self.file.locator).lstrip(_SPACE).startswith(b"[") else "features.item"
        for feature in json_items(folder, self.file.locator, prefix, self.log.letters):
            yield from self._feature(feature)
        if not self.count:
            for whole in json_items(folder, self.file.locator, "", self.log.letters):
                yield from self._whole(whole)

    def rest(self) -> Iterator[Found]:
        yield from self.days.rest()
        if not self.count:
            yield Problem(self.file.locator, "empty", "This file holds no features.")
        yield from self.log.rest()

    def _line(self, value: object) -> Iterator[Found]:
        if isinstance(value, ValueError):
            self.count += 1
            yield from self._skipped("damaged", "This line is no feature.")
        else:
            yield from self._whole(value)

    def _whole(self, value: object) -> Iterator[Found]:
        """What is one feature or one geometry."""
        if isinstance(value, Mapping) and "features" not in value:
            is_feature = value.get("type") == "Feature"
            yield from self._feature(value if is_feature else {"geometry": value, "properties": {}})

    def _feature(self, feature: object) -> Iterator[Found]:
        self.count += 1
        geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
        if not isinstance(feature, Mapping) or not isinstance(geometry, Mapping):
            yield from self._skipped("no-position", NOWHERE)
            return
        properties = feature.get("properties")
        yield from self._geometry(geometry, properties if isinstance(properties, Mapping) else {})

    def _geometry(self, geometry: Mapping[str, Any], properties: Feature) -> Iterator[Found]:
        kind, coordinates = str(geometry.get("type") or ""), geometry.get("coordinates")
        if kind == "GeometryCollection":
            for each in geometry.get("geometries") or ():
                if isinstance(each, Mapping):
                    yield from self._geometry(each, properties)
        elif kind == "Point":
            yield from self._point(coordinates, properties, None)
        elif kind == "MultiPoint":
            points = _list(coordinates)
            for at, each in enumerate(points):
                yield from self._point(each, properties, _nth(_times(properties), at))
        elif kind == "LineString":
            yield from self._lines([_list(coordinates)], [_times(properties)], properties)
        elif kind == "MultiLineString":
            lines, times = [_list(each) for each in _list(coordinates)], _times(properties)
            nested = [_list(each) for each in times] if any(isinstance(each, list) for each in times) else [times]
            yield from self._lines(lines, nested, properties)
        else:
            detail = (
                "This shows an area, no place or way." if "Polygon" in kind else "This shape is of an unknown kind."
            )
            yield from self._skipped("unsupported", detail)

    def _point(self, coordinates: object, properties: Feature, time: object) -> Iterator[Found]:
        fields = fields_of(properties)
        point = point_of(coordinates, time if time is not None else fields.get("time"), fields)
        name = _name(properties)
        if point is None or not is_position(point.lat, point.lon):
            yield from self._skipped("no-position", NOWHERE)
        elif "google_maps_url" in properties or "Google Maps URL" in properties:
            yield self._saved(point, properties)
        elif point.at is not None and not name and "until" not in fields:
            yield from self.days.add(str(fields.get("device") or self.device), point)
        elif point.at is None and "time" in fields and not name:
            yield from self._skipped("no-time", NO_TIME)
        else:
            until = read_time(fields.get("until"))
            when = () if point.at is None or until is None else (_evidence(point.at, until),)
            yield waypoint(
                point,
                keys=self.keys,
                origin="GeoJSON point",
                name=name,
                body=str(properties.get("description") or properties.get("desc") or ""),
                kind=str(fields.get("type") or "") if fields.get("type") != "Feature" else "",
                locator=self.file.locator,
                extra={},
                when=when,
                address=str(fields.get("address") or ""),
            )

    def _lines(
        self, lines: Sequence[Sequence[object]], times: Sequence[Sequence[object]], properties: Feature
    ) -> Iterator[Found]:
        fields = fields_of(properties)
        way = Recording(self.file.locator, "GeoJSON line", str(fields.get("device") or self.device))
        way.name, way.description = _name(properties), str(properties.get("description") or "")
        words = (str(each) for each in (fields.get("mode"), fields.get("type"), way.name) if isinstance(each, str))
        way.word = next((word for word in words if mode_of(word)), "")
        start = read_time(fields.get("time"))
        if start is not None:
            way.when = (_evidence(start, read_time(fields.get("until"))),)
        for number_of, line in enumerate(lines):
            way.begin_segment()
            said = times[number_of] if number_of < len(times) else ()
            for at, each in enumerate(line):
                point = point_of(each, _nth(said, at), {})
                if point is None or not way.add(point):
                    yield from self._skipped("no-position", NOWHERE)
                if way.is_full:
                    whole, way = way, way.successor()
                    yield from items_of(whole, self.keys)
        yield from items_of(way, self.keys)

    def _saved(self, point: Point, properties: Feature) -> Draft:
        """A place that was saved in Google Maps: on the day it was saved."""
        location = properties.get("location") or properties.get("Location") or {}
        location = location if isinstance(location, Mapping) else {}
        name = str(location.get("name") or location.get("Business Name") or _name(properties))
        link = str(properties.get("google_maps_url") or properties.get("Google Maps URL") or "")
        saved = point.at or read_time(properties.get("Published"))
        return Draft(
            source_key=self.keys.unique(f"saved:{link or name}@{point.lat:.5f},{point.lon:.5f}"),
            kind=Kind.BOOKMARK,
            title=name or "Saved place",
            body=str(properties.get("Comment") or ""),
            evidence=() if saved is None else (TimeEvidence(basis=TimeBasis.SOURCE, instant=saved, origin="saved on"),),
            place=PlaceRef(
                lat=point.lat,
                lon=point.lon,
                name=name,
                address=str(location.get("address") or location.get("Address") or ""),
                country=str(location.get("country_code") or location.get("Country Code") or ""),
            ),
            extra={"link": link} if link else {},
        )

    def _skipped(self, slug: str, detail: str) -> Iterator[Problem]:
        yield from self.log.note(f"feature {self.count}", slug, detail)


def _evidence(start: datetime, until: datetime | None) -> TimeEvidence:
    later = until if until is not None and until > start else None
    return TimeEvidence(basis=TimeBasis.SOURCE, instant=start, until=later, origin="GeoJSON properties")


def _times(properties: Feature) -> Sequence[Any]:
    inner = properties.get("coordinateProperties")
    for each in (properties, inner if isinstance(inner, Mapping) else {}):
        for name in _TIMES:
            if isinstance(each.get(name), list):
                return list(each[name])
    return ()


def _nth(values: Sequence[object], at: int) -> object:
    return values[at] if at < len(values) else None


def _name(properties: Feature) -> str:
    found = next((properties[each] for each in ("name", "Name", "title", "Title") if properties.get(each)), "")
    return " ".join(str(found).split())


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
