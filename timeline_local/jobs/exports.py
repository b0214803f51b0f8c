"""Writing exports. The rules live in services; here they meet the runtime and the runner."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from timeline_local.jobs.work import Batch, JobKind, Progress, Work

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime


async def _write(work: Work) -> Batch:
    # Only when one is asked for:
    from timeline_local.services.export_files import ExportWork  # noqa: PLC0415
    from timeline_local.services.export_work import write_batch  # noqa: PLC0415

    made: ExportWork | None = work.memo.get("export")
    if made is None:
        runtime = work.runtime
        made = work.memo["export"] = ExportWork(
            database=runtime.database,
            blobs=runtime.blobs,
            root=runtime.library.exports,
            reserve_bytes=runtime.settings.media.reserve_bytes,
            keep=timedelta(days=runtime.settings.exports.keep_days),
            now=runtime.now,
            job=work.job,
        )
    written = await write_batch(made)
    progress = Progress(
        done=written.done, total=written.total, bytes_done=written.bytes_done, bytes_total=written.bytes_total
    )
    return Batch(is_last=written.is_last, progress=progress)


async def _sweep(runtime: Runtime) -> None:
    from timeline_local.services.exports import sweep  # noqa: PLC0415 - keeps the start of the module light

    await sweep(runtime.database, runtime.library)


EXPORT = JobKind(name="export", step=_write, prepare=_sweep)
