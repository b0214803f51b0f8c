"""One TCX file as drafts: activities with their laps, and courses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from timeline_local.domain.drafts import Problem
from timeline_local.domain.moves import mode_of
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found
from timeline_local.importers.position_columns import number
from timeline_local.importers.track_formats import open_plain
from timeline_local.importers.track_reading import with_rest
from timeline_local.importers.tracks import NOWHERE, Keys, Point, ProblemLog, Recording, items_of, workout
from timeline_local.importers.xml_stream import Closed, Element, Event, Opened, stream

_CONTAINERS = frozenset(
    {
        "TrainingCenterDatabase", "Activities", "MultiSportSession", "FirstSport", "NextSport", "Activity", "Lap",
        "Courses", "Course", "Track",
    }
)  # fmt: skip
_WAYS = {"Activity": "TCX activity", "Course": "TCX course"}
_TOTALS = {"DistanceMeters": "distance_m", "TotalTimeSeconds": "moving_s", "Calories": "calories"}


def read_tcx(folder: Folder, file: File, _: str) -> Iterator[Found]:
    reading = _Reading(file)
    with open_plain(folder, file.locator) as opened:
        found = (item for event in stream(opened, _CONTAINERS) for item in reading.take(event))
        yield from with_rest(found, reading.rest)


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    file: File
    way: Recording | None = None
    start: datetime | None = None
    totals: dict[str, float] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    points: int = 0
    ways: int = 0
    unplaced: int = 0
    log: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)

    def take(self, event: Event) -> Iterator[Found]:
        if isinstance(event, Opened):
            self._open(event)
        elif isinstance(event, Closed):
            if event.name in _WAYS:
                yield from self.end_way()
        elif self.way is None:
            return
        elif event.name == "Trackpoint":
            yield from self._point(event, self.way)
        elif event.name in _TOTALS:
            self.totals[event.name] = self.totals.get(event.name, 0) + (number(event.text) or 0)
        else:
            self._describe(event, self.way)

    def rest(self) -> Iterator[Found]:
        yield from self.end_way()
        if not self.ways:
            yield Problem(self.file.locator, "empty", "This TCX file holds no activity.")
        if self.unplaced:
            detail = f"{self.unplaced:,} points of this file have no position: indoors, or before it was known."
            yield Problem(f"{self.file.locator}#unplaced", "no-position", detail)
        yield from self.log.rest()

    def end_way(self) -> Iterator[Found]:
        way, self.way = self.way, None
        if way is None:
            return
        self.ways += 1
        way.extra |= {_TOTALS[name]: round(total) for name, total in self.totals.items() if total > 0}
        if way.ats or way.route:
            yield from items_of(way, self.keys)
        elif self.start is not None:
            yield workout(way, self._when(), self.keys)
        else:
            yield Problem(f"{self.file.locator}#activity {self.ways}", "empty", "This activity holds nothing.")

    def _open(self, event: Opened) -> None:
        if event.name in _WAYS:
            word = event.attributes.get("Sport", "")
            self.way = Recording(self.file.locator, _WAYS[event.name], "tcx", is_plan=event.name == "Course")
            self.way.word = word if mode_of(word) else ""
            self.start, self.totals = None, {}
        elif event.name == "Lap" and self.start is None:
            self.start = _instant(event.attributes.get("StartTime", ""))
        elif event.name == "Track" and self.way is not None:
            self.way.begin_segment()

    def _point(self, element: Element, way: Recording) -> Iterator[Found]:
        self.points += 1
        place = element.child("Position")
        if place is None:
            self.unplaced += 1
            return
        lat, lon = number(place.text_of("LatitudeDegrees")), number(place.text_of("LongitudeDegrees"))
        # The times of a course are made up, or those of somebody else.
        at, offset = (None if way.is_plan else read_instant(element.text_of("Time"))) or (None, None)
        point = Point(
            lat if lat is not None else float("nan"),
            lon if lon is not None else float("nan"),
            at=at,
            offset_min=offset,
            altitude_m=number(element.text_of("AltitudeMeters")),
            speed_mps=_extension(element, "Speed"),
            heart_rate=number(element.text_of("HeartRateBpm", "Value")),
            cadence=number(element.text_of("Cadence")) or _extension(element, "RunCadence"),
            power=_extension(element, "Watts"),
        )
        if not way.add(point):
            yield from self.log.note(f"point {self.points}", "no-position", NOWHERE)
        if way.is_full:
            self.way = way.successor()
            yield from items_of(way, self.keys)

    def _describe(self, element: Element, way: Recording) -> None:
        if element.name == "Id":
            self.start = _instant(element.text) or self.start
        elif element.name == "Name":
            way.name = element.text.strip()
        elif element.name == "Notes" and element.text.strip() not in way.description:
            way.description = f"{way.description}\n\n{element.text.strip()}".strip()
        elif element.name == "Creator" and element.text_of("Name"):
            way.device = " ".join((element.text_of("Name"), element.text_of("UnitId"))).removesuffix(" 0").strip()

    def _when(self) -> TimeEvidence:
        seconds = self.totals.get("TotalTimeSeconds", 0)
        until = self.start + timedelta(seconds=seconds) if self.start is not None and seconds > 0 else None
        return TimeEvidence(basis=TimeBasis.GPS, instant=self.start, until=until, origin="TCX activity")


def _extension(element: Element, name: str) -> float | None:
    extensions = element.child("Extensions")
    if extensions is None:
        return None
    return next((found for each in extensions.below(name) if (found := number(each.text)) is not None), None)


def _instant(text: str) -> datetime | None:
    found = read_instant(text)
    return found[0] if found else None
