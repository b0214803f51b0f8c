"""Looking for the library's disk: a part of the server that must end with it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from timeline_local.cli import away
from timeline_local.cli.away import until_away
from timeline_local.core.library import Library, open_library
from timeline_local.core.presence import Presence

LONG_S = 20
TURNS = 8  # of the loop, between the first look and the end: in some of them its answer is there, but not yet taken
TIMES = 5


class Watched(Presence):
    """Cancels who looks, once, some turns of the loop after the first look."""

    def __init__(self, library: Library, *, turns: int) -> None:
        super().__init__(library)
        self._turns: int | None = turns
        self._loop = asyncio.get_running_loop()
        self.looker = asyncio.create_task(until_away(self))

    def is_here(self) -> bool:
        turns, self._turns = self._turns, None
        if turns is not None:
            self._loop.call_soon_threadsafe(self._cancel_in, turns)
        return super().is_here()

    def _cancel_in(self, turns: int) -> None:
        if turns:
            self._loop.call_soon(self._cancel_in, turns - 1)
        else:
            self.looker.cancel()


async def test_looking_for_the_disk_ends_whenever_it_is_told_to(tmp_path: Path) -> None:
    library = open_library(tmp_path / "library", uses_sqlite=True)
    watched = [Watched(library, turns=turns) for turns in range(TURNS) for _ in range(TIMES)]
    _, still_looking = await asyncio.wait([each.looker for each in watched], timeout=LONG_S)
    assert not still_looking


class Slow(Presence):
    """Each look takes until `go_on` is set."""

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        self.looks = threading.Semaphore(0)
        self.go_on = threading.Event()

    def is_here(self) -> bool:
        self.looks.release()
        self.go_on.wait()
        return super().is_here()


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    monkeypatch.setattr(away, "PIECE_S", 0.05)
    made = Slow(open_library(tmp_path / "library", uses_sqlite=True))
    yield made
    made.go_on.set()


async def test_a_disk_that_does_not_answer_has_gone(slow: Slow) -> None:
    async with asyncio.timeout(LONG_S):
        await until_away(slow)


async def test_a_computer_that_slept_in_the_middle_of_a_look_has_its_disk(slow: Slow) -> None:
    looker = asyncio.create_task(until_away(slow))
    await asyncio.to_thread(slow.looks.acquire)
    time.sleep(1)  # noqa: ASYNC251 - the whole process stands still, for twice the time that a look may take
    slow.go_on.set()
    await asyncio.to_thread(slow.looks.acquire)
    assert not looker.done()
    looker.cancel()
