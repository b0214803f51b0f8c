"""How SQLite goes about the statements that everybody waits for: recorded while the product runs them, then explained.

A plan is complained about when it reads a whole table, sorts what an index could have given in order, or finds rows by
nothing but their owner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, event

from timeline_local.config import load_settings
from timeline_local.core.database import open_database, sqlite_module
from timeline_local.domain.query import parse
from timeline_local.queries import facets, memories, timeline
from timeline_local.queries.timeline import BucketUnit

OWNER = 1
TODAY = date(2026, 2, 1)
MIDDLE = (16_000, 16_000 * 86_400_000_000, bytes(16))
TIMELINE = "ix_memory_timeline"
COUNTING = ("facets",)  # groups what it looks up, which no index has in order
WALKED = (TIMELINE, "ix_memory_trash")  # indexes that hold an owner's memories in order

Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """operation: who ran the statement. steps: EXPLAIN QUERY PLAN, one line a step."""

    operation: str
    sql: str
    steps: tuple[str, ...]

    def complaints(self) -> Iterator[str]:
        """What is wrong with it, in words. Correlated subqueries may sort their few rows and are not looked at."""
        for step in self.outer_steps():
            if step.startswith("SCAN ") and not _is_own_result(step):
                yield f"{self.operation}: {step}"
            if "TEMP B-TREE" in step and self.operation not in COUNTING:
                yield f"{self.operation}: {step}"
            if step.endswith("(owner_pk=?)") and not any(name in step for name in WALKED):
                yield f"{self.operation}: {step}, which is everything the owner has"

    def outer_steps(self) -> Iterator[str]:
        """The steps up to the first correlated subquery."""
        return takewhile(lambda step: not step.startswith("CORRELATED"), self.steps)

    def uses(self, name: str) -> bool:
        """Whether one of the steps names this index."""
        return any(name in step for step in self.steps)


def _is_own_result(step: str) -> bool:
    """Reading through what another step of the same statement made, a list given to it, or the handful of imports."""
    return step.startswith(("SCAN (subquery", "SCAN anon_", "SCAN json_each", "SCAN asked ", "SCAN import "))


def plan_complaints(library: Path) -> list[str]:
    """Everything wrong with the plans of the hot statements, in a library that holds something."""
    plans = asyncio.run(hot_plans(library))
    complaints = [complaint for plan in plans for complaint in plan.complaints()]
    walks = [plan for plan in plans if plan.operation in ("first page", "page in the middle", "skeleton")]
    return complaints + [f"{plan.operation}: not by {TIMELINE}" for plan in walks if not plan.uses(TIMELINE)]


async def hot_plans(library: Path) -> list[Plan]:
    """The plans of every statement behind a page, a deep page, a skeleton, its tiles, facets and the buckets."""
    database = open_database(load_settings(data_dir=library).database, library / "timeline.db")
    recorded: list[tuple[str, Statement]] = []
    everything = parse("", TODAY)
    try:
        async with database.read() as db:

            def url(media_id: UUID | str, variant: str, version: int) -> str:
                return f"{media_id}/{variant}/{version}"

            with _recording(recorded, "first page"):
                await memories.page(db, OWNER, everything, cursor=None, limit=50, order="newest", url_for=url)
            with _recording(recorded, "page in the middle"):
                await memories.page(db, OWNER, everything, cursor=MIDDLE, limit=50, order="newest", url_for=url)
            with _recording(recorded, "skeleton"):
                found = await timeline.positions(db, OWNER, everything)
            with _recording(recorded, "tiles"):
                await timeline.items(db, OWNER, found.pks[100:356], len)
            with _recording(recorded, "facets"):
                await facets.facets(db, OWNER, found.pks[:1000])
            with _recording(recorded, "buckets by month"):
                await timeline.bucket_counts(db, OWNER, BucketUnit.MONTH, len)
    finally:
        await database.close()
    return _explained(library, recorded)


@contextmanager
def _recording(into: list[tuple[str, Statement]], operation: str) -> Iterator[None]:
    """Note every statement that any engine of this process sends meanwhile."""

    def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, _many: bool) -> None:  # noqa: ANN401, FBT001
        into.append((operation, (sql, tuple(values))))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _explained(library: Path, recorded: list[tuple[str, Statement]]) -> list[Plan]:
    with closing(sqlite_module().connect(str(library / "timeline.db"))) as db:
        return [
            Plan(operation, sql, tuple(str(row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)))
            for operation, (sql, values) in recorded
        ]
