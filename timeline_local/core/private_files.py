"""Files and folders that only the owner may read, written so that a power cut leaves the old or the new content."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from timeline_local.exceptions import LibraryNotPrivate

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def make_private_dir(path: Path, *, inside: Path | None = None) -> None:
    """Make the folder and its missing parents, mode 0700 whatever the umask is; an existing folder is tightened.

    inside: a folder above it that is not made. Raises FileNotFoundError if it is gone: with a library whose disk was
    pulled out, or that was renamed, nothing may come into being where it was.
    """
    if path == inside:
        raise FileNotFoundError(path)
    if not path.parent.exists():
        make_private_dir(path.parent, inside=inside)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=DIRECTORY_MODE)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) != DIRECTORY_MODE:
        path.chmod(DIRECTORY_MODE)


def write_private(path: Path, content: bytes) -> None:
    """Replace the file by this content, mode 0600, atomically and durably (file and folder are synced)."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(temporary, flags, FILE_MODE), "wb") as file:
            if os.name == "posix":
                os.fchmod(file.fileno(), FILE_MODE)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_dir(path.parent)


def sync_dir(path: Path) -> None:
    """Make renames in this folder durable. Windows has no such call; there the rename itself is journalled."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_private(path: Path) -> None:
    """Raise LibraryNotPrivate if another user owns the folder or could write into it. Windows: nothing to check."""
    if os.name != "posix":
        return
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise LibraryNotPrivate(
            f"The folder {path} belongs to another user of this computer. Nothing was changed. "
            f"Choose a folder of your own with --data."
        )
    if status.st_mode & _OTHERS_WRITE:
        raise LibraryNotPrivate(
            f"Other users of this computer can write into {path}. Nothing was changed. "
            f"Run `chmod 700 '{path}'` and start again."
        )
