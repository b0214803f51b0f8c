"""Tags: they come with the memories they are put on; here they are listed, renamed, joined and deleted."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from fastapi import APIRouter, Response

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.expected import expected_version
from timeline_local.api.pages import IfMatch, etag
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.exceptions import InvalidInput, ScopeMissing, TagNameTaken, TagNotFound, VersionConflict
from timeline_local.queries import tags as queries
from timeline_local.runtime import Runtime
from timeline_local.schemas import tags as wire
from timeline_local.services import tag_edits

router = APIRouter(prefix="/tags", tags=["tags"], route_class=StrictRoute)


@router.get("", summary="Your tags", dependencies=[requires("memories:read")], responses=responses(ScopeMissing))
async def list_tags(me: Me, db: ReadDb) -> wire.Tags:
    """By name, each with the number of memories outside the trash that carry it."""
    return wire.Tags(
        items=[
            wire.TagCount(id=tag.id, name=tag.name, memories=tag.memories)
            for tag in await queries.tag_counts(db, me.user_pk)
        ]
    )


@router.get(
    "/{tag_id}",
    summary="One tag",
    dependencies=[requires("memories:read")],
    responses=responses(ScopeMissing, TagNotFound),
)
async def read_tag(tag_id: UUID, me: Me, db: ReadDb, answer: Response) -> wire.Tag:
    """With its version, which is its ETag too."""
    return _answer(await queries.get(db, me.user_pk, tag_id), answer)


@router.patch(
    "/{tag_id}",
    summary="Rename a tag, or join it with another",
    dependencies=[requires("memories:write")],
    responses=responses(InvalidInput, ScopeMissing, TagNameTaken, TagNotFound, VersionConflict),
)
async def edit_tag(
    tag_id: UUID, given: wire.TagPatch, me: Me, parts: Parts, answer: Response, expected: IfMatch = None
) -> wire.Tag:
    """On every memory that carries it. With `join`, a tag of that name takes them over, and is the answer."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "tag", tag_id, expected)
        changed = await tag_edits.rename(
            db, me.user_pk, tag_id, given.name, joins=given.join, expected_version=version, now=parts.now()
        )
        tag = await queries.get(db, me.user_pk, changed.id)
    _announce(parts, me, changed)
    return _answer(tag, answer)


@router.delete(
    "/{tag_id}",
    summary="Take a tag off every memory",
    status_code=204,
    dependencies=[requires("memories:write")],
    responses=responses(InvalidInput, ScopeMissing, TagNotFound, VersionConflict),
)
async def delete_tag(tag_id: UUID, me: Me, parts: Parts, expected: IfMatch = None) -> Response:
    """The memories stay. No import puts it on them again."""
    async with parts.database.write() as db:
        version = await expected_version(db, me, "tag", tag_id, expected)
        changed = await tag_edits.remove(db, me.user_pk, tag_id, expected_version=version, now=parts.now())
    _announce(parts, me, changed)
    return Response(status_code=204)


def _announce(parts: Runtime, me: Caller, changed: tag_edits.Changed) -> None:
    announce_timeline(parts, me.user_pk, changed.revision)
    if changed.waits:
        parts.wake_jobs.set()


def _answer(tag: queries.OneTag, answer: Response) -> wire.Tag:
    answer.headers["ETag"] = etag(tag.version)
    return wire.Tag(**asdict(tag))
