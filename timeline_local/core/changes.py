"""What changed, told to whoever listens: the source of `GET /events`.

Edges publish after their commit; nothing here is durable, the database is. One event loop owns a broker: all its
methods are called from that loop. With a relay, the other processes of the library hear it too.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

RING = 512  # events of one owner kept for a listener that comes back
BACKLOG = 1024  # events waiting for one listener; one that lags further is sent away and comes back by its last id

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """id: `<epoch>-<number>`, both growing; the epoch changes with every start of the process."""

    id: str
    event: str
    data: Mapping[str, Any]


class Subscription:
    """The events for one listener, in order. Iterate over it, or ask for `next` with a time limit; then `close` it."""

    def __init__(
        self, channel: _Channel, backlog: list[Event], *, most: int, credential_id: UUID | None = None
    ) -> None:
        self.credential_id = credential_id
        self._channel = channel
        self._waiting = deque(backlog)
        self._most = most
        self._wake = asyncio.Event()
        self._is_open = True

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Event:
        while (event := await self.next(timeout_s=None)) is None:
            pass
        return event

    async def next(self, *, timeout_s: float | None) -> Event | None:
        """The next event; None when there was none in that time. Raises StopAsyncIteration at the end."""
        if not self._waiting and self._is_open:
            self._wake.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._wake.wait()
            except TimeoutError:
                return None
        if self._waiting:
            return self._waiting.popleft()
        if not self._is_open:
            raise StopAsyncIteration
        return None

    def offer(self, event: Event) -> None:
        """Called by the broker only: put one event in line; a listener too far behind is sent away."""
        if len(self._waiting) >= self._most:
            self._waiting.clear()
            self.close()
            return
        self._waiting.append(event)
        self._wake.set()

    def close(self) -> None:
        """Stop listening; what still waits can be read. Calling it twice is harmless."""
        self._is_open = False
        self._channel.listeners.discard(self)
        self._wake.set()


class Relay(Protocol):
    """Takes what is published here to the other processes, and calls `deliver` with what is published there."""

    def send(self, owner_pk: int, event: str, data: JSON) -> None:
        """Take it along; returns at once. While the others cannot be reached it is dropped."""
        ...

    async def close(self) -> None:
        """Stop taking and bringing; idempotent."""
        ...


class _Channel:
    """What one owner's listeners share."""

    def __init__(self, size: int) -> None:
        self.recent: deque[Event] = deque(maxlen=size)
        self.listeners: set[Subscription] = set()


class Changes:
    """The broker. `close` ends every stream, so that a shutdown waits for no listener. relay: None for one process."""

    relay: Relay | None = None

    def __init__(self, *, ring: int = RING, backlog: int = BACKLOG, epoch: str | None = None) -> None:
        self._ring = ring
        self._backlog = backlog
        self._epoch = epoch or str(time.time_ns() // 1_000_000)
        self._number = 0
        self._channels: dict[int, _Channel] = {}
        self._is_open = True

    @property
    def last_id(self) -> str:
        """The id of the newest event, of whichever owner."""
        return f"{self._epoch}-{self._number}"

    def publish(self, owner_pk: int, event: str, data: JSON) -> None:
        """Tell this owner's listeners, here and elsewhere; returns at once. data must not be changed afterwards."""
        if self._is_open and self.relay is not None:
            self.relay.send(owner_pk, event, data)
        self.deliver(owner_pk, event, data)

    def look_again(self) -> None:
        """Ask every listener to compare revisions: something may have happened elsewhere that nobody told us."""
        for owner_pk, channel in self._channels.items():
            if channel.listeners:
                self.deliver(owner_pk, "timeline", {"rev": None})

    def deliver(self, owner_pk: int, event: str, data: JSON) -> None:
        """Tell this owner's listeners in this process only."""
        if not self._is_open:
            return
        self._number += 1
        made = Event(self.last_id, event, data)
        channel = self._channel(owner_pk)
        channel.recent.append(made)
        for listener in tuple(channel.listeners):
            listener.offer(made)

    def subscribe(
        self, owner_pk: int, after_id: str | None = None, *, credential_id: UUID | None = None
    ) -> Subscription:
        """Listen from now on, or from just behind the event of this id, for as long as this credential stands.

        An id that is no longer known (another process, or too long ago) is answered with one `timeline` event without
        a revision: whatever the listener holds may be old, so it should look again.
        """
        channel = self._channel(owner_pk)
        made = Subscription(channel, self._missed(channel, after_id), most=self._backlog, credential_id=credential_id)
        if self._is_open:
            channel.listeners.add(made)
        else:
            made.close()
        return made

    def close(self) -> None:
        """End every stream now and take no more events."""
        self._is_open = False
        for channel in self._channels.values():
            for listener in tuple(channel.listeners):
                listener.close()

    def end(self, owner_pk: int) -> None:
        """End this owner's streams, and forget what was told: they may not listen any more. Who may, comes back."""
        channel = self._channels.pop(owner_pk, None)
        for listener in tuple(channel.listeners) if channel is not None else ():
            listener.close()

    def end_credential(self, owner_pk: int, credential_id: UUID | None) -> None:
        """End the streams that were opened with this session or key; this owner's other streams go on."""
        for listener in tuple(self._channel(owner_pk).listeners):
            if listener.credential_id == credential_id:
                listener.close()

    def _channel(self, owner_pk: int) -> _Channel:
        return self._channels.setdefault(owner_pk, _Channel(self._ring))

    def _missed(self, channel: _Channel, after_id: str | None) -> list[Event]:
        if not after_id:
            return []
        seen = self._number_of(after_id)
        oldest = _number(channel.recent[0]) if channel.recent else self._number + 1
        forgotten = len(channel.recent) == self._ring and seen is not None and seen < oldest
        if seen is None or forgotten:
            return [Event(self.last_id, "timeline", {"rev": None})]
        return [event for event in channel.recent if _number(event) > seen]

    def _number_of(self, event_id: str) -> int | None:
        """The number in an id of this process; None for every other text."""
        epoch, _, number = event_id.partition("-")
        if epoch != self._epoch or not (number.isascii() and number.isdecimal()) or len(number) > 18:  # noqa: PLR2004
            return None
        return int(number) if int(number) <= self._number else None


def _number(event: Event) -> int:
    return int(event.id.rpartition("-")[2])
