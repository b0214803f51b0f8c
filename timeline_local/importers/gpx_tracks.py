"""One GPX file as drafts; see the source of the same name for what becomes of what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import JSON, Problem
from timeline_local.domain.stamps import read_instant
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found
from timeline_local.importers.position_columns import number
from timeline_local.importers.track_formats import open_plain
from timeline_local.importers.track_reading import with_rest
from timeline_local.importers.tracks import NOWHERE, Keys, Point, ProblemLog, Recording, items_of, waypoint
from timeline_local.importers.xml_stream import Closed, Element, Event, Opened, stream

_CONTAINERS = frozenset({"gpx", "trk", "trkseg", "rte"})
_WAYS = {"trk": "GPX track", "rte": "GPX route"}
_HDOP_M = 5.0  # metres that one unit of dilution stands for with a receiver of today
_PLAIN = 2  # children of most points: height and time


def read_gpx(folder: Folder, file: File, _: str) -> Iterator[Found]:
    reading = _Reading(file)
    with open_plain(folder, file.locator) as opened:
        found = (item for event in stream(opened, _CONTAINERS) for item in reading.take(event))
        yield from with_rest(found, reading.rest)


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    file: File
    device: str = "gpx"
    way: Recording | None = None
    keys: Keys = field(default_factory=Keys)
    points: int = 0
    ways: int = 0
    log: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)

    def take(self, event: Event) -> Iterator[Found]:
        if isinstance(event, Opened):
            self._open(event)
        elif isinstance(event, Closed):
            if event.name in _WAYS:
                yield from self.end_way()
        elif event.name in {"trkpt", "rtept"}:
            yield from self._point(event)
        elif event.name == "wpt":
            yield from self._waypoint(event)
        elif self.way is not None:
            _describe(self.way, event)

    def rest(self) -> Iterator[Found]:
        yield from self.end_way()
        if not (self.points or self.ways):
            yield Problem(self.file.locator, "empty", "This GPX file holds no tracks, routes or places.")
        yield from self.log.rest()

    def end_way(self) -> Iterator[Found]:
        way, self.way = self.way, None
        if way is None:
            return
        self.ways += 1
        if not way.segments or not (way.ats or way.route):
            yield Problem(f"{self.file.locator}#track {self.ways}", "empty", "This track has no points.")
        yield from items_of(way, self.keys)

    def _open(self, event: Opened) -> None:
        if event.name == "gpx":
            self.device = _device(event.attributes.get("creator", ""))
        elif event.name in _WAYS:
            self.way = Recording(self.file.locator, _WAYS[event.name], self.device, is_plan=event.name == "rte")
        elif self.way is not None:
            self.way.begin_segment()

    def _point(self, element: Element) -> Iterator[Found]:
        self.points += 1
        point = _read_point(element)
        if self.way is None:
            self.way = Recording(self.file.locator, _WAYS["trk"], self.device)
        if point is None or not self.way.add(point):
            yield from self.log.note(f"point {self.points}", "no-position", NOWHERE)
        if self.way.is_full:
            whole, self.way = self.way, self.way.successor()
            yield from items_of(whole, self.keys)

    def _waypoint(self, element: Element) -> Iterator[Found]:
        self.points += 1
        point = _read_point(element)
        if point is None:
            yield from self.log.note(f"waypoint {self.points}", "no-position", NOWHERE)
            return
        name, said = element.text_of("name"), _said(element)
        yield waypoint(
            point,
            keys=self.keys,
            origin="GPX waypoint",
            name=name,
            body="\n\n".join(text for text in said if text != name),
            kind=element.text_of("type"),
            locator=self.file.locator,
            extra=_links(element) | ({"symbol": symbol} if (symbol := element.text_of("sym")) else {}),
        )


def _read_point(element: Element) -> Point | None:
    lat, lon = number(element.attributes.get("lat")), number(element.attributes.get("lon"))
    if lat is None or lon is None or not is_position(lat, lon):
        return None
    at, offset = read_instant(element.text_of("time")) or (None, None)
    dilution = number(element.text_of("hdop"))
    return Point(
        lat,
        lon,
        at=at,
        offset_min=offset,
        altitude_m=number(element.text_of("ele")),
        accuracy_m=_first(element, "accuracy") or (dilution * _HDOP_M if dilution else None),
        speed_mps=_first(element, "speed"),
        heart_rate=_first(element, "hr", "heartrate"),
        cadence=_first(element, "cad", "cadence"),
        power=_first(element, "power", "PowerInWatts"),
    )


def _first(element: Element, *names: str) -> float | None:
    """The first number of these names, in the point itself or anywhere in its extensions."""
    if len(element.children) <= _PLAIN and element.child("extensions") is None and element.child(names[0]) is None:
        return None
    found = (number(each.text) for name in names for each in element.below(name))
    return next((each for each in found if each is not None), None)


def _describe(way: Recording, element: Element) -> None:
    """What a track says of itself, before or after its points."""
    text = element.text.strip()
    if element.name == "name":
        way.name = " ".join(text.split())
    elif element.name in {"desc", "cmt"} and text and text not in way.description:
        way.description = f"{way.description}\n\n{text}".strip()
    elif element.name == "type":
        way.word = text
    elif element.name in {"link", "url"}:
        way.extra |= _links(element)


def _said(element: Element) -> list[str]:
    """Description and comment, each once; programs often write the name there again."""
    return list(dict.fromkeys(text for name in ("desc", "cmt") if (text := element.text_of(name))))


def _links(element: Element) -> dict[str, JSON]:
    own = [element] if element.name in {"link", "url"} else [*element.children]
    found = (each.attributes.get("href", "") or each.text.strip() for each in own if each.name in {"link", "url"})
    link = next((each for each in found if each.startswith(("http://", "https://"))), "")
    return {"link": link} if link else {}


def _device(creator: str) -> str:
    """What recorded or wrote it; writers add their address and version, which change."""
    plain = creator.partition(" - ")[0].partition(" -- ")[0].partition("http")[0].strip()
    return plain[:80] if plain.strip(".") else "gpx"
