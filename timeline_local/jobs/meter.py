"""Speed and remaining time from a moving window, so that an estimate follows what happens now."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from timeline_local.jobs.work import Progress

WINDOW_S = 30.0
SETTLED_S = 1.0  # an estimate from less than this would only jump about


class Meter:
    """Fed with progress, it answers with the progress document of the API."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic, window_s: float = WINDOW_S) -> None:
        self._monotonic = monotonic
        self._window_s = window_s
        self._seen: deque[tuple[float, float]] = deque()

    def document(self, progress: Progress) -> dict[str, Any]:
        """The progress with items per second and seconds to go; both null until there is something to go by."""
        now, done = self._monotonic(), float(progress.done)
        if self._seen and self._seen[-1][1] > done:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 2 and self._seen[1][0] <= now - self._window_s:  # noqa: PLR2004 - both ends stay
            self._seen.popleft()
        per_second = self._per_second()
        return {
            "done": progress.done,
            "total": progress.total,
            "bytes_done": progress.bytes_done,
            "bytes_total": progress.bytes_total,
            "current": progress.current,
            "per_second": None if per_second is None else round(per_second, 2),
            "eta_s": _eta_s(progress, per_second),
        }

    def _per_second(self) -> float | None:
        (first_at, first), (last_at, last) = self._seen[0], self._seen[-1]
        elapsed = last_at - first_at
        return (last - first) / elapsed if elapsed >= SETTLED_S else None


def _eta_s(progress: Progress, per_second: float | None) -> int | None:
    if progress.total is None or not per_second:
        return None
    return max(0, round((progress.total - progress.done) / per_second))
