from __future__ import annotations

from timeline_local.core.breaker import Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_failure_opens_it_and_only_a_probe_closes_it() -> None:
    clock = Clock()
    breaker = Breaker(pause_s=5, monotonic=clock)
    assert breaker.is_closed
    breaker.failed()
    assert not breaker.is_closed
    assert not breaker.wants_probe
    clock.now += 5
    assert breaker.wants_probe
    breaker.probing()
    assert not breaker.wants_probe
    breaker.succeeded()
    assert breaker.is_closed
    assert breaker.failures == 1


def test_a_probe_that_fails_starts_the_pause_again() -> None:
    clock = Clock()
    breaker = Breaker(pause_s=5, monotonic=clock)
    breaker.failed()
    clock.now += 6
    breaker.probing()
    breaker.failed()
    assert not breaker.wants_probe
    clock.now += 5
    assert breaker.wants_probe


def test_a_probe_that_was_given_up_leaves_it_to_the_next() -> None:
    clock = Clock()
    breaker = Breaker(pause_s=5, monotonic=clock)
    breaker.failed()
    clock.now += 5
    breaker.probing()
    breaker.given_up()
    assert breaker.wants_probe
