"""Files dropped on the browser, kept under safe names until their import ends."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from pathlib import Path, PurePosixPath

from timeline_local.core.private_files import make_private_dir
from timeline_local.exceptions import BodyTooLarge, DiskFull, InvalidInput, TooMuch

MAX_DEPTH = 32
MAX_NAME_BYTES = 200

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
# Names that Windows keeps for devices, whatever follows the first dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> str:
    """The name as a relative path that is safe on every disk; what is unsafe in it becomes an underscore.

    Raises InvalidInput when nothing is left.
    """
    parts = [_safe_part(part) for part in unicodedata.normalize("NFC", name).replace("\\", "/").split("/")]
    kept = [part for part in parts if part][-MAX_DEPTH:]
    if not kept:
        raise InvalidInput("The file has no usable name. It was not kept.")
    return "/".join(kept)


def _safe_part(part: str) -> str:
    plain = _UNSAFE.sub("_", part).lstrip(" ").rstrip(". ")
    if not plain.strip("."):
        return ""
    if _DEVICES.fullmatch(plain):
        plain = f"_{plain}"
    stem, dot, extension = plain.rpartition(".")
    if len(plain.encode()) <= MAX_NAME_BYTES:
        return plain
    tail = (dot + extension) if stem and len(extension) <= 20 else ""  # noqa: PLR2004 - longer is no extension
    head = plain[: len(plain) - len(tail)].encode()[: MAX_NAME_BYTES - len(tail.encode())]
    return head.decode("utf-8", "ignore") + tail


async def receive(
    folder: Path,
    chunks: AsyncIterator[bytes],
    *,
    max_bytes: int,
    most_files: int,
    reserve_bytes: int,
) -> Path:
    """Write a stream to a new file of the staging folder; its path, a temporary one until `settle`.

    Raises BodyTooLarge, TooMuch, DiskFull; nothing of the file is kept then.
    """
    await asyncio.to_thread(_check_room, folder, most_files, reserve_bytes)
    part = folder / f".{secrets.token_hex(16)}.part"
    size = 0
    try:
        with part.open("xb") as file:
            async for chunk in chunks:
                size += len(chunk)
                _check_size(size, max_bytes)
                await asyncio.to_thread(file.write, chunk)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def settle(folder: Path, part: Path, name: str, modified: datetime | None) -> tuple[str, int]:
    """Give a received file its name; the name it got and its size. The same name sent again replaces the file.

    modified  when the file was last changed on the sender's disk. Unknown is written as 1970, which the importers take
              for no date: the moment of the upload says nothing about a picture.
    """
    safe = safe_name(name)
    target = folder / PurePosixPath(safe)
    make_private_dir(target.parent)
    stamp = modified.timestamp() if modified else 0
    os.utime(part, (stamp, stamp))
    part.replace(target)
    return safe, target.stat().st_size


def remove(folders: Iterable[Path]) -> None:
    """Remove staging folders; what cannot be removed now is removed another time."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise BodyTooLarge(f"The file is larger than the {max_bytes:,} bytes taken here. It was not kept.")


def _check_room(folder: Path, most_files: int, reserve_bytes: int) -> None:
    make_private_dir(folder)
    count = sum(len(files) for _, _, files in os.walk(folder))
    if count >= most_files:
        raise TooMuch(
            f"A dropped import holds at most {most_files:,} files. Choose the folder on this computer instead."
        )
    free = shutil.disk_usage(folder).free
    if free <= reserve_bytes:
        raise DiskFull(f"Only {free:,} bytes are free. The file was not kept; free some space and try again.")
