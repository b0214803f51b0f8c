"""Trakt: films and episodes with their moments; what was ticked all at once was not watched then.

Fields are those of the export's history; titles and numbers are ours.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.trakt import Trakt

EXPECTED = Path(__file__).with_name("expected.json")


def film(number: int, at: str = "", **more: object) -> dict[str, Any]:
    ids = {"trakt": number, "slug": "arrival-2016", "imdb": "tt2543164", "tmdb": 329865}
    return {
        "id": number,
        "watched_at": at or f"2024-01-01T{number % 24:02}:{number // 24 % 60:02}:00.000Z",
        "action": "scrobble",
        "type": "movie",
        "movie": {"title": f"Film {number}", "year": 2016, "runtime": 116, "ids": ids},
        **more,
    }


def episode(number: int, at: str, **more: object) -> dict[str, Any]:
    return {
        "id": number,
        "watched_at": at,
        "action": "watch",
        "type": "episode",
        "show": {"title": "Severance", "year": 2022, "ids": {"trakt": 456}},
        "episode": {"season": 1, "number": number, "title": "Half Loop", "ids": {"trakt": 789, "tvdb": 999}},
        **more,
    }


ENTRIES = [
    film(1),
    episode(2, "2024-02-03T04:05:06Z"),
    episode(3, "2024-02-03T04:05:06Z", episode={"season": 0, "number": 3}),
    film(4, "1970-01-01T00:00:00.000Z"),
    film(5, movie={}),
    *(episode(number, "2024-05-05T20:00:00.000Z") for number in range(10, 14)),
]
RATED = {"rated_at": "2024-01-01T00:00:00Z", "movie": {"ids": {"trakt": 1}}}
FILES = {
    "ana/watched/history-1.json": json.dumps(ENTRIES),
    "ana/watched/history-2.json": json.dumps([film(1)]),
    "ana/ratings/ratings-movies.json": json.dumps(
        [{"rated_at": "2024-01-01T00:00:00Z", "movie": {"ids": {"trakt": 1}}}]
    ),
}


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Trakt(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("name", "is_ours", "has_hint"),
    [("ana/watched/history-1.json", True, False), ("ana/ratings/ratings-movies.json", False, True)],
)
def test_it_is_recognised_by_what_it_says(
    tmp_path: Path, reading: ModuleType, name: str, *, is_ours: bool, has_hint: bool
) -> None:
    found = Trakt().recognise(reading.make(tmp_path, {"renamed.json": FILES[name]}))
    assert (found.confidence > 0, bool(found.hint)) == (is_ours, has_hint)


def test_other_json_is_nothing_to_it(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.json": '[{"watched_at": "2024-01-01T00:00:00Z", "title": "x"}]'})
    assert Trakt().recognise(folder).confidence == 0


def test_a_list_that_breaks_off_keeps_what_came_before(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Trakt(), reading.make(tmp_path, {"a.json": json.dumps([film(1), film(2)])[:-30]}))
    assert list(reading.drafts(items)) == ["history:1"]
    assert reading.problems(items) == {"a.json": "unreadable"}


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.json": json.dumps([film(number) for number in range(450)])})
    whole = list(Trakt().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 2
    for index in places:
        rest = Trakt().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
