"""Albums of Google Photos: what is one, whose picture a copy in it is, and what lies in an album alone."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from tests.importers.google_takeout.exports import NOON, YEAR, albums, asset
from timeline_local.domain.kinds import MediaRole
from timeline_local.importers.sources.google_takeout import GoogleTakeout

ALBUM_FILES = [
    '{"title": "Sea"}',
    '{"title": "Sea", "description": "", "access": "protected", "date": {"timestamp": "1"}, "enrichments": []}',
    '{"albumData": {"title": "Sea", "description": ""}}',
]


@pytest.mark.parametrize("content", ALBUM_FILES)
@pytest.mark.parametrize(
    "name",
    [
        "metadata.json",
        "m\u00e9tadonn\u00e9es.json",
        "\u043c\u0435\u0442\u0430\u0434\u0430\u043d\u043d\u044b\u0435.json",
        "metadata(1).json",
    ],
)
def test_an_album_is_known_by_what_its_file_says(tmp_path: Path, reading: ModuleType, content: str, name: str) -> None:
    files = {
        f"{YEAR}/a.jpg": "x",
        f"{YEAR}/a.jpg.json": asset("a.jpg"),
        f"Takeout/Google Fotos/Sea/{name}": content,
        "Takeout/Google Fotos/Sea/a.jpg": "x",
        "Takeout/Google Fotos/Sea/a.jpg.json": asset("a.jpg"),
    }
    (draft,) = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files))).values()
    assert (draft.source_key, albums(draft)) == (f"{YEAR}/a.jpg", ["Sea"])


def test_of_several_files_of_one_album_the_one_with_a_name_counts(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "Takeout/Google Photos/Sea/metadata(1).json": '{"title": ""}',
        "Takeout/Google Photos/Sea/metadata.json": '{"title": "Sea!"}',
        "Takeout/Google Photos/Sea/a.jpg": "x",
        "Takeout/Google Photos/Sea/a.jpg.json": asset("a.jpg"),
    }
    (draft,) = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files))).values()
    assert albums(draft) == ["Sea!"]


@pytest.mark.parametrize("title", ["Photos from 2019", "Fotos von 2019", "2019-06-14", "2019-06-14 #2"])
def test_the_folder_of_a_year_or_day_is_no_album(tmp_path: Path, reading: ModuleType, title: str) -> None:
    files = {
        f"Takeout/Google Photos/{title}/metadata.json": json.dumps({"title": title}),
        f"Takeout/Google Photos/{title}/a.jpg": "x",
        f"Takeout/Google Photos/{title}/a.jpg.json": asset("a.jpg"),
    }
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, files))
    assert [albums(draft) for draft in reading.drafts(items).values()] == [[]]
    assert reading.problems(items) == {}


def test_a_photo_in_albums_alone_is_one_memory_in_all_of_them(tmp_path: Path, reading: ModuleType) -> None:
    files: dict[str, str] = {}
    for album in ("Land", "Sea"):
        files[f"Takeout/Google Photos/{album}/metadata.json"] = json.dumps({"title": album})
        files[f"Takeout/Google Photos/{album}/a.jpg"] = "x"
        files[f"Takeout/Google Photos/{album}/a.jpg.json"] = asset("a.jpg")
    (draft,) = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files))).values()
    assert albums(draft) == ["Land", "Sea"]


def test_an_album_that_holds_only_the_sidecar_still_holds_the_photo(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        f"{YEAR}/a.jpg": "x",
        f"{YEAR}/a.jpg.json": asset("a.jpg"),
        "Takeout/Google Fotos/Sea/metadata.json": '{"title": "Sea"}',
        "Takeout/Google Fotos/Sea/a.jpg.json": asset("a.jpg"),
    }
    items = reading.read(GoogleTakeout(), reading.make(tmp_path, files))
    assert [albums(draft) for draft in reading.drafts(items).values()] == [["Sea"]]
    assert reading.problems(items) == {}


@pytest.mark.parametrize(
    ("size", "taken"), [("xx", NOON), ("x", NOON + 1)], ids=["of another size", "of another second"]
)
def test_another_picture_of_the_same_name_is_no_copy(
    tmp_path: Path, reading: ModuleType, size: str, taken: int
) -> None:
    files = {
        f"{YEAR}/a.jpg": "x",
        f"{YEAR}/a.jpg.json": asset("a.jpg"),
        "Takeout/Google Fotos/Sea/metadata.json": '{"title": "Sea"}',
        "Takeout/Google Fotos/Sea/a.jpg": size,
        "Takeout/Google Fotos/Sea/a.jpg.json": asset("a.jpg", taken),
    }
    found = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files)))
    assert [albums(draft) for draft in found.values()] == [[], ["Sea"]]


def test_an_edited_version_that_lies_in_an_album_alone_is_kept(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        f"{YEAR}/a.jpg": "x",
        f"{YEAR}/a.jpg.json": asset("a.jpg"),
        "Takeout/Google Fotos/Sea/metadata.json": '{"title": "Sea"}',
        "Takeout/Google Fotos/Sea/a.jpg": "x",
        "Takeout/Google Fotos/Sea/a-edited.jpg": "warmer",
    }
    (draft,) = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files))).values()
    assert [(media.locator, media.role) for media in draft.media] == [
        (f"{YEAR}/a.jpg", MediaRole.PRIMARY),
        ("Takeout/Google Fotos/Sea/a-edited.jpg", MediaRole.EDITED),
    ]


YEARS = {
    "Google Foto/Foto's uit 2019/a.jpg": "x",
    "Google Foto/Foto's uit 2019/a.jpg.json": asset("a.jpg"),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Sea", ["Sea"]),
        ("2019 - Sea", ["2019 - Sea"]),
        ("2019年の写真", []),
        ("2019-06-14 #2", []),
        ("Archief", []),
    ],
)
@pytest.mark.parametrize("beside", [{}, {"a.jpg": "x"}], ids=["its sidecar alone", "with the picture"])
def test_a_folder_beside_those_of_years_is_an_album_without_its_file(
    tmp_path: Path, reading: ModuleType, name: str, expected: list[str], beside: dict[str, str]
) -> None:
    files = YEARS | {f"Google Foto/{name}/a.jpg.json": asset("a.jpg")}
    files |= {f"Google Foto/{name}/{each}": content for each, content in beside.items()}
    found = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files)))
    assert albums(found["Google Foto/Foto's uit 2019/a.jpg"]) == expected


def test_folders_that_differ_in_their_year_alone_are_no_albums(tmp_path: Path, reading: ModuleType) -> None:
    files = dict(YEARS)
    for year in (2019, 2020):
        files |= {
            f"Google Foto/ภาพจาก {year}/b{year}.jpg.json": asset("b.jpg"),
            f"Google Foto/ภาพจาก {year}/b{year}.jpg": "y",
        }
    found = reading.drafts(reading.read(GoogleTakeout(), reading.make(tmp_path, files)))
    assert [albums(draft) for draft in found.values()] == [[], [], []]
