"""Files by the ends of their paths on a device."""

from __future__ import annotations

from pathlib import Path

import pytest

from timeline_local.importers.archive import Folder
from timeline_local.importers.file_tails import Tails


def made(folder: Path, *locators: str) -> Tails:
    for locator in locators:
        (folder / locator).parent.mkdir(parents=True, exist_ok=True)
        (folder / locator).write_bytes(locator.encode("utf-8", "surrogateescape"))
    return Tails(Folder(folder))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/var/mobile/Library/SMS/Attachments/ab/11/IMG_1.HEIC", "copy/ab/11/IMG_1.HEIC"),
        ("~/Library/Messages/Attachments/cd/11/IMG_1.HEIC", "copy/cd/11/IMG_1.HEIC"),
        ("Attachments/AB/11/img_1.heic", "copy/ab/11/IMG_1.HEIC"),  # disks that know no case
        ("11/Cafe\u0301.jpg", "copy/11/Caf\u00e9.jpg"),
        ("elsewhere/IMG_1.HEIC", ""),
        ("IMG_1.HEIC", ""),
        ("", ""),
    ],
)
def test_a_file_is_found_by_its_name_and_folder_and_by_what_lies_above(tmp_path: Path, path: str, found: str) -> None:
    tails = made(tmp_path, "copy/ab/11/IMG_1.HEIC", "copy/cd/11/IMG_1.HEIC", "copy/11/Caf\u00e9.jpg", "other.txt")
    assert tails.find(path) == found


def test_a_file_beside_the_folders_is_found_by_its_name(tmp_path: Path) -> None:
    assert made(tmp_path, "only.jpg", "a/more.jpg").find("only.jpg") == "only.jpg"


def test_a_file_of_the_same_name_and_size_is_taken_from_any_folder(tmp_path: Path) -> None:
    tails = made(tmp_path, "moved/voice.opus", "a/b.jpg", "c/d/b.jpg")
    assert tails.find("Media/Voice/voice.opus", size=len("moved/voice.opus")) == "moved/voice.opus"
    assert tails.find("Media/Voice/voice.opus", size=1) == ""


def test_of_two_that_could_be_meant_none_is_taken(tmp_path: Path) -> None:
    tails = made(tmp_path, "one/b.jpg", "two/b.jpg")
    assert tails.find("Media/b.jpg", size=len("one/b.jpg")) == ""
