"""The rows of a plan: what an import would do with each item, as the owner reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.domain.drafts import Contact, Draft, Problem, Samples
from timeline_local.domain.ids import new_id
from timeline_local.domain.times import Precision, ZoneBasis
from timeline_local.importers.base import SKIP_SLUGS
from timeline_local.models import ImportItem
from timeline_local.queries.imports import ImportRow
from timeline_local.services.import_verdicts import Known
from timeline_local.services.import_work import AsidePlan, Plan, Writing, pack_plan, pack_raw
from timeline_local.services.ingest import FoundFile, Surroundings, Weighed, asked_of, kind_of, when_of, zoned
from timeline_local.services.nearby import Zoned, look_around
from timeline_local.services.preferences import home_zone_of

_CLOCKED = frozenset({Precision.INSTANT, Precision.MINUTE})  # where a wrong zone moves something


@dataclass(slots=True)
class Row:
    """A row of import_item with what the totals need besides.

    needs   bytes that copying it would take.   packed  how many of these lie in an archive.
    """

    values: dict[str, Any]
    needs: int = 0
    packed: int = 0
    attention: tuple[str, ...] = ()


@dataclass(slots=True)
class Candidate:
    """A draft on its way to a verdict. is_told: by itself, its head is of what it says and not of its listed files.

    counted  those of its files whose bytes count for it, and not for an item before it.
    """

    source: str
    draft: Draft
    key: str
    head: bytes = b""
    stats: dict[str, tuple[int, int]] = field(default_factory=dict)
    files: tuple[FoundFile, ...] = ()
    counted: tuple[FoundFile, ...] = ()
    packed: int = 0  # bytes of its files that lie in an archive
    is_told: bool = False


@dataclass(slots=True)
class Aside:
    """Positions or a contact on their way to a verdict."""

    source: str
    item: Samples | Contact
    key: str
    head: bytes = b""


def _row(work: Writing, key: str, path: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - column values
    now = work.now()
    return {
        "id": new_id(),
        "owner_pk": work.owner_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "import_pk": work.import_pk,
        "source_key": key,
        "path": path,
        "kind": None,
        "verdict": "same",
        "state": "done",
        "reason_slug": None,
        "reason_detail": None,
        "local_at": None,
        "time_basis": None,
        "size_bytes": 0,
        "draft": None,
        "raw": None,
        "memory_pk": None,
        **values,
    }


async def insert_rows(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows of a plan; all have the columns that these functions give them."""
    if rows:
        await _adding(db.dialect, tuple(rows[0])).written(db, rows)


@lru_cache(maxsize=4)
def _adding(dialect: Dialect, columns: tuple[str, ...]) -> Prepared:
    return Prepared.insert(insert(ImportItem).inline(), dialect, columns)


def problem_row(work: Writing, key: str, problem: Problem, each: Candidate | None = None) -> Row:
    verdict = "skipped" if problem.slug in SKIP_SLUGS else "failed"
    size = sum(size for size, _ in each.stats.values()) if each else 0
    values = {"verdict": verdict, "reason_slug": problem.slug, "reason_detail": problem.detail, "size_bytes": size}
    return Row(_row(work, key, problem.locator, **values))


def settled_row(work: Writing, each: Candidate, found: Known) -> Row:
    values = {
        "verdict": found.verdict,
        "kind": kind_of(each.draft, each.files).value,
        "size_bytes": sum(file.size_bytes for file in each.counted),
        "memory_pk": found.memory_pk,
        "draft": each.head if found.memory_pk is not None else None,
        "reason_slug": found.slug,
        "reason_detail": found.detail,
    }
    return Row(_row(work, each.key, _path(each), **values))


def planned_row(work: Writing, each: Candidate, found: Known, weighed: Weighed) -> Row:
    moment = weighed.decision.moment
    size = sum(file.size_bytes for file in each.counted)
    values = {
        "verdict": found.verdict,
        "state": "planned",
        "kind": kind_of(each.draft, each.files).value,
        "local_at": None if moment.precision is Precision.UNKNOWN else moment.local_at,
        "time_basis": moment.time_basis.value,
        "size_bytes": size,
        "memory_pk": found.memory_pk,
        "draft": pack_plan(Plan(each.source, each.draft, each.files), each.head),
        "raw": pack_raw(each.draft.raw),
    }
    notes = []
    if moment.precision is Precision.UNKNOWN:
        notes.append("undated")
    elif moment.zone_basis in (None, ZoneBasis.HOME_ZONE) and moment.precision in _CLOCKED:
        notes.append("zone-assumed")
    if moment.time_basis.value == "file_date":
        notes.append("file-date-only")
    if any(file.facts is None and file.problem not in (None, "attachment") for file in each.files):
        notes.append("damaged")
    if len(each.stats) < len(each.draft.media):
        notes.append("parts-missing")
    return Row(_row(work, each.key, _path(each), **values), needs=size, packed=each.packed, attention=tuple(notes))


def aside_row(work: Writing, key: str, plan: AsidePlan, found: Known, head: bytes, *, kind: str) -> Row:
    is_wanted = found.verdict in ("new", "changed")
    size = sum(file.size_bytes for file in plan.files)
    values = {
        "verdict": found.verdict,
        "state": "planned" if is_wanted else "done",
        "kind": kind,
        "size_bytes": size,
        "reason_slug": found.slug,
        "reason_detail": found.detail,
        "draft": pack_plan(plan, head) if is_wanted else None,
        "raw": pack_raw(plan.item.raw) if is_wanted and isinstance(plan.item, Contact) else None,
    }
    return Row(_row(work, key, key, **values), needs=size)


def sent_positions_row(work: Writing, key: str) -> Row:
    """What stands in an import for the positions that a device sends by itself; undo finds those by their spans."""
    return Row(_row(work, key, key, verdict="new", kind="positions"))


def _path(each: Candidate) -> str:
    return each.draft.media[0].locator if each.draft.kind is None and each.draft.media else each.draft.source_key


async def weigh_plans(
    db: AsyncConnection, work: Writing, row: ImportRow, plans: Mapping[int, Plan], coming: Iterable[Zoned] = ()
) -> dict[int, Weighed]:
    """When these happened, by the same keys, in the light of the owner's positions and other memories.

    coming  what comes after these; they are looked at in each other's light in any case.
    """
    around = surroundings(work, row)
    weighed = {key: Weighed(when_of(plan.draft, plan.files, around)) for key, plan in plans.items()}
    asked = {key: asked_of(plan.draft, plan.files, weighed[key].decision) for key, plan in plans.items()}
    wanted = {key: each for key, each in asked.items() if each is not None}
    beside = (zoned(plan.draft, plan.files, weighed[key].decision) for key, plan in plans.items())
    others = [*(each for each in beside if each is not None), *coming] if wanted else []
    for key, nearby in (await look_around(db, work.owner_pk, wanted, others, zone_of=work.zone_of)).items():
        plan = plans[key]
        weighed[key] = Weighed(when_of(plan.draft, plan.files, around, nearby.evidence), nearby.place)
    return weighed


async def know_home(db: AsyncConnection, work: Writing) -> None:
    """Look up the owner's own home zone, once."""
    if "home_zone" not in work.memo:
        work.memo["home_zone"] = await home_zone_of(db, work.owner_pk, fallback=work.home_zone)


def surroundings(work: Writing, row: ImportRow) -> Surroundings:
    """What decides about dates and tags besides the files; the zone named for this import comes before home."""
    return Surroundings(
        zone_of=work.zone_of,
        home_zone=row.options.get("zone") or work.memo["home_zone"],
        now=work.now(),
        tags=tuple(row.options.get("tags") or ()),
    )
