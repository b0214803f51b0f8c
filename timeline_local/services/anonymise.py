"""A copy of a library for development: its structure and counts are real, nothing else is.

Every column of every copied table has a rule, and a table is copied, derived or left behind: a new one that nobody
classified stops the copy. Left behind are credentials, logs, jobs, exports, undo and who said what.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.blobs import Blobs
from timeline_local.domain.disguise import Disguise
from timeline_local.domain.fingerprints import fold
from timeline_local.domain.fuzzy import DATE_MARK
from timeline_local.media.placeholder import MOST_PIXELS, placeholder
from timeline_local.models import Base, ChangeCounter
from timeline_local.queries.positions import DEGREE
from timeline_local.services import buckets
from timeline_local.services.derived import refresh_derived
from timeline_local.services.memory_content import row_hash_of

BATCH = 500
Row = dict[str, Any]
Rule = Callable[[Disguise, Any], Any]

COARSE = frozenset({"month", "season", "year", "decade"})
ENDED = frozenset({"done", "cancelled", "failed", "undone"})


def _keep(_: Disguise, value: Any) -> Any:  # noqa: ANN401 - any column's value, here and below
    return value


def _none(_: Disguise, value: Any) -> None:  # noqa: ANN401
    del value


def _words(disguise: Disguise, value: Any) -> Any:  # noqa: ANN401
    return None if value is None else disguise.text(value)


def _key(disguise: Disguise, value: Any) -> Any:  # noqa: ANN401
    return None if value is None else disguise.key(value)


def _hash(disguise: Disguise, value: Any) -> bytes:  # noqa: ANN401
    return disguise.hash(value)


def _id(disguise: Disguise, value: Any) -> Any:  # noqa: ANN401
    return disguise.id(value)


def _time(disguise: Disguise, value: datetime | None) -> datetime | None:
    return None if value is None else disguise.moved(value)


def _json(disguise: Disguise, value: Any) -> Any:  # noqa: ANN401
    """Names of members stay, texts are disguised, fractions go: they are mostly coordinates."""
    if isinstance(value, str):
        return disguise.text(value)
    if isinstance(value, list):
        return [_json(disguise, each) for each in value]
    if isinstance(value, dict):
        return {name: each if name == DATE_MARK else _json(disguise, each) for name, each in value.items()}
    return None if isinstance(value, float) else value


def _empty(_: Disguise, value: Any) -> dict[str, Any]:  # noqa: ANN401
    del value
    return {}


def _lat(disguise: Disguise, value: float | None) -> float | None:
    return None if value is None else disguise.lat(value)


def _lon(disguise: Disguise, value: float | None) -> float | None:
    return None if value is None else disguise.lon(value)


def _lat_e7(disguise: Disguise, value: int) -> int:
    return round(disguise.lat(value / DEGREE) * DEGREE)


def _lon_e7(disguise: Disguise, value: int) -> int:
    return round(disguise.lon(value / DEGREE) * DEGREE)


def _rules(rule: Rule, names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


_ROW = _rules(_keep, "pk owner_pk version") | _rules(_id, "id") | _rules(_time, "created_at updated_at")
RULES: Mapping[str, Mapping[str, Rule]] = {
    "user": {
        **{name: rule for name, rule in _ROW.items() if name != "owner_pk"},
        **_rules(_words, "name email"),
        **_rules(_keep, "role is_active"),
        **_rules(_none, "password_hash totp_secret totp_confirmed_at totp_step email_verified_at"),
        **_rules(_time, "password_changed_at last_login_at"),
    },
    "import": {
        **_ROW,
        **_rules(_keep, "source is_upload state counts"),
        **_rules(_words, "label path"),
        **_rules(_empty, "options"),
        **_rules(_none, "plan error job_pk"),
        **_rules(_time, "started_at finished_at undoable_until"),
    },
    "import_item": {
        **_ROW,
        **_rules(_keep, "import_pk kind verdict state reason_slug time_basis size_bytes memory_pk"),
        **_rules(_key, "source_key"),
        **_rules(_words, "path"),
        **_rules(_time, "local_at"),
        **_rules(_none, "reason_detail draft raw before"),
    },
    "location": {
        **_ROW,
        **_rules(_words, "name folded city region country kind address"),
        **_rules(_lat, "lat"),
        **_rules(_lon, "lon"),
        **_rules(_keep, "radius_m source"),
        **_rules(_none, "country_code zone"),
    },
    "media_file": {
        **_ROW,
        **_rules(_hash, "sha256"),
        **_rules(_keep, "size_bytes mime width height duration_ms storage preview_version"),
        **_rules(_words, "file_name camera_make camera_model lens content_id"),
        **_rules(_none, "path mtime_ns orientation thumbhash tint preview_reason"),
        **_rules(_empty, "facts"),
        **_rules(_keep, "preview_state"),
        **_rules(_time, "trashed_at"),
    },
    "tag": {**_ROW, **_rules(_words, "name folded")},
    "collection": {
        **_ROW,
        **_rules(_words, "name folded description"),
        **_rules(_none, "query"),
        **_rules(_keep, "cover_pk kind"),
    },
    "device": {
        **_ROW,
        **_rules(_key, "key"),
        **_rules(_words, "name"),
        **_rules(_keep, "source"),
        **_rules(_time, "stale_from stale_until"),
    },
    "position": {
        **_rules(_keep, "owner_pk device_pk import_pk accuracy_dm altitude_dm speed_cmps"),
        **_rules(_time, "at"),
        **_rules(_lat_e7, "lat_e7"),
        **_rules(_lon_e7, "lon_e7"),
    },
    "position_span": {**_rules(_keep, "import_pk device_pk held"), **_rules(_time, "from_at until_at")},
    "memory_path": {**_rules(_keep, "memory_pk device_pk"), **_rules(_time, "from_at until_at")},
    "memory": {
        **_ROW,
        **_rules(_keep, "kind utc_offset_min precision time_basis accuracy_m altitude_m location_pk favourite rating"),
        **_rules(_keep, "mood archived source import_pk cover_pk tile local_on row_hash"),
        **_rules(_words, "title body"),
        **_rules(_time, "happened_at happened_until local_at trashed_at"),
        **_rules(_none, "zone zone_basis locked_body"),
        **_rules(_lat, "lat"),
        **_rules(_lon, "lon"),
        **_rules(_key, "source_key"),
        **_rules(_hash, "content_hash"),
        **_rules(_json, "extra"),
    },
    "person": {
        **_ROW,
        **_rules(_words, "name folded note"),
        **_rules(_keep, "cover_pk merged_into_pk shows_birthday"),
        "born": _none,
    },
    "identity": {**_ROW, **_rules(_keep, "kind person_pk former_person_pk"), **_rules(_words, "value name")},
    "relation": {**_ROW, **_rules(_keep, "from_pk to_pk kind import_pk")},
    "collection_member": {**_rules(_keep, "collection_pk memory_pk position"), **_rules(_time, "added_at")},
    "memory_media": _rules(_keep, "memory_pk media_pk role position"),
    "memory_tag": _rules(_keep, "memory_pk tag_pk"),
    "memory_person": _rules(_keep, "memory_pk identity_pk role"),
}
DERIVED = frozenset({"memory_text", "bucket_count", "change_counter"})
LEFT = frozenset(
    {
        "session",
        "refresh_token",
        "recovery_code",
        "mailed_token",
        "invitation",
        "login_attempt",
        "api_key",
        "source_account",
        "watched_folder",
        "setting",
        "idempotency_key",
        "note_lock",
        "audit_event",
        "undo",
        "job",
        "export",
        "tombstone",
        "source_link",
        "relation_ref",
        "collection_absence",
        "position_erasure",
        "provenance",
    }
)


@dataclass(slots=True)
class Copied:
    """How many rows of each table and how many files were written."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0


async def copy_library(
    source: AsyncConnection, target: AsyncConnection, blobs: Blobs, disguise: Disguise, *, told: Callable[[int], None]
) -> Copied:
    """Write the disguised copy into an empty, migrated SQLite library; one transaction of it.

    source  a snapshot.  blobs  of the copy.  told  is called with the number of rows written so far.
    Raises LookupError for a table or column that has no rule.
    """
    tables = checked_tables()
    for table in tables:
        async for rows in _batches(source, table):
            await asyncio.to_thread(_learn, rows, disguise)
    await target.execute(text("PRAGMA defer_foreign_keys = ON"))
    copied = Copied()
    for table in tables:
        async for rows in _batches(source, table):
            made = await asyncio.to_thread(_all_disguised, table, rows, disguise)
            if table.name == "media_file":
                for row in made:
                    await _replace_file(row, blobs)
                copied.files += len(made)
            await target.execute(insert(table), made)
            name = str(table.name)  # a plain one: JSON takes no other as a key
            copied.rows[name] = copied.rows.get(name, 0) + len(made)
            told(sum(copied.rows.values()))
    await _derive(target)
    return copied


def checked_tables() -> list[Table]:
    """The tables to copy, parents first. Raises LookupError for a table or a column that nobody classified."""
    for table in Base.metadata.sorted_tables:
        if table.name not in RULES and table.name not in DERIVED | LEFT:
            raise LookupError(f"no rule for the table {table.name}")
        missing = {column.name for column in table.columns} - RULES.get(table.name, {}).keys()
        if table.name in RULES and missing:
            raise LookupError(f"no rule for {table.name}: {', '.join(sorted(missing))}")
    return [table for table in Base.metadata.sorted_tables if table.name in RULES]


async def _batches(source: AsyncConnection, table: Table) -> AsyncIterator[list[Row]]:
    keys = list(table.primary_key.columns)
    statement = select(table).order_by(*keys).limit(BATCH)
    after: tuple[Any, ...] | None = None
    while True:
        wanted = statement if after is None else statement.where(tuple_(*keys) > after)
        rows = [dict(row) for row in (await source.execute(wanted)).mappings()]
        if not rows:
            return
        yield rows
        after = tuple(rows[-1][key.name] for key in keys)


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - a row or any JSON value in it
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [found for each in inner for found in _texts(each)]


def _learn(rows: list[Row], disguise: Disguise) -> None:
    disguise.learn(each for row in rows for each in _texts(row))


def _all_disguised(table: Table, rows: list[Row], disguise: Disguise) -> list[Row]:
    return [_disguised(table, row, disguise) for row in rows]


def _disguised(table: Table, row: Row, disguise: Disguise) -> Row:
    made = {name: RULES[table.name][name](disguise, value) for name, value in row.items()}
    if "folded" in made:
        made["folded"] = fold(made["name"])
    if table.name == "import" and made["state"] not in ENDED:
        made["state"] = "cancelled"
    if table.name == "memory":
        _settle_memory(made, row, disguise)
    return made


def _settle_memory(made: Row, row: Row, disguise: Disguise) -> None:
    """A fuzzy date moves by whole years; the day follows the clock; the hash is that of the new content."""
    if row["precision"] in COARSE:
        made["local_at"] = disguise.moved_years(row["local_at"])
        made["happened_at"] = row["happened_at"] + (made["local_at"] - row["local_at"])
        if row["happened_until"] is not None:
            made["happened_until"] = disguise.moved_years(row["happened_until"])
    made["local_on"] = None if row["local_on"] is None else made["local_at"].date()
    made["row_hash"] = row_hash_of(made)


async def _replace_file(row: Row, blobs: Blobs) -> None:
    """Store something else in the place of the original: a grey picture of its size, or a line of text."""
    mark = row["id"].hex.encode()
    width, height = row["width"] or 0, row["height"] or 0
    row["file_name"] = row["file_name"].rpartition(".")[0] or "file"
    if row["mime"].startswith(("image/", "video/")) and 0 < width * height <= MOST_PIXELS:
        content = await asyncio.to_thread(placeholder, width, height, mark)
        row |= {"mime": "image/jpeg", "preview_state": "pending", "file_name": f"{row['file_name']}.jpg"}
    else:
        content = b"placeholder " + mark + b"\n"
        row |= {"mime": "text/plain", "preview_state": "none", "file_name": f"{row['file_name']}.txt"}
        row |= {"width": None, "height": None}
    stored = await blobs.put_stream(_once(content))
    row |= {"sha256": stored.sha256, "size_bytes": stored.size_bytes, "storage": "managed", "duration_ms": None}


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _derive(target: AsyncConnection) -> None:
    """What other rows decide: search texts, tiles, covers, calendar counts and the counter of changes."""
    tables = Base.metadata.tables
    for owner_pk in (await target.execute(select(tables["user"].c.pk))).scalars().all():
        memory = tables["memory"].c
        mine = select(memory.pk).where(memory.owner_pk == owner_pk).order_by(memory.pk).limit(BATCH)
        after = 0
        while pks := (await target.execute(mine.where(memory.pk > after))).scalars().all():
            await refresh_derived(target, owner_pk, pks)
            after = pks[-1]
        await buckets.recount(target, owner_pk)
        await target.execute(insert(ChangeCounter).values(owner_pk=owner_pk, revision=1))
