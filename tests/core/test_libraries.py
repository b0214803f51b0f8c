"""The list of libraries: which one is opened, and that a missing one never becomes an empty one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from timeline_local.config import chosen_data_dir, libraries_file, load_settings, usual_data_dir
from timeline_local.core import disks, libraries
from timeline_local.core.autostart import login_of
from timeline_local.core.instance import claim_library
from timeline_local.core.libraries import folder_for_new, read_libraries
from timeline_local.core.library import Library, open_library
from timeline_local.exceptions import LibraryMissing, LibraryNotUsable, StartRefused


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def made(tmp_path: Path) -> Library:
    library = open_library(tmp_path / "photos", uses_sqlite=True)
    library.database.write_bytes(b"SQLite format 3\x00" + bytes(100))
    return library


def test_without_a_list_the_usual_folder_is_the_one(tmp_path: Path) -> None:
    assert load_settings().data_dir == usual_data_dir() == tmp_path / "data" / "timeline-local"
    assert [each.path for each in read_libraries().every()] == [usual_data_dir()]


def test_the_chosen_one_is_opened_and_an_argument_or_a_variable_is_stronger(
    made: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries.choose(made.root)
    assert load_settings().data_dir == made.root
    assert load_settings(data_dir=tmp_path / "other").data_dir == tmp_path / "other"
    monkeypatch.setenv("TIMELINE_DATA_DIR", str(tmp_path / "third"))
    assert load_settings().data_dir == tmp_path / "third"


def test_what_starts_at_login_follows_the_choice(made: Library) -> None:
    login_of(made.root).switch(on=True)
    entry = libraries_file().parents[1] / "autostart" / "timeline-local.desktop"
    assert "--data" in entry.read_text()
    libraries.choose(made.root)
    login_of(made.root).switch(on=True)
    assert "--data" not in entry.read_text()


def test_adding_twice_is_adding_once_and_forgetting_unchooses(made: Library) -> None:
    assert libraries.add(made.root).id == made.id
    libraries.add(made.root)
    libraries.choose(made.root)
    assert [(each.name, each.id) for each in read_libraries().known] == [("photos", made.id)]
    assert libraries.forget(made.root)
    assert not libraries.forget(made.root)
    assert chosen_data_dir() == usual_data_dir()


def test_a_new_librarys_id_is_noted_once_it_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    libraries.add(folder)
    assert [each.id for each in read_libraries().known] == [None]
    id_ = open_library(folder, uses_sqlite=True).id
    libraries.note_opened(folder, id_)
    libraries.note_opened(tmp_path / "never-added", id_)
    assert [each.id for each in read_libraries().known] == [id_]


def test_a_library_whose_disk_is_away_is_not_made_anew(made: Library, tmp_path: Path) -> None:
    libraries.add(made.root)
    made.root.rename(tmp_path / "unplugged")
    made.root.mkdir(mode=0o700)  # where the disk was mounted
    with pytest.raises(LibraryMissing, match="Connect its disk"):
        claim_library(made.root)
    assert list(made.root.iterdir()) == []
    assert [each.is_there for each in read_libraries().known] == [False]


@pytest.mark.parametrize("content", ["{", "[]", '{"current": 5}', '{"current": null, "libraries": [{"path": "/x"}]}'])
def test_a_list_that_cannot_be_read_opens_no_empty_library_in_the_usual_folder(
    content: str, made: Library, tmp_path: Path
) -> None:
    libraries_file().parent.mkdir(parents=True)
    libraries_file().write_text(content)
    assert load_settings().data_dir == usual_data_dir()
    with pytest.raises(StartRefused, match="The list of your libraries"):
        claim_library(usual_data_dir())
    assert not (tmp_path / "data").exists()
    with claim_library(made.root):  # one that is named needs no list
        assert libraries_file().read_text() == content


def test_a_moved_library_takes_its_old_place_in_the_list(made: Library, tmp_path: Path) -> None:
    libraries.add(tmp_path / "first")
    libraries.choose(made.root)
    libraries.note_moved(made.root, tmp_path / "moved", made.id)
    found = read_libraries()
    assert ([each.path.name for each in found.known], found.current) == (["first", "moved"], tmp_path / "moved")


def test_moving_the_usual_library_lists_it_and_moving_a_named_one_does_not(made: Library, tmp_path: Path) -> None:
    libraries.note_moved(made.root, tmp_path / "elsewhere", made.id)
    assert read_libraries().known == ()
    libraries.note_moved(usual_data_dir(), tmp_path / "elsewhere", made.id)
    assert chosen_data_dir() == tmp_path / "elsewhere"


def test_a_folder_is_a_librarys_or_free_for_one_or_refused(made: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    assert [folder_for_new(tmp_path / name) for name in ("photos", "empty", "none")] == [False, True, True]
    for name in ("file", "."):
        with pytest.raises(LibraryNotUsable, match="Nothing was changed"):
            folder_for_new(tmp_path / name)
    assert made.root.exists()


def test_the_list_is_the_accounts_alone(made: Library) -> None:
    libraries.add(made.root)
    assert libraries_file().stat().st_mode & 0o777 == 0o600
    assert json.loads(libraries_file().read_text())["libraries"][0]["path"] == str(made.root)


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What /proc/self/mounts says: written by the test."""
    table = tmp_path / "mounts"
    table.write_text("/dev/sda1 / ext4 rw 0 0\n")
    monkeypatch.setattr(disks, "MOUNTS", table)
    monkeypatch.setattr(sys, "platform", "linux")
    return table


def test_a_disk_that_is_not_mounted_gets_no_new_library_even_if_nobody_listed_the_one_on_it(
    tmp_path: Path, mounts: Path
) -> None:
    folder = tmp_path / "disk" / "library"
    folder.mkdir(parents=True)
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 {folder.parent} ext4 rw 0 0\n")
    libraries.note_opened(folder, uuid4())
    assert read_libraries().known == ()
    libraries.check_is_there(folder)  # its disk is there: who deleted the library may begin anew
    folder.rmdir()
    mounts.write_text("/dev/sda1 / ext4 rw 0 0\n")
    with pytest.raises(LibraryMissing, match="is not connected"):
        claim_library(folder)
    assert not folder.exists()
    assert libraries.forget(folder)
    libraries.check_is_there(folder)


def test_of_a_library_on_the_systems_own_disk_no_disk_is_noted(tmp_path: Path, mounts: Path) -> None:
    libraries.note_opened(tmp_path / "library", uuid4())
    assert not libraries_file().exists()
