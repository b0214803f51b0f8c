"""From planned items to rows: their memories, and the state of the items, in the transaction of the caller.

Imports and what programs send to `POST /ingest` are written by the same words, so undo understands both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import ImportItem
from timeline_local.queries import imports
from timeline_local.queries.imports import ImportRow
from timeline_local.queries.locked_notes import locked_among
from timeline_local.services import reimport
from timeline_local.services.import_items import RunItem
from timeline_local.services.import_rows import surroundings, weigh_plans
from timeline_local.services.import_verdicts import Known, twice
from timeline_local.services.import_work import AsidePlan, Plan, Writing, unpack_plan
from timeline_local.services.ingest import Surroundings, Weighed, content_of, when_of, zoned
from timeline_local.services.memory_content import MemoryContent
from timeline_local.services.memory_writes import Written, insert_memories
from timeline_local.services.nearby import Zoned

AHEAD = 1000  # planned items that are looked at before their turn
AHEAD_BYTES = 4_000_000  # of their plans
ANY_SIZE = 1 << 62  # of their originals, which are not opened
_COMING = "coming"


async def write_memories(
    db: AsyncConnection, work: Writing, row: ImportRow, items: list[RunItem[Plan]], media: Mapping[bytes, int]
) -> dict[int, MemoryContent]:
    """Write what is new or changed; the contents by id(item)."""
    wanted = {id(item): item.plan for item in items if item.verdict in ("new", "changed")}
    weighed = await weigh_plans(db, work, row, wanted, await _coming(db, work, row, items) if wanted else ())
    contents = _contents(work, row, items, media, weighed)
    added = [item for item in items if item.verdict == "new"]
    written = await insert_memories(
        db, work.owner_pk, [contents[id(item)] for item in added], import_pk=work.import_pk, now=work.now()
    )
    await _settle(db, work, added, written, contents, items)
    return contents


async def _coming(
    db: AsyncConnection, work: Writing, row: ImportRow, items: Sequence[RunItem[Plan]]
) -> Sequence[Zoned]:
    """What the items planned after these tell of zones: the picture that knows it may be the last one of its day.

    Each is read once; what is known stays with the work.
    """
    known: dict[int, Zoned | None] = work.memo.setdefault(_COMING, {})
    last = max(item.row.pk for item in items)
    for pk in [each for each in known if each <= last]:
        del known[pk]
    if len(known) < AHEAD // 2:
        rows = await imports.planned(
            db,
            work.owner_pk,
            work.import_pk,
            after=max(known, default=last),
            limit=AHEAD - len(known),
            most_bytes=AHEAD_BYTES,
            most_in_files=ANY_SIZE,
        )
        around = surroundings(work, row)
        known.update((each.pk, _zoned(each, around)) for each in rows)
    return [each for each in known.values() if each is not None]


def _zoned(row: imports.AnyRow, around: Surroundings) -> Zoned | None:
    try:
        plan = unpack_plan(row.draft)
    except (ValueError, KeyError, TypeError):
        return None  # told when its turn comes
    if not isinstance(plan, Plan):
        return None
    return zoned(plan.draft, plan.files, when_of(plan.draft, plan.files, around))


def settle_twins(items: list[RunItem[Plan]]) -> None:
    """Find equals within one batch, of which the database cannot see the first yet."""
    seen: dict[bytes, RunItem[Plan]] = {}
    for item in items:
        known = _known(item)
        hashes = {known.content, *known.primary}
        first = next((seen[each] for each in hashes if each in seen), None)
        if known.verdict == "new" and first is not None:
            item.twin = first
            item.known = twice(item.plan.draft, known)
        for each in hashes:
            seen.setdefault(each, item)


def _contents(
    work: Writing,
    row: ImportRow,
    items: list[RunItem[Plan]],
    media: Mapping[bytes, int],
    weighed: Mapping[int, Weighed],
) -> dict[int, MemoryContent]:
    """What the new and changed items are to hold, by id(item)."""
    around = surroundings(work, row)
    return {
        id(item): content_of(
            item.plan.draft,
            item.plan.files,
            source=item.plan.source,
            source_key=_known(item).key,
            media=media,
            around=around,
            weighed=weighed[id(item)],
            said=_known(item).content,
        )
        for item in items
        if item.verdict in ("new", "changed") and not _known(item).keeps_content
    }


async def _settle(
    db: AsyncConnection,
    work: Writing,
    added: list[RunItem[Plan]],
    written: list[Written],
    contents: dict[int, MemoryContent],
    items: list[RunItem[Plan]],
) -> None:
    for item, each in zip(added, written, strict=True):
        item.memory_pk = each.pk
    for item in items:
        known = _known(item)
        if known.keeps_content or item.verdict == "same":
            item.memory_pk = known.memory_pk if item.twin is None else item.twin.memory_pk
        elif item.verdict == "changed" and known.memory_pk is not None:
            item.memory_pk = known.memory_pk
            item.before = await reimport.replace_content(
                db, work.owner_pk, item.memory_pk, contents[id(item)], import_pk=work.import_pk, now=work.now()
            )


def _known(item: RunItem[Plan]) -> Known:
    assert item.known is not None  # noqa: S101 - set by _know
    return item.known


async def mark(db: AsyncConnection, work: Writing, items: Sequence[RunItem[Plan] | RunItem[AsidePlan]]) -> None:
    """Note on the planned rows of these items what became of them."""
    statement = (
        update(ImportItem)
        .where(ImportItem.pk == bindparam("item_pk"), ImportItem.state == "planned")
        .values(
            state="done",
            verdict=bindparam("to_verdict"),
            reason_slug=bindparam("to_slug"),
            reason_detail=bindparam("to_detail"),
            memory_pk=bindparam("to_memory"),
            before=bindparam("to_before"),
            draft=bindparam("to_draft"),
            updated_at=work.now(),
        )
    )
    await db.execute(statement, [item.marks() for item in items])
    # What was planned as new may have come by another import since, and been locked.
    locked = await locked_among(db, work.owner_pk, {item.memory_pk for item in items if item.memory_pk is not None})
    if locked:
        theirs = (ImportItem.owner_pk == work.owner_pk, ImportItem.memory_pk.in_(locked))
        await db.execute(update(ImportItem).where(*theirs, ImportItem.raw.is_not(None)).values(raw=None))
