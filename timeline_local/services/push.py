"""What programs and devices send by themselves: written at once, in the words of an import, and undone like one.

What one account of a source sends within a day is one import. Its items are compared like those of a folder, so sending
again adds nothing, and what its owner edited or deleted stays so. An import holds an item once, because undo takes back
each item once: what is changed again opens the next import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import Draft
from timeline_local.domain.times import day_number
from timeline_local.models import Import
from timeline_local.queries import imports as queries
from timeline_local.queries.dialect import hold_sending
from timeline_local.queries.imports import ImportRow
from timeline_local.services import import_parts, imports, positions, relation_refs, revision
from timeline_local.services.import_asides import POSITIONS
from timeline_local.services.import_items import RunItem
from timeline_local.services.import_rows import Candidate, insert_rows, planned_row, sent_positions_row, weigh_plans
from timeline_local.services.import_verdicts import Known, compare
from timeline_local.services.import_work import Plan, Writing, fingerprint
from timeline_local.services.import_writing import mark, settle_twins, write_memories
from timeline_local.services.memory_content import MemoryContent
from timeline_local.services.positions import Track
from timeline_local.services.user_time import Bearings

ONE_IMPORT = timedelta(days=1)
_WRITTEN = ("new", "changed")
_ALL = 2**31 - 1  # bytes of plans: what one request sends was held at once before

Settled: TypeAlias = tuple[Known, int | None]
"""What became of a draft, and the key of its memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came in one request. The keys of drafts are unique; label: what its import is called."""

    source: str
    account: str = ""
    label: str
    drafts: Sequence[Draft] = ()
    tracks: Sequence[Track] = ()

    @property
    def path(self) -> str:
        """What its imports are found under, where others have their folder; no path of a disk looks like it."""
        return f"push:{self.source}:{self.account}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one draft; memory_id: the memory it is, if there is one."""

    verdict: str
    memory_id: UUID | None = None
    slug: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """verdicts in the order of the drafts; positions: how many of each track were new.

    import_id  None if nothing was written.   revision: None if the timeline is as it was.
    days       day numbers that changed; empty means any.
    """

    verdicts: tuple[Verdict, ...] = ()
    positions: tuple[int, ...] = ()
    import_id: UUID | None = None
    revision: int | None = None
    days: tuple[int, ...] = ()


@dataclass(slots=True)
class _Desk:
    """An open import and what is being written into it."""

    work: Writing
    row: ImportRow
    plans: list[Plan]
    known: list[Known]
    added: list[int] = field(default_factory=list)
    contents: Mapping[int, MemoryContent] = field(default_factory=dict)

    @property
    def wanted(self) -> list[int]:
        """Which plans are to be written."""
        return [at for at, known in enumerate(self.known) if known.verdict in _WRITTEN]

    @property
    def days(self) -> tuple[int, ...]:
        """The day numbers of what is new; none where something changed, which may have stood on another day."""
        if any(self.known[at].verdict != "new" for at in self.wanted):
            return ()
        days = {content.moment.local_on for content in self.contents.values()}
        return tuple(sorted(day_number(day) for day in days if day is not None)) if None not in days else ()


async def take(db: AsyncConnection, owner_pk: int, sent: Sent, bearings: Bearings, *, undo_days: int) -> Taken:
    """Write what is new or changed. Nothing else may have been written in this transaction: it begins with a lock.

    Cost: some thirty statements, however much was sent.
    """
    await hold_sending(db, owner_pk)
    newest = await queries.open_sent(db, owner_pk, path=sent.path, since=bearings.now - ONE_IMPORT)
    import_pk = newest or await _open(db, owner_pk, sent, bearings, undo_days=undo_days)
    desk = await _compare(db, owner_pk, sent, bearings, import_pk)
    keys = [desk.plans[at].draft.source_key for at in desk.wanted]
    if newest is not None and keys and await queries.known_keys(db, owner_pk, newest, keys=keys):
        import_pk = await _open(db, owner_pk, sent, bearings, undo_days=undo_days)
        desk = await _compare(db, owner_pk, sent, bearings, import_pk)
    settled = await _write(db, owner_pk, desk)
    desk.added = await positions.add(
        db, owner_pk, sent.tracks, source=sent.source, import_pk=import_pk, now=bearings.now
    )
    if not (desk.wanted or any(desk.added)):
        await imports.forget_unused(db, owner_pk, import_pk)
        return Taken(verdicts=await _told(db, owner_pk, settled), positions=tuple(desk.added))
    devices = await _note_positions(db, desk, sent.tracks)
    written = [settled[at][0] for at in desk.wanted]
    await _count(db, desk, written, devices, until=bearings.now + timedelta(days=undo_days))
    revised = await revision.bump(db, owner_pk) if desk.wanted else None
    return Taken(
        verdicts=await _told(db, owner_pk, settled),
        positions=tuple(desk.added),
        import_id=desk.row.id,
        revision=revised,
        days=desk.days,
    )


async def _open(db: AsyncConnection, owner_pk: int, sent: Sent, bearings: Bearings, *, undo_days: int) -> int:
    until = bearings.now + timedelta(days=undo_days)
    return await imports.create_sent(
        db, owner_pk, source=sent.source, path=sent.path, label=sent.label, undoable_until=until, now=bearings.now
    )


async def _compare(db: AsyncConnection, owner_pk: int, sent: Sent, bearings: Bearings, import_pk: int) -> _Desk:
    work = Writing(
        zone_of=bearings.zone_of,
        home_zone=bearings.home_zone,
        now=lambda: bearings.now,
        owner_pk=owner_pk,
        import_pk=import_pk,
        memo={"home_zone": bearings.home_zone},
    )
    row = await queries.by_pk(db, owner_pk, import_pk)
    plans = [Plan(sent.source, draft, ()) for draft in sent.drafts]
    return _Desk(work, row, plans, await compare(db, owner_pk, row, plans) if plans else [])


async def _write(db: AsyncConnection, owner_pk: int, desk: _Desk) -> list[Settled]:
    """The verdict on every draft and the key of its memory."""
    work, row = desk.work, desk.row
    wanted = {at: desk.plans[at] for at in desk.wanted}
    if not wanted:
        return [(known, known.memory_pk) for known in desk.known]
    weighed = await weigh_plans(db, work, row, wanted)
    planned: dict[str, dict[str, Any]] = {}
    for at, plan in wanted.items():
        head = fingerprint(plan.source, plan.draft, {})
        candidate = Candidate(plan.source, plan.draft, plan.draft.source_key, head)
        planned[candidate.key] = planned_row(work, candidate, desk.known[at], weighed[at]).values
    await insert_rows(db, list(planned.values()))
    rows = await queries.planned(db, owner_pk, work.import_pk, limit=len(planned), most_bytes=_ALL, most_in_files=_ALL)
    keyed = {each.source_key: each for each in rows}
    items = {at: RunItem(keyed[plan.draft.source_key], plan, known=desk.known[at]) for at, plan in wanted.items()}
    settle_twins(list(items.values()))
    desk.contents = await write_memories(db, work, row, list(items.values()), {})
    await import_parts.write(db, work, row, list(items.values()), desk.contents, {})
    await mark(db, work, list(items.values()))
    while await relation_refs.resolve(db, owner_pk, import_pk=work.import_pk, now=work.now()):
        pass
    return [
        (items[at].known or known, items[at].memory_pk) if at in items else (known, known.memory_pk)
        for at, known in enumerate(desk.known)
    ]


async def _note_positions(db: AsyncConnection, desk: _Desk, tracks: Sequence[Track]) -> int:
    """One item of the import for each device, however often it sends; how many are new."""
    keys = {f"{POSITIONS}:{track.device}" for track, count in zip(tracks, desk.added, strict=True) if count}
    known = await queries.known_keys(db, desk.work.owner_pk, desk.work.import_pk, keys=keys) if keys else set()
    rows = [sent_positions_row(desk.work, key).values for key in sorted(keys - known)]
    await insert_rows(db, rows)
    return len(rows)


async def _count(db: AsyncConnection, desk: _Desk, written: Sequence[Known], devices: int, *, until: datetime) -> None:
    """Keep the totals of the import, and the time in which it can be undone, up to date."""
    counts = dict(desk.row.counts)
    for known in written:
        counts[known.verdict] += 1
    counts["new"] += devices
    now = desk.work.now()
    mine = update(Import).where(Import.owner_pk == desk.work.owner_pk, Import.pk == desk.work.import_pk)
    await db.execute(mine.values(counts=counts, finished_at=now, undoable_until=until, updated_at=now))


async def _told(db: AsyncConnection, owner_pk: int, settled: Sequence[Settled]) -> tuple[Verdict, ...]:
    pks = {pk for _, pk in settled if pk is not None}
    ids = await queries.memory_ids(db, owner_pk, memory_pks=pks) if pks else {}
    return tuple(
        Verdict(known.verdict, None if pk is None else ids.get(pk), known.slug, known.detail) for known, pk in settled
    )
