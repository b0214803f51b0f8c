"""A skeleton of which some days were read anew is the one that reading everything gives."""

from __future__ import annotations

from array import array
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from tests.conftest import Owner
from timeline_local.core.database import Database
from timeline_local.domain.kinds import Kind
from timeline_local.domain.query import parse
from timeline_local.domain.tiles import pack_tile, unpack_tile
from timeline_local.queries.timeline import Positions
from timeline_local.services import memories, trash
from timeline_local.services.skeletons import NOTED_REVISIONS, Skeleton, Skeletons, folded, pack, spliced
from timeline_local.services.user_time import Bearings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEARINGS = Bearings(now=NOW, home_zone="UTC", zone_of=lambda _lat, _lon: None)
EVERYTHING = parse("", date(2026, 3, 1))

timelines = st.dictionaries(st.sampled_from((-(2**31), -5, 0, 1, 17, 18, 20_000)), st.lists(st.integers(0, 2**24 - 1)))


def positions(timeline: dict[int, list[int]], days: Any = None) -> Positions:  # noqa: ANN401 - a collection or None
    rows = [
        (index, day, tile)
        for day in sorted(timeline, reverse=True)
        if days is None or day in days
        for index, tile in enumerate(timeline[day])
    ]
    return Positions(*(array(code, [row[at] for row in rows]) for at, code in enumerate("qiI")))


def whole(timeline: dict[int, list[int]], at: int) -> Skeleton:
    found = positions(timeline)
    return Skeleton(at, pack(found, at), found.pks)


@given(timelines, timelines, st.sets(st.sampled_from((-(2**31), -5, 0, 1, 17, 18, 19, 20_000))))
def test_splicing_days_in_is_packing_it_anew(
    before: dict[int, list[int]], after: dict[int, list[int]], days: set[int]
) -> None:
    changed = {day: tiles for day, tiles in before.items() if day not in days}
    changed |= {day: tiles for day, tiles in after.items() if day in days}
    assert spliced(whole(before, 1), days, positions(changed, days), 2) == whole(changed, 2)


conversations = st.dictionaries(st.integers(0, 6), st.integers(1, 2))
messages = st.dictionaries(
    st.sampled_from((-(2**31), 0, 17, 20_000)),
    st.lists(st.sampled_from([pack_tile(kind.code, False, 70, 1) for kind in (Kind.MESSAGE, Kind.NOTE)]), max_size=7),
)


def numbered(timeline: dict[int, list[int]], days: Any = None) -> Positions:  # noqa: ANN401 - a collection or None
    """As `positions`, every memory with a key of its own that tells its place of its day in its last digit."""
    found = positions(timeline, days)
    keys = [(day * 10 + pk) % 10**12 for pk, day in zip(found.pks, found.days, strict=True)]
    return Positions(array("q", keys), found.days, found.tiles)


@given(messages, conversations)
def test_folding_leaves_one_message_a_conversation_and_day_and_everything_else(
    timeline: dict[int, list[int]], of: dict[int, int]
) -> None:
    found = numbered(timeline)
    of = {pk: of[pk % 10] for pk in found.pks if pk % 10 in of}
    less, folds = folded(found, of)
    is_message = [unpack_tile(tile)[0] == Kind.MESSAGE.code for tile in found.tiles]
    groups = Counter(
        (day, of[pk]) for pk, day, said in zip(found.pks, found.days, is_message, strict=True) if said and pk in of
    )
    assert sorted(fold.count for fold in folds.values()) == sorted(count for count in groups.values() if count > 1)
    assert len(less.pks) == len(found.pks) - sum(fold.count - 1 for fold in folds.values())
    assert [pk for pk in found.pks if pk in set(less.pks)] == list(less.pks)
    assert folds.keys() <= set(less.pks)


@given(messages, messages, conversations, st.sets(st.sampled_from((-(2**31), 0, 17, 20_000))))
def test_folding_some_days_anew_is_folding_all_anew(
    before: dict[int, list[int]], after: dict[int, list[int]], told: dict[int, int], days: set[int]
) -> None:
    changed = {day: tiles for day, tiles in before.items() if day not in days}
    changed |= {day: tiles for day, tiles in after.items() if day in days}

    def whole_of(timeline: dict[int, list[int]], at: int) -> Skeleton:
        found = numbered(timeline)
        less, folds = folded(found, {pk: told[pk % 10] for pk in found.pks if pk % 10 in told})
        return Skeleton(at, pack(less, at), less.pks, folds)

    some = numbered(changed, days)
    less, folds = folded(some, {pk: told[pk % 10] for pk in some.pks if pk % 10 in told})
    assert spliced(whole_of(before, 1), days, less, 2, folds) == whole_of(changed, 2)


async def write(database: Database, owner: Owner, local_at: datetime) -> memories.Changed:
    async with database.write() as db:
        return await memories.create(db, owner.pk, {"body": "note", "local_at": local_at}, bearings=BEARINGS)


@pytest.fixture
async def diary(database: Database, owner: Owner) -> list[memories.Changed]:
    start = datetime(2020, 1, 1, 10)  # noqa: DTZ001 - a wall clock
    return [await write(database, owner, start + timedelta(days=number % 4)) for number in range(8)]


async def test_only_the_days_that_changed_are_read(
    database: Database, owner: Owner, diary: list[memories.Changed]
) -> None:
    kept = Skeletons(database)
    await kept.get(owner.pk, EVERYTHING)
    written = await write(database, owner, datetime(2020, 1, 2, 23))  # noqa: DTZ001 - a wall clock
    kept.note(owner.pk, written.revision, written.days)
    async with database.write() as db:
        gone = await trash.trash(db, owner.pk, diary[0].id, now=NOW, expected_version=None)
    kept.note(owner.pk, gone.revision, gone.days)
    heard: list[str] = []
    event.listen(_engine(database), "before_cursor_execute", lambda *given: heard.append(given[2]))
    found = await kept.get(owner.pk, EVERYTHING)
    assert found == await Skeletons(database).get(owner.pk, EVERYTHING)
    assert sum("local_on IN" in sql for sql in heard) == 1


async def test_a_step_that_nobody_noted_has_everything_read(
    database: Database, owner: Owner, diary: list[memories.Changed]
) -> None:
    kept = Skeletons(database)
    await kept.get(owner.pk, EVERYTHING)
    await write(database, owner, datetime(2020, 1, 2, 23))  # noqa: DTZ001 - a wall clock
    noted = await write(database, owner, datetime(2020, 1, 3, 23))  # noqa: DTZ001 - a wall clock
    kept.note(owner.pk, noted.revision, noted.days)
    assert await kept.get(owner.pk, EVERYTHING) == await Skeletons(database).get(owner.pk, EVERYTHING)


async def test_a_change_of_unknown_days_has_everything_read(
    database: Database, owner: Owner, diary: list[memories.Changed]
) -> None:
    kept = Skeletons(database)
    await kept.get(owner.pk, EVERYTHING)
    written = await write(database, owner, datetime(2020, 1, 2, 23))  # noqa: DTZ001 - a wall clock
    kept.note(owner.pk, written.revision, ())
    assert len((await kept.get(owner.pk, EVERYTHING)).pks) == len(diary) + 1


@pytest.mark.parametrize("q", ["after:2020-01-02", "note", "-note", "tag:sea", "is:trashed", "note is:favourite"])
async def test_what_a_search_finds_is_read_anew_for_the_changed_days_only(
    database: Database, owner: Owner, diary: list[memories.Changed], q: str
) -> None:
    kept, query = Skeletons(database), parse(q, date(2026, 3, 1))
    await kept.get(owner.pk, query)
    changes: list[memories.Changed] = [await write(database, owner, datetime(2020, 1, 4, 23))]  # noqa: DTZ001 - a wall clock
    edits: list[dict[str, Any]] = [{"favourite": True}, {"body": "other"}, {"tags": ["sea"]}]
    for each, fields in zip(diary, edits, strict=False):
        async with database.write() as db:
            changes.append(await memories.edit(db, owner.pk, each.id, fields, expected_version=None, bearings=BEARINGS))
    async with database.write() as db:
        changes.append(await trash.trash(db, owner.pk, diary[3].id, now=NOW, expected_version=None))
    for change in changes:
        kept.note(owner.pk, change.revision, change.days)
    heard: list[str] = []
    event.listen(_engine(database), "before_cursor_execute", lambda *given: heard.append(given[2]))
    found = await kept.get(owner.pk, query)
    assert found == await Skeletons(database).get(owner.pk, query)
    assert sum("local_on IN" in sql for sql in heard) == 1


async def test_only_the_newest_steps_are_remembered(
    database: Database, owner: Owner, diary: list[memories.Changed]
) -> None:
    kept = Skeletons(database)
    first = await kept.get(owner.pk, EVERYTHING)
    for at in range(1, NOTED_REVISIONS + 2):
        kept.note(owner.pk, first.revision + at, (1,))
    written = await write(database, owner, datetime(2020, 1, 2, 23))  # noqa: DTZ001 - a wall clock
    assert written.revision == first.revision + 1
    assert len((await kept.get(owner.pk, EVERYTHING)).pks) == len(diary) + 1


def _engine(database: Database) -> Any:  # noqa: ANN401 - SQLAlchemy's engine
    return database._engines.reader.sync_engine
