"""Looking for the library's disk: a part of the server that must end with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from timeline_local.cli.away import until_away
from timeline_local.core.library import Library, open_library
from timeline_local.core.presence import Presence

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
    _, still_looking = await asyncio.wait([each.looker for each in watched], timeout=20)
    assert not still_looking
