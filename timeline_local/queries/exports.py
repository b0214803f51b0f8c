"""Exports, and what goes into one: the order of the memories, their files, and everything else of an account."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Integer, Row, Select, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.domain.query import Query
from timeline_local.domain.times import UNDATED_DAY
from timeline_local.models import (
    Collection,
    CollectionMember,
    Device,
    Export,
    Identity,
    Job,
    Location,
    MediaFile,
    Memory,
    MemoryMedia,
    MemoryPath,
    Person,
    Relation,
    Setting,
    Tag,
    User,
)
from timeline_local.queries import search
from timeline_local.queries.dialect import in_key_list, json_list, key_list
from timeline_local.queries.named import resolved

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
JSON: TypeAlias = dict[str, Any]
ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """One export with the state of its job. state: waiting | running | paused | done | failed | cancelled."""

    pk: int
    id: UUID
    owner_pk: int
    format: str
    options: JSON
    state: str
    counts: JSON
    error: JSON | None
    progress: JSON | None
    job_id: UUID | None
    file_name: str | None
    size_bytes: int | None
    sha256: bytes | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    version: int


def _select() -> Select[*tuple[Any, ...]]:
    names = [name for name in ExportRow.__dataclass_fields__ if name not in ("progress", "job_id", "error", "state")]
    columns = [getattr(Export, name) for name in names]
    job = (Job.id.label("job_id"), Job.state.label("job_state"), Job.progress, Job.error.label("job_error"))
    return select(*columns, Export.state, Export.error, *job).outerjoin(Job, Job.pk == Export.job_pk)


def _row(found: AnyRow) -> ExportRow:
    values = dict(found._mapping)  # noqa: SLF001 - the public name of a row's mapping
    job_state, job_error = values.pop("job_state"), values.pop("job_error")
    if values["state"] != "done":
        # A job that is gone was forgotten after its end.
        values["state"] = "failed" if job_state in (None, "done") else job_state
        values["error"] = job_error
    return ExportRow(**values)


async def page(db: AsyncConnection, owner_pk: int, *, after: UUID | None, limit: int) -> list[ExportRow]:
    """The owner's exports, newest first."""
    statement = _select().where(Export.owner_pk == owner_pk).order_by(Export.pk.desc()).limit(limit)
    if after is not None:
        seen = select(Export.pk).where(Export.owner_pk == owner_pk, Export.id == after)
        statement = statement.where(Export.pk < seen.scalar_subquery())
    return [_row(found) for found in await db.execute(statement)]


async def get(db: AsyncConnection, owner_pk: int, export_id: UUID) -> ExportRow | None:
    """The owner's export of this id."""
    found = (await db.execute(_select().where(Export.owner_pk == owner_pk, Export.id == export_id))).one_or_none()
    return None if found is None else _row(found)


async def of_job(db: AsyncConnection, owner_pk: int, job_pk: int) -> ExportRow | None:
    """The export that a job writes; None once it was deleted."""
    found = (await db.execute(_select().where(Export.owner_pk == owner_pk, Export.job_pk == job_pk))).one_or_none()
    return None if found is None else _row(found)


async def expired(db: AsyncConnection, owner_pk: int, *, now: datetime, made_before: datetime) -> list[ExportRow]:
    """Exports whose time is over, and those made before this that never came to an end."""
    statement = _select().where(Export.owner_pk == owner_pk)
    over = (Export.expires_at < now) | (Export.expires_at.is_(None) & (Export.created_at < made_before))
    return [_row(found) for found in await db.execute(statement.where(over))]


async def all_ids(db: AsyncConnection) -> set[UUID]:
    """The ids of every owner's exports, to tell files that belong to none."""
    return set((await db.execute(select(Export.id))).scalars())


# --- what goes in ------------------------------------------------------------------


async def keys(db: AsyncConnection, owner_pk: int, query: Query | None, *, with_trash: bool) -> array[int]:
    """The inner keys of the memories to write out, the oldest first, undated ones last. One statement.

    query  None for everything, the archive too; the trash only if asked for.
    """
    ordered = (
        select(Memory.pk)
        .where(await _meant(db, owner_pk, query, with_trash=with_trash))
        .order_by(type_coerce(Memory.local_on, Integer) == UNDATED_DAY, Memory.local_on, Memory.happened_at, Memory.id)
        .subquery()
    )
    return array("q", orjson.loads((await db.execute(select(json_list(db.dialect.name, ordered.c.pk)))).scalar_one()))


async def media_bytes(db: AsyncConnection, owner_pk: int, query: Query | None, *, with_trash: bool) -> int:
    """The size of all files of these memories together."""
    total = select(func.coalesce(func.sum(MediaFile.size_bytes), 0)).where(MediaFile.owner_pk == owner_pk)
    if query is not None:
        meant = select(Memory.pk).where(await _meant(db, owner_pk, query, with_trash=with_trash))
        linked = select(MemoryMedia.media_pk).where(MemoryMedia.memory_pk.in_(meant))
        total = total.where(MediaFile.pk.in_(linked))
    return int((await db.execute(total)).scalar_one())


async def _meant(db: AsyncConnection, owner_pk: int, query: Query | None, *, with_trash: bool) -> ColumnElement[bool]:
    if query is not None:
        return search.where(await resolved(db, owner_pk, query), owner_pk=owner_pk, dialect=db.dialect.name)
    mine = Memory.owner_pk == owner_pk
    return mine if with_trash else mine & Memory.trashed_at.is_(None)


async def media_of(db: AsyncConnection, owner_pk: int, memory_pks: Sequence[int]) -> dict[int, list[AnyRow]]:
    """The files of each of these memories in order; first_at: the wall clock of the first memory with that file."""
    other, linked = aliased(Memory), aliased(MemoryMedia)
    dated = type_coerce(other.local_on, Integer) != UNDATED_DAY
    first = (
        select(func.min(other.local_at))
        .join(linked, linked.memory_pk == other.pk)
        .where(linked.media_pk == MediaFile.pk, dated)
        .correlate(MediaFile)
        .scalar_subquery()
    )
    statement = (
        select(
            MemoryMedia.memory_pk,
            MemoryMedia.role,
            MemoryMedia.position,
            MediaFile.pk,
            MediaFile.id,
            MediaFile.sha256,
            MediaFile.size_bytes,
            MediaFile.mime,
            MediaFile.file_name,
            MediaFile.storage,
            MediaFile.path,
            MediaFile.mtime_ns,
            MediaFile.width,
            MediaFile.height,
            MediaFile.duration_ms,
            MediaFile.camera_make,
            MediaFile.camera_model,
            MediaFile.lens,
            type_coerce(first, Memory.local_at.type).label("first_at"),
        )
        .join(MediaFile, MediaFile.pk == MemoryMedia.media_pk)
        .where(MediaFile.owner_pk == owner_pk, in_key_list(db.dialect.name, MemoryMedia.memory_pk))
        .order_by(MemoryMedia.position, MemoryMedia.media_pk)
    )
    found: dict[int, list[AnyRow]] = {}
    for row in await db.execute(statement, {"keys": key_list(db.dialect.name, memory_pks)}):
        found.setdefault(row.memory_pk, []).append(row)
    return found


async def extras(db: AsyncConnection, owner_pk: int, memory_pks: Sequence[int]) -> dict[int, AnyRow]:
    """What a memory has beyond its wire form: `extra` of its source, and the sealed text of a locked note."""
    statement = select(Memory.pk, Memory.extra, Memory.locked_body).where(
        Memory.owner_pk == owner_pk, in_key_list(db.dialect.name, Memory.pk)
    )
    found = await db.execute(statement, {"keys": key_list(db.dialect.name, memory_pks)})
    return {row.pk: row for row in found}


async def paths(db: AsyncConnection, owner_pk: int, memory_pks: Sequence[int]) -> dict[int, JSON]:
    """The way of each of these memories that has one: its positions are those of a device in an interval."""
    statement = (
        select(MemoryPath.memory_pk, Device.id, MemoryPath.from_at, MemoryPath.until_at)
        .join(Device, Device.pk == MemoryPath.device_pk)
        .where(Device.owner_pk == owner_pk, in_key_list(db.dialect.name, MemoryPath.memory_pk))
    )
    found = await db.execute(statement, {"keys": key_list(db.dialect.name, memory_pks)})
    return {pk: {"device": str(device), "from": start, "until": end} for pk, device, start, end in found}


# --- the rest of an account ----------------------------------------------------------


async def user(db: AsyncConnection, owner_pk: int) -> JSON:
    """The owner, without anything that signs in."""
    statement = select(User.id, User.name, User.email, User.role, User.created_at).where(User.pk == owner_pk)
    return dict((await db.execute(statement)).one()._mapping)  # noqa: SLF001 - the public name of a row's mapping


async def settings(db: AsyncConnection, owner_pk: int) -> JSON:
    """The owner's preferences by name."""
    rows = await db.execute(select(Setting.name, Setting.value).where(Setting.owner_pk == owner_pk))
    return {row.name: row.value for row in rows}


async def people(db: AsyncConnection, owner_pk: int) -> list[JSON]:
    """Every person with their identities."""
    statement = (
        select(Identity.person_pk, Identity.id, Identity.kind, Identity.value, Identity.name)
        .where(Identity.owner_pk == owner_pk)
        .order_by(Identity.pk)
    )
    known: dict[int | None, list[JSON]] = {}
    for person_pk, id_, kind, value, name in await db.execute(statement):
        known.setdefault(person_pk, []).append({"id": id_, "kind": kind, "value": value, "name": name})
    rows = await db.execute(
        select(Person.pk, Person.id, Person.name, Person.note, Person.born, Person.shows_birthday, Person.created_at)
        .where(Person.owner_pk == owner_pk, Person.merged_into_pk.is_(None))
        .order_by(Person.pk)
    )
    return [
        {
            "id": id_,
            "name": name,
            "note": note,
            "born": born,
            "shows_birthday": is_shown,
            "identities": known.get(pk, []),
            "created_at": at,
        }
        for pk, id_, name, note, born, is_shown, at in rows
    ]


async def locations(db: AsyncConnection, owner_pk: int) -> list[JSON]:
    """Every named place."""
    names = ("id", "name", "kind", "lat", "lon", "radius_m", "address", "city", "region", "country", "country_code")
    columns = [getattr(Location, name) for name in (*names, "zone", "source", "created_at")]
    rows = await db.execute(select(*columns).where(Location.owner_pk == owner_pk).order_by(Location.pk))
    return [row._asdict() for row in rows]


async def tags(db: AsyncConnection, owner_pk: int) -> list[JSON]:
    """Every tag."""
    rows = await db.execute(select(Tag.id, Tag.name).where(Tag.owner_pk == owner_pk).order_by(Tag.folded))
    return [row._asdict() for row in rows]


async def collections(db: AsyncConnection, owner_pk: int) -> list[JSON]:
    """Every collection; of those put together by hand the ids of the members in order, trashed ones too."""
    members: dict[int, list[UUID]] = {}
    ordered = (
        select(CollectionMember.collection_pk, Memory.id)
        .join(Memory, Memory.pk == CollectionMember.memory_pk)
        .where(Memory.owner_pk == owner_pk)
        .order_by(CollectionMember.collection_pk, CollectionMember.position, Memory.id)
    )
    for collection_pk, memory_id in await db.execute(ordered):
        members.setdefault(collection_pk, []).append(memory_id)
    rows = await db.execute(
        select(
            Collection.pk,
            Collection.id,
            Collection.name,
            Collection.kind,
            Collection.description,
            Collection.query,
            MediaFile.id.label("cover"),
            Collection.created_at,
        )
        .outerjoin(MediaFile, MediaFile.pk == Collection.cover_pk)
        .where(Collection.owner_pk == owner_pk)
        .order_by(Collection.pk)
    )
    found = [row._asdict() for row in rows]
    return [{**row, "memories": members.get(row.pop("pk"), [])} for row in found]


async def relations(db: AsyncConnection, owner_pk: int) -> list[JSON]:
    """Every link between two memories."""
    start, end = aliased(Memory), aliased(Memory)
    rows = await db.execute(
        select(start.id.label("from"), end.id.label("to"), Relation.kind)
        .join(start, start.pk == Relation.from_pk)
        .join(end, end.pk == Relation.to_pk)
        .where(Relation.owner_pk == owner_pk)
        .order_by(Relation.pk)
    )
    return [row._asdict() for row in rows]
