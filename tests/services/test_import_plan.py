"""Plans list everything that a source told: what it says twice under one key, and every problem of one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.desk import Desk, note
from timeline_local.domain.drafts import JSON, Contact, Draft, Problem, Sample, Samples
from timeline_local.domain.kinds import Kind
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.models import ImportItem, Memory, Person, Position
from timeline_local.services import import_plan
from timeline_local.services.import_plan import scan_batch


@dataclass(frozen=True, slots=True)
class Listed:
    """A source that hands over these items, from the place that a checkpoint names."""

    items: tuple[Item, ...]
    name: str = "listed"
    title: str = "What a test lists"

    def recognise(self, folder: Folder) -> Recognition:
        del folder
        return Recognition(1.0, "A test says so.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        del folder
        options.claimed.add("any.txt")
        yield from self.items[checkpoint if isinstance(checkpoint, int) else 0 :]


@pytest.fixture(params=[1, 200], ids=["a batch each", "one batch"])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    size: int = request.param
    monkeypatch.setattr(import_plan, "BATCH_ITEMS", size)
    return size


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    note(tmp_path / "listed" / "any.txt", "its source reads nothing of it")
    return tmp_path / "listed"


def told(key: str, body: str) -> Draft:
    return Draft(source_key=key, kind=Kind.NOTE, body=body)


async def verdicts(desk: Desk, row: Any) -> list[tuple[str, str | None, str | None]]:  # noqa: ANN401 - a row of import
    async with desk.database.read() as db:
        columns = (ImportItem.verdict, ImportItem.reason_slug, ImportItem.reason_detail)
        found = await db.execute(select(*columns).where(ImportItem.import_pk == row.pk).order_by(ImportItem.pk))
        return [(verdict, slug, detail) for verdict, slug, detail in found]


@pytest.mark.usefixtures("batch")
async def test_every_problem_of_one_place_is_listed(desk: Desk, folder: Path) -> None:
    problems = (
        Problem("chat.txt", "unreadable", "Its first half is broken."),
        Problem("chat.txt", "unreadable", "Its second half is broken."),
        Problem("chat.txt", "empty", "The rest is empty."),
        Problem("chat.txt", "empty", "The rest is empty."),
    )
    desk.sources = (Listed(problems),)
    row = await desk.plan(folder)
    assert Counter(await verdicts(desk, row)) == Counter(
        ("skipped" if each.slug == "empty" else "failed", each.slug, each.detail) for each in problems
    )
    assert (row.counts["failed"], row.counts["skipped"]) == (2, 2)


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.usefixtures("batch")
async def test_a_problem_takes_the_key_of_no_memory(desk: Desk, folder: Path, *, is_first: bool) -> None:
    problem = Problem("a.md", "sidecar-unreadable", "What stands beside it cannot be read.")
    items = (problem, told("a.md", "words")) if is_first else (told("a.md", "words"), problem)
    desk.sources = (Listed(items),)
    row = await desk.run(folder)
    assert (row.counts["new"], row.counts["failed"]) == (1, 1)
    async with desk.database.read() as db:
        assert list((await db.execute(select(Memory.source_key))).scalars()) == ["a.md"]


@pytest.mark.usefixtures("batch")
async def test_what_comes_again_under_its_key_is_kept_as_an_item_of_its_own(desk: Desk, folder: Path) -> None:
    desk.sources = (Listed((told("k", "one"), told("k", "two"), told("k", "one"), told("k", "three"))),)
    row = await desk.run(folder)
    assert (row.counts["new"], row.counts["same"], await desk.count(Memory)) == (3, 1, 3)
    assert Counter(slug for _, slug, _ in await verdicts(desk, row)) == {None: 3, "twice-here": 1}
    again = await desk.run(folder)
    assert (again.counts["new"], again.counts["changed"], again.counts["same"]) == (0, 0, 4)


@pytest.mark.usefixtures("batch")
async def test_positions_and_contacts_that_share_a_key_are_all_kept(desk: Desk, folder: Path) -> None:
    at = datetime(2020, 5, 1, tzinfo=UTC)
    ways = [Samples(source_key="day", device="d", samples=(Sample(at + timedelta(hours=k), 41, 2),)) for k in (0, 1)]
    people = [Contact(source_key="card", name=name) for name in ("Anna", "Bo")]
    desk.sources = (Listed((*ways, *people)),)
    row = await desk.run(folder)
    assert row.counts["new"] == 4
    assert (await desk.count(Position), await desk.count(Person)) == (2, 2)


@pytest.mark.parametrize("killed_after", [1, 2, 3, 4, 5])
async def test_what_a_killed_scan_reads_again_is_no_second_thing(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int
) -> None:
    problem = Problem("a", "empty", "Nothing is in it.")
    items = (told("k", "one"), problem, Checkpoint(3), told("k", "two"), problem, told("m", "three"))
    desk.sources = (Listed(items),)
    whole = await desk.plan(folder)
    monkeypatch.setattr(import_plan, "BATCH_ITEMS", 1)
    row = await begun(desk, folder, batches=killed_after)
    await desk.kill()
    await desk.work("scan")
    assert (await desk.row(row)).counts == whole.counts
    assert await verdicts(desk, row) == await verdicts(desk, whole)


async def begun(desk: Desk, folder: Path, *, batches: int) -> Any:  # noqa: ANN401 - a row of import
    """An import whose scan has done so many batches."""
    row = await desk.begin(folder)
    work = await desk.claim("scan")
    for _ in range(batches):
        await scan_batch(work)
    return row


@pytest.mark.parametrize(("count", "title"), [(1, "1 is left out on purpose"), (2, "2 are left out on purpose")])
async def test_a_point_of_attention_is_said_of_one_or_of_several(
    desk: Desk, folder: Path, count: int, title: str
) -> None:
    desk.sources = (Listed(tuple(Problem(f"{number}.md", "empty", "It is empty.") for number in range(count))),)
    row = await desk.plan(folder)
    assert row.plan is not None
    assert [each["title"] for each in row.plan["attention"]] == [title]
