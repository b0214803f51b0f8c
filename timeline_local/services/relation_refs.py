"""Links that sources tell of by the other memory's key: made as soon as both memories are there, whichever comes first.

A reference stays after its link is made: when the other memory goes and comes again, so does the link. One that the
owner took off stays off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import bindparam, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.drafts import RelationKind
from timeline_local.domain.ids import new_id
from timeline_local.models import Memory, Relation, RelationRef
from timeline_local.queries.dialect import upsert

AT_ONCE = 500

Ends: TypeAlias = tuple[int, int, str]
"""(from, to, kind)"""


@dataclass(frozen=True, slots=True)
class Told:
    """A memory's link to whatever its source keeps under a key."""

    memory_pk: int
    kind: RelationKind
    target_key: str


async def keep(db: AsyncConnection, owner_pk: int, told: Sequence[Told], *, source: str, import_pk: int | None) -> None:
    """Keep these; those that are known stay as they are."""
    shared = {"owner_pk": owner_pk, "source": source, "import_pk": import_pk, "is_removed": False}
    rows = [
        {**shared, "from_pk": each.memory_pk, "kind": each.kind.value, "target_key": each.target_key} for each in told
    ]
    if rows:
        await db.execute(upsert(db.dialect.name, RelationRef).on_conflict_do_nothing(), rows)


async def resolve(db: AsyncConnection, owner_pk: int, *, import_pk: int | None, now: datetime) -> int:
    """Make the next links whose both ends are there, at most AT_ONCE; how many there were."""
    statement = (
        select(RelationRef.pk, RelationRef.from_pk, RelationRef.kind, Memory.pk.label("to_pk"))
        .join(
            Memory,
            (Memory.owner_pk == RelationRef.owner_pk)
            & (Memory.source == RelationRef.source)
            & (Memory.source_key == RelationRef.target_key),
        )
        .where(
            RelationRef.owner_pk == owner_pk,
            RelationRef.relation_pk.is_(None),
            RelationRef.is_removed.is_(False),
            Memory.pk != RelationRef.from_pk,
        )
        .order_by(RelationRef.pk)
        .limit(AT_ONCE)
    )
    refs = (await db.execute(statement)).all()
    if not refs:
        return 0
    wanted: dict[Ends, None] = dict.fromkeys((ref.from_pk, ref.to_pk, ref.kind) for ref in refs)
    known = await _known(db, owner_pk, list(wanted))
    await _make(db, owner_pk, [ends for ends in wanted if ends not in known], import_pk=import_pk, now=now)
    known = await _known(db, owner_pk, list(wanted))
    made = update(RelationRef).where(RelationRef.pk == bindparam("ref_pk")).values(relation_pk=bindparam("made_pk"))
    await db.execute(made, [{"ref_pk": ref.pk, "made_pk": known[ref.from_pk, ref.to_pk, ref.kind]} for ref in refs])
    return len(refs)


async def _make(
    db: AsyncConnection, owner_pk: int, wanted: Sequence[Ends], *, import_pk: int | None, now: datetime
) -> None:
    base = {"owner_pk": owner_pk, "created_at": now, "updated_at": now, "version": 1, "import_pk": import_pk}
    rows: dict[Ends, dict[str, Any]] = {}
    for one, other, kind in wanted:
        if kind == RelationKind.RELATED and (other, one, kind) in rows:
            continue  # it says the same in both directions, so two memories have it once
        rows[one, other, kind] = {**base, "id": new_id(), "from_pk": one, "to_pk": other, "kind": kind}
    if rows:
        await db.execute(insert(Relation), list(rows.values()))


async def _known(db: AsyncConnection, owner_pk: int, wanted: Sequence[Ends]) -> dict[Ends, int]:
    """The links that are there already, by what was asked; "related" in either direction."""
    both = {(one, other) for one, other, _ in wanted} | {
        (other, one) for one, other, kind in wanted if kind == RelationKind.RELATED
    }
    statement = select(Relation.from_pk, Relation.to_pk, Relation.kind, Relation.pk).where(
        Relation.owner_pk == owner_pk, tuple_(Relation.from_pk, Relation.to_pk).in_(both)
    )
    found: dict[Ends, int] = {}
    for one, other, kind, pk in await db.execute(statement):
        found[one, other, kind] = pk
        if kind == RelationKind.RELATED:
            found.setdefault((other, one, kind), pk)
    return found


async def take_off(db: AsyncConnection, owner_pk: int, relation_pk: int) -> None:
    """Keep in mind that the owner unlinks two memories: no import links them again."""
    mine = update(RelationRef).where(RelationRef.owner_pk == owner_pk, RelationRef.relation_pk == relation_pk)
    await db.execute(mine.values(is_removed=True))


async def take_back(db: AsyncConnection, owner_pk: int, import_pk: int) -> None:
    """Undo what an import told and linked. Links made by hand stay."""
    await db.execute(delete(Relation).where(Relation.owner_pk == owner_pk, Relation.import_pk == import_pk))
    mine = (RelationRef.owner_pk == owner_pk, RelationRef.import_pk == import_pk)
    await db.execute(delete(RelationRef).where(*mine))
