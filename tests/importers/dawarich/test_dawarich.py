"""Dawarich's export in both its formats, alone and with the files it was given."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft, Problem, Samples
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge, read_all
from timeline_local.importers.sources.dawarich import Dawarich

HERE = Path(__file__).parent
EXPORT = HERE / "export"
LISTS = {
    "areas": "areas.jsonl",
    "trips": "trips.jsonl",
    "points": "points/2024/2024-06.jsonl",
    "visits": "visits/2024/2024-06.jsonl",
    "places": "places.jsonl",
}


def whole() -> str:
    """The same export as one data.json, its lists in the order in which Dawarich writes them."""
    lists = {
        name: [json.loads(line) for line in (EXPORT / path).read_text().splitlines()] for name, path in LISTS.items()
    }
    head = {"counts": {"areas": 1, "notifications": 0, "points": 4}, "settings": {"timezone": "UTC"}}
    return json.dumps({**head, **lists})


def test_an_export_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Dawarich(), reading.Folder(EXPORT))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


def test_both_formats_give_the_same(tmp_path: Path, reading: ModuleType) -> None:
    shutil.copytree(EXPORT, tmp_path / "new", ignore=shutil.ignore_patterns("tracks"))
    new = reading.read(Dawarich(), reading.Folder(tmp_path / "new"))
    old = reading.read(Dawarich(), reading.make(tmp_path / "old", {"data.json": whole()}))
    told = [{item.source_key: item for item in items if isinstance(item, Draft | Samples)} for items in (new, old)]
    assert told[0] == told[1]
    assert len(told[0]) == 7


@pytest.mark.parametrize(("path", "kinds"), [(path, name) for name, path in LISTS.items()])
def test_a_single_file_is_known_by_what_it_holds(tmp_path: Path, reading: ModuleType, path: str, kinds: str) -> None:
    folder = reading.make(tmp_path, {f"some/where/{kinds}.log": (EXPORT / path).read_bytes()})
    assert [each.source.name for each in judge(folder).recognised] == ["dawarich"]
    assert any(isinstance(item, Draft | Samples) for item in reading.read(Dawarich(), folder))


def test_files_that_were_given_to_it_are_left_to_be_imported_by_themselves(reading: ModuleType) -> None:
    folder = reading.Folder(EXPORT)
    sources = [each.source for each in judge(folder).recognised]
    read = list(read_all(folder, sources, ReadOptions()))
    assert {each.source for each in read if isinstance(each.item, Draft)} == {"dawarich"}
    assert ("files/", "twice") in {
        (each.item.locator, each.item.slug) for each in read if isinstance(each.item, Problem)
    }


def test_places_of_pictures_may_count_in_seconds_or_milliseconds(tmp_path: Path, reading: ModuleType) -> None:
    points = [
        {"timestamp": 1718447400, "latitude": 48.1, "longitude": 11.5, "altitude": 34.5},
        {"timestamp": 1718448000000, "latitude": 52.5, "longitude": 13.4},
    ]
    data = json.dumps({"type": "DawarichPhotoLibrary", "version": 1, "points": points})
    [samples] = [
        each for each in reading.read(Dawarich(), reading.make(tmp_path, {"a.json": data})) if isinstance(each, Samples)
    ]
    assert [(each.at.isoformat(), each.altitude_m) for each in samples.samples] == [
        ("2024-06-15T10:30:00+00:00", 34.5),
        ("2024-06-15T10:40:00+00:00", None),
    ]


@pytest.mark.parametrize(("without", "device"), [("nothing", "pixel"), ("points", ""), ("manifest.json", "pixel")])
def test_a_track_goes_where_its_device_went(tmp_path: Path, reading: ModuleType, without: str, device: str) -> None:
    shutil.copytree(EXPORT, tmp_path / "x", ignore=shutil.ignore_patterns(without))
    lines = '{"timestamp":1718015400,"tracker_id":"pixel","lonlat":"POINT(-9.14 38.715)"}\n'
    if device:
        (tmp_path / "x" / "points" / "2024" / "2024-06.jsonl").write_text(lines)
    drafts = reading.drafts(reading.read(Dawarich(), reading.Folder(tmp_path / "x")))
    track = drafts["move:2024-06-10T10:30:00Z"]
    assert (track.device, len(track.path)) == (device, 2 if device else 0)
    assert len(track.extra["route"]) == 3


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"started_at": 3}, {"original_path": [], "start_at": "x"}])
def test_nonsense_costs_itself_alone(tmp_path: Path, reading: ModuleType, value: object) -> None:
    data = json.loads(whole())
    for name in LISTS:
        data[name] = [value, *data[name]]
    items = reading.read(Dawarich(), reading.make(tmp_path, {"data.json": json.dumps(data)}))
    assert sum(isinstance(item, Draft | Samples) for item in items) == 7
    assert "unreadable" not in reading.problems(items).values()


def test_a_broken_line_costs_itself_alone(tmp_path: Path, reading: ModuleType) -> None:
    first, *rest = (EXPORT / LISTS["visits"]).read_text().splitlines()
    items = reading.read(Dawarich(), reading.make(tmp_path, {"a.jsonl": "\n".join([first, '{"started_at": ', *rest])}))
    assert sum(isinstance(item, Draft) for item in items) == 2
    assert "no-time" in reading.problems(items).values()


def test_reading_goes_on_where_it_stopped(reading: ModuleType) -> None:
    folder = reading.Folder(EXPORT)
    items = list(Dawarich().read(folder, ReadOptions(), None))
    for at, item in enumerate(items):
        if isinstance(item, Checkpoint):
            rest = list(Dawarich().read(folder, ReadOptions(), item.position))
            assert [each for each in rest if not isinstance(each, Checkpoint)] == [
                each for each in items[at:] if not isinstance(each, Checkpoint)
            ]


def test_other_lines_of_json_are_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a.jsonl": '{"name": "x", "latitude": 1, "longitude": 2}\n', "b.json": '{"counts": {"a": 1}}'}
    assert Dawarich().recognise(reading.make(tmp_path, files)).confidence == 0
