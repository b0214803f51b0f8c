"""An item of a plan on its way into the library."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeGuard, TypeVar

from timeline_local.domain.drafts import Problem
from timeline_local.importers.base import SKIP_SLUGS
from timeline_local.queries.imports import AnyRow
from timeline_local.services.import_verdicts import Known
from timeline_local.services.import_work import HEAD_BYTES, AsidePlan, Plan
from timeline_local.services.ingest import FoundFile

PlanT = TypeVar("PlanT", bound=Plan | AsidePlan)


@dataclass(slots=True)
class RunItem(Generic[PlanT]):
    """One planned item. known is the verdict at the moment of writing.

    memory_pk  what it became, if it is a memory.   before  what undo needs besides.
    twin       the item of the same batch that it is once more.
    """

    row: AnyRow
    plan: PlanT
    known: Known | None = None
    problem: Problem | None = None
    memory_pk: int | None = None
    before: dict[str, Any] | None = None
    twin: RunItem[PlanT] | None = None

    @property
    def verdict(self) -> str:
        if self.problem is not None:
            return "skipped" if self.problem.slug in SKIP_SLUGS else "failed"
        return str(self.row.verdict) if self.known is None else self.known.verdict

    def take_files(self, files: tuple[FoundFile, ...]) -> None:
        """Go on with the files as they are now."""
        self.plan = replace(self.plan, files=files)

    def start_afresh(self) -> None:
        """Forget what a transaction did that was rolled back."""
        self.known, self.memory_pk, self.before, self.twin = None, None, None, None

    def marks(self) -> dict[str, Any]:
        """What its row says once it is done."""
        said = self.problem or self.known
        return {
            "item_pk": self.row.pk,
            "to_verdict": self.verdict,
            "to_slug": said.slug if said else None,
            "to_detail": said.detail if said else None,
            "to_memory": self.memory_pk,
            "to_before": self.before,
            # The plan is done with; its head stays, by which the next scan of this folder knows the item unread.
            "to_draft": self.row.draft[:HEAD_BYTES] if self.memory_pk is not None else None,
        }


def item_of(row: AnyRow, plan: Plan | AsidePlan) -> RunItem[Plan] | RunItem[AsidePlan]:
    """An item as its plan has it."""
    if isinstance(plan, Plan):
        return RunItem(row, plan)
    return RunItem(row, plan)  # the same words, another type


def is_memory(item: RunItem[Plan] | RunItem[AsidePlan]) -> TypeGuard[RunItem[Plan]]:
    """Whether it is to become a memory."""
    return isinstance(item.plan, Plan)


def is_aside(item: RunItem[Plan] | RunItem[AsidePlan]) -> TypeGuard[RunItem[AsidePlan]]:
    """Whether it is something else."""
    return isinstance(item.plan, AsidePlan)
