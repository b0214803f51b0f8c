"""The keys of locked notes while they are unlocked: in memory, one session's alone, gone after five idle minutes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from timeline_local.core.security import Caller

IDLE_S = 300.0


@dataclass(slots=True)
class _Held:
    user_pk: int
    key: bytes
    until: float


class NoteKeys:
    """Which sessions have unlocked their owner's notes. Nothing of it is ever written down."""

    def __init__(self, idle_s: float = IDLE_S, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.idle_s = idle_s
        self._monotonic = monotonic
        self._held: dict[UUID, _Held] = {}
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, caller: Caller, key: bytes) -> None:
        """Keep the key for this caller's session. A caller without a session or key of their own gets nothing."""
        if caller.credential_id is not None:
            self._held[caller.credential_id] = _Held(caller.user_pk, key, self._monotonic() + self.idle_s)
            self._watch()

    def of(self, caller: Caller) -> bytes | None:
        """The key, if this caller's session has unlocked the notes; asking keeps them unlocked."""
        self._drop_idle()
        held = self._held.get(caller.credential_id) if caller.credential_id is not None else None
        if held is None or held.user_pk != caller.user_pk:
            return None
        held.until = self._monotonic() + self.idle_s
        return held.key

    def forget(self, caller: Caller) -> None:
        """Lock the notes again for this session."""
        if caller.credential_id is not None:
            self._held.pop(caller.credential_id, None)

    def close(self) -> None:
        """Forget every key; calling it twice is harmless."""
        self._held.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drop_idle(self) -> None:
        now = self._monotonic()
        for credential_id in [each for each, held in self._held.items() if held.until <= now]:
            del self._held[credential_id]

    def _watch(self) -> None:
        """Look again when the first one has been idle for long enough, whether or not anybody asks."""
        if self._timer is None and self._held:
            wait = min(held.until for held in self._held.values()) - self._monotonic()
            self._timer = asyncio.get_running_loop().call_later(max(wait, 0) + 1, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        self._drop_idle()
        self._watch()
