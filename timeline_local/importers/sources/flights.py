"""Lists of flights: AirTrail's JSON, and the tables of my.flightradar24.com (Flight Diary) and Flighty.

The layouts are those of a published AirTrail export and of the readers of all three in johanohly/AirTrail
(src/lib/import), which also tell what the numbers of Flight Diary mean. Only AirTrail says where airports are: the
flights of tables have names of places and no coordinates. Clocks of tables are those of the airports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from timeline_local.domain.distances import distance_m
from timeline_local.domain.drafts import JSON, Draft, PersonRef, PersonRole, PlaceRef, Problem, Sample
from timeline_local.domain.kinds import Kind
from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.json_stream import Letters, json_items
from timeline_local.importers.table_rows import csv_rows
from timeline_local.importers.track_formats import AIRTRAIL, FLIGHT_DIARY, FLIGHTY
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats, with_rest
from timeline_local.importers.tracks import Keys, ProblemLog

_FORMATS = frozenset({AIRTRAIL, FLIGHT_DIARY, FLIGHTY})
_AIRPORT = re.compile(r"(?:(?P<city>.*?) / )?(?P<name>.*?)\s*\((?P<iata>\w{0,4})/(?P<icao>\w{0,4})\)")
_CODES = re.compile(r"\s*\([^()]*\)$")
_SEATS = {"1": "window", "2": "middle", "3": "aisle"}
_CLASSES = {"1": "economy", "2": "business", "3": "first", "4": "premium economy", "5": "private"}
_REASONS = {"1": "leisure", "2": "business", "3": "crew", "4": "other"}
_PRECISIONS = {"day": Precision.DAY, "month": Precision.MONTH, "year": Precision.YEAR}
_MIDNIGHT = "00:00:00"


@dataclass(frozen=True, slots=True)
class Flights:
    name: str = "flights"
    title: str = "Lists of flights"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of AirTrail's JSON and of a table with the columns of Flight Diary or Flighty."""
        return recognise_formats(folder, _FORMATS, "a list of flights")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each flight."""
        yield from read_formats(folder, options, checkpoint, _FORMATS, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, _FORMATS)


@dataclass(frozen=True, slots=True)
class _Airport:
    """One end of a flight. code: IATA's, else ICAO's, "" if none is told."""

    name: str = ""
    city: str = ""
    code: str = ""
    country: str = ""
    lat: float | None = None
    lon: float | None = None

    @property
    def spoken(self) -> str:
        return self.city or self.name or self.code

    @property
    def written(self) -> str:
        return f"{self.name} ({self.code})" if self.name and self.code else self.name or self.code


@dataclass(frozen=True, slots=True)
class _Flight:
    when: TimeEvidence
    start: _Airport
    end: _Airport
    number: str
    note: str = ""
    people: tuple[PersonRef, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)


def _read_file(folder: Folder, file: File, found: str) -> Iterator[Found]:
    reading = _Reading(file)
    rows = _airtrail(folder, file, reading.log.letters) if found == AIRTRAIL else _table(folder, file)
    yield from with_rest(reading.flights(rows, found), reading.rest)


def _airtrail(folder: Folder, file: File, letters: Letters) -> Iterator[Mapping[str, Any]]:
    """Its flights, the passengers' names in them."""
    users = [loose.members(each) for each in json_items(folder, file.locator, "users.item")]
    names = {str(each.get("id")): loose.text(each.get("displayName")) for each in users} if len(users) > 1 else {}
    for value in json_items(folder, file.locator, "flights.item", letters):
        yield {**loose.members(value), "names": names}


def _table(folder: Folder, file: File) -> Iterator[Mapping[str, Any]]:
    rows = csv_rows(folder, file.locator)
    head = [cell.strip().casefold() for cell in next(rows, [])]
    for row in rows:
        yield dict(zip(head, (cell.strip() for cell in row), strict=False))


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    file: File
    count: int = 0
    keys: Keys = field(default_factory=Keys)
    log: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)

    def flights(self, records: Iterator[Mapping[str, Any]], found: str) -> Iterator[Found]:
        read = {AIRTRAIL: _of_airtrail, FLIGHT_DIARY: _of_diary, FLIGHTY: _of_flighty}[found]
        for self.count, record in enumerate(records, 1):
            if str(record.get("canceled") or "").casefold() == "true":
                yield from self._skipped("cancelled", "This flight was cancelled.")
            elif (flight := read(record)) is None:
                yield from self._skipped("no-time", "This flight has no date that can be read.")
            else:
                yield self._draft(flight)

    def rest(self) -> Iterator[Found]:
        if not self.count:
            yield Problem(self.file.locator, "empty", "This list holds no flights.")
        yield from self.log.rest()

    def _draft(self, flight: _Flight) -> Draft:
        when, start, end = flight.when, flight.start, flight.end
        moment = when.instant or when.local_at
        at = moment.isoformat().replace("+00:00", "Z") if moment else ""
        ends = " \u2013 ".join(each.spoken for each in (start, end) if each.spoken)
        extra: dict[str, JSON] = {"mode": "flying", "mode_basis": "source", "flight": flight.number}
        extra |= {"from": start.written, "to": end.written, **flight.told}
        path: tuple[Sample, ...] = ()
        if start.lat is not None and start.lon is not None and end.lat is not None and end.lon is not None:
            extra["distance_m"] = round(distance_m(start.lat, start.lon, end.lat, end.lon))
            extra["route"] = [[start.lat, start.lon], [end.lat, end.lon]]
            if when.instant is not None and when.until is not None:
                path = (Sample(when.instant, start.lat, start.lon), Sample(when.until, end.lat, end.lon))
        place = PlaceRef(lat=start.lat, lon=start.lon, name=start.written, city=start.city, country=start.country)
        return Draft(
            source_key=self.keys.unique(f"flight:{at}:{start.code}-{end.code}:{flight.number}"),
            kind=Kind.MOVE,
            title=" ".join(part for part in (flight.number or "Flight", ends) if part),
            body=flight.note,
            evidence=(when,),
            place=loose.place_or_none(place),
            people=flight.people,
            path=path,
            device="flights" if path else "",
            extra={name: value for name, value in extra.items() if value},
        )

    def _skipped(self, slug: str, detail: str) -> Iterator[Problem]:
        yield from self.log.note(f"flight {self.count}", slug, detail)


def _of_airtrail(record: Mapping[str, Any]) -> _Flight | None:
    start, end = _airport(record.get("from")), _airport(record.get("to"))
    depart, arrive = loose.instant(record.get("departure")), loose.instant(record.get("arrival"))
    day = read_stamp(loose.text(record.get("date"))[:10])
    if depart is not None:
        when = TimeEvidence(
            basis=TimeBasis.SOURCE,
            instant=depart,
            zone=loose.zone(loose.members(record.get("from")).get("tz")),
            until=arrive if arrive is not None and arrive > depart else None,
            origin="AirTrail",
        )
    elif day is not None:
        precision = _PRECISIONS.get(loose.text(record.get("datePrecision")), Precision.DAY)
        begun = day.local_at.replace(day=1) if precision is not Precision.DAY else day.local_at
        begun = begun.replace(month=1) if precision is Precision.YEAR else begun
        when = TimeEvidence(basis=TimeBasis.SOURCE, local_at=begun, precision=precision, origin="AirTrail")
    else:
        return None
    seats = [loose.members(each) for each in loose.items(record.get("seats"))]
    names = loose.members(record.get("names"))
    people = [loose.text(each.get("guestName")) or str(names.get(str(each.get("userId"))) or "") for each in seats]
    seat = seats[0] if seats else {}
    told = {
        "airline": _named(record.get("airline")),
        "aircraft": _named(record.get("aircraft")),
        "registration": loose.text(record.get("aircraftReg")),
        "seat": loose.text(seat.get("seatNumber")) or loose.text(seat.get("seat")),
        "class": loose.text(seat.get("seatClass")),
        "reason": loose.text(record.get("flightReason")),
    }
    return _Flight(
        when,
        start,
        end,
        loose.text(record.get("flightNumber")),
        loose.text(record.get("note")),
        tuple(PersonRef(name=name, role=PersonRole.ATTENDEE) for name in dict.fromkeys(people) if name),
        told,
    )


def _of_diary(row: Mapping[str, Any]) -> _Flight | None:
    """Dep time and Arr time at midnight both mean that nobody said them."""
    day, clock = read_stamp(row.get("date", "")), row.get("dep time", "")
    if day is None or day.precision is not Precision.DAY:
        return None
    has_clock = bool(clock) and not clock == row.get("arr time") == _MIDNIGHT
    begun = read_stamp(f"{row['date']} {clock}") if has_clock else None
    lasted = _length(row.get("duration", ""))
    told = {
        "airline": _CODES.sub("", row.get("airline", "")).strip(),
        "aircraft": _CODES.sub("", row.get("aircraft", "")).strip(),
        "registration": row.get("registration", ""),
        "seat": row.get("seat number", "") or _SEATS.get(row.get("seat type", ""), ""),
        "class": _CLASSES.get(row.get("flight class", ""), ""),
        "reason": _REASONS.get(row.get("flight reason", ""), ""),
        "arrives": row.get("arr time", "") if begun else "",
    }
    when = _local(begun.local_at if begun else day.local_at, "Flight Diary", is_day=begun is None, lasted=lasted)
    start, end = _spelled(row.get("from", "")), _spelled(row.get("to", ""))
    return _Flight(when, start, end, row.get("flight number", ""), row.get("note", ""), (), told)


def _of_flighty(row: Mapping[str, Any]) -> _Flight | None:
    begins = ("gate departure (actual)", "gate departure (scheduled)", "take off (actual)", "take off (scheduled)")
    ends = ("gate arrival (actual)", "gate arrival (scheduled)", "landing (actual)", "landing (scheduled)")
    begun = next((found for name in (*begins, "date") if (found := read_stamp(row.get(name, "")))), None)
    if begun is None:
        return None
    told = {
        "aircraft": row.get("aircraft type name", ""),
        "registration": row.get("tail number", ""),
        "seat": row.get("seat", "") or row.get("seat type", ""),
        "class": row.get("cabin class", ""),
        "reason": row.get("flight reason", ""),
        "arrives": next((row[name] for name in ends if row.get(name)), ""),
        "diverted_to": row.get("diverted to", ""),
    }
    when = _local(begun.local_at, "Flighty", is_day=begun.precision is Precision.DAY, lasted=None)
    number = f"{row.get('airline', '')}{row.get('flight', '')}"
    start, end = (_Airport(code=row.get(name, "")) for name in ("from", "to"))
    return _Flight(when, start, end, number, row.get("notes", ""), (), told)


def _local(begun: datetime, origin: str, *, is_day: bool, lasted: timedelta | None) -> TimeEvidence:
    """By the clock of the airport; its end by the same clock."""
    return TimeEvidence(
        basis=TimeBasis.SOURCE,
        local_at=begun,
        local_until=begun + lasted if lasted and not is_day else None,
        precision=Precision.DAY if is_day else Precision.MINUTE,
        origin=origin,
    )


def _length(text: str) -> timedelta | None:
    parts = text.split(":")
    if len(parts) not in {2, 3} or not all(part.isascii() and part.isdecimal() and len(part) <= 2 for part in parts):  # noqa: PLR2004
        return None
    return timedelta(hours=int(parts[0]), minutes=int(parts[1])) or None


def _airport(value: object) -> _Airport:
    """An object, or the code alone as AirTrail wrote it at first."""
    told = loose.members(value)
    if not told:
        return _Airport(code=loose.text(value))
    lat, lon = loose.coordinates(told.get("lat"), told.get("lon"))
    return _Airport(
        name=loose.text(told.get("name")),
        city=loose.text(told.get("municipality")),
        code=loose.text(told.get("iata")) or loose.text(told.get("icao")),
        country=loose.text(told.get("country")),
        lat=lat,
        lon=lon,
    )


def _spelled(text: str) -> _Airport:
    """Of "Paris / Orly (ORY/LFPO)"."""
    found = _AIRPORT.fullmatch(text)
    if found is None:
        return _Airport(name=text)
    return _Airport(name=found["name"], city=found["city"] or "", code=found["iata"] or found["icao"])


def _named(value: object) -> str:
    return loose.text(value) or loose.text(loose.members(value).get("name"))
