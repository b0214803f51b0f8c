"""Tables of positions: columns found by their names in any order, with any delimiter, number and date style.

Rows with an end are stays or trips, all others points of a way; rows of several devices or tracks are told apart.
Times without a zone are UTC. Whether 03/04 is in March or April is decided by the whole file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from timeline_local.domain.distances import is_position
from timeline_local.domain.drafts import JSON, Draft, PlaceRef, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moves import mode_of
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.encodings import mended
from timeline_local.importers.position_columns import (
    Columns,
    altitude_of,
    columns_of,
    degrees,
    is_told,
    measure,
    names_day_first,
    number,
    read_date_and_clock,
    read_offset,
    read_time,
    speed_of,
)
from timeline_local.importers.track_formats import CSV, open_plain_text
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats
from timeline_local.importers.tracks import DAY, NO_TIME, NOWHERE, Keys, Point, ProblemLog, Recording, items_of

_E7 = 10_000_000
_MOST_WAYS = 200  # told apart at once
_LOOKED_AT = 20_000  # rows searched for a date that tells day and month apart


@dataclass(frozen=True, slots=True)
class TrackCsv:
    name: str = "track_csv"
    title: str = "Tables of positions"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a table whose first line names latitude, longitude and time."""
        return recognise_formats(folder, {CSV}, "tables of positions (CSV)")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """The moves and stays of every table."""
        yield from read_formats(folder, options, checkpoint, {CSV}, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, {CSV})


def _read_file(folder: Folder, file: File, _: str) -> Iterator[Found]:
    reading = _Reading(file, day_first=_is_day_first(folder, file))
    for columns, row in _rows(folder, file):
        yield from reading.take(columns.row(row))
    yield from reading.end()


def _rows(folder: Folder, file: File) -> Iterator[tuple[Columns, list[str]]]:
    """Each row below the line that names the columns."""
    with open_plain_text(folder, file.locator) as opened:
        lines = io.TextIOWrapper(opened, encoding="utf-8", errors="surrogateescape", newline="")  # closed with the file
        first = next((line for line in lines if is_told(line)), "")
        columns = columns_of(first)
        if columns is None:
            return
        for row in csv.reader(lines, delimiter=columns.delimiter, skipinitialspace=True):
            if any(cell.strip() for cell in row):
                yield columns, [mended(cell) for cell in row]


def _is_day_first(folder: Folder, file: File) -> bool:
    """Whether the file's dates have their day first; the first one that leaves no doubt tells, else an AM or PM."""
    has_halves = False
    for count, (columns, row) in enumerate(_rows(folder, file)):
        told = columns.row(row)
        text = str(told.get("date") or told.get("time") or "")
        has_halves = has_halves or text.upper().rstrip(".").endswith("M")
        found = names_day_first(text)
        if found is not None:
            return found
        if count > _LOOKED_AT or (count == 0 and ("-" in text or text.isdecimal())):
            break
    return not has_halves


@dataclass(slots=True)
class _Reading:
    """One table while it is read."""

    file: File
    day_first: bool
    count: int = 0
    ways: dict[tuple[str, str], Recording] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    log: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)

    def take(self, row: Mapping[str, object]) -> Iterator[Found]:
        self.count += 1
        where = f"row {self.count}"
        lat, lon = _coordinate(row, "lat"), _coordinate(row, "lon")
        if lat is None or lon is None or not is_position(lat, lon):
            yield from self.log.note(where, "no-position", NOWHERE)
            return
        at, offset = self._time(row)
        if at is None:
            yield from self.log.note(where, "no-time", NO_TIME)
        elif "until" in row:
            yield self._stay(row, Point(lat, lon, at, offset_min=offset))
        else:
            yield from self._point(row, lat, lon, at, offset)

    def end(self) -> Iterator[Found]:
        if not self.count:
            yield Problem(self.file.locator, "empty", "This table has no rows.")
        for way in self.ways.values():
            yield from items_of(way, self.keys, longest=DAY)
        yield from self.log.rest()

    def _time(self, row: Mapping[str, object]) -> tuple[datetime | None, int | None]:
        if "clock" in row:
            at = read_date_and_clock(row.get("date"), row["clock"], day_first=self.day_first)
            offset = read_offset(row.get("offset"))
            return (at, None) if at is None or offset is None else (at - timedelta(minutes=offset), offset)
        said = row.get("time")
        found = read_instant(str(said)) if said is not None and not str(said).isdecimal() else None
        return found or (read_time(said, day_first=self.day_first), None)

    def _point(
        self, row: Mapping[str, object], lat: float, lon: float, at: datetime, offset: int | None
    ) -> Iterator[Found]:
        name = str(row.get("track") or ""), str(row.get("device") or "")
        if name not in self.ways and len(self.ways) >= _MOST_WAYS:
            yield from items_of(self.ways.pop(next(iter(self.ways))), self.keys, longest=DAY)
        way = self.ways.setdefault(name, Recording(self.file.locator, "table of positions", name[1] or "csv"))
        way.word = way.word or str(row.get("mode") or "")
        way.add(
            Point(
                lat,
                lon,
                at=at,
                offset_min=offset,
                altitude_m=altitude_of(row),
                accuracy_m=measure(row.get("accuracy_m")),
                speed_mps=speed_of(row),
            )
        )
        if way.is_full:
            self.ways[name] = way.successor()
            yield from items_of(way, self.keys, longest=DAY)

    def _stay(self, row: Mapping[str, object], point: Point) -> Draft:
        until = read_time(row["until"], day_first=self.day_first)
        name, what = str(row.get("name") or ""), str(row.get("type") or "")
        mode = mode_of(name) or mode_of(str(row.get("mode") or ""))
        is_move = bool(mode) or what.casefold() in {"activity", "move", "trip", "activitysegment"}
        extra: dict[str, JSON] = {"mode": mode, "mode_basis": "source"} if mode else {}
        kind = Kind.MOVE if is_move else Kind.VISIT
        at = point.at.isoformat() if point.at is not None else ""
        return Draft(
            source_key=self.keys.unique(f"{kind.value}:{at}@{point.lat:.5f},{point.lon:.5f}"),
            kind=kind,
            title=name if not is_move else mode.capitalize(),
            evidence=(
                TimeEvidence(
                    basis=TimeBasis.SOURCE,
                    instant=point.at,
                    utc_offset_min=point.offset_min,
                    until=until if until is not None and point.at is not None and until > point.at else None,
                    origin="table of positions",
                ),
            ),
            place=PlaceRef(
                lat=point.lat,
                lon=point.lon,
                name="" if is_move else name,
                address=str(row.get("address") or ""),
                key=str(row.get("key") or ""),
            ),
            extra=extra,
        )


def _coordinate(row: Mapping[str, object], field: str) -> float | None:
    whole = number(row.get(f"{field}_e7"))
    found = whole / _E7 if whole is not None else degrees(row.get(field))
    is_below = str(row.get(f"{field}_side") or "").strip().upper() in {"S", "W"}  # a column of its own for the half
    return -abs(found) if found is not None and is_below else found
