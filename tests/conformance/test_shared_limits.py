"""Processes that share their counts through a real Redis: together they grant about one rate, alone each grants one."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.redis_server import PROGRAM, private_redis
from timeline_local.backends.limits_redis import RedisCounts
from timeline_local.backends.redis_client import RedisLink
from timeline_local.core.limits import Limits, Rate, TokenBuckets

RATE = Rate(per_s=1, burst=100)
LONG_S = 60.0  # no test depends on how fast a busy machine's Redis is


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def passed(limits: Limits, asked: int) -> int:
    return sum(limits.take([("account:1", RATE)]) == 0 for _ in range(asked))


async def test_two_processes_together_grant_one_rate(redis_url: str) -> None:
    prefix, clock = f"test:{uuid4().hex}:", Clock()
    links = [RedisLink(redis_url, wait_s=LONG_S) for _ in range(2)]
    both = [Limits(TokenBuckets(monotonic=clock), RedisCounts(link, prefix=prefix)) for link in links]
    let_through = 0
    for second in range(300):
        clock.at += 1
        let_through += passed(both[second % 2], 3) + passed(both[1 - second % 2], 3)
        for limits in both:
            await limits.tell()
    for limits, link in zip(both, links, strict=True):
        await limits.close()
        await link.close()
    # One burst and one rate of 300 s; what passes before the first exchange is each one's own.
    assert RATE.burst + 250 <= let_through <= RATE.burst + 300 + 2 * 6


async def test_keys_in_redis_name_nobody_and_go_away(redis_url: str) -> None:
    prefix = f"test:{uuid4().hex}:"
    link = RedisLink(redis_url, wait_s=LONG_S)
    await RedisCounts(link, prefix=prefix).exchange({"peer:203.0.113.7": 3})
    names: list[Any] | None = await link.run(lambda redis: redis.keys(prefix + "*"))
    assert names is not None
    assert len(names) == 1
    assert re.fullmatch(rb"test:[0-9a-f]{32}:rate:[0-9a-f]{32}", bytes(names[0]))
    lives = await link.run(lambda redis: redis.ttl(names[0]))
    assert lives is not None
    assert 0 < lives <= 60
    await link.close()


async def test_a_flush_is_no_more_than_a_fresh_start(redis_url: str) -> None:
    prefix = f"test:{uuid4().hex}:"
    link = RedisLink(redis_url, wait_s=LONG_S)
    first, second = RedisCounts(link, prefix=prefix), RedisCounts(link, prefix=prefix)
    await first.exchange({"a": 50})
    await second.exchange({"a": 1})
    assert await first.exchange({"a": 1}) == {"a": 1}
    names: list[Any] | None = await link.run(lambda redis: redis.keys(prefix + "*"))
    await link.run(lambda redis: redis.delete(*(names or [])))
    await second.exchange({"a": 2})
    assert await first.exchange({"a": 1}) == {"a": 2}
    await link.close()


@pytest.mark.skipif(PROGRAM is None, reason="no redis-server to kill")
async def test_without_redis_each_process_keeps_its_own_limit_and_nobody_waits(tmp_path: Path) -> None:
    with private_redis(tmp_path) as server:
        link = RedisLink(server.url)
        limits = Limits(TokenBuckets(monotonic=Clock()), RedisCounts(link, prefix="test:"))
        assert passed(limits, 40) == 40
        await limits.tell()
        server.kill()
        assert passed(limits, 100) == 60
        async with asyncio.timeout(60):
            await limits.tell()
        assert not link.breaker.is_closed
        assert passed(limits, 10) == 0
        await limits.close()
        await link.close()
