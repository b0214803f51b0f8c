"""Events between the processes of one library, over Redis' publish and subscribe.

Nothing depends on it: while Redis is away, listeners get what happens in their own process at once, and are asked every
few seconds to compare revisions for what happens in others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from typing import Any

import orjson

from timeline_local.backends.redis_client import RedisLink
from timeline_local.core.changes import Changes

JSON = dict[str, Any]

MOST_WAITING = 1024  # events not yet sent; beyond, the oldest are dropped: listeners elsewhere compare revisions
LOOK_S = 5.0  # between two rounds of comparing revisions while Redis is away, and between two pings while it is not
LARGEST_MESSAGE = 1024 * 1024

log = logging.getLogger(__name__)


class RedisRelay:
    """The `Relay` of one process. channel: this library's."""

    def __init__(self, link: RedisLink, changes: Changes, *, channel: str, look_s: float = LOOK_S) -> None:
        self._link = link
        self._changes = changes
        self._channel = channel
        self._look_s = look_s
        self._name = secrets.token_hex(8)
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.listening = asyncio.Event()

    def start(self) -> None:
        """Begin to send and to listen."""
        self._tasks = [
            asyncio.create_task(self._send_all(), name="events to Redis"),
            asyncio.create_task(self._listen(), name="events from Redis"),
        ]

    def send(self, owner_pk: int, event: str, data: JSON) -> None:
        """Put it in line for the other processes."""
        self._waiting.append(orjson.dumps([self._name, owner_pk, event, data]))
        self._wake.set()

    async def close(self) -> None:
        """Stop both; idempotent."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                message = self._waiting.popleft()
                await self._link.run(lambda redis, message=message: redis.publish(self._channel, message))  # type: ignore[misc]

    async def _listen(self) -> None:
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - whatever is wrong with Redis, we go on without it
                if self.listening.is_set():
                    log.warning("events of other processes are not heard", extra={"reason": type(error).__name__})
            self.listening.clear()
            self._changes.look_again()
            await asyncio.sleep(self._look_s)

    async def _follow(self) -> None:
        """Deliver what comes until Redis goes away, which raises."""
        async with contextlib.AsyncExitStack() as stack:
            client = self._link.listener()
            stack.push_async_callback(client.aclose)
            pubsub = client.pubsub(ignore_subscribe_messages=True)
            stack.push_async_callback(pubsub.aclose)
            async with asyncio.timeout(self._look_s):
                await pubsub.subscribe(self._channel)
                await client.ping()
            self.listening.set()
            self._changes.look_again()  # for what was missed until now
            while True:
                message = await pubsub.get_message(timeout=self._look_s)
                if message is not None:
                    self._deliver(message.get("data"))
                elif not await self._link.answers():
                    raise ConnectionError

    def _deliver(self, message: object) -> None:
        """Tell the listeners here, unless it came from here or is none of ours."""
        if not isinstance(message, bytes) or len(message) > LARGEST_MESSAGE:
            return
        try:
            sender, owner_pk, event, data = orjson.loads(message)
        except (ValueError, TypeError):
            return
        is_ours = isinstance(owner_pk, int) and isinstance(event, str) and isinstance(data, dict)
        if is_ours and sender != self._name:
            self._changes.deliver(owner_pk, event, data)
