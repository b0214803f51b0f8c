"""The last resort of a process that was told to end and does not."""

from __future__ import annotations

import subprocess
import sys

from timeline_local.core.deadline import LATE

HELD = """
import asyncio
from timeline_local.core.deadline import Deadline

async def never_gives_up():
    while True:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            pass

async def main():
    deadline = Deadline(0.3)
    held = asyncio.create_task(never_gives_up())
    deadline.set()
    await asyncio.sleep(0)
    held.cancel()
    await held

asyncio.run(main())
"""
LEFT_BEHIND = """
import asyncio, time
from timeline_local.core.deadline import Deadline

async def main():
    deadline = Deadline(0.3)
    deadline.set()
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 600)
    deadline.kept(7)

asyncio.run(main())
"""
IN_ORDER = """
import asyncio
from timeline_local.core.deadline import Deadline

async def main():
    deadline = Deadline(60)
    deadline.set()
    deadline.kept(0)

asyncio.run(main())
"""


def ended(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_what_is_held_for_ever_is_cut_off_and_tells_where_it_was() -> None:
    process = ended(HELD)
    assert process.returncode == LATE
    assert "never_gives_up" in process.stderr


def test_a_thread_that_works_on_is_left_behind_once_everything_is_kept() -> None:
    assert ended(LEFT_BEHIND).returncode == 7


def test_a_process_that_ends_in_order_waits_for_nothing() -> None:
    assert ended(IN_ORDER).returncode == 0
