"""Checking the audit log, and forgetting its oldest entries without breaking it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.security import same
from timeline_local.models import AuditEvent
from timeline_local.queries import audit as queries
from timeline_local.services.audit import GENESIS, SYSTEM, Head, entry_hash, hold_head, record
from timeline_local.services.audit_head import HeadBroken, HeadFile

PRUNED = "audit.pruned"
STEP = 1000
MOST_FINDINGS = 100

Fault = Literal["edited", "missing", "unlinked", "beginning", "truncated", "rewritten", "head_missing", "head_broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """seq: the entry at fault, or the first one after a gap.

    edited: its fields do not give its hash · missing: a number is skipped · unlinked: it does not follow the entry
    before it · beginning: the log starts late and no sealed entry says that it was pruned up to there ·
    truncated: newer entries were cut off · rewritten: not the entry whose hash was kept · head_missing, head_broken:
    the head kept beside the database is gone or is not this install's.
    """

    fault: Fault
    seq: int


@dataclass(slots=True)
class Verification:
    """entries: how many were read. At most 100 findings are named."""

    entries: int = 0
    first_seq: int | None = None
    head_seq: int = 0
    head_hash: bytes = GENESIS
    kept_seq: int | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        return not self.findings

    def add(self, fault: Fault, seq: int) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(fault, seq))


async def verify(db: AsyncConnection, head_file: HeadFile) -> Verification:
    """Read the whole log in a snapshot and say everything that is wrong with it."""
    found = Verification()
    kept = _kept(found, head_file)
    beginning: Mapping[str, Any] | None = None
    last_pruning: Mapping[str, Any] | None = None
    previous: Mapping[str, Any] | None = None
    while rows := await queries.after(db, seq=found.head_seq if previous else -1, limit=STEP):
        for row in rows:
            beginning = beginning or row
            _look_at(found, row, previous, kept)
            last_pruning = row if row["action"] == PRUNED else last_pruning
            previous = row
            found.entries += 1
            found.head_seq, found.head_hash = row["seq"], row["hash"]
    if beginning is not None:
        found.first_seq = beginning["seq"]
        if not _begins_well(beginning, last_pruning, head_file):
            found.add("beginning", beginning["seq"])
    if kept is not None and kept.seq > found.head_seq:
        found.add("truncated", found.head_seq + 1)
    return found


def _kept(found: Verification, head_file: HeadFile) -> Head | None:
    try:
        kept = head_file.read()
    except HeadBroken:
        found.add("head_broken", 0)
        return None
    if kept is None:
        found.add("head_missing", 0)
        return None
    found.kept_seq = kept.seq
    return kept


def _look_at(
    found: Verification, row: Mapping[str, Any], previous: Mapping[str, Any] | None, kept: Head | None
) -> None:
    seq = row["seq"]
    if entry_hash(row) != row["hash"]:
        found.add("edited", seq)
    if previous is not None and seq != previous["seq"] + 1:
        found.add("missing", seq)
    elif previous is not None and row["prev_hash"] != previous["hash"]:
        found.add("unlinked", seq)
    if kept is not None and kept.seq == seq and kept.hash != row["hash"]:
        found.add("rewritten", seq)


def _begins_well(first: Mapping[str, Any], pruning: Mapping[str, Any] | None, head_file: HeadFile) -> bool:
    if first["seq"] == 1:
        return bool(first["prev_hash"] == GENESIS)
    if pruning is None:
        return False
    details = pruning["details"]
    last = Head(first["seq"] - 1, first["prev_hash"])
    seal = str(details.get("seal", "")).encode()
    return details.get("up_to") == last.seq and same(seal, head_file.seal(PRUNED, last).encode())


async def prune(db: AsyncConnection, head_file: HeadFile, *, before: datetime, now: datetime) -> int:
    """Delete the entries at the beginning that are older than this; how many.

    The deletion is itself an entry, sealed with the hash of the last one deleted: from there the log goes on.
    """
    await hold_head(db)
    found = await queries.last_before(db, before)
    if found is None:
        return 0
    last, count = Head(found.seq, found.hash), found.entries
    details = {"up_to": last.seq, "entries": count, "seal": head_file.seal(PRUNED, last)}
    await record(db, SYSTEM, PRUNED, now=now, details=details)
    await db.execute(delete(AuditEvent).where(AuditEvent.seq <= last.seq))
    return count


async def anchor(db: AsyncConnection, head_file: HeadFile, *, now: datetime) -> None:
    """Make sure a head is kept: a fresh library keeps the empty one; one that lost its file gets an entry that says so.

    A damaged file is left as it is, for `verify` to tell.
    """
    try:
        kept = head_file.read()
    except HeadBroken:
        return
    if kept is None:
        head = await hold_head(db)
        if head.seq:
            await record(db, SYSTEM, "audit.head_was_missing", now=now, details={"entries": head.seq})
        else:
            await head_file.keep(head)


def to_wire(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as JSON values, in the order of its columns."""
    return {name: _plain(value) for name, value in entry.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a column's value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, UUID) else value


def verification_to_wire(found: Verification) -> dict[str, Any]:
    """A verification as JSON values."""
    return {
        "intact": found.is_intact,
        "entries": found.entries,
        "first_seq": found.first_seq,
        "head_seq": found.head_seq,
        "head_hash": found.head_hash.hex(),
        "kept_seq": found.kept_seq,
        "findings": [{"fault": finding.fault, "seq": finding.seq} for finding in found.findings],
    }


async def lines(db: AsyncConnection) -> AsyncIterator[bytes]:
    """Every entry as a line of JSON, oldest first."""
    seq = 0
    while rows := await queries.after(db, seq=seq, limit=STEP):
        for row in rows:
            yield orjson.dumps(to_wire(row)) + b"\n"
        seq = rows[-1]["seq"]
