"""Media files: upload, description, originals and previews."""

from __future__ import annotations

import base64
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import FileResponse

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.downloads import attachment
from timeline_local.api.errors import responses
from timeline_local.api.expected import expected_version
from timeline_local.api.languages import words_of
from timeline_local.api.media_urls import UrlMaker, media_urls
from timeline_local.api.pages import IfMatch, decode_cursor, encode_cursor, etag
from timeline_local.api.strict import StrictRoute
from timeline_local.api.uploads import FILE, read_parts
from timeline_local.core.security import Caller
from timeline_local.exceptions import (
    BodyTooLarge,
    DiskFull,
    InvalidCursor,
    InvalidInput,
    MalformedRequest,
    MediaInUse,
    MediaNotFound,
    OriginalMissing,
    PreviewNotFound,
    ScopeMissing,
    Unavailable,
    UnsupportedContentType,
    VersionConflict,
    WrongState,
)
from timeline_local.jobs.place_names import WHILE_EDITING, ask_for_names
from timeline_local.queries import media as queries
from timeline_local.queries import memories
from timeline_local.queries.media import AnyRow
from timeline_local.runtime import Runtime
from timeline_local.schemas import media as wire
from timeline_local.services import media_trash, revision
from timeline_local.services.audit import actor_of, record
from timeline_local.services.ingest import Surroundings
from timeline_local.services.jobs import ensure as ensure_job
from timeline_local.services.originals import checked_original
from timeline_local.services.preferences import home_zone_of
from timeline_local.services.previews import forget_files, preview_now
from timeline_local.services.uploads import Added, Upload, add_upload, examine

router = APIRouter(prefix="/media", tags=["media"], route_class=StrictRoute)

# Types a browser shows without running anything; others leave as plain bytes.
SAFE_FAMILIES = ("image/", "video/", "audio/")
ACTIVE = frozenset({"image/svg+xml"})
SIDECAR_BYTES = 4 * 1024 * 1024
LONGEST_NAME = 1024
MOST_MEMORIES = 100
UPLOAD_FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": FILE | {"description": "The original."},
                    "sidecar": FILE | {"description": "Its XMP or Google JSON file."},
                    "modified_ms": {"type": "integer", "description": "When the file was last changed, Unix time."},
                },
            }
        }
    },
}
HOUR = "private, max-age=3600, immutable"


@router.post(
    "",
    summary="Upload a file",
    status_code=201,
    dependencies=[requires("media:write")],
    response_class=Response,
    responses=responses(BodyTooLarge, DiskFull, MalformedRequest, ScopeMissing, Unavailable, UnsupportedContentType)
    | {
        200: {"model": wire.Uploaded, "description": "These bytes were here already"},
        201: {"model": wire.Uploaded, "description": "Added"},
    },
    openapi_extra={"requestBody": UPLOAD_FORM},
)
async def upload(
    request: Request,
    me: Me,
    parts: Parts,
    memory: Annotated[bool, Query(description="Whether it becomes a memory of its own.")] = True,  # noqa: FBT002
) -> Response:
    """Keep a file for good, and make a memory of it, dated by what it says. The same bytes again add nothing."""
    sent = await _receive(request, parts)
    draft, found = await examine(sent, blobs=parts.blobs, decoder=parts.decoder, incoming=parts.library.incoming)
    now, number = parts.now(), None
    async with parts.database.write() as db:
        home = await home_zone_of(db, me.user_pk, fallback=parts.home_zone)
        around = Surroundings(zone_of=parts.zone_of, home_zone=home, now=now)
        added = await add_upload(db, me.user_pk, draft, found, blobs=parts.blobs, with_memory=memory, around=around)
        if not added.is_duplicate:
            number = await revision.bump(db, me.user_pk)
            await ensure_job(db, me.user_pk, kind="previews", now=now)
    if number is not None:
        announce_timeline(parts, me.user_pk, number)
        await ask_for_names(parts, me.user_pk, after=WHILE_EDITING)
        parts.wake_jobs.set()
    return await _added(parts, me, added)


async def _receive(request: Request, parts: Runtime) -> Upload:
    """The file into the store and the small parts into memory, in whatever order they come."""
    stored, file_name, sidecar, modified_ns = None, "", None, None
    async for part in read_parts(request):
        if part.name == "file" and stored is None:
            file_name = part.file_name or "file"
            stored = await parts.blobs.put_stream(part.chunks(), max_bytes=parts.settings.media.max_upload_bytes)
        elif part.name == "sidecar":
            sidecar = await part.read(SIDECAR_BYTES)
        elif part.name == "modified_ms":
            modified_ns = _modified_ns(await part.read())
    if stored is None:
        raise MalformedRequest("The form has no field `file`. Nothing was kept.")
    return Upload(stored=stored, file_name=file_name[-LONGEST_NAME:], sidecar=sidecar, modified_ns=modified_ns)


def _modified_ns(field: bytes) -> int:
    if not field.isdigit() or len(field) > 15:  # noqa: PLR2004 - milliseconds up to the year 33658
        raise MalformedRequest("modified_ms must be whole milliseconds since 1970. Nothing was added.")
    return int(field) * 1_000_000


async def _added(parts: Runtime, me: Caller, added: Added) -> Response:
    url = media_urls(parts, me)
    memory = None
    if added.memory_id is not None:
        async with parts.database.read() as db:
            memory = await memories.get(db, me.user_pk, added.memory_id, url_for=url, words=words_of(me))
    body = {
        "media": media_details(added.media, url).model_dump(mode="json"),
        "memory": memory,
        "duplicate": added.is_duplicate,
    }
    encoded = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    return Response(encoded, status_code=200 if added.is_duplicate else 201, media_type="application/json")


@router.get(
    "",
    summary="A page of media files",
    dependencies=[requires("media:read")],
    responses=responses(InvalidCursor, InvalidInput, ScopeMissing),
)
async def list_media(
    me: Me,
    parts: Parts,
    db: ReadDb,
    state: Annotated[
        Literal["unused", "trashed"] | None,
        Query(description="`unused`: what nothing shows; `trashed`: the trash. Else everything outside the trash."),
    ] = None,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> wire.MediaFiles:
    """The newest first."""
    after = UUID(bytes=decode_cursor(cursor)[2]) if cursor else None
    rows = await queries.page(db, me.user_pk, state=state, after=after, limit=limit + 1)
    more = encode_cursor((0, 0, rows[limit - 1].id.bytes)) if len(rows) > limit else None
    url = media_urls(parts, me)
    return wire.MediaFiles(items=[media_details(row, url) for row in rows[:limit]], next_cursor=more)


@router.get(
    "/{media_id}",
    summary="What is known of a media file",
    dependencies=[requires("media:read")],
    responses=responses(MediaNotFound, ScopeMissing),
)
async def read_media(media_id: UUID, me: Me, parts: Parts, answer: Response) -> wire.OneMediaFile:
    """Size, pixels, camera, exposure, addresses, and which memories show it."""
    async with parts.database.read() as db:
        return await _whole(db, parts, me, media_id, answer)


@router.delete(
    "/{media_id}",
    summary="Move a media file to the trash",
    status_code=204,
    dependencies=[requires("media:write")],
    responses=responses(MediaInUse, MediaNotFound, ScopeMissing, VersionConflict),
)
async def trash_media(media_id: UUID, me: Me, parts: Parts, expected: IfMatch = None) -> Response:
    """Only what nothing shows; its bytes stay until it is purged. Showing it again takes it out of the trash."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "media", media_id, expected)
        await media_trash.trash(db, me.user_pk, media_id, now=parts.now(), expected_version=version)
    return Response(status_code=204)


@router.post(
    "/{media_id}/restore",
    summary="Take a media file out of the trash",
    dependencies=[requires("media:write")],
    responses=responses(MediaNotFound, ScopeMissing),
)
async def restore_media(media_id: UUID, me: Me, parts: Parts, answer: Response) -> wire.OneMediaFile:
    """Harmless if it is not there."""
    async with parts.database.write() as db:
        await media_trash.restore(db, me.user_pk, media_id, now=parts.now())
        return await _whole(db, parts, me, media_id, answer)


@router.post(
    "/{media_id}/purge",
    summary="Delete a trashed media file for good",
    status_code=204,
    dependencies=[requires("media:write")],
    responses=responses(MediaNotFound, ScopeMissing, WrongState),
)
async def purge_media(media_id: UUID, me: Me, parts: Parts) -> Response:
    """With its bytes, unless they are another user's, too; a file left in its own folder stays there."""
    async with parts.database.write() as db:
        blobs = await media_trash.purge(db, me.user_pk, media_id)
        await record(db, actor_of(me), "media.purged", now=parts.now(), object_kind="media", object_id=media_id)
    await forget_files(parts.previews, blobs)
    return Response(status_code=204)


@router.get(
    "/{media_id}/original",
    summary="The original bytes",
    dependencies=[requires("media:read")],
    response_class=FileResponse,
    responses=responses(MediaNotFound, OriginalMissing, ScopeMissing) | {206: {"description": "The range asked for"}},
)
async def read_original(media_id: UUID, request: Request, me: Me, parts: Parts) -> FileResponse:
    """Bit for bit as they came, with Range; always a download, never a page."""
    row = await _row(parts, me, media_id)
    return attachment(
        request,
        checked_original(parts.blobs, row),
        media_type=_safe_type(row.mime),
        file_name=row.file_name,
        headers={"Cache-Control": HOUR, "ETag": _tag(row)},
    )


@router.get(
    "/{media_id}/preview/{size}",
    summary="A preview picture",
    dependencies=[requires("media:read")],
    response_class=FileResponse,
    responses=responses(MediaNotFound, PreviewNotFound, ScopeMissing) | {200: {"content": {"image/webp": {}}}},
)
async def read_preview(media_id: UUID, size: Literal["grid", "screen"], me: Me, parts: Parts) -> FileResponse:
    """WebP, upright, no metadata: grid is at most 320 px high, screen at most 1440 px long. Made now if need be."""
    row = await _row(parts, me, media_id)
    path = parts.previews.path(row.sha256, size)
    if row.preview_state == "none":
        raise PreviewNotFound("This file cannot be shown as a picture. The original is kept; download it instead.")
    if row.preview_state == "pending" or not path.exists():
        made = await preview_now(parts.previews, me.user_pk, row, now=parts.now())
        if made is None:
            raise PreviewNotFound("No picture could be made of this file. The original is kept; download it instead.")
        announce_timeline(parts, me.user_pk, made)
    return FileResponse(
        path, media_type="image/webp", headers={"Cache-Control": HOUR, "Content-Security-Policy": "default-src 'none'"}
    )


async def _row(parts: Runtime, me: Caller, media_id: UUID) -> AnyRow:
    async with parts.database.read() as db:
        return await queries.get(db, me.user_pk, media_id)


async def _whole(db: ReadDb, parts: Runtime, me: Caller, media_id: UUID, answer: Response) -> wire.OneMediaFile:
    row = await queries.get(db, me.user_pk, media_id)
    answer.headers["ETag"] = etag(row.version)
    details = media_details(row, media_urls(parts, me))
    shown_by = await queries.memories_showing(db, me.user_pk, row.pk, limit=MOST_MEMORIES)
    return wire.OneMediaFile(**details.model_dump(), memories=list(shown_by))


def media_details(row: AnyRow, url: UrlMaker) -> wire.MediaDetails:
    """The wire form of a row of queries.media."""
    has_preview = row.preview_state != "none"
    return wire.MediaDetails(
        id=row.id,
        sha256=row.sha256.hex(),
        mime=row.mime,
        size_bytes=row.size_bytes,
        file_name=row.file_name,
        storage=row.storage,
        width=row.width,
        height=row.height,
        orientation=row.orientation,
        duration_ms=row.duration_ms,
        camera_make=row.camera_make,
        camera_model=row.camera_model,
        lens=row.lens,
        exposure=row.facts.get("exposure", {}),
        preview_state=row.preview_state,
        preview_reason=row.preview_reason,
        placeholder=base64.b64encode(row.thumbhash).decode() if row.thumbhash else None,
        original=url(row.id, "original", 0),
        grid=url(row.id, "grid", row.preview_version) if has_preview else None,
        screen=url(row.id, "screen", row.preview_version) if has_preview else None,
        trashed_at=row.trashed_at,
    )


def _safe_type(mime: str) -> str:
    is_safe = mime.startswith(SAFE_FAMILIES) and mime not in ACTIVE
    return mime if is_safe or mime == "application/pdf" else "application/octet-stream"


def _tag(row: AnyRow) -> str:
    return f'"{row.sha256.hex()[:32]}"'
