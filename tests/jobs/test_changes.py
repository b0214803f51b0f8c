"""The broker behind GET /events."""

from __future__ import annotations

import asyncio

import pytest

from timeline_local.core.changes import Changes, Event, Subscription

ANNA, BEN = 1, 2


async def drain(subscription: Subscription) -> list[Event]:
    subscription.close()
    return [event async for event in subscription]


async def test_a_listener_gets_what_is_published_after_it_came_in_order() -> None:
    changes = Changes()
    changes.publish(ANNA, "timeline", {"rev": 1})
    listener = changes.subscribe(ANNA)
    changes.publish(ANNA, "timeline", {"rev": 2})
    changes.publish(ANNA, "job", {"id": "x"})
    assert [(event.event, event.data) for event in await drain(listener)] == [
        ("timeline", {"rev": 2}),
        ("job", {"id": "x"}),
    ]


async def test_nobody_hears_of_another_owner() -> None:
    changes = Changes()
    listener = changes.subscribe(BEN)
    changes.publish(ANNA, "timeline", {"rev": 1})
    assert await drain(listener) == []


async def test_a_listener_that_comes_back_gets_what_it_missed() -> None:
    changes = Changes(epoch="7")
    changes.publish(ANNA, "timeline", {"rev": 1})
    seen = changes.last_id
    changes.publish(BEN, "timeline", {"rev": 1})
    changes.publish(ANNA, "timeline", {"rev": 2})
    assert [event.data for event in await drain(changes.subscribe(ANNA, seen))] == [{"rev": 2}]


@pytest.mark.parametrize("stale", ["6-1", "7-99", "7-", "7-x", "nonsense", "7-²", "7-0"])
async def test_an_id_that_is_not_known_any_more_asks_for_a_fresh_look(stale: str) -> None:
    changes = Changes(epoch="7", ring=2)
    for rev in range(5):
        changes.publish(ANNA, "timeline", {"rev": rev})
    assert await drain(changes.subscribe(ANNA, stale)) == [Event("7-5", "timeline", {"rev": None})]


async def test_ids_grow() -> None:
    changes = Changes()
    listener = changes.subscribe(ANNA)
    for rev in range(12):
        changes.publish(ANNA, "timeline", {"rev": rev})
    numbers = [tuple(map(int, event.id.split("-"))) for event in await drain(listener)]
    assert numbers == sorted(set(numbers))


async def test_a_listener_that_lags_is_sent_away_and_the_others_stay() -> None:
    changes = Changes(backlog=3)
    slow, quick = changes.subscribe(ANNA), changes.subscribe(ANNA)
    heard = []
    for rev in range(5):
        changes.publish(ANNA, "timeline", {"rev": rev})
        heard.append(await anext(quick))
    assert len(heard) == 5
    with pytest.raises(StopAsyncIteration):
        await anext(slow)


async def test_silence_is_reported_so_that_a_heartbeat_can_be_sent() -> None:
    listener = Changes().subscribe(ANNA)
    assert await listener.next(timeout_s=0.01) is None


async def test_closing_ends_a_waiting_listener_at_once() -> None:
    changes = Changes()
    waiting = asyncio.ensure_future(anext(changes.subscribe(ANNA)))
    await asyncio.sleep(0)
    changes.close()
    with pytest.raises(StopAsyncIteration):
        async with asyncio.timeout(60):
            await waiting


async def test_a_closed_broker_takes_nothing_and_ends_new_listeners() -> None:
    changes = Changes()
    changes.close()
    changes.publish(ANNA, "timeline", {"rev": 1})
    assert await drain(changes.subscribe(ANNA)) == []
