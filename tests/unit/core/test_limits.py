"""How often somebody may ask: buckets that fill with time, whatever happens elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.core.limits import Limits, Rate, Slots, TokenBuckets

RATE = Rate(per_s=2, burst=4)


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_burst_is_taken_and_then_no_more() -> None:
    buckets = TokenBuckets(monotonic=Clock())
    assert [buckets.take([("a", RATE)]) for _ in range(6)] == [0] * 4 + [0.5] * 2


def test_the_limit_recovers_with_time() -> None:
    clock = Clock()
    buckets = TokenBuckets(monotonic=clock)
    for _ in range(5):
        wait = buckets.take([("a", RATE)])
    clock.at += wait
    assert [buckets.take([("a", RATE)]) for _ in range(2)] == [0, 0.5]


@given(st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_nobody_ever_gets_more_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    clock = Clock()
    buckets = TokenBuckets(monotonic=clock)
    passed = 0
    for pause in pauses:
        clock.at += pause
        passed += buckets.take([("a", RATE)]) == 0
    assert passed <= RATE.burst + RATE.per_s * (clock.at - 100) + 1e-6


def test_a_steady_rate_below_the_limit_is_never_refused() -> None:
    clock = Clock()
    buckets = TokenBuckets(monotonic=clock)
    waits = set()
    for _ in range(3000):
        clock.at += 1 / 48
        waits.add(buckets.take([("a", Rate(50, 200))]))
    assert waits == {0}


def test_what_one_bucket_refuses_is_taken_from_none() -> None:
    buckets = TokenBuckets(monotonic=Clock())
    small, large = ("key", Rate(1, 1)), ("account", Rate(1, 3))
    assert [buckets.take([small, large]) for _ in range(5)] == [0, 1, 1, 1, 1]
    assert [buckets.take([large]) for _ in range(3)] == [0, 0, 1]


def test_keys_do_not_share_and_their_number_is_bounded() -> None:
    buckets = TokenBuckets(most=10)
    assert {buckets.take([(f"key {n}", Rate(1, 1))]) for n in range(1000)} == {0}
    assert len(buckets) == 10


@pytest.mark.parametrize(("own", "wanted"), [(25, Rate(25, 100)), (1, Rate(1, 4)), (50, Rate(50, 200))])
def test_a_key_can_be_slower_than_the_install_and_never_faster(own: int, wanted: Rate) -> None:
    assert Rate(50, 200).at_most(own) == wanted
    assert Rate(50, 200).at_most(9000) == Rate(50, 200)


def test_what_others_let_through_counts_here_and_shuts_nobody_out_for_long() -> None:
    clock = Clock()
    buckets = TokenBuckets(monotonic=clock)
    buckets.take([("a", RATE)])
    buckets.taken_elsewhere("a", 3)
    buckets.taken_elsewhere("nobody", 3)
    assert buckets.take([("a", RATE)]) > 0
    buckets.taken_elsewhere("a", 1_000_000)
    assert buckets.take([("a", RATE)]) == (RATE.burst + 1) / RATE.per_s
    clock.at += (RATE.burst + 1) / RATE.per_s
    assert buckets.take([("a", RATE)]) == 0


class Board:
    """A shared store that can be away, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[dict[str, int]] = []
        self.others: dict[str, int] = {}
        self.heard = asyncio.Event()

    async def exchange(self, taken: Mapping[str, int]) -> Mapping[str, int]:
        self.told.append(dict(taken))
        self.heard.set()
        return self.others


async def test_what_passed_is_told_in_the_background() -> None:
    board = Board()
    limits = Limits(TokenBuckets(monotonic=Clock()), board)
    for _ in range(3):
        limits.take([("a", RATE)])
    async with asyncio.timeout(60):
        await board.heard.wait()
    await limits.close()
    await limits.close()
    assert board.told == [{"a": 3}]


async def test_refused_requests_are_not_told() -> None:
    board = Board()
    limits = Limits(TokenBuckets(monotonic=Clock()), board)
    for _ in range(9):
        limits.take([("a", RATE)])
    await limits.tell()
    await limits.tell()
    await limits.close()
    assert board.told == [{"a": 4}]


async def test_a_store_that_is_away_changes_nothing_about_the_local_limit() -> None:
    limits = Limits(TokenBuckets(monotonic=Clock()), Board())
    waits = []
    for _ in range(6):
        waits.append(limits.take([("a", RATE)]))
        await limits.tell()
    await limits.close()
    assert waits == [0] * 4 + [0.5] * 2


async def test_slots_let_some_in_make_some_wait_and_refuse_the_rest() -> None:
    slots, gate, entered = Slots(2), asyncio.Event(), asyncio.Semaphore(0)
    running, most = 0, 0

    async def upload() -> bool:
        nonlocal running, most
        async with slots.hold("a") as has_slot:
            running, most = running + has_slot, max(most, running + has_slot)
            entered.release()
            if has_slot:
                await gate.wait()
            running -= has_slot
            return has_slot

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        tasks = [group.create_task(upload()) for _ in range(12)]
        for _ in range(4):  # two that run, two that are refused; eight wait
            await entered.acquire()
        async with slots.hold("b") as other:
            assert other
        gate.set()
    assert sorted(task.result() for task in tasks) == [False] * 2 + [True] * 10
    assert most == 2
    assert (slots._running, slots._gates) == ({}, {})
