"""What an import is read from: its folder, and its files as files for those who need a path."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from timeline_local.exceptions import DiskFull
from timeline_local.importers.archive import File, Folder, Limits
from timeline_local.queries.imports import ImportRow
from timeline_local.services.import_work import ImportWork
from timeline_local.services.ingest import FoundFile

CHUNK = 1024 * 1024


def folder_of(work: ImportWork, row: ImportRow, *, include_hidden: bool) -> Folder:
    """The folder of an import; one for all batches of a process, since archives are listed once."""
    found: Folder | None = work.memo.get("folder")
    if found is None:
        without = () if row.is_upload else (work.library_root,)
        wanted = work.settings.imports
        limits = Limits(entries=wanted.archive_files, total_bytes=wanted.archive_bytes, ratio=wanted.archive_ratio)
        found = Folder(
            [Path(path) for path in row.paths], include_hidden=include_hidden, without=without, limits=limits
        )
        work.memo["folder"] = found
    return found


def packed_bytes(folder: Folder, files: Iterable[FoundFile]) -> int:
    """How many bytes of these files lie in archives: they cannot be left in place."""
    return sum(file.size_bytes for file in files if folder.place(file.ref.locator) is None)


@asynccontextmanager
async def on_disk(work: ImportWork, folder: Folder, locator: str) -> AsyncIterator[Path]:
    """A path to the file's bytes: its own, or that of a copy which is gone afterwards; the next start sweeps it, too.

    Raises OSError, ValueError, and DiskFull when there is no room for the copy.
    """
    place = await asyncio.to_thread(folder.place, locator)
    if place is not None:
        yield place
        return
    copy = work.library_root / "incoming" / f"{secrets.token_hex(16)}.part"
    try:
        await asyncio.to_thread(_unpack, folder, folder.stat(locator), copy, work.settings.media.reserve_bytes)
        yield copy
    finally:
        await asyncio.to_thread(copy.unlink, missing_ok=True)


def _unpack(folder: Folder, file: File, copy: Path, reserve_bytes: int) -> None:
    free = shutil.disk_usage(copy.parent).free
    if file.size + reserve_bytes > free:
        raise DiskFull(f"Looking at {file.name} takes {file.size:,} bytes, and {free:,} are free. Free some space.")
    with folder.open(file.locator) as packed, copy.open("xb") as unpacked:
        shutil.copyfileobj(packed, unpacked, CHUNK)
