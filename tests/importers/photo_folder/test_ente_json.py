"""What Ente writes beside the pictures that it exports: the app in one folder, its command in another."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.sources.photo_folder import PhotoFolder

_APP = {
    "title": "IMG_1.HEIC",
    "caption": "By the sea",
    "creationTime": {"timestamp": 1614450523, "formatted": "27 Feb 2021, 18:28:43 UTC"},
    "modificationTime": {"timestamp": 1614450600, "formatted": "27 Feb 2021, 18:30:00 UTC"},
    "geoData": {"latitude": 38.7, "longitude": -9.1},
}
_COMMAND = {
    "title": "IMG_1.HEIC",
    "description": "By the sea",
    "location": {"latitude": 38.7, "longitude": -9.1},
    "creationTime": "2021-02-27T19:28:43+01:00",
    "modificationTime": "2021-02-27T19:30:00+01:00",
    "info": {"id": 7, "hash": "x", "ownerID": 1, "fileNames": ["IMG_1.HEIC", "IMG_1.MOV"]},
}


@pytest.mark.parametrize("album", ["Trip/", ""])
@pytest.mark.parametrize(("inside", "said"), [("metadata/", _APP), (".meta/", _COMMAND), ("", _APP)])
def test_a_picture_has_the_date_the_text_and_the_place_that_ente_kept(
    tmp_path: Path, reading: ModuleType, album: str, inside: str, said: dict[str, object]
) -> None:
    files = {
        f"{album}IMG_1.HEIC": "x",
        f"{album}IMG_1.MOV": "y",
        f"{album}{inside}IMG_1.HEIC.json": json.dumps(said),
        f"{album}{inside}IMG_1.MOV.json": json.dumps({**said, "title": "IMG_1.MOV"}),
    }
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert reading.problems(items) == {}
    (draft,) = reading.drafts(items).values()
    (evidence,) = draft.evidence
    assert (evidence.instant, evidence.origin) == (datetime(2021, 2, 27, 18, 28, 43, tzinfo=UTC), "Ente's sidecar")
    assert (draft.body, draft.place.lat, draft.place.lon) == ("By the sea", 38.7, -9.1)


def test_a_sidecar_of_a_picture_that_is_not_there_is_told(tmp_path: Path, reading: ModuleType) -> None:
    files = {"Trip/metadata/IMG_1.HEIC.json": json.dumps(_APP), "Trip/b.jpg": "x"}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert reading.problems(items) == {"Trip/metadata/IMG_1.HEIC.json": "sidecar-without-media"}
    assert list(reading.drafts(items)) == ["Trip/b.jpg"]


def test_json_of_others_in_a_folder_of_that_name_is_unsupported(tmp_path: Path, reading: ModuleType) -> None:
    files = {"metadata/a.jpg.json": '{"creationTime": 7}', "a.jpg": "x", "metadata/b.json": "["}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert reading.problems(items) == {"metadata/a.jpg.json": "unsupported", "metadata/b.json": "unreadable"}
