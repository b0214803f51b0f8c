"""A library on its way to another folder while its server goes on, and what a server is to do once it has ended.

What never changes is copied beside the server. Then the server ends, what is left is moved with the library held
(`cli.onward`), and the library is served from its new place, at the same address.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from timeline_local.core.library_move import Cancelled, Move, Progress, begin, call_off, copy_kept, failed
from timeline_local.core.private_files import write_private
from timeline_local.exceptions import TimelineError

TOLD_EVERY_S = 0.5
FAILURE = Path("run", "move-failed.json")

State = Literal["copying", "finishing", "failed"]


@dataclass(frozen=True, slots=True)
class Onward:
    """What comes after a server. path: the library to serve then; move: what is to be done before, if anything."""

    path: Path
    move: Move | None = None
    keeps_old: bool = False


class Relocation:
    """One move beside a server. Made and asked in the server's loop; the copying has a thread of its own."""

    def __init__(
        self, move: Move, *, keeps_old: bool, changed: Callable[[Relocation], None], copied: Callable[[Onward], None]
    ) -> None:
        """changed: called when there is news, in the loop; copied: once the server is to end."""
        self.move = move
        self.progress = Progress("copying", 0, move.total)
        self._keeps_old = keeps_old
        self._changed = changed
        self._copied = copied
        self._is_over = threading.Event()
        self._task: asyncio.Task[None] | None = None
        self.state: State = "copying"
        self.detail = ""

    def start(self) -> None:
        loop, told_at = asyncio.get_running_loop(), 0.0

        def told(progress: Progress) -> None:
            nonlocal told_at
            self.progress = progress
            if time.monotonic() - told_at >= TOLD_EVERY_S:
                told_at = time.monotonic()
                loop.call_soon_threadsafe(self._changed, self)

        self.move.told = told
        self.move.is_cancelled = self._is_over.is_set
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            await asyncio.to_thread(_copy, self.move)
        except Cancelled:
            return
        except (OSError, TimelineError) as error:
            told = failed(self.move, error) if isinstance(error, OSError) else error
            await asyncio.to_thread(call_off, self.move)
            self.state, self.detail = "failed", told.detail
            self._changed(self)
            return
        self.state = "finishing"
        self._changed(self)
        self._copied(Onward(self.move.target, self.move, keeps_old=self._keeps_old))

    async def stop(self) -> None:
        """End the copying, for the end of the server. What was copied stays, so that moving again goes on with it."""
        if self._task is not None and self.state == "copying":
            self._is_over.set()
            await self._task

    async def cancel(self) -> None:
        """End it and remove the copy."""
        await self.stop()
        await asyncio.to_thread(call_off, self.move)


def _copy(move: Move) -> None:
    begin(move)
    copy_kept(move)


def keep_failure(data_dir: Path, detail: str) -> None:
    """Keep why the last part of a move failed, for the owner, who sees the library where it was."""
    with suppress(OSError):
        write_private(data_dir / FAILURE, json.dumps({"detail": detail}).encode())


def kept_failure(data_dir: Path) -> str:
    """Why the last move failed; empty if it did not."""
    try:
        return str(json.loads((data_dir / FAILURE).read_bytes())["detail"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def forget_failure(data_dir: Path) -> None:
    """The owner has seen it."""
    (data_dir / FAILURE).unlink(missing_ok=True)
