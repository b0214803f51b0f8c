"""Walking a folder: order, names, links, and no way out."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Problem
from timeline_local.importers.archive import Folder, Listing, OutsideFolder


def locators(folder: Folder, after: str = "") -> list[str]:
    return [file.locator for each in folder.walk(after=after) if isinstance(each, Listing) for file in each.files]


def test_names_come_in_the_order_people_count(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"b/IMG_{n}.jpg": "x" for n in (10, 2, 1)} | {"a10/x": "", "a9/y": "", "Z": ""})
    assert locators(folder) == ["Z", "a9/y", "a10/x", "b/IMG_1.jpg", "b/IMG_2.jpg", "b/IMG_10.jpg"]


def test_a_walk_goes_on_at_a_folder(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, dict.fromkeys(("0", "a/1", "a/b/2", "a/c/3", "d/4"), "x"))
    assert locators(folder, "a/b") == ["a/b/2", "a/c/3", "d/4"]
    assert locators(folder, "a/gone") == ["d/4"]


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "@eaDir/x", ".trash/n.md", "__MACOSX/x", "._a.jpg", ".h"])
def test_hidden_and_system_files_are_left_out(tmp_path: Path, reading: ModuleType, name: str) -> None:
    assert locators(reading.make(tmp_path, {name: "x", "seen": "x"})) == ["seen"]


def test_the_folders_of_a_maildir_are_not_hidden(tmp_path: Path, reading: ModuleType) -> None:
    names = ["mail/cur/1", "mail/new/2", "mail/.Sent/cur/3", "mail/.Sent/.x", "mail/.Trash/cur/4", "other/.Sent/5"]
    folder = reading.make(tmp_path, dict.fromkeys(names, "x"))
    assert locators(folder) == ["mail/.Sent/cur/3", "mail/cur/1", "mail/new/2"]


def test_hidden_files_are_read_when_asked_but_system_files_never(tmp_path: Path, reading: ModuleType) -> None:
    reading.make(tmp_path, {".h": "x", ".DS_Store": "x"})
    assert locators(Folder(tmp_path, include_hidden=True)) == [".h"]


def test_folders_that_must_stay_out_are_not_entered(tmp_path: Path, reading: ModuleType) -> None:
    reading.make(tmp_path, {"a/1": "x", "library/2": "x"})
    assert locators(Folder(tmp_path, without=(tmp_path / "library",))) == ["a/1"]


def test_links_out_of_the_folder_and_to_folders_are_told_not_followed(tmp_path: Path, reading: ModuleType) -> None:
    reading.make(tmp_path, {"outside.jpg": "x", "root/in.jpg": "x", "root/sub/f": "x"})
    (tmp_path / "root" / "out.jpg").symlink_to(tmp_path / "outside.jpg")
    (tmp_path / "root" / "loop").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "same.jpg").symlink_to(tmp_path / "root" / "in.jpg")
    folder = Folder(tmp_path / "root")
    assert locators(folder) == ["in.jpg", "same.jpg", "sub/f"]
    assert {each.locator for each in folder.walk() if isinstance(each, Problem)} == {"out.jpg", "loop"}


@pytest.mark.parametrize("locator", ["../x", "a/../../x", "/etc/passwd", "", "a\x00b"])
def test_no_locator_leads_out(tmp_path: Path, locator: str) -> None:
    with pytest.raises(OutsideFolder):
        Folder(tmp_path).open(locator)


def test_a_link_made_after_the_walk_does_not_lead_out_either(tmp_path: Path, reading: ModuleType) -> None:
    reading.make(tmp_path, {"secret": "x", "root/a": "x"})
    (tmp_path / "root" / "b").symlink_to(tmp_path / "secret")
    with pytest.raises(OutsideFolder):
        Folder(tmp_path / "root").open("b")


def test_names_that_are_not_utf8_are_found_again(tmp_path: Path) -> None:
    name = b"caf\xe9.jpg"
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"picture")
    folder = Folder(tmp_path)
    assert locators(folder) == ["caf\uf7e9.jpg"]
    assert folder.read("caf\uf7e9.jpg", limit=100) == b"picture"


def test_the_spelling_of_the_disk_is_kept(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"e\u0301.jpg": "x", "a b\n\\c.jpg": "y"})
    assert sorted(locators(folder)) == ["a b\n\\c.jpg", "e\u0301.jpg"]
    assert folder.read("a b\n\\c.jpg", limit=10) == b"y"


def test_a_file_above_the_limit_is_refused(tmp_path: Path, reading: ModuleType) -> None:
    with pytest.raises(ValueError, match="larger than 3 bytes"):
        reading.make(tmp_path, {"a": "four"}).read("a", limit=3)


def test_a_folder_that_vanishes_is_a_problem(tmp_path: Path) -> None:
    (only,) = Folder(tmp_path / "gone").walk()
    assert isinstance(only, Problem)
    assert only.slug == "folder-unreadable"


def test_every_walk_of_an_import_tells_the_same(tmp_path: Path, reading: ModuleType) -> None:
    names = ["2.jpg", "10.jpg", "a b.txt", "c/x.jpg", "line\nbreak.txt"]
    folder = reading.make(tmp_path, dict.fromkeys(names, "x"))
    os.utime(tmp_path / "2.jpg", ns=(1_700_000_000_123_456_789,) * 2)
    first = [each for each in folder.walk() if isinstance(each, Listing)]
    (tmp_path / "3.jpg").write_text("of the next import")
    (tmp_path / "2.jpg").unlink()
    assert [each for each in folder.walk() if isinstance(each, Listing)] == first
    assert [file.name for file in first[0].files] == ["2.jpg", "10.jpg", "a b.txt", "line\nbreak.txt"]
    assert (first[0].files[0].size, first[0].files[0].mtime_ns) == (1, 1_700_000_000_123_456_789)


def test_a_folder_of_more_files_than_are_kept_is_listed_again(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.archive.MOST_KEPT", 1)
    folder = reading.make(tmp_path, {"1": "x", "2": "x"})
    assert locators(folder) == ["1", "2"]
    (tmp_path / "3").write_text("x")
    assert locators(folder) == ["1", "2", "3"]
