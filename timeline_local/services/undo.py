"""Taking a change in bulk back: what it did is kept under a token for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.ids import new_id
from timeline_local.exceptions import UndoExpired
from timeline_local.models import Memory, MemoryTag, Undo
from timeline_local.services import batch_fields, batch_links, flags, location_merge, person_merge, positions, trash
from timeline_local.services.derived import refresh_derived
from timeline_local.services.revision import bump
from timeline_local.services.tags import link_tags

KEPT = timedelta(days=1)
CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Undone:
    """count: memories put back as they were, people or locations that are themselves again, positions.

    waits  a job was put in line; wake the runner after the commit.
    """

    count: int
    revision: int
    waits: bool = False


async def keep(db: AsyncConnection, owner_pk: int, *, action: str, data: Mapping[str, Any], now: datetime) -> UUID:
    """Keep what an action did; the token that takes it back. Expired ones go at the same time."""
    await db.execute(delete(Undo).where(Undo.owner_pk == owner_pk, Undo.expires_at < now))
    token = new_id()
    await db.execute(
        insert(Undo).values(
            id=token,
            owner_pk=owner_pk,
            created_at=now,
            updated_at=now,
            version=1,
            action=action,
            data=dict(data),
            expires_at=now + KEPT,
        )
    )
    return token


async def redeem(db: AsyncConnection, owner_pk: int, token: UUID, *, now: datetime) -> Undone:
    """Take the change back, once. Memories purged since stay gone. Raises UndoExpired."""
    row = (
        await db.execute(
            delete(Undo)
            .where(Undo.owner_pk == owner_pk, Undo.id == token)
            .returning(Undo.action, Undo.data, Undo.expires_at)
        )
    ).one_or_none()
    if row is None or row.expires_at < now:
        raise UndoExpired("This change was undone already, or more than a day ago. Nothing was changed.")
    if row.action == person_merge.ACTION:
        apart = await person_merge.undo_merge(db, owner_pk, row.data, now=now)
        return Undone(len(apart.people), apart.changed.revision, apart.changed.waits)
    if row.action == location_merge.ACTION:
        back = await location_merge.undo_merge(db, owner_pk, row.data, now=now)
        return Undone(back.count, back.revision, back.waits)
    if row.action == positions.ACTION:
        erased = [UUID(each) for each in row.data["erasures"]]
        return Undone(await positions.show_again(db, owner_pk, erased), await bump(db, owner_pk))
    if row.action in batch_fields.ACTIONS | batch_links.ACTIONS:
        return Undone(await _undo_fields(db, owner_pk, row.action, row.data, now=now), await bump(db, owner_pk))
    count = 0
    pks: list[int] = row.data["pks"]
    links: list[tuple[int, int]] = [(memory_pk, tag_pk) for memory_pk, tag_pk in row.data.get("links", ())]
    for start in range(0, len(pks), CHUNK):
        present = await _present(db, owner_pk, pks[start : start + CHUNK])
        await _reverse(db, owner_pk, row.action, present, links=links, now=now)
        count += len(present)
    return Undone(count, await bump(db, owner_pk))


async def _undo_fields(
    db: AsyncConnection, owner_pk: int, action: str, data: Mapping[str, Any], *, now: datetime
) -> int:
    """Take back what services.batches._change did; how many memories were put back."""
    count, was_added = 0, action.startswith("add_")
    if action in batch_fields.ACTIONS:
        for start in range(0, len(data["before"]), CHUNK):
            count += await batch_fields.restore_rows(db, owner_pk, data["before"][start : start + CHUNK], now=now)
        return count
    links = [(pk, other) for pk, other in data["links"]]
    if not action.endswith("_people"):
        pk = data["collection_pk"]
        return await batch_links.undo_members(db, owner_pk, pk, links, was_added=was_added, now=now)
    for start in range(0, len(links), CHUNK):
        part = links[start : start + CHUNK]
        present = set(await _present(db, owner_pk, [pk for pk, _ in part]))
        mine = [link for link in part if link[0] in present]
        await batch_links.change_people(db, owner_pk, mine, adds=not was_added, now=now)
        count += len({pk for pk, _ in mine})
    return count


async def _reverse(
    db: AsyncConnection, owner_pk: int, action: str, pks: Sequence[int], *, links: list[tuple[int, int]], now: datetime
) -> None:
    wanted = set(pks)
    mine = [link for link in links if link[0] in wanted]
    if action in {"favourite", "unfavourite"}:
        await flags.set_favourite(db, owner_pk, pks, is_favourite=action == "unfavourite", now=now)
    elif action in {"archive", "unarchive"}:
        await flags.set_archived(db, owner_pk, pks, is_archived=action == "unarchive", now=now)
    elif action in {"trash", "restore"}:
        changing = await _in_trash(db, owner_pk, pks, is_trashed=action == "trash")
        await trash.set_trashed(db, owner_pk, changing, trashed_at=None if action == "trash" else now, now=now)
    elif action == "tag":
        await db.execute(delete(MemoryTag).where(tuple_(MemoryTag.memory_pk, MemoryTag.tag_pk).in_(mine)))
        await flags.touch(db, owner_pk, pks, now=now)
        await refresh_derived(db, owner_pk, pks)
    else:
        await link_tags(db, mine)
        await flags.touch(db, owner_pk, pks, now=now)
        await refresh_derived(db, owner_pk, pks)


async def _present(db: AsyncConnection, owner_pk: int, pks: Sequence[int]) -> list[int]:
    statement = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks))
    return list((await db.execute(statement)).scalars())


async def _in_trash(db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, is_trashed: bool) -> list[int]:
    state = Memory.trashed_at.is_not(None) if is_trashed else Memory.trashed_at.is_(None)
    statement = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks), state)
    return list((await db.execute(statement)).scalars())
