"""Flickr: pictures and their JSON out of different zips, dates of any precision, places, tags, albums and comments.

Shapes and values of two records are those of the tests of flickr-to-sqlite (Apache-2.0) and Flickr2Any (GPL-3.0), with
other names.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.domain.times import Precision, TimeBasis
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions, opened
from timeline_local.importers.sources.flickr import Flickr
from timeline_local.importers.sources.photo_folder import PhotoFolder

EXPECTED = Path(__file__).with_name("expected.json")


def photo(number: int, **more: object) -> dict[str, Any]:
    return {
        "id": str(number),
        "name": "Pier",
        "description": "",
        "count_views": "194",
        "date_taken": "2013-09-12 19:37:56",
        "date_imported": "2013-09-13 16:40:01",
        "photopage": f"https://www.flickr.com/photos/ana/{number}/",
        "original": f"https://live.staticflickr.com/3741/{number}_c5ac986ac2_o.jpg",
        "geo": [],
        "groups": [],
        "albums": [],
        "tags": [],
        "people": [],
        "notes": [],
        "privacy": "public",
        "comments": [],
        **more,
    }


def album(number: int, title: str, photos: list[int]) -> dict[str, Any]:
    return {
        "photo_count": str(len(photos)),
        "id": str(number),
        "url": f"https://www.flickr.com/photos/ana/albums/{number}",
        "title": title,
        "photos": [str(each) for each in photos],
    }


def tag(word: str) -> dict[str, str]:
    return {"tag": word, "user": "https://www.flickr.com/photos/ana/", "date_create": "2013-09-12 16:37:56"}


FULL = photo(
    9732128037,
    description='By the <a href="https://example.org/sea">sea</a>\n&amp; the sand',
    geo=[{"latitude": "43722273", "longitude": "-79410638", "accuracy": "16"}],
    tags=[tag("square format"), tag("uploaded:by=instagram"), tag("foursquare:venue=4baa99eb"), tag("sea")],
    albums=[{"id": "72157697354068115", "title": "Tractors", "url": "https://www.flickr.com/photos/ana/albums/7"}],
    people=[{"id": "12345678@N00", "screen_name": "Bo B."}, "87654321@N00"],
    comments=[
        {"id": "1", "date": "2013-09-13 10:00:00", "user": "87654321@N00", "comment": "<b>Nice</b>!"},
        {"id": "2", "date": "2013-09-13 10:00:00", "user": "99999999@N00", "comment": "Oh"},
    ],
    groups=[{"id": "1@N0", "name": "Tractors of the world", "url": "https://www.flickr.com/groups/1@N0/"}],
    privacy="private",
)
FILES: dict[str, Any] = {
    "72157_ab_part1/photo_9732128037.json": FULL,
    "72157_ab_part1/photo_144332211.json": photo(
        144332211, name="img_5873", date_taken="2006-02-18 13:34:40", geo={"latitude": "49696401", "longitude": "0"}
    ),
    "72157_ab_part1/photo_31.json": photo(31, name="Gone"),
    "72157_ab_part1/albums.json": {"albums": [album(72157697354068115, "Tractors", [144332211, 9732128037])]},
    "72157_ab_part1/contacts_part001.json": {"contacts": {"Cleo": "https://www.flickr.com/people/87654321@N00/"}},
    "72157_ab_part1/faves_part001.json": {"favorites": [{"photo_url": "https://www.flickr.com/photos/x/1/"}]},
    "data-download-1/pier_9732128037_o.jpg": "picture",
    "data-download-1/stranger_77_o.jpg": "stranger",
    "data-download-2/144332211_4e284f72c9_o.jpg": "other",
}


def files(told: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}


def one(reading: ModuleType, root: Path, **more: object) -> Draft:
    folder = reading.make(root, files({"photo_5.json": photo(5, **more), "x_5_o.jpg": "x"}))
    (draft,) = reading.drafts(reading.read(Flickr(), folder)).values()
    assert isinstance(draft, Draft)
    return draft


def test_account_data_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Flickr(), reading.make(tmp_path, files(FILES)))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_zips_of_one_download_are_read_together(tmp_path: Path, reading: ModuleType, packing: ModuleType) -> None:
    parts: dict[str, dict[str, str]] = {}
    for name, content in files(FILES).items():
        part, _, inner = name.partition("/")
        parts.setdefault(part, {})[inner] = content
    folder = Folder([packing.pack(tmp_path / f"{part}.zip", inner) for part, inner in parts.items()])
    assert Flickr().recognise(folder).confidence > 0.9
    drafts = reading.drafts(reading.read(Flickr(), folder))
    assert {key: draft.title for key, draft in drafts.items()} == {"photo:144332211": "", "photo:9732128037": "Pier"}


@pytest.mark.parametrize(
    "name",
    ["pier_77_o.jpg", "77_c5ac986ac2_o.png", "2013-09-12_77.mp4", "77.mov", "PIER_77_O.JPG", "31_77_o.jpg", "a-77.gif"],
)
def test_a_picture_is_found_by_its_number(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, files({"photo_77.json": photo(77), f"d/{name}": "x"}))
    (draft,) = reading.drafts(reading.read(Flickr(), folder)).values()
    assert [each.locator for each in draft.media] == [f"d/{name}"]


def test_a_json_of_another_name_is_known_by_what_it_says(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, files({"Pier.json": photo(77), "x_77_o.jpg": "x"}))
    assert list(reading.drafts(reading.read(Flickr(), folder))) == ["photo:77"]


@pytest.mark.parametrize(
    ("more", "local", "precision", "basis"),
    [
        ({}, "2013-09-12T19:37:56", Precision.INSTANT, TimeBasis.SIDECAR),
        ({"date_taken": "2004-11-01 00:00:00"}, "2004-11-01T00:00:00", Precision.DAY, TimeBasis.SIDECAR),
        ({"date_taken": "1974-01-01 00:00:00"}, "1974-01-01T00:00:00", Precision.YEAR, TimeBasis.SIDECAR),
        (
            {"date_taken": "2004-11-01 00:00:00", "date_taken_granularity": 4},
            "2004-11-01T00:00:00",
            Precision.MONTH,
            TimeBasis.SIDECAR,
        ),
        # flickr-to-sqlite's record: no date of a camera, but that of the upload in two zones.
        (
            {"date_taken": "2013-09-12 19:37:56", "date_imported": "2013-09-12 16:37:56"},
            "2013-09-12T19:37:56",
            Precision.INSTANT,
            TimeBasis.FILE_DATE,
        ),
    ],
)
def test_a_date_is_as_exact_as_flickr_knew_it(
    tmp_path: Path, reading: ModuleType, more: dict[str, Any], local: str, precision: Precision, basis: TimeBasis
) -> None:
    said = one(reading, tmp_path, **more).evidence[0]
    assert said.local_at is not None
    assert (said.local_at.isoformat(), said.precision, said.basis) == (local, precision, basis)
    assert said.may_correct == (basis is TimeBasis.SIDECAR)


@pytest.mark.parametrize("taken", ["0000-00-00 00:00:00", "soon", None, 7])
def test_without_a_date_the_name_may_tell_one(tmp_path: Path, reading: ModuleType, taken: object) -> None:
    draft = one(reading, tmp_path, date_taken=taken, name="20190614_150405")
    assert [each.basis for each in draft.evidence] == [TimeBasis.FILE_NAME]


@pytest.mark.parametrize(
    ("geo", "place"),
    [
        ({"latitude": "49696401", "longitude": "-123159753"}, (49.696401, -123.159753)),
        ([{"latitude": 49696401, "longitude": -123159753}], (49.696401, -123.159753)),
        ({"latitude": "49.696401", "longitude": "-123.159753"}, (49.696401, -123.159753)),
        ({"latitude": "500000", "longitude": "-20"}, (0.5, -0.00002)),
        ({"latitude": "0", "longitude": "0"}, None),
        ([], None),
        (["x"], None),
        ({"latitude": "north"}, None),
    ],
)
def test_places_are_degrees_or_millionths(
    tmp_path: Path, reading: ModuleType, geo: object, place: tuple[float, float] | None
) -> None:
    found = one(reading, tmp_path, geo=geo).place
    assert (None if found is None else (found.lat, found.lon)) == place


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("IMG_5873", ""),
        ("dsc01234", ""),
        ("P1010042", ""),
        ("2013 in Rome", "2013 in Rome"),
        ("May 2013", "May 2013"),
        ("1984", "1984"),
        (" ", ""),
        ("100_1234.jpg", ""),
    ],
)
def test_the_name_of_a_cameras_file_is_no_title(tmp_path: Path, reading: ModuleType, name: str, title: str) -> None:
    assert one(reading, tmp_path, name=name).title == title


def test_a_broken_sidecar_is_told_and_its_picture_kept(tmp_path: Path, reading: ModuleType) -> None:
    broken = json.dumps(photo(5))[:-20]
    items = reading.read(Flickr(), reading.make(tmp_path, {"photo_5.json": broken, "x_5_o.jpg": "x"}))
    assert list(reading.drafts(items)) == ["photo:5"]
    assert reading.problems(items) == {"photo_5.json": "sidecar-unreadable"}


def test_what_comes_twice_is_taken_once(tmp_path: Path, reading: ModuleType) -> None:
    told = {"a/photo_5.json": photo(5), "b/photo_5.json": photo(5), "a/x_5_o.jpg": "x", "b/x_5_o.jpg": "x"}
    items = reading.read(Flickr(), reading.make(tmp_path, files(told)))
    assert len(reading.drafts(items)) == 1
    assert reading.problems(items) == {"b/photo_5.json": "twice", "b/x_5_o.jpg": "twice"}


def test_albums_in_several_parts_are_all_read(tmp_path: Path, reading: ModuleType) -> None:
    told = {
        "photo_5.json": photo(5),
        "x_5_o.jpg": "x",
        "albums_part1.json": {"albums": [album(1, "One", [4, 5])]},
        "albums_part2.json": {"albums": [album(2, "Two", [5]), {"id": "x", "photos": ["5"]}, 7]},
    }
    (draft,) = reading.drafts(reading.read(Flickr(), reading.make(tmp_path, files(told)))).values()
    assert [(each.key, each.name, each.position) for each in draft.collections] == [
        ("album:1", "One", 1),
        ("album:2", "Two", 0),
    ]


def test_pictures_without_a_json_are_left_to_whoever_reads_any_folder(tmp_path: Path, reading: ModuleType) -> None:
    folder, options = reading.make(tmp_path, files(FILES)), ReadOptions()
    list(opened(Flickr().read(folder, options, None)))
    rest = list(opened(PhotoFolder().read(folder, options, None)))
    assert list(reading.drafts(rest)) == ["data-download-1/stranger_77_o.jpg"]
    assert reading.problems(rest) == {}


@pytest.mark.parametrize(
    ("told", "is_ours", "has_hint"),
    [
        ({"renamed.json": photo(5)}, True, False),
        ({"albums.json": {"albums": [album(1, "One", [5])]}}, True, False),
        ({"contacts_part001.json": {"contacts": {"Bo": "https://www.flickr.com/people/bo/"}}}, False, True),
        ({"contacts.json": {"contacts": {"Bo": "https://example.org"}}}, False, False),
        ({"x.json": {"title": "IMG.jpg"}}, False, False),
    ],
)
def test_it_is_recognised_by_what_it_says(
    tmp_path: Path, reading: ModuleType, told: dict[str, Any], *, is_ours: bool, has_hint: bool
) -> None:
    found = Flickr().recognise(reading.make(tmp_path, files(told)))
    assert (found.confidence > 0, bool(found.hint)) == (is_ours, has_hint)


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    told: dict[str, Any] = {f"photo_{number}.json": photo(number) for number in range(1, 251)}
    told |= {f"x_{number}_o.jpg": "x" for number in range(1, 251)}
    folder = reading.make(tmp_path, files(told))
    whole = list(Flickr().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 2
    for index in places:
        rest = Flickr().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        keys = [getattr(each, "source_key", "") for each in rest if not isinstance(each, Problem | Checkpoint)]
        assert keys == [getattr(each, "source_key", "") for each in whole[index:] if not isinstance(each, Checkpoint)]
