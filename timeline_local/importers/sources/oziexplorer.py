"""OziExplorer's tracks, places and routes (.plt, .wpt, .rte), which many old loggers and apps write, too.

Dates are days since the end of 1899 as Delphi counts them, in UTC; heights are feet, and -777 is none. Letters are
those of Windows; a comma in a name is written as the letter 209, which is an N with a tilde in words that have one.
What stands in another datum than WGS 84 is kept as it is, and told: it may be some hundred metres off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import JSON, Problem
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.encodings import mended
from timeline_local.importers.position_columns import number
from timeline_local.importers.track_formats import OZI, open_plain_text
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats
from timeline_local.importers.tracks import NOWHERE, Keys, Point, ProblemLog, Recording, items_of, waypoint

_MAX_LINE = 8 * 1024
_DATUM, _UNIT, _NAME, _COUNT = 2, 3, 5, 6  # lines of the head; the others say nothing
_PLACES_FROM = 5  # the line at which places and routes begin
_FOOT_M = 0.3048
_NO_HEIGHT = -777
_COMMA = re.compile(r"\u00d1(?![^\W\d_])|(?<=[a-z0-9])\u00d1")  # inside a name; not where a word has that letter
_DAY_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = 29_221, 109_575  # 1980, before which no receiver was, to 2200
_HUNDREDTHS = 8_640_000  # of a day: what the seven digits behind its point can tell
_WGS84 = re.compile(r"WGS\s*-?_?(?:19)?84", re.IGNORECASE)
_TRACK, _ROUTE = "track", "route"


@dataclass(frozen=True, slots=True)
class OziExplorer:
    name: str = "oziexplorer"
    title: str = "OziExplorer tracks and places"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any file whose first line is OziExplorer's."""
        return recognise_formats(folder, {OZI}, "tracks or places of OziExplorer")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """The moves, places and routes in every file."""
        yield from read_formats(folder, options, checkpoint, {OZI}, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, {OZI})


def _read_file(folder: Folder, file: File, _: str) -> Iterator[Found]:
    reading = _Reading(file)
    with open_plain_text(folder, file.locator) as opened:
        for line in _lines(opened):
            yield from reading.take(line)
    yield from reading.end()


def _lines(file: BinaryIO) -> Iterator[str]:
    while line := file.readline(_MAX_LINE):
        yield mended(line.decode("utf-8", "surrogateescape")).strip("\ufeff \t\r\n\0")


@dataclass(slots=True)
class _Reading:
    """One file while it is read. foot: metres of the unit of its heights."""

    file: File
    kind: str = ""
    foot: float = _FOOT_M
    line: int = 0
    points: int = 0
    way: Recording | None = None
    log: ProblemLog = field(init=False)
    keys: Keys = field(default_factory=Keys)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)

    def take(self, line: str) -> Iterator[Found]:
        self.line += 1
        if self.line == 1:
            self.kind = _kind(line)
            if self.kind == _TRACK:
                self.way = self._recording("OziExplorer track")
        elif self.line == _DATUM:
            yield from self._datum(line)
        elif self.kind == _TRACK:
            yield from self._track(line)
        elif line and self.line >= _PLACES_FROM:
            yield from self._route(_cells(line)) if self.kind == _ROUTE else self._place(_cells(line))

    def end(self) -> Iterator[Found]:
        yield from self._end_way()
        if not self.points:
            yield Problem(self.file.locator, "empty", "This file of OziExplorer holds no points.")
        yield from self.log.rest()

    def _recording(self, origin: str) -> Recording:
        return Recording(self.file.locator, origin, "oziexplorer", is_plan=self.kind == _ROUTE)

    def _end_way(self) -> Iterator[Found]:
        way, self.way = self.way, None
        if way is not None:
            yield from items_of(way, self.keys)

    def _datum(self, line: str) -> Iterator[Found]:
        name = line.partition(",")[0].strip()
        if name and not _WGS84.fullmatch(name):
            detail = f"The positions are of the datum {name[:60]}: they are kept as they are, and may be 500 m off."
            yield Problem(f"{self.file.locator}#datum", "other-datum", detail)

    def _track(self, line: str) -> Iterator[Found]:
        cells = _cells(line)
        if self.line == _UNIT and "meter" in line.casefold().replace("metre", "meter"):
            self.foot = 1.0
        elif self.line == _NAME and self.way is not None:
            self.way.name = _cell(cells, 3)
        elif self.line > _COUNT and line and self.way is not None:
            if _cell(cells, 2) == "1":
                self.way.begin_segment()
            yield from self._add(cells, 0, self._height(_cell(cells, 3)), _cell(cells, 4))
            if self.way.is_full:
                whole, self.way = self.way, self.way.successor()
                yield from items_of(whole, self.keys)

    def _route(self, cells: list[str]) -> Iterator[Found]:
        if cells[0].upper() == "R":
            yield from self._end_way()
            self.way = self._recording("OziExplorer route")
            self.way.name, self.way.description = _cell(cells, 2), _cell(cells, 3)
        elif cells[0].upper() == "W" and self.way is not None:
            yield from self._add(cells, 5, None, "")  # the date is the one on which the place was made

    def _add(self, cells: list[str], first: int, height: float | None, day: str) -> Iterator[Found]:
        self.points += 1
        lat, lon = number(_cell(cells, first)), number(_cell(cells, first + 1))
        point = None if lat is None or lon is None else Point(lat, lon, _instant(day), height)
        if point is None or self.way is None or not self.way.add(point):
            yield from self.log.note(f"line {self.line}", "no-position", NOWHERE)

    def _place(self, cells: list[str]) -> Iterator[Found]:
        self.points += 1
        lat, lon = number(_cell(cells, 2)), number(_cell(cells, 3))
        if lat is None or lon is None or not is_position(lat, lon):
            yield from self.log.note(f"line {self.line}", "no-position", NOWHERE)
            return
        name, said = _cell(cells, 1), _cell(cells, 10)
        yield waypoint(
            Point(lat, lon, _instant(_cell(cells, 4)), self._height(_cell(cells, 14)) or None),
            keys=self.keys, origin="OziExplorer place", name=name, body=said if said != name else "", kind="",
            locator=self.file.locator, extra={},
        )  # fmt: skip

    def _height(self, text: str) -> float | None:
        said = number(text)
        return None if said is None or said == _NO_HEIGHT else said * self.foot


def _kind(line: str) -> str:
    lowered = line.casefold()
    return _ROUTE if "route file" in lowered else "" if "waypoint file" in lowered else _TRACK


def _cells(line: str) -> list[str]:
    return [_COMMA.sub(",", cell.strip()) for cell in line.split(",")]


def _cell(cells: list[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _instant(text: str) -> datetime | None:
    """Days since 1899-12-30 with parts of a day, which tell hundredths of seconds."""
    days = number(text)
    if days is None or not _FIRST_DAY <= days < _LAST_DAY:
        return None
    return _DAY_ZERO + timedelta(milliseconds=10 * round(days * _HUNDREDTHS))
