"""One memory as it stands, as plain JSON: what undo puts back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from sqlalchemy import LargeBinary, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from timeline_local.domain.times import day_number, from_day_number, from_micros, micros
from timeline_local.exceptions import MemoryNotFound
from timeline_local.models import Memory, MemoryMedia, MemoryPerson, MemoryTag, Provenance
from timeline_local.models.base import Base, Instant, LocalDay, WallClock

Before: TypeAlias = dict[str, Any]
"""{"row": columns of the memory, "links": {table: rows}, "provenance": rows}; JSON values only."""

_IDENTITY = frozenset({"pk", "id", "owner_pk", "created_at", "memory_pk"})


async def take_snapshot(db: AsyncConnection, owner_pk: int, memory_pk: int) -> Before:
    """The memory with its tags, people, media links and provenance. Five statements. Raises MemoryNotFound."""
    columns = _columns(Memory)
    row = (
        await db.execute(
            select(*(getattr(Memory, name) for name in columns)).where(
                Memory.owner_pk == owner_pk, Memory.pk == memory_pk
            )
        )
    ).one_or_none()
    if row is None:
        raise MemoryNotFound("That memory is no longer in your timeline.")
    links = {table.__tablename__: await _rows(db, table, memory_pk) for table in (MemoryTag, MemoryPerson, MemoryMedia)}
    return {"row": plain_row(row._asdict()), "links": links, "provenance": await _rows(db, Provenance, memory_pk)}


def row_from_plain(row: dict[str, Any], table: type[Base] = Memory) -> dict[str, Any]:
    """The column values again, from their JSON form."""
    types = _columns(table)
    return {name: _value(types[name], value) for name, value in row.items()}


def _columns(table: type[Base]) -> dict[str, TypeEngine[Any]]:
    return {column.key: column.type for column in inspect(table).local_table.c if column.key not in _IDENTITY}


async def _rows(db: AsyncConnection, table: Any, memory_pk: int) -> list[dict[str, Any]]:  # noqa: ANN401 - a mapped class
    columns = [getattr(table, name) for name in _columns(table)]
    found = await db.execute(select(*columns).where(table.memory_pk == memory_pk))
    return [plain_row(row._asdict()) for row in found]


def plain_row(row: dict[str, Any]) -> dict[str, Any]:
    """The column values as JSON; `row_from_plain` reads them back."""
    return {name: _json(value) for name, value in row.items()}


def _json(value: Any) -> Any:  # noqa: ANN401 - a value of any column
    if isinstance(value, datetime):
        return micros(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return day_number(value)
    return value.hex() if isinstance(value, bytes) else value


def _value(kind: TypeEngine[Any], plain: Any) -> Any:  # noqa: ANN401 - a value of any column
    if plain is None:
        return None
    if isinstance(kind, Instant):
        return from_micros(plain)
    if isinstance(kind, WallClock):
        return from_micros(plain).replace(tzinfo=None)
    if isinstance(kind, LocalDay):
        return from_day_number(plain)
    return bytes.fromhex(plain) if isinstance(kind, LargeBinary) else plain
