"""A source says something new about a memory it gave before: take it over, except where the owner spoke."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.fuzzy import DATE_MARK
from timeline_local.models import (
    Identity,
    Location,
    MediaFile,
    Memory,
    MemoryMedia,
    MemoryPerson,
    MemoryTag,
    Provenance,
    Tag,
)
from timeline_local.queries.dialect import upsert
from timeline_local.services import buckets
from timeline_local.services.derived import refresh_derived
from timeline_local.services.media_trash import take_out
from timeline_local.services.memory_content import (
    POSITIONS_SOURCE,
    USER_SOURCE,
    MemoryContent,
    link_media,
    memory_values,
    provenance_rows,
    resolve_names,
    row_hash_of,
    with_mark,
)
from timeline_local.services.people import addresses_of, replace_people
from timeline_local.services.snapshots import Before, row_from_plain, take_snapshot
from timeline_local.services.tags import replace_links, tag_names

_TIME = (
    "happened_at",
    "happened_until",
    "local_at",
    "local_on",
    "utc_offset_min",
    "zone",
    "precision",
    "time_basis",
    "zone_basis",
)
_PLACE = ("lat", "lon", "accuracy_m", "altitude_m", "location_pk")
_LINKS: tuple[tuple[Any, str, Any], ...] = (
    (MemoryTag, "tag_pk", Tag),
    (MemoryPerson, "identity_pk", Identity),
    (MemoryMedia, "media_pk", MediaFile),
)
"""(table, its column, what that names)"""
_FIELD_COLUMNS: dict[str, tuple[str, ...]] = {
    "kind": ("kind",),
    "title": ("title",),
    "body": ("body",),
    "time": _TIME,
    "place": _PLACE,
    "favourite": ("favourite",),
    "rating": ("rating",),
    "mood": ("mood",),
    "archived": ("archived",),
}


async def replace_content(
    db: AsyncConnection,
    owner_pk: int,
    memory_pk: int,
    content: MemoryContent,
    *,
    import_pk: int | None,
    now: datetime,
) -> Before:
    """Put new content into a memory of an earlier import; what it was before comes back, for undo.

    Fields the owner edited keep the owner's value. A memory in the trash stays there. Raises MemoryNotFound.
    """
    before = await take_snapshot(db, owner_pk, memory_pk)
    names = await resolve_names(db, owner_pk, [content], import_pk=import_pk, now=now)
    kept = await _edited_fields(db, owner_pk, memory_pk)
    old = row_from_plain(before["row"])
    if old["locked_body"] is not None:  # the owner locked this text away; the source does not bring it back
        content = replace(content, body="")
    new = {**old, **memory_values(content, names.spot(content))}
    for field in kept:
        new |= {column: old[column] for column in _FIELD_COLUMNS.get(field, ())}
    if "time" in kept:
        new["extra"] = with_mark(new["extra"], old["extra"].get(DATE_MARK, ""))
    new |= {"row_hash": row_hash_of(new), "updated_at": now, "version": old["version"] + 1}
    await db.execute(update(Memory).where(Memory.owner_pk == owner_pk, Memory.pk == memory_pk).values(**new))
    if "tags" not in kept:
        await replace_links(db, {memory_pk: [names.tags[tag] for tag in tag_names(content.tags)]})
    if "people" not in kept:
        named = addresses_of(content.people)
        await replace_people(db, memory_pk, {names.people[who].pk: ref.role.value for who, ref in named.items()})
    if "media" not in kept:
        await db.execute(delete(MemoryMedia).where(MemoryMedia.memory_pk == memory_pk))
        await link_media(db, {memory_pk: content.media})
    await _say(db, owner_pk, memory_pk, content, import_pk=import_pk, now=now)
    await _settle(db, owner_pk, memory_pk, old=old, new=new)
    return before


async def restore_content(db: AsyncConnection, owner_pk: int, memory_pk: int, before: Before, *, now: datetime) -> None:
    """Undo `replace_content`: everything as it was, under a new version. Raises MemoryNotFound."""
    present = row_from_plain((await take_snapshot(db, owner_pk, memory_pk))["row"])
    # Trash is where the owner put it since; an undone import does not take it out again.
    new = {**row_from_plain(before["row"]), **{name: present[name] for name in ("trashed_at", "cover_pk")}}
    if not await _living(db, owner_pk, Location, {new["location_pk"]} - {None}):
        new["location_pk"] = None
    if present["locked_body"] is not None:  # the text that was locked since stays locked
        new |= {"body": "", "locked_body": present["locked_body"]}
        new["row_hash"] = row_hash_of(new)
    new |= {"updated_at": now, "version": present["version"] + 1}
    await db.execute(update(Memory).where(Memory.owner_pk == owner_pk, Memory.pk == memory_pk).values(**new))
    await restore_links(db, owner_pk, memory_pk, before)
    await _settle(db, owner_pk, memory_pk, old=present, new=new)


async def restore_links(db: AsyncConnection, owner_pk: int, memory_pk: int, before: Before) -> None:
    """Put back the tags, people, media and provenance of a snapshot, as far as they are still there."""
    for table, column, noun in _LINKS:
        await db.execute(delete(table).where(table.memory_pk == memory_pk))
        rows = before["links"][table.__tablename__]
        living = await _living(db, owner_pk, noun, {row[column] for row in rows})
        if again := [{**row, "memory_pk": memory_pk} for row in rows if row[column] in living]:
            await db.execute(upsert(db.dialect.name, table).on_conflict_do_nothing(), again)
        if table is MemoryMedia:
            await take_out(db, owner_pk, living)
    await db.execute(delete(Provenance).where(Provenance.owner_pk == owner_pk, Provenance.memory_pk == memory_pk))
    for row in before["provenance"]:
        values = {**row_from_plain(row, Provenance), "owner_pk": owner_pk, "memory_pk": memory_pk}
        await db.execute(upsert(db.dialect.name, Provenance).on_conflict_do_nothing(), values)


async def _living(db: AsyncConnection, owner_pk: int, noun: Any, pks: Collection[int]) -> set[int]:  # noqa: ANN401 - a mapped class
    """Those of these keys that still name something of the owner's."""
    if not pks:
        return set()
    statement = select(noun.pk).where(noun.owner_pk == owner_pk, noun.pk.in_(pks))
    return set((await db.execute(statement)).scalars())


async def _edited_fields(db: AsyncConnection, owner_pk: int, memory_pk: int) -> set[str]:
    statement = select(Provenance.field).where(
        Provenance.owner_pk == owner_pk, Provenance.memory_pk == memory_pk, Provenance.source == USER_SOURCE
    )
    return set((await db.execute(statement)).scalars())


async def _say(
    db: AsyncConnection,
    owner_pk: int,
    memory_pk: int,
    content: MemoryContent,
    *,
    import_pk: int | None,
    now: datetime,
) -> None:
    """Replace what this source said about the memory by what it says now."""
    speakers = (content.provenance_source, POSITIONS_SOURCE)
    await db.execute(
        delete(Provenance).where(
            Provenance.owner_pk == owner_pk, Provenance.memory_pk == memory_pk, Provenance.source.in_(speakers)
        )
    )
    shared = {"owner_pk": owner_pk, "memory_pk": memory_pk, "import_pk": import_pk, "at": now}
    rows: list[dict[str, Any]] = [{**shared, **said} for said in provenance_rows(content)]
    await db.execute(upsert(db.dialect.name, Provenance).on_conflict_do_nothing(), rows)


async def _settle(
    db: AsyncConnection, owner_pk: int, memory_pk: int, *, old: dict[str, Any], new: dict[str, Any]
) -> None:
    await buckets.move(db, owner_pk, gone=_places(old), come=_places(new))
    await refresh_derived(db, owner_pk, [memory_pk])


def _places(row: dict[str, Any]) -> list[buckets.Placement]:
    if row["trashed_at"] is not None or row["archived"]:
        return []
    return [buckets.placement(row["local_on"], row["kind"])]
