"""Garmin Connect, the export of all data: what each day added up to, and its nights.

The recordings of activities lie beside in zips of FIT files, and are read as those of any watch are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from timeline_local.domain.drafts import JSON, Problem
from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.times import Precision
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_of_forms
from timeline_local.importers.files import extension
from timeline_local.importers.health_days import Days, read_days
from timeline_local.importers.json_stream import BrokenJson, json_items
from timeline_local.importers.tracks import ProblemLog
from timeline_local.importers.trees import why

HEAD_BYTES = 16 * 1024
DAYS, NIGHTS, ACTIVITIES = "days", "nights", "activities"
LARGEST = 1_000_000  # of anything on one day
FLOOR_M = 3.048  # as Garmin counts
_SIGNS = {
    DAYS: (b'"calendarDate"', b'"totalSteps"'),
    NIGHTS: (b'"calendarDate"', b'"sleepStartTimestampGMT"'),
    ACTIVITIES: (b'"summarizedActivitiesExport"',),
}
_DATES = frozenset({Precision.DAY, Precision.MINUTE, Precision.INSTANT})
_SUMS = {"totalSteps": "steps", "activeKilocalories": "active_kcal"}
_INTENSE = ("moderateIntensityMinutes", "vigorousIntensityMinutes")
_RESTING = ("restingHeartRate", "currentDayRestingHeartRate")
_STAGES = ("deepSleepSeconds", "lightSleepSeconds", "remSleepSeconds")


@dataclass(frozen=True, slots=True)
class Garmin:
    name: str = "garmin"
    title: str = "Garmin Connect"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a list of days or nights, whatever it is called."""
        found = next((file for file in folder.sample() if _form(folder, file) in {DAYS, NIGHTS}), None)
        if found is None:
            return Recognition(0.0, "There is no export of Garmin Connect here.")
        return Recognition(0.95, f"It holds days or nights of Garmin Connect, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each day, once all lists were read."""
        files = files_of_forms(folder, _form, options)
        yield from read_days(files, partial(_gather, folder), checkpoint, "Garmin Connect")


def _form(folder: Folder, file: File) -> str:
    """Which list of the export this is, "" for any other file."""
    if extension(file.name) != "json":
        return ""
    head = folder.head(file.locator, HEAD_BYTES)
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        return ""
    return next((form for form, signs in _SIGNS.items() if all(sign in head for sign in signs)), "")


def _gather(folder: Folder, file: File, form: str, days: Days) -> Iterator[Problem]:
    if form == ACTIVITIES:
        detail = "This list sums up activities; their recordings, which lie in the zips beside it, tell all of it."
        yield Problem(file.locator, "unsupported", detail)
        return
    log, count = ProblemLog(file.locator), 0
    take = _take_day if form == DAYS else _take_night
    try:
        with closing(json_items(folder, file.locator, "item", log.letters)) as told:
            for count, each in enumerate(told, 1):
                said = loose.members(each)
                if (day := _day(said)) is None:
                    yield from log.note(str(count), "no-time", "This has no date that can be read.")
                else:
                    take(days, day.toordinal(), said)
    except BrokenJson as error:
        detail = f"This list cannot be read to its end ({error}); the {count:,} days before it are taken."
        yield from log.problem("unreadable", detail)
    except OSError as error:
        yield from log.problem("unreadable", f"This list cannot be read ({why(error)}).")
    yield from log.rest()


def _day(said: Mapping[str, Any]) -> date | None:
    """Of "2025-01-02", alone or in an object."""
    told = said.get("calendarDate")
    stamp = read_stamp(loose.text(told) or loose.text(loose.members(told).get("date")))
    return stamp.local_at.date() if stamp is not None and stamp.precision in _DATES else None


def _take_day(days: Days, day: int, said: Mapping[str, Any]) -> None:
    for theirs, ours in _SUMS.items():
        if found := _figure(said, theirs):
            days.tell(ours, day, found)
    if climbed := _figure(said, "floorsAscendedInMeters"):
        days.tell("flights", day, climbed / FLOOR_M)
    if exercised := sum(_figure(said, name) or 0 for name in _INTENSE):
        days.tell("exercise_min", day, exercised)
    if resting := next(filter(None, (_figure(said, name) for name in _RESTING)), None):
        days.spread("resting_heart_rate", day, resting, resting, resting)


def _take_night(days: Days, day: int, said: Mapping[str, Any]) -> None:
    """A night belongs to the day on which it ends, as Garmin has it. What was awake is not slept."""
    if seconds := sum(_figure(said, name) or 0 for name in _STAGES):
        days.slept(day, round(seconds / 60))


def _figure(said: Mapping[str, Any], name: str) -> float | None:
    found = loose.number(said.get(name))
    return found if found is not None and 0 < found <= LARGEST else None
