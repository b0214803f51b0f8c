"""What several processes let through, counted together in Redis."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from timeline_local.backends.redis_client import RedisLink
from timeline_local.core.limits import MOST_KEYS

if TYPE_CHECKING:
    from redis.asyncio import Redis

KEPT_S = 60


class RedisCounts:
    """`SharedCounts` on Redis: one growing counter for each key, gone a minute after its last use.

    prefix: this library's. Keys are hashed, so that no account or address stands in Redis. A flush or an expiry only
    starts a counter anew: what was above the new count is known to be older.
    """

    def __init__(self, link: RedisLink, *, prefix: str) -> None:
        self._link = link
        self._prefix = f"{prefix}rate:"
        self._seen: OrderedDict[str, int] = OrderedDict()

    async def exchange(self, taken: Mapping[str, int]) -> Mapping[str, int]:
        """One round trip for all keys; nothing while Redis is away. See SharedCounts."""
        totals = await self._link.run(lambda redis: self._add(redis, taken))
        others: dict[str, int] = {}
        for key, total in zip(taken, totals or (), strict=False):
            before = self._seen.get(key)
            if before is not None:
                # Counted from 0 again if the counter is lower than we have seen it.
                since = total - before if total >= before else total
                others[key] = max(0, since - taken[key])
            self._remember(key, total)
        return others

    async def _add(self, redis: Redis, taken: Mapping[str, int]) -> list[int]:
        pipeline = redis.pipeline(transaction=False)
        for key, count in taken.items():
            name = self._prefix + hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
            pipeline.incrby(name, count)
            pipeline.expire(name, KEPT_S)
        answers = await pipeline.execute()
        return [int(total) for total in answers[::2]]

    def _remember(self, key: str, total: int) -> None:
        self._seen[key] = total
        self._seen.move_to_end(key)
        while len(self._seen) > MOST_KEYS:
            self._seen.popitem(last=False)
