"""Tars as trees, plain and gzipped, from anywhere and in bounded memory."""

from __future__ import annotations

import gzip
import io
import os
import random
import tarfile
from pathlib import Path

import pytest

from timeline_local.domain.drafts import Problem
from timeline_local.importers import streams
from timeline_local.importers.archive import Folder, Listing

CONTENT = {
    "./a.txt": b"plain",
    "deep/" * 30 + "a name that is longer than the hundred characters of an old header.txt": b"long",
    "日記/é.md": "ü".encode(),
    "empty": b"",
    "large.bin": os.urandom(3_000_000),
    "last/IMG_1.jpg": b"picture" * 999,
}


def pack(path: Path, kind: int = tarfile.PAX_FORMAT) -> Path:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=kind) as archive:
        for name, content in CONTENT.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_560_524_644
            archive.addfile(info, io.BytesIO(content))
    data = packed.getvalue()
    path.write_bytes(gzip.compress(data, 1) if path.suffix in {".gz", ".tgz"} else data)
    return path


def files(folder: Folder) -> dict[str, bytes]:
    return {
        each.locator: folder.read(each.locator, limit=10_000_000)
        for listing in folder.walk()
        if isinstance(listing, Listing)
        for each in listing.files
    }


def told(folder: Folder) -> list[str]:
    return [each.slug for each in folder.walk() if isinstance(each, Problem)]


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("name", ["x.tar", "x.tgz", "x.tar.gz", "renamed"])
def test_a_tar_is_read_as_the_folder_it_was(tmp_path: Path, name: str, kind: int) -> None:
    folder = Folder(pack(tmp_path / name, kind))
    assert files(folder) == {name.removeprefix("./"): content for name, content in CONTENT.items()}
    assert folder.stat("a.txt").mtime_ns == 1_560_524_644 * 1_000_000_000
    assert told(folder) == []


def test_a_renamed_gzipped_tar_is_known_by_its_content(tmp_path: Path) -> None:
    folder = Folder(pack(tmp_path / "x.tgz").rename(tmp_path / "export.bin"))
    assert folder.read("a.txt", limit=10) == b"plain"


def test_a_gzipped_file_that_is_no_tar_stays_a_file(tmp_path: Path) -> None:
    (tmp_path / "ride.fit.gz").write_bytes(gzip.compress(b"fit"))
    assert list(files(Folder(tmp_path / "ride.fit.gz"))) == ["ride.fit.gz"]


def test_a_gzipped_tar_is_read_from_anywhere_without_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_MARKS", 4)
    folder = Folder(pack(tmp_path / "x.tgz"))
    content = CONTENT["large.bin"]
    with folder.open("large.bin") as file:
        for place in random.Random(1).sample(range(3_000_000), 20):  # noqa: S311 - any places will do
            file.seek(place)
            assert file.read(50) == content[place : place + 50]


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    data = pack(tmp_path / "x.tar").read_bytes()
    parts = [data[start : start + 700_000] for start in range(0, len(data), 700_000)]
    (tmp_path / "y.tgz").write_bytes(b"".join(map(gzip.compress, parts)) + b"\x00" * 999)
    assert len(files(Folder(tmp_path / "y.tgz"))) == len(CONTENT)


def test_a_hard_link_is_the_file_under_one_more_name_and_a_soft_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind, target in (
            ("a", tarfile.REGTYPE, ""),
            ("b", tarfile.LNKTYPE, "a"),
            ("c", tarfile.LNKTYPE, "../../etc/passwd"),
            ("d", tarfile.SYMTYPE, "/etc/passwd"),
            ("e", tarfile.CHRTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, 5 if name == "a" else 0
            archive.addfile(info, io.BytesIO(b"bytes"))
    folder = Folder(path)
    assert files(folder) == {"a": b"bytes", "b": b"bytes"}
    assert sorted(told(folder)) == ["link", "link", "not-a-file"]


@pytest.mark.parametrize("name", ["x.tar", "x.tgz"])
def test_of_a_tar_that_ends_in_the_middle_what_is_whole_is_read(tmp_path: Path, name: str) -> None:
    path = pack(tmp_path / name)
    path.write_bytes(path.read_bytes()[:2_000_000])
    folder = Folder(path)
    assert folder.read("a.txt", limit=10) == b"plain"
    with pytest.raises(OSError, match="end"):
        folder.read("large.bin", limit=10_000_000)
    assert told(folder) == ["archive-damaged"]
