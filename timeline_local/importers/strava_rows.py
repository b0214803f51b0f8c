"""The table of a Strava export: what each column means, in any language of the account."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from timeline_local.importers.encodings import mended
from timeline_local.importers.position_columns import number, read_time

_KM = 1000
# The first columns stand in the same order in every language; later ones are found by name or by their neighbours.
_ID, _DATE, _NAME, _TYPE, _DESCRIPTION, _ELAPSED, _DISTANCE = range(7)
_LATER = {
    "gear": "activity gear",
    "note": "activity private note",
    "commute": "commute",
    "media": "media",
    "calories": "calories",
    "ascent_m": "elevation gain",
    "descent_m": "elevation loss",
    "average_heart_rate": "average heart rate",
    "most_heart_rate": "max heart rate",
    "fastest_mps": "max speed",
}
_FOLDER, _MEDIA_FOLDER = "activities/", "media/"
_TRUE = frozenset({"true", "1", "1.0"})
_MISSING = "#error#"


@dataclass(frozen=True, slots=True)
class Activity:
    """One row. at: when it began, UTC; None where the date is in a language nobody here reads.

    file  the recording's locator within the export, "" if there is none; is_missing: there was one and Strava could
    not hand it out.   media  locators of its pictures.   elapsed_s, moving_s, distance_m: as Strava counted.
    """

    key: str
    at: datetime | None
    name: str
    word: str
    description: str
    elapsed_s: float | None
    moving_s: float | None
    distance_m: float | None
    file: str
    is_missing: bool
    media: tuple[str, ...]
    told: Mapping[str, str]

    @property
    def is_commute(self) -> bool:
        return self.told.get("commute", "").casefold() in _TRUE

    def figure(self, name: str) -> float | None:
        return number(self.told.get(name))


def read_rows(file: BinaryIO) -> Iterator[Activity | None]:
    """Every activity; None for a row that is none. Closes the file. Raises csv.Error."""
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        rows = ([mended(cell) for cell in row] for row in csv.reader(text))
        columns = _Columns.of(next(rows, []))
        for row in rows:
            if any(cell.strip() for cell in row):
                yield columns.activity(row)


def read_captions(file: BinaryIO) -> dict[str, str]:
    """What pictures are called, by their file name. Closes the file. Raises csv.Error."""
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        rows = ([mended(cell) for cell in row] for row in csv.reader(text))
        next(rows, [])
        named = ((row[0].rpartition("/")[2].strip(), " ".join(row[1].split())) for row in rows if len(row) > 1)
        return {name: caption for name, caption in named if caption}


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each thing stands. Of the names that occur twice the second is in seconds and metres, so more precise."""

    count: int
    elapsed: int | None
    moving: int | None
    distance: int | None
    later: Mapping[str, int]

    @classmethod
    def of(cls, names: Sequence[str]) -> _Columns:
        plain = [name.strip().casefold() for name in names]
        elapsed, distance = (_again(plain, at) for at in (_ELAPSED, _DISTANCE))
        later = {field: plain.index(name) for field, name in _LATER.items() if name in plain}
        # Moving time has no name that occurs twice; it stands behind the second elapsed time.
        moving = None if elapsed is None else elapsed + 1
        return cls(len(plain), elapsed, moving, distance, later)

    def activity(self, row: Sequence[str]) -> Activity | None:
        if len(row) <= _DISTANCE or not row[_ID].strip():
            return None
        cell = _Cells(row)
        kilometres = number(row[_DISTANCE])
        metres = number(cell.at(self.distance))
        recording = next((each.strip() for each in row[_DISTANCE:] if each.strip().startswith(_FOLDER)), "")
        media = next((each for each in row[_DISTANCE:] if each.strip().startswith(_MEDIA_FOLDER)), "")
        return Activity(
            key=row[_ID].strip(),
            at=read_time(row[_DATE]),
            name=" ".join(row[_NAME].split()),
            word=row[_TYPE].strip(),
            description=row[_DESCRIPTION].strip(),
            elapsed_s=number(cell.at(self.elapsed)) or number(row[_ELAPSED]),
            moving_s=number(cell.at(self.moving)),
            distance_m=metres if metres is not None else kilometres * _KM if kilometres is not None else None,
            file=recording,
            is_missing=any(each.strip() == _MISSING for each in row),
            media=tuple(each.strip() for each in media.split("|") if each.strip()),
            told={field: found for field, at in self.later.items() if (found := cell.at(at))},
        )


@dataclass(frozen=True, slots=True)
class _Cells:
    row: Sequence[str]

    def at(self, number_of: int | None) -> str:
        return self.row[number_of].strip() if number_of is not None and number_of < len(self.row) else ""


def _again(names: Sequence[str], first: int) -> int | None:
    """Where the name of a column stands a second time."""
    if len(names) <= first:
        return None
    return next((at for at in range(first + 1, len(names)) if names[at] == names[first]), None)
