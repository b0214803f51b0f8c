"""Reaching the library: through its running server, or by opening it in this process while no server runs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from timeline_local.config import Settings, load_settings
from timeline_local.core.instance import LibraryClaim, claim_library
from timeline_local.core.local_client import LocalClient, NoServer
from timeline_local.exceptions import LibraryInUse

if TYPE_CHECKING:
    from timeline_local.cli.serving import Running
    from timeline_local.runtime import Runtime

T = TypeVar("T")
STARTING_S = 30.0  # a server that holds the library but does not answer yet gets this long


def signed_in(data_dir: Path) -> LocalClient:
    """A client of the running server with a session; at a terminal, the app lock's password is asked for."""
    return LocalClient.connect(data_dir, password=_app_lock_password if sys.stdin.isatty() else None)


def _app_lock_password() -> str:
    return getpass("The app lock is on. Your password: ")


def reach(settings: Settings, connect: Callable[[Path], LocalClient] = signed_in) -> LocalClient | LibraryClaim:
    """A client of the running server, or the library itself. Raises LibraryInUse if neither can be had."""
    give_up = time.monotonic() + STARTING_S
    while True:
        try:
            return connect(settings.data_dir)
        except NoServer:
            pass
        try:
            return claim_library(settings.data_dir, uses_sqlite=settings.database.url is None)
        except LibraryInUse:
            if time.monotonic() > give_up:
                raise
        time.sleep(0.1)


def ask(
    given: dict[str, Any],
    *,
    server: Callable[[LocalClient], T],
    alone: Callable[[Runtime], Awaitable[T]],
    connect: Callable[[Path], LocalClient] = signed_in,
) -> T:
    """The answer of the running server, or of the library opened here."""
    settings = load_settings(**given)
    reached = reach(settings, connect)
    if isinstance(reached, LocalClient):
        with reached:
            return server(reached)
    return asyncio.run(_alone(settings, reached, alone))


def ask_server(given: dict[str, Any], question: Callable[[LocalClient], int]) -> int:
    """What the question returns, put to the running server, or to one that this process is for as long as it takes."""
    settings = load_settings(**given)
    reached = reach(settings)
    if isinstance(reached, LocalClient):
        with reached:
            return question(reached)

    from timeline_local.cli.serving import serve_beside  # noqa: PLC0415 - only without a server

    def sign_in() -> int:
        with signed_in(settings.data_dir) as client:
            return question(client)

    async def beside(running: Running) -> int:
        await running.answering()
        return await asyncio.to_thread(sign_in)

    with reached:
        return serve_beside(settings, given, reached, beside)


async def _alone(settings: Settings, claim: LibraryClaim, alone: Callable[[Runtime], Awaitable[T]]) -> T:
    from timeline_local.runtime import open_runtime  # noqa: PLC0415 - most of a second, not needed with a server

    runtime = await open_runtime(settings, claim=claim)
    try:
        return await alone(runtime)
    finally:
        await runtime.close()
