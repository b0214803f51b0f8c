"""How often somebody may ask, and how much they may send at once. Enforced in this process, whatever else is there.

Several processes tell each other through `SharedCounts` what they let through, in the background: no request waits for
that, and while the shared store is away each process goes on alone, neither open to all nor closed to anybody.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

MOST_KEYS = 10_000
TELL_EVERY_S = 0.25
WAITING_PER_SLOT = 4


@dataclass(frozen=True, slots=True)
class Rate:
    """per_s requests a second in the long run, burst of them at once."""

    per_s: float
    burst: int

    def times(self, factor: int) -> Rate:
        """So many times as often."""
        return Rate(self.per_s * factor, self.burst * factor)

    def at_most(self, per_s: float) -> Rate:
        """This rate, or the slower one with as many seconds' worth of burst."""
        if per_s >= self.per_s:
            return self
        return Rate(per_s, max(1, math.floor(self.burst * per_s / self.per_s)))


class SharedCounts(Protocol):
    """Where processes tell each other what they let through."""

    async def exchange(self, taken: Mapping[str, int]) -> Mapping[str, int]:
        """Add what this process let through by key; answer what the others did since the last time, if it can be told.

        Never raises because the store is away; then nothing was told and nothing is answered.
        """
        ...


class _Bucket:
    __slots__ = ("at", "rate", "tokens")

    def __init__(self, rate: Rate, at: float) -> None:
        self.rate = rate
        self.tokens = float(rate.burst)
        self.at = at

    def refill(self, rate: Rate, now: float) -> None:
        self.tokens = min(rate.burst, self.tokens + (now - self.at) * rate.per_s)
        self.rate = rate
        self.at = now


class TokenBuckets:
    """A bucket for each of the most recently seen keys; on the monotonic clock, so no change of the clock refills one.

    Cost: about 1 µs for a key, 200 bytes of memory for a bucket.
    """

    def __init__(self, *, most: int = MOST_KEYS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, wanted: Sequence[tuple[str, Rate]]) -> float:
        """0 and a token gone from each of these buckets, or the seconds until there is one, and nothing taken."""
        now = self._monotonic()
        buckets = [self._bucket(key, rate, now) for key, rate in wanted]
        wait = max(((1 - bucket.tokens) / bucket.rate.per_s for bucket in buckets), default=0.0)
        if wait > 0:
            return wait
        for bucket in buckets:
            bucket.tokens -= 1
        return 0.0

    def taken_elsewhere(self, key: str, count: int) -> None:
        """Another process let `count` requests of this key through.

        A bucket may owe for that, or each process would grant the whole rate; at most its own burst, so that nobody
        is shut out for longer than an empty bucket takes to fill.
        """
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = max(-float(bucket.rate.burst), bucket.tokens - count)

    def _bucket(self, key: str, rate: Rate, now: float) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rate, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
            return bucket
        self._buckets.move_to_end(key)
        bucket.refill(rate, now)
        return bucket


class Limits:
    """The limits of one process, which tells others about it where there is a `SharedCounts`."""

    def __init__(self, buckets: TokenBuckets | None = None, shared: SharedCounts | None = None) -> None:
        self._buckets = TokenBuckets() if buckets is None else buckets
        self._shared = shared
        self._taken: dict[str, int] = {}
        self._telling: asyncio.Task[None] | None = None

    def take(self, wanted: Sequence[tuple[str, Rate]]) -> float:
        """0 if the request may pass, else the seconds to wait; see TokenBuckets.take. Called from the event loop."""
        wait = self._buckets.take(wanted)
        if self._shared is not None and wait == 0:
            for key, _ in wanted:
                self._taken[key] = self._taken.get(key, 0) + 1
            if self._telling is None or self._telling.done():
                self._telling = asyncio.create_task(self._tell_later(), name="shared limits")
        return wait

    async def tell(self) -> None:
        """Exchange counts now. What cannot be told is forgotten: it was counted here."""
        taken, self._taken = self._taken, {}
        if self._shared is not None and taken:
            for key, count in (await self._shared.exchange(taken)).items():
                self._buckets.taken_elsewhere(key, count)

    async def close(self) -> None:
        """Stop telling; idempotent."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
            self._telling = None

    async def _tell_later(self) -> None:
        while self._taken:
            await asyncio.sleep(TELL_EVERY_S)
            await self.tell()


class Slots:
    """At most so many uploads of one account at once; a few more wait, the rest is refused."""

    def __init__(self, each: int) -> None:
        self._each = each
        self._running: dict[str, int] = {}
        self._gates: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[bool]:
        """Hold one of the key's slots, after waiting for it; False at once if too many wait already."""
        held = self._running.get(key, 0)
        if held >= self._each * (1 + WAITING_PER_SLOT):
            yield False
            return
        self._running[key] = held + 1
        gate = self._gates.setdefault(key, asyncio.Semaphore(self._each))
        try:
            async with gate:
                yield True
        finally:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key], self._gates[key]
