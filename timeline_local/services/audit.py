"""The audit log: who did what that matters for security, appended in the transaction of the act itself.

Each entry carries the hash of the one before it, so an edit, a deletion or a reordering shows. One line of entries even
with several processes: SQLite has one writer, and on PostgreSQL a transaction that records holds an advisory lock until
it ends. So record last, when the act's own statements have run: others wait no longer than they must.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import NOTE
from timeline_local.core.security import Caller
from timeline_local.domain.times import micros
from timeline_local.models import AuditEvent
from timeline_local.queries import audit as queries

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. kind: session | token | api_key | ticket | command | system | anonymous."""

    kind: str
    user_id: UUID | None = None
    credential_id: UUID | None = None


SYSTEM = Actor("system")  # a job or the server itself
ANONYMOUS = Actor("anonymous")  # a caller who has not proved who they are
COMMAND = Actor("command")  # whoever may run commands as the library's own system account


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry: its number and its hash. An empty log has number 0 and GENESIS."""

    seq: int
    hash: bytes


def actor_of(caller: Caller) -> Actor:
    """The actor behind an authenticated request."""
    return Actor(caller.kind, caller.user_id, caller.credential_id)


async def record(
    db: AsyncConnection,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    object_kind: str | None = None,
    object_id: UUID | None = None,
    details: dict[str, Any] | None = None,
    before: bytes | None = None,
    after: bytes | None = None,
) -> None:
    """Append an entry in the caller's write transaction; it is there if and only if the act is. Record last.

    details  ids, counts, roles, formats: never content, names or addresses; JSON without fractions.
    before, after  what the object was and is, or a hash of it: only the SHA-256 of these bytes is kept.
    Raises TypeError when details hold something else.
    """
    head = await hold_head(db)
    values: dict[str, Any] = {
        "seq": head.seq + 1,
        "at": now,
        "actor_id": actor.user_id,
        "actor_kind": actor.kind,
        "credential_id": actor.credential_id,
        "action": action,
        "object_kind": object_kind,
        "object_id": object_id,
        "details": _checked(details or {}),
        "before_hash": None if before is None else hashlib.sha256(before).digest(),
        "after_hash": None if after is None else hashlib.sha256(after).digest(),
        "prev_hash": head.hash,
    }
    values["hash"] = entry_hash(values)
    await db.execute(insert(AuditEvent).values(**values))
    db.info[NOTE] = Head(values["seq"], values["hash"])


async def hold_head(db: AsyncConnection) -> Head:
    """The newest entry, which stays the newest until this transaction appends one or ends."""
    found = await queries.newest_held(db)
    return Head(0, GENESIS) if found is None else Head(*found)


def entry_hash(values: dict[str, Any] | Any) -> bytes:  # noqa: ANN401 - a row mapping of SQLAlchemy too
    """The SHA-256 over every field of an entry, the hash of the one before included.

    Canonical: a JSON array in the order below, keys of details sorted, instants as microseconds, bytes as hex; the same
    from either database.
    """
    fields = [
        values["seq"],
        micros(values["at"]),
        _uuid(values["actor_id"]),
        values["actor_kind"],
        _uuid(values["credential_id"]),
        values["action"],
        values["object_kind"],
        _uuid(values["object_id"]),
        values["details"],
        _hex(values["before_hash"]),
        _hex(values["after_hash"]),
        values["prev_hash"].hex(),
    ]
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).digest()


def _uuid(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _checked(value: Any) -> Any:  # noqa: ANN401 - JSON, checked here
    """The details as both databases will give them back. Fractions are refused: jsonb rewrites them."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, dict):
        return {str(name): _checked(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_checked(each) for each in value]
    message = f"details of an audit entry cannot hold a {type(value).__name__}"
    raise TypeError(message)
