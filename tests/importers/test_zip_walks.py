"""Zips whose end is missing: whatever was downloaded whole is read, the rest is told, wherever it was cut off."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Problem
from timeline_local.importers.archive import Folder, Limits, Listing

CONTENT = {"a/one.txt": b"1" * 40, "two.jpg": bytes(range(120)), "empty.txt": b"", "three.txt": b"three"}


class Pipe(io.RawIOBase):
    """What cannot go back, so that sizes are written behind the files."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self.data += bytes(data)
        return len(data)


def written(method: int, *, large: bool = False) -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        for name, content in CONTENT.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=large) as file:
                file.write(content)
    return pipe.data


def deflated() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in CONTENT.items():
            archive.writestr(name, content)
    return made.getvalue()


def read(path: Path, *, limits: Limits | None = None) -> tuple[dict[str, bytes], dict[str, str]]:
    folder = Folder(path, limits=limits)
    listed = list(folder.walk())
    files = [each for listing in listed if isinstance(listing, Listing) for each in listing.files]
    told = {each.locator: each.slug for each in listed if isinstance(each, Problem)}
    return {each.locator: folder.read(each.locator, limit=10_000) for each in files}, told


@pytest.mark.parametrize(
    ("write", "step"),
    [
        (deflated, 1),
        (lambda: written(zipfile.ZIP_DEFLATED), 7),
        (lambda: written(zipfile.ZIP_DEFLATED, large=True), 7),
        (lambda: written(zipfile.ZIP_STORED), 7),
    ],
    ids=["sizes before", "sizes behind", "long sizes behind", "stored, sizes behind"],
)
def test_wherever_a_zip_was_cut_off_its_whole_files_are_read(
    tmp_path: Path, write: Callable[[], bytes], step: int
) -> None:
    data = write()
    path = tmp_path / "x.zip"
    before = 0
    for length in range(4, data.rindex(b"PK\5\6"), step):
        path.write_bytes(data[:length])
        found, told = read(path)
        assert found.items() <= CONTENT.items()
        assert len(found) >= before
        assert told["x.zip"] == ("archive-cut" if found else "archive-damaged")
        before = len(found)
    assert before == len(CONTENT)
    path.write_bytes(data)
    assert read(path) == (CONTENT, {})


def test_a_zip_that_was_cut_off_behind_an_inner_one_is_not_taken_for_that(tmp_path: Path, packing: ModuleType) -> None:
    inner = packing.pack(tmp_path / "inner.docx", {"words.xml": "<a/>" * 9}).read_bytes()
    content = {"one.txt": b"1", "inner.docx": inner, "last.txt": b"2" * 400}
    data = packing.pack(tmp_path / "x.zip", content, deflates=False).read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[: data.index(b"2" * 400) + 9])
    found, told = read(tmp_path / "cut.zip")
    assert found == {"one.txt": b"1", "inner.docx": inner}
    assert told == {"cut.zip": "archive-cut", "cut.zip/last.txt": "archive-damaged"}


def test_two_zips_in_a_row_are_the_last_one_as_everywhere(tmp_path: Path, packing: ModuleType) -> None:
    first = packing.pack(tmp_path / "1.zip", {"first.txt": "1"}).read_bytes()
    second = packing.pack(tmp_path / "2.zip", {"second.txt": "2"}).read_bytes()
    (tmp_path / "both.zip").write_bytes(first + second)
    assert read(tmp_path / "both.zip") == ({"second.txt": b"2"}, {})


def test_nothing_unpacks_to_more_than_it_may(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(written(zipfile.ZIP_DEFLATED)[:200])
    assert read(tmp_path / "x.zip", limits=Limits(total_bytes=39)) == ({}, {"x.zip": "archive-bomb"})
