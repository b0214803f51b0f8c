"""The folder browser: what it shows, and what it never does."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from timeline_local.config import Settings, load_settings
from timeline_local.exceptions import FolderNotAllowed, FolderNotFound
from timeline_local.runtime import Runtime
from timeline_local.services.folders import view_folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("Pictures/2019", "Pictures/.hidden", "Notes", "library"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    for name in ("Pictures/a.JPG", "Pictures/b.mov", "Pictures/c.md", "Pictures/d.exe", "Pictures/.e.jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "Pictures" / "link").symlink_to(tmp_path / "Notes")
    return tmp_path


def at(home: Path, *roots: Path) -> Settings:
    return load_settings(data_dir=home / "library", imports={"roots": roots})


def test_a_folder_shows_its_folders_and_counts_its_files(home: Path) -> None:
    view = view_folder(str(home / "Pictures"), at(home))
    assert [each.name for each in view.folders] == ["2019"]
    assert (view.files, view.media, view.notes) == (4, 2, 1)
    assert (view.path, view.parent) == (str(home / "Pictures"), str(home))
    assert view.free_bytes is not None
    assert 0 < view.free_bytes <= shutil.disk_usage(home).total


def test_the_library_is_neither_listed_nor_entered(home: Path) -> None:
    assert "library" not in [each.name for each in view_folder(str(home), at(home)).folders]
    with pytest.raises(FolderNotAllowed):
        view_folder(str(home / "library"), at(home))


@pytest.mark.parametrize("path", ["Notes", "Pictures/link", "Pictures/../Notes", ""])
def test_nothing_outside_configured_roots_is_shown(home: Path, path: str) -> None:
    with pytest.raises(FolderNotAllowed):
        view_folder(str(home / path), at(home, home / "Pictures"))


def test_a_configured_root_is_the_top(home: Path) -> None:
    view = view_folder(None, at(home, home / "Pictures"))
    assert (view.path, view.parent) == (str(home / "Pictures"), None)
    assert [(root.name, root.path) for root in view.roots] == [("Pictures", str(home / "Pictures"))]


def test_without_configured_roots_home_comes_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    assert view_folder(None, at(home)).roots[0].path == str(home)


@pytest.mark.parametrize("path", ["/no/such", "/etc/passwd"])
def test_what_is_no_folder_is_not_found(home: Path, path: str) -> None:
    with pytest.raises(FolderNotFound):
        view_folder(path, at(home))


@pytest.mark.parametrize("path", ["relative", "/a\x00b"])
def test_only_whole_paths_are_taken(home: Path, path: str) -> None:
    with pytest.raises(FolderNotAllowed):
        view_folder(path, at(home))


async def test_the_route_answers_a_signed_in_owner_only(
    client: httpx.AsyncClient, runtime: Runtime, home: Path
) -> None:
    shown = await client.get("/api/v1/fs/list", params={"path": str(home / "Pictures")})
    assert (shown.status_code, shown.json()["media"]) == (200, 2)
    refused = await client.get("/api/v1/fs/list", params={"path": str(runtime.library.root)})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/folder-not-allowed")
    del client.headers["Authorization"]
    assert (await client.get("/api/v1/fs/list")).status_code == 401


def test_archives_and_exports_can_be_chosen_by_themselves(home: Path) -> None:
    for name in ("b.ZIP", "a.tar.gz", "Timeline.json", "track.gpx", ".c.zip", "program.exe"):
        (home / "Notes" / name).write_bytes(b"12345")
    view = view_folder(str(home / "Notes"), at(home))
    assert [(each.name, each.is_archive) for each in view.choices] == [
        ("a.tar.gz", True),
        ("b.ZIP", True),
        ("Timeline.json", False),
        ("track.gpx", False),
    ]
    assert {each.size_bytes for each in view.choices} == {5}
