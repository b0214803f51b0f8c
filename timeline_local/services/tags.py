"""Tags: found by their folded name or made, and put on memories in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import BigInteger, Dialect, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.domain.fingerprints import fold, normalise_tag
from timeline_local.domain.ids import new_id
from timeline_local.models import MemoryTag, Tag
from timeline_local.queries.dialect import in_text_list, text_list, upsert


def tag_names(names: Iterable[str]) -> dict[str, str]:
    """The tags of a list as folded name → name as shown, in order, each once; empty ones are left out."""
    found: dict[str, str] = {}
    for given in names:
        folded, name = _normalised(given)
        if name:
            found.setdefault(folded, name)
    return found


@lru_cache(maxsize=4096)
def _normalised(given: str) -> tuple[str, str]:
    name = normalise_tag(given)
    return fold(name), name


async def tag_pks(db: AsyncConnection, owner_pk: int, names: Iterable[str], *, now: datetime) -> dict[str, int]:
    """The keys of these tags by folded name; missing ones are made. At most two statements."""
    wanted = tag_names(names)
    if not wanted:
        return {}
    found = await _existing(db, owner_pk, list(wanted))
    missing = [folded for folded in wanted if folded not in found]
    if not missing:
        return found
    rows = [
        {
            "id": new_id(),
            "owner_pk": owner_pk,
            "created_at": now,
            "updated_at": now,
            "version": 1,
            "name": wanted[folded],
            "folded": folded,
        }
        for folded in sorted(missing)
    ]
    await db.execute(upsert(db.dialect.name, Tag).on_conflict_do_nothing(), rows)
    return found | await _existing(db, owner_pk, missing)


async def link_tags(db: AsyncConnection, links: Sequence[tuple[int, int]]) -> None:
    """Put tags on memories: (memory_pk, tag_pk); what is there already stays."""
    if links:
        rows = [{"memory_pk": memory_pk, "tag_pk": tag_pk} for memory_pk, tag_pk in dict.fromkeys(links)]
        await _linking(db.dialect).written(db, rows)


@lru_cache(maxsize=4)
def _linking(dialect: Dialect) -> Prepared:
    adding = upsert(dialect.name, MemoryTag).on_conflict_do_nothing()
    return Prepared.insert(adding, dialect, ("memory_pk", "tag_pk"))


async def set_tags(db: AsyncConnection, owner_pk: int, memory_pk: int, names: Iterable[str], *, now: datetime) -> None:
    """Make these the tags of one memory, and no others."""
    pks = await tag_pks(db, owner_pk, names, now=now)
    await replace_links(db, {memory_pk: tuple(pks.values())})


async def replace_links(db: AsyncConnection, links: Mapping[int, Sequence[int]]) -> None:
    """Make these the tags of each memory: memory_pk → tag_pks."""
    await db.execute(delete(MemoryTag).where(MemoryTag.memory_pk.in_(list(links))))
    rows = [{"memory_pk": memory_pk, "tag_pk": tag_pk} for memory_pk, pks in links.items() for tag_pk in pks]
    if rows:
        await db.execute(insert(MemoryTag), rows)


async def _existing(db: AsyncConnection, owner_pk: int, folded: Sequence[str]) -> dict[str, int]:
    texts = text_list(db.dialect.name, folded)
    return {name: pk for name, pk in await _known(db.dialect).rows(db, owner_pk=owner_pk, texts=texts)}  # noqa: C416 - rows


@lru_cache(maxsize=4)
def _known(dialect: Dialect) -> Prepared:
    mine = Tag.owner_pk == bindparam("owner_pk", type_=BigInteger)
    found = select(Tag.folded, Tag.pk).where(mine, in_text_list(dialect.name, Tag.folded))
    # One that is being deleted is waited for; the link to it would take the same lock.
    return Prepared.of(found.with_for_update(read=True, key_share=True), dialect)
