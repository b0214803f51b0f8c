"""A database that is not as it was left is checked before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from timeline_local.config import Settings
from timeline_local.core import integrity
from timeline_local.core.integrity import check_unless_clean, note_clean_close
from timeline_local.core.library import Library
from timeline_local.exceptions import LibraryDamaged
from timeline_local.runtime import open_runtime

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def _never(library: Library) -> None:
    raise AssertionError(library)


def test_a_cleanly_closed_database_is_not_read(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    note_clean_close(library)
    monkeypatch.setattr(integrity, "_quick_check", _never)
    check_unless_clean(library)


def test_the_note_counts_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    note_clean_close(library)
    check_unless_clean(library)
    monkeypatch.setattr(integrity, "_quick_check", _never)
    with pytest.raises(AssertionError):
        check_unless_clean(library)


def test_a_whole_database_passes_after_a_crash(library: Library) -> None:
    check_unless_clean(library)


def _truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _overwrite(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xde\xad" * ((len(content) - 4096) // 2))


@pytest.mark.parametrize("damage", [_truncate, _overwrite])
def test_a_damaged_database_is_refused_and_left_alone(library: Library, damage: object) -> None:
    note_clean_close(library)
    damage(library.database)  # type: ignore[operator]
    before = library.database.read_bytes()
    with pytest.raises(LibraryDamaged, match="Nothing was changed"):
        check_unless_clean(library)
    assert library.database.read_bytes() == before


async def test_closing_a_library_leaves_the_note(settings: Settings) -> None:
    runtime = await open_runtime(settings)
    note = runtime.library.run / integrity.NOTE
    assert not note.exists()
    await runtime.close()
    await runtime.close()
    assert note.exists()


async def test_a_refused_library_is_free_again(settings: Settings, library: Library) -> None:
    _truncate(library.database)
    for _ in range(2):
        with pytest.raises(LibraryDamaged):
            await open_runtime(settings)
