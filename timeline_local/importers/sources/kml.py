"""KML and KMZ: placemarks with points become visits, with lines ways, with tracks moves.

A line has no times of its own: the time of its placemark, or a span in its name, dates the whole of it. Files without
the prefixes they should declare, and parts of a document as a file, are read as well.
GPSBabel and what is built on it tell a track up to three times: as a track, as a folder of its points, as a line. The
first with times counts.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import JSON, Problem
from timeline_local.domain.filenames import NameDate, date_from_path
from timeline_local.domain.moves import mode_of
from timeline_local.domain.stamps import read_instant, read_stamp
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.html_text import html_text
from timeline_local.importers.position_columns import fields_of, number, speed_of
from timeline_local.importers.track_formats import KML, KMZ, open_plain
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats, with_rest
from timeline_local.importers.tracks import NOWHERE, Keys, Point, ProblemLog, Recording, items_of, waypoint
from timeline_local.importers.xml_stream import Closed, Element, Event, Opened, stream

_CONTAINERS = frozenset({"kml", "Document", "Folder", "Placemark", "MultiGeometry", "MultiTrack", "Track"}) | {
    "NetworkLinkControl",
    "Update",
    "Create",
}
_MOST_PACKED = 256 * 1024 * 1024  # of a KMZ's pages together; more is no map of anybody's ways
_NUMBER = r"\s*([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*"
_NUMBERED = re.compile(r"|.*-\d+", re.DOTALL)
_TUPLE = re.compile(rf"{_NUMBER},{_NUMBER}(?:,{_NUMBER})?")
_POINTS = frozenset({Precision.INSTANT, Precision.MINUTE})
_CHANGES = frozenset({"Change", "Delete"})
# What a map shows besides somebody's ways.
_NO_WAYS = {"Polygon": "an area", "GroundOverlay": "a picture", "PhotoOverlay": "a picture"}


@dataclass(frozen=True, slots=True)
class Kml:
    name: str = "kml"
    title: str = "KML maps and tracks"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any file whose root element is kml, and of a zip that holds one."""
        return recognise_formats(folder, {KML, KMZ}, "KML maps")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """The placemarks of every file in their order."""
        yield from read_formats(folder, options, checkpoint, {KML, KMZ}, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, {KML, KMZ})


def _read_file(folder: Folder, file: File, found: str) -> Iterator[Found]:
    reading = _Reading(file)
    with open_plain(folder, file.locator) as opened:
        events = reading.events(opened) if found == KML else _pages(reading, opened)
        yield from with_rest(events, reading.end)


def _pages(reading: _Reading, file: BinaryIO) -> Iterator[Found]:
    """Every page of a KMZ."""
    with zipfile.ZipFile(file) as packed:
        pages = [each for each in packed.infolist() if each.filename.lower().endswith(".kml")]
        if sum(each.file_size for each in pages) > _MOST_PACKED:
            raise ValueError("it unpacks to more than 256 MiB")
        for page in pages:
            try:
                inner = cast("BinaryIO", packed.open(page))
            except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in a way nobody knows
                raise ValueError(str(error)) from None
            with inner:
                yield from reading.events(inner)


@dataclass(slots=True)
class _Placemark:
    """One placemark while it is read; its time may stand before or behind its shapes."""

    name: str = ""
    description: str = ""
    address: str = ""
    when: tuple[TimeEvidence, ...] = ()
    points: list[str] = field(default_factory=list)
    lines: list[list[tuple[float, float, float | None]]] = field(default_factory=list)
    properties: dict[str, object] = field(default_factory=dict)
    is_told: bool = False


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    file: File
    mark: _Placemark | None = None
    track: Recording | None = None
    whens: list[str] = field(default_factory=list)
    coordinates: list[str] = field(default_factory=list)
    log_way: Recording = field(init=False)
    folders: list[str] = field(default_factory=list)  # names of those that are open
    told: set[tuple[int, int]] = field(default_factory=set)  # shapes of ways, and when they began; 0: at any time
    keys: Keys = field(default_factory=Keys)
    marks: int = 0
    links: int = 0
    log: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)
        self.log_way = Recording(self.file.locator, "KML points", "kml")

    def events(self, file: BinaryIO) -> Iterator[Found]:
        for event in stream(file, _CONTAINERS):
            yield from self._take(event)

    def end(self) -> Iterator[Found]:
        yield from self._end_mark()
        yield from self._way_items(self.log_way)
        if not self.marks and not self.links:
            yield Problem(self.file.locator, "empty", "This map has no placemarks.")
        yield from self.log.rest()

    def _take(self, event: Event) -> Iterator[Found]:
        if isinstance(event, Opened):
            self._open(event.name)
        elif isinstance(event, Closed):
            yield from self._close(event.name)
        elif self.mark is not None:
            yield from self._part(self.mark, event)
        elif event.name == "NetworkLink":
            yield self._elsewhere(event)
        elif event.name in _CHANGES:
            detail = "This changes a placemark of another map, which is not here. Import that map itself."
            yield from self.log.note(f"{event.name.lower()} {self.marks}", "unsupported", detail)
        elif event.name in _NO_WAYS:
            yield from self._left_out(event.name)
        elif event.name == "name" and self.folders:
            self.folders[-1] = event.text.strip()

    def _open(self, name: str) -> None:
        if name == "Placemark":
            self.mark = _Placemark()
            self.marks += 1
        elif name == "MultiTrack":
            self.track = self._way("KML track")
        elif name == "Folder":
            self.folders.append("")

    def _close(self, name: str) -> Iterator[Found]:
        if name == "Track":
            yield from self._end_track()
        elif name == "MultiTrack":
            yield from self._end_tracks()
        elif name == "Placemark":
            yield from self._end_mark()
        elif name == "Folder":
            yield from self._end_folder()

    def _part(self, mark: _Placemark, element: Element) -> Iterator[Found]:
        if element.name == "when":
            self.whens.append(element.text.strip())
        elif element.name == "coord":
            self.coordinates.append(element.text)
        elif element.name == "Point":
            mark.points.append(element.text_of("coordinates"))
        elif element.name in {"LineString", "LinearRing"}:
            mark.lines.append(_tuples(element.text_of("coordinates")))
        elif element.name in {"TimeStamp", "TimeSpan"}:
            mark.when = _when(element)
        elif element.name == "ExtendedData":
            mark.properties |= _properties(element)
        elif element.name in _NO_WAYS:
            mark.is_told = True
            yield from self._left_out(element.name)
        elif element.name in {"name", "description", "address"}:
            setattr(mark, element.name, element.text.strip())

    def _left_out(self, name: str) -> Iterator[Problem]:
        yield from self.log.note(
            f"placemark {self.marks}", "unsupported", f"This shows {_NO_WAYS[name]}, no place or way."
        )

    def _elsewhere(self, link: Element) -> Problem:
        """A map that its program fetches again and again: the file holds its address alone."""
        self.links += 1
        address = next((each.text.strip() for each in link.below("href")), "") or "an address that it does not say"
        detail = (
            f"The map itself is at {address[:300]}; this file only leads there, and nothing is fetched. Save the map "
            "without keeping it up to date (My Maps: untick that box; Google Earth: Save Place As), and import that."
        )
        return Problem(f"{self.file.locator}#link {self.links}", "not-in-export", detail)

    def _end_track(self) -> Iterator[Found]:
        """A track: its times and its coordinates by turns or one list after the other, as long as both last."""
        if self.mark is not None and self.coordinates and not self.whens:
            self._timeless(self.mark)
        way = self.track or self._way("KML track")
        way.begin_segment()
        for when, text in zip(self.whens, self.coordinates, strict=False):
            if not text.strip():
                continue  # OpenTracks writes none where a recording starts, pauses and ends
            at, offset = read_instant(when) or (None, None)
            parts = [number(each) for each in text.split()]
            if len(parts) < 2 or parts[0] is None or parts[1] is None:  # noqa: PLR2004
                yield from self.log.note(f"placemark {self.marks}", "no-position", NOWHERE)
                continue
            up = parts[2] if len(parts) > 2 else None  # noqa: PLR2004
            if not way.add(Point(parts[1], parts[0], at, up, offset_min=offset)):
                yield from self.log.note(f"placemark {self.marks}", "no-position", NOWHERE)
            if way.is_full:
                whole, way = way, way.successor()
                yield from items_of(whole, self.keys)
        self.whens.clear()
        self.coordinates.clear()
        if self.mark is not None:
            self.mark.is_told = True
        if self.track is None:
            yield from self._way_items(way)
        else:
            self.track = way

    def _timeless(self, mark: _Placemark) -> None:
        """A track that leaves its time to its placemark, as a day of Google's old timeline does: a place, or a line."""
        places = [text for each in self.coordinates if (text := ",".join(each.split()))]
        if len(places) == 1:
            mark.points += places
        else:
            mark.lines.append(_tuples(" ".join(places)))

    def _end_folder(self) -> Iterator[Found]:
        """The points of a track are one way, called as the folder around theirs."""
        if self._is_in_track():
            way, self.log_way = self.log_way, Recording(self.file.locator, "KML points", "kml")
            way.name = self.folders[-2] if len(self.folders) > 1 else ""
            yield from self._way_items(way)
        if self.folders:
            self.folders.pop()

    def _is_in_track(self) -> bool:
        return bool(self.folders) and self.folders[-1] == "Points"

    def _way_items(self, way: Recording) -> Iterator[Found]:
        """The way, unless the same one was told before, at the same time or with any."""
        places = [*zip(way.lats, way.lons, strict=True), *way.route]
        shape = hash(tuple((round(lat, 5), round(lon, 5)) for lat, lon in places))
        told = (shape, way.ats[0] if way.ats else 0)
        if len(places) > 1 and told in self.told:
            detail = "This way is told before in this file."
            yield from self.log.note(f"placemark {self.marks}", "twice", detail)
            return
        self.told |= {told, (shape, 0)}
        yield from items_of(way, self.keys)

    def _end_tracks(self) -> Iterator[Found]:
        way, self.track = self.track, None
        if way is not None:
            yield from self._way_items(way)

    def _end_mark(self) -> Iterator[Found]:
        if self.whens:
            yield from self._end_track()
        yield from self._end_tracks()
        mark = self.mark
        if mark is None:
            return
        lines = [each for each in mark.lines if each]
        if lines:
            way = self._way("KML line")
            way.when = mark.when or _span_of(mark.name)
            for line in lines:
                way.begin_segment()
                for lat, lon, up in line:
                    way.add(Point(lat, lon, None, up))
            yield from self._way_items(way)
        told = [each for each in mark.points if each.strip()]
        for point in told or (mark.points if not lines else ()):
            yield from self._point(mark, point)
        if not (lines or mark.points or mark.is_told):
            detail = "This placemark shows neither a place nor a way."
            yield from self.log.note(f"placemark {self.marks}", "empty", detail)
        self.mark = None

    def _point(self, mark: _Placemark, coordinates: str) -> Iterator[Found]:
        place = next(iter(_tuples(coordinates)), None)
        if place is None:
            yield from self.log.note(f"placemark {self.marks}", "no-position", NOWHERE)
            return
        fields = fields_of(mark.properties)
        when = mark.when or _time_in(fields)
        at = when[0].instant if when and when[0].precision in _POINTS else None
        point = Point(
            place[0],
            place[1],
            at,
            place[2],
            number(fields.get("accuracy_m")),
            speed_of(fields),
            offset_min=when[0].utc_offset_min if when else None,
        )
        is_nameless = at is not None and not (mark.name or mark.description) and (not when or when[0].until is None)
        if is_nameless or (self._is_in_track() and _NUMBERED.fullmatch(mark.name)):
            self.log_way.add(point)  # one of many: somebody's log
            if self.log_way.is_full:
                whole, self.log_way = self.log_way, self.log_way.successor()
                yield from items_of(whole, self.keys)
            return
        yield waypoint(
            point,
            keys=self.keys,
            origin="KML placemark",
            name=mark.name,
            body=_plain(mark.description),
            kind="",
            locator=self.file.locator,
            extra={},
            when=when,
            address=mark.address,
        )

    def _way(self, origin: str) -> Recording:
        way = Recording(self.file.locator, origin, "kml")
        if self.mark is not None:
            way.name = self.mark.name
            way.word = str(fields_of(self.mark.properties).get("type") or "") or self.mark.name
            way.word = way.word if mode_of(way.word) else ""
            way.name = "" if mode_of(way.name) else way.name
            way.description = _plain(self.mark.description)
        return way


def _plain(description: str) -> str:
    """A description as Markdown: maps are written in HTML, and often enough in nothing."""
    return html_text(description) if "<" in description else html.unescape(description)


def _tuples(text: str) -> list[tuple[float, float, float | None]]:
    """(latitude, longitude, height) of "lon,lat,height lon,lat"; those that are nowhere go."""
    found: list[tuple[float, float, float | None]] = []
    for lon, lat, up in _TUPLE.findall(text):
        if is_position(float(lat), float(lon)):
            found.append((float(lat), float(lon), float(up) if up else None))
    return found


def _when(element: Element) -> tuple[TimeEvidence, ...]:
    if element.name == "TimeStamp":
        return _evidence(element.text_of("when"), "")
    return _evidence(element.text_of("begin") or element.text_of("end"), element.text_of("end"))


def _evidence(begin: str, end: str) -> tuple[TimeEvidence, ...]:
    stamp, until = read_stamp(begin), read_instant(end)
    if stamp is None:
        return ()
    instant = read_instant(begin)
    if instant is None:  # a day, a month or a year
        return (stamp.evidence(TimeBasis.SOURCE, "KML placemark"),)
    return (
        TimeEvidence(
            basis=TimeBasis.GPS,
            instant=instant[0],
            utc_offset_min=instant[1],
            until=until[0] if until and until[0] > instant[0] else None,
            origin="KML placemark",
        ),
    )


def _time_in(fields: dict[str, object]) -> tuple[TimeEvidence, ...]:
    return _evidence(str(fields.get("time") or ""), str(fields.get("until") or ""))


def _span_of(name: str) -> tuple[TimeEvidence, ...]:
    """The date that a name spells, or both of them: Traccar calls a way "2026-05-23 16:55 - 2026-05-23 16:57"."""
    ends = [_date_in(part) for part in name.split(" - ")]
    if len(ends) == 2 and (first := ends[0]) and (last := ends[1]) and last.local_at > first.local_at:  # noqa: PLR2004
        return (replace(first.evidence(), local_until=last.local_at),)
    found = _date_in(name)
    return () if found is None else (found.evidence(),)


def _date_in(name: str) -> NameDate | None:
    return date_from_path(PurePosixPath(name.replace("/", "-")[:100])) if name.strip() else None


def _properties(element: Element) -> dict[str, object]:
    data = {each.attributes.get("name", ""): each.text_of("value") for each in element.below("Data")}
    simple = {each.attributes.get("name", ""): each.text.strip() for each in element.below("SimpleData")}
    return {**data, **simple}
