"""GeoJSON and its kin: every geometry, where times may stand, and what is no place or way."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft, Samples
from timeline_local.importers.base import Item
from timeline_local.importers.sources.geojson import Geojson

HERE = Path(__file__).parent
LINE = {"type": "LineString", "coordinates": [[13.4, 52.5, 3, 1718447520], [13.5, 52.5, 3, 1718447580]]}


def read(tmp_path: Path, reading: ModuleType, value: object) -> list[Item]:
    found: list[Item] = reading.read(Geojson(), reading.make(tmp_path, {"a.json": json.dumps(value)}))
    return found


def samples(items: list[Item]) -> int:
    paths = sum(len(item.path) for item in items if isinstance(item, Draft))
    return paths + sum(len(item.samples) for item in items if isinstance(item, Samples))


def test_an_export_gives_the_golden_items(reading: ModuleType) -> None:
    items = reading.read(Geojson(), reading.Folder(HERE / "export"))
    assert reading.golden(items) == json.loads((HERE / "expected.json").read_bytes())


@pytest.mark.parametrize(
    "value",
    [
        LINE,
        {"type": "Feature", "geometry": LINE, "properties": {}},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": LINE, "properties": None}]},
        [{"type": "Feature", "geometry": LINE, "properties": {}}],
        {"type": "Feature", "geometry": {"type": "GeometryCollection", "geometries": [LINE]}, "properties": {}},
    ],
)
def test_every_shape_of_a_file_is_recognised_and_read(tmp_path: Path, reading: ModuleType, value: object) -> None:
    items = read(tmp_path, reading, value)
    assert Geojson().recognise(reading.Folder(tmp_path)).confidence > 0.9
    assert samples(items) == 2


@pytest.mark.parametrize("mark", ["", "\x1e"], ids=["lines", "records"])
@pytest.mark.parametrize("name", ["a.geojsonl", "a.json", "a.geojson", "a.ndjson"])
def test_a_file_of_one_feature_a_line_is_read(tmp_path: Path, reading: ModuleType, name: str, mark: str) -> None:
    lines = [json.dumps({"type": "Feature", "geometry": LINE, "properties": {}}), '{"type": "Feature", "geom', ""]
    points = {"type": "Point", "coordinates": [13.4, 52.5]}
    lines += [json.dumps({"type": "Feature", "geometry": points, "properties": {"timestamp": 1718447700}})]
    folder = reading.make(tmp_path, {name: "".join(f"{mark}{line}\n" for line in lines)})
    assert Geojson().recognise(folder).confidence > 0.9
    items = reading.read(Geojson(), folder)
    assert samples(items) == 3
    assert list(reading.problems(items).values()) == ["damaged"]


def test_lines_longer_than_a_head_are_known_by_the_name_of_their_file(tmp_path: Path, reading: ModuleType) -> None:
    line = json.dumps({"type": "Feature", "geometry": LINE, "properties": {"note": "x" * 100_000}})
    items = reading.read(Geojson(), reading.make(tmp_path, {"a.geojsonl": f"{line}\n{line}\n"}))
    assert (samples(items), reading.problems(items)) == (4, {})


@pytest.mark.parametrize(
    "features",
    [
        [None, 3, [], {"geometry": []}, {"geometry": {"type": "Point"}}],
        [{"geometry": {"type": "Point", "coordinates": [1]}}],
        [{"geometry": {"type": "LineString", "coordinates": [None, "x", [1], [200, 3]]}}],
        [{"geometry": {"type": "MultiLineString", "coordinates": [[["x", 2]]]}, "properties": {"times": [3]}}],
        [{"geometry": {"type": "Circle"}}, {"geometry": {"type": "Point", "coordinates": [0, 0]}}],
    ],
)  # fmt: skip
def test_nonsense_is_told_and_ends_nothing(tmp_path: Path, reading: ModuleType, features: list[object]) -> None:
    items = read(tmp_path, reading, {"type": "FeatureCollection", "features": features})
    assert reading.problems(items)
    assert "unreadable" not in reading.problems(items).values()


def test_letters_of_another_encoding_are_mended_and_their_feature_is_told(tmp_path: Path, reading: ModuleType) -> None:
    places = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"name": name}}
        for name in ("a", "K?ln", "b")
    ]
    data = json.dumps({"type": "FeatureCollection", "features": places}).encode().replace(b"?", b"\xf6")
    items = reading.read(Geojson(), reading.make(tmp_path, {"a.json": data}))
    assert reading.problems(items) == {"a.json#features 2": "letters-mended"}
    assert [each.title for each in reading.drafts(items).values()] == ["a", "Köln", "b"]


def test_an_empty_collection_is_told(tmp_path: Path, reading: ModuleType) -> None:
    items = read(tmp_path, reading, {"type": "FeatureCollection", "features": []})
    assert reading.problems(items) == {"a.json": "empty"}


def test_other_json_is_not_taken(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.json": '{"title": "x", "geoData": {"latitude": 1}}', "b.json": '{"type": "x"}'})
    assert Geojson().recognise(folder).confidence == 0


@pytest.mark.parametrize("cut", range(60, 1300, 131))
def test_a_file_cut_anywhere_gives_what_it_has_and_says_so(tmp_path: Path, reading: ModuleType, cut: int) -> None:
    data = (HERE / "export" / "log.geojson").read_text()[:cut]
    items = reading.read(Geojson(), reading.make(tmp_path, {"a.json": data}))
    assert reading.problems(items)["a.json"] in {"unreadable", "empty"}
