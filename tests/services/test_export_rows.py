"""Memories as lines, rows and notes: names that every system takes, cells that calculate nothing."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.services.export_rows import COLUMNS, csv_row, media_path, note_path, safe_name

ID = UUID("01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f")


@dataclass
class File:
    id: UUID
    sha256: bytes
    file_name: str
    first_at: datetime | None
    role: str = "primary"


def memory(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return dict.fromkeys(COLUMNS) | {"id": ID, "tags": [], "people": [], "location": None} | fields


@given(st.text(max_size=300))
def test_every_name_is_one_part_that_every_system_takes(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name.encode()) <= 330
    assert not set(name) & set('<>:"/\\|?*\0\n')
    assert name not in {".", ".."}
    assert name == name.strip(" .")


@pytest.mark.parametrize("name", ["con", "NUL.txt", "Com1", "lpt9.tar"])
def test_names_of_devices_are_not_used(name: str) -> None:
    assert safe_name(name) == f"_{name}"


@pytest.mark.parametrize(
    ("name", "first_at", "path"),
    [
        ("IMG_1.JPG", datetime(2019, 6, 14), "originals/2019/06/IMG_1-61616161.JPG"),  # noqa: DTZ001 - wall clocks
        ("../../etc/passwd", None, "originals/undated/passwd-61616161"),
        ("..\\..\\evil.exe", None, "originals/undated/evil-61616161.exe"),
        ("", None, "originals/undated/file-61616161"),
    ],
)
def test_originals_keep_their_names_where_they_can(name: str, first_at: datetime | None, path: str) -> None:
    assert media_path(File(ID, b"a" * 32, name, first_at)) == path


@pytest.mark.parametrize("text", ["=1+1", "+49 170", "-2", "@SUM(A1)", "\tx", '=HYPERLINK("http://evil")'])
def test_a_cell_never_begins_a_formula(text: str) -> None:
    row = csv_row(memory(title=text, tags=[text], people=[{"name": text}], location={"name": text}), []).decode()
    (cells,) = csv.reader(io.StringIO(row, newline=""))
    told = dict(zip(COLUMNS, cells, strict=True))
    assert {told[name] for name in ("title", "tags", "people", "location")} == {f"'{text}"}


def test_numbers_stay_numbers() -> None:
    row = csv_row(memory(lat=-8.5, lon=-1.0, utc_offset_min=-60), []).decode()
    assert "-8.5,-1.0" in row
    assert "'-" not in row


def test_a_note_without_a_title_is_named_by_its_day_alone() -> None:
    on = datetime(2019, 6, 14).date()  # noqa: DTZ001 - a day
    assert note_path(memory(title="", local_on=on)) == "notes/2019/4c5d6e7f/2019-06-14.md"
    assert note_path(memory(title="A/B", local_on=on)) == "notes/2019/2019-06-14 A B 4c5d6e7f.md"
    assert note_path(memory(title="Old", local_on=None)) == "notes/undated/Old 4c5d6e7f.md"
