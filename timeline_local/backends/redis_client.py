"""The connection to Redis: short time limits, no retries, and a breaker, so that a broken Redis costs one wait once.

Redis holds nothing that cannot be made again. Without it every caller goes on at once, as if nothing had been stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from timeline_local.core.breaker import Breaker
from timeline_local.exceptions import StartRefused

if TYPE_CHECKING:
    from redis.asyncio import Redis

T = TypeVar("T")

WAIT_S = 0.25
MOST_CONNECTIONS = 32

log = logging.getLogger(__name__)


class RedisLink:
    """One Redis for everybody in this process. Nothing is connected before the first call."""

    def __init__(self, url: str, *, wait_s: float = WAIT_S, breaker: Breaker | None = None) -> None:
        self._url = url
        self._wait_s = wait_s
        self._client = _client(url, wait_s)
        self._refusals = _refusals()
        self._probe: asyncio.Task[None] | None = None
        self.breaker = breaker or Breaker()

    async def run(self, work: Callable[[Redis], Awaitable[T]]) -> T | None:
        """What `work` returns; None at once while Redis is away, and after at most `wait_s` when it goes away.

        Nobody's request is the probe: when it is time to try again, a task of its own does.
        """
        if not self.breaker.is_closed:
            self._probe_if_due()
            return None
        try:
            async with asyncio.timeout(self._wait_s):
                result = await work(self._client)
        except self._refusals:
            return None  # it answers, but not this: out of memory, or a key of another kind was planted
        except Exception as error:  # noqa: BLE001 - no failure of Redis is an error of ours
            if self.breaker.is_closed:
                log.warning("Redis is away", extra={"reason": type(error).__name__})
            self.breaker.failed()
            return None
        return result

    async def answers(self) -> bool:
        """Whether Redis answers a ping now; opens or closes the breaker."""
        try:
            async with asyncio.timeout(self._wait_s):
                await self._client.ping()
        except Exception:  # noqa: BLE001 - see run
            self.breaker.failed()
            return False
        self.breaker.succeeded()
        return True

    def listener(self) -> Redis:
        """A client of its own for a subscription, which waits for messages without end; the caller closes it."""
        return _client(self._url, self._wait_s, waits=True)

    async def close(self) -> None:
        """Close every connection; idempotent."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
            self._probe = None
        await self._client.aclose()

    def _probe_if_due(self) -> None:
        if self.breaker.wants_probe:
            self.breaker.probing()
            self._probe = asyncio.create_task(self._try_again(), name="redis probe")

    async def _try_again(self) -> None:
        # Connections made before Redis went away may be half dead: the probe starts with fresh ones.
        await self._client.connection_pool.disconnect()
        if await self.answers():
            log.warning("Redis is back")


def _client(url: str, wait_s: float, *, waits: bool = False) -> Redis:
    """A client without retries. Raises StartRefused when the package is missing or the address is none."""
    try:
        from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415 - an extra, and only where it is used
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
    except ImportError as error:
        raise StartRefused(
            "TIMELINE_CACHE__URL names a Redis, but the package for it is not installed. "
            "Install timeline-local[redis], or unset that variable."
        ) from error
    options: dict[str, Any] = {
        "socket_connect_timeout": wait_s,
        "socket_timeout": None if waits else wait_s,
        "socket_keepalive": True,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
    }
    try:
        pool = BlockingConnectionPool.from_url(url, max_connections=MOST_CONNECTIONS, timeout=wait_s, **options)
    except ValueError as error:
        raise StartRefused("TIMELINE_CACHE__URL must be a redis://, rediss:// or unix:// address, or unset.") from error
    return Redis.from_pool(pool)


def _refusals() -> tuple[type[Exception], ...]:
    from redis.exceptions import ResponseError  # noqa: PLC0415 - see _client

    return (ResponseError,)
