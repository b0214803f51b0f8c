"""Looking at the files of a draft: their hash, what they are, what they say. Read once, in worker threads."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from timeline_local.domain.drafts import Draft, MediaRef, Problem
from timeline_local.domain.kinds import MediaRole
from timeline_local.exceptions import Unavailable
from timeline_local.importers.archive import Folder
from timeline_local.media.facts import Undecodable
from timeline_local.media.sniff import HEAD_BYTES, Sniffed, sniff
from timeline_local.services.import_folder import on_disk
from timeline_local.services.import_work import ImportWork
from timeline_local.services.ingest import FoundFile

CHUNK = 1024 * 1024
_DECODED = frozenset({"image", "raw", "video", "audio"})
_READERS = 4  # files read at once; more only makes a disk seek

Found = tuple[FoundFile, ...]


async def examine(work: ImportWork, folder: Folder, refs: Sequence[MediaRef], *, decode: bool) -> Found | Problem:
    """The files of an item. One that is gone or unreadable is left out; if it is the first, that is the problem."""
    found: list[FoundFile] = []
    for ref in refs:
        result = await _examine_one(work, folder, ref, decode=decode)
        if isinstance(result, FoundFile):
            found.append(result)
        elif ref.role is MediaRole.PRIMARY:
            return result
    return tuple(found)


def is_unfit(draft: Draft, files: Found) -> Problem | None:
    """Why the first file is no picture, film or sound at all, whatever its name says; None if it is one."""
    if draft.kind is not None or not files or files[0].family in _DECODED:
        return None
    detail = f"Its name promises a picture, film or sound, but its content is {files[0].mime}; it was left out."
    return Problem(files[0].ref.locator, "not-what-it-says", detail)


async def _examine_one(work: ImportWork, folder: Folder, ref: MediaRef, *, decode: bool) -> FoundFile | Problem:
    gate = work.memo.setdefault("readers", asyncio.Semaphore(_READERS))
    hashes = work.memo.setdefault("hashes", {})
    try:
        before = await asyncio.to_thread(folder.stat, ref.locator)
        known = hashes.get((ref.locator, before.size, before.mtime_ns))
        if known is None:
            async with gate:
                known = await asyncio.to_thread(_read, folder, ref.locator)
            if len(hashes) > 1000:  # noqa: PLR2004 - only bridges the two looks at one batch
                hashes.clear()
            hashes[ref.locator, before.size, before.mtime_ns] = known
        sha256, sniffed = known
        found = FoundFile(
            ref=ref,
            sha256=sha256,
            size_bytes=before.size,
            mtime_ns=before.mtime_ns,
            mime=sniffed.mime,
            family=sniffed.family,
        )
        return await decoded(work, folder, found) if decode else found
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or "it leads elsewhere").lower()
        return Problem(ref.locator, "unreadable", f"This file cannot be read ({why}).")


async def decoded(work: ImportWork, folder: Folder, found: FoundFile) -> FoundFile:
    """With what the file says about itself, or the reason why it says nothing.

    Raises Unavailable at shutdown; OSError, ValueError and DiskFull of a file that had to be unpacked for it.
    """
    if found.family not in _DECODED:
        return replace(found, problem="attachment")
    try:
        async with on_disk(work, folder, found.ref.locator) as path:
            facts = await work.decoder.facts(path, name_hint=found.ref.name)
    except Undecodable as error:
        if error.slug == "decoder-stopped":
            raise Unavailable("The server is shutting down; the import goes on at the next start.") from error
        return replace(found, problem=error.slug)
    return replace(found, facts=facts)


def _read(folder: Folder, locator: str) -> tuple[bytes, Sniffed]:
    digest, head = hashlib.sha256(), b""
    with folder.open(locator) as file:
        while chunk := file.read(CHUNK):
            head = head or chunk
            digest.update(chunk)
    return digest.digest(), sniff(head[:HEAD_BYTES], PurePosixPath(locator).name)
