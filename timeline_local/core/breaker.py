"""A circuit breaker: after one failure nobody waits for a broken part again until it has answered a probe."""

from __future__ import annotations

import time
from collections.abc import Callable

PAUSE_S = 5.0


class Breaker:
    """closed: calls pass.  open: calls are refused at once.  After `pause_s` one caller is let through as the probe.

    One failure opens it, since every call has its own short time limit and a failure already cost somebody that long.
    """

    def __init__(self, *, pause_s: float = PAUSE_S, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pause_s = pause_s
        self._monotonic = monotonic
        self._opened_at: float | None = None
        self._is_probing = False
        self.failures = 0

    @property
    def is_closed(self) -> bool:
        """Whether calls pass."""
        return self._opened_at is None

    @property
    def wants_probe(self) -> bool:
        """Whether it is time to try again, and nobody is trying yet."""
        return (
            self._opened_at is not None
            and not self._is_probing
            and self._monotonic() - self._opened_at >= self._pause_s
        )

    def probing(self) -> None:
        """Somebody tries now; nobody else will until this has succeeded or failed."""
        self._is_probing = True

    def given_up(self) -> None:
        """The caller that tried went away before it knew; somebody else may try."""
        self._is_probing = False

    def succeeded(self) -> None:
        """The part has answered: calls pass again."""
        self._opened_at = None
        self._is_probing = False

    def failed(self) -> None:
        """The part has not answered: calls are refused for a while."""
        self.failures += 1
        self._opened_at = self._monotonic()
        self._is_probing = False
