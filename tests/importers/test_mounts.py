"""Archives in folders: those of one export are one tree, those of several stay apart."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Problem
from timeline_local.domain.parts import Part
from timeline_local.domain.stretches import Stretch
from timeline_local.importers.archive import Folder, Listing
from timeline_local.importers.mounts import export_name


def contents(folder: Folder) -> dict[str, str]:
    return {
        each.locator: folder.read(each.locator, limit=1000).decode()
        for listing in folder.walk()
        if isinstance(listing, Listing)
        for each in listing.files
    }


def _content(part: Part) -> str:
    with part.open("rb") as file:
        return file.read().decode()


@pytest.mark.parametrize(
    ("names", "export"),
    [
        (["takeout-20240101T000000Z-001.zip", "takeout-20240101T000000Z-7-002.zip"], "takeout-20240101T000000Z"),
        (["iCloud Photos Part 1 of 7.zip", "iCloud Photos Part 7 of 7.zip"], "iCloud Photos"),
        (["photos-20240101T120000Z-1-001.zip", "photos-20240101T120000Z-1-002 (1).zip"], "photos-20240101T120000Z"),
        (["diary_part1.zip", "diary.part2.ZIP"], "diary"),
        (["WhatsApp Chat with Ana.zip"], "WhatsApp Chat with Ana"),
        (["2019.zip"], "2019"),
    ],
)
def test_the_archives_of_one_export_are_known_by_their_names(names: list[str], export: str) -> None:
    assert {export_name(name) for name in names} == {export}


def test_a_zip_under_a_name_of_its_program_is_a_folder_and_a_file_of_that_name_a_file(
    tmp_path: Path, packing: ModuleType
) -> None:
    packing.pack(tmp_path / "in" / "a_2024.daylio", {"backup.daylio": "e30=", "assets/1": "one"})
    packing.pack(tmp_path / "out" / "more.zip", {"b.bear2bk": packing.pack(tmp_path / "b", {"n/x": "x"}).read_bytes()})
    (tmp_path / "b").unlink()
    assert contents(Folder(tmp_path)) == {"in/backup.daylio": "e30=", "in/assets/1": "one", "out/n/x": "x"}


def test_the_parts_of_an_export_lie_over_each_other(tmp_path: Path, packing: ModuleType) -> None:
    packing.pack(tmp_path / "takeout-1Z-002.zip", {"Takeout/P/1.jpg.json": "sidecar", "Takeout/P/2.jpg": "two"})
    packing.pack(tmp_path / "takeout-1Z-010.zip", {"Takeout/P/1.jpg": "one", "Takeout/Q/3.jpg": "three"})
    (tmp_path / "Takeout" / "P").mkdir(parents=True)
    (tmp_path / "Takeout" / "P" / "4.jpg").write_text("unpacked")
    folder = Folder(tmp_path)
    assert contents(folder) == {
        "Takeout/P/1.jpg": "one",
        "Takeout/P/1.jpg.json": "sidecar",
        "Takeout/P/2.jpg": "two",
        "Takeout/P/4.jpg": "unpacked",
        "Takeout/Q/3.jpg": "three",
    }
    assert [each.locator for each in folder.walk()] == ["", "Takeout", "Takeout/P", "Takeout/Q"]
    assert folder.place("Takeout/P/4.jpg") == tmp_path / "Takeout" / "P" / "4.jpg"


def test_archives_given_together_are_one_tree_in_any_order(tmp_path: Path, packing: ModuleType) -> None:
    first = packing.pack(tmp_path / "one" / "takeout-1Z-001.zip", {"Takeout/1.jpg": "one"})
    second = packing.pack(tmp_path / "two" / "takeout-1Z-002.zip", {"Takeout/1.jpg.json": "sidecar"})
    found = contents(Folder([second, first]))
    assert found == contents(Folder([first, second])) == {"Takeout/1.jpg": "one", "Takeout/1.jpg.json": "sidecar"}


def test_different_exports_stay_apart(tmp_path: Path, packing: ModuleType) -> None:
    packing.pack(tmp_path / "takeout-1Z-001.zip", {"Takeout/1.jpg": "then"})
    packing.pack(tmp_path / "takeout-2Z-001.zip", {"Takeout/1.jpg": "now"})
    assert contents(Folder(tmp_path)) == {"takeout-1Z/Takeout/1.jpg": "then", "takeout-2Z/Takeout/1.jpg": "now"}


def test_the_same_file_twice_is_one_and_other_bytes_are_told_apart(tmp_path: Path, packing: ModuleType) -> None:
    packing.pack(tmp_path / "e-001.zip", {"a.jpg": "same", "b.jpg": "first", "b.jpg.json": "of the first"})
    packing.pack(tmp_path / "e-002.zip", {"a.jpg": "same", "b.jpg": "other", "b.jpg.json": "of the other"})
    packing.pack(tmp_path / "e-003.zip", {"b.jpg": "third", "b~2.jpg": "its own name"})
    folder = Folder(tmp_path)
    assert contents(folder) == {
        "a.jpg": "same",
        "b.jpg": "first",
        "b.jpg.json": "of the first",
        "b~2.jpg": "its own name",
        "b~2.jpg.json": "of the other",
        "b~3.jpg": "other",
        "b~4.jpg": "third",
    }


def test_a_file_on_disk_and_the_same_in_an_archive_is_one(tmp_path: Path, packing: ModuleType) -> None:
    packing.pack(tmp_path / "e-001.zip", {"a.txt": "same", "b.txt": "packed"})
    (tmp_path / "a.txt").write_text("same")
    (tmp_path / "b.txt").write_text("plain!")
    folder = Folder(tmp_path)
    assert contents(folder) == {"a.txt": "same", "b.txt": "plain!", "b~2.txt": "packed"}
    assert Folder(tmp_path).read("b~2.txt", limit=10) == b"packed"


def test_a_file_that_comes_to_lie_on_disk_goes_before_the_one_in_an_archive(
    tmp_path: Path, packing: ModuleType
) -> None:
    packing.pack(tmp_path / "takeout-1Z-001.zip", {"Takeout/1.jpg": "packed"})
    folder = Folder(tmp_path)
    assert folder.read("Takeout/1.jpg", limit=100) == b"packed"
    (tmp_path / "Takeout").mkdir()
    (tmp_path / "Takeout/1.jpg").write_bytes(b"on disk")
    assert folder.read("Takeout/1.jpg", limit=100) == b"on disk"


def test_the_bytes_of_files_lie_where_they_are_said_to_lie(tmp_path: Path, packing: ModuleType) -> None:
    packing.pack(tmp_path / "made/inner.zip", {"1.jpg": "picture"}, deflates=False)
    inner = (tmp_path / "made/inner.zip").read_bytes()
    packing.pack(tmp_path / "stored.zip", {"a/inner.zip": inner, "2.jpg": "another"}, deflates=False)
    packing.pack(tmp_path / "deflated.zip", {"b/inner.zip": inner, "3.jpg": "third"})
    (tmp_path / "4.jpg").write_text("fourth")
    folder = Folder([tmp_path / "stored.zip", tmp_path / "deflated.zip", tmp_path / "4.jpg"])
    found = {locator: (_read(at), _part(at)) for locator in contents(folder) for at in [folder.stretch(locator)]}
    assert found == {
        "stored/a/1.jpg": ("picture", "picture"),
        "stored/2.jpg": ("another", "another"),
        "deflated/b/1.jpg": (None, None),  # compressed together with its zip
        "deflated/3.jpg": ("third", None),
        "4.jpg": ("fourth", "fourth"),
    }


def _read(stretch: Stretch | None) -> str | None:
    if stretch is None:
        return None
    with Path(stretch.path).open("rb") as file:
        return b"".join(stretch.chunks(file)).decode()


def _part(stretch: Stretch | None) -> str | None:
    try:
        return None if stretch is None else _content(stretch.part())
    except ValueError:
        return None


def test_single_files_are_a_folder_of_their_own(tmp_path: Path, reading: ModuleType) -> None:
    reading.make(
        tmp_path, {"a/Timeline.json": "one", "b/Timeline.json": "two", "b/beside.txt": "not given", "c/d": "e"}
    )
    folder = Folder([tmp_path / "a" / "Timeline.json", tmp_path / "b" / "Timeline.json", tmp_path / "c"])
    assert contents(folder) == {"Timeline.json": "one", "Timeline~2.json": "two", "c/d": "e"}
    assert Folder(tmp_path / "a" / "Timeline.json").root == tmp_path / "a"


def test_an_archive_that_is_none_is_a_problem_and_stops_nothing(tmp_path: Path, packing: ModuleType) -> None:
    packing.pack(tmp_path / "good.zip", {"a.txt": "a"})
    (tmp_path / "page.zip").write_text("<html>Sign in to download")
    folder = Folder(tmp_path)
    assert contents(folder) == {"a.txt": "a"}
    assert [(each.locator, each.slug) for each in folder.walk() if isinstance(each, Problem)] == [
        ("page.zip", "archive-damaged")
    ]


def test_a_sample_shows_every_folder_and_heads_are_kept(tmp_path: Path, reading: ModuleType) -> None:
    names = {f"a/IMG_{n}.jpg": "p" for n in range(50)} | {"a/odd.bin": '{"k": 1}', "z/y/x.md": "m"}
    folder = reading.make(tmp_path, names)
    sample = [each.locator for each in folder.sample()]
    assert len(sample) == 10
    assert {"a/odd.bin", "z/y/x.md"} < set(sample)
    assert folder.head("a/odd.bin", 3) == b'{"k'
    (tmp_path / "a" / "odd.bin").unlink()
    assert folder.head("a/odd.bin") == b'{"k": 1}'
    assert folder.head("a/none") == b""


def test_renamed_parts_of_an_export_are_known_by_its_folder(tmp_path: Path, packing: ModuleType) -> None:
    packing.pack(tmp_path / "first.zip", {"Takeout/P/1.jpg": "one", "Takeout/archive_browser.html": "of 1"})
    packing.pack(tmp_path / "zweiter.zip", {"Takeout/P/1.jpg.json": "sidecar", "Takeout/archive_browser.html": "of 2"})
    packing.pack(tmp_path / "chat.zip", {"_chat.txt": "a chat"})
    found = contents(Folder(tmp_path))
    (home,) = {name.partition("/")[0] for name in found if name.endswith(("1.jpg", "1.jpg.json"))}
    assert found[f"{home}/Takeout/P/1.jpg"] == "one"
    assert found[f"{home}/Takeout/P/1.jpg.json"] == "sidecar"
    assert found["chat/_chat.txt"] == "a chat"


def test_renamed_exports_of_other_versions_stay_apart(tmp_path: Path, packing: ModuleType) -> None:
    packing.pack(tmp_path / "old.zip", {"Takeout/P/1.jpg.json": "old words"})
    packing.pack(tmp_path / "new.zip", {"Takeout/P/1.jpg.json": "new words"})
    assert contents(Folder(tmp_path)) == {
        "old/Takeout/P/1.jpg.json": "old words",
        "new/Takeout/P/1.jpg.json": "new words",
    }


def test_archives_with_folders_of_the_same_name_stay_apart(tmp_path: Path, packing: ModuleType) -> None:
    packing.pack(tmp_path / "mine.zip", {"DCIM/IMG_1.HEIC": "a picture"})
    packing.pack(tmp_path / "yours.zip", {"DCIM/IMG_1.MOV": "somebody else's film"})
    assert set(contents(Folder(tmp_path))) == {"mine/DCIM/IMG_1.HEIC", "yours/DCIM/IMG_1.MOV"}
