"""The one route of the tray: how things stand, and the few things its menu does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from fastapi import APIRouter, Request

from timeline_local import __version__
from timeline_local.api.dependencies import Parts, ReadDb, public
from timeline_local.api.errors import responses
from timeline_local.api.figures import disk_word
from timeline_local.api.strict import StrictRoute
from timeline_local.api.switches import pause_work, quit_by
from timeline_local.exceptions import InvalidInput, NotAllowed
from timeline_local.queries import credentials, health, imports, jobs, timeline
from timeline_local.queries.jobs import JobRow
from timeline_local.runtime import Runtime
from timeline_local.schemas import system as wire
from timeline_local.services.audit import COMMAND

router = APIRouter(tags=["system"], route_class=StrictRoute)

RECENT = 3
TROUBLE_LASTS = timedelta(days=1)


@router.post(
    "/system/tray",
    summary="What the tray shows and does",
    dependencies=[public()],
    responses=responses(InvalidInput, NotAllowed),
)
async def tray(asked: wire.TrayRequest, request: Request, parts: Parts, db: ReadDb) -> wire.TrayStatus:
    """For a program that proves it holds the instance secret, which only the library's system account can read.

    `open` gives an address that signs a browser in, once, within a minute.
    """
    if not parts.challenges.verify(asked.nonce, asked.proof):
        raise NotAllowed("The proof does not fit the challenge; nothing was done. Ask for a new challenge.")
    if asked.action in ("pause", "resume"):
        await pause_work(parts, COMMAND, on=asked.action == "pause")
    status = await _status(db, parts)
    if asked.action == "quit":
        await quit_by(parts, COMMAND)
    if asked.action == "open":
        return status.model_copy(update={"url": _address(parts, request, asked.target or "/")})
    return status


def _address(parts: Runtime, request: Request, target: str) -> str:
    ticket = parts.tickets.issue(parts.owner_pk)
    return f"http://{parts.claim.secrets.label}.localhost:{request.scope['server'][1]}{target}#ticket={ticket}"


async def _status(db: ReadDb, parts: Runtime) -> wire.TrayStatus:
    owner_pk, now = parts.owner_pk, parts.now()
    running = await jobs.page(db, owner_pk, state="running", limit=1)
    failed = await jobs.page(db, owner_pk, state="failed", limit=1)
    is_locked = await credentials.app_lock(db, owner_pk)
    newer = parts.updates.newer if parts.updates else None
    recent = [] if is_locked else await imports.page(db, owner_pk, after=None, limit=RECENT)
    return wire.TrayStatus(
        version=__version__,
        memories=await timeline.total(db, owner_pk),
        paused=parts.pause.is_on,
        running=_running(running[0]) if running else None,
        waiting=(await health.queue(db, now=now)).waiting,
        failed=failed[0].kind if failed and (failed[0].finished_at or now) > now - TROUBLE_LASTS else None,
        disk=await asyncio.to_thread(disk_word, parts),
        recent=[wire.RecentImport(id=each.id, label=each.label, state=each.state) for each in recent],
        port=parts.port,
        moved_port=parts.port_wished,
        update=newer.version if newer else None,
        url=None,
    )


def _running(job: JobRow) -> wire.RunningJob:
    progress = job.progress
    return wire.RunningJob(
        kind=job.kind, done=progress.get("done", 0), total=progress.get("total"), eta_s=progress.get("eta_s")
    )
