"""The maintenance tasks, step by step, for the job runner and for the command line.

A task is a list of stages; each step does a bounded part of one and returns the state from which the next goes on.
What it found stands in the state's `result`, which the job shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.queries import dialect, integrity
from timeline_local.queries import maintenance as queries
from timeline_local.services import audit, buckets
from timeline_local.services import jobs as services
from timeline_local.services import maintenance as tasks
from timeline_local.services.audit_chain import verify as verify_audit

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

State = dict[str, Any]
Stage = Callable[["Runtime", State], Awaitable[bool]]

NAMED = 100  # of what is wrong
FILES = 50
BYTES = 64 << 20
SHARDS = 256


def new_state(task: str) -> State:
    """Where a task begins."""
    return {"task": task, "stage": 0, "owner": 0, "after": 0, "done": 0, "result": {"task": task, "problems": []}}


async def step(runtime: Runtime, state: State) -> bool:
    """Do the next part and bring the state forward; whether the task is done."""
    stages = STAGES[state["task"]]
    if await stages[state["stage"]](runtime, state):
        state |= {"stage": state["stage"] + 1, "owner": 0, "after": 0}
    return bool(state["stage"] == len(stages))


def _count(state: State, name: str, number: int) -> None:
    state["result"][name] = state["result"].get(name, 0) + number


def _problem(state: State, what: str, which: str = "") -> None:
    _count(state, "faults", 1)
    if len(state["result"]["problems"]) < NAMED:
        state["result"]["problems"].append({"what": what, "which": which})


async def _owner(runtime: Runtime, state: State) -> int | None:
    """Whose turn it is; None when everybody had theirs."""
    async with runtime.database.read() as db:
        left = [pk for pk in await queries.every_user(db) if pk >= state["owner"]]
    if left and left[0] != state["owner"]:
        state |= {"owner": left[0], "after": 0}
    return left[0] if left else None


def _next_owner(state: State) -> None:
    state |= {"owner": state["owner"] + 1, "after": 0}


async def _check_database(runtime: Runtime, state: State) -> bool:
    async with runtime.database.snapshot() as db:
        for line in await integrity.quick_check(db, runtime.owner_pk):
            _problem(state, "database", line)
    async with runtime.database.snapshot() as db:
        found = await verify_audit(db, runtime.audit_head)
    state["result"]["audit_entries"] = found.entries
    for finding in found.findings:
        _problem(state, f"audit_{finding.fault}", str(finding.seq))
    return True


async def _check_rows(runtime: Runtime, state: State) -> bool:
    owner_pk = await _owner(runtime, state)
    if owner_pk is None:
        return True
    async with runtime.database.read() as db:
        walked = await tasks.check_rows(db, owner_pk, after_pk=state["after"])
        if walked.last_pk is None:
            totals = await integrity.totals(db, owner_pk)
            if totals.searchable != totals.memories:
                _problem(state, "search_gaps", str(totals.memories - totals.searchable))
            if wrong := await integrity.wrong_buckets(db, owner_pk):
                _problem(state, "wrong_counts", str(wrong))
    for memory_id in walked.wrong:
        _problem(state, "memory_changed", memory_id)
    _walk_on(state, walked, "memories")
    return False


async def _check_files(runtime: Runtime, state: State) -> bool:
    owner_pk = await _owner(runtime, state)
    if owner_pk is None:
        return True
    async with runtime.database.read() as db:
        rows = await integrity.media_sample(db, owner_pk, after_pk=state["after"], limit=FILES)
    read = 0
    for row in rows:
        fault = await asyncio.to_thread(tasks.check_file, runtime.blobs, row)
        if fault is not None:
            _problem(state, f"original_{fault}", row.sha256.hex())
        state["after"], read = row.pk, read + row.size_bytes
        _count(state, "media", 1)
        state["done"] += 1
        if read > BYTES:
            break
    if not rows:
        _next_owner(state)
    return False


async def _note_verified(runtime: Runtime, state: State) -> bool:
    found = state["result"]
    details = {name: found.get(name, 0) for name in ("memories", "media", "audit_entries", "faults")}
    async with runtime.database.write() as db:
        await audit.record(db, audit.SYSTEM, "library.verified", now=runtime.now(), details=details)
    return True


async def _vacuum(runtime: Runtime, state: State) -> bool:
    await runtime.database.vacuum()
    state["done"] = 1
    return True


async def _rebuild_index(runtime: Runtime, state: State) -> bool:
    del state
    async with runtime.database.write() as db:
        await dialect.rebuild_text_index(db)
    return True


async def _reindex(runtime: Runtime, state: State) -> bool:
    owner_pk = await _owner(runtime, state)
    if owner_pk is None:
        return True
    async with runtime.database.write() as db:
        walked = await tasks.reindex(db, owner_pk, after_pk=state["after"])
    _walk_on(state, walked, "memories")
    return False


async def _sweep(runtime: Runtime, state: State) -> bool:
    hashes = await runtime.blobs.shard(state["after"])
    if hashes:
        async with runtime.database.write() as db:
            _count(state, "deleted", await tasks.sweep_blobs(db, runtime.blobs, hashes))
    _count(state, "files", len(hashes))
    state["after"] += 1
    state["done"] += 1
    return bool(state["after"] == SHARDS)


async def _recount(runtime: Runtime, state: State) -> bool:
    owner_pk = await _owner(runtime, state)
    if owner_pk is None:
        return True
    async with runtime.database.write() as db:
        _count(state, "corrected", await integrity.wrong_buckets(db, owner_pk))
        await buckets.recount(db, owner_pk)
    state["done"] += 1
    _next_owner(state)
    return False


def _walk_on(state: State, walked: tasks.Walked, name: str) -> None:
    _count(state, name, walked.count)
    state["done"] += walked.count
    if walked.last_pk is None:
        _next_owner(state)
    else:
        state["after"] = walked.last_pk


STAGES: Mapping[str, tuple[Stage, ...]] = {
    "verify": (_check_database, _check_rows, _check_files, _note_verified),
    "vacuum": (_vacuum,),
    "reindex": (_rebuild_index, _reindex),
    "sweep": (_sweep,),
    "recount": (_recount,),
}


async def _step(work: Work) -> Batch:
    state = work.memo.setdefault("state", work.job.checkpoint or new_state(work.job.payload["task"]))
    is_last = await step(work.runtime, state)
    async with work.runtime.database.write() as db:
        await services.checkpoint(db, work.job, state)
    return Batch(is_last=is_last, progress=Progress(done=state["done"], current=state["task"]))


MAINTENANCE = JobKind(name="maintenance", step=_step)
