"""Zips written in pieces: the standard library reads back what was put in, whatever was cut off on the way."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from timeline_local.core import zips
from timeline_local.core.zips import Marks, ZipWriter

AT = datetime(2019, 6, 14, 18, 30, 4)  # noqa: DTZ001 - zips know no zones
ENTRIES = {"a.txt": b"a" * 5000, "folder/ü 日本.bin": bytes(range(256)) * 20, "empty": b"", "last": b"z"}


def writer(folder: Path, marks: Marks) -> ZipWriter:
    return ZipWriter(folder / "zip", folder / "directory", marks)


def read(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / "zip") as found:
        assert found.testzip() is None
        return {info.filename: found.read(info) for info in found.infolist()}


def put(zip_: ZipWriter, name: str, content: bytes, *, deflates: bool) -> None:
    with zip_.entry(name, size=len(content), at=AT, deflates=deflates) as entry:
        for start in range(0, len(content), 1000):
            entry.write(content[start : start + 1000])


@pytest.mark.parametrize("deflates", [True, False])
def test_what_was_put_in_is_read_back(tmp_path: Path, deflates: bool) -> None:  # noqa: FBT001 - drawn
    with writer(tmp_path, Marks()) as zip_:
        for name, content in ENTRIES.items():
            put(zip_, name, content, deflates=deflates)
        size = zip_.close_zip()
    assert read(tmp_path) == ENTRIES
    assert (tmp_path / "zip").stat().st_size == size
    with zipfile.ZipFile(tmp_path / "zip") as found:
        assert found.infolist()[0].date_time == (2019, 6, 14, 18, 30, 4)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contents=st.lists(st.binary(max_size=3000), min_size=1, max_size=8),
    garbage=st.lists(st.binary(max_size=200), min_size=8, max_size=8),
)
def test_a_writer_goes_on_from_its_marks(tmp_path: Path, contents: list[bytes], garbage: list[bytes]) -> None:
    marks = Marks()
    for number, content in enumerate(contents):
        with writer(tmp_path, marks) as zip_:
            zip_.add(f"{number}", content, at=AT)
            marks = zip_.sync()
            zip_.add("cut off by a kill", garbage[number], at=AT)
    with writer(tmp_path, marks) as zip_:
        zip_.close_zip()
    assert read(tmp_path) == {f"{number}": content for number, content in enumerate(contents)}


def test_an_entry_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with writer(tmp_path, Marks()) as zip_:
        zip_.add("good", b"good", at=AT)
        with pytest.raises(ValueError, match="announced"):
            put_too_much(zip_)
        zip_.add("better", b"better", at=AT)
        zip_.close_zip()
    assert read(tmp_path) == {"good": b"good", "better": b"better"}


def put_too_much(zip_: ZipWriter) -> None:
    with zip_.entry("bad", size=1, at=AT, deflates=False) as entry:
        entry.write(b"xx")


def test_large_zips_have_records_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "LIMIT", 100)
    monkeypatch.setattr(zips, "MOST", 2)
    with writer(tmp_path, Marks()) as zip_:
        for name, content in ENTRIES.items():
            put(zip_, name, content, deflates=False)
        zip_.close_zip()
    assert read(tmp_path) == ENTRIES


@pytest.mark.slow
def test_a_zip_beyond_four_gigabytes_is_read(tmp_path: Path) -> None:
    chunk, chunks = bytes(1 << 20), 4200
    with writer(tmp_path, Marks()) as zip_:
        with zip_.entry("film", size=chunks << 20, at=AT, deflates=True) as entry:
            for _ in range(chunks):
                entry.write(chunk)
        zip_.add("behind", b"behind", at=AT)
        zip_.close_zip()
    with zipfile.ZipFile(tmp_path / "zip") as found:
        assert found.getinfo("film").file_size == chunks << 20
        assert found.read("behind") == b"behind"
