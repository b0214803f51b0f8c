"""The library folder: made once, recognised again, and never taken for empty when it is damaged."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from timeline_local.core.library import Library, open_library
from timeline_local.exceptions import LibraryDamaged, LibraryNewer, LibraryNotWritable


@pytest.fixture
def made(tmp_path: Path) -> Library:
    """A library that has been opened once and holds a database."""
    library = open_library(tmp_path / "library", uses_sqlite=True)
    library.database.write_bytes(b"SQLite format 3\x00" + bytes(100))
    return library


def test_a_library_keeps_its_id(made: Library) -> None:
    assert open_library(made.root, uses_sqlite=True).id == made.id


def test_its_folders_and_files_are_private(made: Library) -> None:
    folders = [path for path in (made.root, *made.root.rglob("*")) if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert stat.S_IMODE((made.root / "library.json").stat().st_mode) == 0o600


def _delete(library: Library) -> None:
    library.database.unlink()


def _garbage(library: Library) -> None:
    library.database.write_bytes(b"this is no database")


def _folder(library: Library) -> None:
    library.database.unlink()
    library.database.mkdir()


def _marker(library: Library) -> None:
    (library.root / "library.json").write_bytes(b"{")


def _marker_and_database(library: Library) -> None:
    (library.root / "library.json").unlink()
    library.database.unlink()
    (library.media / "aa").mkdir()


@pytest.mark.parametrize("damage", [_delete, _garbage, _folder, _marker, _marker_and_database])
def test_a_damaged_library_is_refused_and_left_alone(made: Library, damage: Callable[[Library], None]) -> None:
    damage(made)
    before = sorted(path.relative_to(made.root) for path in made.root.rglob("*"))
    with pytest.raises(LibraryDamaged):
        open_library(made.root, uses_sqlite=True)
    assert sorted(path.relative_to(made.root) for path in made.root.rglob("*")) == before


def test_the_refusal_names_the_newest_snapshot(made: Library) -> None:
    (made.backups / "before-migration-from-0001-20260101T000000Z.db").touch()
    made.database.unlink()
    with pytest.raises(LibraryDamaged, match=r"Copy backups/before-migration-from-0001"):
        open_library(made.root, uses_sqlite=True)


def test_a_library_of_a_newer_format_is_refused(made: Library) -> None:
    marker = made.root / "library.json"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"format": 99, "written_by": "9.0"}))
    with pytest.raises(LibraryNewer, match=r"9\.0"):
        open_library(made.root, uses_sqlite=True)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryNotWritable):
        open_library(tmp_path / "file" / "library", uses_sqlite=True)


def test_on_postgresql_a_missing_file_is_no_damage(tmp_path: Path) -> None:
    first = open_library(tmp_path / "library", uses_sqlite=False)
    assert open_library(first.root, uses_sqlite=False).id == first.id
