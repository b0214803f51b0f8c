"""The cache of several processes: values in Redis, each with its own time to live."""

from __future__ import annotations

import math

from timeline_local.backends.redis_client import RedisLink
from timeline_local.core.cache import CacheReport, is_usable, seal, unseal


class RedisCache:
    """The `Cache` port on Redis. prefix: this library's, so that several can share one Redis."""

    def __init__(self, link: RedisLink, *, prefix: str) -> None:
        self._link = link
        self._prefix = prefix
        self._hits = self._misses = 0

    async def get(self, key: str) -> bytes | None:
        """The value, or None for every reason there is."""
        found: bytes | None = None
        if is_usable(key):
            stored = await self._link.run(lambda redis: redis.get(self._prefix + key))
            found = unseal(key, stored) if isinstance(stored, bytes) else None
        self._hits += found is not None
        self._misses += found is None
        return found

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep the value; Redis drops what it likes when its memory is full, or refuses, which is the same to us."""
        if is_usable(key, value):
            px = max(1, math.ceil(ttl_s * 1000))
            await self._link.run(lambda redis: redis.set(self._prefix + key, seal(key, value), px=px))

    async def delete(self, key: str) -> None:
        """Forget the value, if Redis can be reached."""
        if is_usable(key):
            await self._link.run(lambda redis: redis.delete(self._prefix + key))

    async def report(self) -> CacheReport:
        """Whether Redis answers. What it holds is not counted: that would walk all its keys."""
        is_there = await self._link.answers()
        return CacheReport(
            kind="redis",
            state="ok" if is_there else "away",
            entries=None,
            size_bytes=None,
            hits=self._hits,
            misses=self._misses,
            failures=self._link.breaker.failures,
        )

    async def close(self) -> None:
        """Close the connections; idempotent."""
        await self._link.close()
