"""One action on many memories, and taking it back."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from timeline_local.api.announcements import announce_timeline
from timeline_local.api.caps import check_caps
from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.repeats import RepeatKey, answered_before, remember_answer
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.domain.query import parse
from timeline_local.exceptions import (
    CollectionIsComputed,
    CollectionNotFound,
    IdempotencyConflict,
    InvalidInput,
    InvalidQuery,
    ScopeMissing,
    TooMuch,
    UndoExpired,
)
from timeline_local.jobs.place_names import WHILE_EDITING, ask_for_names
from timeline_local.jobs.visits import ask_for_visits
from timeline_local.queries import memories as queries
from timeline_local.runtime import Runtime
from timeline_local.schemas import batches as wire
from timeline_local.services import batches, undo

router = APIRouter(tags=["memories"], route_class=StrictRoute)


@router.post(
    "/memories/batch",
    summary="Change many memories at once",
    dependencies=[requires("memories:write")],
    responses=responses(
        CollectionIsComputed,
        CollectionNotFound,
        IdempotencyConflict,
        InvalidInput,
        InvalidQuery,
        ScopeMissing,
        TooMuch,
    ),
)
async def run_batch(asked: wire.Batch, me: Me, parts: Parts, key: RepeatKey = None) -> wire.BatchResult:
    """By ids or by query; a dry run counts and changes nothing. Unknown ids are passed over.

    tag, untag: `tags`. rate, mood: `rating`, `mood`, null takes it away. shift: `shift_s`, on the clocks of where it
    was; dates coarser than a day stay. locate: `lat` and `lon`, `location`, or both. add_people, remove_people:
    `people`. add_to_collection, remove_from_collection: `collection`.
    """
    check_caps(parts.settings.limits, asked)
    given = asked.model_dump(exclude_unset=True, exclude={"ids", "q", "action", "dry_run"})
    if asked.dry_run:
        async with parts.database.snapshot() as db:
            pks = await _named(db, asked, me, parts)
            done = await batches.rehearse(db, me.user_pk, pks, action=asked.action, given=given, now=parts.now())
        return _result(done)
    async with parts.database.write() as db:
        before = await answered_before(db, parts, me, key, asked, what="memories/batch")
        if before is not None:
            return wire.BatchResult(**before)
        pks = await _named(db, asked, me, parts)
        done = await batches.run(db, me.user_pk, pks, action=asked.action, given=given, now=parts.now())
        await remember_answer(db, me, key, _result(done))
    if done.revision is not None:
        announce_timeline(parts, me.user_pk, done.revision)
        if asked.action == "locate":
            await ask_for_names(parts, me.user_pk, after=WHILE_EDITING)
    return _result(done)


@router.post(
    "/undo/{token}",
    summary="Take a change in bulk back",
    dependencies=[requires("memories:write")],
    responses=responses(UndoExpired, ScopeMissing),
)
async def undo_batch(token: UUID, me: Me, parts: Parts) -> wire.Restored:
    """Once, within a day: a bulk edit, or a merge of people or locations. What was purged since stays gone."""
    async with parts.database.write() as db:
        undone = await undo.redeem(db, me.user_pk, token, now=parts.now())
    announce_timeline(parts, me.user_pk, undone.revision)
    await ask_for_visits(parts, me.user_pk)
    if undone.waits:
        parts.wake_jobs.set()
    return wire.Restored(restored=undone.count)


async def _named(db: ReadDb, asked: wire.Batch, me: Caller, parts: Runtime) -> list[int]:
    if asked.ids is not None:
        return await queries.pks_of_ids(db, me.user_pk, asked.ids)
    today = parts.now().astimezone(ZoneInfo(parts.home_zone)).date()
    return await queries.pks_of(db, me.user_pk, parse(asked.q or "", today))


def _result(done: batches.Batched) -> wire.BatchResult:
    return wire.BatchResult(matched=done.matched, changed=done.changed, undo_token=done.token)
