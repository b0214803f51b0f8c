"""Sidecars that immich-go writes beside what it takes out of Immich."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.immich_json import read_immich
from timeline_local.importers.sources.photo_folder import PhotoFolder

SAID = {
    "software": "immich-go version 1",
    "fileName": "IMG_1.jpg",
    "latitude": 48.5,
    "longitude": 3.25,
    "dateTaken": "2023-10-06T14:11:00+02:00",
    "description": "A cave",
    "albums": [{"title": "Trip"}, {"title": "Trip"}, {}],
    "tags": [{"name": "cave", "value": "sport/cave"}, {"name": "dark"}],
    "rating": 4,
    "favorited": True,
    "archived": True,
}


def test_a_picture_has_what_immich_knew_of_it(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a/1.jpg": "x", "a/1.jpg.JSON": json.dumps(SAID)}
    files |= {"a/2.jpg": "y", "a/2.jpg.JSON": json.dumps({**SAID, "trashed": True})}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    [draft] = reading.drafts(items).values()
    assert (draft.body, draft.tags, draft.rating) == ("A cave", ("sport/cave", "dark"), 4)
    assert (draft.favourite, draft.archived, [each.name for each in draft.collections]) == (True, True, ["Trip"])
    assert (draft.place.lat, draft.place.lon) == (48.5, 3.25)
    assert (draft.evidence[0].local_at, draft.evidence[0].utc_offset_min) == (datetime(2023, 10, 6, 14, 11), 120)  # noqa: DTZ001
    assert reading.problems(items) == {"a/2.jpg": "trashed-at-source"}


def test_what_go_writes_for_no_date_is_none() -> None:
    found = read_immich(json.dumps({**SAID, "dateTaken": "0001-01-01T00:00:00Z"}).encode())
    assert found is not None
    assert found.xmp.dates == ()


@pytest.mark.parametrize("data", [b"{", b"[]", b"{}", b'{"software": "other", "dateTaken": "2023-10-06"}'])
def test_other_json_is_none_of_immichs(data: bytes) -> None:
    assert read_immich(data) is None
