"""IGC, the flight logs of gliders, paragliders and hang gliders, as the FAI lays them down.

A line is a record, told by its first letter. Times are UTC; the date is said once, in the head, and goes on past
midnight; a recorder that says it again there is heeded, too. Of the two heights the one of the satellites is taken, and
the one of the barometer where a log has no other: it is that of a standard day, not of the ground below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import BinaryIO

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import JSON, Problem
from timeline_local.domain.times import Precision
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.encodings import mended
from timeline_local.importers.track_formats import IGC, open_plain_text
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats
from timeline_local.importers.tracks import NOWHERE, Keys, Point, ProblemLog, Recording, items_of, name_evidence

_MAX_LINE = 4096  # a record has at most 76 characters, a comment may be longer
_FIX = re.compile(
    r"B(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
    r"(?P<lat>\d\d)(?P<lat_minutes>\d{5})(?P<south>[NS])(?P<lon>\d{3})(?P<lon_minutes>\d{5})(?P<west>[EW])"
    r"(?P<state>[AV])(?P<pressure>[-\d]\d{4})?(?P<satellites>[-\d]\d{4})?",
    re.ASCII,
)
_DATE = re.compile(r"H[A-Z]DTE(?:DATE)?[: ]*(?P<day>\d\d)(?P<month>\d\d)(?P<year>\d\d)", re.ASCII | re.IGNORECASE)
_HEAD = re.compile(r"H[A-Z](?P<code>[A-Z0-9]{3})(?P<rest>.*)", re.ASCII | re.IGNORECASE)
_RECORDER = re.compile(r"A(?P<maker>[A-Z0-9]{3})(?P<serial>[A-Z0-9]{3})", re.ASCII | re.IGNORECASE)
_TURN = re.compile(
    r"C(?P<lat>\d\d)(?P<lat_minutes>\d{5})(?P<south>[NS])(?P<lon>\d{3})(?P<lon_minutes>\d{5})(?P<west>[EW])"
    r"(?P<name>.*)",
    re.ASCII,
)
_EXTENSION = re.compile(r"(\d\d)(\d\d)([A-Z0-9]{3})", re.ASCII)
# Subtypes of the head that are kept, by our names for them.
_TOLD = {
    "PLT": "pilot", "CM2": "second_pilot", "GTY": "glider", "GID": "glider_id", "CID": "competition_id",
    "CCL": "competition_class", "CLB": "club", "SIT": "site", "FTY": "recorder",
}  # fmt: skip
_NOT_SAID = frozenset({"", "-", "none", "nkn", "nil", "n/a", "not recorded", "unknown", "notset", "not set"})
_PIVOT = 80  # two-digit years from here on are of the last century: GPS began in 1980
_BACK = timedelta(hours=12)  # a clock that goes back by more than this has passed midnight
_LATEST = date(2200, 1, 1)  # a log of clocks that jump about all the time ends somewhere
_MOST_TURNS = 60
_LONGEST_WORDS = 200
_MILLIMINUTES = 60_000
_DAYS = frozenset({Precision.DAY, Precision.MINUTE, Precision.INSTANT})


@dataclass(frozen=True, slots=True)
class Igc:
    name: str = "igc"
    title: str = "IGC flight logs"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any file that holds fixes of a flight recorder."""
        return recognise_formats(folder, {IGC}, "flight logs (IGC)")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """The flight in every log."""
        yield from read_formats(folder, options, checkpoint, {IGC}, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, {IGC})


def _read_file(folder: Folder, file: File, _: str) -> Iterator[Found]:
    reading = _Reading(file, has_satellites=_has_satellites(folder, file))
    with open_plain_text(folder, file.locator) as opened:
        for line in _lines(opened):
            yield from reading.take(line)
    yield from reading.end()


def _lines(file: BinaryIO) -> Iterator[str]:
    while line := file.readline(_MAX_LINE):
        yield mended(line.decode("utf-8", "surrogateescape")).strip("\ufeff \t\r\n\0")


def _has_satellites(folder: Folder, file: File) -> bool:
    """Whether any fix has a height of the satellites: 0 is what recorders write that know none."""
    with open_plain_text(folder, file.locator) as opened:
        found = (_FIX.match(line) for line in _lines(opened))
        return any(fix is not None and fix["state"] == "A" and _metres(fix["satellites"]) for fix in found)


@dataclass(slots=True)
class _Reading:
    """One log while it is read. extensions: where each further field of a fix stands, by its name."""

    file: File
    has_satellites: bool
    day: date | None = None
    last: time | None = None
    line: int = 0
    fixes: int = 0
    extensions: dict[str, slice] = field(default_factory=dict)
    told: dict[str, JSON] = field(default_factory=dict)
    task: list[JSON] = field(default_factory=list)
    device: str = ""
    way: Recording = field(init=False)
    log: ProblemLog = field(init=False)
    keys: Keys = field(default_factory=Keys)

    def __post_init__(self) -> None:
        self.way = Recording(self.file.locator, "flight log", "igc", word="gliding")
        self.log = ProblemLog(self.file.locator)
        named = next(iter(name_evidence(self.file.locator)), None)
        if named is not None and named.local_at is not None and named.precision in _DAYS:
            self.day = named.local_at.date()

    def take(self, line: str) -> Iterator[Found]:
        self.line += 1
        kind = line[:1].upper()
        if kind == "B":
            yield from self._fix(line)
        elif kind == "H":
            self._learn(line)
        elif kind == "I":
            self._extend(line)
        elif kind == "C":
            self._turn(line)
        elif kind == "A" and not self.device and (found := _RECORDER.match(line)) is not None:
            self.device = f"{found['maker']}{found['serial']}".upper()

    def end(self) -> Iterator[Found]:
        if not self.fixes:
            yield Problem(self.file.locator, "empty", "This flight log holds no position: the recorder had no fix.")
        elif self.day is None:
            detail = "This flight log says no date, and neither does its name: its way stands on no day."
            yield Problem(f"{self.file.locator}#undated", "no-time", detail)
        yield from self._items(self.way)
        yield from self.log.rest()

    def _items(self, way: Recording) -> Iterator[Found]:
        way.device = " ".join(each for each in (str(self.told.get("recorder") or ""), self.device) if each) or "igc"
        way.extra = {**self.told, **({"task": self.task} if self.task else {})}
        yield from items_of(way, self.keys)

    def _fix(self, line: str) -> Iterator[Found]:
        where = f"line {self.line}"
        fix = _FIX.match(line)
        at = _clock(fix) if fix is not None else None
        if fix is None or at is None:
            yield from self.log.note(where, "damaged", "This fix cannot be read.")
            return
        lat = _degrees(fix, "lat", line[self.extensions.get("LAD", slice(0, 0))])
        lon = _degrees(fix, "lon", line[self.extensions.get("LOD", slice(0, 0))])
        if not is_position(lat, lon):
            if fix["state"] == "A":  # before it knows where it is, a recorder writes zeros, and says so
                yield from self.log.note(where, "no-position", NOWHERE)
            return
        self.fixes += 1
        self.way.add(
            Point(lat, lon, self._instant(at, line), self._altitude(fix), _number(line, self.extensions.get("FXA")))
        )
        if self.way.is_full:
            whole, self.way = self.way, self.way.successor()
            yield from self._items(whole)

    def _instant(self, at: time, line: str) -> datetime | None:
        if self.day is None:
            return None
        if self.last is not None and _passed_midnight(self.last, at) and self.day < _LATEST:
            self.day += timedelta(days=1)
        self.last = at
        fraction = line[self.extensions.get("TDS", slice(0, 0))]
        micro = int(fraction.ljust(6, "0")[:6]) if fraction.isdecimal() and fraction.isascii() else 0
        return datetime.combine(self.day, at.replace(microsecond=micro), UTC)

    def _altitude(self, fix: re.Match[str]) -> float | None:
        if self.has_satellites:
            return _metres(fix["satellites"]) if fix["state"] == "A" else None
        return _metres(fix["pressure"])

    def _learn(self, line: str) -> None:
        found = _DATE.match(line)
        if found is not None:
            said = _day(found)
            if said is not None:
                self.day, self.last = said, None
            return
        head = _HEAD.match(line)
        name = "" if head is None else _TOLD.get(head["code"].upper(), "")
        if head is None or not name:
            return
        _, colon, value = head["rest"].partition(":")
        words = (value if colon else head["rest"]).strip()[:_LONGEST_WORDS]
        if words.casefold() not in _NOT_SAID:
            self.told.setdefault(name, words)

    def _extend(self, line: str) -> None:
        """I, how many, then for each the first and the last column, counted from 1, and three letters."""
        for first, last, code in _EXTENSION.findall(line[3:]):
            self.extensions.setdefault(code, slice(max(int(first) - 1, 0), int(last)))

    def _turn(self, line: str) -> None:
        """A place of the task that was declared; the line before these, of the task itself, is passed over."""
        found = _TURN.match(line)
        if found is None or len(self.task) >= _MOST_TURNS:
            return
        lat, lon = _degrees(found, "lat", ""), _degrees(found, "lon", "")
        if is_position(lat, lon):
            name = found["name"].strip()[:_LONGEST_WORDS]
            self.task.append({"name": name, "lat": round(lat, 6), "lon": round(lon, 6)})


def _clock(fix: re.Match[str]) -> time | None:
    try:
        second = min(int(fix["second"]), 59)  # a leap second is the second before it
        return time(int(fix["hour"]), int(fix["minute"]), second)
    except ValueError:
        return None


def _day(found: re.Match[str]) -> date | None:
    """None where the recorder did not know it yet: 000000."""
    year = int(found["year"])
    try:
        return date(year + (1900 if year >= _PIVOT else 2000), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def _degrees(found: re.Match[str], name: str, further: str) -> float:
    """Degrees and thousandths of minutes. further: digits behind these, from a field of its own."""
    minutes = float(found[f"{name}_minutes"])
    if further.isdecimal() and further.isascii():
        minutes += int(further) / 10 ** len(further)
    degrees = int(found[name]) + minutes / _MILLIMINUTES
    return -degrees if found["south" if name == "lat" else "west"] in {"S", "W"} else degrees


def _metres(text: str | None) -> float | None:
    """0 is what recorders write that know no height."""
    return (float(text) or None) if text else None


def _number(line: str, where: slice | None) -> float | None:
    said = "" if where is None else line[where]
    return (float(said) or None) if said.isdecimal() and said.isascii() else None


def _passed_midnight(before: time, after: time) -> bool:
    day = date(2000, 1, 1)
    return datetime.combine(day, before, UTC) - datetime.combine(day, after, UTC) > _BACK
