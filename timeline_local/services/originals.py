"""Where the bytes of a media file are: in the library, or left in place by the owner's wish.

Bytes and rows come and go in two steps, so both sides take one lock: a row that names bytes is written only where they
still are (`hold_originals`), and bytes are deleted only where no row names them by then (`forget_originals`). Without
it an upload of bytes that were being deleted was acknowledged, and its file was gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.blobs import Blobs
from timeline_local.exceptions import OriginalMissing, Unavailable
from timeline_local.queries.dialect import hold_files, hold_files_alone
from timeline_local.queries.maintenance import known_media
from timeline_local.queries.media import AnyRow

FILES_AT_ONCE = 200  # deleted in one transaction, while which nobody else writes


def in_parts(hashes: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Parts of what is to be forgotten, each for a transaction of its own."""
    for start in range(0, len(hashes), FILES_AT_ONCE):
        yield hashes[start : start + FILES_AT_ONCE]


def original_path(blobs: Blobs, row: AnyRow) -> Path:
    """The path of the original. Opens nothing; a referenced file may have changed, see `checked_original`."""
    return blobs.path(row.sha256) if row.storage == "managed" or row.path is None else Path(row.path)


def checked_original(blobs: Blobs, row: AnyRow) -> Path:
    """The path of an original that is there with the size, and if referenced the time, we know it by.

    Raises OriginalMissing. Two system calls at most; the hash is checked by verification, not by every look.
    """
    path = original_path(blobs, row)
    try:
        status = path.stat()
    except OSError as error:
        raise OriginalMissing(_away(row)) from error
    is_same = status.st_size == row.size_bytes and (row.storage == "managed" or status.st_mtime_ns == row.mtime_ns)
    if not is_same:
        raise OriginalMissing(_away(row))
    return path


def _away(row: AnyRow) -> str:
    if row.storage == "managed":
        return "The original is missing or damaged in the library. Its memory and preview are kept; restore a backup."
    return (
        "This original was left in its own folder, and is not there any more as it was. Its memory and preview are "
        "kept. Put the file back, or attach the drive it was on."
    )


async def hold_originals(db: AsyncConnection, blobs: Blobs, hashes: Iterable[bytes]) -> None:
    """See that the bytes are there, and keep them there until this transaction has written its rows.

    Raises Unavailable: they were stored, and deleted for another's sake before a row named them.
    """
    await hold_files(db)
    if await blobs.missing(hashes):
        raise deleted_meanwhile()


def deleted_meanwhile() -> Unavailable:
    """What is said of stored bytes that went, as another memory's, before a row named them."""
    return Unavailable("The same file was being deleted at that moment. Nothing was added; try again.")


async def forget_originals(db: AsyncConnection, blobs: Blobs, hashes: Iterable[bytes]) -> list[bytes]:
    """Delete the bytes that no row of anybody names; the hashes of those. In a transaction after the rows are gone."""
    wanted = sorted(set(hashes))
    if not wanted:
        return []
    await hold_files_alone(db)
    lonely = sorted(set(wanted) - await known_media(db, wanted))
    await blobs.delete_all(lonely)
    return lonely
