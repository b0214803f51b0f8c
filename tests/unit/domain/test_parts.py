"""Files that stand inside of a larger one."""

from __future__ import annotations

from io import SEEK_END
from pathlib import Path

import pytest

from timeline_local.domain.parts import Part


@pytest.fixture
def part(tmp_path: Path) -> Part:
    whole = tmp_path / "whole"
    whole.write_bytes(b"before" + b"0123456789" + b"behind")
    return Part(whole, 6, 10)


def test_it_reads_as_the_file_that_it_is(part: Part) -> None:
    with part.open("rb") as file:
        assert file.read() == b"0123456789"


def test_it_can_be_read_from_anywhere(part: Part) -> None:
    with part.open("rb") as file:
        assert file.seek(-3, SEEK_END) == 7
        assert file.read(100) == b"789"
        file.seek(2)
        assert (file.read(2), file.tell()) == (b"23", 4)


def test_behind_its_end_there_is_nothing(part: Part) -> None:
    with part.open("rb") as file:
        file.seek(12)
        assert file.read(1) == b""
