"""Google's location history in its five shapes: Takeout's records and months, both phones' exports, edits.

Stays stay visits, ways moves with their mode, and paths positions of the device that was carried. Files are known by
the keys in them; in other languages they are called Zeitachse.json, Cronología.json and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from timeline_local.domain.drafts import JSON, Problem
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.google_places import read_place, time_of
from timeline_local.importers.google_segments import DEVICE, Segments
from timeline_local.importers.json_stream import BrokenJson, json_items
from timeline_local.importers.position_columns import number
from timeline_local.importers.position_days import PositionDays
from timeline_local.importers.track_formats import (
    GOOGLE_ACTIVITY,
    GOOGLE_BROWSER,
    GOOGLE_EDITS,
    GOOGLE_ENCRYPTED,
    GOOGLE_IOS,
    GOOGLE_PHONE,
    GOOGLE_RECORDS,
    GOOGLE_SEMANTIC,
    GOOGLE_SETTINGS,
    files_in,
    sample_of,
)
from timeline_local.importers.track_reading import claims_of, read_formats, with_rest
from timeline_local.importers.tracks import NO_TIME, NOWHERE, Point, ProblemLog

_PICK = (
    "Choose Timeline.json, which your phone exports (Settings, Location, Timeline, Export), or Records.json and the "
    "Semantic Location History of an older Takeout."
)
_EMPTY = "This file holds no stay, no way and no position; at most it names the places you are often at."
_WHAT = {
    GOOGLE_ENCRYPTED: "This says that your timeline backups are encrypted; it holds no places.",
    GOOGLE_SETTINGS: "These are the settings of your location history; they hold no places.",
    GOOGLE_BROWSER: "This page only lists what the export holds.",
    GOOGLE_ACTIVITY: "This is My Activity, what you searched and opened; it holds no places you were at.",
    GOOGLE_EDITS: "These are corrections of your timeline and some signals, not the timeline itself.",
}
_DATA = {
    GOOGLE_RECORDS: "positions",
    GOOGLE_SEMANTIC: "a month of your timeline",
    GOOGLE_PHONE: "the timeline of a phone",
    GOOGLE_IOS: "the timeline of an iPhone",
    GOOGLE_EDITS: "signals of your timeline",
}
_FORMATS = frozenset({*_DATA, *_WHAT})
_POSITIONLESS = {
    "wifiScan": "Scans of wireless networks",
    "activityRecord": "Guesses of how you moved",
    "correction": "Corrections that Google keeps for itself",
}


@dataclass(frozen=True, slots=True)
class GoogleLocation:
    name: str = "google_location"
    title: str = "Google location history"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any file that holds one of the five shapes; files beside them are answered with what to choose.

        The word about encrypted backups is told by the read: as a text it would be taken for a note.
        """
        hint = ""
        for file, found in sample_of(folder):
            if found in _DATA:
                return Recognition(0.95, f"It holds {_DATA[found]}, {file.name}.")
            if found == GOOGLE_ENCRYPTED:
                return Recognition(0.5, f"{file.name} is what Google gives in place of encrypted backups.")
            hint = hint or (f"{file.name}: {_WHAT[found]} {_PICK}" if found in _WHAT else "")
        return Recognition(0.0, "There is no location history of Google in this folder.", hint)

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """Visits, moves, trips and positions of every file."""
        yield from read_formats(folder, options, checkpoint, _FORMATS, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, _FORMATS)


def _read_file(folder: Folder, file: File, found: str) -> Iterator[Found]:
    reader = _READERS.get(found)
    if found in _WHAT:
        has_data = any(each in _DATA for _, each in files_in(folder) if each != GOOGLE_EDITS)
        detail = _WHAT[found] if has_data else f"{_WHAT[found]} {_PICK}"
        yield Problem(file.locator, "unsupported", detail)
    if reader is None:
        return
    is_empty = found not in _WHAT
    for item in reader(folder, file):
        is_empty = False
        yield item
    if is_empty:
        yield Problem(file.locator, "empty", _EMPTY)


def _records(folder: Folder, file: File) -> Iterator[Found]:
    """Records.json and the older Location History.json: positions, each with the device that made it."""
    days, log = PositionDays(DEVICE), ProblemLog(file.locator)

    def positions() -> Iterator[Found]:
        for count, record in enumerate(json_items(folder, file.locator, "locations.item", log.letters), 1):
            place = read_place(record)
            at = time_of(record, "timestamp") if isinstance(record, Mapping) else None
            if place is None:
                yield from log.note(f"record {count}", "no-position", NOWHERE)
            elif at is None:
                yield from log.note(f"record {count}", "no-time", NO_TIME)
            else:
                yield from days.add(_device(record), _point(record, place, at[0]))

    yield from with_rest(positions(), days.rest)
    yield from log.rest()


def _months(folder: Folder, file: File) -> Iterator[Found]:
    segments = Segments(ProblemLog(file.locator))
    records = json_items(folder, file.locator, "timelineObjects.item", segments.log.letters)
    yield from with_rest((item for record in records for item in segments.takeout(record)), segments.rest)


def _phone(folder: Folder, file: File) -> Iterator[Found]:
    """Android's Timeline.json. The profile comes last in the file and names the places of all segments: read first."""
    segments = Segments(ProblemLog(file.locator), _labels(folder, file))
    records = json_items(folder, file.locator, "semanticSegments.item", segments.log.letters)
    yield from with_rest((item for record in records for item in segments.phone(record)), segments.days.rest)
    silent = _Silent(file.locator)
    signals = json_items(folder, file.locator, "rawSignals.item", segments.log.letters)
    told = (item for signal in signals for item in _signal(segments, signal, DEVICE, silent))
    yield from with_rest(told, segments.rest)
    yield from silent.told()


def _iphone(folder: Folder, file: File) -> Iterator[Found]:
    segments = Segments(ProblemLog(file.locator))
    records = json_items(folder, file.locator, "item", segments.log.letters)
    yield from with_rest((item for record in records for item in segments.phone(record)), segments.rest)


def _edits(folder: Folder, file: File) -> Iterator[Found]:
    segments, silent = Segments(ProblemLog(file.locator)), _Silent(file.locator)

    def signals() -> Iterator[Found]:
        for record in json_items(folder, file.locator, "timelineEdits.item", segments.log.letters):
            raw = record.get("rawSignal") if isinstance(record, Mapping) else None
            if isinstance(raw, Mapping):
                device = record.get("deviceId")
                yield from _signal(segments, raw.get("signal"), f"{DEVICE} {device}" if device else DEVICE, silent)
            else:
                silent.note("correction")

    yield from with_rest(signals(), segments.rest)
    yield from silent.told()


_READERS: dict[str, Callable[[Folder, File], Iterator[Found]]] = {
    GOOGLE_RECORDS: _records,
    GOOGLE_SEMANTIC: _months,
    GOOGLE_PHONE: _phone,
    GOOGLE_IOS: _iphone,
    GOOGLE_EDITS: _edits,
}


@dataclass(slots=True)
class _Silent:
    """Counts what holds no position, by what it is."""

    locator: str
    counts: dict[str, int] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def told(self) -> Iterator[Found]:
        for what, count in self.counts.items():
            detail = (
                f"{_POSITIONLESS.get(what, 'Signals of an unknown kind')}: {count:,} in this file, without a position."
            )
            yield Problem(f"{self.locator}#{what}", "unsupported", detail)


def _signal(segments: Segments, signal: object, device: str, silent: _Silent) -> Iterator[Found]:
    if isinstance(signal, Mapping) and "position" in signal:
        segments.count += 1
        yield from segments.position(signal["position"], device)
    else:
        known = (name for name in _POSITIONLESS if isinstance(signal, Mapping) and name in signal)
        silent.note(next(known, "signal"))


def _labels(folder: Folder, file: File) -> dict[str, str]:
    """What the profile calls places, by Google's id; nothing where the file breaks off before it."""
    found: dict[str, str] = {}
    try:
        for each in json_items(folder, file.locator, "userLocationProfile.frequentPlaces.item"):
            if isinstance(each, Mapping) and each.get("placeId") and each.get("label"):
                found[str(each["placeId"])] = str(each["label"])
    except BrokenJson:
        return found
    return found


def _device(record: Mapping[str, Any]) -> str:
    tag = record.get("deviceTag")
    return f"{DEVICE} {tag}" if tag else DEVICE


def _point(record: Mapping[str, Any], place: tuple[float, float, float | None], at: datetime) -> Point:
    speed = number(record.get("velocity"))
    return Point(
        place[0],
        place[1],
        at=at,
        altitude_m=number(record.get("altitude")),
        accuracy_m=number(record.get("accuracy")),
        speed_mps=speed if speed is not None and speed >= 0 else None,
    )
