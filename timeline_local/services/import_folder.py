"""What an import is read from: its folder, and its files as files for those who need a path."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from timeline_local.domain.stretches import Stretch
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
async def at_hand(
    work: ImportWork, folder: Folder, files: Sequence[FoundFile]
) -> AsyncIterator[list[Path | Stretch | OSError | ValueError]]:
    """Where each can be read as a file, or why it cannot: pictures in place, all else that is packed as a copy.

    Copies are gone afterwards; the next start sweeps them, too. Raises DiskFull when there is no room for them.
    """
    copies = [work.library_root / "incoming" / f"{secrets.token_hex(16)}.part" for _ in files]
    places: list[Path | Stretch | OSError | ValueError] = []
    try:
        places += await asyncio.to_thread(_make_ready, folder, files, copies, work.settings.media.reserve_bytes)
        yield places
    finally:
        if not places or any(place is copy for place, copy in zip(places, copies, strict=True)):
            await asyncio.to_thread(_remove, copies)


def _make_ready(
    folder: Folder, files: Sequence[FoundFile], copies: Sequence[Path], reserve_bytes: int
) -> list[Path | Stretch | OSError | ValueError]:
    return [_ready(folder, file, copy, reserve_bytes) for file, copy in zip(files, copies, strict=True)]


def _ready(folder: Folder, file: FoundFile, copy: Path, reserve_bytes: int) -> Path | Stretch | OSError | ValueError:
    try:
        stretch = folder.stretch(file.ref.locator)
        if stretch is not None and stretch.packing is None:
            return Path(stretch.path)
        if stretch is not None and stretch.is_plain and file.family == "image":
            return stretch
        _unpack(folder, folder.stat(file.ref.locator), copy, reserve_bytes)
    except (OSError, ValueError) as error:
        return error
    return copy


def _unpack(folder: Folder, file: File, copy: Path, reserve_bytes: int) -> None:
    free = shutil.disk_usage(copy.parent).free
    if file.size + reserve_bytes > free:
        raise DiskFull(f"Looking at {file.name} takes {file.size:,} bytes, and {free:,} are free. Free some space.")
    with folder.open(file.locator) as packed, copy.open("xb") as unpacked:
        shutil.copyfileobj(packed, unpacked, CHUNK)


def _remove(copies: Sequence[Path]) -> None:
    for copy in copies:
        copy.unlink(missing_ok=True)
