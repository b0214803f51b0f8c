"""What is told to PyInstaller and to operating systems, without building anything."""

from __future__ import annotations

import ast
import plistlib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from PIL import Image

from tests.house.code import ROOT
from timeline_local import __version__
from tools.packaging import about, contents, icons


def test_what_the_program_needs_is_in_and_what_development_needs_is_out() -> None:
    needed = set(contents.runtime_packages())
    assert {"timeline-local", "fastapi", "sqlcipher3", "redis", "starlette", "numpy"} <= needed
    assert not {"pytest", "pyinstaller", "mypy", "hypothesis"} & needed


def test_no_module_that_the_program_needs_is_left_out() -> None:
    owners = packages_distributions()
    kept = {module for module in owners if {name.lower().replace("_", "-") for name in owners[module]} & {"fastapi"}}
    assert not kept & set(contents.unwanted_modules())
    assert {"pytest", "mypy", "_pytest"} <= set(contents.unwanted_modules())


def test_modules_that_are_named_in_strings_and_by_revisions_are_found() -> None:
    found = contents.hidden_imports()
    assert {"sqlcipher3.dbapi2", "timeline_local.main", "timeline_local.importers.sources.photo_folder"} <= set(found)
    assert {"alembic", "unicodedata", "tzdata"} <= set(found)


def test_every_file_beside_the_code_is_taken_along() -> None:
    placed = {f"{folder}/{Path(file).name}" for file, folder in contents.data_files()}
    assert {
        "timeline_local/web/index.html",
        "timeline_local/web/assets/locales/en.json",
        "timeline_local/api/problems.md",
        "timeline_local/services/mails/invitation.txt",
        "timeline_local/guides/day_one.md",
        "timeline_local/migrations/env.py",
        "timeline_local/migrations/versions/0001_first_release.py",
    } <= placed


@pytest.mark.parametrize("library", ["libmvec.so.1", "x/libmvec.so.1"])
def test_parts_of_the_c_library_stay_with_the_system(library: str) -> None:
    assert contents.belongs_to_the_system(library)


def test_a_given_time_of_release_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert contents.released_at() == 1_700_000_000


def test_macos_is_told_of_an_application_without_a_place_in_the_dock() -> None:
    told = plistlib.loads(plistlib.dumps(about.info_plist()))
    assert told["LSUIElement"] is True
    assert told["CFBundleShortVersionString"] == __version__
    assert told["CFBundleDocumentTypes"][0]["LSItemContentTypes"] == ["public.folder", "public.zip-archive"]


def test_windows_is_told_the_version_in_an_expression() -> None:
    told = ast.unparse(ast.parse(about.windows_version(), mode="eval"))
    assert f"StringStruct('FileVersion', '{__version__}')" in told
    assert told.startswith("VSVersionInfo(ffi=FixedFileInfo(filevers=(")


def test_the_spec_is_written_in_python() -> None:
    ast.parse((ROOT / "build.spec").read_text(encoding="utf-8"))


def test_the_icons_are_drawn_for_every_system_and_always_the_same(tmp_path: Path) -> None:
    icons.draw_all(tmp_path / "first")
    icons.draw_all(tmp_path / "second")
    first = {file.name: file.read_bytes() for file in (tmp_path / "first").iterdir()}
    assert first == {file.name: file.read_bytes() for file in (tmp_path / "second").iterdir()}
    with Image.open(tmp_path / "first" / "timeline-local-64.png") as drawn:
        assert drawn.size == (64, 64)
        assert drawn.getpixel((0, 0)) == (0, 0, 0, 0)
        assert drawn.getpixel((14, 32)) == (11, 110, 105, 255)
    with Image.open(tmp_path / "first" / "timeline-local.ico") as windows:
        assert (256, 256) in windows.info["sizes"]
    with Image.open(tmp_path / "first" / "timeline-local.icns") as macos:
        assert (512, 512, 2) in macos.info["sizes"]
