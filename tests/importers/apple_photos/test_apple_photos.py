"""The privacy export of iCloud Photos: its CSV files, its parts, and what was deleted or hidden."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions, Unit, opened
from timeline_local.importers.icloud_csv import is_details, read_date, read_details, read_names
from timeline_local.importers.icloud_shared import read_album
from timeline_local.importers.registry import SOURCES, read_all
from timeline_local.importers.sources.apple_photos import ApplePhotos

EXPECTED = Path(__file__).with_name("expected.json")
HEAD = "imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate\n"


def row(name: str, *, flags: str = "no,no,no", taken: str = "Saturday June 4,2022 12:11 PM GMT") -> str:
    return f'{name},AQYBGgABAgMEBQYHCAkKCwwNDg8Q,{flags},"{taken}",12,"Sunday June 5,2022 1:02 AM GMT"\n'


# Three parts as they unpack side by side; the second one's list of albums is empty, as some are.
TREE: dict[str, bytes | str] = {
    "iCloud Photos Part 1 of 3/Photos/Photo Details.csv": HEAD
    + row("IMG_0001.HEIC", flags="yes,no,no")
    + row("IMG_0002.JPG", flags="no,yes,no")
    + row("IMG_0003.JPG", flags="no,no,yes")
    + row("IMG_0009.JPG", taken="Friday December 25,1998 8:00 AM GMT"),
    "iCloud Photos Part 1 of 3/Photos/Photo Details-1.csv": "",
    "iCloud Photos Part 1 of 3/Photos/IMG_0001.HEIC": "still",
    "iCloud Photos Part 1 of 3/Photos/IMG_0001.MOV": "film",
    "iCloud Photos Part 1 of 3/Photos/IMG_0002.JPG": "hidden",
    "iCloud Photos Part 1 of 3/Photos/IMG_0003.JPG": "deleted",
    "iCloud Photos Part 1 of 3/Photos/notes.numbers": "x",
    "iCloud Photos Part 1 of 3/Recently Deleted/IMG_0666.JPG": "deleted",
    "iCloud Photos Part 2 of 3/Photos/Photo Details.csv": HEAD + row("IMG_0004.JPG"),
    "iCloud Photos Part 2 of 3/Photos/IMG_0004.JPG": "x",
    "iCloud Photos Part 2 of 3/Photos/IMG_0005.JPG": "nothing is said of it",
    "iCloud Photos Part 2 of 3/Photos/IMG_0009.JPG": "its row is in the first part",
    "iCloud Photos Part 2 of 3/Photos/IMG_0010.JPG": "",
    "iCloud Photos Part 3 of 3/Albums/Été.csv": "Images\nIMG_0001.HEIC\nIMG_0004.JPG\n",
    "iCloud Photos Part 3 of 3/Albums/Empty.csv": "",
    "iCloud Photos Part 3 of 3/Memories/Best of June.csv": "Images\nIMG_0004.JPG\n",
    "elsewhere/a.jpg": "x",
}


def test_an_export_in_three_parts_gives_the_golden_drafts(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(ApplePhotos(), reading.make(tmp_path, TREE))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Saturday June 4,2022 12:11 PM GMT", datetime(2022, 6, 4, 12, 11, tzinfo=UTC)),
        ("Saturday June 4,2022 12:11 AM GMT", datetime(2022, 6, 4, 0, 11, tzinfo=UTC)),
        ("Wednesday May 1, 2019 9:05:07 PM GMT", datetime(2019, 5, 1, 21, 5, 7, tzinfo=UTC)),
        ("Saturday June 4,2022 12:11\u202fPM GMT", datetime(2022, 6, 4, 12, 11, tzinfo=UTC)),
        ("Saturday June 4,2022 12:11 PM GMT+2", datetime(2022, 6, 4, 10, 11, tzinfo=UTC)),
        ("Saturday June 4,2022 12:11 PM GMT-03:30", datetime(2022, 6, 4, 15, 41, tzinfo=UTC)),
        ("Saturday June 4,2022 18:11 GMT", datetime(2022, 6, 4, 18, 11, tzinfo=UTC)),
        ("2019-05-04T08:09:10Z", datetime(2019, 5, 4, 8, 9, 10, tzinfo=UTC)),
        ("2026-01-01", None),
        ("Saturday June 31,2022 12:11 PM GMT", None),
        ("Friday December 31,9999 11:59 PM GMT-99", None),
        ("Saturday Juni 4", None),
        ("", None),
    ],
)
def test_the_date_is_read_with_its_zone(text: str, expected: datetime | None) -> None:
    assert read_date(text) == expected


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff\xfe", b'"', b"imgName\n", HEAD.encode(), b"a,b\n1,2\n"])
def test_a_list_without_rows_says_nothing(data: bytes) -> None:
    assert read_details(data) == []


@pytest.mark.parametrize(
    ("data", "names"),
    [("Images\na.jpg\n\nb.jpg\n", ["a.jpg", "b.jpg"]), ("a,b\n1,2\n", None), ("", []), ("Images\n", [])],
)
def test_a_list_of_names_has_one_column(data: str, names: list[str] | None) -> None:
    assert read_names(data.encode("utf-8-sig")) == names


def test_pictures_that_share_a_name_and_are_told_different_dates_get_none_of_them(
    tmp_path: Path, reading: ModuleType
) -> None:
    rows = row("IMG_1.JPG") + row("IMG_1.JPG", taken="Sunday June 5,2022 1:02 AM GMT")
    items = reading.read(
        ApplePhotos(), reading.make(tmp_path, {"P/Photo Details.csv": HEAD + rows, "P/IMG_1.JPG": "x"})
    )
    assert reading.drafts(items)["P/IMG_1.JPG"].evidence == ()


def test_the_details_of_a_part_may_lie_in_another_part(tmp_path: Path, reading: ModuleType) -> None:
    files = {"A/Photos/IMG_1.JPG": "x", "B/Photos/Photo Details.csv": HEAD + row("IMG_1.JPG"), "C/Photos/b.jpg": "y"}
    items = reading.read(ApplePhotos(), reading.make(tmp_path, files))
    assert [(key, bool(draft.evidence)) for key, draft in reading.drafts(items).items()] == [
        ("A/Photos/IMG_1.JPG", True)
    ]


def test_a_list_that_another_program_put_together_is_one() -> None:
    data = b"filename,originalCreationDate,fileChecksum\na.JPG,Sunday June 5,2022 1:02 AM GMT,x\n"
    assert is_details(data)
    assert [(each.name, each.taken_at) for each in read_details(data)] == [
        ("a.JPG", datetime(2022, 6, 5, 1, 2, tzinfo=UTC))
    ]


def test_a_date_without_quotes_is_one_cell() -> None:
    bare = "a.JPG,x,yes,no,no,Sunday June 5,2022 1:02 AM GMT,12,Monday June 6,2022 3:04 AM GMT\n"
    [found] = read_details((HEAD + bare).encode())
    assert found.taken_at == datetime(2022, 6, 5, 1, 2, tzinfo=UTC)
    assert found.added_at == datetime(2022, 6, 6, 3, 4, tzinfo=UTC)


def test_a_shared_album_is_one_with_what_was_said_of_its_pictures(tmp_path: Path, reading: ModuleType) -> None:
    said = [{"isLike": True}, {"isLike": False, "comment": "Lovely", "contributor": {"fullName": "Ada"}}]
    taken = "Sunday June 19,2022 2:00 PM GMT"
    photos = [{"name": "IMG_1.JPG", "dateCreated": taken, "contributor": {"fullName": "Ben"}, "comments": said}, 7]
    album = json.dumps({"albumName": "Été", "photos": photos})
    folder = "iCloud Shared Albums/My Albums/Ete"
    files = {f"{folder}/renamed.json": album, f"{folder}/IMG_1.JPG": "x", f"{folder}/IMG_2.JPG": "x"}
    made = reading.make(tmp_path, {**files, "P/AlbumInfo.json": "{}", "P/a.jpg": "x"})
    assert ApplePhotos().recognise(made).confidence > 0.9
    items = reading.read(ApplePhotos(), made)
    drafts = reading.drafts(items)
    assert {key: [each.name for each in draft.collections] for key, draft in drafts.items()} == {
        f"{folder}/IMG_1.JPG": ["Été"],
        f"{folder}/IMG_2.JPG": ["Été"],
    }
    first = drafts[f"{folder}/IMG_1.JPG"]
    assert first.evidence[0].instant == datetime(2022, 6, 19, 14, tzinfo=UTC)
    assert first.extra == {"shared_by": "Ben", "comments": [{"by": "Ada", "text": "Lovely"}]}
    assert reading.problems(items) == {}


@pytest.mark.parametrize("text", ["[", "[]", '{"albumName": "x"}', '{"albumName": "", "photos": []}'])
def test_other_json_is_no_shared_album(text: str) -> None:
    assert read_album(text.encode()) is None


def test_other_sources_leave_the_export_alone(tmp_path: Path, reading: ModuleType) -> None:
    read = [
        each for each in read_all(reading.make(tmp_path, TREE), SOURCES, ReadOptions()) if isinstance(each.item, Unit)
    ]
    keys = [each.item.source_key for each in read if each.source == "photo_folder" and isinstance(each.item, Unit)]
    assert keys == ["elsewhere/a.jpg"]


def test_a_read_goes_on_at_each_of_its_checkpoints(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, TREE)
    whole = list(ApplePhotos().read(folder, ReadOptions(), None))
    stops = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rest = [list(opened(ApplePhotos().read(folder, ReadOptions(), whole[stop].position))) for stop in stops]  # type: ignore[union-attr]
    wanted = [[each for each in opened(whole[stop + 1 :]) if isinstance(each, Draft)] for stop in stops]
    assert [[each for each in some if isinstance(each, Draft)] for some in rest] == wanted


@pytest.mark.parametrize(
    ("files", "confidence", "reason"),
    [
        (TREE, 0.96, "Photo Details"),
        ({"renamed/x.csv": HEAD + row("a.jpg"), "renamed/a.jpg": "x"}, 0.96, "x.csv"),
        ({"a.jpg": "x", "Albums/a.csv": "Images\na.jpg\n"}, 0, "no privacy export"),
        ({"a.csv": "Date,Amount\n1,2\n"}, 0, "no privacy export"),
        ({"My.photoslibrary/database/Photos.sqlite": "SQLite"}, 0, "choose File, Export, Export Unmodified Originals"),
    ],
)
def test_an_export_is_recognised_by_its_lists(
    tmp_path: Path, reading: ModuleType, files: Mapping[str, bytes | str], confidence: float, reason: str
) -> None:
    found = ApplePhotos().recognise(reading.make(tmp_path, files))
    assert found.confidence == confidence
    assert reason in found.reason + found.hint
