"""What hangs on the memories of an import besides their own content: ways, collections, links told by key, and the
files that moves were read from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.kinds import Kind
from timeline_local.queries import imports
from timeline_local.queries.imports import ImportRow
from timeline_local.services import imported_collections, paths, relation_refs, source_links, track_files
from timeline_local.services.import_items import RunItem
from timeline_local.services.import_verdicts import stored_key
from timeline_local.services.import_work import Plan, Writing
from timeline_local.services.memory_content import MemoryContent
from timeline_local.services.relation_refs import Told
from timeline_local.services.threads import Joining


async def write(
    db: AsyncConnection,
    work: Writing,
    row: ImportRow,
    items: Sequence[RunItem[Plan]],
    contents: Mapping[int, MemoryContent],
    media: Mapping[bytes, int],
) -> None:
    """Store the parts of items that have their memory by now; what undo needs goes into their `before`.

    media  sha-256 → media_file.pk of their files.
    """
    wanted = [each for each in items if each.verdict in ("new", "changed") and each.memory_pk is not None]
    for source in dict.fromkeys(each.plan.source for each in wanted):
        mine = [each for each in wanted if each.plan.source == source]
        whole = [each for each in mine if id(each) in contents]
        await _write_paths(db, work, whole, source)
        await _write_refs(db, work, row, whole, source)
        await _join(db, work, row, mine, contents, source)
    await _bring(db, work, wanted, media)


async def _bring(
    db: AsyncConnection, work: Writing, items: Sequence[RunItem[Plan]], media: Mapping[bytes, int]
) -> None:
    """Give moves of earlier imports the files they were read from."""
    brought: dict[int, list[int]] = {}
    for each in items:
        if each.known is not None and each.known.brings and each.memory_pk is not None:
            files = [media[file.sha256] for file in track_files.of(each.plan.files)]
            brought[each.memory_pk] = _note(each)["tracks"] = files
    if brought:
        await track_files.attach(db, work.owner_pk, brought)


async def _write_paths(db: AsyncConnection, work: Writing, items: Sequence[RunItem[Plan]], source: str) -> None:
    ways: dict[int, paths.Way] = {}
    for each in items:
        assert each.memory_pk is not None  # noqa: S101 - asked by `write`
        draft = each.plan.draft
        if each.verdict == "changed":
            _note(each)["path"] = await paths.snapshot(db, work.owner_pk, each.memory_pk)
        if draft.path or each.verdict == "changed":
            ways[each.memory_pk] = (draft.device, draft.path)
    if ways:
        await paths.store(db, work.owner_pk, ways, source=source, import_pk=work.import_pk, now=work.now())


async def _write_refs(
    db: AsyncConnection, work: Writing, row: ImportRow, items: Sequence[RunItem[Plan]], source: str
) -> None:
    told = [
        Told(each.memory_pk, ref.kind, stored_key(row, source, ref.source_key))
        for each in items
        for ref in each.plan.draft.relations
        if each.memory_pk is not None
    ]
    await relation_refs.keep(db, work.owner_pk, told, source=source, import_pk=work.import_pk)


async def _join(
    db: AsyncConnection,
    work: Writing,
    row: ImportRow,
    items: Sequence[RunItem[Plan]],
    contents: Mapping[int, MemoryContent],
    source: str,
) -> None:
    belonging = [
        (each.memory_pk, each)
        for each in items
        # A message may have been answered by one that was read before it.
        if each.memory_pk is not None and (each.plan.draft.collections or each.plan.draft.kind is Kind.MESSAGE)
    ]
    happened = {pk: contents[id(each)].moment.happened_at for pk, each in belonging if id(each) in contents}
    others = {pk for pk, _ in belonging} - happened.keys()
    happened |= await imports.instants(db, work.owner_pk, memory_pks=others)
    joining = [
        Joining(pk, stored_key(row, source, draft.source_key), happened[pk], draft.collections)
        for pk, draft in ((pk, each.plan.draft) for pk, each in belonging)
    ]
    joined = await imported_collections.join(
        db, work.owner_pk, joining, source=source, import_pk=work.import_pk, now=work.now()
    )
    for pk, each in belonging:
        if each.verdict == "changed" and pk in joined:
            _note(each)["joined"] = joined[pk]


def _note(item: RunItem[Plan]) -> dict[str, Any]:
    item.before = item.before or {}
    return item.before


async def take_back_one(db: AsyncConnection, work: Writing, memory_pk: int, before: Mapping[str, Any]) -> None:
    """Undo the parts of a memory that was changed."""
    if joined := before.get("joined"):
        await imported_collections.leave(db, work.owner_pk, memory_pk, joined)
    if tracks := before.get("tracks"):
        await track_files.detach(db, work.owner_pk, memory_pk, tracks)
    if "path" in before:
        await paths.restore(db, work.owner_pk, memory_pk, before["path"])


async def take_back_rest(db: AsyncConnection, work: Writing) -> None:
    """Undo what an import made besides, once its memories are gone."""
    await relation_refs.take_back(db, work.owner_pk, work.import_pk)
    await imported_collections.take_back(db, work.owner_pk, work.import_pk, now=work.now())
    await source_links.forget_import(db, work.owner_pk, "location", work.import_pk)
