"""NMEA 0183, what receivers themselves say: RMC and GGA sentences with their checksums.

RMC brings the date, GGA height and accuracy at the same second. A log that begins with GGA alone gets its date from
the next RMC or ZDA; where the clock passes midnight between two of these, the date goes with it. Where none is told
the date in the file's name is that of the first position; without one too, a way is left that stands on no day.
Magellan's own sentence of a track tells everything at once, and WPL is a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import BinaryIO

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import JSON, Problem
from timeline_local.domain.times import Precision
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.position_columns import number
from timeline_local.importers.track_formats import NMEA, open_plain_text
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats
from timeline_local.importers.tracks import DAY, Keys, Point, ProblemLog, Recording, items_of, name_evidence, waypoint

_MAGELLAN = "GNTRK"  # behind the two letters that others have for the kind of receiver
_KINDS = frozenset({"RMC", "GGA", "ZDA", "WPL", _MAGELLAN})
_DAYS = frozenset({Precision.DAY, Precision.MINUTE, Precision.INSTANT})
_KNOT_MPS = 1852 / 3600
_FOOT_M = 0.3048
_HDOP_M = 5.0  # metres that one unit of dilution stands for with a receiver of today
_MAX_LINE = 1024  # a sentence has at most 82 characters; loggers put something before it
_NO_DAY = "0000"
_PIVOT = 80  # two-digit years from here on are of the last century: GPS began in 1980
_BACK = timedelta(hours=12)  # a clock that goes back by more than this has passed midnight


@dataclass(frozen=True, slots=True)
class Nmea:
    name: str = "nmea"
    title: str = "NMEA logs"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any file that holds sentences of a receiver."""
        return recognise_formats(folder, {NMEA}, "NMEA logs")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """The moves in every log."""
        yield from read_formats(folder, options, checkpoint, {NMEA}, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, {NMEA})


def _read_file(folder: Folder, file: File, _: str) -> Iterator[Found]:
    reading = _Reading(file)
    with open_plain_text(folder, file.locator) as opened:
        for line in _lines(opened):
            yield from reading.take(line)
    yield from reading.end()


def _lines(file: BinaryIO) -> Iterator[str]:
    while line := file.readline(_MAX_LINE):
        yield line.decode("ascii", "replace")


@dataclass(slots=True)
class _Fix:
    """What the sentences of one second say together."""

    at: time
    lat: float
    lon: float
    altitude_m: float | None = None
    accuracy_m: float | None = None
    speed_mps: float | None = None
    day: date | None = None  # as its own sentences say


@dataclass(slots=True)
class _Reading:
    """One log while it is read. Fixes wait until their date is known and their second is over."""

    file: File
    day: date | None = None
    last: time | None = None
    fix: _Fix | None = None
    undated: list[_Fix] = field(default_factory=list)
    line: int = 0
    places: set[tuple[float, float, str]] = field(default_factory=set)
    way: Recording = field(init=False)
    log: ProblemLog = field(init=False)
    keys: Keys = field(default_factory=Keys)

    def __post_init__(self) -> None:
        self.way = Recording(self.file.locator, "NMEA log", "nmea")
        self.log = ProblemLog(self.file.locator)

    def take(self, line: str) -> Iterator[Found]:
        self.line += 1
        start = line.find("$")
        if start < 0:
            return
        cells, is_sound = _sentence(line[start:])
        kind = cells[0][3:]
        if kind not in _KINDS:
            return
        if not is_sound:
            yield from self.log.note(f"line {self.line}", "damaged", "The checksum of this sentence does not fit.")
            return
        try:
            yield from self._sentence(kind, cells)
        except (ValueError, IndexError):
            yield from self.log.note(f"line {self.line}", "damaged", "This sentence cannot be read.")

    def end(self) -> Iterator[Found]:
        self._settle()
        self._date_by_name()
        if self.undated:
            detail = f"{len(self.undated)} positions of this log stand before any date; they cannot be placed in time."
            yield Problem(f"{self.file.locator}#undated", "no-time", detail)
        for fix in self.undated if not self.way.ats else ():
            self.way.add(Point(fix.lat, fix.lon, None, fix.altitude_m))
        if not self.way.ats and not self.undated and not self.places:
            yield Problem(self.file.locator, "empty", "This log holds no position: the receiver had no fix.")
        yield from items_of(self.way, self.keys, longest=DAY)
        yield from self.log.rest()

    def _date_by_name(self) -> None:
        """What waits for a date until the end of the file gets that of the file's name, if it has one."""
        named = next(iter(name_evidence(self.file.locator)), None)
        if not self.undated or named is None or named.local_at is None or named.precision not in _DAYS:
            return
        waiting, self.undated = self.undated, []
        self.day = named.local_at.date()
        for fix in waiting:
            self._follow(fix)

    def _sentence(self, kind: str, cells: list[str]) -> Iterator[Found]:
        if kind == "WPL":
            yield from self._place(_degrees(*cells[1:3]), _degrees(*cells[3:5]), cells[5])
            return
        if kind == _MAGELLAN:
            self._magellan(cells)
            return
        at = _clock(cells[1])
        if kind == "ZDA":
            self._settle()
            if at is not None:
                self._know(date(int(cells[4]), int(cells[3]), int(cells[2])), at)
            return
        is_fix = cells[2] == "A" if kind == "RMC" else cells[6] not in {"", "0"}
        if at is None or not is_fix:
            return
        day = _day(cells[9]) if kind == "RMC" and cells[9] else None
        first = 3 if kind == "RMC" else 2
        lat, lon = _degrees(cells[first], cells[first + 1]), _degrees(cells[first + 2], cells[first + 3])
        if self.fix is None or self.fix.at != at:
            self._settle()
            self.fix = _Fix(at, lat, lon)
        if kind == "RMC":
            knots = number(cells[7])
            self.fix.speed_mps = None if knots is None else knots * _KNOT_MPS
            self.fix.day = day
        else:
            dilution = number(cells[8])
            self.fix.altitude_m, self.fix.accuracy_m = number(cells[9]), dilution * _HDOP_M if dilution else None
        if self.way.is_full:
            whole, self.way = self.way, self.way.successor()
            yield from items_of(whole, self.keys, longest=DAY)

    def _magellan(self, cells: list[str]) -> None:
        """A point of a track: position, height, time and date in one."""
        at = _clock(cells[7])
        if at is None or cells[8] != "A":
            return
        self._settle()
        height = number(cells[5])
        up = height * _FOOT_M if height is not None and cells[6] == "F" else height
        self.fix = _Fix(
            at, _degrees(*cells[1:3]), _degrees(*cells[3:5]), up, day=_day(cells[10]) if cells[10] else None
        )

    def _place(self, lat: float, lon: float, name: str) -> Iterator[Found]:
        """A place of a route; what a receiver says again and again is one."""
        told = (lat, lon, name)
        if told in self.places or not is_position(lat, lon):
            return
        self.places.add(told)
        yield waypoint(
            Point(lat, lon), keys=self.keys, origin="NMEA place", name=name, body="", kind="",
            locator=self.file.locator, extra={},
        )  # fmt: skip

    def _settle(self) -> None:
        """The second of the fix is over."""
        fix, self.fix = self.fix, None
        if fix is None:
            return
        if fix.day is not None:
            self._know(fix.day, fix.at)
            self._add(fix, fix.day)
        elif self.day is None:
            self.undated.append(fix)
        else:
            self._follow(fix)

    def _follow(self, fix: _Fix) -> None:
        """A fix without a date of its own: on the day of the one before, or the next."""
        day = self.day or date.min
        if self.last is not None and _passed_midnight(self.last, fix.at):
            day += timedelta(days=1)
        self.day, self.last = day, fix.at
        self._add(fix, day)

    def _know(self, day: date, at: time) -> None:
        """A sentence said the date: what waited for one gets it, backwards from there."""
        waiting, self.undated = self.undated, []
        before, later = day, at
        dated: list[tuple[_Fix, date]] = []
        for fix in reversed(waiting):
            if _passed_midnight(fix.at, later):
                before -= timedelta(days=1)
            later = fix.at
            dated.append((fix, before))
        for fix, on in reversed(dated):
            self._add(fix, on)
        self.day, self.last = day, at

    def _add(self, fix: _Fix, day: date) -> None:
        at = datetime.combine(day, fix.at, UTC)
        self.way.add(Point(fix.lat, fix.lon, at, fix.altitude_m, fix.accuracy_m, fix.speed_mps))


def _sentence(text: str) -> tuple[list[str], bool]:
    """The cells of a sentence, and whether its checksum fits; one without a checksum is taken as it is."""
    body, star, said = text.strip()[1:].partition("*")
    total = 0
    for letter in body:
        total ^= ord(letter)
    is_sound = not star or said[:2].upper() == f"{total:02X}"
    cells = [each.strip() for each in body.split(",")]
    cells[0] = "$" + cells[0]
    return cells, is_sound


def _clock(text: str) -> time | None:
    """hhmmss.sss"""
    if not text:
        return None
    whole, _, fraction = text.partition(".")
    second = min(int(whole[4:6]), 59)  # a leap second is the second before it
    return time(int(whole[:2]), int(whole[2:4]), second, int(fraction.ljust(6, "0")[:6] or 0))


def _day(text: str) -> date | None:
    """Ddmmyy; None where the receiver did not know it yet."""
    if text.startswith(_NO_DAY):
        return None
    year = int(text[4:6])
    return date(year + (1900 if year >= _PIVOT else 2000), int(text[2:4]), int(text[:2]))


def _degrees(text: str, side: str) -> float:
    """ddmm.mmmm or dddmm.mmmm with its side of the equator or of Greenwich."""
    whole = float(text)  # below 0 where a program knew of no sides
    found = abs(whole) // 100 + abs(whole) % 100 / 60
    return -found if side in {"S", "W"} or whole < 0 else found


def _passed_midnight(before: time, after: time) -> bool:
    day = date(2000, 1, 1)
    return datetime.combine(day, before, UTC) - datetime.combine(day, after, UTC) > _BACK
