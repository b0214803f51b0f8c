"""Room that is the library's own: given back piece by piece on a full disk, made whole again when there is space."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from timeline_local.core.reserve import LITTLE, PIECE, PLENTY, WHOLE, Reserve, fill_up, give_way


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the disk says is free."""
    told = [PLENTY + 1]
    usage: Any = type(shutil.disk_usage("/"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, told[-1]))
    return told


def test_it_is_made_private_given_back_in_pieces_and_made_whole_again(tmp_path: Path, free: list[int]) -> None:
    file, held = tmp_path / "reserve", Reserve(tmp_path)
    held.keep()
    assert not file.exists()  # whoever serves the library makes it
    assert fill_up(tmp_path)
    assert (file.stat().st_size, file.stat().st_mode & 0o777) == (WHOLE, 0o600)
    free.append(LITTLE - 1)
    held.keep()
    assert file.stat().st_size == WHOLE - PIECE
    for _ in range(10):
        held.keep()
    assert (file.stat().st_size, give_way(tmp_path)) == (0, False)
    free.append(LITTLE)
    held.keep()
    assert file.stat().st_size == 0
    free.append(PLENTY + 1)
    held.keep()
    assert file.stat().st_size == WHOLE


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    Reserve(tmp_path / "away").keep()
    assert not give_way(tmp_path / "away")
    assert not fill_up(tmp_path / "away")
    assert list(tmp_path.iterdir()) == []
