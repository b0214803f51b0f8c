"""What the arguments of a desktop mean."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from timeline_local.desktop.launcher import _parsed, is_launch, local_path, target_of
from timeline_local.schemas.system import TrayRequest


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


def test_an_exports_file_is_shown_itself_with_the_parts_beside_it(tmp_path: Path) -> None:
    for name in ("Takeout & more-001.zip", "Takeout-002.tgz", "elsewhere/Takeout-003.zip"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"PK")
    folder = f"/imports/new?path={quote(str(tmp_path), safe='')}"
    one = str(tmp_path / "Takeout & more-001.zip")
    assert target_of(_parsed([one])) == f"{folder}&files=Takeout%20%26%20more-001.zip"
    all_ = [one, str(tmp_path / "Takeout-002.tgz"), one, str(tmp_path / "elsewhere" / "Takeout-003.zip"), str(tmp_path)]
    assert target_of(_parsed(all_)) == f"{folder}&files=Takeout%20%26%20more-001.zip%2FTakeout-002.tgz"


def test_as_many_parts_are_named_as_the_server_takes(tmp_path: Path) -> None:
    parts = [tmp_path / f"{'ü' * 60}-{number}.zip" for number in range(40)]
    for part in parts:
        part.touch()
    target = target_of(_parsed([str(part) for part in parts]))
    assert target
    assert 4000 < len(target) <= 5000
    TrayRequest(nonce="", proof="", target=target)
