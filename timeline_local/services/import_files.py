"""Looking at the files of drafts: their hash, what they are, what they say. Read once, in worker threads.

Many at a time: a hop into a thread and a message to the decoder for each took as long as the reading (2026-11).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import PurePosixPath

from timeline_local.core.shelf import MANY
from timeline_local.domain.drafts import Draft, MediaRef, Problem
from timeline_local.domain.kinds import MediaRole
from timeline_local.domain.stretches import Stretch
from timeline_local.exceptions import Unavailable
from timeline_local.importers.archive import File, Folder
from timeline_local.media.facts import MediaFacts, Undecodable
from timeline_local.media.file_hand import FileHand
from timeline_local.media.sniff import HEAD_BYTES, UNKNOWN, Sniffed, sniff
from timeline_local.media.worker import GROUP
from timeline_local.services.import_folder import at_hand
from timeline_local.services.import_work import ImportWork
from timeline_local.services.ingest import FoundFile

CHUNK = 1024 * 1024
PORTION_BYTES = 64 * 1024 * 1024  # of files decoded together, if they are more than one
_DECODED = frozenset({"image", "raw", "video", "audio"})
_READERS = 4  # files read at once; more only makes a disk seek
_PORTIONS = 2  # decoded at once

Found = tuple[FoundFile, ...]


async def examine(work: ImportWork, folder: Folder, refs: Sequence[MediaRef]) -> Found | Problem:
    """The files of one item, decoded."""
    (found,) = await look_at(work.hand, folder, [refs])
    return found if isinstance(found, Problem) else (await decode(work, folder, [found]))[0]


async def look_at(hand: FileHand, folder: Folder, items: Sequence[Sequence[MediaRef]]) -> list[Found | Problem]:
    """The files of each item, not decoded. One that is gone or unreadable is left out.

    If it is the first file of its item, that is the problem instead.
    """
    refs = [ref for each in items for ref in each]
    once = {ref.locator: ref for ref in refs}  # a file of many moves is read once
    looked: dict[str, FoundFile | Problem] = {}
    if len(once) >= MANY:
        looked |= await asyncio.to_thread(_looked_by, hand, folder, once.values())
    todo = deque(ref for ref in once.values() if ref.locator not in looked)

    def read() -> None:
        buffer = memoryview(bytearray(CHUNK))  # a new one for each chunk makes the kernel clear as many bytes
        while True:
            try:
                ref = todo.popleft()
            except IndexError:
                return
            looked[ref.locator] = _look(folder, ref, buffer)

    try:
        await asyncio.gather(*(asyncio.to_thread(read) for _ in range(min(_READERS, len(todo)))))
    finally:
        todo.clear()  # cancelled: nobody waits for the rest
    return _by_item(items, (_told_of(ref, looked[ref.locator]) for ref in refs))


async def decode(work: ImportWork, folder: Folder, items: Sequence[Found]) -> list[Found | Problem]:
    """The same files with what they say about themselves, or the reason why they say nothing; else as `look_at`.

    Raises Unavailable at shutdown, and DiskFull where there is no room to unpack a file for it.
    """
    files = [file for each in items for file in each]
    wanted = [file for file in files if file.family in _DECODED]
    gate = asyncio.Semaphore(_PORTIONS)
    told = await asyncio.gather(*(_decode_some(work, folder, some, gate) for some in _portions(wanted)))
    decoded = dict(zip(map(id, wanted), chain.from_iterable(told), strict=True))
    refs = [[file.ref for file in each] for each in items]
    return _by_item(refs, (decoded.get(id(file)) or replace(file, problem="attachment") for file in files))


def is_unfit(draft: Draft, files: Found) -> Problem | None:
    """Why the first file is no picture, film or sound at all, whatever its name says; None if it is one."""
    if draft.kind is not None or not files or files[0].family in _DECODED:
        return None
    detail = f"Its name promises a picture, film or sound, but its content is {files[0].mime}; it was left out."
    return Problem(files[0].ref.locator, "not-what-it-says", detail)


def _by_item(items: Sequence[Sequence[MediaRef]], looked: Iterable[FoundFile | Problem]) -> list[Found | Problem]:
    rest = iter(looked)
    return [_item(refs, [next(rest) for _ in refs]) for refs in items]


def _item(refs: Sequence[MediaRef], looked: Sequence[FoundFile | Problem]) -> Found | Problem:
    for ref, each in zip(refs, looked, strict=True):
        if isinstance(each, Problem) and ref.role is MediaRole.PRIMARY:
            return each
    return tuple(each for each in looked if isinstance(each, FoundFile))


def _told_of(ref: MediaRef, looked: FoundFile | Problem) -> FoundFile | Problem:
    """The file as this item has it. One that a way was read from is never shown, whatever its first bytes resemble."""
    if isinstance(looked, Problem):
        return looked
    sniffed = UNKNOWN if ref.role is MediaRole.TRACK and looked.family in _DECODED else looked
    return replace(looked, ref=ref, mime=sniffed.mime, family=sniffed.family)


# --- reading -------------------------------------------------------------------------


def where(folder: Folder, locator: str) -> Stretch | None:
    """Where the file's bytes lie on disk; None where nobody else could read them, or they are gone."""
    try:
        return folder.stretch(locator)
    except (OSError, ValueError):
        return None


def _looked_by(hand: FileHand, folder: Folder, refs: Iterable[MediaRef]) -> dict[str, FoundFile | Problem]:
    """Those that the hand could read, by locator."""
    known: list[tuple[MediaRef, File, Stretch]] = []
    for ref in refs:
        with suppress(OSError, ValueError):
            stretch = folder.stretch(ref.locator)
            if stretch is not None:
                known.append((ref, folder.stat(ref.locator), stretch))
    found = hand.look([(stretch, ref.locator.rpartition("/")[2]) for ref, _, stretch in known])
    return {
        ref.locator: _found(ref, listed, each.sha256, each.sniffed)
        for (ref, listed, _), each in zip(known, found, strict=True)
        if each is not None
    }


def _look(folder: Folder, ref: MediaRef, buffer: memoryview) -> FoundFile | Problem:
    try:
        listed = folder.stat(ref.locator)
        sha256, sniffed = _read(folder, ref.locator, buffer)
    except (OSError, ValueError) as error:
        return _unreadable(ref, error)
    return _found(ref, listed, sha256, sniffed)


def _found(ref: MediaRef, listed: File, sha256: bytes, sniffed: Sniffed) -> FoundFile:
    return FoundFile(
        ref=ref,
        sha256=sha256,
        size_bytes=listed.size,
        mtime_ns=listed.mtime_ns,
        mime=sniffed.mime,
        family=sniffed.family,
    )


def _read(folder: Folder, locator: str, buffer: memoryview) -> tuple[bytes, Sniffed]:
    digest, head = hashlib.sha256(), b""
    with folder.open(locator) as file:
        while count := file.readinto(buffer):  # type: ignore[attr-defined]
            head = head or bytes(buffer[: min(count, HEAD_BYTES)])
            digest.update(buffer[:count])
    return digest.digest(), sniff(head, PurePosixPath(locator).name)


def _unreadable(ref: MediaRef, error: OSError | ValueError) -> Problem:
    why = (getattr(error, "strerror", None) or "it leads elsewhere").lower()
    return Problem(ref.locator, "unreadable", f"This file cannot be read ({why}).")


# --- decoding ------------------------------------------------------------------------


def _portions(files: Iterable[FoundFile]) -> Iterator[list[FoundFile]]:
    """Parts for one message each, which take little room where they have to be unpacked."""
    portion: list[FoundFile] = []
    size = 0
    for file in files:
        if portion and (len(portion) >= GROUP or size + file.size_bytes > PORTION_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(file)
        size += file.size_bytes
    if portion:
        yield portion


async def _decode_some(
    work: ImportWork, folder: Folder, files: Sequence[FoundFile], gate: asyncio.Semaphore
) -> list[FoundFile | Problem]:
    async with gate, at_hand(work, folder, files) as places:
        asked = [
            (place, file.ref.name)
            for file, place in zip(files, places, strict=True)
            if not isinstance(place, OSError | ValueError)
        ]
        facts = iter(await work.decoder.facts_of(asked))
    return [
        _unreadable(file.ref, place) if isinstance(place, OSError | ValueError) else _with(file, next(facts))
        for file, place in zip(files, places, strict=True)
    ]


def _with(file: FoundFile, facts: MediaFacts | Undecodable) -> FoundFile:
    if isinstance(facts, MediaFacts):
        return replace(file, facts=facts)
    if facts.slug == "decoder-stopped":
        raise Unavailable("The server is shutting down; the import goes on at the next start.") from facts
    return replace(file, problem=facts.slug)
