"""What the arguments of a desktop mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from timeline_local.desktop.launcher import _parsed, is_launch, local_path, target_of


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--new"],
        ["--hidden"],
        ["/home/ana/Takeout.zip"],
        ["./photos", "~/more"],
        ["file:///home/ana/Takeout"],
        ["--hidden", "--data", "photos"],
    ],
)
def test_these_are_for_the_desktop(arguments: list[str]) -> None:
    assert is_launch(arguments)


@pytest.mark.parametrize(
    "arguments", [["serve"], ["open"], ["--help"], ["--new", "--data"], ["serve", "--data", "x"], ["photos"]]
)
def test_these_are_for_the_command_line(arguments: list[str]) -> None:
    assert not is_launch(arguments)


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        ([], "/"),
        (["--hidden"], None),
        (["--new"], "/new"),
        (["/home/ana/Take out & more/#1.zip"], "/imports/new?path=%2Fhome%2Fana%2FTake%20out%20%26%20more%2F%231.zip"),
        (["file:///home/ana/T%C3%A9l%C3%A9/x.zip"], "/imports/new?path=%2Fhome%2Fana%2FT%C3%A9l%C3%A9%2Fx.zip"),
    ],
)
def test_what_is_asked_for_is_a_page(arguments: list[str], target: str | None) -> None:
    assert target_of(_parsed(arguments)) == target


def test_a_path_is_taken_from_where_the_program_was_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_path("./photos") == tmp_path / "photos"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert local_path("~/photos") == tmp_path / "photos"
    assert local_path("file://localhost/a%20b") == Path("/a b")


def test_an_exports_file_leads_to_the_folder_it_lies_in(tmp_path: Path) -> None:
    (tmp_path / "Takeout.zip").write_bytes(b"PK")
    assert target_of(_parsed([str(tmp_path / "Takeout.zip")])) == target_of(_parsed([str(tmp_path)]))
