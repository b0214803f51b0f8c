"""Flights of three programs: when by the clocks there, from where to where, and what is not said."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.flights import Flights

HERE = Path(__file__).parent
EXPORT = HERE / "export"


def read(tmp_path: Path, reading: ModuleType, name: str, data: str | bytes) -> list[Draft]:
    items = reading.read(Flights(), reading.make(tmp_path, {name: data}))
    return [item for item in items if isinstance(item, Draft)]


def test_lists_give_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Flights(), reading.Folder(EXPORT))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


@pytest.mark.parametrize("name", ["airtrail.json", "diary.csv", "FlightyExport.csv"])
def test_a_list_is_known_by_what_it_holds(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {"deep/er/renamed.log": b"\xef\xbb\xbf" + (EXPORT / name).read_bytes()})
    assert [each.source.name for each in judge(folder).recognised] == ["flights"]
    assert any(isinstance(item, Draft) for item in reading.read(Flights(), folder))


def test_a_night_flight_ends_when_its_duration_is_over(tmp_path: Path, reading: ModuleType) -> None:
    first, *_ = read(tmp_path, reading, "a.csv", (EXPORT / "diary.csv").read_bytes())
    [when] = first.evidence
    assert when.local_at is not None
    assert when.local_until is not None
    assert (when.local_at.isoformat(), when.local_until.isoformat()) == ("2011-05-04T23:15:00", "2011-05-05T10:35:00")
    assert first.place is not None
    assert (first.place.city, first.place.lat) == ("Oslo", None)


@pytest.mark.parametrize(
    ("precision", "local"), [("day", "2019-07-15"), ("month", "2019-07-01"), ("year", "2019-01-01"), (3, "2019-07-15")]
)
def test_a_flight_is_dated_as_finely_as_it_is_known(
    tmp_path: Path, reading: ModuleType, precision: object, local: str
) -> None:
    flight = {"date": "2019-07-15", "datePrecision": precision, "from": "EDDB", "to": "LFPG", "departure": None}
    [draft] = read(tmp_path, reading, "a.json", json.dumps({"flights": [flight]}))
    [when] = draft.evidence
    assert when.local_at is not None
    assert (when.local_at.date().isoformat(), when.precision.value) == (local, precision if precision != 3 else "day")


def test_other_passengers_are_people_of_a_flight(tmp_path: Path, reading: ModuleType) -> None:
    users = [{"id": "1", "displayName": "Ana"}, {"id": "2", "displayName": "Cy"}]
    seats = [{"userId": "1"}, {"userId": "2"}, {"userId": None, "guestName": "Bo"}, 3]
    flight = {"date": "2019-07-15", "flightNumber": "ZZ1", "from": None, "to": None, "seats": seats}
    [draft] = read(tmp_path, reading, "a.json", json.dumps({"users": users, "flights": [flight]}))
    assert [person.name for person in draft.people] == ["Ana", "Cy", "Bo"]


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"date": 3}, {"date": "2019", "from": [], "seats": {}}])
def test_nonsense_costs_itself_alone(tmp_path: Path, reading: ModuleType, value: Any) -> None:  # noqa: ANN401 - any JSON
    data = json.loads((EXPORT / "airtrail.json").read_bytes())
    data["flights"].append(value)
    data["users"].append(value)
    items = reading.read(Flights(), reading.make(tmp_path, {"a.json": json.dumps(data)}))
    assert sum(isinstance(item, Draft) for item in items) >= 2
    assert "unreadable" not in reading.problems(items).values()


@pytest.mark.parametrize("line", ["", "2019-01-02", ",,,,,,", '2019-01-02,"x', "x,y,z"])
def test_a_broken_row_costs_itself_alone(tmp_path: Path, reading: ModuleType, line: str) -> None:
    data = f"{(EXPORT / 'diary.csv').read_text(encoding='utf-8')}{line}\n"
    assert len(read(tmp_path, reading, "a.csv", data)) >= 2


def test_a_list_without_flights_says_so(tmp_path: Path, reading: ModuleType) -> None:
    head = (EXPORT / "diary.csv").read_text(encoding="utf-8").splitlines()[0]
    assert reading.problems(reading.read(Flights(), reading.make(tmp_path, {"a.csv": head}))) == {"a.csv": "empty"}


def test_reading_goes_on_where_it_stopped(reading: ModuleType) -> None:
    folder = reading.Folder(EXPORT)
    items = list(Flights().read(folder, ReadOptions(), None))
    for at, item in enumerate(items):
        if isinstance(item, Checkpoint):
            assert list(Flights().read(folder, ReadOptions(), item.position)) == items[at + 1 :]


def test_other_tables_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a.csv": "Date,From,To,Amount\n2020-01-01,A,B,3\n", "b.json": '{"flights": [{"number": 3}]}'}
    assert Flights().recognise(reading.make(tmp_path, files)).confidence == 0
