"""What kind of disk a folder lies on, and what a library may not be put on.

A network disk (NFS, SMB, sshfs and the like) is refused with SQLite, whose log needs memory that all who open the file
share; with PostgreSQL it is allowed. On FAT and exFAT no library is put: they know no owner of a file, have no journal,
and FAT takes no file above 4 GB; one that is there already opens as long as it is private. Read-only is refused. All of
them can be imported from.

The tables come from the systems themselves: /proc/self/mounts on Linux, `mount` on macOS, two calls of Windows. Taking
them apart is separate from asking for them, so that every system's is tested on any.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from timeline_local.exceptions import DiskFull, LibraryDiskUnfit, LibraryNotWritable, LibraryReadOnly, Unavailable

MOUNTS = Path("/proc/self/mounts")
MACOS_MOUNT = "/sbin/mount"
ASK_S = 5.0
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))

Kind = Literal["local", "network", "fat"]

# As Linux, macOS and Windows name them; what begins with `fuse.` is looked up without that.
NETWORK = frozenset(
    "nfs nfs3 nfs4 cifs smb smb2 smb3 smbfs afpfs webdav davfs davfs2 ncpfs afs ceph ceph-fuse glusterfs lustre beegfs "  # noqa: SIM905
    "sshfs rclone gvfsd-fuse s3fs goofys juicefs curlftpfs smbnetfs kio-fuse remote".split()
)
FAT = frozenset(("vfat", "msdos", "fat", "fat12", "fat16", "fat32", "exfat", "exfat-fuse"))
_OCTAL = re.compile(r"\\([0-7]{3})")
_MACOS_LINE = re.compile(r"^.+? on (?P<point>/.*) \((?P<options>[^()]*)\)$")


@dataclass(frozen=True, slots=True)
class Disk:
    """A mounted file system. point: where it is mounted; type: as the system names it."""

    point: str
    type: str
    is_read_only: bool = False

    @property
    def kind(self) -> Kind:
        """What it means for a library."""
        name = self.type.lower().removeprefix("fuse.")
        return "network" if name in NETWORK else "fat" if name in FAT else "local"


def linux_disks(table: str) -> list[Disk]:
    """What /proc/self/mounts lists, in its order: of two at one point the later covers the earlier."""
    found: list[Disk] = []
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) >= 4:  # noqa: PLR2004 - device, point, type, options; what follows is for dump and fsck
            point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[1])  # blanks and backslashes only
            found.append(Disk(point, fields[2], is_read_only="ro" in fields[3].split(",")))
    return found


def macos_disks(table: str) -> list[Disk]:
    """What `mount` prints on macOS: `//ana@nas/photos on /Volumes/photos (smbfs, nodev, nosuid)`."""
    found: list[Disk] = []
    for line in table.splitlines():
        if match := _MACOS_LINE.match(line):
            type_, *options = [each.strip() for each in match["options"].split(",")]
            found.append(Disk(match["point"], type_, is_read_only="read-only" in options))
    return found


def windows_disk(root: str, *, drive_type: int, file_system: str, flags: int) -> Disk:
    r"""From GetDriveTypeW and GetVolumeInformationW of a root such as `C:\`."""
    remote, read_only = 4, 0x00080000  # DRIVE_REMOTE, FILE_READ_ONLY_VOLUME
    return Disk(root, "remote" if drive_type == remote else file_system, is_read_only=bool(flags & read_only))


def holding(path: Path, disks: Iterable[Disk]) -> Disk | None:
    """The disk with the longest point above this path, the last of several at one point; None if none is."""
    best: Disk | None = None
    for disk in disks:
        if path.is_relative_to(disk.point) and (best is None or len(disk.point) >= len(best.point)):
            best = disk
    return best


def disk_of(path: Path) -> Disk | None:
    """The disk a path lies on, or would if it existed; None where the system does not tell."""
    there = nearest(path)
    with suppress(OSError, subprocess.SubprocessError):
        if sys.platform.startswith("linux"):
            return holding(there, linux_disks(MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")))
        if sys.platform == "darwin":
            told = subprocess.run([MACOS_MOUNT], capture_output=True, text=True, timeout=ASK_S, check=True)  # noqa: S603
            return holding(there, macos_disks(told.stdout))
        if sys.platform == "win32":
            return _asked_windows(there.anchor)
    return None


def _asked_windows(root: str) -> Disk | None:
    if sys.platform != "win32":
        return None
    import ctypes  # noqa: PLC0415 - only on Windows

    name, flags, kernel = ctypes.create_unicode_buffer(64), ctypes.c_uint32(), ctypes.windll.kernel32
    kernel.GetVolumeInformationW(root, None, 0, None, None, ctypes.byref(flags), name, len(name))
    return windows_disk(root, drive_type=kernel.GetDriveTypeW(root), file_system=name.value, flags=flags.value)


def nearest(path: Path) -> Path:
    """The path without links, or the nearest folder above it that exists."""
    whole = path.expanduser().absolute()
    while not whole.exists() and whole != whole.parent:
        whole = whole.parent
    return whole.resolve()


def check_disk(root: Path, *, is_new: bool, uses_sqlite: bool) -> None:
    """Raise LibraryDiskUnfit or LibraryNotWritable if a library cannot be on this folder's disk.

    is_new  whether it would be put there only now.
    """
    disk = disk_of(root)
    if disk is None:
        return
    if disk.kind == "network" and uses_sqlite:
        raise LibraryDiskUnfit(_network(root, disk, is_new=is_new))
    if is_new and (disk.kind == "fat" or (disk.type == "fuseblk" and not _keeps_links(nearest(root)))):
        raise LibraryDiskUnfit(_fat(root, disk))
    if disk.is_read_only:
        raise LibraryNotWritable(_read_only(root, disk))


def _keeps_links(folder: Path) -> bool:
    """Whether the disk knows symbolic links. exFAT that a program mounts does not; Linux calls it as it calls NTFS."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        probe.symlink_to("nowhere")
        probe.unlink()
    except OSError as error:
        return error.errno not in (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP)
    return True


def not_writable(root: Path, error: OSError) -> LibraryNotWritable:
    """Why a library folder cannot be written, and what to do, from the error that trying gave."""
    disk = disk_of(root)
    if error.errno == errno.EROFS or (disk is not None and disk.is_read_only):
        return LibraryNotWritable(_read_only(root, disk))
    if error.errno in FULL:
        with suppress(OSError):
            free = shutil.disk_usage(nearest(root)).free
            return LibraryNotWritable(
                f"The disk with the library folder {root} is full ({free:,} bytes are free). Nothing was changed. "
                "Free some space and start again, or move the library: `timeline-local library move FOLDER`."
            )
    reason = error.strerror or type(error).__name__
    return LibraryNotWritable(
        f"The library folder {root} cannot be written ({reason}). Nothing was changed. "
        "Make the folder writable, free some space, or choose another one with --data."
    )


def why_unwritten(error: OSError) -> Unavailable | None:
    """What a failed write says about the disk of an open library: it is full, or read-only; None if neither."""
    if error.errno in FULL:
        return DiskFull(
            "There is no space left on the disk with your library. What could not be written as a whole was taken "
            "back. Free some space and try again."
        )
    if error.errno == errno.EROFS:
        return LibraryReadOnly(
            "Nothing was changed. A disk with an error is often mounted read-only: have it checked, and mount it for "
            "writing again. Until then your timeline can be read; after that it goes on by itself."
        )
    return None


def unfit_for_privacy(root: Path) -> LibraryDiskUnfit | None:
    """What to say when a folder is not private because its disk cannot keep anybody out; None if that is not why."""
    disk = disk_of(root)
    return LibraryDiskUnfit(_fat(root, disk)) if disk is not None and disk.kind == "fat" else None


def _network(root: Path, disk: Disk, *, is_new: bool) -> str:
    what = f"{root} is on a network disk ({disk.type}). "
    why = "The database cannot be kept safe there: two computers could write it at once, or the line be cut meanwhile. "
    if is_new:
        return f"{what}{why}Nothing was changed. Choose a folder on a disk of this computer; backups may go there."
    return (
        f"{what}{why}Nothing was changed. Move it to a disk of this computer: "
        f"`timeline-local library move FOLDER --data '{root}'`."
    )


def _fat(root: Path, disk: Disk) -> str:
    return (
        f"{root} is on a disk of the type {disk.type}, which keeps no file private, has no journal against power cuts "
        "and, as FAT, no file above 4 GB. Nothing was changed. Choose a folder on another disk, or format this one as "
        f"{_better()}; importing from it and keeping backups on it works."
    )


def _better() -> str:
    return {"win32": "NTFS", "darwin": "APFS"}.get(sys.platform, "ext4")


def _read_only(root: Path, disk: Disk | None) -> str:
    where = f" ({disk.type} at {disk.point})" if disk else ""
    return (
        f"The disk of {root} is read-only{where}. Nothing was changed. Switch off its write protection or mount it for "
        "writing; a disk with an error is often mounted read-only, so check it first. Importing from it works."
    )


def has_room(root: Path, needed: int) -> tuple[bool, int]:
    """Whether so many bytes fit on the folder's disk, and how many are free."""
    free = shutil.disk_usage(nearest(root)).free
    return free >= needed, free


def is_same_disk(one: Path, other: Path) -> bool:
    """Whether both, or the nearest folders above them, lie on one file system."""
    return os.stat(nearest(one)).st_dev == os.stat(nearest(other)).st_dev  # noqa: PTH116 - os.stat reads best here
