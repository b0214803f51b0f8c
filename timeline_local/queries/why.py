"""Why a memory says what it says: the evidence for its date, and who spoke about each field."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.models import Import, Provenance
from timeline_local.queries.memories import pk_of

JSON = dict[str, Any]


async def why(db: AsyncConnection, owner_pk: int, memory_id: UUID) -> JSON:
    """The moment with all evidence considered, and every statement about every field, the one in force first.

    Raises MemoryNotFound. Two statements.
    """
    memory_pk = await pk_of(db, owner_pk, memory_id)
    statement = (
        select(
            Provenance.field,
            Provenance.value,
            Provenance.source,
            Provenance.rank,
            Provenance.at,
            Import.id.label("import_id"),
        )
        .outerjoin(Import, Import.pk == Provenance.import_pk)
        .where(Provenance.owner_pk == owner_pk, Provenance.memory_pk == memory_pk)
        .order_by(Provenance.field, Provenance.rank.desc(), Provenance.at.desc(), Provenance.pk)
    )
    # PostgreSQL's driver has a class of its own for ids, which orjson does not take.
    said = [
        {**row._asdict(), "import_id": None if row.import_id is None else str(row.import_id)}
        for row in await db.execute(statement)
    ]
    times = [each["value"] for each in said if each["field"] == "time"]
    # What outranked evidence said is still evidence: hand edits first, then what the import weighed.
    considered = [piece for place, time in enumerate(times) for piece in _pieces(time, is_in_force=place == 0)]
    return {
        "time": {
            "winner": next((piece for piece in considered if _is_winner(piece)), None),
            "moment": times[0]["moment"] if times else None,
            "considered": considered,
        },
        "fields": [
            {**each, "value": each["value"]["moment"] if each["field"] == "time" else each["value"]} for each in said
        ],
    }


def _is_winner(piece: JSON) -> bool:
    """Accepted, and not only for its zone."""
    return bool(piece["accepted"] and (piece["local_at"] or piece["instant"]))


def _pieces(time: JSON, *, is_in_force: bool) -> list[JSON]:
    if is_in_force:
        return list(time["considered"])
    return [
        {**piece, "accepted": False, "reason": "you set the date yourself"} if piece["accepted"] else piece
        for piece in time["considered"]
    ]
