"""The name rule of Google's sidecars on every published pair, and what a sidecar says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from timeline_local.importers.google_names import find_sidecar, without_edited_suffix
from timeline_local.importers.google_sidecars import parse_sidecar

TABLE = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "tables" / "takeout_pairs.json"
PUBLISHED: dict[str, list[dict[str, Any]]] = (
    json.loads(TABLE.read_bytes()) if TABLE.exists() else {"pairs": [], "candidate_sets": []}
)
# The film of a live photo has no sidecar: that it shares the still's is decided where files become one memory.
SETS = [each for each in PUBLISHED["candidate_sets"] if "live-photo" not in (each["note"] or "")]


@pytest.mark.parametrize("pair", PUBLISHED["pairs"], ids=lambda pair: pair["media"])
def test_every_published_pair_is_found(pair: dict[str, Any]) -> None:
    assert find_sidecar(pair["media"], {pair["json"]: "it", "other.jpg.json": "another"}) == "it"


@pytest.mark.parametrize("given", SETS, ids=lambda given: given["media"])
def test_among_several_sidecars_the_right_one_is_chosen(given: dict[str, Any]) -> None:
    assert find_sidecar(given["media"], {name: name for name in given["json_files"]}) == given["expected_json"]


@pytest.mark.parametrize(
    ("media", "sidecar"),
    [
        ("photo(1).jpg", "photo.jpg(1).json"),
        ("photo(1).jpg", "photo.jpg.supplemental-metadata(1).json"),
        ("photo-edited(1).jpg", "photo.jpg(1).json"),
        ("photo(1)-edited.jpg", "photo.jpg(1).json"),
        ("Screenshot_20210101-101010_Some Very Long App.jpg", "Screenshot_20210101-101010_Some Very Long App..json"),
        ("Screenshot_20210101-101010_App.jpg", "Screenshot_20210101-101010_App.jpg.supplementa.json"),
        ("\U0001f600" * 30 + ".jpg", "\U0001f600" * 23 + ".json"),
        ("cafe\u0301.jpg", "caf\u00e9.jpg.json"),
    ],
)
def test_numbers_clipping_and_spelling_follow_googles_rule(media: str, sidecar: str) -> None:
    assert find_sidecar(media, {sidecar: "it"}) == "it"


@pytest.mark.parametrize(
    ("media", "sidecar"), [("photo.jpg", "photo.jpg(1).json"), ("a.jpg", "ab.jpg.json"), ("edited.jpg", ".jpg.json")]
)
def test_a_sidecar_of_another_picture_is_not_taken(media: str, sidecar: str) -> None:
    assert find_sidecar(media, {sidecar: "it"}) is None


@pytest.mark.parametrize(
    ("stem", "original"),
    [("IMG_1-edited", "IMG_1"), ("IMG_1-bearbeitet(2)", "IMG_1(2)"), ("IMG_1", None), ("-edited", None)],
)
def test_edited_versions_name_their_original(stem: str, original: str | None) -> None:
    assert without_edited_suffix(stem) == original


def test_a_sidecar_says_when_where_and_who() -> None:
    data = json.dumps(
        {
            "title": "IMG_1.jpg",
            "description": "On the pier",
            "photoTakenTime": {"timestamp": "1560512400", "formatted": "14.06.2019"},
            "geoData": {"latitude": 38.7, "longitude": -9.1, "altitude": 12.0},
            "people": [{"name": "Ana"}, {}],
            "favorited": True,
            "googlePhotosOrigin": {"mobileUpload": {"deviceFolder": {"localFolderName": "Camera"}}},
        }
    ).encode("utf-8-sig")
    found = parse_sidecar(data)
    assert found is not None
    assert found.taken_at == datetime(2019, 6, 14, 11, 40, tzinfo=UTC)
    assert found.place is not None
    assert (found.place.lat, found.place.lon, found.place.altitude_m) == (38.7, -9.1, 12.0)
    assert (found.title, found.description, found.people) == ("IMG_1.jpg", "On the pier", ("Ana",))
    assert (found.is_favourite, found.is_archived, found.extra) == (True, False, {"device_folder": "Camera"})


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'{"title":"Album"}', b'{"photoTakenTime":7}',
        b'{"albumData":{"title":"x"}}',
    ],
)  # fmt: skip
def test_what_is_no_picture_sidecar_is_none(data: bytes) -> None:
    assert parse_sidecar(data) is None


@pytest.mark.parametrize("stamp", ["0", "", "x", None, "9" * 30, [], {}])
def test_a_senseless_time_is_no_time(stamp: object) -> None:
    found = parse_sidecar(json.dumps({"photoTakenTime": {"timestamp": stamp}}).encode())
    assert found is not None
    assert found.taken_at is None


@pytest.mark.parametrize(
    "geo",
    [{}, {"latitude": 0.0, "longitude": 0.0}, {"latitude": 91, "longitude": 0}, {"latitude": True, "longitude": 1}],
)
def test_zero_and_impossible_coordinates_are_none(geo: dict[str, object]) -> None:
    found = parse_sidecar(json.dumps({"photoTakenTime": {"timestamp": "1"}, "geoData": geo}).encode())
    assert found is not None
    assert found.place is None
