"""Exports: asked for, watched, fetched, deleted; and the lines at once, as a stream."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import FileResponse, StreamingResponse

from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.downloads import attachment
from timeline_local.api.errors import responses
from timeline_local.api.pages import decode_cursor, encode_cursor, etag
from timeline_local.api.queries import Search
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.exceptions import (
    DiskFull,
    ExportNotFound,
    IdempotencyConflict,
    InvalidCursor,
    InvalidInput,
    InvalidQuery,
    ScopeMissing,
    WrongState,
)
from timeline_local.queries import exports as queries
from timeline_local.queries.exports import ExportRow
from timeline_local.queries.named import resolved
from timeline_local.runtime import Runtime
from timeline_local.schemas import exports as wire
from timeline_local.services import exports

router = APIRouter(prefix="/exports", tags=["exports"], route_class=StrictRoute)

NDJSON = "application/x-ndjson"
MIMES = {"ndjson": NDJSON, "csv": "text/csv; charset=utf-8", "zip": "application/zip", "markdown": "application/zip"}
PRIVATE = "private, no-store, no-transform"
_READ = requires("exports:read")
_WRITE = requires("exports:write")


@router.post(
    "",
    summary="Ask for an export",
    status_code=202,
    dependencies=[_WRITE],
    response_class=Response,
    responses=responses(DiskFull, IdempotencyConflict, InvalidInput, InvalidQuery, ScopeMissing)
    | {202: {"model": wire.Export}},
)
async def create_export(
    given: wire.NewExport,
    me: Me,
    parts: Parts,
    key: RepeatKey = None,
) -> Response:
    """Written in the background; `GET /events` and the export itself tell how far it is. Kept for some days."""
    free = await asyncio.to_thread(parts.library.free_bytes) - parts.settings.media.reserve_bytes
    async with parts.database.write() as db:
        known = await made_before(db, parts, me, key, given, what="exports")
        if known is not None:
            row = await exports.get(db, me.user_pk, known)
        else:
            row = await exports.ask(db, me, **given.model_dump(), today=_today(parts), now=parts.now(), free_bytes=free)
            await remember(db, me, key, row.id)
    parts.wake_jobs.set()
    return _json(_export(row, parts, me), {"Location": f"/api/v1/exports/{row.id}"}, status=202)


@router.get(
    "",
    summary="Your exports, newest first",
    dependencies=[_READ],
    response_class=Response,
    responses=responses(InvalidCursor, InvalidInput, ScopeMissing) | {200: {"model": wire.Exports}},
)
async def list_exports(
    db: ReadDb,
    parts: Parts,
    me: Me,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Those that can be fetched, are being written, or failed."""
    after = UUID(bytes=decode_cursor(cursor)[2]) if cursor else None
    rows = await queries.page(db, me.user_pk, after=after, limit=limit + 1)
    more = encode_cursor((0, 0, rows[limit - 1].id.bytes)) if len(rows) > limit else None
    return _json({"items": [_export(row, parts, me) for row in rows[:limit]], "next_cursor": more}, {})


@router.get(
    "/stream",
    summary="The memories at once, one a line",
    dependencies=[_READ],
    response_class=StreamingResponse,
    responses=responses(InvalidQuery, ScopeMissing) | {200: {"content": {NDJSON: {}}}},
)
async def stream_memories(search: Search, me: Me, parts: Parts) -> StreamingResponse:
    """As the format `ndjson`, without a job and without a file: the oldest first, none twice."""
    async with parts.database.read() as db:
        query = await resolved(db, me.user_pk, search) if search.terms else None  # a mistake is told, not streamed
    lines = exports.stream(parts.database, me.user_pk, query)
    return StreamingResponse(lines, media_type=NDJSON, headers={"Cache-Control": PRIVATE})


@router.get(
    "/{export_id}",
    summary="One export",
    dependencies=[_READ],
    response_class=Response,
    responses=responses(ExportNotFound, ScopeMissing) | {200: {"model": wire.Export}},
)
async def read_export(export_id: UUID, db: ReadDb, parts: Parts, me: Me) -> Response:
    """State, progress, and where to fetch it."""
    return _json(_export(await exports.get(db, me.user_pk, export_id), parts, me), {})


@router.get(
    "/{export_id}/file",
    summary="The file of an export",
    dependencies=[_READ],
    response_class=FileResponse,
    responses=responses(ExportNotFound, ScopeMissing, WrongState)
    | {
        200: {"content": {mime.partition(";")[0]: {} for mime in MIMES.values()}},
        206: {"description": "The range asked for"},
    },
)
async def fetch_export(export_id: UUID, request: Request, me: Me, parts: Parts) -> FileResponse:
    """With Range, so that a broken download goes on. Its name says what it is, its ETag is its hash."""
    async with parts.database.read() as db:
        row = await exports.get(db, me.user_pk, export_id)
    path = await asyncio.to_thread(exports.finished_path, parts.library, row)
    begins = request.headers.get("range", "bytes=0-").startswith("bytes=0-")
    if begins and request.method == "GET":
        async with parts.database.write() as db:
            await exports.fetched(db, me, row, now=parts.now())
    tag = etag((row.sha256 or b"").hex()[:32])
    return attachment(
        request,
        path,
        media_type=MIMES[row.format],
        file_name=row.file_name or "timeline",
        headers={"Cache-Control": PRIVATE, "ETag": tag},
    )


@router.delete(
    "/{export_id}",
    summary="Delete an export",
    status_code=204,
    dependencies=[_WRITE],
    responses=responses(ExportNotFound, ScopeMissing),
)
async def delete_export(export_id: UUID, me: Me, parts: Parts) -> Response:
    """Its file goes at once; one that is still written is stopped."""
    async with parts.database.write() as db:
        row = await exports.discard(db, me, export_id, now=parts.now())
    await asyncio.to_thread(exports.remove_files, parts.library, row)
    return Response(status_code=204)


def _export(row: ExportRow, parts: Runtime, me: Caller) -> dict[str, object]:
    is_done = row.state == "done"
    return {
        "id": str(row.id),
        "format": row.format,
        "query": row.options.get("query"),
        "account": bool(row.options.get("account")),
        "originals": bool(row.options.get("originals", True)),
        "state": row.state,
        "progress": row.progress,
        "job_id": row.job_id and str(row.job_id),
        "memories": row.counts.get("memories") if is_done else None,
        "missing": row.counts.get("missing", 0),
        "error": row.error and row.error.get("detail"),
        "file": _address(row, parts, me) if is_done else None,
        "file_name": row.file_name,
        "size_bytes": row.size_bytes,
        "sha256": row.sha256 and row.sha256.hex(),
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "expires_at": row.expires_at,
    }


def _address(row: ExportRow, parts: Runtime, me: Caller) -> str:
    """Where to fetch it; signed for a browser, whose downloads send no header."""
    path = f"/api/v1/exports/{row.id}/file"
    if me.session_key is None:
        return path
    return f"{path}?{parts.signer.query(path, me.session_key, parts.now().timestamp())}"


def _json(value: object, headers: dict[str, str], *, status: int = 200) -> Response:
    body = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    plain = {"Cache-Control": "private, no-store", **headers}
    return Response(body, status_code=status, headers=plain, media_type="application/json")


def _today(parts: Runtime) -> date:
    return parts.now().astimezone(ZoneInfo(parts.home_zone)).date()
