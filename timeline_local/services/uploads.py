"""One uploaded file becoming a media file and, unless it is an attachment, a memory: as an import would make it."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.blobs import Blobs, Stored
from timeline_local.core.private_files import make_private_dir
from timeline_local.domain.drafts import Draft, MediaRef
from timeline_local.domain.filenames import date_from_path
from timeline_local.domain.kinds import MediaRole
from timeline_local.domain.merge import Rank
from timeline_local.domain.times import TimeBasis
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import ReadOptions, opened
from timeline_local.importers.files import file_date
from timeline_local.importers.sources.photo_folder import PhotoFolder
from timeline_local.media.facts import Undecodable
from timeline_local.media.sniff import HEAD_BYTES, sniff_file
from timeline_local.media.worker import DecodePool
from timeline_local.queries import media
from timeline_local.queries.media import AnyRow
from timeline_local.services.ingest import FoundFile, Placement, Surroundings, content_of, store_media
from timeline_local.services.memory_writes import insert_memories
from timeline_local.services.originals import deleted_meanwhile, hold_originals

SIDECARS = {"xmp": ".xmp", "json": ".json"}
LONGEST_NAME = 150
SOURCE = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file whose bytes are safe. modified_ns: when the client says it was last changed; None if it does not."""

    stored: Stored
    file_name: str
    sidecar: bytes | None = None
    modified_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """memory_id is None for an attachment. is_duplicate: nothing was added."""

    media: AnyRow
    memory_id: UUID | None
    is_duplicate: bool


async def examine(upload: Upload, *, blobs: Blobs, decoder: DecodePool, incoming: Path) -> tuple[Draft, FoundFile]:
    """What the file and its sidecar say, read exactly as the photo folder source reads them.

    Raises Unavailable if the bytes were deleted meanwhile, as another memory's that is gone.
    """
    path = blobs.path(upload.stored.sha256)
    try:
        draft = await asyncio.to_thread(_draft, upload, path, incoming)
        sniffed = await asyncio.to_thread(sniff_file, path, upload.file_name)
    except FileNotFoundError as error:
        raise deleted_meanwhile() from error
    facts, problem = None, None
    try:
        facts = await decoder.facts(path, name_hint=upload.file_name)
    except Undecodable as error:
        problem = error.slug
    found = FoundFile(
        ref=draft.media[0],
        sha256=upload.stored.sha256,
        size_bytes=upload.stored.size_bytes,
        mtime_ns=None,
        mime=sniffed.mime,
        family=sniffed.family,
        facts=facts,
        problem=problem,
    )
    return draft, found


async def add_upload(
    db: AsyncConnection,
    owner_pk: int,
    draft: Draft,
    found: FoundFile,
    *,
    blobs: Blobs,
    with_memory: bool,
    around: Surroundings,
) -> Added:
    """Write the rows. Bytes that already have a memory, be it in the trash, add nothing and answer with it.

    Raises Unavailable if the bytes were deleted meanwhile, as another memory's that is gone.
    """
    await hold_originals(db, blobs, [found.sha256])
    was_known = await media.by_hash(db, owner_pk, found.sha256) is not None
    pks = await store_media(db, owner_pk, {found.sha256: (found, Placement())}, now=around.now)
    memory_id = await media.memory_of(db, owner_pk, pks[found.sha256])
    is_duplicate = memory_id is not None or (was_known and not with_memory)
    if memory_id is None and with_memory:
        content = content_of(draft, [found], source=SOURCE, source_key=None, media=pks, around=around)
        content = replace(content, provenance_source=SOURCE, provenance_rank=Rank.FILE)
        memory_id = (await insert_memories(db, owner_pk, [content], import_pk=None, now=around.now))[0].id
    row = await media.by_hash(db, owner_pk, found.sha256)
    assert row is not None  # noqa: S101 - stored above, in this transaction
    return Added(row, memory_id, is_duplicate)


def _draft(upload: Upload, path: Path, incoming: Path) -> Draft:
    """The draft of the file as the only one of a folder; sources read names and sidecars, so its head will do."""
    staging = incoming / f"upload-{secrets.token_hex(8)}"
    make_private_dir(staging)
    name = _plain_name(upload.file_name)
    try:
        with path.open("rb") as original:
            (staging / name).write_bytes(original.read(HEAD_BYTES))
        if upload.sidecar is not None:
            (staging / (name + _sidecar_suffix(upload.sidecar))).write_bytes(upload.sidecar)
        items = opened(PhotoFolder().read(Folder(staging), ReadOptions(), None))
        found = next((item for item in items if isinstance(item, Draft)), None)
    finally:
        shutil.rmtree(staging)
    return _as_uploaded(found or _plain_draft(name), upload)


def _as_uploaded(draft: Draft, upload: Upload) -> Draft:
    """The draft under the name the file came with; the time of our own copy says nothing."""
    evidence = tuple(each for each in draft.evidence if each.basis is not TimeBasis.FILE_DATE)
    if upload.modified_ns is not None:
        evidence += (file_date(File(upload.file_name, upload.stored.size_bytes, upload.modified_ns)),)
    ref = MediaRef(locator=upload.file_name, role=MediaRole.PRIMARY, name=upload.file_name)
    return replace(draft, evidence=evidence, media=(ref,))


def _plain_draft(name: str) -> Draft:
    dated = date_from_path(PurePosixPath(name))
    return Draft(
        source_key=name,
        kind=None,
        evidence=() if dated is None else (dated.evidence(),),
        media=(MediaRef(locator=name, role=MediaRole.PRIMARY, name=name),),
    )


def _plain_name(file_name: str) -> str:
    """A name that is safe on any disk and keeps what dates and pairs are read from."""
    kept = "".join(letter if letter.isalnum() or letter in " ._-()+" else "_" for letter in file_name)
    stem, dot, extension = kept.rpartition(".")
    short = f"{(stem or kept)[:LONGEST_NAME]}{dot}{extension[:16]}" if dot else kept[:LONGEST_NAME]
    return short.strip(". ") or "file"


def _sidecar_suffix(sidecar: bytes) -> str:
    return SIDECARS["json" if sidecar.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else "xmp"]
