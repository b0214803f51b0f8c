"""Looking after a library: checks against what is stored, and work that rebuilds what can be derived."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.blobs import Blobs
from timeline_local.queries import maintenance as queries
from timeline_local.queries.dialect import hold_files_alone
from timeline_local.services.derived import refresh_derived
from timeline_local.services.memory_content import SEALED, row_hash_of

TASKS = ("verify", "vacuum", "reindex", "sweep", "recount")
MEMORIES = 1000  # in one step
SETTLED_S = 86_400  # a file this old without a row is of an upload that never came to its end
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Walked:
    """A step over memories: the last pk (None at the end), how many, and the ids of those that are wrong."""

    last_pk: int | None
    count: int
    wrong: tuple[str, ...] = ()


async def check_rows(db: AsyncConnection, owner_pk: int, *, after_pk: int) -> Walked:
    """Compare the hash of each of the next 1,000 memories with the one stored beside it."""
    rows = await queries.memories_after(db, owner_pk, (*SEALED, "row_hash"), after_pk=after_pk, limit=MEMORIES)
    wrong = tuple(str(row.id) for row in rows if row_hash_of(row._mapping) != row.row_hash)  # noqa: SLF001 - public
    return Walked(rows[-1].pk if rows else None, len(rows), wrong)


async def reindex(db: AsyncConnection, owner_pk: int, *, after_pk: int) -> Walked:
    """Work out search text, tile and cover of the next 1,000 memories anew."""
    rows = await queries.memories_after(db, owner_pk, (), after_pk=after_pk, limit=MEMORIES)
    await refresh_derived(db, owner_pk, [row.pk for row in rows])
    return Walked(rows[-1].pk if rows else None, len(rows))


def check_file(blobs: Blobs, row: Any) -> str | None:  # noqa: ANN401 - a row of queries.integrity.media_sample
    """What is wrong with an original, "missing" or "damaged"; None when all is well. Reads the whole file."""
    path = Path(row.path) if row.storage == "referenced" else blobs.path(row.sha256)
    try:
        with path.open("rb") as file:
            return None if hashlib.file_digest(file, "sha256").digest() == row.sha256 else "damaged"
    except OSError:
        return "missing"


async def sweep_blobs(db: AsyncConnection, blobs: Blobs, hashes: Sequence[bytes]) -> int:
    """Delete those of these blobs that no media file has and that are a day old; how many.

    Call it in a write transaction: no row can then come while it looks.
    """
    await hold_files_alone(db)
    unknown = set(hashes) - await queries.known_media(db, hashes)
    return sum([await blobs.delete_if_older(each, seconds=SETTLED_S) for each in sorted(unknown)])
