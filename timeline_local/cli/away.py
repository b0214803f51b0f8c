"""When the library's disk goes while the server runs: noticing it, and taking the library again once it is back."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

from timeline_local.config import Settings
from timeline_local.core.instance import LibraryClaim, claim_library
from timeline_local.core.presence import Presence, is_back
from timeline_local.exceptions import StartRefused

LOOK_S = 0.5
PIECE_S, PIECES = 0.5, 10  # what a look may take: a network drive that hangs is as good as gone
LOOK_AGAIN_S = 1.0

log = logging.getLogger(__name__)


async def until_away(presence: Presence) -> None:
    """Return once the folder is not there any more, or does not answer."""
    looker = ThreadPoolExecutor(1)  # of its own: in the shared one a look would wait behind files that are hashed
    look = partial(asyncio.get_running_loop().run_in_executor, looker, presence.is_here)
    try:
        while await _in_time(look()):  # noqa: ASYNC110 - nothing tells that a disk goes
            await asyncio.sleep(LOOK_S)
    finally:
        looker.shutdown(wait=False)
    log.error("the library's folder is gone; waiting for it to come back")


async def _in_time(look: asyncio.Future[bool]) -> bool:
    """What a look found; False if it hangs. After a sleep of the computer one piece of the time is over, not all."""
    for _ in range(PIECES):
        if (await asyncio.wait((look,), timeout=PIECE_S))[0]:
            return look.result()
    return False


async def until_back(settings: Settings, library_id: UUID, serving: asyncio.Task[None]) -> LibraryClaim | None:
    """The library, claimed anew once it is back; None if the server was ended first.

    Nothing is written into a folder that does not hold it: that is the one its disk is mounted on.
    """
    from timeline_local.core.logging import leave_log_file, setup_logging  # noqa: PLC0415 - as everywhere in this command

    leave_log_file()
    while not serving.done():
        claim = await asyncio.to_thread(_claim, settings, library_id)
        if claim is not None:
            setup_logging(settings)
            log.warning("the library's folder is back")
            return claim
        await asyncio.wait((serving,), timeout=LOOK_AGAIN_S)
    return None


def _claim(settings: Settings, library_id: UUID) -> LibraryClaim | None:
    if not is_back(settings.data_dir, library_id):
        return None
    try:
        return claim_library(settings.data_dir, uses_sqlite=settings.database.url is None)
    except StartRefused:
        return None
