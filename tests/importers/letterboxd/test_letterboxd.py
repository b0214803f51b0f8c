"""Letterboxd: films of the diary on their days, reviews with them; lists that know no day are left out.

Columns are those of the export; rows are ours.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.letterboxd import Letterboxd

EXPECTED = Path(__file__).with_name("expected.json")
DIARY = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
REVIEWS = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n"
FILES = {
    "diary.csv": DIARY
    + '2025-03-14,"Perfect Days",2023,https://boxd.it/a,4.5,No,"kino, with bo",2025-03-12\n'
    + "2025-03-15,Uncle Buck,1989,https://boxd.it/b,,Yes,,2025-03-15\n"
    + "2025-03-16,No day,1999,https://boxd.it/c,0.5,,,\n"
    + ",,,,,,,\n"
    + "2025-03-16,,1999,https://boxd.it/d,,,,2025-03-16\n",
    "reviews.csv": REVIEWS
    + '2025-03-14,"Perfect Days",2023,https://boxd.it/a,4.5,No,"Quiet, <i>so</i> quiet.\nGood.","kino",2025-03-12\n'
    + "2025-03-20,Only reviewed,2001,https://boxd.it/e,3,,Hm.,,2025-03-19\n",
    "watched.csv": "Date,Name,Year,Letterboxd URI\n2012-05-13,Chronicle,2012,https://boxd.it/f\n",
    "deleted/diary.csv": DIARY + "2025-01-01,Gone,2000,https://boxd.it/g,,,,2025-01-01\n",
}


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Letterboxd(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_reviews_alone_are_a_diary(tmp_path: Path, reading: ModuleType) -> None:
    drafts = reading.drafts(reading.read(Letterboxd(), reading.make(tmp_path, {"r.csv": FILES["reviews.csv"]})))
    assert [each.title for each in drafts.values()] == ["Perfect Days (2023)", "Only reviewed (2001)"]


def test_a_film_seen_twice_is_two_memories(tmp_path: Path, reading: ModuleType) -> None:
    rows = "".join(f"2025-03-15,Buck,1989,https://boxd.it/b,,,,2025-03-{day}\n" for day in (15, 16, 16))
    drafts = reading.drafts(reading.read(Letterboxd(), reading.make(tmp_path, {"diary.csv": DIARY + rows})))
    assert len(drafts) == 3


def test_two_exports_make_each_film_once(tmp_path: Path, reading: ModuleType) -> None:
    twice = "2025-03-15,Buck,1989,https://boxd.it/b,,,,2025-03-16\n" * 2
    later = "2026-01-01,Later,2025,https://boxd.it/z,,,,2026-01-01\n"
    files = {"old/diary.csv": DIARY + twice, "new/diary.csv": DIARY + twice + later, "new/reviews.csv": REVIEWS}
    items = reading.read(Letterboxd(), reading.make(tmp_path, files))
    assert [each.title for each in reading.drafts(items).values()] == ["Buck (1989)", "Buck (1989)", "Later (2025)"]
    assert reading.problems(items) == {"old/diary.csv#row 1": "twice", "old/diary.csv#row 2": "twice"}


@pytest.mark.parametrize(
    ("text", "is_ours", "has_hint"),
    [
        (FILES["diary.csv"], True, False),
        (FILES["reviews.csv"], True, False),
        (FILES["watched.csv"], False, True),
        ("Name,Year\nA,1999\n", False, False),
        ("", False, False),
    ],
)
def test_it_is_recognised_by_its_columns(
    tmp_path: Path, reading: ModuleType, text: str, *, is_ours: bool, has_hint: bool
) -> None:
    found = Letterboxd().recognise(reading.make(tmp_path, {"renamed.csv": text}))
    assert (found.confidence > 0, bool(found.hint)) == (is_ours, has_hint)


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    rows = "".join(f"2025-03-15,Film {each},1989,https://boxd.it/{each},,,,2025-03-15\n" for each in range(450))
    folder = reading.make(tmp_path, {"diary.csv": DIARY + rows})
    whole = list(Letterboxd().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 2
    for index in places:
        rest = Letterboxd().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
