"""What memories are to one another."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.pages import decode_cursor, encode_cursor
from timeline_local.api.repeats import RepeatKey, made_before, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.exceptions import (
    IdempotencyConflict,
    InvalidCursor,
    InvalidInput,
    MemoryNotFound,
    RelationNotFound,
    ScopeMissing,
)
from timeline_local.queries import relations as queries
from timeline_local.schemas import relations as wire
from timeline_local.services import relations

router = APIRouter(prefix="/memories/{memory_id}/relations", tags=["memories"], route_class=StrictRoute)

MOST = 500


@router.get(
    "",
    summary="What a memory belongs to, and what belongs to it",
    dependencies=[requires("memories:read")],
    responses=responses(InvalidInput, InvalidCursor, MemoryNotFound, ScopeMissing),
)
async def list_relations(
    memory_id: UUID,
    me: Me,
    db: ReadDb,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> wire.Relations:
    """In both directions, the oldest first; relations to memories in the trash are hidden."""
    behind = None if cursor is None else UUID(bytes=decode_cursor(cursor)[2])
    page = await queries.page(db, me.user_pk, memory_id, cursor=behind, limit=limit)
    following = None if page.next is None else encode_cursor((0, 0, page.next.bytes))
    return wire.Relations(items=[_relation(row) for row in page.items], next_cursor=following)


@router.post(
    "",
    summary="Link a memory to another",
    status_code=201,
    dependencies=[requires("memories:write")],
    responses=responses(InvalidInput, IdempotencyConflict, MemoryNotFound, RelationNotFound, ScopeMissing)
    | {200: {"model": wire.Relation, "description": "They were linked so already."}},
)
async def create_relation(
    memory_id: UUID, given: wire.NewRelation, me: Me, parts: Parts, answer: Response, key: RepeatKey = None
) -> wire.Relation:
    """One of a kind in each direction; `related` is the same both ways. What is there already is answered with 200."""
    changed = None
    async with parts.database.write() as db:
        known = await made_before(db, parts, me, key, given, what=f"relations/{memory_id}")
        if known is None:
            changed = await relations.relate(db, me.user_pk, memory_id, given.to, given.kind, now=parts.now())
            known = changed.id
            await remember(db, me, key, known)
        row = await queries.get(db, me.user_pk, memory_id, known)
    if changed is not None and changed.revision is not None:
        announce_timeline(parts, me.user_pk, changed.revision, changed.days)
    elif changed is not None:
        answer.status_code = 200
    answer.headers["Location"] = f"/api/v1/memories/{memory_id}/relations/{known}"
    return _relation(row)


@router.delete(
    "/{relation_id}",
    summary="Unlink two memories",
    status_code=204,
    dependencies=[requires("memories:write")],
    responses=responses(InvalidInput, MemoryNotFound, RelationNotFound, ScopeMissing),
)
async def delete_relation(memory_id: UUID, relation_id: UUID, me: Me, parts: Parts) -> Response:
    """From either end; both memories stay."""
    async with parts.database.write() as db:
        changed = await relations.unrelate(db, me.user_pk, memory_id, relation_id)
    if changed.revision is not None:
        announce_timeline(parts, me.user_pk, changed.revision, changed.days)
    return Response(status_code=204)


def _relation(row: queries.RelationRow) -> wire.Relation:
    other = wire.Related(id=row.memory_id, kind=row.memory_kind, title=row.title, local_on=row.local_on)
    return wire.Relation(id=row.id, kind=row.kind, direction=row.direction, memory=other, created_at=row.created_at)
