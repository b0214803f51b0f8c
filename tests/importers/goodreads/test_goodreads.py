"""Goodreads and StoryGraph: books on the days they were finished, as often as they were read; others left out.

Columns are those of both exports; some rows are after those in the tests of other readers.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.goodreads import Goodreads

EXPECTED = Path(__file__).with_name("expected.json")
GOODREADS = (
    "Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,Binding,"
    "Number of Pages,Year Published,Original Publication Year,Date Read,Date Added,Bookshelves,"
    "Bookshelves with positions,Exclusive Shelf,My Review,Spoiler,Private Notes,Read Count,Owned Copies\n"
)
STORYGRAPH = (
    "Title,Authors,Contributors,ISBN/UID,Format,Read Status,Date Added,Last Date Read,Dates Read,Read Count,Moods,"
    "Pace,Star Rating,Review,Tags,Owned?\n"
)
FILES = {
    "goodreads_library_export.csv": GOODREADS
    + '36510196,Old Man\'s War,John Scalzi,"Scalzi, John",,"=""0765348276""","=""9780765348272""",5,4.23,Tor Books,'
    + 'Kindle Edition,318,2007,2005,2024/12/15,2025/02/14,"read, sci-fi","sci-fi (#1)",read,Great<br/>book!,,Lent,1,1\n'
    + "234225,Dune,Frank Herbert,,,,,0,4.27,Ace,Paperback,544,2005,1965,,2024/01/03,to-read,,to-read,,,,0,0\n"
    + "7,No day,Nobody,,,,,0,4,,,0,,,,2013/12/29,,,read,,,,1,0\n",
    "storygraph.csv": STORYGRAPH
    + 'Red Rising,"Pierce Brown, Someone Else",,9780345539786,paperback,read,2024/12/01,2026/09/12,'
    + '"2025/03/01-2025/03/14, 2026/09/01-2026/09/12",2,,,3.75,Worse than I remembered,"mars, again",No\n'
    + 'Artificial Condition,Martha Wells,"","",audio,read,2021/08/31,2021/01/05,2021/01/05,1,"",,,,"",No\n'
    + "Later,Ana,,1,digital,to-read,2026/06/17,,,0,,,,,,No\n",
}


def test_both_lists_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Goodreads(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("dates", "finished"),
    [
        ("2025/01/05-2025/01/09", ["2025-01-09"]),
        ("2025/01/09", ["2025-01-09"]),
        ("2025/01/05-2025/01/09, 2026/01/01", ["2025-01-09", "2026-01-01"]),
        ("2025/01/05-", ["2025-01-05"]),
        ("soon", []),
        ("2025/13/40", []),
        ("2025/01/05 12:30", []),
    ],
)
def test_every_time_that_a_book_was_read_is_its_last_day(
    tmp_path: Path, reading: ModuleType, dates: str, finished: list[str]
) -> None:
    text = f'{STORYGRAPH}Dune,Frank Herbert,,1,print,read,2024/01/01,,"{dates}",1,,,,,,No\n'
    drafts = reading.drafts(reading.read(Goodreads(), reading.make(tmp_path, {"a.csv": text})))
    assert [each.evidence[0].local_at.date().isoformat() for each in drafts.values()] == finished


@pytest.mark.parametrize(
    ("stars", "rating"), [("5", 5), ("3.75", 4), ("0", None), ("", None), ("6", None), ("x", None), ("0.25", None)]
)
def test_stars_are_whole(tmp_path: Path, reading: ModuleType, stars: str, rating: int | None) -> None:
    text = f"{STORYGRAPH}Dune,Frank Herbert,,1,print,read,2024/01/01,2024/01/01,,1,,,{stars},,,No\n"
    (draft,) = reading.drafts(reading.read(Goodreads(), reading.make(tmp_path, {"a.csv": text}))).values()
    assert draft.rating == rating


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [(FILES["storygraph.csv"], True), (GOODREADS, True), ("Title,Author\nDune,Herbert\n", False), ("", False)],
)
def test_it_is_recognised_by_its_columns(tmp_path: Path, reading: ModuleType, text: str, *, is_ours: bool) -> None:
    assert (Goodreads().recognise(reading.make(tmp_path, {"renamed.csv": text})).confidence > 0) == is_ours


def test_two_exports_make_each_book_once(tmp_path: Path, reading: ModuleType) -> None:
    dune = "Dune,Frank Herbert,,1,print,read,2024/01/01,2024/01/01,,1,,,,,,No\n"
    files = {
        "a.csv": STORYGRAPH + dune,
        "b.csv": f"{STORYGRAPH}{dune}Emma,Jane Austen,,2,print,read,2024/02/01,,,,,,,,,\n",
    }
    items = reading.read(Goodreads(), reading.make(tmp_path, files))
    assert len(reading.drafts(items)) == 1
    assert reading.problems(items)["b.csv#row 1"] == "twice"


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    rows = "".join(f"Book {each},A,,{each},print,read,2024/01/01,2024/01/01,,1,,,,,,No\n" for each in range(450))
    folder = reading.make(tmp_path, {"a.csv": STORYGRAPH + rows})
    whole = list(Goodreads().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 2
    for index in places:
        rest = Goodreads().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
