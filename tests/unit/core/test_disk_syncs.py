"""Which file systems make many files durable with one call."""

from __future__ import annotations

from pathlib import Path

import pytest

from timeline_local.core import disk_syncs
from timeline_local.core.disk_syncs import can_sync_disk, sync_disk
from timeline_local.core.disks import Disk


@pytest.mark.parametrize(
    ("release", "numbers"),
    [("6.1.0-13-amd64", (6, 1)), ("5.7.19", (5, 7)), ("5.15.146.1-microsoft-standard-WSL2", (5, 15)), ("odd", (0, 0))],
)
def test_the_kernel_is_known_by_its_release(release: str, numbers: tuple[int, int]) -> None:
    assert disk_syncs._release(release) == numbers


@pytest.mark.parametrize(
    ("kind", "is_fit"), [("ext4", True), ("btrfs", True), ("fuseblk", False), ("nfs4", False), ("overlay", False)]
)
def test_only_disks_that_hear_of_it_are_synced_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kind: str, is_fit: bool
) -> None:
    monkeypatch.setattr(disk_syncs, "disk_of", lambda _: Disk("/", kind))
    monkeypatch.setattr(disk_syncs, "_syncfs", lambda: print)
    assert can_sync_disk(tmp_path) is is_fit


def test_a_disk_is_synced(tmp_path: Path) -> None:
    if not can_sync_disk(tmp_path):
        pytest.skip("this disk has no such call")
    (tmp_path / "file").write_bytes(b"kept")
    sync_disk(tmp_path)


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        can_sync_disk(tmp_path / "gone")
