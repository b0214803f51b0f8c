"""Imports and their items."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Row,
    Select,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import Import, ImportItem, Job, Memory, Provenance
from timeline_local.queries.dialect import in_key_list, in_text_list, new_key, text_list

AnyRow = Row[*tuple[Any, ...]]
POSITIONS = "positions"  # the kind of an item that is positions alone
HEAD_BYTES = 17  # of a packed plan: services.import_work.HEAD_BYTES
RECENT = 5  # earlier imports of the same folder that are looked at
STREAMED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One import with the public id, state and progress of its newest job."""

    pk: int
    id: UUID
    source: str
    label: str
    path: str
    is_upload: bool
    options: dict[str, Any]
    state: str
    plan: dict[str, Any] | None
    counts: dict[str, int]
    error: dict[str, Any] | None
    job_pk: int | None
    job_id: UUID | None
    job_state: str | None
    progress: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    undoable_until: datetime | None

    @property
    def paths(self) -> tuple[str, ...]:
        """What is imported: a folder, or files, archives and folders."""
        return tuple(orjson.loads(self.path)) if self.path.startswith("[") else (self.path,)


@dataclass(frozen=True, slots=True)
class Earlier:
    """How an item of the same folder was dealt with in an earlier import; its memory is still here."""

    head: bytes
    pk: int
    kind: str | None
    size_bytes: int


def _imports() -> Select[Any]:
    own = [getattr(Import, name) for name in ImportRow.__dataclass_fields__ if hasattr(Import, name)]
    joined = (Job.id.label("job_id"), Job.state.label("job_state"), Job.progress.label("progress"))
    return select(*own, *joined).select_from(Import).outerjoin(Job, Job.pk == Import.job_pk)


async def by_id(db: AsyncConnection, owner_pk: int, import_id: UUID) -> ImportRow | None:
    """One import, or None if the owner has none of that id."""
    statement = _imports().where(Import.owner_pk == owner_pk, Import.id == import_id)
    row = (await db.execute(statement)).one_or_none()
    return None if row is None else ImportRow(**row._asdict())


async def by_pk(db: AsyncConnection, owner_pk: int, import_pk: int) -> ImportRow:
    """As `by_id`, for one that is known to be there."""
    statement = _imports().where(Import.owner_pk == owner_pk, Import.pk == import_pk)
    return ImportRow(**(await db.execute(statement)).one()._asdict())


async def page(db: AsyncConnection, owner_pk: int, *, after: UUID | None, limit: int) -> list[ImportRow]:
    """Imports, newest first, that were made before `after`."""
    statement = _imports().where(Import.owner_pk == owner_pk).order_by(Import.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(Import.id < after)
    return [ImportRow(**row._asdict()) for row in await db.execute(statement)]


async def open_sent(db: AsyncConnection, owner_pk: int, *, path: str, since: datetime) -> int | None:
    """The newest import of what is sent under this path, if it was begun after `since` and was not taken back.

    It is held until the transaction ends: undoing it waits.
    """
    statement = (
        select(Import.pk)
        .where(Import.owner_pk == owner_pk, Import.path == path, Import.state == "done", Import.created_at > since)
        .order_by(Import.pk.desc())
        .limit(1)
        .with_for_update()
    )
    return (await db.execute(statement)).scalar_one_or_none()


async def memory_ids(db: AsyncConnection, owner_pk: int, *, memory_pks: Collection[int]) -> dict[int, UUID]:
    """The public ids of these memories by their keys."""
    statement = select(Memory.pk, Memory.id).where(Memory.owner_pk == owner_pk, Memory.pk.in_(memory_pks))
    return {row.pk: row.id for row in await db.execute(statement)}


# --- items -----------------------------------------------------------------------


def _items(owner_pk: int, import_pk: int, *, characters: int = 1000) -> Select[*tuple[Any, ...]]:
    """characters: of the text of what became of each, from its beginning."""
    return (
        select(
            ImportItem.pk,
            ImportItem.id,
            ImportItem.path,
            ImportItem.kind,
            ImportItem.verdict,
            ImportItem.state,
            ImportItem.reason_slug,
            ImportItem.reason_detail,
            ImportItem.local_at,
            ImportItem.time_basis,
            ImportItem.size_bytes,
            ImportItem.draft,
            Memory.id.label("memory_id"),
            Memory.source,
            Memory.title,
            func.substr(Memory.body, 1, characters).label("body"),
        )
        .select_from(ImportItem)
        .outerjoin(Memory, Memory.pk == ImportItem.memory_pk)
        .where(ImportItem.owner_pk == owner_pk, ImportItem.import_pk == import_pk)
    )


# Points of attention that an item's own columns tell, by their slug.
_WRITTEN = ImportItem.verdict.in_(("new", "changed")) & ImportItem.time_basis.is_not(None)
_POINTS: Mapping[str, ColumnElement[bool]] = {
    "undated": _WRITTEN & ImportItem.local_at.is_(None),
    "file-date-only": _WRITTEN & (ImportItem.time_basis == "file_date"),
    "failed": ImportItem.verdict == "failed",
    "skipped": ImportItem.verdict == "skipped",
}


async def items_page(
    db: AsyncConnection,
    owner_pk: int,
    import_pk: int,
    *,
    verdict: str | None,
    after: UUID | None,
    limit: int,
    attention: str | None = None,
) -> Sequence[AnyRow]:
    """Items in the order they were found, after the item with this id; attention: only those behind this point."""
    statement = _items(owner_pk, import_pk).order_by(ImportItem.pk).limit(limit)
    if attention is not None:
        statement = statement.where(_POINTS[attention])
    if verdict is not None:
        statement = statement.where(ImportItem.verdict == verdict)
    if after is not None:
        behind = select(ImportItem.pk).where(ImportItem.owner_pk == owner_pk, ImportItem.id == after)
        statement = statement.where(ImportItem.pk > func.coalesce(behind.scalar_subquery(), 0))
    return (await db.execute(statement)).all()


async def all_items(db: AsyncConnection, owner_pk: int, import_pk: int) -> AsyncIterator[AnyRow]:
    """Every item in the order it was found, read in steps."""
    last = 0
    while True:
        statement = _items(owner_pk, import_pk).where(ImportItem.pk > last).order_by(ImportItem.pk).limit(STREAMED)
        rows = (await db.execute(statement)).all()
        for row in rows:
            yield row
        if len(rows) < STREAMED:
            return
        last = rows[-1].pk


async def keys(db: AsyncConnection, owner_pk: int, import_pk: int) -> Sequence[str]:
    """The keys of all items of this import. A scan of it."""
    mine = (ImportItem.owner_pk == owner_pk, ImportItem.import_pk == import_pk)
    return (await db.execute(select(ImportItem.source_key).where(*mine))).scalars().all()


async def known_keys(db: AsyncConnection, owner_pk: int, import_pk: int, *, keys: Collection[str]) -> set[str]:
    """Those of these keys for which this import has an item already."""
    dialect = db.dialect.name
    statement = select(ImportItem.source_key).where(
        ImportItem.owner_pk == owner_pk,
        ImportItem.import_pk == import_pk,
        in_text_list(dialect, ImportItem.source_key),
    )
    return set((await db.execute(statement, {"texts": text_list(dialect, keys)})).scalars())


async def earlier_imports(db: AsyncConnection, owner_pk: int, *, path: str, before: int) -> list[int]:
    """The newest finished imports of the same folder."""
    statement = (
        select(Import.pk)
        .where(
            Import.owner_pk == owner_pk,
            Import.path == path,
            Import.pk < before,
            Import.state.in_(("done", "cancelled")),
        )
        .order_by(Import.pk.desc())
        .limit(RECENT)
    )
    return list((await db.execute(statement)).scalars())


async def earlier_items(
    db: AsyncConnection, owner_pk: int, *, import_pks: Sequence[int], keys: Collection[str]
) -> dict[str, Earlier]:
    """How these keys were dealt with, by the newest import that knows them; only where the memory is still here.

    import_pks  the newest first: as a rule it knows them all, and the older ones are not asked.
    """
    dialect = db.dialect.name
    head = type_coerce(func.substr(ImportItem.draft, 1, HEAD_BYTES), LargeBinary)
    statement = select(ImportItem.source_key, head, ImportItem.pk, ImportItem.kind, ImportItem.size_bytes).where(
        ImportItem.owner_pk == owner_pk,
        ImportItem.import_pk == bindparam("earlier"),
        in_text_list(dialect, ImportItem.source_key),
        ImportItem.state == "done",
        ImportItem.memory_pk.is_not(None),
        ImportItem.draft.is_not(None),
    )
    found: dict[str, Earlier] = {}
    missing = set(keys)
    for import_pk in import_pks:
        if not missing:
            break
        values = {"earlier": import_pk, "texts": text_list(dialect, missing)}
        rows: Sequence[AnyRow] = (await db.execute(statement, values)).all()
        found |= {row[0]: Earlier(*row[1:]) for row in rows}
        missing -= found.keys()
    return found


def copies_of(
    dialect: str, owner_pk: int, import_pk: int, *, slug: str, detail: str, now: datetime
) -> tuple[list[str], Select[Any]]:
    """(columns, rows) for an INSERT: items of earlier imports whose keys are `:keys`, as `same` items of this one."""
    columns: dict[str, ColumnElement[Any]] = {
        "id": new_key(dialect),
        "owner_pk": literal(owner_pk),
        "created_at": literal(now, ImportItem.created_at.type),
        "updated_at": literal(now, ImportItem.updated_at.type),
        "version": literal(1),
        "import_pk": literal(import_pk),
        "verdict": literal("same"),
        "state": literal("done"),
        "reason_slug": literal(slug),
        "reason_detail": literal(detail),
        "draft": func.substr(ImportItem.draft, 1, HEAD_BYTES),
    }
    kept = ("source_key", "path", "kind", "local_at", "time_basis", "size_bytes", "memory_pk")
    statement = (
        select(*columns.values(), *(getattr(ImportItem, name) for name in kept))
        .where(ImportItem.owner_pk == owner_pk, in_key_list(dialect, ImportItem.pk))
        .order_by(ImportItem.pk)
    )
    return [*columns, *kept], statement


async def planned(
    db: AsyncConnection,
    owner_pk: int,
    import_pk: int,
    *,
    limit: int,
    most_bytes: int,
    most_in_files: int,
    after: int = 0,
    are_positions: bool | None = None,
) -> Sequence[AnyRow]:
    """The next items to run, with their plans; after: those behind this key; are_positions: these alone, or all others.

    As many as have `most_bytes` of plans and `most_in_files` bytes of originals, but one at least.
    """
    statement = (
        select(
            ImportItem.pk,
            ImportItem.source_key,
            ImportItem.path,
            ImportItem.kind,
            ImportItem.verdict,
            ImportItem.draft,
            ImportItem.size_bytes,
        )
        .where(
            ImportItem.owner_pk == owner_pk,
            ImportItem.import_pk == import_pk,
            ImportItem.state == "planned",
            ImportItem.pk > after,
        )
        .order_by(ImportItem.pk)
        .limit(limit)
    )
    if are_positions is not None:
        is_kind = func.coalesce(ImportItem.kind, "") == POSITIONS
        statement = statement.where(is_kind if are_positions else ~is_kind)
    rows: list[AnyRow] = []
    size = in_files = 0
    for row in await db.execute(statement):
        size += len(row.draft or b"")
        in_files += row.size_bytes
        if rows and (size > most_bytes or in_files > most_in_files):
            break
        rows.append(row)
    return rows


async def undoable(
    db: AsyncConnection, owner_pk: int, import_pk: int, *, below: int | None, limit: int
) -> Sequence[AnyRow]:
    """Items whose memory or person this import wrote, the last first, below this key."""
    statement = (
        select(
            ImportItem.pk,
            ImportItem.path,
            ImportItem.kind,
            ImportItem.verdict,
            ImportItem.memory_pk,
            ImportItem.before,
        )
        .where(
            ImportItem.owner_pk == owner_pk,
            ImportItem.import_pk == import_pk,
            ImportItem.state == "done",
            ImportItem.verdict.in_(("new", "changed")),
            or_(ImportItem.memory_pk.is_not(None), ImportItem.before.is_not(None)),
        )
        .order_by(ImportItem.pk.desc())
        .limit(limit)
    )
    if below is not None:
        statement = statement.where(ImportItem.pk < below)
    return (await db.execute(statement)).all()


async def edited_since(
    db: AsyncConnection, owner_pk: int, *, import_pk: int, memory_pks: Collection[int], since: datetime
) -> set[int]:
    """Those of these memories that the owner changed by hand at or after this moment.

    A hand edit leaves its word in the provenance; a bulk edit only a new version and its time. What lies in the trash,
    or was changed by a later import, has these too, and is not meant; a person renamed gives but a new version.
    """
    said = select(Provenance.memory_pk).where(
        Provenance.owner_pk == owner_pk,
        Provenance.memory_pk.in_(memory_pks),
        Provenance.source == "user",
        Provenance.at >= since,
    )
    later = exists().where(Provenance.memory_pk == Memory.pk, Provenance.import_pk > import_pk)
    touched = select(Memory.pk).where(
        Memory.owner_pk == owner_pk,
        Memory.pk.in_(memory_pks),
        Memory.import_pk == import_pk,
        Memory.version > 1,
        Memory.updated_at > Memory.created_at,
        Memory.trashed_at.is_(None),
        ~later,
    )
    return set((await db.execute(said.union(touched))).scalars())


async def instants(db: AsyncConnection, owner_pk: int, *, memory_pks: Collection[int]) -> dict[int, datetime]:
    """When these memories happened."""
    if not memory_pks:
        return {}
    statement = select(Memory.pk, Memory.happened_at).where(Memory.owner_pk == owner_pk, Memory.pk.in_(memory_pks))
    return {row.pk: row.happened_at for row in await db.execute(statement)}


async def busy_jobs(db: AsyncConnection, owner_pk: int, import_pk: int, *, besides: int) -> bool:
    """Whether another job of this import is still at work or waiting to be."""
    statement = select(Job.pk).where(
        Job.owner_pk == owner_pk,
        Job.import_pk == import_pk,
        Job.pk != besides,
        Job.state.in_(("waiting", "running")),
    )
    return (await db.execute(statement.limit(1))).first() is not None
