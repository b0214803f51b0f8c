"""Collections that sources fill: albums, journals, conversations. Found again by the source's key, whatever their name.

The owner's word stands: a collection they renamed keeps its name, one they deleted is not made again, and a memory they
took out is not put in again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import CollectionRef
from timeline_local.domain.ids import new_id
from timeline_local.domain.ordering import GAP
from timeline_local.domain.times import micros
from timeline_local.models import Collection, CollectionAbsence, CollectionMember, Memory, SourceLink
from timeline_local.queries.named import folded_name
from timeline_local.services import buckets, source_links, threads
from timeline_local.services.collections import put_all
from timeline_local.services.source_links import Link
from timeline_local.services.threads import Joining

NOUN: source_links.Noun = "collection"
LONGEST_NAME = 200


async def join(
    db: AsyncConnection, owner_pk: int, joining: Sequence[Joining], *, source: str, import_pk: int | None, now: datetime
) -> dict[int, list[int]]:
    """Put memories into the collections of their source; memory → those it was not in before.

    A member's place is the one its source gives, else the order of time. A memory that began a thread comes into it
    with the first answer, or when it is read after that.
    """
    joining = threads.rooted(joining)
    refs = {ref.key: ref for each in joining for ref in each.refs}
    links = await source_links.find(
        db, owner_pk, NOUN, source=source, keys={*refs, *(each.source_key for each in joining)}
    )
    if not refs and not links:
        return {}
    first = await threads.beginnings(db, owner_pk, refs.values(), source=source)
    further = threads.gone_on(joining, links, first)
    await source_links.remember(db, owner_pk, NOUN, further, source=source, import_pk=import_pk)
    targets = await _targets(db, owner_pk, refs, links | further, source=source, import_pk=import_pk, now=now)
    wanted = {
        (targets[ref.key], each.memory_pk): _position(ref, each.happened_at)
        for each in joining
        for ref in (*each.refs, *threads.begun(each))
        if ref.key in targets
    }
    wanted |= {
        (targets[key], began.memory_pk): micros(began.happened_at)
        for key, ref in refs.items()
        if key in targets and (began := first.get(ref.begins)) is not None
    }
    for pair in await _settled(db, list(wanted)):
        del wanted[pair]
    joined: dict[int, list[int]] = {}
    for collection_pk, memory_pk in wanted:
        joined.setdefault(memory_pk, []).append(collection_pk)
    await put_all(db, wanted, now=now)
    await _touch(db, owner_pk, {collection_pk for collection_pk, _ in wanted}, now=now)
    await buckets.fold(db, owner_pk, joined)
    return joined


async def is_joined(
    db: AsyncConnection, owner_pk: int, pairs: Sequence[tuple[int, tuple[CollectionRef, ...]]], *, source: str
) -> list[bool]:
    """For each memory, whether there is nothing left to join of what its source says."""
    keys = {ref.key for _, refs in pairs for ref in refs}
    links = await source_links.find(db, owner_pk, NOUN, source=source, keys=keys)
    targets = {key: link.target for key, link in links.items() if link.target is not None}
    wanted = [(targets[ref.key], pk) for pk, refs in pairs for ref in refs if ref.key in targets]
    settled = await _settled(db, wanted)
    return [
        all(ref.key in links and (ref.key not in targets or (targets[ref.key], pk) in settled) for ref in refs)
        for pk, refs in pairs
    ]


async def leave(db: AsyncConnection, owner_pk: int, memory_pk: int, collection_pks: Sequence[int]) -> None:
    """Undo `join` for one memory."""
    mine = (CollectionMember.memory_pk == memory_pk, CollectionMember.collection_pk.in_(collection_pks))
    await db.execute(delete(CollectionMember).where(*mine))
    await buckets.fold(db, owner_pk, [memory_pk])


async def take_back(db: AsyncConnection, owner_pk: int, import_pk: int, *, now: datetime) -> None:
    """Undo what an import made and named, once its memories are gone: what the owner changed or filled since stays."""
    statement = (
        select(
            SourceLink.pk,
            SourceLink.source,
            SourceLink.source_key,
            SourceLink.said,
            SourceLink.import_pk,
            Collection.pk.label("target"),
            Collection.name,
        )
        .join(Collection, Collection.pk == SourceLink.collection_pk)
        .where(SourceLink.owner_pk == owner_pk, SourceLink.noun == NOUN)
    )
    for row in (await db.execute(statement)).all():
        renamed = row.said.get("renamed")
        if row.import_pk == import_pk:
            if row.said["is_made"] and row.name == row.said["name"]:
                await _drop_empty(db, owner_pk, row.target, began=(row.source, row.source_key))
        elif renamed and renamed["import"] == import_pk and row.name == row.said["name"]:
            said = {"name": renamed["from"], "told": renamed["told"], "is_made": row.said["is_made"]}
            await _rename(db, owner_pk, row.target, renamed["from"], now=now)
            await db.execute(update(SourceLink).where(SourceLink.pk == row.pk).values(said=said))
    mine = (SourceLink.owner_pk == owner_pk, SourceLink.noun == NOUN, SourceLink.import_pk == import_pk)
    await db.execute(delete(SourceLink).where(*mine))


def _position(ref: CollectionRef, happened_at: datetime) -> int:
    return micros(happened_at) if ref.position is None else ref.position * GAP


async def _settled(db: AsyncConnection, pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of these (collection, memory) that are members, or that the owner took out."""
    found: set[tuple[int, int]] = set()
    for table in (CollectionMember, CollectionAbsence):
        here = tuple_(table.collection_pk, table.memory_pk)
        statement = select(table.collection_pk, table.memory_pk).where(here.in_(pairs))
        found |= {(row[0], row[1]) for row in await db.execute(statement)} if pairs else set()
    return found


async def _targets(
    db: AsyncConnection,
    owner_pk: int,
    refs: Mapping[str, CollectionRef],
    links: Mapping[str, Link],
    *,
    source: str,
    import_pk: int | None,
    now: datetime,
) -> dict[str, int]:
    """The collections by the source's keys, made or renamed where that is due; those the owner deleted are absent.

    links   what is known of these keys, and of others.
    """
    targets = {key: link.target for key, link in links.items() if link.target is not None}
    fresh = {key: (ref, _name(ref)) for key, ref in refs.items() if ref.begins and key not in links}
    told = await threads.make(db, owner_pk, fresh, now=now)
    await source_links.remember(db, owner_pk, NOUN, told, source=source, import_pk=import_pk)
    for key, ref in refs.items():
        name = _name(ref)
        if ref.begins:
            continue  # its subject changes with every answer
        if key not in links:
            told[key] = await _found_or_made(db, owner_pk, ref, name, source=source, now=now)
        elif key in targets and links[key].said["told"] != name:
            told[key] = await _renamed(db, owner_pk, links[key], name, import_pk=import_pk, now=now)
        if key in told:
            await source_links.remember(db, owner_pk, NOUN, {key: told[key]}, source=source, import_pk=import_pk)
    return targets | {key: link.target for key, link in told.items() if link.target is not None}


async def _found_or_made(
    db: AsyncConnection, owner_pk: int, ref: CollectionRef, name: str, *, source: str, now: datetime
) -> Link:
    """The owner's own collection of that name, unless this source has it already; else a new one."""
    statement = select(Collection.pk, Collection.query).where(
        Collection.owner_pk == owner_pk, Collection.folded == folded_name(name)
    )
    same = (await db.execute(statement)).one_or_none()
    if same is not None and same.query is None and not await _is_linked(db, same.pk, source):
        return Link(same.pk, {"name": name, "told": name, "is_made": False})
    own = name if same is None else (await threads.free_names(db, owner_pk, [name]))[0]
    row: dict[str, Any] = {"id": new_id(), "owner_pk": owner_pk, "created_at": now, "updated_at": now, "version": 1}
    row |= {"name": own, "folded": folded_name(own), "kind": ref.kind.value, "description": ""}
    made = (await db.execute(insert(Collection).values(row).returning(Collection.pk))).scalar_one()
    return Link(made, {"name": own, "told": name, "is_made": True})


async def _renamed(
    db: AsyncConnection, owner_pk: int, link: Link, name: str, *, import_pk: int | None, now: datetime
) -> Link:
    """The source calls it otherwise now: so do we, unless the owner named it."""
    assert link.target is not None  # noqa: S101 - asked by the caller
    statement = select(Collection.name).where(Collection.owner_pk == owner_pk, Collection.pk == link.target)
    present = (await db.execute(statement)).scalar_one()
    said = {**link.said, "told": name}
    if present != link.said["name"] or not link.said["is_made"]:
        return Link(link.target, said)
    (own,) = await threads.free_names(db, owner_pk, [name])
    await _rename(db, owner_pk, link.target, own, now=now)
    return Link(
        link.target, {**said, "name": own, "renamed": {"from": present, "told": link.said["told"], "import": import_pk}}
    )


async def _rename(db: AsyncConnection, owner_pk: int, collection_pk: int, name: str, *, now: datetime) -> None:
    mine = update(Collection).where(Collection.owner_pk == owner_pk, Collection.pk == collection_pk)
    version = Collection.version + 1
    await db.execute(mine.values(name=name, folded=folded_name(name), updated_at=now, version=version))


async def _is_linked(db: AsyncConnection, collection_pk: int, source: str) -> bool:
    statement = select(SourceLink.pk).where(SourceLink.collection_pk == collection_pk, SourceLink.source == source)
    return (await db.execute(statement.limit(1))).first() is not None


async def _drop_empty(db: AsyncConnection, owner_pk: int, collection_pk: int, *, began: tuple[str, str]) -> None:
    """Delete a collection in which nothing is, and about which the owner said nothing.

    began   source and key of the memory with which it began, if it is a thread: alone that makes none.
    """
    first = (Memory.owner_pk == owner_pk, Memory.source == began[0], Memory.source_key == began[1])
    others = CollectionMember.memory_pk.not_in(select(Memory.pk).where(*first))
    members = exists().where(CollectionMember.collection_pk == Collection.pk, others)
    await db.execute(
        delete(Collection).where(
            Collection.owner_pk == owner_pk,
            Collection.pk == collection_pk,
            Collection.description == "",
            Collection.cover_pk.is_(None),
            ~members,
        )
    )


async def _touch(db: AsyncConnection, owner_pk: int, pks: Iterable[int], *, now: datetime) -> None:
    mine = update(Collection).where(Collection.owner_pk == owner_pk, Collection.pk.in_(list(pks)))
    await db.execute(mine.values(version=Collection.version + 1, updated_at=now))


def _name(ref: CollectionRef) -> str:
    return " ".join(ref.name.split())[:LONGEST_NAME] or ref.kind.value.capitalize()
