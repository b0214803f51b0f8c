"""Imports: plan, start, pause, cancel, undo; the verdict on every item."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.pages import decode_cursor, encode_cursor
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.api.uploads import FILE, read_parts
from timeline_local.core.security import Caller
from timeline_local.domain.snippets import snippet
from timeline_local.exceptions import (
    BodyTooLarge,
    DiskFull,
    FolderNotAllowed,
    FolderNotFound,
    IdempotencyConflict,
    ImportNotFound,
    InvalidCursor,
    InvalidInput,
    MalformedRequest,
    NotAllowed,
    ScopeMissing,
    TooMuch,
    UndoExpired,
    UnsupportedContentType,
    WrongState,
)
from timeline_local.queries import imports as queries
from timeline_local.queries.imports import AnyRow, ImportRow
from timeline_local.runtime import Runtime
from timeline_local.schemas import imports as wire
from timeline_local.services import imports as services
from timeline_local.services import staging
from timeline_local.services.export_rows import csv_line, csv_mark
from timeline_local.services.folders import check_may_read_disk
from timeline_local.services.import_work import told_of

router = APIRouter(prefix="/imports", tags=["imports"], route_class=StrictRoute)

Cursor = Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=500)]
_REPORTS = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
TITLE_CHARACTERS = 120
_COLUMNS = (
    *("path", "source", "title", "verdict", "state", "reason", "detail"),
    *("kind", "local_at", "time_basis", "size_bytes", "memory_id"),
)
_READ = requires("imports:read")
_WRITE = requires("imports:write")


@router.post(
    "",
    status_code=201,
    summary="Plan an import",
    dependencies=[_WRITE],
    responses={
        201: {"model": wire.ImportOut},
        **responses(
            FolderNotFound,
            FolderNotAllowed,
            IdempotencyConflict,
            InvalidInput,
            MalformedRequest,
            NotAllowed,
            ScopeMissing,
        ),
    },
)
async def create_import(body: wire.ImportIn, parts: Parts, me: Me, key: RepeatKey = None) -> Response:
    """What lies on this computer is scanned at once; nothing is imported before `start`. Files of an upload follow.

    Archives are read in place. The parts of one export become one: give the folder they lie in, or all of them.
    """
    options = services.checked_options(body.options.chosen())
    place = parts.library.incoming / "imports"
    paths, ended = list[Path](), list[Path]()
    if not body.upload:
        check_may_read_disk(me)
        paths = await asyncio.to_thread(services.check_paths, body.paths or [body.path or ""], parts.settings)
    async with parts.database.write() as db:
        known = await made_before(db, parts, me, key, body, what="imports")
        if known is not None:
            row = await services.get(db, me.user_pk, known)
        elif paths:
            row = await services.create(db, me.user_pk, paths=paths, options=options, now=parts.now())
        else:
            label = body.name or "Dropped files"
            row = await services.create_upload(
                db, me.user_pk, staging=place, label=label, options=options, now=parts.now()
            )
            ended = await services.sweep_staging(db, me.user_pk, place)
        await remember(db, me, key, row.id)
    await asyncio.to_thread(staging.remove, ended)
    return _told(parts, me, row, status=201)


@router.get(
    "",
    summary="Your imports, newest first",
    dependencies=[_READ],
    responses={200: {"model": wire.ImportPage}, **responses(InvalidCursor, ScopeMissing)},
)
async def list_imports(db: ReadDb, parts: Parts, me: Me, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """Every run, also those that were cancelled or undone."""
    after = UUID(bytes=decode_cursor(cursor)[2]) if cursor else None
    rows = await queries.page(db, me.user_pk, after=after, limit=limit + 1)
    more = encode_cursor((0, 0, rows[limit - 1].id.bytes)) if len(rows) > limit else None
    free = await asyncio.to_thread(parts.library.free_bytes)
    items = [import_json(row, free_bytes=free, reserve=parts.settings.media.reserve_bytes) for row in rows[:limit]]
    return _json({"items": items, "next_cursor": more})


@router.get(
    "/{import_id}",
    summary="One import",
    dependencies=[_READ],
    responses={200: {"model": wire.ImportOut}, **responses(ImportNotFound, ScopeMissing)},
)
async def get_import(import_id: UUID, db: ReadDb, parts: Parts, me: Me) -> Response:
    """State, plan, counts and progress; `GET /events` tells them as they change."""
    return await _answer(parts, await services.get(db, me.user_pk, import_id))


@router.get(
    "/{import_id}/items",
    summary="What was found, and what becomes of it",
    dependencies=[_READ],
    responses={200: {"model": wire.ItemPage}, **responses(ImportNotFound, InvalidCursor, ScopeMissing)},
)
async def list_items(
    import_id: UUID,
    db: ReadDb,
    me: Me,
    verdict: Annotated[wire.Verdict | None, Query(description="Only items with this verdict.")] = None,
    attention: Annotated[wire.Point | None, Query(description="Only items behind this point of the plan.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """In the order in which they were found."""
    row = await services.get(db, me.user_pk, import_id)
    after = UUID(bytes=decode_cursor(cursor)[2]) if cursor else None
    rows = await queries.items_page(
        db, me.user_pk, row.pk, verdict=verdict, attention=attention, after=after, limit=limit + 1
    )
    more = encode_cursor((0, 0, rows[limit - 1].id.bytes)) if len(rows) > limit else None
    return _json({"items": [item_json(each) for each in rows[:limit]], "next_cursor": more})


@router.get(
    "/{import_id}/report",
    summary="All items, as NDJSON or as a table",
    dependencies=[_READ],
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/x-ndjson": {}, "text/csv": {}}, "description": "One item a line"},
        **responses(ImportNotFound, ScopeMissing),
    },
)
async def report(
    import_id: UUID,
    parts: Parts,
    me: Me,
    format_: Annotated[
        Literal["ndjson", "csv"], Query(alias="format", description="csv: a table for spreadsheets.")
    ] = "ndjson",
) -> StreamingResponse:
    """To keep or to search: every item with its verdict and reason."""
    async with parts.database.read() as db:
        row = await services.get(db, me.user_pk, import_id)

    async def lines() -> AsyncIterator[bytes]:
        if format_ == "csv":
            yield csv_mark(_COLUMNS)
        async with parts.database.read() as db:
            async for item in queries.all_items(db, me.user_pk, row.pk):
                told = item_json(item)
                yield _table_line(told) if format_ == "csv" else orjson.dumps(told) + b"\n"

    name = f'attachment; filename="import-{import_id}.{format_}"'
    return StreamingResponse(lines(), media_type=_REPORTS[format_], headers={"Content-Disposition": name})


@router.post(
    "/{import_id}/files",
    status_code=201,
    summary="Send a file of an upload",
    dependencies=[_WRITE],
    responses={
        201: {"model": wire.ReceivedOut},
        **responses(
            ImportNotFound,
            WrongState,
            BodyTooLarge,
            TooMuch,
            DiskFull,
            InvalidInput,
            MalformedRequest,
            UnsupportedContentType,
            ScopeMissing,
        ),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": FILE,
                            "path": {"type": "string", "description": "Its path below what was dropped."},
                            "modified": {"type": "string", "description": "When it was last changed (ISO 8601)."},
                        },
                    }
                }
            },
        }
    },
)
async def send_file(import_id: UUID, request: Request, parts: Parts, me: Me) -> Response:
    """One file each time, streamed to the disk. `path` and `modified` are optional fields beside it."""
    async with parts.database.read() as db:
        row = await services.get(db, me.user_pk, import_id)
    if not row.is_upload or row.state != "receiving":
        raise WrongState(f"The import is {row.state}: it takes no files. Nothing was kept.")
    kept = await _receive(request, Path(row.path), parts)
    return _json(kept, status=201)


@router.post(
    "/{import_id}/scan",
    summary="All files are sent: plan the import",
    dependencies=[_WRITE],
    responses={200: {"model": wire.ImportOut}, **responses(ImportNotFound, WrongState, ScopeMissing)},
)
async def scan_import(import_id: UUID, parts: Parts, me: Me) -> Response:
    """For uploads; a folder is scanned without being asked."""
    async with parts.database.write() as db:
        row = await services.scan(db, me.user_pk, import_id, now=parts.now())
    return _told(parts, me, row)


@router.post(
    "/{import_id}/start",
    summary="Carry out the plan",
    dependencies=[_WRITE],
    responses={
        200: {"model": wire.ImportOut},
        **responses(ImportNotFound, WrongState, DiskFull, InvalidInput, ScopeMissing),
    },
)
async def start_import(import_id: UUID, parts: Parts, me: Me, body: wire.StartIn | None = None) -> Response:
    """Options sent here replace those given before."""
    free = await asyncio.to_thread(parts.library.free_bytes)
    async with parts.database.write() as db:
        row = await services.start(
            db,
            me.user_pk,
            import_id,
            options=services.checked_options(body.options.chosen()) if body else {},
            free_bytes=free,
            settings=parts.settings,
            now=parts.now(),
        )
    return _told(parts, me, row)


@router.post(
    "/{import_id}/pause",
    summary="Pause",
    dependencies=[_WRITE],
    responses={200: {"model": wire.ImportOut}, **responses(ImportNotFound, WrongState, ScopeMissing)},
)
async def pause_import(import_id: UUID, parts: Parts, me: Me) -> Response:
    """Takes effect when the batch it is at has ended."""
    async with parts.database.write() as db:
        row = await services.pause(db, me.user_pk, import_id, now=parts.now())
    return _told(parts, me, row)


@router.post(
    "/{import_id}/resume",
    summary="Go on",
    dependencies=[_WRITE],
    responses={200: {"model": wire.ImportOut}, **responses(ImportNotFound, WrongState, ScopeMissing)},
)
async def resume_import(import_id: UUID, parts: Parts, me: Me) -> Response:
    """Goes on where it was paused or failed."""
    async with parts.database.write() as db:
        row = await services.resume(db, me.user_pk, import_id, now=parts.now())
    return _told(parts, me, row)


@router.post(
    "/{import_id}/cancel",
    summary="Cancel",
    dependencies=[_WRITE],
    responses={200: {"model": wire.ImportOut}, **responses(ImportNotFound, WrongState, ScopeMissing)},
)
async def cancel_import(import_id: UUID, parts: Parts, me: Me, body: wire.CancelIn | None = None) -> Response:
    """What it added so far stays, unless `keep` is false."""
    async with parts.database.write() as db:
        row = await services.cancel(
            db,
            me.user_pk,
            import_id,
            keep=body.keep if body else True,
            settings=parts.settings,
            now=parts.now(),
        )
    await services.drop_staging(row)
    return _told(parts, me, row)


@router.post(
    "/{import_id}/undo",
    summary="Take back what the import did",
    dependencies=[_WRITE],
    responses={200: {"model": wire.ImportOut}, **responses(ImportNotFound, WrongState, UndoExpired, ScopeMissing)},
)
async def undo_import(import_id: UUID, parts: Parts, me: Me, body: wire.UndoIn | None = None) -> Response:
    """Memories it made go, those it changed get back what they were. What you edited since stays, unless forced."""
    async with parts.database.write() as db:
        row = await services.undo(db, me.user_pk, import_id, force=body.force if body else False, now=parts.now())
    return _told(parts, me, row)


# --- shapes --------------------------------------------------------------------------


def import_json(row: ImportRow, *, free_bytes: int, reserve: int) -> dict[str, Any]:
    """An import as the wire shows it."""
    plan = None
    if row.plan is not None:
        needed = services.copied_bytes(row.plan, row.options.get("mode", "copy"))
        by_source = row.plan.get("by_source", {})
        plan = {
            "bytes_packed": 0,
            **row.plan,
            "by_source": {name: {"title": source_title(name), **counts} for name, counts in by_source.items()},
            "free_bytes": free_bytes,
            "fits": not needed or needed + reserve <= free_bytes,
        }
    return {
        "id": str(row.id),
        "state": row.state,
        "source": row.source,
        "label": row.label,
        "path": None if row.is_upload or len(row.paths) > 1 else row.path,
        "paths": [] if row.is_upload else row.paths,
        "options": row.options,
        "job_id": _text(row.job_id),
        "plan": plan,
        "counts": row.counts,
        "progress": row.progress,
        "error": row.error,
        "created_at": _instant(row.created_at),
        "started_at": _instant(row.started_at),
        "finished_at": _instant(row.finished_at),
        "undoable_until": _instant(row.undoable_until),
    }


@lru_cache
def source_title(name: str) -> str:
    """What a source is called; one that is no more by its name."""
    from timeline_local.importers.registry import NOBODY, SOURCES  # noqa: PLC0415 - a start need not load them

    titles = {source.name: source.title for source in SOURCES} | {NOBODY: "Folders and archives"}
    return titles.get(name, name)


def item_json(row: AnyRow) -> dict[str, Any]:
    """An item as the wire shows it."""
    source, called = told_of(row.draft) if row.memory_id is None else (row.source, row.title or row.body or "")
    return {
        "id": str(row.id),
        "path": row.path,
        "source": source,
        "title": snippet(called, TITLE_CHARACTERS).split("\n")[0] or None,
        "kind": row.kind,
        "verdict": row.verdict,
        "state": row.state,
        "reason": {"slug": row.reason_slug, "detail": row.reason_detail} if row.reason_slug else None,
        "local_at": row.local_at.isoformat() if row.local_at else None,
        "time_basis": row.time_basis,
        "memory_id": _text(row.memory_id),
        "size_bytes": row.size_bytes,
    }


def _table_line(item: dict[str, Any]) -> bytes:
    reason = item["reason"] or {"slug": None, "detail": None}
    told = {**item, "reason": reason["slug"], "detail": reason["detail"]}
    return csv_line([told[name] for name in _COLUMNS])


async def _receive(request: Request, folder: Path, parts: Runtime) -> dict[str, Any]:
    received: list[tuple[Path, str]] = []
    fields = {"path": "", "modified": ""}
    try:
        async for part in read_parts(request):
            if part.name == "file" and not received:
                kept = await staging.receive(
                    folder,
                    part.chunks(),
                    max_bytes=parts.settings.media.max_upload_bytes,
                    most_files=parts.settings.imports.upload_files,
                    reserve_bytes=parts.settings.media.reserve_bytes,
                )
                received.append((kept, part.file_name or ""))
            elif part.name in fields:
                fields[part.name] = (await part.read(8192)).decode("utf-8", "replace")
        path, name = _only(received)
        modified = _modified(fields["modified"])
        safe, size = await asyncio.to_thread(staging.settle, folder, path, fields["path"] or name, modified)
    except BaseException:
        for path, _ in received:
            path.unlink(missing_ok=True)
        raise
    return {"path": safe, "size_bytes": size}


def _only(received: list[tuple[Path, str]]) -> tuple[Path, str]:
    if not received:
        raise MalformedRequest("The form has no field named `file`. Nothing was kept.")
    return received[0]


def _modified(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("`modified` is not a date such as 2019-06-14T15:04:05Z. Nothing was kept.") from None


def _told(parts: Runtime, me: Caller, row: ImportRow, *, status: int = 200) -> Response:
    """Wake the jobs, tell open pages, answer: after the commit."""
    parts.wake_jobs.set()
    parts.changes.publish(me.user_pk, "import", {"id": str(row.id), "state": row.state, "progress": row.progress})
    return _import(parts, row, parts.library.free_bytes(), status=status)


async def _answer(parts: Runtime, row: ImportRow) -> Response:
    return _import(parts, row, await asyncio.to_thread(parts.library.free_bytes), status=200)


def _import(parts: Runtime, row: ImportRow, free: int, *, status: int) -> Response:
    return _json(import_json(row, free_bytes=free, reserve=parts.settings.media.reserve_bytes), status=status)


def _json(document: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status_code=status, media_type="application/json")


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
