"""How a server ends: on a signal or when it is asked to, in time, with its streams and jobs told at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import uvicorn

from timeline_local.core.deadline import Deadline

CLOSING_S = (
    1.8  # what everything else may take, after the requests had their time: 4.8 s together, unless set otherwise
)


class Ending(uvicorn.Server):
    """uvicorn, but a stream of events does not hold up the end, and ending on a signal is no failure."""

    before_ending: Callable[[], None] | None = None
    before_draining: Callable[[], None] | None = None
    drain_s = 0.0
    _is_draining = False

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.deadline = Deadline((config.timeout_graceful_shutdown or 0) + CLOSING_S)

    def handle_exit(self, sig: int, frame: Any) -> None:  # noqa: ANN401 - a frame or None
        """End, or first drain for a while: go on serving while readiness sends the load balancer elsewhere.

        A second signal ends it at once.
        """
        del frame
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        loop = asyncio.get_running_loop()
        if self.drain_s and not self._is_draining:
            self._is_draining = True
            loop.call_soon_threadsafe(self._drain, loop)
        else:
            self.deadline.set()
            loop.call_soon_threadsafe(self.end)
            self.should_exit = True

    def end(self) -> None:
        """Close the port, let requests end, close streams, stop jobs. Call it in the loop."""
        self.should_exit = True
        if self.before_ending is not None:
            self.before_ending()

    def end_process(self) -> None:
        """As `end`, for a process that has nothing else to do: it is gone in time."""
        self.deadline.set()
        self.end()

    def _drain(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.before_draining is not None:
            self.before_draining()
        loop.call_later(self.drain_s, self.end_process)
