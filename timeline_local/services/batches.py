"""One action on many memories, with a dry run that says what it would do and a token that takes it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.batch_actions import BatchAction
from timeline_local.domain.drafts import JSON
from timeline_local.exceptions import FieldError, InvalidInput
from timeline_local.models import Memory, MemoryTag, Tag
from timeline_local.services import batch_fields, batch_links, collections, flags, trash, undo
from timeline_local.services.derived import refresh_derived
from timeline_local.services.memories import remember_edits
from timeline_local.services.revision import bump
from timeline_local.services.tags import link_tags, tag_names, tag_pks

CHUNK = 2000

Link: TypeAlias = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Batched:
    """matched: memories named that exist. changed: those that were not so already. token: None if nothing changed."""

    matched: int
    changed: int
    token: UUID | None
    revision: int | None


async def run(
    db: AsyncConnection,
    owner_pk: int,
    pks: Sequence[int],
    *,
    action: BatchAction,
    given: Mapping[str, Any] = MappingProxyType({}),
    now: datetime,
) -> Batched:
    """Do it, and keep what was done for undo. given: the fields of schemas.batches.Batch that go with the action.

    Raises InvalidInput for an action without what it needs, CollectionNotFound, CollectionIsComputed.
    """
    tags = given.get("tags", ())
    if action in batch_fields.ACTIONS | batch_links.ACTIONS:
        count, kept = await _change(db, owner_pk, pks, action=action, given=given, now=now)
        if not count:
            return Batched(len(pks), 0, None, None)
        token = await undo.keep(db, owner_pk, action=action, data=kept, now=now)
        return Batched(len(pks), count, token, await bump(db, owner_pk))
    if action in {"tag", "untag"}:
        changed, links = await _change_tags(db, owner_pk, pks, action=action, tags=tags, now=now)
    else:
        changed, links = await _changing(db, owner_pk, pks, action, locks=True), []
        for chunk in _chunks(changed):
            await _apply(db, owner_pk, chunk, action=action, now=now)
    if not changed:
        return Batched(len(pks), 0, None, None)
    data = {"pks": changed, "links": [list(link) for link in links]}
    token = await undo.keep(db, owner_pk, action=action, data=data, now=now)
    return Batched(len(pks), len(changed), token, await bump(db, owner_pk))


async def _change(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, action: str, given: Mapping[str, Any], now: datetime
) -> tuple[int, dict[str, Any]]:
    """The newer actions: how many memories changed, and what undo needs."""
    if action in batch_fields.ACTIONS:
        change = await batch_fields.field_change(db, owner_pk, action, given, now=now)
        before: batch_fields.Before = []
        for chunk in _chunks(pks):
            before += await batch_fields.change_rows(db, owner_pk, chunk, change, now=now)
        return len(before), {"before": before}
    adds = action.startswith("add_")
    if action.endswith("_people"):
        names = given.get("people") or ()
        links = await batch_links.people_links(db, owner_pk, pks, adds=adds, names=names, now=now)
        for part in _chunks(links):
            await batch_links.change_people(db, owner_pk, part, adds=adds, now=now)
            await batch_links.remember_people(db, owner_pk, part, names, adds=adds, now=now)
        return len({pk for pk, _ in links}), {"links": links}
    collection_id = batch_links.needed(given.get("collection"))
    changing = await batch_links.member_links(db, owner_pk, pks, collection_id=collection_id, adds=adds)
    do = collections.add if adds else collections.remove
    done = await do(db, owner_pk, collection_id, changing, now=now)
    row = await collections.locked(db, owner_pk, collection_id, expected_version=None)
    return done.count, {"collection_pk": row.pk, "links": done.links}


async def _count(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, action: str, given: Mapping[str, Any], now: datetime
) -> int:
    """How many memories `_change` would change."""
    if action in batch_fields.ACTIONS:
        change = await batch_fields.field_change(db, owner_pk, action, given, now=now)
        return sum([await batch_fields.count_rows(db, owner_pk, chunk, change) for chunk in _chunks(pks)])
    adds = action.startswith("add_")
    if action.endswith("_people"):
        names = given.get("people") or ()
        links = await batch_links.people_links(db, owner_pk, pks, adds=adds, names=names, now=None)
        return len({pk for pk, _ in links})
    collection_id = given.get("collection")
    return len(await batch_links.member_links(db, owner_pk, pks, collection_id=collection_id, adds=adds))


async def rehearse(
    db: AsyncConnection,
    owner_pk: int,
    pks: Sequence[int],
    *,
    action: BatchAction,
    given: Mapping[str, Any] = MappingProxyType({}),
    now: datetime,
) -> Batched:
    """Count what `run` would change; nothing is written. Raises as `run` does."""
    if action in batch_fields.ACTIONS | batch_links.ACTIONS:
        return Batched(len(pks), await _count(db, owner_pk, pks, action=action, given=given, now=now), None, None)
    tags = given.get("tags", ())
    if action in {"tag", "untag"}:
        wanted = _wanted_tags(tags)
        present = await _existing_tags(db, owner_pk, list(wanted))
        linked = await _links(db, pks, list(present.values()))
        if action == "untag":
            return Batched(len(pks), len({memory_pk for memory_pk, _ in linked}), None, None)
        complete = [pk for pk in pks if all((pk, present.get(name, -1)) in linked for name in wanted)]
        return Batched(len(pks), len(pks) - len(complete), None, None)
    return Batched(len(pks), len(await _changing(db, owner_pk, pks, action, locks=False)), None, None)


async def _apply(db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, action: BatchAction, now: datetime) -> None:
    if action in {"favourite", "unfavourite"}:
        value = action == "favourite"
        await flags.set_favourite(db, owner_pk, pks, is_favourite=value, now=now)
        await remember_edits(db, owner_pk, pks, {"favourite": value}, now=now)
    elif action in {"archive", "unarchive"}:
        value = action == "archive"
        await flags.set_archived(db, owner_pk, pks, is_archived=value, now=now)
        await remember_edits(db, owner_pk, pks, {"archived": value}, now=now)
    else:
        await trash.set_trashed(db, owner_pk, pks, trashed_at=now if action == "trash" else None, now=now)


async def _changing(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], action: BatchAction, *, locks: bool
) -> list[int]:
    """Those of the memories on which the action has an effect; locks: hold them until the transaction ends."""
    state = _STATES[action]
    found: list[int] = []
    for chunk in _chunks(pks):
        statement = select(Memory.pk).where(Memory.owner_pk == owner_pk, Memory.pk.in_(chunk), state)
        found += (await db.execute(statement.with_for_update() if locks else statement)).scalars()
    return found


_STATES: dict[BatchAction, ColumnElement[bool]] = {
    "favourite": Memory.favourite.is_(False),
    "unfavourite": Memory.favourite.is_(True),
    "archive": Memory.archived.is_(False),
    "unarchive": Memory.archived.is_(True),
    "trash": Memory.trashed_at.is_(None),
    "restore": Memory.trashed_at.is_not(None),
}


async def _change_tags(
    db: AsyncConnection, owner_pk: int, pks: Sequence[int], *, action: BatchAction, tags: Sequence[str], now: datetime
) -> tuple[list[int], list[Link]]:
    """Put tags on or take them off; the memories that changed and the links that came or went."""
    wanted = _wanted_tags(tags)
    if action == "tag":
        keys = list((await tag_pks(db, owner_pk, wanted.values(), now=now)).values())
    else:
        keys = list((await _existing_tags(db, owner_pk, list(wanted))).values())
    done: list[Link] = []
    for chunk in _chunks(pks):
        linked = await _links(db, chunk, keys)
        if action == "tag":
            links = [link for pk in chunk for tag_pk in keys if (link := (pk, tag_pk)) not in linked]
            await link_tags(db, links)
        else:
            links = sorted(linked)
            for part in _chunks(links):
                await db.execute(delete(MemoryTag).where(tuple_(MemoryTag.memory_pk, MemoryTag.tag_pk).in_(part)))
        done += links
        await _settle_tags(db, owner_pk, sorted({pk for pk, _ in links}), {f"{action}ged": list(tags)}, now=now)
    return list(dict.fromkeys(pk for pk, _ in done)), done


async def _settle_tags(db: AsyncConnection, owner_pk: int, pks: Sequence[int], said: JSON, *, now: datetime) -> None:
    if pks:
        await flags.touch(db, owner_pk, pks, now=now)
        await remember_edits(db, owner_pk, pks, {"tags": said}, now=now)
        await refresh_derived(db, owner_pk, pks)


def _wanted_tags(tags: Sequence[str]) -> dict[str, str]:
    wanted = tag_names(tags)
    if not wanted:
        raise InvalidInput(
            "Say which tags. Nothing was changed.", errors=(FieldError("#/tags", "needs at least one tag"),)
        )
    return wanted


async def _existing_tags(db: AsyncConnection, owner_pk: int, folded: Sequence[str]) -> dict[str, int]:
    statement = select(Tag.folded, Tag.pk).where(Tag.owner_pk == owner_pk, Tag.folded.in_(folded))
    return {row.folded: row.pk for row in await db.execute(statement)}


async def _links(db: AsyncConnection, pks: Sequence[int], tag_keys: Sequence[int]) -> set[Link]:
    found: set[Link] = set()
    for chunk in _chunks(pks):
        statement = select(MemoryTag.memory_pk, MemoryTag.tag_pk).where(
            MemoryTag.memory_pk.in_(chunk), MemoryTag.tag_pk.in_(tag_keys)
        )
        found |= {(row.memory_pk, row.tag_pk) for row in await db.execute(statement)}
    return found


def _chunks(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
