"""The application of one open library. Nothing happens at import time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from timeline_local.api.app import build_api
from timeline_local.api.static import load_site
from timeline_local.api.v1.router import PREFIX, ROUTERS
from timeline_local.jobs.runner import Runner
from timeline_local.runtime import Runtime

WEB = Path(__file__).parent / "web"
SQUEEZE_AFTER_S = 10  # the first page is worth more than its best compression; until then it goes out as gzip


def create_app(runtime: Runtime) -> FastAPI:
    """The web application over this runtime; its lifespan runs the jobs, and ends streams first at shutdown.

    The runtime stays the caller's to close.
    """
    site = load_site(WEB)
    runtime.build = site.build

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        squeezing = asyncio.get_running_loop().call_later(SQUEEZE_AFTER_S, site.squeeze)
        runner = Runner(runtime) if runtime.settings.jobs.embedded else None
        if runner is not None:
            await runner.start()
        asking = _ask_for_updates(runtime)
        try:
            yield
        finally:
            squeezing.cancel()
            if asking is not None:
                asking.cancel()
            runtime.changes.close()
            if runner is not None:
                await runner.stop()

    app = build_api(
        settings=runtime.settings,
        authenticator=runtime.authentication,
        secrets=runtime.claim.secrets,
        routers=ROUTERS,
        prefix=PREFIX,
        static=site,
        lifespan=lifespan,
        limits=runtime.limits,
        times=runtime.route_times,
    )
    app.state.runtime = runtime
    return app


def _ask_for_updates(runtime: Runtime) -> asyncio.Task[None] | None:
    """Ask for newer versions in the background, where that is switched on."""
    if runtime.updates is None:
        return None

    def news() -> None:
        runtime.changes.publish(runtime.owner_pk, "system", {"paused": runtime.pause.is_on})

    return asyncio.create_task(runtime.updates.watch(news))
