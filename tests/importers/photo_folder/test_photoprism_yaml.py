"""PhotoPrism's YAML beside pictures: what it was told counts, what it made up does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import PlaceRef
from timeline_local.domain.times import TimeBasis
from timeline_local.importers.photoprism_yaml import read_photoprism
from timeline_local.importers.sources.photo_folder import PhotoFolder

TOLD = """TakenAt: 2019-06-14T13:04:05Z
TakenSrc: meta
UID: pq0000000000aaaa
Type: image
Title: Pier
TitleSrc: manual
Caption: On the pier, late
CaptionSrc: manual
OriginalName: DCIM/IMG_0001
TimeZone: Europe/Lisbon
PlaceSrc: meta
Altitude: 12
Lat: 38.7
Lng: -9.1
Year: 2019
Month: 6
Day: 14
Favorite: true
Private: true
Details:
  Keywords: pier, sea
  KeywordsSrc: manual
CreatedAt: 2021-01-27T05:55:25.001738034Z
DeletedAt: 2022-08-05T18:06:59.585384018Z
"""
MADE_UP = """TakenAt: 2019-06-14T13:04:05Z
UID: pq0000000000aaaa
Type: image
Title: Lisbon / 2019
PlaceSrc: estimate
Lat: 38.7
Lng: -9.1
Details:
  Keywords: blue, sea
"""


def test_what_photoprism_was_told_is_kept(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"a.jpg": "x", "A.yml": TOLD}))
    (draft,) = reading.drafts(items).values()
    assert (draft.title, draft.body, draft.tags) == ("Pier", "On the pier, late", ("pier", "sea"))
    assert draft.place == PlaceRef(lat=38.7, lon=-9.1, altitude_m=12.0)
    assert (draft.favourite, draft.archived) == (True, True)
    assert draft.extra == {"original_name": "DCIM/IMG_0001", "private": True}
    first = draft.evidence[0]
    assert (first.basis, first.instant) == (TimeBasis.SIDECAR, datetime(2019, 6, 14, 13, 4, 5, tzinfo=UTC))
    assert (first.zone, first.may_correct) == ("Europe/Lisbon", False)
    assert reading.problems(items) == {}


def test_what_photoprism_made_up_is_not(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"a.jpg": "x", "a.yml": MADE_UP}))
    (draft,) = reading.drafts(items).values()
    assert (draft.title, draft.tags, draft.place, draft.archived) == ("", (), None, False)
    assert draft.evidence[0].basis is TimeBasis.FILE_DATE


@pytest.mark.parametrize(
    ("lines", "is_wall_clock"),
    [
        ("", True),
        ("TimeZone: Local", True),
        ("Year: 2019\nMonth: 6\nDay: 14", True),
        ("Year: 2019\nMonth: 6\nDay: 13", False),
        ("Lat: 38.7\nLng: -9.1", False),
        ("TimeZone: UTC", False),
    ],
)
def test_without_a_zone_photoprism_writes_the_cameras_clock(lines: str, is_wall_clock: bool) -> None:  # noqa: FBT001
    read = read_photoprism(f"TakenAt: 2019-06-14T13:04:05Z\nTakenSrc: manual\nUID: p\n{lines}\n".encode())
    assert read is not None
    (said,) = read.evidence
    assert (said.local_at is not None, said.instant is None, said.may_correct) == (is_wall_clock, is_wall_clock, True)


@pytest.mark.parametrize("other", ["a: b", "- a", "UID: p", "UID: p\nTakenAt: soon", "UID: [", "\x00"])
def test_other_yaml_is_no_sidecar_and_is_told(tmp_path: Path, reading: ModuleType, other: str) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"a.jpg": "x", "a.yml": other}))
    assert list(reading.drafts(items)) == ["a.jpg"]
    assert reading.problems(items) == {"a.yml": "unsupported"}


def test_a_sidecar_of_photoprism_without_its_picture_is_told(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {"b.jpg": "x", "a.yml": TOLD}))
    assert (list(reading.drafts(items)), reading.problems(items)) == (["b.jpg"], {"a.yml": "unsupported"})
