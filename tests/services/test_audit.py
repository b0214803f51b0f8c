"""The audit log: one unbroken line of entries, written with the act or not at all, that shows every tampering."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import Database
from timeline_local.core.security import Caller
from timeline_local.domain.ids import new_id
from timeline_local.models import AuditEvent
from timeline_local.services import audit_chain
from timeline_local.services.audit import ANONYMOUS, GENESIS, SYSTEM, Actor, Head, actor_of, entry_hash, record
from timeline_local.services.audit_chain import Verification, anchor, prune, verify
from timeline_local.services.audit_head import HeadBroken, HeadFile

NOW = datetime(2026, 11, 23, 10, 11, 12, 131415, tzinfo=UTC)


async def _entries(database: Database) -> list[AuditEvent]:
    async with database.read() as db:
        return list((await db.execute(select(AuditEvent.__table__).order_by(AuditEvent.seq))).all())  # type: ignore[arg-type]


async def test_an_entry_says_who_did_what_and_hashes_what_it_was_and_is(database: Database) -> None:
    actor, thing = Actor("api_key", new_id(), new_id()), new_id()
    async with database.write() as db:
        details = {"scopes": ["a", "b"], "count": 3, "is": True, "none": None}
        await record(
            db, actor, "api_key.created", now=NOW, object_kind="api_key", object_id=thing, details=details, after=b"is"
        )
    (entry,) = await _entries(database)
    assert (entry.at, entry.actor_kind, entry.actor_id) == (NOW, "api_key", actor.user_id)
    assert (entry.credential_id, entry.object_id, entry.details) == (actor.credential_id, thing, details)
    assert (entry.before_hash, len(entry.after_hash or b"")) == (None, 32)


async def test_each_entry_carries_the_hash_of_the_one_before(database: Database) -> None:
    for action in ("login", "settings.changed", "logout"):
        async with database.write() as db:
            await record(db, SYSTEM, action, now=NOW, details={"z": 1, "a": ["ö", {"k": None}]})
    entries = await _entries(database)
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.prev_hash for entry in entries] == [GENESIS, entries[0].hash, entries[1].hash]
    assert [entry.hash for entry in entries] == [entry_hash(entry._mapping) for entry in entries]  # type: ignore[attr-defined]


async def test_an_act_that_fails_leaves_no_entry(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as db:
            await record(db, ANONYMOUS, "login.failed", now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await _entries(database) == []


async def test_many_writers_make_one_line(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.write() as db:
            await record(db, SYSTEM, "login", now=NOW, details={"n": number})

    await asyncio.gather(*(write(number) for number in range(60)))
    entries = await _entries(database)
    assert [entry.seq for entry in entries] == list(range(1, 61))
    assert [entry.prev_hash for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]
    assert sorted(entry.details["n"] for entry in entries) == list(range(60))


@pytest.mark.parametrize("value", [1.5, b"raw", object(), {"deep": [{1.0}]}])
async def test_details_that_the_databases_would_not_give_back_are_refused(database: Database, value: object) -> None:
    with pytest.raises(TypeError, match="cannot hold"):
        async with database.write() as db:
            await record(db, SYSTEM, "login", now=NOW, details={"x": value})


def test_the_actor_of_a_request_is_its_caller() -> None:
    user, credential = UUID(int=1), UUID(int=2)
    caller = Caller(user_pk=1, user_id=user, role="owner", scopes=frozenset(), kind="session", credential_id=credential)
    assert actor_of(caller) == Actor("session", user, credential)


# --- tampering ----------------------------------------------------------------


@pytest.fixture
def head_file(database: Database, tmp_path: Path) -> HeadFile:
    """The head kept beside the database, following its commits."""
    made = HeadFile(tmp_path / "audit-head.json", b"k" * 32)
    database.after_commit = made.keep
    return made


async def _fill(database: Database, count: int, *, at: datetime = NOW) -> None:
    async with database.write() as db:
        for number in range(count):
            await record(db, SYSTEM, "login", now=at + timedelta(seconds=number), details={"n": number})


async def _verify(database: Database, head_file: HeadFile) -> Verification:
    async with database.snapshot() as db:
        return await verify(db, head_file)


async def _faults(database: Database, head_file: HeadFile) -> list[tuple[str, int]]:
    return [(finding.fault, finding.seq) for finding in (await _verify(database, head_file)).findings]


async def _tamper(database: Database, *statements: str) -> None:
    """As somebody who has the database would: without the guards."""
    async with database.write() as db:
        if db.dialect.name == "sqlite":
            for trigger in ("audit_event_update", "audit_event_delete"):
                await db.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
        else:
            await db.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await db.execute(text(statement))


async def test_an_untouched_log_verifies(
    database: Database, head_file: HeadFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_chain, "STEP", 10)
    await _fill(database, 25)
    found = await _verify(database, head_file)
    assert (found.is_intact, found.entries, found.first_seq, found.head_seq, found.kept_seq) == (
        True,
        25,
        1,
        25,
        25,
    )


async def test_an_empty_log_verifies_once_its_head_is_kept(database: Database, head_file: HeadFile) -> None:
    async with database.write() as db:
        await anchor(db, head_file, now=NOW)
    assert (await _verify(database, head_file)).is_intact
    assert await _entries(database) == []


@pytest.mark.parametrize(
    ("statements", "faults"),
    [
        (["UPDATE audit_event SET action = 'logout' WHERE seq = 3"], {("edited", 3)}),
        (["UPDATE audit_event SET at = at + 1 WHERE seq = 3"], {("edited", 3)}),
        (["UPDATE audit_event SET actor_kind = 'session' WHERE seq = 8"], {("edited", 8)}),
        (["UPDATE audit_event SET object_kind = 'user' WHERE seq = 1"], {("edited", 1)}),
        (["UPDATE audit_event SET after_hash = prev_hash WHERE seq = 3"], {("edited", 3)}),
        (["DELETE FROM audit_event WHERE seq = 4"], {("missing", 5)}),
        (["DELETE FROM audit_event WHERE seq < 4"], {("beginning", 4)}),
        (["DELETE FROM audit_event WHERE seq > 6"], {("truncated", 7)}),
        (["DELETE FROM audit_event"], {("truncated", 1)}),
        (
            [
                "UPDATE audit_event SET seq = 100 WHERE seq = 3",
                "UPDATE audit_event SET seq = 3 WHERE seq = 4",
                "UPDATE audit_event SET seq = 4 WHERE seq = 100",
            ],
            {("edited", 3), ("edited", 4), ("unlinked", 3), ("unlinked", 4), ("unlinked", 5)},
        ),
        (
            ["DELETE FROM audit_event WHERE seq = 4", "UPDATE audit_event SET seq = seq - 1 WHERE seq = 5"],
            {("edited", 4), ("unlinked", 4), ("missing", 6)},
        ),
    ],
)
async def test_every_tampering_shows(
    database: Database, head_file: HeadFile, statements: list[str], faults: set[tuple[str, int]]
) -> None:
    await _fill(database, 9)
    await _tamper(database, *statements)
    assert set(await _faults(database, head_file)) == faults


async def test_a_log_written_anew_from_the_middle_shows(database: Database, head_file: HeadFile) -> None:
    await _fill(database, 9)
    await _tamper(database, "DELETE FROM audit_event WHERE seq > 4")
    database.after_commit = None  # the forger has the database, not the folder
    await _fill(database, 5, at=NOW + timedelta(days=1))
    assert await _faults(database, head_file) == [("rewritten", 9)]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"seq": 1, "hash": "00", "seal": "\\ud800"}'])
async def test_a_head_file_that_is_not_ours_shows(
    database: Database, head_file: HeadFile, tmp_path: Path, content: str
) -> None:
    await _fill(database, 2)
    (tmp_path / "audit-head.json").write_text(content)
    assert await _faults(database, head_file) == [("head_broken", 0)]


async def test_a_head_file_with_another_head_shows(database: Database, head_file: HeadFile, tmp_path: Path) -> None:
    await _fill(database, 2)
    held = json.loads((tmp_path / "audit-head.json").read_text())
    (tmp_path / "audit-head.json").write_text(json.dumps(held | {"seq": 1}))
    with pytest.raises(HeadBroken):
        head_file.read()


async def test_a_lost_head_file_shows_and_the_next_start_says_so_in_the_log(
    database: Database, head_file: HeadFile, tmp_path: Path
) -> None:
    await _fill(database, 2)
    (tmp_path / "audit-head.json").unlink()
    assert await _faults(database, head_file) == [("head_missing", 0)]
    async with database.write() as db:
        await anchor(db, head_file, now=NOW)
    assert await _faults(database, head_file) == []
    assert (await _entries(database))[-1].action == "audit.head_was_missing"


async def test_the_head_never_goes_back_and_is_private(head_file: HeadFile, tmp_path: Path) -> None:
    await asyncio.gather(*(head_file.keep(Head(seq, b"h" * 32)) for seq in (3, 1, 5, 2, 4)))
    assert head_file.read() == Head(5, b"h" * 32)
    assert (tmp_path / "audit-head.json").stat().st_mode & 0o777 == 0o600


async def test_an_act_stands_even_if_the_head_cannot_be_written(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database.after_commit = HeadFile(tmp_path / "gone" / "audit-head.json", b"k" * 32).keep
    await _fill(database, 1)
    assert len(await _entries(database)) == 1
    assert "could not be written" in caplog.text


# --- guards and pruning ---------------------------------------------------------


async def _refused(database: Database, statement: str) -> bool:
    async def run(db: AsyncConnection) -> None:
        await db.execute(text(statement))

    return await _fails(database, run)


async def _fails(database: Database, act: Callable[[AsyncConnection], Awaitable[Any]]) -> bool:
    async def attempt() -> None:
        async with database.write() as db:
            await act(db)

    with pytest.raises(DBAPIError, match="append-only"):
        await attempt()
    return True


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'x'",
        "DELETE FROM audit_event",
        "DELETE FROM audit_event WHERE seq = 1",
    ],
)
async def test_the_database_itself_refuses_to_change_or_delete_entries(database: Database, statement: str) -> None:
    await _fill(database, 3)
    assert await _refused(database, statement)
    assert len(await _entries(database)) == 3


async def test_pruning_forgets_the_oldest_and_the_rest_still_verifies(database: Database, head_file: HeadFile) -> None:
    old, later = NOW - timedelta(days=400), NOW
    await _fill(database, 5, at=old)
    await _fill(database, 4, at=later)
    async with database.write() as db:
        assert await prune(db, head_file, before=NOW - timedelta(days=365), now=NOW) == 5
    found = await _verify(database, head_file)
    assert (found.findings, found.first_seq, found.head_seq) == ([], 6, 10)
    assert await _refused(database, "DELETE FROM audit_event WHERE seq = 6")
    async with database.write() as db:
        assert await prune(db, head_file, before=NOW - timedelta(days=365), now=NOW) == 0


async def test_a_second_pruning_takes_the_entry_of_the_first_with_it(database: Database, head_file: HeadFile) -> None:
    for year in range(3):
        await _fill(database, 3, at=NOW + timedelta(days=400 * year))
        async with database.write() as db:
            now = NOW + timedelta(days=400 * year + 1)
            await prune(db, head_file, before=now - timedelta(days=365), now=now)
    found = await _verify(database, head_file)
    assert (found.findings, [entry.action for entry in await _entries(database)]) == (
        [],
        ["login", "login", "login", "audit.pruned"],
    )


async def test_a_clock_that_was_set_back_keeps_what_follows(database: Database, head_file: HeadFile) -> None:
    await _fill(database, 2)
    await _fill(database, 2, at=NOW - timedelta(days=900))
    async with database.write() as db:
        assert await prune(db, head_file, before=NOW - timedelta(days=365), now=NOW) == 0


async def test_a_pruning_that_this_install_did_not_seal_shows(database: Database, head_file: HeadFile) -> None:
    await _fill(database, 5, at=NOW - timedelta(days=400))
    await _fill(database, 1)
    forger = HeadFile(Path("unused"), b"f" * 32)
    async with database.write() as db:
        await prune(db, forger, before=NOW - timedelta(days=365), now=NOW)
    assert await _faults(database, head_file) == [("beginning", 6)]
