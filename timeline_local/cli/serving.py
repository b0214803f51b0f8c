"""`timeline-local serve`: the folder, the socket, then everything else."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from timeline_local import __version__
from timeline_local.api.middleware.wire import uvicorn_options
from timeline_local.cli.away import until_away, until_back
from timeline_local.cli.ending import Ending
from timeline_local.cli.front import App, Front
from timeline_local.cli.ports import listen, reachable, wished
from timeline_local.config import Settings, load_settings
from timeline_local.core.install_secrets import place_of
from timeline_local.core.instance import LibraryClaim, claim_library
from timeline_local.core.libraries import SWITCHED, leave_word, note_opened
from timeline_local.core.reserve import fill_up
from timeline_local.exceptions import StartRefused

if TYPE_CHECKING:
    from timeline_local.core.library import Library
    from timeline_local.core.relocation import Onward
    from timeline_local.runtime import Runtime

LAUNCH_FILE_S = 60
ASIDE_S = 0.5  # what runs beside the server gets this to clear away
COLLECT_AFTER = 10_000  # new objects: with the usual 700, looking for garbage took a sixth of an import (2026-11)
CLEARING_S = 0.5  # deleting what a move left behind can take minutes: the next start goes on with it


@dataclass(frozen=True, slots=True)
class Running:
    """A server that was started: `url` is its address on this computer."""

    runtime: Runtime
    server: Ending
    url: str
    port: int

    async def answering(self) -> None:
        """Return once it answers requests."""
        while not self.server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
            await asyncio.sleep(0.01)


Beside = Callable[[Running], Coroutine[Any, Any, int]]  # what a process does while it serves; its exit status


@dataclass(frozen=True, slots=True)
class Serving:
    """What a server is started with. onwards: see `serve_beside`."""

    settings: Settings
    given: dict[str, Any]
    claim: LibraryClaim
    listening: socket.socket
    port_wished: int
    onwards: list[Onward] | None


def serve(given: dict[str, Any], *, opens_browser: bool, for_tray: bool = False) -> int:
    """Serve one library until SIGINT, SIGTERM or the API ends it; the exit status. Raises the StartRefused family.

    Where the API asks for another library or another place, that one is served next: here, or, where the tray app
    starts the servers, by that, which finds word of it in `run/`.
    """
    while onward := _serve_one(given, opens_browser=opens_browser):
        from timeline_local.cli.onward import go_onward  # noqa: PLC0415 - rarely needed, and loads the database

        data_dir = load_settings(**given).data_dir
        word = go_onward(onward)
        if for_tray:
            leave_word(data_dir, word)
            return SWITCHED
        given = given | {"data_dir": word.path}
        opens_browser = opens_browser and word.shows
    return 0


def _serve_one(given: dict[str, Any], *, opens_browser: bool) -> Onward | None:
    """Serve one library; what is to be done next."""

    async def beside(running: Running) -> int:
        _say(f"Timeline Local is running at {running.url}")
        await _say_setup(running)
        if opens_browser:
            await _show(running)
        await asyncio.Event().wait()
        return 0

    settings = load_settings(**given)
    place, uses_sqlite = settings.auth.secrets_in, settings.database.url is None
    with claim_library(settings.data_dir, secrets_in=place, uses_sqlite=uses_sqlite) as claim:
        _say_place(settings, claim)
        onwards: list[Onward] = []
        serve_beside(settings, given, claim, beside, onwards=onwards)
        return onwards[-1] if onwards else None


def serve_beside(
    settings: Settings,
    given: dict[str, Any],
    claim: LibraryClaim,
    beside: Beside,
    *,
    onwards: list[Onward] | None = None,
) -> int:
    """Serve the library while `beside` runs, until one of them ends; what `beside` returned, or 0.

    onwards  where the API may put what is to be done afterwards; None where that is not offered.

    The order is what makes it safe and quick: the folder's lock, the socket (from here connections queue), and only
    then the imports that take most of a second.
    """
    port_wished = wished(settings.server, claim.data_dir)
    with listen(settings.server, claim.data_dir) as listening:
        from timeline_local.core.logging import setup_logging  # noqa: PLC0415 - after the socket, as said above

        setup_logging(settings)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            plan = Serving(settings, given, claim, listening, port_wished, onwards)
            return runner.run(_serve(plan, beside))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(plan: Serving, beside: Beside) -> int:
    settings, claim, listening = plan.settings, plan.claim, plan.listening
    front = Front(claim.secrets.label)
    server = _server(settings, front)
    host, port = reachable(settings.server.host), int(listening.getsockname()[1])
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    held: LibraryClaim | None = claim
    status: int | None = None
    try:
        # In a thread, so that liveness is answered meanwhile.
        await asyncio.to_thread(_load_application)
        while status is None and held is not None and not server.should_exit:
            async with _application(plan, held, server) as (app, runtime):
                runtime.port = port
                runtime.port_wished = plan.port_wished if plan.port_wished not in (0, port) else None
                front.put(app)
                held.announce(host=host, port=port, version=__version__)
                running = Running(runtime, server, url, port)
                status = await _until_end_or_away(running, serving, beside, plan.onwards)
                if status is None:
                    front.take()
            if status is None:
                held = await until_back(settings, runtime.library.id, serving)
                beside = _nothing_more
    finally:
        if held is not None:
            held.release()
        server.should_exit = True
        await serving
    server.deadline.kept(status or 0)
    return status or 0


def _load_application() -> None:
    """Import everything else. It all stays, so there is no garbage to look for in it (0.3 of 2.1 s; 2026-11)."""
    gc.disable()
    try:
        importlib.import_module("timeline_local.main")
    finally:
        gc.freeze()
        gc.enable()


async def _until_end_or_away(
    running: Running,
    serving: asyncio.Task[None],
    beside: Beside,
    onwards: list[Onward] | None,
) -> int | None:
    """What to end with; None if the library's disk has gone, and everything may begin anew once it is back."""
    aside = asyncio.create_task(beside(running))
    asked = asyncio.create_task(running.runtime.quit.wait())
    away = asyncio.create_task(until_away(running.runtime.presence))
    await asyncio.wait((serving, aside, asked, away), return_when=asyncio.FIRST_COMPLETED)
    is_away = away.done() and not serving.done()
    if not is_away:
        goes_on = aside.done() or bool(onwards)  # a command has the end it needs; another server may come next
        (running.server.end if goes_on else running.server.end_process)()
        await serving
    for task in (aside, asked, away):
        task.cancel()
    await asyncio.wait((aside, asked, away), timeout=ASIDE_S)
    return None if is_away else _status(aside)


async def _nothing_more(running: Running) -> int:
    """After the library came back: what was to be done beside the server has been done."""
    del running
    await asyncio.Event().wait()
    return 0


@asynccontextmanager
async def _application(plan: Serving, claim: LibraryClaim, server: Ending) -> AsyncIterator[tuple[App, Runtime]]:
    """The application with its jobs running."""
    from timeline_local.main import create_app  # noqa: PLC0415 - loaded by now, see _serve
    from timeline_local.runtime import open_runtime  # noqa: PLC0415

    runtime = await open_runtime(plan.settings, claim=claim)
    runtime.given, runtime.onwards = plan.given, plan.onwards
    uses_sqlite = plan.settings.database.url is None
    clearing = asyncio.create_task(asyncio.to_thread(_after_opening, runtime.library, uses_sqlite=uses_sqlite))
    server.before_ending = runtime.begin_to_end
    server.drain_s = plan.settings.server.drain_s

    def drain() -> None:
        runtime.is_draining = True

    server.before_draining = drain
    try:
        app = create_app(runtime)
        async with _unless_away(runtime), app.router.lifespan_context(app):
            # What is loaded now stays; without this every full collection walks it (100,000 rows read: 252 to 117 ms).
            gc.collect()
            gc.freeze()
            gc.set_threshold(COLLECT_AFTER)
            yield app, runtime
    finally:
        await asyncio.wait((clearing,), timeout=CLEARING_S)
        async with _unless_away(runtime):
            await runtime.close()
        claim.release()


def _after_opening(library: Library, *, uses_sqlite: bool) -> None:
    """What waits until a library was opened: its id in the list, its reserve, the end of where it was moved from."""
    from timeline_local.core.library_move import give_up_old  # noqa: PLC0415 - loaded after the socket is bound

    try:
        note_opened(library.root, library.id)
        if uses_sqlite:
            fill_up(library.root)
        if give_up_old(library.root):
            logging.getLogger(__name__).info("what the library left behind when it was moved is deleted")
    except (OSError, StartRefused):  # neither is needed for anything
        logging.getLogger(__name__).exception("after opening the library")


@asynccontextmanager
async def _unless_away(runtime: Runtime) -> AsyncIterator[None]:
    """What fails because the library's disk has gone is told in the log and fails nothing else."""
    try:
        yield
    except Exception:
        if runtime.presence.is_here():
            raise
        logging.getLogger(__name__).exception("closing a library whose disk has gone")


def _status(aside: asyncio.Task[int]) -> int:
    """What `beside` returned, or raises what it raised; 0 if the server ended before it."""
    return aside.result() if aside.done() and not aside.cancelled() else 0


def _server(settings: Settings, front: Front) -> Ending:
    return Ending(uvicorn.Config(front, **(uvicorn_options(settings) | {"lifespan": "off"})))


def _say_place(settings: Settings, claim: LibraryClaim) -> None:
    """Where the keys are, if that is not where the settings want them: in the file for want of a keyring, mostly."""
    wanted, found = settings.auth.secrets_in, place_of(claim.data_dir)
    if found != wanted:
        _say(f"The keys of this library are in the {found}. `timeline-local secrets move {wanted}` moves them.")


async def _say_setup(running: Running) -> None:
    """Where others can reach the server and its owner has no password yet: the link that gives them one."""
    from timeline_local.queries.users import account  # noqa: PLC0415 - loaded by now, see _serve

    runtime, server = running.runtime, running.runtime.settings.server
    if not (server.allow_lan or server.public_url):
        return
    async with runtime.database.read() as db:
        owner = await account(db, runtime.owner_pk)
    if owner is None or owner.password_hash is not None:
        return
    minutes = runtime.settings.auth.setup_minutes
    token = runtime.tickets.issue(runtime.owner_pk, lifetime_s=60 * minutes)
    address = server.public_url or running.url.rstrip("/")
    _say(f"The owner has no password yet. Set address and password within {minutes} minutes, once, at")
    _say(f"{address}/register#invitation={token}")


async def _show(running: Running) -> None:
    """Open the browser signed in, or print the address that does it."""
    from timeline_local.core.browser import open_signed_in  # noqa: PLC0415 - not needed without a browser
    from timeline_local.core.local_client import remove_launch_file  # noqa: PLC0415

    await running.answering()
    runtime = running.runtime
    ticket = runtime.tickets.issue(runtime.owner_pk)
    url = f"http://{runtime.claim.secrets.label}.localhost:{running.port}/#ticket={ticket}"
    launch = open_signed_in(url)
    if launch is None:
        _say(f"Open {url} within {runtime.settings.auth.ticket_s} s; `timeline-local open` makes a fresh address.")
        return
    try:
        await asyncio.sleep(LAUNCH_FILE_S)
    finally:
        remove_launch_file(launch)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
