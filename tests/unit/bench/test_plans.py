"""No statement that everybody waits for may cost more the more there is."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from bench.generate import generate
from bench.plans import hot_plans, plan_complaints
from timeline_local.core.database import sqlite_module


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library as an import leaves it."""
    return generate(tmp_path_factory.mktemp("plans") / "fresh", 2000, 3, workers=0).root


@pytest.fixture
def analysed(fresh: Path, tmp_path: Path) -> Path:
    """The same library, with the planner's statistics taken from it."""
    copy = Path(shutil.copytree(fresh, tmp_path / "analysed"))
    with closing(sqlite_module().connect(str(copy / "timeline.db"))) as db:
        db.execute("ANALYZE")
    return copy


@pytest.mark.parametrize("which", ["fresh", "analysed"])
def test_hot_statements_neither_scan_nor_sort(which: str, request: pytest.FixtureRequest) -> None:
    assert plan_complaints(request.getfixturevalue(which)) == []


async def test_the_page_in_the_middle_is_found_by_its_place(fresh: Path) -> None:
    plans = {plan.operation: plan for plan in await hot_plans(fresh)}
    first = next(plans["page in the middle"].outer_steps())
    assert "ix_memory_timeline (owner_pk=? AND (local_on,happened_at,id)<(?,?,?))" in first


async def test_the_skeleton_is_read_from_the_index_alone(fresh: Path) -> None:
    plans = {plan.operation: plan for plan in await hot_plans(fresh)}
    assert plans["skeleton"].uses("COVERING INDEX ix_memory_timeline")
