"""Events through a real Redis: what one process publishes, listeners of another hear; without Redis they look again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.redis_server import NO_REDIS, PROGRAM, private_redis
from timeline_local.backends.events_redis import RedisRelay
from timeline_local.backends.redis_client import RedisLink
from timeline_local.core.breaker import Breaker
from timeline_local.core.changes import Changes, Event, Subscription

ANNA, BEN = 1, 2
LIMIT_S = 60.0


class Process:
    """What one process has: a broker, its link and its relay."""

    def __init__(self, url: str, channel: str, *, look_s: float = 60.0) -> None:
        self.changes = Changes()
        self.link = RedisLink(url, wait_s=10.0, breaker=Breaker(pause_s=0.05))
        self.relay = RedisRelay(self.link, self.changes, channel=channel, look_s=look_s)
        self.changes.relay = self.relay
        self.relay.start()


@asynccontextmanager
async def process(url: str, channel: str, *, look_s: float = 60.0) -> AsyncIterator[Process]:
    made = Process(url, channel, look_s=look_s)
    try:
        yield made
    finally:
        await made.relay.close()
        await made.link.close()


@pytest.fixture
async def two(redis_url: str) -> AsyncIterator[tuple[Process, Process]]:
    channel = f"test:{uuid4().hex}"
    async with process(redis_url, channel) as first, process(redis_url, channel) as second, asyncio.timeout(LIMIT_S):
        await first.relay.listening.wait()
        await second.relay.listening.wait()
        yield first, second


async def after_its_look(listener: Subscription) -> Event:
    """The next event that is not a request to look again."""
    while True:
        event = await listener.next(timeout_s=LIMIT_S)
        assert event is not None
        if event.data != {"rev": None}:
            return event


async def test_what_one_process_publishes_is_heard_in_the_other(two: tuple[Process, Process]) -> None:
    first, second = two
    listener = second.changes.subscribe(ANNA)
    first.changes.publish(ANNA, "timeline", {"rev": 7, "days": [1, 2]})
    first.changes.publish(ANNA, "job", {"id": "x"})
    heard = [await after_its_look(listener), await after_its_look(listener)]
    assert [(event.event, event.data) for event in heard] == [
        ("timeline", {"rev": 7, "days": [1, 2]}),
        ("job", {"id": "x"}),
    ]


async def test_the_process_that_publishes_hears_it_once(two: tuple[Process, Process]) -> None:
    first, second = two
    own, other = first.changes.subscribe(ANNA), second.changes.subscribe(ANNA)
    first.changes.publish(ANNA, "timeline", {"rev": 1})
    await after_its_look(other)
    second.changes.publish(ANNA, "timeline", {"rev": 2})
    assert [(await after_its_look(own)).data for _ in range(2)] == [{"rev": 1}, {"rev": 2}]


async def test_nobody_hears_of_another_owner_there_either(two: tuple[Process, Process]) -> None:
    first, second = two
    anna, ben = second.changes.subscribe(ANNA), second.changes.subscribe(BEN)
    first.changes.publish(ANNA, "timeline", {"rev": 1})
    await after_its_look(anna)
    ben.close()
    assert [event.data async for event in ben if event.data != {"rev": None}] == []


@pytest.mark.parametrize(
    "planted",
    [b"", b"{", b"[]", b'["x","1","timeline",{}]', b'["x",1,2,{}]', b'["x",1,"timeline",[]]', b"\x80\x04.", b"null"],
)
async def test_what_is_none_of_ours_is_passed_over(two: tuple[Process, Process], planted: bytes) -> None:
    first, second = two
    listener = second.changes.subscribe(ANNA)
    channel = first.relay._channel
    await first.link.run(lambda redis: redis.publish(channel, planted))
    first.changes.publish(ANNA, "timeline", {"rev": 1})
    assert (await after_its_look(listener)).data == {"rev": 1}


async def test_without_redis_listeners_hear_their_own_process_and_are_asked_to_look_again() -> None:
    async with process("redis://127.0.0.1:1/0", "test:nobody", look_s=0.05) as alone:
        listener = alone.changes.subscribe(ANNA)
        alone.changes.publish(ANNA, "timeline", {"rev": 1})
        assert (await after_its_look(listener)).data == {"rev": 1}
        while (event := await listener.next(timeout_s=LIMIT_S)) and event.data != {"rev": None}:
            pass
        assert event
        assert event.event == "timeline"


async def test_after_a_restart_of_redis_events_are_heard_again(tmp_path: Path) -> None:
    if PROGRAM is None:
        pytest.skip(NO_REDIS)
    with private_redis(tmp_path) as server:
        async with (
            process(server.url, "test", look_s=0.05) as first,
            process(server.url, "test", look_s=0.05) as second,
            asyncio.timeout(LIMIT_S),
        ):
            await second.relay.listening.wait()
            listener = second.changes.subscribe(ANNA)
            server.kill()
            while second.relay.listening.is_set():  # noqa: ASYNC110 - it is cleared, which nobody can wait for
                await asyncio.sleep(0.01)
            server.start()
            heard = None
            while heard is None or heard.data == {"rev": None}:
                first.changes.publish(ANNA, "timeline", {"rev": 1})
                heard = await listener.next(timeout_s=0.1)
            assert heard.data == {"rev": 1}


async def test_many_events_while_redis_is_away_do_not_pile_up() -> None:
    async with process("redis://127.0.0.1:1/0", "test:nobody") as alone:
        for number in range(5000):
            alone.relay.send(ANNA, "timeline", {"rev": number})
        assert len(alone.relay._waiting) <= 1024
