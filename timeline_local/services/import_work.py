"""What a batch of an import is given, what it answers, and how a planned item is kept until it is run."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from timeline_local.config import Settings
from timeline_local.core.blobs import Blobs
from timeline_local.core.database import Database
from timeline_local.domain.draft_json import item_from_json, item_to_json
from timeline_local.domain.drafts import Contact, Draft, MediaRef, Samples
from timeline_local.domain.kinds import MediaRole
from timeline_local.importers.archive import File
from timeline_local.importers.base import Source
from timeline_local.media.file_hand import FileHand
from timeline_local.media.worker import DecodePool
from timeline_local.queries.jobs import JobRow
from timeline_local.services.ingest import FoundFile, found_from_json, found_to_json

_FINGERPRINT_BYTES = 16
BEGINNING = 1000  # characters of a text that its first words are looked for in
HEAD_BYTES = _FINGERPRINT_BYTES + 1
_FORMAT = b"\x02"  # raise it when sources read more than before: everything is looked at again then


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is. total and bytes_total are None while nobody knows; current names what was last worked on."""

    done: int = 0
    total: int | None = None
    bytes_done: int = 0
    bytes_total: int | None = None
    current: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """done: nothing is left to do.

    revision, days  what to announce: the owner's new revision and the day numbers that changed (empty: any).
    """

    done: bool
    progress: Progress
    revision: int | None = None
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Whose import is written, and what it takes to place memories in time. memo: nothing in it must be kept."""

    zone_of: Callable[[float, float], str | None]
    home_zone: str
    now: Callable[[], datetime]
    owner_pk: int
    import_pk: int
    memo: dict[str, Any] = field(default_factory=dict)


def _every_source() -> Sequence[Source]:
    from timeline_local.importers.registry import SOURCES  # noqa: PLC0415 - only imports need them, not every start

    return SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWork(Writing):
    """The parts a batch needs. memo lives as long as one process works on the job.

    job  as it was claimed: its lease fences every transaction of a batch.
    """

    database: Database
    blobs: Blobs
    hand: FileHand
    decoder: DecodePool
    library_root: Path
    previews_root: Path
    settings: Settings
    job: JobRow
    sources: Sequence[Source] = field(default_factory=_every_source)


@dataclass(frozen=True, slots=True)
class Plan:
    """One planned memory: who read it, what was read, and the files as they were found."""

    source: str
    draft: Draft
    files: tuple[FoundFile, ...]

    @property
    def item(self) -> Draft:
        return self.draft

    @property
    def refs(self) -> tuple[MediaRef, ...]:
        """The files it was read with."""
        return self.draft.media


@dataclass(frozen=True, slots=True)
class AsidePlan:
    """As `Plan`, of what is no memory: positions, or a contact with their photo."""

    source: str
    item: Samples | Contact
    files: tuple[FoundFile, ...]

    @property
    def refs(self) -> tuple[MediaRef, ...]:
        """The files it was read with."""
        if isinstance(self.item, Samples) or self.item.photo is None:
            return ()
        return (replace(self.item.photo, role=MediaRole.ATTACHMENT),)  # the contact is one without their photo, too


def fingerprint(source: str, item: Draft | Contact | Samples, stats: Mapping[str, tuple[int, int]]) -> bytes:
    """17 bytes that stay the same while the item and its files (locator → size, mtime_ns) do: the head of a plan."""
    read = orjson.dumps([source, item_to_json(item), sorted(stats.items())], option=orjson.OPT_SORT_KEYS)
    return _FORMAT + blake2b(read, digest_size=_FINGERPRINT_BYTES).digest()


def listed_fingerprint(source: str, key: str, files: Iterable[File]) -> bytes:
    """As `fingerprint`, by the names, sizes and dates of everything that reading would depend on."""
    listed = orjson.dumps([source, key, [(file.locator, file.size, file.mtime_ns) for file in files]])
    return _FORMAT + blake2b(listed, digest_size=_FINGERPRINT_BYTES).digest()


def pack_plan(plan: Plan | AsidePlan, head: bytes) -> bytes:
    """The plan as `import_item.draft` keeps it; the raw record is kept beside it."""
    draft = item_to_json(plan.item)
    if "raw" in draft:
        draft["raw"] = None
    document = {"source": plan.source, "draft": draft, "files": [found_to_json(each) for each in plan.files]}
    return head + zlib.compress(orjson.dumps(document), 1)


def unpack_plan(packed: bytes) -> Plan | AsidePlan:
    """The inverse of `pack_plan`. Raises ValueError for anything else."""
    try:
        document = orjson.loads(zlib.decompress(packed[HEAD_BYTES:]))
    except zlib.error as error:
        raise ValueError("the plan of this item is damaged") from error
    files = tuple(found_from_json(each) for each in document["files"])
    item = item_from_json(document["draft"])
    return (
        Plan(document["source"], item, files) if isinstance(item, Draft) else AsidePlan(document["source"], item, files)
    )


def told_of(packed: bytes | None) -> tuple[str | None, str]:
    """Which source a plan is of, and what its item is called or how its text begins; (None, "") for a mere head.

    Nothing is built: 5 µs for a short note, where `unpack_plan` takes 18; 30 for 40,000 letters (2026-11).
    """
    if packed is None or len(packed) <= HEAD_BYTES:
        return None, ""
    try:
        document = orjson.loads(zlib.decompress(packed[HEAD_BYTES:]))
        source, item = document["source"], document["draft"]
    except (zlib.error, ValueError, KeyError, TypeError):
        return None, ""  # the run tells that it cannot be read
    return source, item.get("title") or item.get("name") or (item.get("body") or "")[:BEGINNING]


def without_text(packed: bytes | None) -> bytes | None:
    """The same plan without the text of its memory, whose owner locked that away; a mere head stays as it is."""
    if packed is None or len(packed) <= HEAD_BYTES:
        return packed
    try:
        plan = unpack_plan(packed)
    except (ValueError, KeyError, TypeError):
        return packed[:HEAD_BYTES]  # the run tells that it cannot be read
    if isinstance(plan, AsidePlan):
        return packed
    return pack_plan(replace(plan, draft=replace(plan.draft, body="")), packed[:HEAD_BYTES])


def pack_raw(raw: bytes | None) -> bytes | None:
    """The source's own record, compressed."""
    return None if raw is None else zlib.compress(raw, 6)
