"""Google Fit out of a Takeout: what each day added up to. Its recordings (TCX) are read as those of watches are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial

from timeline_local.domain.drafts import JSON, Problem
from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.times import Precision
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_of_forms
from timeline_local.importers.files import extension
from timeline_local.importers.health_days import At, Days, read_days
from timeline_local.importers.table_rows import column_names, named_rows
from timeline_local.importers.track_reading import BROKEN
from timeline_local.importers.tracks import ProblemLog

HEAD_BYTES = 4096
DAILY, PARTS, SESSION = "daily", "parts", "session"
LARGEST = 1_000_000  # of anything on one day
_DAILY = {"date", "step count"}
_PARTS = {"start time", "end time", "move minutes count"}
_OF_FIT = {"move minutes count", "calories (kcal)", "heart points"}
_HEART = "{} heart rate (bpm)"
_CYCLED = "biking duration (ms)"
_SLEPT = ("sleeping duration (ms)", "sleep duration (ms)")
_LEFT_OUT = {
    PARTS: "These are the quarters of an hour of a day; the table of all days tells what they add up to.",
    SESSION: "This session is part of its day; its recording, if there is one, is a file of its own.",
}
_HINT = "These are parts of Google Fit without its table of all days. Choose the whole Takeout of Fit."


@dataclass(frozen=True, slots=True)
class GoogleFit:
    name: str = "google_fit"
    title: str = "Google Fit"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of the table of all days."""
        forms = [(file, form) for file in folder.sample() if (form := _form(folder, file))]
        found = next((file for file, form in forms if form == DAILY), None)
        if found is not None:
            return Recognition(0.95, f"It holds the days of Google Fit, {found.name}.")
        return Recognition(0.0, "There are no days of Google Fit here.", _HINT if forms else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each day, once all tables were read."""
        files = files_of_forms(folder, _form, options)
        yield from read_days(files, partial(_gather, folder), checkpoint, "Google Fit")


def _form(folder: Folder, file: File) -> str:
    """Which file of Fit this is, "" for any other."""
    kind = extension(file.name)
    if kind == "csv":
        names = column_names(folder, file.locator)
        if names.isdisjoint(_OF_FIT):
            return ""
        return DAILY if names >= _DAILY else PARTS if names >= _PARTS else ""
    if kind != "json":
        return ""
    head = folder.head(file.locator, HEAD_BYTES)
    return SESSION if b'"fitnessActivity"' in head and b'"startTime"' in head else ""


def _gather(folder: Folder, file: File, form: str, days: Days) -> Iterator[Problem]:
    if form != DAILY:
        yield Problem(file.locator, "unsupported", _LEFT_OUT[form])
        return
    log, count = ProblemLog(file.locator), 0
    try:
        with closing(named_rows(folder, file.locator)) as rows:
            for count, row in enumerate(rows, 1):
                if (day := _day(row.get("date", ""))) is None:
                    yield from log.note(f"row {count}", "no-time", "This row has no date that can be read.")
                else:
                    _take(days, day.toordinal(), row)
    except BROKEN as error:
        why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
        detail = f"This table cannot be read to its end ({why}); the {count:,} days before it are taken."
        yield from log.problem("unreadable", detail)
    yield from log.rest()


def _day(text: str) -> date | None:
    stamp = read_stamp(text)
    return stamp.local_at.date() if stamp is not None and stamp.precision is Precision.DAY else None


def _take(days: Days, day: int, row: Mapping[str, str]) -> None:
    """What a row says. Calories are left out: most of them are those of a body at rest."""
    steps, metres, minutes = (_figure(row, name) for name in ("step count", "distance (m)", "move minutes count"))
    if steps:
        days.tell("steps", day, steps)
    if minutes:
        days.tell("moving_min", day, minutes)
    if metres and not _figure(row, _CYCLED):  # who cycled has all distances in one number
        days.tell("walked_m", day, metres)
    average, most, least = (_figure(row, _HEART.format(each)) for each in ("average", "max", "min"))
    if average:
        days.spread("heart_rate", day, average, least or average, most or average)
    if weight := _figure(row, "average weight (kg)"):
        days.mean("weight_kg", At(day, 0), weight)
    if slept := next(filter(None, (_figure(row, name) for name in _SLEPT)), None):
        days.slept(day, round(slept / 60_000))


def _figure(row: Mapping[str, str], name: str) -> float | None:
    found = loose.number(row.get(name))
    most = LARGEST * 60_000 if name.endswith("(ms)") else LARGEST
    return found if found is not None and 0 < found <= most else None
