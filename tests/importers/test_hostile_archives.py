"""Archives made to harm: each is refused or contained, told in a sentence, and nothing is written anywhere.

The cases are built here, record by record. A case is what is packed, what of it may be read, and what is told.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import pytest

from timeline_local.domain.drafts import Problem
from timeline_local.importers.archive import Folder, Limits, Listing

MIB = 1024 * 1024
UNIX_LINK, UNIX_DEVICE, UNIX_PIPE = (mode << 16 for mode in (0o120777, 0o060666, 0o010666))
Build: TypeAlias = Callable[[Path, ModuleType], Path]


def zipped(*records: Mapping[str, object], **around: bytes) -> Build:
    """A zip of records, each by its fields."""
    return lambda path, packing: packing.write(path, [packing.Record(**each) for each in records], **around)


def named(name: bytes) -> Build:
    """A zip with a file of this name, and one that is as it should be."""
    return zipped({"name": name, "content": b"evil"}, {"name": b"good.txt", "content": b"good"})


def cut(build: Build, keep: Callable[[bytes], bytes]) -> Build:
    """The archive of which only this is left."""

    def broken(path: Path, packing: ModuleType) -> Path:
        path.write_bytes(keep(build(path, packing).read_bytes()))
        return path

    return broken


def tarred(*members: tuple[str, bytes, bytes], is_gzip: bool = False) -> Build:
    """A tar of names, types and contents."""

    def build(path: Path, _: ModuleType) -> Path:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for name, kind, content in members:
                info = tarfile.TarInfo(name)
                info.type, info.size = kind, len(content)
                archive.addfile(info, io.BytesIO(content))
        data = packed.getvalue()
        path.write_bytes(gzip.compress(data) if is_gzip else data)
        return path

    return build


def overlapping(path: Path, packing: ModuleType) -> Path:
    """Ninety entries that all name the body of the first."""
    records = [packing.Record(b"0.txt", b"\x00" * 50_000, method=8)]
    records += [
        packing.Record(f"{n}.txt".encode(), b"\x00" * 50_000, method=8, at=0, has_body=False) for n in range(1, 90)
    ]
    return Path(packing.write(path, records))


def nested(depth: int) -> Build:
    """A zip in a zip in a zip …, each with a file beside it."""

    def build(path: Path, packing: ModuleType) -> Path:
        data = b"core"
        name = "core.txt"
        for level in range(depth):
            packing.pack(path, {name: data, f"{level}.txt": "beside"})
            data, name = path.read_bytes(), "inner.zip"
        return path

    return build


def wide(path: Path, packing: ModuleType) -> Path:
    """A zip of twelve zips of zeros, of which each is harmless."""
    packing.pack(path, {"zeros.bin": b"\x00" * 8 * MIB})
    return Path(packing.pack(path, {f"{n}.zip": path.read_bytes() for n in range(12)}))


def endless_gzip(path: Path, _: ModuleType) -> Path:
    """A tar of 300 MB of nothing in 300 KB."""
    header = tarfile.TarInfo("zeros.bin")
    header.size = 300 * MIB
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = deflater.compress(header.tobuf()) + b"".join(deflater.compress(b"\x00" * MIB) for _ in range(300))
    path.write_bytes(data + deflater.flush())
    return path


def large_name(path: Path, _: ModuleType) -> Path:
    """A tar whose next name is announced with 8 GiB."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 8 * 1024 * MIB
    good = tarfile.TarInfo("good.txt")
    good.size = 4
    path.write_bytes(good.tobuf() + b"good".ljust(512, b"\x00") + header.tobuf(tarfile.GNU_FORMAT) + b"x" * 1024)
    return path


def wrong_zip64(path: Path, packing: ModuleType) -> Path:
    return Path(
        packing.write(path, [packing.Record(b"a.txt", b"a", size=0xFFFFFFFF), packing.Record(b"good.txt", b"good")])
    )


def huge_zip64(path: Path, packing: ModuleType) -> Path:
    extra = struct.pack("<HHQQ", 1, 16, 1 << 62, 1 << 62)
    lie = packing.Record(b"a.txt", b"a", size=0xFFFFFFFF, packed_size=0xFFFFFFFF, extra=extra)
    return Path(packing.write(path, [lie, packing.Record(b"good.txt", b"good")]))


GOOD = {"good.txt"}
UNSAFE = ["unsafe-name"]
DEFLATED_ZEROS = {"name": b"zeros.txt", "content": b"\x00" * 100_000, "method": 8}

CASES: dict[str, tuple[Build, set[str], list[str]]] = {
    # names that lead elsewhere
    "up": (named(b"../evil.txt"), GOOD, UNSAFE),
    "up in the middle": (named(b"a/../../evil.txt"), GOOD, UNSAFE),
    "up and down again": (named(b"a/../evil.txt"), GOOD, UNSAFE),
    "up at the end": (named(b"a/.."), GOOD, UNSAFE),
    "absolute": (named(b"/etc/cron.d/evil"), GOOD, UNSAFE),
    "two slashes": (named(b"//server/share/evil"), GOOD, UNSAFE),
    "drive": (named(b"C:/Windows/evil.dll"), GOOD, UNSAFE),
    "drive without a slash": (named(b"c:evil.txt"), GOOD, UNSAFE),
    "drive with backslashes": (named(b"C:\\Windows\\evil.dll"), GOOD, UNSAFE),
    "backslashes up": (named(b"..\\..\\evil.txt"), GOOD, UNSAFE),
    "share": (named(b"\\\\server\\share\\evil"), GOOD, UNSAFE),
    "NUL": (named(b"evil.txt\x00.jpg"), GOOD, UNSAFE),
    "no name": (named(b""), GOOD, UNSAFE),
    "only dots": (named(b"./."), GOOD, UNSAFE),
    "5,000 characters": (named(b"n" * 5000), GOOD, UNSAFE),
    "1,000 folders": (named(b"d/" * 1000 + b"evil.txt"), GOOD, UNSAFE),
    "tar up": (tarred(("../evil.txt", b"0", b"evil"), ("good.txt", b"0", b"good")), GOOD, UNSAFE),
    "tar absolute": (tarred(("/etc/evil", b"0", b"evil"), ("good.txt", b"0", b"good")), GOOD, UNSAFE),
    # names that are strange, but only names
    "backslashes": (named(b"a\\b.txt"), {"a/b.txt", "good.txt"}, []),
    "device of Windows": (named(b"CON.txt"), {"CON.txt", "good.txt"}, []),
    "trailing dot": (named(b"evil.txt. . ."), {"evil.txt. . .", "good.txt"}, []),
    "right to left": (named("a\u202egpj.exe".encode()), {"a\u202egpj.exe", "good.txt"}, []),
    "line breaks": (named(b"a\r\nSet-Cookie: b.txt"), {"a\r\nSet-Cookie: b.txt", "good.txt"}, []),
    "not UTF-8": (named(b"\xff\xfe.txt"), {"\xa0\u25a0.txt", "good.txt"}, []),
    "other case": (named(b"GOOD.txt"), {"GOOD.txt", "good.txt"}, []),
    "the same name": (named(b"good.txt"), {"good.txt", "good~2.txt"}, []),
    "a file and a folder": (named(b"good.txt/evil"), {"good.txt", "good.txt/evil"}, []),
    # what is no file
    "link": (zipped({"name": b"a", "content": b"/etc/passwd", "attributes": UNIX_LINK}), set(), ["link"]),
    "device": (zipped({"name": b"a", "attributes": UNIX_DEVICE}), set(), ["not-a-file"]),
    "pipe": (zipped({"name": b"a", "attributes": UNIX_PIPE}), set(), ["not-a-file"]),
    "tar of a device": (tarred(("a", b"3", b""), ("b", b"6", b"")), set(), ["not-a-file", "not-a-file"]),
    # sizes that are lies
    "larger than told": (zipped({**DEFLATED_ZEROS, "size": 10}, {"name": b"good.txt"}), GOOD, []),
    "smaller than told": (zipped({**DEFLATED_ZEROS, "size": 100_001}, {"name": b"good.txt"}), GOOD, []),
    "far larger than can be": (
        zipped({**DEFLATED_ZEROS, "size": 1 << 31}, {"name": b"good.txt"}), GOOD, ["archive-damaged"]
    ),
    "stored and larger": (zipped({"name": b"a", "size": 99}, {"name": b"good.txt"}), GOOD, ["archive-damaged"]),
    "into the directory": (zipped({"name": b"a", "packed_size": 60, "size": 60}), set(), []),
    "beyond the end": (zipped({"name": b"a", "at": 1 << 30}), set(), []),
    "wrong checksum": (zipped({"name": b"a", "crc": 1}, {"name": b"good.txt"}), GOOD, []),
    "wrong data": (zipped({"name": b"a", "content": b"no deflate", "method": 8, "size": 9}), set(), []),
    "64 bits missing": (wrong_zip64, GOOD, ["archive-damaged"]),
    "64 bits of size": (huge_zip64, GOOD, ["archive-damaged"]),
    "tar with a name of 8 GiB": (large_name, GOOD, ["archive-damaged"]),
    # bombs
    "overlap": (overlapping, set(), ["archive-overlapping"]),
    "the same body twice": (
        zipped({"name": b"a"}, {"name": b"b", "at": 0, "has_body": False}), set(), ["archive-overlapping"]
    ),
    "zeros": (zipped({**DEFLATED_ZEROS, "content": b"\x00" * 80 * MIB}), set(), ["archive-bomb"]),
    "gzipped zeros": (endless_gzip, set(), ["archive-bomb"]),
    "zips of zeros in a zip": (wide, {f"{n}/zeros.bin" for n in range(7)}, ["archive-bomb"] * 5),
    "five zips deep": (nested(5), {"4.txt", "3.txt", "inner.zip"}, []),
    "more files than are read": (zipped(*[{"name": b"%d" % n} for n in range(101)]), set(), ["too-many-files"]),
    "more folders than are read": (
        zipped({"name": b"/".join(b"%d" % n for n in range(60))}, {"name": b"/".join(b"x%d" % n for n in range(60))}),
        set(),
        ["too-many-files"],
    ),
    # what is damaged or closed
    "encrypted": (zipped({"name": b"a", "flags": 1}, {"name": b"b", "flags": 1}), set(), ["encrypted"]),
    "one file encrypted": (zipped({"name": b"a", "flags": 1}, {"name": b"good.txt"}), GOOD, ["encrypted"]),
    "encrypted with AES": (zipped({"name": b"a", "method": 99, "flags": 1}), set(), ["encrypted"]),
    "unknown compression": (
        zipped({"name": b"a", "method": 14}, {"name": b"good.txt"}), GOOD, ["unsupported-compression"]
    ),
    "end missing": (cut(named(b"../a"), lambda data: data[:-22]), GOOD, ["archive-cut", *UNSAFE]),
    "second half missing": (cut(named(b"a"), lambda data: data[:31]), set(), ["archive-damaged"]),
    "zeros without an end": (
        cut(zipped({**DEFLATED_ZEROS, "content": b"\x00" * 80 * MIB, "has_descriptor": True}), lambda data: data[:-60]),
        set(),
        ["archive-bomb"],
    ),
    "told to be zeros, without an end": (
        cut(zipped({**DEFLATED_ZEROS, "size": 1 << 31}, {"name": b"good.txt"}), lambda data: data[:-60]),
        GOOD,
        ["archive-cut", "archive-damaged"],
    ),
    "encrypted, without an end": (
        cut(zipped({"name": b"a", "flags": 1}, {"name": b"good.txt"}), lambda data: data[:-60]),
        GOOD,
        ["archive-cut", "encrypted"],
    ),
    "false ends of a file that has none": (
        cut(zipped({"name": b"a", "content": b"PK\7\x08" * MIB, "has_descriptor": True}), lambda data: data[:-99]),
        set(),
        ["archive-damaged"],
    ),
    "more files than are read, without an end": (
        cut(zipped(*({"name": b"%d" % number} for number in range(101))), lambda data: data[:-60]),
        set(),
        ["too-many-files"],
    ),
    "directory overwritten": (
        cut(named(b"a"), lambda data: data[:-60] + b"\x00" * 30 + data[-30:]), set(), ["archive-damaged"]
    ),
    "empty file": (cut(named(b"a"), lambda _: b""), set(), ["archive-damaged"]),
    "nothing but an end": (zipped(), set(), []),
    "part of several": (
        cut(named(b"a"), lambda data: data[:-18] + b"\x01\x00\x01\x00" + data[-14:]), set(), ["archive-in-parts"]
    ),
    "page of a web site": (cut(named(b"a"), lambda _: b"<html>Sign in to go on"), set(), ["archive-damaged"]),
    "tar of noise": (cut(tarred(), lambda _: b"\x1f\x8b" + b"noise" * 300), set(), ["archive-damaged"]),
}  # fmt: skip


def read(folder: Folder) -> tuple[set[str], list[str]]:
    """What can be read to its end, and the slugs of what is told."""
    readable: set[str] = set()
    slugs: list[str] = []
    for each in folder.walk():
        if isinstance(each, Problem):
            assert each.detail.endswith(".")
            slugs.append(each.slug)
            continue
        for file in each.files:
            found = length(folder, file.locator)
            assert found in (file.size, None)
            if found is not None:
                readable.add(file.locator)
    return readable, slugs


def length(folder: Folder, locator: str) -> int | None:
    """How many bytes can be read; None if reading ends in an error, which every importer expects."""
    try:
        with folder.open(locator) as content:
            return sum(len(chunk) for chunk in iter(lambda: content.read(MIB), b""))
    except OSError:
        return None


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_archive_is_refused_or_contained(tmp_path: Path, packing: ModuleType, case: str) -> None:
    build, readable, slugs = CASES[case]
    archive = build(tmp_path / "hostile.zip", packing)
    packed = archive.read_bytes()
    tracemalloc.start()
    found = read(Folder(archive, limits=Limits(entries=100)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == (readable, slugs)
    assert peak < 16 * MIB
    assert [each for each in tmp_path.rglob("*") if each != archive] == []
    assert archive.read_bytes() == packed


@pytest.mark.parametrize("told", [2_000_001, 10], ids=["told", "hidden"])
def test_more_entries_than_are_read_are_refused_before_they_fill_the_memory(tmp_path: Path, told: int) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(many_entries(20_001, told))
    tracemalloc.start()
    slugs = [each.slug for each in Folder(path, limits=Limits(entries=10_000)).walk() if isinstance(each, Problem)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert slugs == ["too-many-files"]
    assert peak < 10_000 * 400


def many_entries(count: int, told: int) -> bytes:
    """A directory of empty files in one folder, without bodies, that says to have another number of them."""
    one = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0)
    directory = b"".join(one + b"%07d" % number for number in range(count))
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, told, told, len(directory), 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(directory), 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return directory + end64 + locator + end


def test_problems_of_one_archive_are_counted_after_the_first_thousand(tmp_path: Path, packing: ModuleType) -> None:
    archive = packing.write(tmp_path / "x.zip", [packing.Record(b"../%d" % number) for number in range(1500)])
    slugs = [each.slug for each in Folder(archive).walk() if isinstance(each, Problem)]
    assert (len(slugs), slugs[-1]) == (1001, "more-problems")


def test_what_honest_exports_compress_well_is_no_bomb(tmp_path: Path) -> None:
    path = tmp_path / "takeout-1Z-001.zip"
    point = b'{"latitudeE7": 387223000, "longitudeE7": -91393000, "accuracy": %d, "timestampMs": "%d"},\n'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Records.json", b"".join(point % (n % 50, 1_500_000_000_000 + n) for n in range(1_000_000)))
    folder = Folder(path)
    assert [each.locator for listing in folder.walk() if isinstance(listing, Listing) for each in listing.files] == [
        "Records.json"
    ]
