"""Making an anonymised copy of the library, for the job runner and for the command line."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timeline_local.core.private_files import make_private_dir
from timeline_local.domain.disguise import Disguise
from timeline_local.exceptions import FolderNotEmpty
from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.services import audit
from timeline_local.services import jobs as services
from timeline_local.services.anonymise import copy_library

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

FOLDER = "anonymised"  # in the library folder, for copies made by the administrator's route


async def make_copy(
    runtime: Runtime, target: Path, *, seed: bytes, actor: audit.Actor, told: Callable[[int], None]
) -> dict[str, Any]:
    """Write a whole library of made-up content into a folder that is new or empty; the counts of what was written.

    It is written beside the folder and renamed at the end, so that no half copy stands under its name.
    Raises FolderNotEmpty.
    """
    from timeline_local.runtime import empty_library  # noqa: PLC0415 - jobs are loaded by the runtime's users

    part = await asyncio.to_thread(_cleared, target)
    async with (
        empty_library(part) as (database, blobs),
        runtime.database.snapshot() as source,
        database.write() as db,
    ):
        copied = await copy_library(source, db, blobs, Disguise(seed), told=told)
    await asyncio.to_thread(_put_in_place, part, target)
    async with runtime.database.write() as db:
        details = {"memories": copied.rows.get("memory", 0), "files": copied.files}
        await audit.record(db, actor, "anonymised_copy.made", now=runtime.now(), details=details)
    return {"rows": copied.rows, "files": copied.files}


def _cleared(target: Path) -> Path:
    """Where to write: beside the target, without what an earlier try left there."""
    if target.exists() and any(target.iterdir()):
        raise FolderNotEmpty(f"{target} is not empty. Nothing was written.")
    if not target.parent.exists():
        make_private_dir(target.parent)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    return part


def _put_in_place(part: Path, target: Path) -> None:
    if target.exists():
        target.rmdir()
    part.rename(target)


async def _make(work: Work) -> Batch:
    runtime = work.runtime
    name = f"{FOLDER}/{work.job.id}"
    target = runtime.library.root / name
    await asyncio.to_thread(shutil.rmtree, target, ignore_errors=True)  # finished just before the process was killed
    counts: list[int] = [0]
    seed = secrets.token_bytes(32)
    made = await make_copy(runtime, target, seed=seed, actor=audit.SYSTEM, told=counts.append)
    result = {"folder": name, **made}
    async with runtime.database.write() as db:
        await services.checkpoint(db, work.job, {"result": result})
    return Batch(is_last=True, progress=Progress(done=counts[-1], total=counts[-1]))


ANONYMISE = JobKind(name="anonymise", step=_make, is_background=True)
