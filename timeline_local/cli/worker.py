"""`timeline-local worker`: background jobs in a process of their own, beside a server with `jobs.embedded` off.

It shares the server's library folder and its PostgreSQL. With Redis, open pages hear at once what it changes.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

from timeline_local.config import Settings, load_settings
from timeline_local.core.deadline import Deadline
from timeline_local.core.instance import LibraryGuest, join_library
from timeline_local.exceptions import StartRefused

ENDING_S = 4.8


def work(given: dict[str, Any]) -> None:
    """Run jobs until SIGINT or SIGTERM. Raises the StartRefused family."""
    settings = load_settings(**given)
    if settings.database.url is None:
        raise StartRefused(
            "A worker needs PostgreSQL: on SQLite the server runs the jobs itself. Nothing was changed. "
            "Set TIMELINE_DATABASE__URL, or start only the server."
        )
    guest = join_library(settings.data_dir)
    try:
        from timeline_local.core.logging import setup_logging  # noqa: PLC0415 - not before the library is known

        setup_logging(settings, file_name=f"{guest.name}.log")
        asyncio.run(_work(settings, guest))
    finally:
        guest.release()


async def _work(settings: Settings, guest: LibraryGuest) -> None:
    from timeline_local.jobs.runner import Runner  # noqa: PLC0415 - most of a second
    from timeline_local.runtime import open_runtime  # noqa: PLC0415

    asked, deadline = asyncio.Event(), Deadline(ENDING_S)

    def end() -> None:
        deadline.set()
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    runtime = await open_runtime(settings, claim=guest)
    try:
        runner = Runner(runtime)
        await runner.start()
        sys.stdout.write(f"Running jobs as {guest.name}\n")
        sys.stdout.flush()
        await asked.wait()
        await runner.stop()
    finally:
        await runtime.close()
    deadline.kept(0)
