"""Zips as trees: what honest programs write is read whole, in place and from anywhere."""

from __future__ import annotations

import io
import os
import random
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Problem
from timeline_local.importers.archive import Folder, Listing, OutsideFolder


def files(folder: Folder, *, limit: int = 100_000) -> dict[str, bytes]:
    return {
        each.locator: folder.read(each.locator, limit=limit)
        for listing in folder.walk()
        if isinstance(listing, Listing)
        for each in listing.files
    }


def told(folder: Folder) -> dict[str, str]:
    return {each.locator: each.slug for each in folder.walk() if isinstance(each, Problem)}


@pytest.mark.parametrize("deflates", [True, False])
def test_a_zip_is_read_as_the_folder_it_was(tmp_path: Path, packing: ModuleType, *, deflates: bool) -> None:
    content = {"b/IMG_10.jpg": b"ten" * 5000, "b/IMG_2.jpg": b"two", "a.txt": b"", "ä/ö.md": "ü".encode()}
    folder = Folder(packing.pack(tmp_path / "x.zip", content, deflates=deflates))
    assert files(folder) == content
    assert list(files(folder)) == ["a.txt", "b/IMG_2.jpg", "b/IMG_10.jpg", "ä/ö.md"]
    assert told(folder) == {}


def test_a_file_of_a_zip_has_its_size_and_date_and_no_path(tmp_path: Path, packing: ModuleType) -> None:
    folder = Folder(packing.pack(tmp_path / "x.zip", {"a/b.txt": "words"}))
    found = folder.stat("a/b.txt")
    assert (found.size, found.mtime_ns) == (5, 1_560_524_644 * 1_000_000_000)
    assert folder.place("a/b.txt") is None
    with pytest.raises(OutsideFolder):
        folder.path("a/b.txt")
    for missing in ("a/c.txt", "a", "a/b.txt/c"):
        with pytest.raises(FileNotFoundError):
            folder.open(missing)


def test_a_date_in_utc_is_believed_before_the_wall_clock(tmp_path: Path, packing: ModuleType) -> None:
    extra = struct.pack("<HHBi", 0x5455, 5, 1, 1_600_000_000)
    folder = Folder(packing.write(tmp_path / "x.zip", [packing.Record(b"a", extra=extra)]))
    assert folder.stat("a").mtime_ns == 1_600_000_000 * 1_000_000_000


@pytest.mark.parametrize(
    ("name", "flags", "read"),
    [
        ("café.jpg".encode(), 0x800, "café.jpg"),
        ("café.jpg".encode(), 0, "café.jpg"),
        ("café.jpg".encode("cp437"), 0, "café.jpg"),
        ("straße.txt".encode("cp437"), 0, "straße.txt"),
        (b"caf\xe9.jpg", 0x800, "caf\uf7e9.jpg"),
    ],
)
def test_names_are_read_in_the_spelling_they_were_written_in(
    tmp_path: Path, packing: ModuleType, name: bytes, flags: int, read: str
) -> None:
    folder = Folder(packing.write(tmp_path / "x.zip", [packing.Record(name, flags=flags)]))
    assert files(folder) == {read: b"x"}


def test_a_unicode_name_beside_the_old_one_is_the_name(tmp_path: Path, packing: ModuleType) -> None:
    old, new = "?.txt".encode("cp437") + b"\xff", "日記.txt".encode()
    extra = struct.pack("<HHBI", 0x7075, 5 + len(new), 1, zlib.crc32(old)) + new
    folder = Folder(packing.write(tmp_path / "x.zip", [packing.Record(old, extra=extra)]))
    assert files(folder) == {"日記.txt": b"x"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_sizes_that_follow_the_file_are_found_in_the_directory(
    tmp_path: Path, packing: ModuleType, method: int
) -> None:
    records = [packing.Record(name, b"content" * 99, method=method, has_descriptor=True) for name in (b"a", b"b")]
    assert files(Folder(packing.write(tmp_path / "x.zip", records))) == {"a": b"content" * 99, "b": b"content" * 99}


def test_a_zip_with_something_before_and_behind_it_is_read(tmp_path: Path, packing: ModuleType) -> None:
    archive = packing.write(
        tmp_path / "x.zip", [packing.Record(b"a"), packing.Record(b"b", b"bb")],
        head=b"#!/bin/sh PK\5\6 " * 100, tail=b"\r\n", comment=b"PK\5\6 is how it ends",
    )  # fmt: skip
    assert files(Folder(archive)) == {"a": b"x", "b": b"bb"}


def test_a_large_zip_with_64_bit_places_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(66_000):
            archive.writestr(f"{number % 100}/{number}.txt", str(number))
        with archive.open("large.bin", "w", force_zip64=True) as entry:
            entry.write(b"large")
    folder = Folder(path)
    assert folder.read("99/65999.txt", limit=10) == b"65999"
    assert folder.read("large.bin", limit=10) == b"large"
    assert sum(len(each.files) for each in folder.walk() if isinstance(each, Listing)) == 66_001


def test_a_directory_of_many_files_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"Takeout/Google Photos/Photos from {number % 20}/IMG_{number:06}.jpg", b"")
    tracemalloc.start()
    folder = Folder(path)
    assert folder.stat("Takeout/Google Photos/Photos from 7/IMG_000007.jpg").size == 0
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 20_000 * 200


@pytest.mark.parametrize("deflates", [True, False])
def test_a_file_is_read_from_anywhere(tmp_path: Path, packing: ModuleType, *, deflates: bool) -> None:
    content = os.urandom(300_000) + b"a" * 300_000
    folder = Folder(packing.pack(tmp_path / "x.zip", {"f": content}, deflates=deflates))
    places = random.Random(4).sample(range(600_000), 50)  # noqa: S311 - any places will do
    with folder.open("f") as file:
        assert file.seek(0, io.SEEK_END) == 600_000
        for place in places:
            file.seek(place)
            assert file.read(100) == content[place : place + 100]


def test_a_zip_within_a_zip_is_read_in_place(tmp_path: Path, packing: ModuleType) -> None:
    inner = packing.pack(tmp_path / "inner.zip", {f"{n}.txt": os.urandom(3000) for n in range(40)}).read_bytes()
    outer = packing.pack(tmp_path / "outer.zip", {"in/Photos Part 1 of 1.zip": inner, "beside.txt": "b"})
    found = files(Folder(outer))
    assert len(found) == 41
    assert {name: found[f"in/{name}"] for name in ("3.txt", "39.txt")} == {
        name: zipfile.ZipFile(io.BytesIO(inner)).read(name) for name in ("3.txt", "39.txt")
    }
