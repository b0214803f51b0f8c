"""Disks that are really mounted, for tests that run as root: small, read-only, foreign, taken away, put back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

BLOCK = 4096
SIZE_MB = 64


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def needs(*programs: str) -> None:
    """Skip where this user cannot mount, or one of these programs is missing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount disks")
    for name in ("mount", *programs):
        if shutil.which(name) is None:
            pytest.skip(f"no {name} here")


def mount(*arguments: str | Path) -> None:
    """Mount, or skip where the system does not let us, as in most containers, or does not know that kind of disk."""
    try:
        run("mount", *arguments)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"mounting is not possible here: {error.stderr.strip()}")


@contextmanager
def mounted(point: Path, *arguments: str | Path) -> Iterator[Path]:
    point.mkdir(exist_ok=True)
    mount(*arguments, point)
    try:
        yield point
    finally:
        take_away(point)


def take_away(point: Path) -> None:
    """As pulling out does it: the name is gone at once, whatever is still open."""
    with suppress(subprocess.CalledProcessError):
        run("umount", "--lazy", point)


@contextmanager
def memory(point: Path) -> Iterator[Path]:
    """A disk of 64 MB in memory."""
    needs()
    with mounted(point, "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "tmpfs"):
        yield point


@contextmanager
def image(folder: Path, *make: str) -> Iterator[str]:
    """The device of a disk of 64 MB in a file, formatted by this command."""
    needs("losetup", make[0])
    file = folder / "image"
    with file.open("wb") as empty:
        empty.truncate(SIZE_MB * 1024 * 1024)
    run(*make, file)
    try:
        device = run("losetup", "--find", "--show", file)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no loop device here: {error.stderr.strip()}")
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


def is_free(device: str) -> bool:
    """Whether nothing has it mounted any more, however lazily it was taken away."""
    try:
        os.close(os.open(device, os.O_RDWR | os.O_EXCL))
    except OSError:
        return False
    return True


def fill(ballast: Path) -> None:
    """Leave nothing of the disk."""
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(BLOCK))


def break_ext4(device: str) -> None:
    """An error of the file system, at which Linux makes the disk read-only."""
    trigger = Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error"
    if not trigger.exists():
        pytest.skip("this kernel cannot be told to find an error on a disk")
    trigger.write_text("1")
