"""Which disk a folder lies on, from each system's own table, and what a library is told about it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from timeline_local.core import disks
from timeline_local.core.disks import Disk, check_disk, disk_of, holding, linux_disks, macos_disks, windows_disk
from timeline_local.core.instance import claim_library
from timeline_local.core.library import open_library
from timeline_local.exceptions import LibraryDiskUnfit, LibraryNotWritable

LINUX = r"""/dev/vda / ext4 rw,relatime 0 0
proc /proc proc rw,nosuid 0 0
nas:/volume1/photos /mnt/nas nfs4 rw,relatime,vers=4.2 0 0
//nas/ana /mnt/my\040files cifs rw,uid=1000 0 0
ana@box:/srv /home/ana/box fuse.sshfs rw,nosuid 0 0
/dev/sdb1 /media/ana/STICK vfat rw,uid=1000,fmask=0022 0 0
/dev/sdc1 /media/ana/Größe exfat rw,uid=1000 0 0
/dev/sdd1 /media/ana/OLD ext4 ro,relatime 0 0
/dev/sde1 /media/ana/NTFS fuseblk rw 0 0
tmpfs /mnt/nas/inner tmpfs rw,size=1024k 0 0
broken line
"""
MACOS = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//ana@nas._smb._tcp.local/photos on /Volumes/photos (2) (smbfs, nodev, nosuid, mounted by ana)
/dev/disk5s1 on /Volumes/STICK (exfat, local, nodev, nosuid, noowners)
"""


@pytest.mark.parametrize(
    ("path", "type_", "kind", "is_read_only"),
    [
        ("/home/ana/library", "ext4", "local", False),
        ("/mnt/nas/library", "nfs4", "network", False),
        ("/mnt/nas/inner/library", "tmpfs", "local", False),
        ("/mnt/nasty/library", "ext4", "local", False),
        ("/mnt/my files/library", "cifs", "network", False),
        ("/home/ana/box/library", "fuse.sshfs", "network", False),
        ("/media/ana/STICK", "vfat", "fat", False),
        ("/media/ana/Größe/library", "exfat", "fat", False),
        ("/media/ana/OLD/library", "ext4", "local", True),
        ("/media/ana/NTFS/library", "fuseblk", "local", False),
    ],
)
def test_linux_tells_the_disk_of_a_path(path: str, type_: str, kind: str, is_read_only: bool) -> None:  # noqa: FBT001
    found = holding(Path(path), linux_disks(LINUX))
    assert found is not None
    assert (found.type, found.kind, found.is_read_only) == (type_, kind, is_read_only)


def test_of_two_disks_at_one_point_the_later_covers_the_earlier() -> None:
    table = "a /mnt ext4 rw 0 0\nb /mnt nfs rw 0 0\n"
    assert holding(Path("/mnt/x"), linux_disks(table)) == Disk("/mnt", "nfs")


@pytest.mark.parametrize(
    ("path", "kind", "is_read_only"),
    [
        ("/Volumes/photos (2)/library", "network", False),
        ("/Volumes/STICK/library", "fat", False),
        ("/System/Volumes/Data/Users/ana", "local", False),
        ("/usr", "local", True),
    ],
)
def test_macos_tells_it_too(path: str, kind: str, is_read_only: bool) -> None:  # noqa: FBT001
    found = holding(Path(path), macos_disks(MACOS))
    assert found is not None
    assert (found.kind, found.is_read_only) == (kind, is_read_only)


@pytest.mark.parametrize(
    ("drive_type", "file_system", "flags", "kind", "is_read_only"),
    [
        (3, "NTFS", 0x3E7006FF, "local", False),
        (4, "NTFS", 0, "network", False),
        (2, "exFAT", 0, "fat", False),
        (2, "FAT32", 0x00080000, "fat", True),
    ],
)
def test_windows_tells_it_too(
    drive_type: int,
    file_system: str,
    flags: int,
    kind: str,
    is_read_only: bool,  # noqa: FBT001
) -> None:
    found = windows_disk("C:\\", drive_type=drive_type, file_system=file_system, flags=flags)
    assert (found.kind, found.is_read_only) == (kind, is_read_only)


@pytest.fixture
def lies_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose type of disk the test may write into the table of mounts."""
    monkeypatch.setattr(disks, "MOUNTS", tmp_path / "mounts")
    place = tmp_path / "disk"
    place.mkdir(mode=0o700)
    return place


def says(place: Path, type_: str, options: str = "rw") -> None:
    (place.parent / "mounts").write_text(f"/dev/vda / ext4 rw 0 0\nthing {place} {type_} {options} 0 0\n")


@pytest.mark.parametrize(
    ("type_", "options", "is_new", "uses_sqlite", "refusal"),
    [
        ("nfs4", "rw", True, True, "is on a network disk (nfs4). "),
        ("fuse.sshfs", "rw", False, True, "timeline-local library move FOLDER --data"),
        ("exfat", "rw", True, True, "importing from it and keeping backups on it works"),
        ("ext4", "ro", False, True, "The disk of "),
    ],
)
def test_what_is_refused_says_why_and_what_works(
    lies_on: Path,
    type_: str,
    options: str,
    is_new: bool,  # noqa: FBT001
    uses_sqlite: bool,  # noqa: FBT001
    refusal: str,
) -> None:
    says(lies_on, type_, options)
    with pytest.raises((LibraryDiskUnfit, LibraryNotWritable)) as told:
        check_disk(lies_on / "library", is_new=is_new, uses_sqlite=uses_sqlite)
    assert refusal in told.value.detail
    assert "Nothing was changed." in told.value.detail
    assert str(lies_on / "library") in told.value.detail


@pytest.mark.parametrize(
    ("type_", "is_new", "uses_sqlite"),
    [("ext4", True, True), ("nfs4", True, False), ("exfat", False, True), ("fuseblk", True, True)],
)
def test_what_works_is_not_refused(lies_on: Path, type_: str, is_new: bool, uses_sqlite: bool) -> None:  # noqa: FBT001
    says(lies_on, type_)
    check_disk(lies_on / "library", is_new=is_new, uses_sqlite=uses_sqlite)


def test_a_library_on_a_network_disk_is_not_opened_and_not_touched(lies_on: Path) -> None:
    made = open_library(lies_on / "library", uses_sqlite=True)
    made.database.write_bytes(b"SQLite format 3\x00")
    before = sorted(lies_on.rglob("*"))
    says(lies_on, "nfs4")
    with pytest.raises(LibraryDiskUnfit, match="library move"):
        open_library(made.root, uses_sqlite=True)
    assert sorted(lies_on.rglob("*")) == before
    assert open_library(made.root, uses_sqlite=False).id == made.id


def test_where_a_disk_lets_others_in_it_is_the_disk_that_is_named(lies_on: Path) -> None:
    lies_on.chmod(0o777)
    says(lies_on, "exfat")
    with pytest.raises(LibraryDiskUnfit, match="keeps no file private"):
        claim_library(lies_on)


def test_a_system_that_tells_nothing_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks, "MOUNTS", tmp_path / "no-such-table")
    assert disk_of(tmp_path) is None
    check_disk(tmp_path, is_new=True, uses_sqlite=True)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EROFS, "is read-only"),
        (errno.EACCES, "(Permission denied)"),
    ],
)
def test_an_error_of_the_disk_is_told_in_words(tmp_path: Path, number: int, said: str) -> None:
    told = disks.not_writable(tmp_path, OSError(number, "Permission denied"))
    assert said in told.detail
