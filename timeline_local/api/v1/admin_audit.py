"""The audit log, for administrators: read it, check it, take it away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from timeline_local.api.dependencies import Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.pages import decode_cursor, encode_cursor
from timeline_local.api.strict import StrictRoute
from timeline_local.exceptions import InvalidCursor, InvalidInput, ScopeMissing
from timeline_local.queries import audit as queries
from timeline_local.schemas.audit import AuditPage, AuditVerification
from timeline_local.schemas.problems import Moment
from timeline_local.services.audit_chain import lines, to_wire, verification_to_wire, verify

router = APIRouter(prefix="/admin/audit", tags=["admin"], route_class=StrictRoute)

NO_ID = bytes(16)


@router.get(
    "",
    summary="List the audit log, newest first",
    responses={200: {"model": AuditPage}, **responses(InvalidCursor, InvalidInput, ScopeMissing)},
    dependencies=[requires("admin")],
)
async def list_audit(
    db: ReadDb,
    action: Annotated[
        str | None,
        Query(
            max_length=64, pattern=r"^[a-z_]+(\.[a-z_]*)?$", description="This action; `api_key.` means all of them."
        ),
    ] = None,
    actor: Annotated[UUID | None, Query(description="Only acts of this user.")] = None,
    since: Annotated[Moment | None, Query(description="Only acts at or after this instant.")] = None,
    until: Annotated[Moment | None, Query(description="Only acts before this instant.")] = None,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Who did what that matters for security. Entries hold ids, counts and roles, never content."""
    below = decode_cursor(cursor)[1] if cursor else None
    wanted = queries.Filter(action=action, actor_id=actor, since=since, until=until)
    rows = await queries.page(db, wanted, below=below, limit=limit + 1)
    more = encode_cursor((0, rows[limit - 1]["seq"], NO_ID)) if len(rows) > limit else None
    return _json({"items": [to_wire(row) for row in rows[:limit]], "next_cursor": more})


@router.get(
    "/verify",
    summary="Check the audit log",
    responses={200: {"model": AuditVerification}, **responses(ScopeMissing)},
    dependencies=[requires("admin")],
)
async def verify_audit(parts: Parts) -> Response:
    """Read every entry and tell each edit, deletion, reordering and truncation."""
    async with parts.database.snapshot() as db:
        found = await verify(db, parts.audit_head)
    return _json(verification_to_wire(found))


@router.get(
    "/export",
    summary="Download the audit log as JSON lines",
    response_class=StreamingResponse,
    responses={
        200: {"description": "One entry a line, oldest first.", "content": {"application/x-ndjson": {}}},
        **responses(ScopeMissing),
    },
    dependencies=[requires("admin")],
)
async def export_audit(parts: Parts) -> StreamingResponse:
    """One entry a line, oldest first, as it is at this moment."""

    async def stream() -> AsyncIterator[bytes]:
        async with parts.database.snapshot() as db:
            async for line in lines(db):
                yield line

    name = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(stream(), media_type="application/x-ndjson", headers=name)


def _json(document: object) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
